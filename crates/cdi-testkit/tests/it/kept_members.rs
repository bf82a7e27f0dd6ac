//! Nothing of these programs takes a member of others' JSON for something else because of its name.
//!
//! `serde_json::Value` does: with `raw_value` on it puts the JSON in a text in the place of an object whose one member is
//! called `$serde_json::private::RawValue`, with `arbitrary_precision` a number in the place of another.

use std::path::PathBuf;

use crate::codes::{halves, workspace};
use crate::sources::sources;

/// How a source names it, and how it reads.
const VALUE: [&str; 3] = ["serde_json::Value", "Value as Json", "serde_json::Map"];
const READS: [&str; 5] = [
    "serde_json::from_",
    "serde_saphyr::from_",
    "Deserializer::from_",
    "derive(Deserialize",
    ", Deserialize",
];

/// Whether a source that holds JSON's values reads any text as well, outside its tests.
fn reads_into_values(code: &str) -> bool {
    let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let names = |line: &&str| {
        let several =
            line.contains("use serde_json::{") && ["Value", "Map"].iter().any(|one| line.contains(one));
        several || VALUE.iter().any(|value| line.contains(value))
    };
    lines.iter().any(names) && lines.iter().any(|line| READS.iter().any(|read| line.contains(read)))
}

#[test]
fn no_source_that_holds_json_values_reads_json() {
    // Tests, and what builds and checks this workspace, read only what we wrote.
    let ours = ["cdi-testkit", "agreement-tests"];
    let folders = ["crates", "tools"].map(|folder| workspace().join(folder));
    let mut read = 0;
    let within = |folder: &PathBuf| {
        let folder = folder.clone();
        sources(&folder)
            .into_iter()
            .map(move |(path, text)| (path.strip_prefix(&folder).unwrap().to_owned(), text))
    };
    for (path, text) in folders.iter().flat_map(within) {
        let of = |name: &str| path.components().any(|part| part.as_os_str() == name);
        if ours.iter().any(|name| of(name)) || !of("src") || of("target") {
            continue;
        }
        read += 1;
        let (code, _) = halves(&path, &text);
        assert!(
            !reads_into_values(&code),
            "{} may read others' text into `serde_json::Value`",
            path.display()
        );
    }
    assert!(read > 400, "{read}");
}

#[test]
fn what_reads_into_values_is_found() {
    assert!(reads_into_values(
        "use serde_json::Value as Json;\nlet json: Json = serde_json::from_str(text);"
    ));
    assert!(reads_into_values("use serde_json::{Value, json};\n#[derive(Deserialize)]"));
    assert!(!reads_into_values("use serde_json::{json};\nlet n: u8 = serde_json::from_str(text);"));
    assert!(!reads_into_values("fn of(value: &serde_json::Value) {}"));
}
