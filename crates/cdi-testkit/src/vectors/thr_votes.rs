//! A-THR-10 to 12: votes that are worth nothing, and the chains behind votes.

use serde_json::json;

use super::Case;
use crate::scenario::{Part, Scenario, artifact, key_id, public_key};

const NORTH: &str = "north-certifies-compiler";
const SOUTH: &str = "south-certifies-compiler";
const UNMET: &str = "quorum-unmet";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = invalid_votes();
    cases.extend(chains());
    cases.extend(steps());
    cases
}

fn two() -> Scenario {
    Scenario::quorum(&["north", "south"], 2)
}

fn unmet(path: &str, attack: &'static str, title: &str, world: Scenario) -> Case {
    let rule = if path.starts_with("thr/same-control") { "M-CONTROL" } else { "M-QUORUM" };
    Case::deny(path, attack, rule, title, world, UNMET)
}

fn invalid_votes() -> Vec<Case> {
    let member = |part: &str, name: &'static str, value: &str| {
        two().with(part, |s| s["predicate"][name] = value.into())
    };
    let revoked = |id: serde_json::Value| {
        let entry = json!([{ "id": id, "reason": "vetting-withdrawn", "date": "2026-05-01T00:00:00Z" }]);
        two().with("south-revokes", |statement| statement["predicate"]["revoked"] = entry)
    };
    let by_key = json!({ "key": key_id("compiler") });
    let by_id = json!({ "certification": two().id(SOUTH) });
    let itself = json!({ "key": key_id("south") });
    let narrow = |scope: &str| {
        let head = format!("keys: [\"{}\"], scope: ", public_key("south"));
        two().with_policy("cloud-provider", &format!("{head}[\"*\"]"), &format!("{head}[{scope}]"))
    };
    let cases = [
        ("expired", member(SOUTH, "notAfter", "2026-06-01T12:00:00Z")),
        ("not-yet-valid", member(SOUTH, "notBefore", "2026-06-01T12:02:01Z")),
        ("revoked", revoked(by_id)),
        ("key-revoked", revoked(by_key)),
        ("authority-revoked-itself", revoked(itself)),
    ];
    let mut cases: Vec<Case> = cases
        .into_iter()
        .map(|(name, world)| {
            let title = format!("one of two votes is worth nothing: {name}");
            unmet(&format!("thr/vote-{name}"), "A-THR-10", &title, world)
        })
        .collect();
    let three = Scenario::quorum(&["north", "south", "west"], 3);
    for only in ["north", "south", "west"] {
        let mut world = three.clone();
        for name in ["north", "south", "west"].into_iter().filter(|name| *name != only) {
            let part = format!("{name}-certifies-compiler");
            world = world.with_line(&part, |line| line.replacen("\"sig\":\"ME", "\"sig\":\"MF", 1));
        }
        let case = unmet(
            &format!("thr/only-{only}-signed"),
            "A-THR-12",
            &format!("three votes, of which only {only}'s is signed"),
            world,
        );
        cases.push(case.discards(&["signature-invalid", "signature-invalid"]));
    }
    let foreign = two().without(SOUTH).and(Part::compiler("mallory")).and(Part::empty_list("mallory"));
    let case = unmet("thr/vote-of-nobody", "A-THR-10", "a vote of somebody whom nobody trusts", foreign);
    cases.push(case.discards(&["issuer-key-unknown", "issuer-key-unknown"]));
    let title = "the south may not speak about the property";
    cases.push(Case::load_error(
        "thr/vote-out-of-scope",
        "A-THR-10",
        "P-QUORUM",
        title,
        narrow("STACK_CANARIES"),
        "quorum-beyond-anchors",
    ));
    let stale = two().without("south-revokes");
    let title = "one of two votes of an authority without a revocation list";
    cases.push(Case::unknown("thr/vote-stale", "A-THR-10", "M-FRESH", title, stale, "revocation-list-stale"));
    cases
}

