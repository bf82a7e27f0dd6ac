//! The committed vectors: what they are, that they are all there, and what the production core says to each.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::sources::{has_test, sources};
use cdi_testkit::scenario::Verdict;
use cdi_testkit::vectors::{Case, Expected, Vector, all, cases};

/// How many vectors there are: of each topic those that are allowed, and those that are refused. A set that was cut
/// short must not pass.
const COUNTS: [(&str, usize, usize); 10] = [
    ("cer", 35, 168),
    ("chn", 22, 50),
    ("cry", 4, 46),
    ("dag", 24, 47),
    ("fmt", 15, 217),
    ("pol", 64, 212),
    ("rev", 33, 51),
    ("sem", 25, 41),
    ("thr", 10, 54),
    ("tim", 18, 58),
];

fn parsed() -> BTreeMap<String, Vector> {
    committed().into_iter().map(|(path, text)| (path, Vector::from_file(&text).unwrap())).collect()
}

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

/// Vectors that come out otherwise one endorsement down, each with the reason.
const DEEPER: [(&str, &str); 9] = [
    ("chn/decoys", "its anchor is as deep as an anchor can be"),
    ("chn/depth-six", "its anchor is as deep as an anchor can be"),
    ("chn/depth-zero-endorsement", "its anchor is as deep as an anchor can be"),
    ("chn/seven-keys", "its anchor is as deep as an anchor can be"),
    ("chn/six-keys", "its anchor is as deep as an anchor can be"),
    ("pol/control-of-an-anchors-key", "the key that two hands hold is an anchor's no more"),
    ("pol/forbid-anchor", "the authority that is forbidden is an anchor no more"),
    ("pol/node-stale-anchor", "who is an authority by an endorsement only is not waited for (M-NODE)"),
    ("pol/node-unlisted-anchor", "who is an authority by an endorsement only is not waited for (M-NODE)"),
];

/// A-CHN-17: what is asked of a certification by an anchor is asked of one by whom an anchor has endorsed, and the other way round.
#[test]
fn every_vector_comes_out_alike_one_endorsement_down() {
    let outcome = |case: &Case| Expected::from(case.world().clone().one_endorsement_down().decide());
    let found: BTreeMap<String, (Expected, Expected)> = cases()
        .into_iter()
        .map(|(path, case)| {
            let below = outcome(&case);
            (path, (case.expected().clone(), below))
        })
        .collect();
    let otherwise: BTreeMap<&String, _> =
        found.iter().filter(|(_, (direct, below))| direct != below).collect();
    let unforeseen: Vec<_> = otherwise
        .iter()
        .filter(|(path, _)| !DEEPER.iter().any(|(known, _)| *known == path.as_str()))
        .collect();
    assert!(unforeseen.is_empty(), "{} vectors:\n{unforeseen:#?}", unforeseen.len());
    for (path, reason) in DEEPER {
        assert!(reason.len() > 20 && otherwise.contains_key(&path.to_owned()), "{path}");
    }
}

#[test]
fn no_set_of_vectors_is_cut_short() {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (path, vector) in parsed() {
        let topic = path.split('/').next().unwrap().to_owned();
        let (allowed, refused) = counts.entry(topic).or_default();
        *if vector.expected.verdict == Verdict::Allow { allowed } else { refused } += 1;
    }
    assert_eq!(counts.len(), COUNTS.len());
    for (topic, allowed, refused) in COUNTS {
        let found = counts[topic];
        assert!(found.0 >= allowed && found.1 >= refused, "{topic}: {found:?}");
    }
}

#[test]
fn every_refused_vector_stands_beside_one_that_passes() {
    let all = parsed();
    for (path, vector) in &all {
        if vector.expected.verdict == Verdict::Allow {
            assert_eq!((vector.sibling.as_str(), vector.expected.code.as_str()), ("", ""), "{path}");
            continue;
        }
        let sibling = all.get(&vector.sibling).unwrap_or_else(|| panic!("{path}: no `{}`", vector.sibling));
        assert_eq!(sibling.expected.verdict, Verdict::Allow, "{path}");
        assert_ne!(
            (
                &sibling.bundle,
                &sibling.policies,
                &sibling.artifact,
                &sibling.environment,
                &sibling.time,
                &sibling.catalogues,
                &sibling.seen
            ),
            (
                &vector.bundle,
                &vector.policies,
                &vector.artifact,
                &vector.environment,
                &vector.time,
                &vector.catalogues,
                &vector.seen
            ),
            "{path}"
        );
    }
}

#[test]
fn vectors_are_small() {
    let files = committed();
    assert!(files.values().all(|text| text.len() < 40 << 10));
    assert!(files.values().map(String::len).sum::<usize>() < files.len() * (9 << 10));
}

/// The rules of `docs/spec/` by their tags, as `**V-LINE.**` marks them.
fn rules() -> BTreeSet<String> {
    let mut tags = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("../docs/spec")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let bold = text.split("**").skip(1).step_by(2).filter_map(|bold| bold.strip_suffix('.'));
        let is_tag = |text: &&str| {
            text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
                && text.contains('-')
        };
        tags.extend(bold.filter(is_tag).map(str::to_owned));
    }
    tags
}

/// A rule has a vector under its tag, or a test that `rules.txt` names, or stands there as open with a reason.
#[test]
fn every_rule_has_a_vector_or_a_test() {
    let held: BTreeSet<String> = parsed().into_values().map(|vector| vector.rule).collect();
    let tags = rules();
    assert!(tags.len() >= 89, "{}", tags.len());
    let unknown: Vec<&String> = held.iter().filter(|rule| !tags.contains(*rule)).collect();
    assert!(unknown.is_empty(), "vectors for rules that no spec has: {unknown:?}");
    let table = std::fs::read_to_string(root().join("rules.txt")).unwrap();
    let mut named = BTreeSet::new();
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let (tag, at) = row.split_once(' ').unwrap();
        assert!(tags.contains(tag), "{tag} is in the table and in no spec");
        named.insert(tag.to_owned());
        if let Some(reason) = at.strip_prefix("open: ") {
            assert!(reason.len() > 20 && !held.contains(tag), "{row}");
            continue;
        }
        let (folder, test) = at.split_once("::").unwrap();
        let sources = sources(&root().join("..").join(folder));
        assert!(sources.iter().any(|(_, text)| has_test(text, test)), "no such test: {row}");
    }
    let bare: Vec<&String> =
        tags.iter().filter(|tag| !held.contains(*tag) && !named.contains(*tag)).collect();
    assert!(bare.is_empty(), "rules with neither a vector nor a test: {bare:?}");
}
