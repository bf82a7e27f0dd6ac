//! What a host remembers (rule M-MEMORY): its files as anybody could have left them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cdi_envelope::CheckId;
use cdi_store::{Checks, Memory, MemoryFolder, Running, RunningFolder};
use cdi_types::{ArtifactDigest, StatementId, Timestamp};

use crate::{Target, reference, seeds, shown};

pub(crate) const TARGET: Target = Target {
    name: "memory",
    oracle: "a file that is refused is left as it was, by every operation; one that is read is read the same after it was written \
             again; what was seen first stays as it was seen; of the signatures that were checked those are read that were written, or none; a \
             record of what runs is read as a second reader of JSON reads it",
    run,
    seeds,
    words: seeds::json_words,
    most: 4_096,
};

/// Which file it is by the first byte, then the file.
fn run(bytes: &[u8]) {
    let Some((which, content)) = bytes.split_first() else { return };
    let parent = seeds::scratch();
    let folder = MemoryFolder::at(parent.path().join("memory"));
    folder.update(|_| Some(Memory::of(Timestamp::from_unix(1), Vec::new()))).unwrap();
    match which % 4 {
        0 => memory(&folder, content),
        1 => sightings(&folder, content),
        2 => checks(&folder, content),
        _ => running(&folder, content),
    }
}

fn memory(folder: &MemoryFolder, content: &[u8]) {
    fs::write(folder.path().join("memory.json"), content).unwrap();
    let before = files(folder.path());
    match folder.read() {
        Err(error) => {
            shown::told(error.code(), &error);
            assert!(folder.update(|_| panic!("nothing is made of what is refused")).is_err());
            assert_eq!(files(folder.path()), before);
        }
        Ok(read) => {
            assert!(reference::strict_json(content).is_some());
            folder
                .update(|found| {
                    assert_eq!(found, read);
                    found
                })
                .unwrap();
            assert_eq!(folder.read().unwrap(), read);
            let before = files(folder.path());
            folder.update(|_| None).unwrap();
            assert_eq!(files(folder.path()), before);
        }
    }
}

fn sightings(folder: &MemoryFolder, content: &[u8]) {
    let ids: BTreeSet<StatementId> =
        [&b"one"[..], b"two"].iter().map(|bytes| StatementId::of(bytes)).collect();
    let (first, later) = (Timestamp::from_unix(7), Timestamp::from_unix(9));
    folder.see(&BTreeSet::from([StatementId::of(b"one")]), first).unwrap();
    let file = folder.path().join("sightings");
    // What is put over the beginning; the pages behind it stay as they are.
    let mut all = fs::read(&file).unwrap();
    let length = content.len().min(all.len());
    all[..length].copy_from_slice(&content[..length]);
    fs::write(&file, &all).unwrap();
    match folder.sightings() {
        Err(error) => {
            shown::told(error.code(), &error);
            let before = files(folder.path());
            assert!(folder.see(&ids, later).is_err());
            assert_eq!(files(folder.path()), before);
        }
        Ok(found) => {
            let known = found.of(ids.clone()).unwrap();
            assert_eq!(known.get(&StatementId::of(b"one")), Some(&first));
            folder.see(&ids, later).unwrap();
            let again = folder.sightings().unwrap().of(ids).unwrap();
            assert!(known.iter().all(|(id, at)| again.get(id) == Some(at)));
            assert_eq!(again.get(&StatementId::of(b"two")), Some(&later));
        }
    }
}

