//! The bill of materials of the program, CycloneDX 1.6: every library that is linked or that builds, with its version, its licence, what
//! the registry hands out by SHA-256, and who asks for whom. It comes from cargo's own resolution for the one target, and is the
//! same each time: there is neither a time nor a number in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::lock::{Locked, locked};
use super::output;
use crate::repository::root;

/// The package of the program.
const PROGRAM: &str = "cdi-cli";

/// The target that it is released for.
const RELEASED: &str = "x86_64-unknown-linux-gnu";

/// A package in the tree, as cargo shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
    licence: String,
}

impl Package {
    /// What it is called in the bill.
    fn reference(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }
}

/// A tree: the packages, and whom each asks for.
type Tree = BTreeMap<Package, BTreeSet<String>>;

/// Writes the bill of the program as it is released, without the program.
pub(crate) fn bill(file: &str) -> Result<(), String> {
    let packages = write(RELEASED, None, Path::new(file))?;
    println!("{file}: {packages} packages");
    Ok(())
}

/// Writes the bill of a program that was released, with its digest.
pub(crate) fn bill_of(program: &Path, to: &Path) -> Result<(), String> {
    write(RELEASED, Some(program), to).map(drop)
}

/// Writes the bill of the program as it is built for a target; with the program's own digest where there is a program.
fn write(target: &str, program: Option<&Path>, to: &Path) -> Result<usize, String> {
    let tree = |edges: &str| {
        let arguments = ["tree", "--locked", "--package", PROGRAM, "--target", target, "--edges", edges];
        let form = ["--prefix", "depth", "--format", "|{p}|{l}|"];
        Ok::<Tree, String>(read(&output(root(), &[arguments.as_slice(), &form].concat())?))
    };
    let (all, linked) = (tree("normal,build")?, tree("normal,no-proc-macro")?);
    let compiler = compiler()?;
    let digest = program.map(sha256).transpose()?;
    let bill = of(&all, &linked, &locked(root())?, &compiler, digest.as_deref())?;
    let text = serde_json::to_string_pretty(&bill).map_err(|error| error.to_string())?;
    std::fs::write(to, text + "\n").map_err(|error| format!("{}: {error}", to.display()))?;
    Ok(all.len())
}

/// The lines of `cargo tree`: depth, name and version and perhaps more, licence. A package is told whole once.
fn read(text: &str) -> Tree {
    let mut tree = Tree::new();
    let mut above: Vec<Package> = Vec::new();
    for line in text.lines() {
        let mut parts = line.split('|');
        let (Some(depth), Some(shown), Some(licence)) =
            (parts.next().and_then(|depth| depth.parse().ok()), parts.next(), parts.next())
        else {
            continue;
        };
        let mut words = shown.split_whitespace();
        let (name, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let package = Package {
            name: name.to_owned(),
            version: version.trim_start_matches('v').to_owned(),
            licence: licence.replace('/', " OR "),
        };
        above.truncate(depth);
        if let Some(asked) = above.last().and_then(|parent| tree.get_mut(parent)) {
            asked.insert(package.reference());
        }
        tree.entry(package.clone()).or_default();
        above.push(package);
    }
    tree
}

/// The version of the compiler, whose standard library is linked.
fn compiler() -> Result<String, String> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let output = rustc.arg("--version").output().map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().nth(1).map(str::to_owned).ok_or_else(|| format!("rustc says {text:?}"))
}

