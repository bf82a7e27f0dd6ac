//! Every code that the core can give is expected by a vector or a test.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::sources::sources;
use cdi_testkit::vectors::all;

/// The crates that verify, appraise, decide and place.
const CORE: [&str; 7] = [
    "cdi-types",
    "cdi-envelope",
    "cdi-condition",
    "cdi-verify",
    "cdi-policy",
    "cdi-placement",
    "cdi-decider",
];

/// Codes that no vector and no test expects by their text, each with the reason.
const UNREACHED: [(&str, &str); 2] = [
    (
        "signature-weak-point",
        "a verifier says `signature-invalid`, whatever the reason; the variant is held by tests of `cdi-envelope`",
    ),
    ("suggest-not-allowed", "a suggestion that would refuse its own bundle is a fault, and is not given out"),
];

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The texts between quotes that look like codes.
pub(crate) fn codes_in(source: &str) -> BTreeSet<String> {
    let is_code = |text: &&str| {
        text.contains('-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    source
        .lines()
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .filter(is_code)
        .map(str::to_owned)
        .collect()
}

/// What a source says outside its tests, and in them.
pub(crate) fn halves(path: &Path, text: &str) -> (String, String) {
    let of_tests = path.components().any(|part| part.as_os_str() == "tests")
        || path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("tests.rs"));
    match text.split_once("#[cfg(test)]") {
        _ if of_tests => (String::new(), text.to_owned()),
        Some((code, tests)) => (code.to_owned(), tests.to_owned()),
        None => (text.to_owned(), String::new()),
    }
}

/// The codes of a source: those of its functions `code`, and those that are given a name or a member of that name.
pub(crate) fn given(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for function in source.split("fn code(").skip(1) {
        found.extend(codes_in(function.split("\n    }\n").next().unwrap()));
    }
    let named = source.lines().filter(|line| {
        let marks = ["code: ", "&'static str = ", "discard(\"", "plain(\"", "=> (\""];
        marks.iter().any(|mark| line.contains(mark))
    });
    found.extend(named.flat_map(codes_in));
    found
}

#[test]
fn every_code_of_the_core_is_expected_somewhere() {
    let (mut codes, mut expected) = (BTreeSet::new(), BTreeSet::new());
    for krate in CORE {
        for (path, text) in sources(&workspace().join("crates").join(krate)) {
            let (code, tests) = halves(&path, &text);
            codes.extend(given(&code));
            expected.extend(codes_in(&tests));
        }
    }
    assert!(codes.len() > 100, "{}", codes.len());
    for vector in all().into_values() {
        expected.insert(vector.expected.code);
        expected.extend(vector.expected.discarded);
    }
    for (path, text) in sources(&workspace().join("crates/cdi-testkit/tests")) {
        if !path.ends_with("codes.rs") {
            expected.extend(codes_in(&text));
        }
    }
    for entry in std::fs::read_dir(workspace().join("vectors/dsse")).unwrap() {
        expected.extend(codes_in(&std::fs::read_to_string(entry.unwrap().path()).unwrap()));
    }
    let bare: Vec<&String> = codes
        .iter()
        .filter(|code| !expected.contains(*code) && !UNREACHED.iter().any(|(known, _)| known == code))
        .collect();
    assert!(bare.is_empty(), "codes that nothing expects: {bare:?}");
    for (code, reason) in UNREACHED {
        assert!(codes.contains(code) && !expected.contains(code) && reason.len() > 20, "{code}");
    }
}

/// A-POL-25: a policy that is evaluated can reach nothing. The limits of time and memory are counted, not measured.
#[test]
fn the_core_does_nothing_but_compute() {
    let reaches =
        ["std::fs", "std::net", "std::process", "std::env", "std::thread", "std::time", "std::io", "unsafe "];
    for krate in CORE {
        for (path, text) in sources(&workspace().join("crates").join(krate).join("src")) {
            let (code, _) = halves(&path, &text);
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            let found: Vec<&str> = code.filter(|line| reaches.iter().any(|way| line.contains(way))).collect();
            assert!(found.is_empty(), "{}: {found:?}", path.display());
        }
    }
}

/// A-FMT-04: in what is read each member has one name, and none comes out of another's.
#[test]
fn no_member_of_a_signed_form_has_a_second_name() {
    // What is written only has no second reading.
    let written = "src/predicate/verification.rs";
    for krate in CORE {
        for (path, text) in sources(&workspace().join("crates").join(krate).join("src")) {
            let (code, _) = halves(&path, &text);
            let loose =
                |line: &&str| line.contains("serde(") && (line.contains("alias") || line.contains("flatten"));
            let found: Vec<&str> = code.lines().filter(loose).collect();
            assert!(found.is_empty() || path.ends_with(written), "{}: {found:?}", path.display());
        }
    }
    let (_, text) = sources(&workspace().join("crates/cdi-types/src"))
        .into_iter()
        .find(|(path, _)| path.ends_with(written))
        .unwrap();
    let flattened = text.split("#[serde(flatten)]").next().unwrap().rsplit("#[derive(").next().unwrap();
    assert!(flattened.starts_with("Debug, Serialize)]"), "{flattened}");
}

/// A-DOS-06: the library's maps have a secret of each process; trees have no hashes. No others are used for what somebody else
/// chose.
#[test]
fn no_map_hashes_what_others_chose_without_a_secret() {
    let hashers = ["BuildHasher", "FxHash", "ahash::", "hashbrown", "fnv::", "nohash", "with_hasher"];
    let crates = std::fs::read_dir(workspace().join("crates")).unwrap();
    for krate in crates.map(|entry| entry.unwrap().path().join("src")) {
        for (path, text) in sources(&krate) {
            let (code, _) = halves(&path, &text);
            let found: Vec<&&str> = hashers.iter().filter(|hasher| code.contains(**hasher)).collect();
            assert!(found.is_empty(), "{}: {found:?}", path.display());
        }
    }
}
