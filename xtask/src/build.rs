//! Building the host and the tools: two builds, because cargo adds features up over one, and the host must not get a
//! compiler.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repository::{root, tools};

/// The programs of the story.
pub(crate) struct Programs {
    pub(crate) cdi: PathBuf,
    pub(crate) aot: PathBuf,
    pub(crate) inspect: PathBuf,
    pub(crate) wasm_host: PathBuf,
}

/// Builds all programs; the second and later times only what has changed.
pub(crate) fn programs() -> Result<Programs, String> {
    cargo(root(), &["build", "--package", "cdi-cli"])?;
    cargo(&tools(), &["build", "--package", "cdi-wasm-aot", "--package", "cdi-wasm-inspect"])?;
    wasm_host(&[])?;
    let host = target(root()).join("debug");
    let static_ = target(&tools()).join("x86_64-unknown-linux-gnu/debug");
    Ok(Programs {
        cdi: host.join("cdi"),
        aot: static_.join("cdi-wasm-aot"),
        inspect: static_.join("cdi-wasm-inspect"),
        wasm_host: static_.join("cdi-wasm-host"),
    })
}

/// Builds the engine that configurations declare by itself: beside the compiler it would have one.
pub(crate) fn wasm_host(options: &[&str]) -> Result<(), String> {
    cargo(&tools(), &[&["build", "--package", "cdi-wasm-host"], options].concat())
}

/// The target folder of a workspace. One folder for both would do: they have no artifact in common.
pub(crate) fn target(workspace: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from)
}

/// Cargo in a workspace, with that workspace's own configuration.
pub(crate) fn command(workspace: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace);
    command
}

/// Runs cargo in a workspace to its end.
pub(crate) fn cargo(workspace: &Path, arguments: &[&str]) -> Result<(), String> {
    run(&mut command(workspace, arguments))
}

/// Runs a command to its end; its failure is ours.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let status = command.status().map_err(|error| format!("{shown}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown}: {status}")) }
}
