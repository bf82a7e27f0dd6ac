//! A-TIM: windows, dates, and whose time counts.

use serde_json::{Value, json};

use super::Case;
use super::discarded::{CERTIFICATION, LIST, RUN, discarded, put};
use crate::scenario::{Scenario, key_id};

const EDGE: &str = "north-endorses-child";
const OF_CHILD: &str = "child-certifies-compiler";
const LIST_OF_CHILD: &str = "child-revokes";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![Case::allow(
        "tim/control",
        "control",
        "F-WINDOW",
        "a world in which every window is open",
        Scenario::endorsed(),
    )];
    cases.extend(bounds());
    cases.extend(without_an_end());
    cases.extend(dates());
    cases.extend(own_times());
    cases
}

/// Each kind of statement, each side of its window, to the second.
fn bounds() -> Vec<Case> {
    let kinds = [("certification", OF_CHILD), ("endorsement", EDGE), ("list", LIST_OF_CHILD)];
    let bounds = [
        ("A-TIM-01", "ended-now", "notAfter", "2026-06-01T12:00:00Z", Some("expired")),
        ("A-TIM-01", "ends-next-second", "notAfter", "2026-06-01T12:00:01Z", None),
        ("A-TIM-06", "ended-within-the-skew", "notAfter", "2026-06-01T11:58:01Z", Some("expired")),
        ("A-TIM-06", "starts-at-the-skew", "notBefore", "2026-06-01T12:02:00Z", None),
        ("A-TIM-06", "starts-after-the-skew", "notBefore", "2026-06-01T12:02:01Z", Some("not-yet-valid")),
        ("A-TIM-01", "starts-in-a-year", "notBefore", "2026-12-31T00:00:00Z", Some("not-yet-valid")),
    ];
    let mut cases = Vec::new();
    for (kind, part) in kinds {
        for (attack, name, member, value, code) in bounds {
            let world = Scenario::endorsed().with(part, |statement| {
                statement["predicate"][member] = json!(value);
                if value > "2026-06-08T00:00:00Z" {
                    statement["predicate"]["notAfter"] = json!("2027-06-01T00:00:00Z");
                }
            });
            let path = format!("tim/{kind}-{name}");
            let title = format!("{kind}: {name}").replace('-', " ");
            cases.push(match (code, kind) {
                (None, _) => Case::allow(&path, attack, "F-WINDOW", &title, world),
                (Some(_), "list") => {
                    Case::unknown(&path, attack, "M-FRESH", &title, world, "revocation-list-stale")
                }
                (Some(code), _) => Case::deny(&path, attack, "F-WINDOW", &title, world, code),
            });
        }
    }
    cases
}

/// A-TIM-02: what has no end is nothing.
fn without_an_end() -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, part) in [("certification", CERTIFICATION), ("list", LIST)] {
        for (name, value) in [("no", None), ("null", Some(Value::Null)), ("empty", Some(json!("")))] {
            let world = Scenario::small().with(part, |statement| match value {
                Some(value) => put(statement, "/predicate/notAfter", value),
                None => drop(statement["predicate"].as_object_mut().map(|p| p.remove("notAfter"))),
            });
            let (path, title) = (format!("tim/{kind}-with-{name}-end"), format!("a {kind} with {name} end"));
            let case = discarded(&path, "A-TIM-02", "F-WINDOW", &title, part, world, "statement-malformed");
            cases.push(case);
        }
    }
    let last = |statement: &mut Value| statement["predicate"]["notAfter"] = json!("9999-12-31T23:59:59Z");
    cases.push(Case::allow(
        "tim/certification-to-the-last-second",
        "A-TIM-02",
        "F-WINDOW",
        "the last end that can be written; how long one may certify is the authority's own rule",
        Scenario::small().with(CERTIFICATION, last),
    ));
    cases
}

/// A-TIM-03: one way to write a time.
fn dates() -> Vec<Case> {
    let strange = [
        ("no-zone", "2027-01-01T00:00:00"),
        ("lower-case", "2027-01-01t00:00:00z"),
        ("hour-24", "2026-12-31T24:00:00Z"),
        ("leap-second", "2026-12-31T23:59:60Z"),
        ("year-10000", "10000-01-01T00:00:00Z"),
        ("two-digits", "27-01-01T00:00:00Z"),
        ("fraction", "2027-01-01T00:00:00.0Z"),
        ("offset", "2027-01-01T00:00:00+00:00"),
        ("space", "2027-01-01 00:00:00Z"),
        ("white-space", " 2027-01-01T00:00:00Z"),
        ("29-february", "2027-02-29T00:00:00Z"),
        ("rfc-2822", "Fri, 01 Jan 2027 00:00:00 +0000"),
        ("comments", "Fri, 01 Jan 2027 00:00:00 (((UTC))) +0000"),
        ("before-1970", "1969-12-31T23:59:59Z"),
    ];
    let case = |(name, text): (&str, &str)| {
        let world = Scenario::small().with(CERTIFICATION, |statement| {
            statement["predicate"]["notAfter"] = json!(text);
        });
        let (path, title) = (format!("tim/date-{name}"), format!("a date that is none: {text}"));
        discarded(&path, "A-TIM-03", "F-TIME", &title, CERTIFICATION, world, "statement-malformed")
    };
    strange.into_iter().map(case).collect()
}

/// A-TIM-04: a report's own times do not bring back what is over.
fn own_times() -> Vec<Case> {
    let dated = |start: &str, end: &str| {
        Scenario::small().with(RUN, |statement| {
            let operation = &mut statement["predicate"]["operation"];
            (operation["startedAt"], operation["finishedAt"]) = (json!(start), json!(end));
        })
    };
    let over = |world: Scenario| {
        world.with(CERTIFICATION, |statement| {
            statement["predicate"]["notAfter"] = json!("2026-06-01T00:00:00Z");
        })
    };
    let revoked = dated("2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z").with(LIST, |list| {
        let id = json!({ "key": key_id("compiler") });
        list["predicate"]["revoked"] =
            json!([{ "id": id, "reason": "superseded", "date": "2026-05-01T00:00:00Z" }]);
    });
    let inside = || dated("2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z");
    vec![
        Case::allow("tim/report-dated", "A-TIM-04", "M-TIME", "a report of a day of the window", inside()),
        Case::deny(
            "tim/report-dated-in-the-window",
            "A-TIM-04",
            "M-TIME",
            "a report that says that it is of a day of the window, of which the end has passed",
            over(inside()),
            "expired",
        )
        .beside("tim/report-dated"),
        Case::deny(
            "tim/report-dated-before-the-revocation",
            "A-TIM-04",
            "M-TIME",
            "a report that says that it is older than the revocation of its key",
            revoked,
            "revoked",
        )
        .beside("tim/report-dated"),
    ]
}
