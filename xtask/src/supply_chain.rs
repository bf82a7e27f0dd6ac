//! What we build on: where it comes from, under which licence, and that the host links no compiler.

use std::path::Path;

use serde_json::Value;

use crate::build::command;

/// Licences under which we take a library. An expression is fine if one of its alternatives is made of these.
const LICENCES: [&str; 14] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "0BSD",
    "Zlib",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "Unicode-3.0",
    "OpenSSL",
];

/// Everything in the lock file comes from the registry or from this repository, under a licence that we take.
pub(crate) fn known_sources_and_licences(workspace: &Path) -> Result<(), String> {
    let metadata: Value =
        serde_json::from_str(&output(workspace, &["metadata", "--format-version", "1", "--locked"])?)
            .map_err(|error| format!("cargo metadata: {error}"))?;
    let packages =
        metadata.get("packages").and_then(Value::as_array).ok_or("cargo metadata lists no packages")?;
    for package in packages {
        let text = |member: &str| package.get(member).and_then(Value::as_str).unwrap_or_default();
        let (name, source, licence) = (text("name"), text("source"), text("license"));
        if !source.is_empty() && !source.starts_with("registry+") {
            return Err(format!("{name} comes from {source}"));
        }
        if !is_taken(licence) {
            return Err(format!("{name} is under `{licence}`, which is not on the list"));
        }
    }
    println!("{} packages, all from the registry or from here, all under known licences", packages.len());
    Ok(())
}

/// Whether a licence expression can be met with the licences on the list. Read as alternatives of conjunctions, which is
/// stricter than the grammar where brackets nest.
fn is_taken(expression: &str) -> bool {
    let expression = expression.replace(['(', ')'], " ").replace('/', " OR ");
    let known =
        |licence: &str| LICENCES.contains(&licence.split_whitespace().collect::<Vec<_>>().join(" ").as_str());
    let mut alternatives = expression.split(" OR ");
    alternatives.any(|alternative| alternative.split(" AND ").all(|licence| known(licence.trim())))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_taken_by_one_alternative_whole() {
        for good in
            ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "ISC AND MIT"]
        {
            assert!(is_taken(good), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "MIT-ish"] {
            assert!(!is_taken(bad), "{bad}");
        }
    }
}
