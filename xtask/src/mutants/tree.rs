//! A copy of the repository with the mutants woven in, and its tests built.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::judge::append;
use super::list::Mutant;
use super::weave::{BEGIN, END, weave};
use crate::build::command;
use crate::repository::root;

/// What each crate with mutants gets: which of them is on, and a record of those that were asked about.
const SWITCH: &str = include_str!("switch.rs");
/// The program that puts vectors and worlds to mutants.
const CASES: &str = include_str!("cases.rs");
const CASES_AT: &str = "crates/cdi-testkit/examples/mutants.rs";
/// Builds that end with errors are repeated without the mutants at fault, at most so often.
const BUILDS: usize = 20;

/// A program of tests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    /// The folder of its package, in which it is run.
    pub(crate) folder: PathBuf,
}

/// What was built.
pub(crate) struct Built {
    pub(crate) programs: Vec<Program>,
    pub(crate) unviable: BTreeSet<usize>,
    pub(crate) left: BTreeSet<usize>,
}

pub(crate) fn folder() -> PathBuf {
    crate::build::target(root()).join("mutants")
}

fn tree() -> PathBuf {
    folder().join("tree")
}

/// The program that puts vectors and worlds to mutants.
pub(crate) fn cases() -> Program {
    Program { path: folder().join("target/debug/examples/mutants"), folder: tree() }
}

/// What is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The program of [`cases`].
    Cases,
    /// All tests, and that program.
    TestsAndCases,
    /// All tests, of mutants that no case meets.
    Tests,
}

impl What {
    /// The builds, by the arguments of cargo.
    fn builds(self) -> Vec<Vec<&'static str>> {
        let all = ["--workspace", "--exclude", "xtask"];
        // What no build of all has: the interpreter.
        let interpreter = ["--package", "cdi-gate", "--features", "dangerously-ungated,wasmi", "--lib"];
        match self {
            Self::Cases => vec![[&["build", "--example", "mutants"], &all[..]].concat()],
            Self::TestsAndCases => vec![[&["test", "--no-run"], &all[..]].concat()],
            Self::Tests => {
                [&all[..], &interpreter].map(|which| [&["test", "--no-run"], which].concat()).into()
            }
        }
    }
}

/// Weaves the mutants into a copy of the work tree, and builds this of it.
pub(crate) fn build(mutants: &[Mutant], what: What) -> Result<Built, String> {
    copy(mutants)?;
    let packages: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.package.as_str()).collect();
    let known = folder().join("unviable.txt");
    let mut unviable = unviable_before(mutants, &known);
    let each = |call: fn(&str) -> String| -> String {
        packages.iter().map(|package| call(&package.replace('-', "_"))).collect::<Vec<_>>().join("; ")
    };
    let choose = each(|package| format!("{package}::mutant_switch::choose(number)"));
    let listen = each(|package| format!("{package}::mutant_switch::listen()"));
    let met = each(|package| format!("found.extend({package}::mutant_switch::met())"));
    let cases = [("    CHOOSE;", choose), ("    LISTEN;", listen), ("    MET;", met)];
    let cases = cases
        .into_iter()
        .fold(CASES.to_owned(), |text, (place, calls)| text.replace(place, &format!("    {calls};")));
    match what {
        What::Cases | What::TestsAndCases => keep(&tree().join(CASES_AT), cases.as_bytes())?,
        // It would not compile: what it asks about these mutants is another crate's.
        What::Tests => drop(fs::remove_file(tree().join(CASES_AT))),
    }
    let known_constant = folder().join("constant.txt");
    let constant = fs::read_to_string(&known_constant).unwrap_or_default();
    let mut constant: BTreeSet<String> = constant.lines().map(str::to_owned).collect();
    let check: Vec<&str> =
        ["check"].into_iter().chain(packages.iter().flat_map(|package| ["--package", package])).collect();
    for _ in 0..BUILDS {
        let left = write(mutants, &mut unviable, &constant)?;
        // The tests' own build soon finds what is wrong in a crate that only a few others use.
        let mut errors = if what == What::Tests { Vec::new() } else { cargo(&check)?.1 };
        if errors.is_empty() {
            let mut programs = Vec::new();
            for arguments in what.builds() {
                let (built, failures) = cargo(&arguments)?;
                programs.extend(built);
                errors.extend(failures);
            }
            if errors.is_empty() {
                return Ok(Built { programs, unviable, left });
            }
        }
        let (at_fault, called) = at_fault(&errors)?;
        for name in called {
            append(&known_constant, &name)?;
            constant.insert(name);
        }
        println!("{} errors, {} mutants that do not compile", errors.len(), at_fault.len());
        for mutant in mutants.iter().filter(|mutant| at_fault.contains(&mutant.number)) {
            append(&known, &mutant.shown())?;
        }
        unviable.extend(at_fault);
    }
    Err("there are still errors".to_owned())
}

