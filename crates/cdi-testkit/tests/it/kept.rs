//! What was written by earlier versions is read as it was (docs/compatibility.md).

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cdi_envelope::Envelope;
use cdi_policy::Catalogue;
use cdi_testkit::scenario::sha256;
use cdi_testkit::vectors::{Expected, Vector};
use cdi_types::parse_statement;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/kept")
}

/// Each kept file with its digest, as the list has it.
fn listed() -> BTreeMap<String, String> {
    let list = std::fs::read_to_string(root().join("digests.txt")).unwrap();
    list.lines()
        .map(|line| line.split_once("  ").unwrap())
        .map(|(d, p)| (p.to_owned(), d.to_owned()))
        .collect()
}

fn kept() -> Vec<(String, Vector)> {
    let read =
        |path: &String| Vector::from_file(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap();
    listed().keys().map(|path| (path.clone(), read(path))).collect()
}

#[test]
fn kept_vectors_are_never_written_again() {
    let listed = listed();
    assert!(listed.len() >= 30, "{}", listed.len());
    for (path, digest) in &listed {
        assert_eq!(sha256(std::fs::read(root().join(path)).unwrap()), *digest, "{path}");
    }
    let mut there = 0;
    for version in std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()) {
        if version.is_dir() {
            there += std::fs::read_dir(version).unwrap().count();
        }
    }
    assert_eq!(there, listed.len(), "a kept file is not in the list");
}

/// The id of each statement, as it was found when the vector was kept.
#[test]
fn every_statement_of_a_kept_vector_has_the_id_that_it_had() {
    let list = std::fs::read_to_string(root().join("statements.txt")).unwrap();
    let ids: BTreeMap<&str, &str> = list.lines().map(|line| line.split_once(' ').unwrap()).collect();
    let mut read = 0;
    for (path, vector) in kept() {
        for (number, line) in vector.bundle.iter().enumerate() {
            let place = format!("{path}:{number}");
            let envelope = Envelope::parse(&line.bytes().unwrap());
            let parsed = envelope.map(|envelope| parse_statement(envelope.into_untrusted().payload()));
            let found = parsed.ok().and_then(Result::ok).map(|(id, _)| id.to_string());
            assert_eq!(found.as_deref(), ids.get(place.as_str()).copied(), "{place}");
            read += usize::from(found.is_some());
        }
    }
    assert_eq!(read, ids.len());
    assert!(read > 150, "{read}");
}

#[test]
fn every_kept_vector_is_decided_as_it_was() {
    let catalogue = Catalogue::builtin().unwrap().digest().to_string();
    for (path, mut vector) in kept() {
        for document in vector.policies.iter_mut().filter_map(|policy| policy.document.as_mut()) {
            let named = document.split("catalogue: \"").nth(1).and_then(|rest| rest.get(..64));
            if let Some(named) = named.map(str::to_owned) {
                *document = document.replace(&named, &catalogue);
            }
        }
        assert_eq!(Expected::from(vector.run()), vector.expected, "{path}");
    }
}
