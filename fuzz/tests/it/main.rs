//! The targets without an engine: on their seeds, on what was found before, and on a few mutants of both.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of tests fails the test, as a test itself does"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use cdi_fuzz::{TARGETS, Target, dictionary, target};
use fastrand::Rng;

/// What was found before: a folder for each target that found something.
fn regressions() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let inside = |folder: &Path| {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let folders = inside(&folder).into_iter().filter(|path| path.is_dir());
    folders.flat_map(|path| inside(&path).into_iter().map(move |file| (name(&path), file))).collect()
}

fn holds(target: &Target, bytes: &[u8], what: &str) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).is_err() {
        panic!("{} of {}: {}", what, target.name, bytes.escape_ascii());
    }
}

#[test]
fn each_target_has_a_name_an_oracle_and_seeds() {
    assert!(TARGETS.is_sorted_by(|one, two| one.name < two.name));
    for target in &TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty() && !target.oracle.is_empty(), "{}", target.name);
        let long = seeds.iter().map(Vec::len).max().unwrap_or_default();
        println!(
            "{}: {} seeds, up to {long} bytes, {} words",
            target.name,
            seeds.len(),
            (target.words)().len()
        );
        assert!(dictionary(target).lines().all(|line| line.starts_with("\"\\x") && line.ends_with('"')));
    }
}

#[test]
fn every_seed_holds() {
    for target in &TARGETS {
        (target.seeds)().iter().for_each(|seed| holds(target, seed, "a seed"));
        holds(target, b"", "nothing");
    }
}

#[test]
fn what_was_found_before_holds() {
    for (name, file) in regressions() {
        let target = target(&name).unwrap_or_else(|| panic!("nothing is called {name}"));
        holds(target, &fs::read(&file).unwrap(), &file.display().to_string());
    }
}

/// A few bytes changed, put in or taken out, or the beginning of one before the end of another.
fn mutant(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = rng.choice(seeds).unwrap().clone();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..=bytes.len());
        match rng.u8(..4) {
            0 if at < bytes.len() => bytes.splice(at..=at, [rng.u8(..)]).for_each(drop),
            1 => bytes.insert(at, rng.u8(..)),
            2 => bytes.drain(at..(at + rng.usize(..8)).min(bytes.len())).for_each(drop),
            _ => {
                let other = rng.choice(seeds).unwrap();
                bytes.truncate(at);
                bytes.extend(&other[at.min(other.len())..]);
            }
        }
    }
    bytes
}

#[test]
fn a_few_mutants_of_seeds_hold() {
    for target in &TARGETS {
        let (seeds, rng) = ((target.seeds)(), &mut Rng::with_seed(42));
        (0..40).for_each(|_| holds(target, &mutant(rng, &seeds), "a mutant"));
    }
}
