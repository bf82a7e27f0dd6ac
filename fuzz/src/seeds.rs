//! What inputs begin with: the vectors, taken apart.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cdi_envelope::Envelope;
use serde_json::Value;

/// A file or folder of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The decisions of `vectors/`, by topic and name.
pub(crate) fn vectors() -> Vec<Value> {
    let topics = ["cer", "chn", "cry", "dag", "fmt", "pol", "rev", "sem", "thr", "tim"];
    let folders = topics.iter().map(|topic| repository("vectors").join(topic));
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files.iter().map(|file| serde_json::from_slice(&fs::read(file).unwrap()).unwrap()).collect()
}

/// Lines of bundles that are texts, each once, in which each vector has something of its own.
fn all_lines() -> Vec<Vec<u8>> {
    let mut known = BTreeMap::new();
    for vector in vectors() {
        for line in vector["bundle"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let next = known.len();
            known.entry(line.to_owned()).or_insert(next);
        }
    }
    let mut lines: Vec<(usize, String)> = known.into_iter().map(|(line, place)| (place, line)).collect();
    lines.sort_unstable();
    lines.into_iter().map(|(_, line)| line.into_bytes()).collect()
}

/// One in so many of the lines, none of which is too long to be mutated.
pub(crate) fn lines(one_in: usize) -> Vec<Vec<u8>> {
    all_lines().into_iter().filter(|line| line.len() < 6_000).step_by(one_in).collect()
}

/// Payloads by their predicate types, so many of each, and not all from the same vectors.
pub(crate) fn payloads() -> Vec<(String, Vec<u8>)> {
    const OF_EACH: usize = 24;
    let mut by_type: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for line in all_lines() {
        let Ok(envelope) = Envelope::parse(&line) else { continue };
        let payload = envelope.into_untrusted().payload().to_vec();
        let Ok(value) = serde_json::from_slice::<Value>(&payload) else { continue };
        let kind = value["predicateType"].as_str().unwrap_or_default().to_owned();
        by_type.entry(kind).or_default().push(payload);
    }
    let spread = |(kind, all): (String, Vec<Vec<u8>>)| {
        let step = all.len().div_ceil(OF_EACH).max(1);
        all.into_iter().step_by(step).map(move |payload| (kind.clone(), payload)).collect::<Vec<_>>()
    };
    by_type.into_iter().flat_map(spread).collect()
}

/// Marks and words of JSON that our formats have.
pub(crate) fn json_words() -> Vec<Vec<u8>> {
    const MARKS: [&str; 24] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u0000",
        "\\ud83d\\ude00",
        "\\ud800",
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.5",
        "1e400",
        "9007199254740991",
        "9007199254740992",
        "{}",
        "[]",
        "\"\"",
        "\n",
    ];
    let mut words: Vec<String> = MARKS.iter().map(|&mark| mark.to_owned()).collect();
    let mut names = std::collections::BTreeSet::new();
    for (kind, payload) in payloads() {
        words.push(format!("\"{kind}\""));
        names_in(&serde_json::from_slice(&payload).unwrap_or_default(), &mut names);
    }
    let names = names.into_iter().filter(|name| name.len() < 40 && name.is_ascii());
    words.extend(names.map(|name| format!("\"{name}\"")));
    words.sort();
    words.dedup();
    words.into_iter().map(String::into_bytes).collect()
}

/// The names of members, and texts that are words of a format.
fn names_in(value: &Value, names: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            names.insert(name.clone());
            names_in(value, names);
        }),
        Value::Array(list) => list.iter().for_each(|value| names_in(value, names)),
        Value::String(text)
            if text.len() < 24 && text.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-') =>
        {
            names.insert(text.clone());
        }
        _ => {}
    }
}

/// A folder of one run of a target, in memory where the machine has such a place.
pub(crate) fn scratch() -> tempfile::TempDir {
    let fast = Path::new("/dev/shm");
    let made = if fast.is_dir() { tempfile::tempdir_in(fast) } else { tempfile::tempdir() };
    made.unwrap()
}
