//! The catalogue of attacks (`vectors/attacks.txt`): what holds each, or why nothing needs to; and the table that is made of it,
//! `docs/attacks-covered.md`. `SNAPSHOTS=overwrite` writes that anew.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use cdi_testkit::scenario::Verdict;
use cdi_testkit::vectors::all;

use crate::codes::workspace;
use crate::sources::{has_test, sources};

const FILE: &str = "vectors/attacks.txt";
const TABLE: &str = "docs/attacks-covered.md";

/// What an attack can come to, in the words of the file.
const VERDICTS: [&str; 7] = ["allow", "deny", "unknown", "error", "refused", "recorded", "holds"];

/// The groups, by the middle of their ids, in the order of the table.
const GROUPS: [(&str, &str); 14] = [
    ("FMT", "Forms and encodings"),
    ("CRY", "Signatures and keys"),
    ("CHN", "Chains of trust"),
    ("CER", "What certifications say"),
    ("DAG", "Reports and histories"),
    ("POL", "Policies"),
    ("THR", "Quorums"),
    ("TIM", "Time and revocation"),
    ("STO", "Files and stores"),
    ("CAP", "Recording"),
    ("GAT", "The gate"),
    ("DOS", "Work without end"),
    ("K8S", "Clusters"),
    ("TEE", "Evidence of hardware"),
];

/// A test that holds an attack.
struct Held {
    folder: String,
    test: String,
    verdict: String,
    codes: Vec<String>,
}

/// A row of the file.
struct Attack {
    id: String,
    title: String,
    held: Vec<Held>,
    note: Option<String>,
    not: Option<String>,
    later: Option<String>,
}

fn attacks() -> Vec<Attack> {
    let text = std::fs::read_to_string(workspace().join(FILE)).unwrap();
    let mut attacks: Vec<Attack> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let Some(detail) = line.strip_prefix("  ") else {
            let (id, title) = line.split_once(' ').unwrap();
            let (id, title) = (id.to_owned(), title.to_owned());
            attacks.push(Attack { id, title, held: Vec::new(), note: None, not: None, later: None });
            continue;
        };
        let attack = attacks.last_mut().unwrap();
        let (word, rest) = detail.split_once(' ').unwrap();
        let said = |place: &mut Option<String>| assert_eq!(place.replace(rest.to_owned()), None, "{line}");
        match word {
            "test" => attack.held.push(held(rest)),
            "example" => attack.held.push(example(rest)),
            "note" => said(&mut attack.note),
            "not" => said(&mut attack.not),
            "later" => said(&mut attack.later),
            _ => unreachable!("{line}"),
        }
    }
    attacks
}

fn held(text: &str) -> Held {
    let mut words = text.split(' ').map(str::to_owned);
    let at = words.next().unwrap();
    let (folder, test) = at.split_once("::").unwrap();
    let (folder, test) = (folder.to_owned(), test.to_owned());
    Held { folder, test, verdict: words.next().unwrap(), codes: words.collect() }
}

/// A source whose documentation has an example that does not compile.
fn example(path: &str) -> Held {
    let (folder, test, verdict) = (path.to_owned(), String::new(), "holds".to_owned());
    Held { folder, test, verdict, codes: Vec::new() }
}

/// The vectors of each attack: how many come to each verdict and code.
fn vectors() -> BTreeMap<String, BTreeMap<(String, String), usize>> {
    let mut found: BTreeMap<String, BTreeMap<(String, String), usize>> = BTreeMap::new();
    for vector in all().into_values() {
        let verdict = match vector.expected.verdict {
            Verdict::Allow => "allow",
            Verdict::Deny => "deny",
            Verdict::Unknown => "unknown",
            Verdict::LoadError | Verdict::ParseError => "error",
        };
        let outcome = (verdict.to_owned(), vector.expected.code);
        *found.entry(vector.attack).or_default().entry(outcome).or_default() += 1;
    }
    found
}

#[test]
fn every_attack_is_held_by_something_that_is_there_or_has_a_reason() {
    let attacks = attacks();
    let vectors = vectors();
    let mut ids = BTreeSet::new();
    let mut texts = BTreeMap::new();
    for attack in &attacks {
        let id = &attack.id;
        assert!(ids.insert(id.clone()), "{id} is there twice");
        let group = id.split('-').nth(1).unwrap();
        assert!(GROUPS.iter().any(|(known, _)| *known == group), "{id}");
        assert!(attack.title.len() > 5 && attack.title.len() < 90, "{id}");
        let has = !attack.held.is_empty() || vectors.contains_key(id);
        let reasons = [&attack.not, &attack.later];
        let excused = reasons.iter().filter(|reason| reason.is_some()).count();
        assert_eq!(usize::from(has) + excused, 1, "{id} has neither vector nor test nor reason, or too much");
        assert!(reasons.iter().flat_map(|reason| reason.iter()).all(|reason| reason.len() > 20), "{id}");
        for held in &attack.held {
            let row = format!("{id}: {}::{}", held.folder, held.test);
            assert!(VERDICTS.contains(&held.verdict.as_str()), "{row}: {}", held.verdict);
            if held.test.is_empty() {
                let source = std::fs::read_to_string(workspace().join(&held.folder)).unwrap();
                assert!(source.contains("```compile_fail"), "{row}");
                continue;
            }
            let of =
                texts.entry(held.folder.clone()).or_insert_with(|| sources(&workspace().join(&held.folder)));
            let of = of.iter().filter(|(_, text)| has_test(text, &held.test)).map(|(_, text)| text);
            let of: Vec<&String> = of.collect();
            assert!(!of.is_empty(), "no such test: {row}");
            for code in &held.codes {
                let page = workspace().join(format!("docs/codes/{code}.md"));
                assert!(page.exists(), "no such code: {row} {code}");
                assert!(
                    of.iter().any(|text| text.contains(code.as_str())),
                    "not expected there: {row} {code}"
                );
            }
        }
    }
    assert_eq!(ids.len(), 231, "the catalogue has so many");
    let unknown: Vec<&String> =
        vectors.keys().filter(|id| id.starts_with("A-") && !ids.contains(*id)).collect();
    assert!(unknown.is_empty(), "vectors of attacks that are in no list: {unknown:?}");
}