/// Those that did not compile in an earlier run: without them the files are as they were built.
fn unviable_before(mutants: &[Mutant], known: &Path) -> BTreeSet<usize> {
    let text = fs::read_to_string(known).unwrap_or_default();
    let known: BTreeSet<&str> = text.lines().collect();
    let unviable = mutants.iter().filter(|mutant| known.contains(mutant.shown().as_str()));
    unviable.map(|mutant| mutant.number).collect()
}

/// The crate's file that has the switch.
fn first_file(package: &str) -> String {
    format!("crates/{package}/src/lib.rs")
}

/// Copies what git knows and what is new, but for files with mutants. What has not changed keeps its time, and is not built again.
fn copy(mutants: &[Mutant]) -> Result<(), String> {
    let woven: BTreeSet<String> =
        mutants.iter().flat_map(|mutant| [mutant.file.clone(), first_file(&mutant.package)]).collect();
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let output = git.output().map_err(|error| format!("{git:?}: {error}"))?;
    for path in String::from_utf8_lossy(&output.stdout).split_terminator('\0') {
        let from = root().join(path);
        if from.is_file() && !woven.contains(path) {
            keep(&tree().join(path), &fs::read(&from).map_err(|error| format!("{path}: {error}"))?)?;
            let mode = fs::metadata(&from).map_err(|error| format!("{path}: {error}"))?.permissions();
            fs::set_permissions(tree().join(path), mode).map_err(|error| format!("{path}: {error}"))?;
        }
    }
    Ok(())
}

/// Writes a file that is not so yet.
fn keep(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, bytes));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes the files with their mutants; gives back those that were left out.
fn write(
    mutants: &[Mutant],
    unviable: &mut BTreeSet<usize>,
    constant: &BTreeSet<String>,
) -> Result<BTreeSet<usize>, String> {
    let mut files: BTreeMap<String, Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        files.entry(first_file(&mutant.package)).or_default();
        let file = files.entry(mutant.file.clone()).or_default();
        if !unviable.contains(&mutant.number) {
            file.push(mutant);
        }
    }
    let mut left = BTreeSet::new();
    for (file, mutants) in files {
        let source = fs::read_to_string(root().join(&file)).map_err(|error| format!("{file}: {error}"))?;
        let woven = weave(&source, &mutants, constant).map_err(|error| format!("{file}: {error}"))?;
        unviable.extend(woven.unviable);
        left.extend(woven.left);
        keep(&tree().join(&file), with_switch(&file, &woven.text).as_bytes())?;
    }
    Ok(left)
}

/// A crate's first file has the switch; any other stays as it is.
fn with_switch(file: &str, text: &str) -> String {
    if !file.ends_with("/src/lib.rs") {
        return text.to_owned();
    }
    format!(
        "#![allow(warnings, clippy::all, arithmetic_overflow, unconditional_panic)]\n{text}\n#[doc(hidden)]\npub mod mutant_switch {{\n{SWITCH}}}\n"
    )
}

