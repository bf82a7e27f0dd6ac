//! What CDI takes, measured: the bench, whole commands, peers on the same work, and a program with and without a decision. Writes
//! `docs/speed.md` and `docs/speed.svg`.

mod page;
mod picture;
mod row;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::build::{cargo, command, run, target};
use crate::repository::{root, tools};
use crate::{demo, pypi, release};
use row::Row;

/// Numbers of steps of which in-toto gets layouts.
const STEPS: [&str; 2] = ["1", "100"];

/// Builds what is measured as it is released, measures it in turns, and writes the page and the picture. What cannot be measured
/// here is named in the page.
pub(crate) fn speed(rounds: &str) -> Result<(), String> {
    rounds.parse::<usize>().map_err(|_| format!("`{rounds}` is no number of rounds"))?;
    let folder = target(root()).join("speed");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let lines = folder.join("rows.jsonl");
    let _ = std::fs::remove_file(&lines);
    // Everything is built before anything is measured.
    let peer = in_toto(&folder);
    let cdi = release::programs(&["--package", "cdi-cli", "--bin", "cdi", "--example", "commands"])?;
    let sigstore = sigstore();
    let demo = engine();
    let pulley = pulley();
    cargo(root(), &["bench", "--no-run", "--bench", "speed"])?;
    let transactions = folder.join("transactions");
    std::fs::create_dir_all(&transactions).map_err(|error| format!("{}: {error}", transactions.display()))?;
    let before = page::Machine::now();
    let measured = [
        ("the bench", bench(&lines, rounds)),
        ("commands", commands(&lines, rounds, &cdi, peer.as_deref().ok().map(|verify| (verify, &*folder)))),
        ("in-toto", peer.map(|_| ())),
        ("sigstore-verify", sigstore.and_then(|program| envelopes(&lines, rounds, &program))),
        (
            "the program",
            demo.as_ref().map_err(Clone::clone).and_then(|demo| program(&lines, demo, &transactions, rounds)),
        ),
        ("Pulley", demo.and_then(|demo| interpreted(&lines, &pulley?, &demo, &transactions, rounds))),
    ];
    let failed =
        measured.into_iter().filter_map(|(part, done)| Some((part, done.err()?))).collect::<Vec<_>>();
    let rows = Row::read(&lines)?;
    let command = format!("cargo xtask speed {rounds}");
    for (name, text) in
        [("speed.md", page::written(&rows, &failed, &before, &command)), ("speed.svg", picture::drawn(&rows))]
    {
        let path = root().join("docs").join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let misses = rows.iter().filter(|row| row.holds == Some(false)).count();
    println!("{} rows, of which {misses} miss what is aimed at: docs/speed.md, docs/speed.svg", rows.len());
    Ok(())
}

/// A command that adds its rows to the lines.
fn telling<'c>(command: &'c mut Command, lines: &Path) -> &'c mut Command {
    command.env("CDI_SPEED_LINES", lines)
}

fn bench(lines: &Path, rounds: &str) -> Result<(), String> {
    run(telling(&mut command(root(), &["bench", "--bench", "speed", "--", rounds]), lines))
}

fn commands(lines: &Path, rounds: &str, programs: &Path, peer: Option<(&Path, &Path)>) -> Result<(), String> {
    let mut measuring = Command::new(programs.join("examples/commands"));
    measuring.arg(programs.join("cdi")).arg(rounds);
    if let Some((verify, folder)) = peer {
        measuring.arg(verify).arg(folder.join("layouts"));
    }
    run(telling(&mut measuring, lines))
}

/// The peer's program, with layouts and links for it.
fn in_toto(folder: &Path) -> Result<PathBuf, String> {
    let files = root().join("interop");
    let python = pypi::environment(&folder.join("venv"), &files.join("in-toto.txt"))?;
    let layouts = folder.join("layouts");
    if layouts.exists() {
        std::fs::remove_dir_all(&layouts).map_err(|error| format!("{}: {error}", layouts.display()))?;
    }
    run(Command::new(&python).arg(files.join("layouts.py")).arg(layouts).args(STEPS))?;
    Ok(folder.join("venv/bin/in-toto-verify"))
}

/// An example of the tools, whose workspace is apart.
fn of_the_tools(of: &[&str], example: &str) -> Result<PathBuf, String> {
    cargo(&tools(), &[&["build", "--release", "--locked"], of].concat())?;
    // Where the workspace builds for a target by its name, that is a folder of its own.
    Ok(target(&tools()).join("x86_64-unknown-linux-gnu/release/examples").join(example))
}

/// Sigstore's library is a dependency of one of them.
fn sigstore() -> Result<PathBuf, String> {
    of_the_tools(&["--package", "cdi-provenance-inspect", "--example", "envelopes"], "envelopes")
}

fn envelopes(lines: &Path, rounds: &str, program: &Path) -> Result<(), String> {
    run(telling(Command::new(program).arg(rounds), lines))
}

/// The demo's program with its evidence, and what runs it in both ways.
fn engine() -> Result<PathBuf, String> {
    let with = ["--features", "dangerously-ungated,wasmi"];
    let build = ["build", "--release", "--package", "cdi-gate", "--example", "whole-run"];
    cargo(root(), &[&build[..], &with[..]].concat())?;
    Ok(demo::up_to_the_program("target/speed/demo")?.0)
}

fn program(lines: &Path, demo: &Path, transactions: &Path, rounds: &str) -> Result<(), String> {
    let mut measuring = Command::new(target(root()).join("release/examples/whole-run"));
    // The program's own output, each time.
    run(telling(measuring.arg(demo).arg(transactions).arg(rounds).stdout(Stdio::null()), lines))
}

/// The engine's own interpreter takes its compiler, which is a dependency of another.
fn pulley() -> Result<PathBuf, String> {
    of_the_tools(&["--package", "cdi-wasm-aot", "--features", "pulley", "--example", "pulley"], "pulley")
}

/// Of the transactions that the program was measured with.
fn interpreted(
    lines: &Path,
    pulley: &Path,
    demo: &Path,
    transactions: &Path,
    rounds: &str,
) -> Result<(), String> {
    let mut measuring = Command::new(pulley);
    measuring.arg(demo.join("app/fraud-scoring.wasm")).arg(transactions).arg(rounds);
    run(telling(measuring.stdout(Stdio::null()), lines))
}