#[test]
fn the_table_of_attacks_is_made_of_the_vectors_and_the_tests() {
    let table = table();
    let path = workspace().join(TABLE);
    if std::env::var("SNAPSHOTS").is_ok_and(|wish| wish == "overwrite") {
        std::fs::write(&path, &table).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == table, "`SNAPSHOTS=overwrite` writes {TABLE} anew; look at what changes");
}

const HEAD: &str = "\
# Attacks, and what holds them

Made of [vectors/attacks.txt](../vectors/attacks.txt) and of the vectors, by a test that fails where a row names a test that is not
there: do not edit it by hand. What the attackers are who do this, and what is left to them, is in [threats](threats.md).

Each vector goes every way on which a host decides, and has to come out alike:

| way | test |
|---|---|
| the library, on the vector's own bytes | `every_vector_gets_the_expected_verdict_and_code` |
| the library, with every anchor's key one endorsement further down | `every_vector_comes_out_alike_one_endorsement_down` |
| the command line, on a host that decides for the first time | `every_vector_is_decided_alike_on_the_command_line_cold_and_warm` |
| the command line again, on that host, which remembers | the same |
| the gate: `cdi run`, where the world can be about something that looks like a module | `every_vector_that_is_refused_is_refused_by_the_gate` |

`deny` and `unknown` are verdicts, `error` is that nothing is decided, `refused` that nothing is signed, written or run, `recorded`
that a true record is made, by which nobody is misled, and `holds` that code or types leave nothing to decide.
";

fn table() -> String {
    let (attacks, vectors) = (attacks(), vectors());
    let mut text = HEAD.to_owned();
    let with = |keep: fn(&Attack) -> bool| attacks.iter().filter(|attack| keep(attack)).count();
    let (not, later) = (with(|attack| attack.not.is_some()), with(|attack| attack.later.is_some()));
    writeln!(
        text,
        "\nOf {} attacks, {} are held; {not} do not apply, and {later} are about what is not there yet.",
        attacks.len(),
        attacks.len() - not - later
    )
    .unwrap();
    for (group, name) in GROUPS {
        writeln!(text, "\n## {name}\n\n| attack | what | held by | comes to |\n|---|---|---|---|").unwrap();
        let of = attacks.iter().filter(|attack| attack.id.split('-').nth(1) == Some(group));
        for attack in of {
            let (by, to) = cells(attack, vectors.get(&attack.id));
            writeln!(text, "| {} | {} | {by} | {to} |", attack.id, attack.title).unwrap();
        }
    }
    text
}

/// By what an attack is held, and what it comes to there.
fn cells(attack: &Attack, vectors: Option<&BTreeMap<(String, String), usize>>) -> (String, String) {
    if let Some(reason) = &attack.not {
        return (format!("does not apply: {reason}"), String::new());
    }
    if let Some(reason) = &attack.later {
        return (format!("later: {reason}"), String::new());
    }
    let (mut by, mut to) = (Vec::new(), Vec::new());
    if let Some(outcomes) = vectors {
        let count: usize = outcomes.values().sum();
        let noun = if count == 1 { "vector" } else { "vectors" };
        by.push(format!("{count} {noun}"));
        let mut verdicts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((verdict, code), count) in outcomes {
            let code = if code.is_empty() { String::new() } else { format!("`{code}` ") };
            verdicts.entry(verdict).or_default().push(format!("{code}({count})"));
        }
        let verdicts = verdicts.into_iter().map(|(verdict, codes)| format!("{verdict} {}", codes.join(", ")));
        to.push(verdicts.collect::<Vec<_>>().join("; "));
    }
    for held in &attack.held {
        by.push(match held.test.as_str() {
            "" => format!("an example that does not compile, in `{}`", held.folder),
            test => format!("`{test}` in `{}`", held.folder),
        });
        let codes: Vec<String> = held.codes.iter().map(|code| format!("`{code}`")).collect();
        to.push(format!("{} {}", held.verdict, codes.join(", ")).trim_end().to_owned());
    }
    if let Some(note) = &attack.note {
        by.push(note.clone());
    }
    (by.join("<br>"), to.join("<br>"))
}