fn sha256(file: &Path) -> Result<String, String> {
    let output = Command::new("sha256sum").arg("--").arg(file).output();
    let output = output.map_err(|error| format!("sha256sum: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let digest = text.split_whitespace().next().unwrap_or_default().trim_start_matches('\\');
    match digest.len() {
        64 => Ok(digest.to_owned()),
        _ => Err(format!("{} has no digest", file.display())),
    }
}

fn of(
    all: &Tree,
    linked: &Tree,
    locked: &[Locked],
    compiler: &str,
    digest: Option<&str>,
) -> Result<Value, String> {
    let program = all.keys().find(|package| package.name == PROGRAM).ok_or("the program is in no tree")?;
    let std = "rust-std";
    let mut components = vec![json!({
        "type": "library", "bom-ref": std, "name": "std", "version": compiler, "scope": "required",
        "description": "Rust's standard library", "licenses": [{ "expression": "MIT OR Apache-2.0" }],
    })];
    let mut dependencies = vec![json!({ "ref": std })];
    for (package, asked) in all {
        let mut asked = asked.clone();
        if package == program {
            asked.insert(std.to_owned());
        } else {
            components.push(component(package, linked.contains_key(package), locked)?);
        }
        dependencies.push(json!({ "ref": package.reference(), "dependsOn": asked }));
    }
    let mut subject = json!({
        "type": "application", "bom-ref": program.reference(), "name": "cdi", "version": program.version,
        "licenses": [{ "expression": program.licence }],
    });
    if let (Some(digest), Some(subject)) = (digest, subject.as_object_mut()) {
        subject.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": digest }]));
    }
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX",
        "specVersion": "1.6", "version": 1, "metadata": { "component": subject },
        "components": components, "dependencies": dependencies,
    }))
}

/// A library. Of our own there is no package that a registry hands out.
fn component(package: &Package, is_linked: bool, locked: &[Locked]) -> Result<Value, String> {
    let Package { name, version, licence } = package;
    let locked = locked.iter().find(|one| one.name == *name && one.version == *version);
    let locked = locked.ok_or_else(|| format!("{name} {version} is not in Cargo.lock"))?;
    let mut component = json!({
        "type": "library", "bom-ref": package.reference(), "name": name, "version": version,
        "scope": if is_linked { "required" } else { "excluded" }, "licenses": [{ "expression": licence }],
    });
    if let (Some(checksum), Some(members)) = (&locked.checksum, component.as_object_mut()) {
        members.insert("purl".to_owned(), json!(package.reference()));
        members.insert("hashes".to_owned(), json!([{ "alg": "SHA-256", "content": checksum }]));
    }
    Ok(component)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "0|cdi-cli v0.1.0 (/somewhere)|Apache-2.0|\n1|one v1.0.0|MIT/Apache-2.0|\n2|two v2.0.0|MIT|\n\
                       1|macro v3.0.0 (proc-macro)|MIT|\n2|two v2.0.0|MIT| (*)\n";
    const LINKED: &str =
        "0|cdi-cli v0.1.0 (/somewhere)|Apache-2.0|\n1|one v1.0.0|MIT/Apache-2.0|\n2|two v2.0.0|MIT|\n";

    fn locked(name: &str, version: &str) -> Locked {
        Locked { name: name.to_owned(), version: version.to_owned(), checksum: Some("ff".repeat(32)) }
    }

    #[test]
    fn a_bill_has_every_package_its_digest_and_who_asks_for_it() {
        let packages = [locked("one", "1.0.0"), locked("two", "2.0.0"), locked("macro", "3.0.0")];
        let bill = of(&read(ALL), &read(LINKED), &packages, "1.95.0", Some("aa")).unwrap_or_default();
        let named = |name: &str| {
            let components = bill.pointer("/components").and_then(Value::as_array).cloned();
            components.into_iter().flatten().find(|one| one["name"] == name).unwrap_or_default()
        };
        assert_eq!(named("one")["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(named("two")["hashes"][0]["content"], "ff".repeat(32));
        assert_eq!(
            (&named("two")["scope"], &named("macro")["scope"]),
            (&json!("required"), &json!("excluded"))
        );
        let asked: Vec<_> = bill["dependencies"].as_array().cloned().unwrap_or_default();
        assert!(
            asked.contains(&json!({ "ref": "pkg:cargo/macro@3.0.0", "dependsOn": ["pkg:cargo/two@2.0.0"] }))
        );
        assert_eq!(asked.len(), 5);
        assert_eq!(bill["metadata"]["component"]["hashes"][0]["content"], "aa");
    }

    #[test]
    fn a_package_that_is_not_locked_is_an_error() {
        assert!(of(&read(ALL), &read(LINKED), &[], "1.95.0", None).is_err());
    }
}