/// The file as it was written up to the first byte of what is put into it; that byte says how it goes on.
fn checks(folder: &MemoryFolder, content: &[u8]) {
    let Some(([at, way], content)) = content.split_first_chunk::<2>() else { return };
    let checks = folder.checks().unwrap();
    let artifact = ArtifactDigest::of(b"artifact");
    let made: Vec<CheckId> = (0..4).map(|number| CheckId::from_bytes([number; 32])).collect();
    checks.keep(artifact, &Checks::default(), &made).unwrap();
    let file = folder.path().join("checks").join(artifact.to_string());
    let whole = fs::read(&file).unwrap();
    let (before, behind) = whole.split_at(usize::from(*at).min(whole.len()));
    // In the place of as many bytes, between them, or instead of the rest.
    let rest = match way % 3 {
        0 => behind.get(content.len()..).unwrap_or_default(),
        1 => behind,
        _ => b"",
    };
    let other = [before, content, rest].concat();
    fs::write(&file, &other).unwrap();
    // Behind the line of the form stands the program that wrote it.
    let by = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let is_anothers = other.get(..by) == whole.get(..by)
        && other.get(by..by + 32).is_some_and(|program| *program != whole[by..by + 32]);
    match checks.read(artifact) {
        Ok(found) if other == whole => {
            assert!(found.count() == 4 && made.iter().all(|check| found.holds(check)));
            return;
        }
        Ok(found) => assert!(found.count() == 0 && is_anothers),
        Err(error) => {
            shown::told(error.code(), &error);
            assert!(other != whole && !is_anothers);
        }
    }
    checks.keep(artifact, &Checks::default(), &made[..1]).unwrap();
    assert_eq!(checks.read(artifact).unwrap().count(), 1);
}

fn running(folder: &MemoryFolder, content: &[u8]) {
    let records = RunningFolder::beside(folder.path()).unwrap();
    let kept = records.keep(&Running::of(ArtifactDigest::of(b"artifact"), Timestamp::from_unix(1))).unwrap();
    let file = fs::read_dir(records.path()).unwrap().next().unwrap().unwrap().path();
    fs::write(&file, content).unwrap();
    let found = records.read().unwrap();
    assert_eq!((found.running.len() + found.unread.len(), fs::read(&file).unwrap()), (1, content.to_vec()));
    found.unread.iter().for_each(|error| shown::told(error.code(), error));
    for (_, running) in found.running {
        assert_eq!(reference::strict_json(content), Some(true));
        assert_eq!(serde_json::from_slice::<Running>(content).unwrap(), running);
        assert!(running.evidence.iter().all(|line| !line.contains('\n') && !line.trim().is_empty()));
    }
    kept.end().unwrap();
}

/// The files of a folder.
fn files(folder: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut files: Vec<_> = files.map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}

fn seeds() -> Vec<Vec<u8>> {
    let key = "11".repeat(32);
    let full = format!(
        r#"{{"form":"https://code-deployment-integrity.io/memory/v1","lastDecision":"2026-06-01T12:00:00Z","lists":["{{}}"],
        "editions":[{{"principal":"p","key":"{key}","version":3,"document":"{key}"}}],"nodes":[{{"key":"{key}","serial":1,"report":"{key}"}}]}}"#
    );
    let texts = [
        full.clone(),
        full.replace("[\"{}\"]", "[\"a\\nb\"]"),
        full.replace("/v1", "/v2"),
        full.replace("\"serial\":1", "\"serial\":18446744073709551616"),
        full.replace("\"lists\"", "\"nodes\":[],\"lists\""),
    ];
    let mut seeds: Vec<Vec<u8>> = texts.iter().map(|text| [&[0], text.as_bytes()].concat()).collect();
    seeds.push(b"\x01https://code-deployment-integrity.io/sightings/v1\n".to_vec());
    seeds.push(b"\x01https://code-deployment-integrity.io/sightings/v2\n".to_vec());
    seeds.extend([0, 1, 2].map(|way| vec![2, 90, way, 7, 7]));
    seeds.extend([vec![2, 0, 0], vec![2, 255, 2]]);
    let artifact = ArtifactDigest::of(b"artifact");
    let mut running = Running::of(artifact, Timestamp::from_unix(1));
    running.evidence = vec!["{}".to_owned(), "{\"a\":1}".to_owned()];
    running.arguments = vec!["\u{1b}".to_owned()];
    let text = serde_json::to_string(&running).unwrap();
    for text in [
        text.clone(),
        text.replace("\"{}\"", "\"{}\\n\""),
        text.replace("/v3", "/v2"),
        text.replace("\"since", "\"a\\t"),
    ] {
        seeds.push([&[3], text.as_bytes()].concat());
    }
    seeds
}
