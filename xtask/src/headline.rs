//! What provenance saves, measured: one program that was decided about, in process and in places that keep it apart.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::build::{cargo, run, target, wasm_host};
use crate::demo;
use crate::repository::{root, tools};

const ROUNDS: &str = "51";

/// Builds what is measured as it is released, makes the demo's evidence in a folder, and prints the table.
pub(crate) fn headline(folder: &str) -> Result<(), String> {
    wasm_host(&["--release"])?;
    cargo(root(), &["build", "--release", "--package", "cdi-gate", "--example", "headline"])?;
    let (folder, _shell) = demo::up_to_the_program(folder)?;
    let table = folder.join("headline.md");
    let host = target(&tools()).join("x86_64-unknown-linux-gnu/release/cdi-wasm-host");
    let mut measuring = Command::new(target(root()).join("release/examples/headline"));
    measuring.args([folder.as_path(), &host, Path::new(ROUNDS), &table]);
    // The program's own output, each time.
    run(measuring.stdout(Stdio::null()))?;
    let text = std::fs::read_to_string(&table).map_err(|error| format!("{}: {error}", table.display()))?;
    println!("{text}");
    Ok(())
}
