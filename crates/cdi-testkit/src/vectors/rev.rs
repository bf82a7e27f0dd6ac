//! A-TIM-07 to 16: what revocation does, and for whom.

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{Part, Scenario, key_id};

const RUN: &str = "compiler-runs";

pub(super) fn cases() -> Vec<Case> {
    let two = || Scenario::quorum(&["north", "south"], 1);
    let entry = |reason: &str, survivors: &[String]| {
        let mut entry = json!({
            "id": { "key": key_id("compiler") }, "reason": reason, "date": "2026-05-01T00:00:00Z"
        });
        if !survivors.is_empty() {
            entry["survivors"] = json!(survivors);
        }
        json!([entry])
    };
    let revoking = |list: &str, world: Scenario, entry: Value| {
        world.with(list, |statement| statement["predicate"]["revoked"] = entry)
    };
    let run = two().id(RUN);
    let other = Scenario::small().id("north-revokes");
    let compromised =
        |survivors: &[String]| revoking("north-revokes", two(), entry("key-compromise", survivors));
    let earlier = {
        let world = two().and(Part::list("north", 1, &json!([])).named("later"));
        revoking("north-revokes", world, entry("key-compromise", &[]))
    };
    let by_mallory = two()
        .and(Part::compiler("mallory"))
        .and(Part::endorsement("mallory", "child", 0))
        .and(Part::endorsement("child", "mallory", 0))
        .and(Part::list("mallory", 0, &entry("key-compromise", &[])));
    let report =
        json!([{ "id": { "report": run.clone() }, "reason": "unspecified", "date": "2026-05-01T00:00:00Z" }]);
    let of_report = |world: Scenario| revoking("north-revokes", world, report.clone());
    let allow = |name: &str, attack, rule, title: &str, world| {
        Case::allow(&format!("rev/{name}"), attack, rule, title, world)
    };
    let deny = |name: &str, attack, rule, title: &str, world, code| {
        Case::deny(&format!("rev/{name}"), attack, rule, title, world, code)
    };
    vec![
        allow("control", "control", "M-REVOKE", "two authorities, of which one would do", two()),
        allow("key-at-one", "rule", "M-REVOKE", "a report key that one of two authorities has revoked", {
            revoking("north-revokes", two(), entry("superseded", &[]))
        }),
        allow(
            "report-at-one",
            "rule",
            "M-REVOKE",
            "a report that one of two authorities has revoked",
            of_report(two()),
        ),
        deny(
            "report-at-all",
            "rule",
            "M-REVOKE",
            "a report that the only authority has revoked",
            of_report(Scenario::small()),
            "revoked",
        ),
        deny(
            "compromise",
            "rule",
            "M-COMPROMISE",
            "a report key that one of two authorities calls compromised",
            compromised(&[]),
            "report-key-compromised",
        ),
        deny(
            "compromise-of-others",
            "rule",
            "M-COMPROMISE",
            "a compromise that another report survives",
            compromised(&[other]),
            "report-key-compromised",
        ),
        deny(
            "compromise-left-out",
            "rule",
            "M-COMPROMISE",
            "a compromise that a newer list leaves out",
            earlier,
            "report-key-compromised",
        ),
        allow(
            "survivor",
            "rule",
            "M-COMPROMISE",
            "a report that survives the compromise of its key",
            compromised(&[run]),
        ),
        allow(
            "compromise-by-a-stranger",
            "rule",
            "M-COMPROMISE",
            "a compromise that a stranger calls out",
            by_mallory,
        ),
    ]
}
