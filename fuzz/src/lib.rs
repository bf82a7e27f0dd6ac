//! The fuzz targets: what is done with bytes that a fuzzer found, and what must be so whatever they are.
//!
//! In go bytes; nothing comes out, and a [`Target`] panics where its oracle is broken. Nothing here mutates or measures: the
//! engine beside this crate does, and so does whoever calls a target on seeds and on what was found before, as the tests here do.
//! `fuzz/README.md` says what each was run for.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target that panics has found something"
)]

use std::path::Path;
use std::{fs, io};

mod agent;
mod archives;
mod arguments;
mod bundle;
mod commits;
mod conditions;
mod diagnostics;
mod edits;
mod import;
mod journal;
mod json;
mod keys;
mod markup;
mod memory;
mod operations;
mod pae;
mod pages;
mod pictures;
mod placement;
mod policies;
mod programs;
mod reference;
mod seeds;
mod shown;
mod signatures;
mod statements;
mod tapes;
mod texts;
mod worlds;

/// Something that is fuzzed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folders.
    pub name: &'static str,
    /// What must be so, besides that nothing panics, overflows or takes too long.
    pub oracle: &'static str,
    /// Does with the bytes what is fuzzed, and panics if the oracle is broken.
    pub run: fn(&[u8]),
    /// Bytes to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that mutations put in.
    pub words: fn() -> Vec<Vec<u8>>,
    /// The most bytes of an input: what is longer shows nothing more, and takes longer.
    pub most: usize,
}

/// All of them, by name.
pub const TARGETS: [Target; 24] = [
    agent::TARGET,
    archives::TARGET,
    arguments::TARGET,
    bundle::TARGET,
    commits::TARGET,
    conditions::TARGET,
    diagnostics::TARGET,
    edits::TARGET,
    import::TARGET,
    journal::TARGET,
    json::TARGET,
    keys::TARGET,
    memory::TARGET,
    operations::TARGET,
    pae::TARGET,
    pages::TARGET,
    pictures::TARGET,
    placement::TARGET,
    policies::TARGET,
    programs::TARGET,
    signatures::TARGET,
    statements::TARGET,
    texts::TARGET,
    worlds::TARGET,
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Writes what fuzzing begins with: a folder of seeds and a dictionary for each target.
///
/// # Errors
/// What keeps them from being written.
pub fn write_seeds(folder: &Path) -> io::Result<()> {
    for target in &TARGETS {
        let seeds = folder.join("seeds").join(target.name);
        fs::create_dir_all(&seeds)?;
        for (n, seed) in (target.seeds)().iter().enumerate() {
            fs::write(seeds.join(format!("{n:04}")), seed)?;
        }
        fs::write(folder.join(format!("{}.dict", target.name)), dictionary(target))?;
    }
    Ok(())
}

/// The words of a target, as a dictionary of libFuzzer has them.
#[must_use]
pub fn dictionary(target: &Target) -> String {
    let escaped = |word: &Vec<u8>| word.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
    (target.words)().iter().map(|word| format!("\"{}\"\n", escaped(word))).collect()
}
