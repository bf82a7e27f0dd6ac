//! Compromises of which a list says since when, and deciders that relied on a report before (rules M-COMPROMISE,
//! F-REVOCATIONS). The compiler's run is of 1 May; its report says so, which helps nothing.

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{LIST_START, Part, Scenario, key_id, sha256};

const LIST: &str = "north-revokes";
const RUN: &str = "compiler-runs";
/// Since when the key is compromised, unless a case says otherwise.
const SINCE: &str = "2026-05-20T00:00:00Z";
const BEFORE: &str = "2026-05-10T00:00:00Z";
const BESIDE: &str = "rev/since-seen-before";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = sights();
    cases.extend(lists());
    cases.extend(chains());
    cases.extend(form());
    cases
}

/// North and south vouch, either is enough.
fn two() -> Scenario {
    Scenario::quorum(&["north", "south"], 1)
}

fn stolen(since: Option<&str>) -> Value {
    let mut entry = json!({
        "id": { "key": key_id("compiler") }, "reason": "key-compromise", "date": "2026-05-25T00:00:00Z"
    });
    if let Some(since) = since {
        entry["since"] = json!(since);
    }
    entry
}

fn saying(world: Scenario, entry: Value) -> Scenario {
    world.with(LIST, |statement| statement["predicate"]["revoked"] = json!([entry]))
}

fn allow(name: &str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("rev/since-{name}"), "rule", "M-COMPROMISE", title, world)
}

fn deny(name: &str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("rev/since-{name}"), "rule", "M-COMPROMISE", title, world, code).beside(BESIDE)
}

/// When the decider first relied on the report.
fn sights() -> Vec<Case> {
    let (compromised, world) = ("report-key-compromised", || saying(two(), stolen(Some(SINCE))));
    let times = [
        ("seen-before", BEFORE, true),
        ("seen-just-before", "2026-05-19T23:57:59Z", true),
        ("seen-within-the-allowance", "2026-05-19T23:58:00Z", false),
        ("seen-a-second-before", "2026-05-19T23:59:59Z", false),
        ("seen-at-once", SINCE, false),
        ("seen-after", "2026-05-20T00:00:01Z", false),
    ];
    let case = |(name, at, survives): (&str, &str, bool)| {
        let title = format!("a report of a key that was compromised later, {}", name.replace('-', " "));
        let world = world().seen_at(RUN, at);
        if survives { allow(name, &title, world) } else { deny(name, &title, world, compromised) }
    };
    let mut cases: Vec<Case> = times.into_iter().map(case).collect();
    let mut other = world();
    other.seen.insert(sha256(b"another report"), BEFORE.to_owned());
    cases.extend([
        deny("never-seen", "what the report says of its own time is no time", world(), compromised),
        deny("another-seen", "another report was seen", other, compromised),
        deny(
            "not-known",
            "nobody says since when the key is compromised",
            saying(two(), stolen(None)).seen_at(RUN, BEFORE),
            compromised,
        ),
        deny(
            "before-the-sight",
            "the key was another's before the report was seen",
            saying(two(), stolen(Some("2026-05-05T00:00:00Z"))).seen_at(RUN, BEFORE),
            compromised,
        ),
    ]);
    cases
}

