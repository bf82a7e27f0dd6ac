//! What we build on: which libraries and why, what is known against them, the bill of materials, and that the host links no compiler.

mod advisories;
mod bill;
mod deny;
#[cfg(test)]
mod dependencies;
mod lock;

use std::path::Path;

use crate::build::command;

pub(crate) use advisories::take as take_advisories;
pub(crate) use bill::{bill, bill_of};
pub(crate) use deny::deny;

/// The tree of dependencies of a program that loads machine code has no code generator in it, built by itself.
pub(crate) fn no_compiler(workspace: &Path, package: &str) -> Result<(), String> {
    let tree = output(workspace, &["tree", "--package", package, "--edges", "normal", "--prefix", "none"])?;
    if !tree.contains("wasmtime ") {
        return Err(format!("cargo tree does not show the engine of {package}"));
    }
    let compilers = ["cranelift-codegen ", "winch-codegen ", "regalloc2 "];
    match tree.lines().find(|line| compilers.iter().any(|compiler| line.starts_with(compiler))) {
        Some(compiler) => Err(format!("{package} links a compiler: {compiler}")),
        None => Ok(()),
    }
}

fn output(workspace: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = command(workspace, arguments).output().map_err(|error| format!("cargo: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))
}