/// An error of the compiler.
struct Failure {
    rendered: String,
    /// File and lines, the primary place first.
    places: Vec<(String, usize, usize)>,
}

fn cargo(arguments: &[&str]) -> Result<(Vec<Program>, Vec<Failure>), String> {
    let mut cargo = command(&tree(), arguments);
    cargo.arg("--message-format=json").stderr(std::process::Stdio::inherit());
    cargo.env("CARGO_TARGET_DIR", folder().join("target")).env("CARGO_INCREMENTAL", "1");
    let output = cargo.output().map_err(|error| format!("{cargo:?}: {error}"))?;
    let (mut programs, mut failures) = (Vec::new(), Vec::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        programs.extend(program(&message));
        failures.extend(failure(&message));
    }
    if !output.status.success() && failures.is_empty() {
        return Err(format!("{cargo:?}: {}", output.status));
    }
    Ok((programs, failures))
}

fn program(message: &Value) -> Option<Program> {
    if !message.pointer("/profile/test")?.as_bool()? {
        return None;
    }
    let path = PathBuf::from(message.get("executable")?.as_str()?);
    let folder = Path::new(message.get("manifest_path")?.as_str()?).parent()?.to_owned();
    Some(Program { path, folder })
}

fn failure(message: &Value) -> Option<Failure> {
    let message = message.get("message")?;
    let spans = message.get("spans")?.as_array()?;
    if message.get("level")?.as_str()? != "error" || spans.is_empty() {
        return None;
    }
    let mut places = Vec::new();
    for primary in [true, false] {
        for span in
            spans.iter().filter(|span| span.get("is_primary").and_then(Value::as_bool) == Some(primary))
        {
            // What a macro of the standard library makes of a mutant stands in that library, and is put down to whoever calls it.
            let mut span = Some(span);
            while let Some(at) = span {
                let line = |name: &str| usize::try_from(at.get(name)?.as_u64()?).ok();
                let file = at.get("file_name")?.as_str()?.to_owned();
                places.push((file, line("line_start")?, line("line_end")?));
                span = at.pointer("/expansion/span");
            }
        }
    }
    let rendered = message.get("rendered")?.as_str()?.to_owned();
    Some(Failure { rendered, places })
}

/// The mutants in whose text the errors are, and functions that constants call.
fn at_fault(failures: &[Failure]) -> Result<(BTreeSet<usize>, BTreeSet<String>), String> {
    let (mut found, mut called) = (BTreeSet::new(), BTreeSet::new());
    let mut strange = None;
    for failure in failures {
        let numbers = failure.places.iter().find_map(|(file, first, last)| {
            let text = fs::read_to_string(tree().join(file)).ok()?;
            mutant_at(&text, *first, *last)
        });
        match numbers {
            Some(number) => drop(found.insert(number)),
            None => match called_by_a_constant(&failure.rendered) {
                Some(name) => drop(called.insert(name)),
                None => strange = Some(&failure.rendered),
            },
        }
    }
    match strange {
        Some(rendered) if found.is_empty() && called.is_empty() => {
            Err(format!("an error that is no mutant's: {rendered}"))
        }
        _ => Ok((found, called)),
    }
}

/// The name in "cannot call non-const method `Reader::<'_>::is_empty` in constants".
fn called_by_a_constant(error: &str) -> Option<String> {
    let (_, rest) = error.split_once("cannot call non-const ")?;
    let path = rest.split('`').nth(1)?;
    Some(path.rsplit("::").find(|part| !part.contains(['<', '>']))?.to_owned())
}

/// The mutant whose text has these lines.
fn mutant_at(text: &str, first: usize, last: usize) -> Option<usize> {
    let mut open = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        if let Some(rest) = text.strip_prefix(BEGIN) {
            open.push((line, rest.split('*').next()?.parse().ok()?));
        } else if text.starts_with(END) {
            let (begin, number) = open.pop()?;
            if begin <= first && last < line {
                return Some(number);
            }
        }
    }
    None
}
