//! The committed vectors: what they are, that they are all there, and what the production core says to each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cdi_testkit::scenario::Verdict;
use cdi_testkit::vectors::{Expected, Vector, all};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

/// Every committed vector by its path.
fn committed() -> BTreeMap<String, String> {
    let topics: BTreeSet<String> =
        all().keys().map(|path| path.split('/').next().unwrap().to_owned()).collect();
    let mut found = BTreeMap::new();
    for topic in topics {
        for entry in std::fs::read_dir(root().join(&topic)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            found.insert(format!("{topic}/{name}"), std::fs::read_to_string(&path).unwrap());
        }
    }
    found
}

#[test]
fn regenerating_the_vectors_gives_the_same_bytes() {
    let made: BTreeMap<String, String> =
        all().into_iter().map(|(path, vector)| (path, vector.to_file())).collect();
    let committed = committed();
    let differing: Vec<&String> =
        made.keys().chain(committed.keys()).filter(|path| made.get(*path) != committed.get(*path)).collect();
    assert!(
        differing.is_empty(),
        "run `cargo run -p cdi-testkit --example write-vectors`, and look at what changes: {differing:?}"
    );
}

#[test]
fn every_vector_gets_the_expected_verdict_and_code() {
    let mut wrong = Vec::new();
    for (path, text) in committed() {
        let vector = Vector::from_file(&text).unwrap();
        let outcome = vector.run();
        let failures = outcome.failures.clone();
        let found = Expected::from(outcome);
        if found != vector.expected {
            wrong.push(format!("{path}: expected {:?}, found {found:?}, {failures:?}", vector.expected));
        }
    }
    assert!(wrong.is_empty(), "{} vectors:\n{}", wrong.len(), wrong.join("\n"));
}
