//! Entries about the runs of a time (rules M-REVOKE, F-REVOCATIONS). The compiler's run is from 10:00:00 to 10:00:01 on 1 May.

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{Part, Scenario, key_id};

const LIST: &str = "north-revokes";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = bounds();
    cases.extend(authors());
    cases.extend(misplaced());
    cases
}

/// An entry about the compiler's runs between two times of 1 May.
fn of_runs(from: &str, until: &str) -> Value {
    let time = |time: &str| format!("2026-05-01T{time}Z");
    json!({
        "id": { "key": key_id("compiler") }, "reason": "vetting-withdrawn", "date": "2026-05-01T00:00:00Z",
        "runs": { "from": time(from), "until": time(until) },
    })
}

fn revoking(world: Scenario, entry: Value) -> Scenario {
    world.with(LIST, |statement| statement["predicate"]["revoked"] = json!([entry]))
}

fn bounds() -> Vec<Case> {
    let times = [
        ("before", "09:00:00", "10:00:00", false),
        ("at-its-start", "09:00:00", "10:00:01", true),
        ("around", "09:00:00", "11:00:00", true),
        ("at-its-end", "10:00:01", "11:00:00", true),
        ("after", "10:00:02", "11:00:00", false),
    ];
    let case = |(name, from, until, touches): (&str, &str, &str, bool)| {
        let (path, title) = (format!("rev/runs-{name}"), format!("revoked runs of a time {name}"));
        let world = revoking(Scenario::small(), of_runs(from, until));
        if touches {
            Case::deny(&path, "rule", "M-REVOKE", &title, world, "revoked").beside("rev/runs-before")
        } else {
            Case::allow(&path, "rule", "M-REVOKE", &title, world)
        }
    };
    times.into_iter().map(case).collect()
}

fn authors() -> Vec<Case> {
    let around = || of_runs("09:00:00", "11:00:00");
    let two = || Scenario::quorum(&["north", "south"], 1);
    let older = Part::list("north", 1, &json!([of_runs("10:00:02", "11:00:00")])).named("newer");
    let other = {
        let mut entry = around();
        entry["id"]["key"] = json!(key_id("inspector"));
        entry
    };
    vec![
        Case::allow(
            "rev/runs-at-one",
            "rule",
            "M-REVOKE",
            "runs that one of two authorities has revoked",
            revoking(two(), around()),
        ),
        Case::allow(
            "rev/runs-of-another-key",
            "rule",
            "M-REVOKE",
            "revoked runs of another tool",
            revoking(Scenario::small(), other),
        ),
        Case::deny(
            "rev/runs-that-a-newer-list-leaves-out",
            "rule",
            "M-REVOKE",
            "a newer list with another time takes nothing back",
            revoking(Scenario::small(), around()).and(older),
            "revoked",
        )
        .beside("rev/runs-before"),
    ]
}

/// A list that limits what must not be limited is no list.
fn misplaced() -> Vec<Case> {
    let entry = |change: &dyn Fn(&mut Value)| {
        let mut entry = of_runs("11:00:00", "12:00:00");
        change(&mut entry);
        revoking(Scenario::small(), entry)
    };
    let certification = json!({ "certification": Scenario::small().id("north-certifies-compiler") });
    let misplaced = "revocation-runs-misplaced";
    let worlds = [
        ("of-a-stolen-key", entry(&|e| e["reason"] = json!("key-compromise")), misplaced),
        ("of-a-certification", entry(&|e| e["id"] = certification.clone()), misplaced),
        ("of-no-time", entry(&|e| e["runs"]["until"] = e["runs"]["from"].clone()), "predicate-empty-window"),
        ("null", entry(&|e| e["runs"] = Value::Null), "statement-malformed"),
        (
            "without-an-end",
            entry(&|e| drop(e["runs"].as_object_mut().map(|r| r.remove("until")))),
            "statement-malformed",
        ),
    ];
    let case = |(name, world, code): (&str, Scenario, &str)| {
        let (path, title) = (format!("rev/runs-{name}"), format!("revoked runs {name}").replace('-', " "));
        Case::unknown(&path, "rule", "F-REVOCATIONS", &title, world, "revocation-list-stale")
            .discards(&[code])
            .beside("rev/runs-after")
    };
    worlds.into_iter().map(case).collect()
}
