//! Others' tools, as they come from PyPI and npm: they read and verify what `cdi export` writes, and `cdi` reads what they
//! write. What they need is pinned by hash in `interop/` and lies under `target/interop`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::{cargo, run, target};
use crate::pypi;
use crate::repository::root;
use crate::supply_chain;

/// Programs that the recipe calls, each with the Debian package that has it.
const NEEDED: [(&str, &str); 3] = [("python3", "python3-venv"), ("node", "nodejs"), ("npm", "npm")];

/// Builds, makes a world, and lets everybody read everybody.
pub(crate) fn run_all() -> Result<(), String> {
    for (program, package) in NEEDED {
        let found =
            Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
        if !found {
            return Err(format!("`{program}` is not there, and this recipe needs it: install {package}"));
        }
    }
    cargo(root(), &["build", "--package", "cdi-cli"])?;
    let folder = target(root()).join("interop");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let python = pypi::environment(&folder.join("venv"), &files().join("requirements.txt"))?;
    let node = node(&folder)?;
    let world = world(&folder)?;
    let script = |name: &str| files().join(name);
    run(here(&world, Command::new("sh").arg(script("world.sh"))))?;
    supply_chain::bill(&world.join("cdi.cdx.json").display().to_string())?;
    run(Command::new(&python).arg(script("read.py")).arg(&world))?;
    run(Command::new("node").arg(node.join("read.mjs")).arg(&world))?;
    std::fs::create_dir(world.join("foreign")).map_err(|error| format!("foreign: {error}"))?;
    run(Command::new(&python).arg(script("write.py")).arg(&world))?;
    run(Command::new("node").arg(node.join("write.mjs")).arg(&world))?;
    run(here(&world, Command::new("sh").arg(script("taken.sh"))))
}

fn files() -> PathBuf {
    root().join("interop")
}

/// A command that finds `cdi` first, in the world's folder, with a memory of its own.
fn here<'c>(world: &Path, command: &'c mut Command) -> &'c mut Command {
    let programs = target(root()).join("debug");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    command
        .current_dir(world)
        .env("PATH", path)
        .env("CDI_STATE", world.join(".state"))
        .env_remove("CDI_CONFIG")
}

/// An empty folder for the world.
fn world(folder: &Path) -> Result<PathBuf, String> {
    let world = folder.join("world");
    if world.exists() {
        std::fs::remove_dir_all(&world).map_err(|error| format!("{}: {error}", world.display()))?;
    }
    std::fs::create_dir(&world).map_err(|error| format!("{}: {error}", world.display()))?;
    Ok(world)
}

/// A folder with the scripts for node, and beside them exactly what is pinned: a script finds libraries beside itself.
fn node(folder: &Path) -> Result<PathBuf, String> {
    let node = folder.join("node");
    std::fs::create_dir_all(&node).map_err(|error| format!("{}: {error}", node.display()))?;
    for name in ["package.json", "package-lock.json", "read.mjs", "write.mjs"] {
        std::fs::copy(files().join(name), node.join(name)).map_err(|error| format!("{name}: {error}"))?;
    }
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    run(Command::new("npm").args(install).current_dir(&node))?;
    Ok(node)
}
