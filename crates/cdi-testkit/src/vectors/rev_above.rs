//! Revocations along a chain (rule M-REVOKE): an entry acts below its author and nowhere else.

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{Part, Scenario, key_id};

/// What is said of an authority to which each chain is blocked by a revocation above it.
const BLOCKED: &str = "revoked";
const OWNER: &str = "cloud-provider";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = above();
    cases.extend(two_ways());
    cases.extend(standing());
    cases
}

/// The entry in the list of this authority.
fn revoking(world: Scenario, authority: &str, id: &Value, reason: &str) -> Scenario {
    let entry = json!([{ "id": id, "reason": reason, "date": "2026-05-01T00:00:00Z" }]);
    world.with(&format!("{authority}-revokes"), |statement| statement["predicate"]["revoked"] = entry)
}

/// North endorses a child, which endorses a grandchild, which certifies; south endorses nobody here.
fn grand() -> Scenario {
    let mut world = Scenario::quorum(&["north", "south"], 1)
        .without("north-certifies-compiler")
        .without("south-certifies-compiler");
    for _ in 0..2 {
        world = world.with_policy(OWNER, "depth: 0", "depth: 2");
    }
    world
        .and(Part::endorsement("north", "child", 1))
        .and(Part::endorsement("child", "grandchild", 0))
        .and(Part::compiler("grandchild"))
        .and(Part::empty_list("child"))
        .and(Part::empty_list("grandchild"))
}

fn above() -> Vec<Case> {
    let what = [
        ("certification", json!({ "certification": grand().id("grandchild-certifies-compiler") })),
        ("report-key", json!({ "key": key_id("compiler") })),
        ("report", json!({ "report": grand().id("compiler-runs") })),
        ("endorsement", json!({ "endorsement": grand().id("child-endorses-grandchild") })),
        ("authority", json!({ "key": key_id("grandchild") })),
    ];
    let mut cases = Vec::new();
    for (name, id) in what {
        let beside = format!("rev/{name}-by-an-anchor-elsewhere");
        cases.push(Case::allow(
            &beside,
            "rule",
            "M-REVOKE",
            &format!("{name}, revoked by an anchor that is not on the chain").replace('-', " "),
            revoking(grand(), "south", &id, "unspecified"),
        ));
        let world = revoking(grand(), "north", &id, "unspecified");
        let title = format!("{name}, revoked by the anchor above who gave it").replace('-', " ");
        let path = format!("rev/{name}-by-the-anchor-above");
        cases.push(Case::deny(&path, "rule", "M-REVOKE", &title, world, BLOCKED).beside(&beside));
    }
    cases
}

/// A child of two anchors, of whom one has revoked what it certified: the other way stays open.
fn two_ways() -> Vec<Case> {
    let world = || {
        let world = ["child-endorses-grandchild", "grandchild-certifies-compiler", "grandchild-revokes"]
            .into_iter()
            .fold(grand(), Scenario::without);
        world.and(Part::endorsement("south", "child", 0)).and(Part::compiler("child"))
    };
    let id = json!({ "certification": world().id("child-certifies-compiler") });
    let by = |authority: &str, world| revoking(world, authority, &id, "vetting-withdrawn");
    vec![
        Case::allow(
            "rev/other-way-second",
            "rule",
            "M-REVOKE",
            "the first of two anchors above has revoked a certification",
            by("north", world()),
        ),
        Case::allow(
            "rev/other-way-first",
            "rule",
            "M-REVOKE",
            "the second of two anchors above has revoked a certification",
            by("south", world()),
        ),
        Case::deny(
            "rev/both-ways",
            "rule",
            "M-REVOKE",
            "both anchors above have revoked a certification",
            by("south", by("north", world())),
            BLOCKED,
        )
        .beside("rev/other-way-first"),
    ]
}

/// Who may call a report key compromised: those who have standing, and who have certified it.
fn standing() -> Vec<Case> {
    let key = json!({ "key": key_id("compiler") });
    let world = || {
        Scenario::quorum(&["north", "south"], 1)
            .with_policy(OWNER, "depth: 0", "depth: 1")
            .without("north-certifies-compiler")
            .and(Part::endorsement("north", "child", 0))
            .and(Part::compiler("child"))
            .and(Part::empty_list("child"))
    };
    let compromised = |world| revoking(world, "child", &key, "key-compromise");
    let window = |member: &'static str, value: &str| {
        compromised(world()).with("north-endorses-child", |s| s["predicate"][member] = value.into())
    };
    // Somebody with standing has revoked something, so that revocations are looked at at all.
    let other = json!({ "key": key_id("other") });
    let stranger = revoking(world(), "north", &other, "unspecified")
        .and(Part::compiler("mallory"))
        .and(Part::endorsement("mallory", "accomplice", 0))
        .and(Part::endorsement("accomplice", "mallory", 0))
        .and(Part::empty_list("mallory"));
    let of_another = revoking(world(), "child", &other, "key-compromise");
    let allow = |name: &str, title: &str, world| {
        Case::allow(&format!("rev/{name}"), "rule", "M-COMPROMISE", title, world)
    };
    vec![
        Case::deny(
            "rev/compromise-by-a-child",
            "rule",
            "M-COMPROMISE",
            "a compromise that an endorsed authority calls out",
            compromised(world()),
            "report-key-compromised",
        )
        .beside("rev/compromise-of-another-key"),
        allow("compromise-of-another-key", "another key is compromised", of_another),
        allow(
            "compromise-by-an-expired-child",
            "a compromise called out by an authority whose endorsement is over",
            window("notAfter", "2026-06-01T12:00:00Z"),
        ),
        allow(
            "compromise-by-a-later-child",
            "a compromise called out by an authority whose endorsement is to come",
            window("notBefore", "2026-06-01T12:02:01Z"),
        ),
        allow(
            "compromise-by-a-stranger-beside",
            "a compromise that a stranger calls out, beside an authority's revocation",
            revoking(stranger, "mallory", &key, "key-compromise"),
        ),
    ]
}
