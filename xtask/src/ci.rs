//! What must pass before anything is merged.

use std::process::Command;

use crate::build::{cargo, programs, run};
use crate::repository::{root, tools};
use crate::supply_chain;

/// Every test of both workspaces. The tools' tests run the separately built host too.
pub(crate) fn test() -> Result<(), String> {
    cargo(root(), &["test", "--workspace"])?;
    let programs = programs()?;
    // A program that really runs needs the compiler, which is built apart.
    let mut running = crate::build::command(root(), &["test", "--workspace", "--test", "it", "running::"]);
    run(running.env("CDI_WASM_AOT", &programs.aot).env("CDI_WASM_HOST", &programs.wasm_host))?;
    let gate = ["--package", "cdi-gate", "--features", "dangerously-ungated,wasmi"];
    cargo(root(), &[&["build", "--example", "run-precompiled"], gate.as_slice()].concat())?;
    // The interpreter is in no program that is built by default: its tests are run beside.
    cargo(root(), &[&["test", "--lib"], gate.as_slice(), &["--", "interpreter", "embedded"]].concat())?;
    let example = programs.cdi.with_file_name("examples").join("run-precompiled");
    let mut command = crate::build::command(&tools(), &["test", "--workspace"]);
    run(command.env("CDI_GATE_EXAMPLE", example).env("CDI_WASM_AOT", programs.aot).env("CDI", programs.cdi))
}

/// What keeps the house in order: formatting, lints, documentation, no compiler in the host, and the example's bytes.
pub(crate) fn tidy() -> Result<(), String> {
    for workspace in [root(), &tools()] {
        cargo(workspace, &["fmt", "--check"])?;
        cargo(workspace, &["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])?;
    }
    let interpreter = ["--package", "cdi-gate", "--features", "dangerously-ungated,wasmi", "--all-targets"];
    cargo(root(), &[&["clippy"], interpreter.as_slice(), &["--", "--deny", "warnings"]].concat())?;
    let mut documentation = crate::build::command(
        root(),
        &["doc", "--workspace", "--exclude", "cdi-cli", "--exclude", "xtask", "--no-deps"],
    );
    run(documentation.env("RUSTDOCFLAGS", "--deny warnings"))?;
    supply_chain::no_compiler(root(), "cdi-cli")?;
    supply_chain::no_compiler(&tools(), "cdi-wasm-host")?;
    run(Command::new("bash").arg("examples/fraud-scoring/build.sh").arg("--check").current_dir(root()))
}