fn chains() -> Vec<Case> {
    let endorsing = |world: Scenario| world.with_policy("cloud-provider", "depth: 0", "depth: 1");
    let child = |name: &str| [Part::compiler(name), Part::empty_list(name)];
    let mut twins = endorsing(two().without(NORTH).without(SOUTH));
    twins.parts.push(Part::endorsement("north", "child", 0));
    twins.parts.push(Part::endorsement("north", "twin", 0));
    twins.parts.extend(child("child").into_iter().chain(child("twin")));
    let mut shared = endorsing(endorsing(two().without(NORTH).without(SOUTH)));
    shared.parts.push(Part::endorsement("north", "child", 0));
    shared.parts.push(Part::endorsement("south", "child", 0));
    shared.parts.extend(child("child"));
    let mut honest = endorsing(two().without(NORTH));
    honest.parts.push(Part::endorsement("north", "child", 0));
    honest.parts.extend(child("child"));
    let group = |text: &str| format!("    sameControl: [{text}]\n    quorum: ");
    let grouped = Scenario::quorum(&["north", "south", "west"], 2)
        .without("west-certifies-compiler")
        .with_policy("cloud-provider", "    quorum: ", &group("[north, south]"));
    let bought = honest.clone().with_policy(
        "cloud-provider",
        "    quorum: ",
        &group(&format!("[\"{}\", south]", key_id("child"))),
    );
    let alone = Scenario::endorsed().with_policy(
        "cloud-provider",
        "    quorum: ",
        &group(&format!("[\"{}\", north]", key_id("child"))),
    );
    let two_keys = {
        let (north, south) = (public_key("north"), public_key("south"));
        Scenario::quorum(&["north", "west"], 2)
            .without("west-certifies-compiler")
            .and(Part::compiler("south"))
            .and(Part::empty_list("south"))
            .with_policy(
                "cloud-provider",
                &format!("keys: [\"{north}\"]"),
                &format!("keys: [\"{north}\", \"{south}\"]"),
            )
    };
    let disjoint = {
        let mut world = two().without(SOUTH).and(Part::compiler("owner")).and(Part::empty_list("owner"));
        let mut owner = Scenario::quorum(&["north", "owner"], 2).policies;
        owner.iter_mut().for_each(|(name, text)| {
            *text = text.replace("cloud-provider", "data-owner");
            "data-owner".clone_into(name);
        });
        world.policies.extend(owner);
        world
    };
    vec![
        Case::allow(
            "thr/through-a-child",
            "A-THR-10",
            "M-QUORUM",
            "one of two votes comes through an endorsement",
            honest,
        ),
        unmet("thr/two-children-of-one", "A-THR-02", "two authorities that one anchor endorsed", twins),
        unmet("thr/one-child-of-two", "A-THR-02", "one authority that two anchors endorsed", shared),
        unmet(
            "thr/same-control",
            "A-THR-03",
            "two anchors that the policy knows to be under one control",
            grouped,
        ),
        Case::load_error(
            "thr/same-control-of-all",
            "A-THR-03",
            "M-CONTROL",
            "a group that leaves too few",
            two().with_policy("cloud-provider", "    quorum: ", &group("[north, south]")),
            "quorum-beyond-anchors",
        ),
        Case::allow(
            "thr/same-control-of-the-only-anchor",
            "A-THR-03",
            "M-CONTROL",
            "the only anchor and its child under one control, where one suffices",
            alone,
        ),
        unmet("thr/same-control-of-a-child", "A-THR-03", "a child and an anchor under one control", bought),
        unmet("thr/two-keys-of-one-anchor", "A-THR-03", "two keys of one anchor", two_keys),
        unmet(
            "thr/votes-of-another-principal",
            "A-THR-11",
            "a vote that only the data owner counts",
            disjoint,
        ),
    ]
}

/// Each step needs its own quorum.
fn steps() -> Vec<Case> {
    let strip = |certifiers: &[&str], k: u8| {
        let mut world = Scenario::quorum(&["north", "south"], k)
            .and(Part::linking("strip", &["app.cwasm"], "app.stripped"))
            .deploying(&artifact("app.stripped"));
        world.parts.extend(certifiers.iter().map(|name| Part::linker(name, "strip")));
        world
    };
    let both = ["north", "south"];
    vec![
        Case::allow(
            "thr/both-for-each-step",
            "rule",
            "M-QUORUM",
            "two votes for each of two steps",
            strip(&both, 2),
        ),
        Case::deny(
            "thr/one-for-the-last-step",
            "rule",
            "M-QUORUM",
            "two votes for the first step and one for the last",
            strip(&["north"], 2),
            "quorum-unmet",
        )
        .beside("thr/both-for-each-step"),
        Case::deny(
            "thr/one-for-the-first-step",
            "rule",
            "M-QUORUM",
            "one vote for the first step and two for the last",
            strip(&both, 2).without("south-certifies-compiler"),
            "quorum-unmet",
        )
        .beside("thr/both-for-each-step"),
        Case::deny(
            "thr/two-of-three-signed",
            "rule",
            "M-QUORUM",
            "two votes of three that are asked for",
            Scenario::quorum(&["north", "south", "west"], 3).without("west-certifies-compiler"),
            "quorum-unmet",
        ),
    ]
}
