//! Real supply chains: each folder of `examples/chains` has a script, which is run here as its reader would run it. The script
//! holds itself to what it says; its README shows nothing but what is in it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::build::{cargo, target};
use crate::readme::{commands_of_script, shows_only_what_was_run};
use crate::repository::{root, tools};

/// How a script ends that misses something on this machine, as automake's tests do.
const PASSED_OVER: i32 = 77;
/// Where it is set everything is installed, and nothing may be passed over.
const ALL_IS_HERE: &str = "CDI_TEST_ENVIRONMENTS";

/// The chain that our own compiler is in, which is built apart.
const WITH_OUR_COMPILER: &str = "wasm";

/// Builds the program and runs every chain, or the one of this name.
pub(crate) fn run(only: Option<&str>) -> Result<(), String> {
    cargo(root(), &["build", "--package", "cdi-cli"])?;
    let chains = chains()?;
    let wanted: Vec<&(String, PathBuf)> =
        chains.iter().filter(|(name, _)| only.is_none_or(|only| only == name)).collect();
    if wanted.is_empty() {
        let names: Vec<&str> = chains.iter().map(|(name, _)| name.as_str()).collect();
        return Err(format!("there is no such chain: they are {}", names.join(", ")));
    }
    if wanted.iter().any(|(name, _)| name == WITH_OUR_COMPILER) {
        cargo(&tools(), &["build", "--package", "cdi-wasm-aot"])?;
    }
    let mut told = Vec::new();
    for (name, folder) in wanted {
        told.push(format!("{name}: {}", walk(name, folder)?));
    }
    println!("\n{}", told.join("\n"));
    Ok(())
}

/// The folders that have a script, by name.
fn chains() -> Result<Vec<(String, PathBuf)>, String> {
    let folder = root().join("examples/chains");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut chains = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.join("run.sh").exists() {
            chains.push((name, path));
        }
    }
    chains.sort();
    Ok(chains)
}

/// Runs one chain, and says what came of it.
fn walk(name: &str, folder: &Path) -> Result<String, String> {
    let script = folder.join("run.sh");
    let text = std::fs::read_to_string(&script).map_err(|error| format!("{}: {error}", script.display()))?;
    shows_only_what_was_run(&folder.join("README.md"), &commands(&text), 2)?;
    anstream::println!("\n== {name}: {}", script.display());
    let begun = Instant::now();
    let status = status_of(&script)?;
    match status {
        Some(0) => Ok(format!("as it says, in {:.1} s", begun.elapsed().as_secs_f32())),
        Some(PASSED_OVER) if std::env::var_os(ALL_IS_HERE).is_none() => Ok("passed over".to_owned()),
        Some(status) => Err(format!("{} ended with {status}", script.display())),
        None => Err(format!("{} was ended by a signal", script.display())),
    }
}

/// The commands of a script; those that a function of chain.sh holds to something also without it.
fn commands(script: &str) -> Vec<String> {
    let mut commands = commands_of_script(script);
    let held = |command: &String| {
        ["denied ", "prints ", "ends ", "failed "].iter().any(|word| command.starts_with(word))
    };
    let bare: Vec<String> = commands
        .iter()
        .filter(|command| held(command))
        .filter_map(|command| command.find("cdi ").and_then(|at| command.get(at..)))
        .map(str::to_owned)
        .collect();
    commands.extend(bare);
    commands
}

/// The status of a script that was run with `cdi` in its path. It makes a folder of its own where temporary files are: in one of this
/// repository cargo would find the repository's configuration.
fn status_of(script: &Path) -> Result<Option<i32>, String> {
    let programs = [target(root()).join("debug"), target(&tools()).join("x86_64-unknown-linux-gnu/debug")];
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(programs.into_iter().chain(std::env::split_paths(&others)))
        .map_err(|error| format!("PATH: {error}"))?;
    let status = Command::new("sh").arg(script).env("PATH", path).status();
    Ok(status.map_err(|error| format!("{}: {error}", script.display()))?.code())
}
