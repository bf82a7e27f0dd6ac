//! What CDI is built on directly: each library has a row in `docs/dependencies.md`, under what it is a part of. A test.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::repository::{root, tools};
use crate::supply_chain::output;

const PROGRAM: &str = "## In the program `cdi`";
const TOOLS: &str = "## In the tools only";
const TESTS: &str = "## In tests and recipes only";

/// Members of the workspaces that nobody is given: tests and recipes.
const OURS_ALONE: [&str; 5] = ["agreement-tests", "cdi-fuzz", "cdi-model", "cdi-testkit", "xtask"];

/// The libraries that manifests name, each under the first heading that it belongs under.
fn named() -> Result<BTreeMap<String, &'static str>, String> {
    let mut named = BTreeMap::new();
    for (workspace, heading) in [(root(), PROGRAM), (&tools(), TOOLS)] {
        for (library, is_given) in of_workspace(workspace)? {
            let heading = if is_given { heading } else { TESTS };
            let rank = |heading: &str| [PROGRAM, TOOLS, TESTS].iter().position(|one| *one == heading);
            let first = named.entry(library).or_insert(heading);
            if rank(heading) < rank(first) {
                *first = heading;
            }
        }
    }
    Ok(named)
}

/// What cargo knows of a workspace.
fn metadata(workspace: &Path, options: &[&str]) -> Result<Value, String> {
    let text = output(workspace, &[&["metadata", "--format-version", "1"], options].concat())?;
    serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))
}

/// The libraries that the members of a workspace name, and whether what is given to others is made of them.
fn of_workspace(workspace: &Path) -> Result<Vec<(String, bool)>, String> {
    let metadata = metadata(workspace, &["--no-deps", "--offline"])?;
    let list = |value: &Value, member: &str| value.get(member).and_then(Value::as_array).cloned();
    let mut named = Vec::new();
    for package in list(&metadata, "packages").ok_or("cargo metadata lists no packages")? {
        let member = package.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        for dependency in list(&package, "dependencies").unwrap_or_default() {
            let text = |member: &str| dependency.get(member).and_then(Value::as_str);
            if text("source").is_some() {
                let is_given = text("kind") != Some("dev") && !OURS_ALONE.contains(&member.as_str());
                named.push((text("name").unwrap_or_default().to_owned(), is_given));
            }
        }
    }
    Ok(named)
}

/// The rows of the document, each under its heading.
fn rows(document: &str) -> Vec<(String, &str, &str)> {
    let mut heading = "";
    let mut rows = Vec::new();
    for line in document.lines() {
        if line.starts_with("## ") {
            heading = line;
        } else if let Some((library, why)) = line.strip_prefix("| `").and_then(|row| row.split_once("` | ")) {
            rows.push((library.to_owned(), heading, why.trim_end_matches('|').trim()));
        }
    }
    rows
}

/// What the document says that is not so, or does not say.
fn faults(document: &str, named: &BTreeMap<String, &str>) -> Vec<String> {
    let rows = rows(document);
    let mut faults: Vec<String> = rows
        .iter()
        .filter_map(|(library, heading, why)| match named.get(library) {
            None => Some(format!("`{library}` has a row, and no manifest names it")),
            Some(due) if due != heading => {
                Some(format!("`{library}` stands under `{heading}`, not under `{due}`"))
            }
            Some(_) => why.split_whitespace().nth(2).is_none().then(|| format!("`{library}` has no reason")),
        })
        .collect();
    for library in named.keys() {
        match rows.iter().filter(|(row, ..)| row == library).count() {
            1 => {}
            0 => faults.push(format!("`{library}` is named by a manifest and has no row")),
            more => faults.push(format!("`{library}` has {more} rows")),
        }
    }
    faults
}

#[test]
fn every_direct_dependency_has_its_reason_and_no_reason_has_lost_its_dependency() {
    let document = std::fs::read_to_string(root().join("docs/dependencies.md")).unwrap_or_default();
    let named = named().unwrap_or_default();
    assert!(named.len() > 40, "{named:?}");
    let none: [String; 0] = [];
    assert_eq!(faults(&document, &named), none);
}

#[test]
fn each_fault_of_the_document_is_found() {
    let named = BTreeMap::from([("one".to_owned(), PROGRAM), ("two".to_owned(), TESTS)]);
    let good =
        format!("{PROGRAM}\n| `one` | does what is needed |\n{TESTS}\n| `two` | tests what it does |\n");
    assert_eq!(faults(&good, &named).len(), 0);
    for (from, to) in [
        ("| `two` | tests what it does |\n", ""),
        ("`two`", "`three`"),
        ("tests what it does", ""),
        (TESTS, TOOLS),
        ("| `one` | does", "| `one` | does what is needed |\n| `one` | does"),
    ] {
        assert!(good.contains(from));
        assert_ne!(faults(&good.replacen(from, to, 1), &named).len(), 0, "{from} -> {to}");
    }
}
