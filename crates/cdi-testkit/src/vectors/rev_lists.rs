//! Which lists count (rules M-FRESH, M-COMPROMISE, M-ANSWER).

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{Part, Scenario, artifact, key_id};

const LIST: &str = "north-revokes";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = ages();
    cases.extend(survivors());
    cases.extend(untold());
    cases
}

/// The one list of the one authority, at its bounds; lists may be 24 hours old.
fn ages() -> Vec<Case> {
    let dated = |not_before: &str, not_after: &str| {
        Scenario::small().with(LIST, |statement| {
            statement["predicate"]["notBefore"] = json!(not_before);
            statement["predicate"]["notAfter"] = json!(not_after);
        })
    };
    let (start, end) = ("2026-06-01T00:00:00Z", "2026-06-08T00:00:00Z");
    let bounds = [
        ("list-of-a-day", "2026-05-31T12:00:01Z", end, None),
        ("list-over-a-day", "2026-05-31T12:00:00Z", end, Some("list-of-a-day")),
        ("list-that-ends", start, "2026-06-01T12:00:01Z", None),
        ("list-that-is-over", start, "2026-06-01T12:00:00Z", Some("list-that-ends")),
        ("list-within-the-skew", "2026-06-01T12:02:00Z", end, None),
        ("list-to-come", "2026-06-01T12:02:01Z", end, Some("list-within-the-skew")),
    ];
    let case = |(name, not_before, not_after, beside): (&str, &str, &str, Option<&str>)| {
        let (path, title) = (format!("rev/{name}"), format!("a {}", name.replace('-', " ")));
        let world = dated(not_before, not_after);
        match beside {
            None => Case::allow(&path, "rule", "M-FRESH", &title, world),
            Some(beside) => Case::unknown(&path, "rule", "M-FRESH", &title, world, "revocation-list-stale")
                .beside(&format!("rev/{beside}")),
        }
    };
    let mut cases: Vec<Case> = bounds.into_iter().map(case).collect();
    let unasked = || Scenario::small().with_policy("cloud-provider", "{maxAge: 24h}", "dangerously-none");
    let entry = json!([{
        "id": { "key": key_id("compiler") }, "reason": "unspecified", "date": "2026-05-01T00:00:00Z"
    }]);
    cases.push(Case::allow(
        "rev/no-list-asked-for",
        "rule",
        "M-FRESH",
        "no list, of a policy that asks for none",
        unasked().without(LIST),
    ));
    cases.push(
        Case::deny(
            "rev/list-not-asked-for",
            "rule",
            "M-FRESH",
            "an entry acts, also for a policy that asks for no list",
            unasked().with(LIST, |statement| statement["predicate"]["revoked"] = entry),
            "revoked",
        )
        .beside("rev/no-list-asked-for"),
    );
    cases
}

/// North has two lists about a compromise; south vouches as well, so that a survivor counts.
fn survivors() -> Vec<Case> {
    let two = || Scenario::quorum(&["north", "south"], 1);
    let run = two().id("compiler-runs");
    let none: &[&str] = &[];
    let entry = |survivors: &[&str]| {
        let mut entry = json!({
            "id": { "key": key_id("compiler") }, "reason": "key-compromise", "date": "2026-05-01T00:00:00Z"
        });
        if !survivors.is_empty() {
            entry["survivors"] = json!(survivors);
        }
        json!([entry])
    };
    let lists = |serial: u64, one: Value, other: &Value| {
        let world = two().with(LIST, |statement| statement["predicate"]["revoked"] = one);
        world.and(Part::list("north", serial, other).named("other"))
    };
    let deny = |name: &str, title: &str, world| {
        Case::deny(&format!("rev/{name}"), "rule", "M-COMPROMISE", title, world, "report-key-compromised")
            .beside("rev/survivor-of-the-newest")
    };
    vec![
        Case::allow(
            "rev/survivor-of-the-newest",
            "rule",
            "M-COMPROMISE",
            "a report that the newest list lets survive, and an older does not",
            lists(1, entry(none), &entry(&[&run])),
        ),
        deny(
            "survivor-of-an-older",
            "a report that an older list lets survive, and the newest does not",
            lists(1, entry(&[&run]), &entry(none)),
        ),
        deny(
            "survivor-of-one-of-two",
            "a report that one of two newest lists lets survive",
            lists(0, entry(&[&run]), &entry(none)),
        ),
        deny(
            "survivor-of-one-of-two-turned",
            "a report that the other of two newest lists lets survive",
            lists(0, entry(none), &entry(&[&run])),
        ),
        deny(
            "survivor-of-the-only-one",
            "a report that one of two newest lists lets survive, and of which the other does not speak",
            lists(0, entry(&[&run]), &json!([])),
        ),
        deny(
            "survivor-of-an-older-alone",
            "a report that an older list lets survive, while the newest does not speak of its key",
            lists(1, entry(&[&run]), &json!([])),
        ),
        Case::allow(
            "rev/survivor-of-both-newest",
            "rule",
            "M-COMPROMISE",
            "a report that both of two newest lists let survive",
            lists(0, entry(&[&run]), &entry(&[&run, &two().id("south-certifies-compiler")])),
        ),
    ]
}

/// What a missing list leaves open, and what it does not.
fn untold() -> Vec<Case> {
    let certifying = |effect: &'static str| {
        // South has no list. It says nothing of these tools, so that its list would mend nothing.
        let world = Scenario::quorum(&["north", "south"], 1)
            .without("south-certifies-compiler")
            .without("south-revokes")
            .and(Part::inspector("south"))
            .and(Part::linker("north", "strip"))
            .and(Part::linking("strip", &["app.cwasm"], "app.stripped"))
            .deploying(&artifact("app.stripped"));
        world.with("north-certifies-strip", |s| s["predicate"]["claims"][0]["effect"] = json!(effect))
    };
    let contradicting = Scenario::quorum(&["north", "south"], 1)
        .without("south-certifies-compiler")
        .without("south-revokes")
        .and(Part::inspector("south"))
        .and(Part::list("north", 0, &json!([])).named("contradiction"))
        .with("contradiction", |statement| {
            statement["predicate"]["notAfter"] = json!("2026-06-09T00:00:00Z");
        });
    let lost = certifying("preserves").with("north-certifies-strip", |statement| {
        statement["predicate"]["claims"][0]["property"] = json!("STACK_CANARIES");
    });
    vec![
        Case::allow(
            "rev/list-twice",
            "rule",
            "V-MERGE",
            "one list on two lines does not contradict itself",
            Scenario::small().and(Part::empty_list("north").named("again")),
        ),
        Case::allow(
            "rev/list-of-no-matter",
            "rule",
            "M-ANSWER",
            "a missing list of somebody on whom nothing rests",
            certifying("preserves"),
        ),
        Case::deny(
            "rev/list-that-mends-nothing",
            "rule",
            "M-ANSWER",
            "a step that preserves nothing, and a missing list of somebody else",
            lost,
            "property-not-claimed",
        )
        .beside("rev/list-of-no-matter"),
        Case::deny(
            "rev/two-lists-beside-none",
            "rule",
            "M-FRESH",
            "an authority that contradicts itself, and a missing list of another",
            contradicting,
            "revocation-lists-contradict",
        )
        .beside("rev/list-of-no-matter"),
    ]
}