/// Of several lists the earliest time counts, whichever is the newest.
fn lists() -> Vec<Case> {
    let lists = |serial: u64, older: Option<&str>, newer: Option<&str>| {
        let other = Part::list("north", serial, &json!([stolen(newer)])).named("other");
        saying(two(), stolen(older)).and(other).seen_at(RUN, BEFORE)
    };
    let early = Some("2026-05-05T00:00:00Z");
    let compromised = "report-key-compromised";
    vec![
        allow(
            "earlier-in-a-newer-list",
            "a newer list with an earlier time, which is after the sight too",
            lists(1, Some(SINCE), Some("2026-05-15T00:00:00Z")),
        ),
        deny(
            "later-in-a-newer-list",
            "a newer list with a later time brings nothing back",
            lists(1, early, Some(SINCE)),
            compromised,
        )
        .beside("rev/since-earlier-in-a-newer-list"),
        deny(
            "known-in-a-newer-list",
            "a newer list with a time brings nothing back if an older has none",
            lists(1, None, Some(SINCE)),
            compromised,
        )
        .beside("rev/since-earlier-in-a-newer-list"),
        deny(
            "before-in-a-newer-list",
            "a newer list with a time before the sight",
            lists(1, Some(SINCE), early),
            compromised,
        )
        .beside("rev/since-earlier-in-a-newer-list"),
        allow(
            "of-two-newest",
            "two lists of one serial, which agree that it was later",
            lists(0, Some(SINCE), Some("2026-05-15T00:00:00Z")),
        ),
        deny(
            "of-one-of-two-newest",
            "two lists of one serial, one of which says that it was before",
            lists(0, Some(SINCE), early),
            compromised,
        )
        .beside("rev/since-of-two-newest"),
        allow(
            "and-a-newer-list-that-is-silent",
            "a newer list without the entry takes nothing back, and nothing away",
            saying(two(), stolen(Some(SINCE)))
                .and(Part::list("north", 1, &json!([])).named("other"))
                .seen_at(RUN, BEFORE),
        ),
    ]
}

/// At the authority that says so the key is revoked all the same.
fn chains() -> Vec<Case> {
    let by_south =
        || two().with("south-revokes", |list| list["predicate"]["revoked"] = json!([stolen(Some(SINCE))]));
    let unknown_to_south =
        two().with("south-revokes", |list| list["predicate"]["revoked"] = json!([stolen(None)]));
    vec![
        deny(
            "at-the-only-authority",
            "a report that survives counts by others alone",
            saying(Scenario::small(), stolen(Some(SINCE))).seen_at(RUN, BEFORE),
            "revoked",
        ),
        deny(
            "at-all",
            "both that vouch say that the key is compromised",
            saying(by_south(), stolen(Some(SINCE))).seen_at(RUN, BEFORE),
            "revoked",
        ),
        deny(
            "at-one-and-unknown-at-the-other",
            "two say so, and one of them does not know since when",
            saying(unknown_to_south, stolen(Some(SINCE))).seen_at(RUN, BEFORE),
            "report-key-compromised",
        ),
    ]
}

/// A list that says it where it means nothing, or of a time to come, is no list.
fn form() -> Vec<Case> {
    let entry = |change: &dyn Fn(&mut Value)| {
        let mut entry = stolen(Some(SINCE));
        entry["id"] = json!({ "key": key_id("inspector") });
        change(&mut entry);
        saying(Scenario::small(), entry)
    };
    let certification = json!({ "certification": Scenario::small().id("north-certifies-compiler") });
    let runs = json!({ "from": "2026-05-01T00:00:00Z", "until": "2026-05-02T00:00:00Z" });
    let misplaced = "revocation-since-misplaced";
    let late = LIST_START.replace(":00Z", ":01Z");
    let worlds = [
        ("of-a-certification", entry(&|e| e["id"] = certification.clone()), misplaced),
        ("for-another-reason", entry(&|e| e["reason"] = json!("superseded")), misplaced),
        ("after-the-list", entry(&|e| e["since"] = json!(late)), "revocation-since-late"),
        ("with-runs", entry(&|e| e["runs"] = runs.clone()), "revocation-runs-misplaced"),
        ("null", entry(&|e| e["since"] = Value::Null), "statement-malformed"),
        ("a-day", entry(&|e| e["since"] = json!("2026-05-20")), "statement-malformed"),
    ];
    let case = |(name, world, code): (&str, Scenario, &str)| {
        let (path, title) =
            (format!("rev/since-{name}"), format!("a compromise since {name}").replace('-', " "));
        Case::unknown(&path, "rule", "F-REVOCATIONS", &title, world, "revocation-list-stale")
            .discards(&[code])
            .beside("rev/since-the-list")
    };
    let mut cases: Vec<Case> = worlds.into_iter().map(case).collect();
    let title = "a compromise of another key, since the moment of the list";
    let world = entry(&|e| e["since"] = json!(LIST_START));
    cases.push(Case::allow("rev/since-the-list", "rule", "F-REVOCATIONS", title, world));
    cases
}
