//! Policies that contradict themselves in whom they trust, and what is left to the place.

use super::Case;
use crate::scenario::{Demand, Part, Place, PolicyText, Scenario, artifact, key_id, public_key};

const OWNER: &str = "cloud-provider";
const CUSTODY: &str = "custody: software";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = trust();
    cases.extend(control());
    cases.extend(quorums());
    cases.extend(residuals());
    cases
}

fn refused(name: &str, rule: &'static str, world: Scenario, code: &str) -> Case {
    let title = format!("a policy that contradicts itself: {}", name.replace('-', " "));
    Case::load_error(&format!("pol/{name}"), "rule", rule, &title, world, code)
}

fn with(from: &str, to: &str) -> Scenario {
    Scenario::small().with_policy(OWNER, from, to)
}

fn trust() -> Vec<Case> {
    let north = format!("keys: [\"{}\"]", public_key("north"));
    let assume = |given: &str| with(CUSTODY, &format!("{CUSTODY}\n    assume: [{{{given}}}]"));
    let of = |property: &str| format!("property: {property}, artifact: \"{}\"", artifact("app.cwasm"));
    let origins = |of: &str| {
        let known = format!("{{key: \"{}\", kinds: [binary, source]}}", public_key("developer"));
        Scenario::history().with_policy(OWNER, &known, of)
    };
    let mut untrusting = Scenario::small();
    if let Some((_, text)) = untrusting.policies.first_mut() {
        let (head, tail) = text.split_once("  trust:").unwrap_or_default();
        let (_, require) = tail.split_once("  require:").unwrap_or_default();
        *text = format!("{head}  require:{require}");
    }
    let twins = Scenario::quorum(&["north", "south"], 1).with_policy(OWNER, "name: south", "name: north");
    vec![
        refused("without-trust", "P-POLICY", untrusting, "policy-without-trust"),
        refused("name-twice", "M-ANCHOR", twins, "anchor-name-twice"),
        refused("anchor-without-key", "M-ANCHOR", with(&north, "keys: []"), "anchor-without-key"),
        refused("origins-of-none", "P-TRUST", origins(""), "policy-empty-list"),
        refused(
            "origin-of-half",
            "P-TRUST",
            origins(&format!("{{key: \"{}\"}}", public_key("developer"))),
            "policy-malformed",
        ),
        refused("assume-half", "P-TRUST", assume("property: WASM_VALIDATED"), "policy-malformed"),
        refused("assume-step", "P-TRUST", assume(&of("STEP")), "word-reserved"),
        refused("assume-unknown", "P-TRUST", assume(&of("WASM_VALIDATE")), "word-unknown"),
        refused("assume-tag", "P-TRUST", assume(&of("CODE_SANDBOXING")), "policy-malformed"),
        refused("assume-of-making", "P-TRUST", assume(&of("REPRODUCED")), "word-of-making"),
    ]
}

fn control() -> Vec<Case> {
    let groups = |groups: &str| {
        let known = format!("{CUSTODY}\n    sameControl: [{groups}]");
        Scenario::quorum(&["north", "south"], 1).with_policy(OWNER, CUSTODY, &known)
    };
    let (north, child) = (key_id("north"), key_id("child"));
    vec![
        refused(
            "control-of-an-anchors-key",
            "M-CONTROL",
            groups(&format!("[\"{north}\", south]")),
            "same-control-unknown",
        ),
        refused(
            "control-twice",
            "M-CONTROL",
            groups(&format!("[north, \"{child}\"], [north, south]")),
            "same-control-twice",
        ),
        refused("control-of-nobody", "M-CONTROL", groups("[north, nobody]"), "policy-malformed"),
    ]
}

fn quorums() -> Vec<Case> {
    let require = "require: WASM_SPECTRE_MITIGATED";
    let world = |quorum: &str| {
        Scenario::quorum(&["north", "south"], 1).with_policy(OWNER, "{default: 1}", quorum).with_policy(
            OWNER,
            require,
            "require: SPECULATION_HARDENING",
        )
    };
    vec![
        Case::allow(
            "pol/quorum-of-a-tag",
            "rule",
            "P-QUORUM",
            "a quorum for a tag, which both of its authorities meet",
            world("{default: 1, SPECULATION_HARDENING: 2}"),
        ),
        Case::deny(
            "pol/quorum-of-a-tag-unmet",
            "rule",
            "P-QUORUM",
            "a quorum for a tag holds for every property in it",
            world("{default: 1, SPECULATION_HARDENING: 2}").without("south-certifies-compiler"),
            "residual-unmet",
        )
        .beside("pol/quorum-of-a-tag"),
        refused(
            "quorum-of-a-tag-beyond",
            "P-QUORUM",
            world("{default: 1, SPECULATION_HARDENING: 3}"),
            "quorum-beyond-anchors",
        ),
        refused("quorum-of-nothing", "P-QUORUM", world("{default: 1, NO_SUCH_WORD: 1}"), "word-unknown"),
    ]
}

/// Two principals with one formula: what the one knows of the code does not help the other.
fn residuals() -> Vec<Case> {
    let world = |provides: &[&str]| {
        let policy = |principal, anchor| {
            let require = "{anyOf: [WASM_SPECTRE_MITIGATED, VM_ISOLATION]}".to_owned();
            let demand = Demand { require, accept_asserted: format!("[{OWNER}]"), ..Demand::default() };
            PolicyText { principal, anchors: &[(anchor, 0)], quorum: "{default: 1}", demand }.document()
        };
        let mut world = Scenario::small().and(Part::empty_list("owner"));
        world.policies = vec![policy(OWNER, "north"), policy("data-owner", "owner")];
        world.place = Some(Place {
            name: "host".to_owned(),
            provides: provides.iter().map(|&text| text.to_owned()).collect(),
            asserted_by: OWNER.to_owned(),
            runtime: None,
            node: None,
        });
        world
    };
    let title = "what one principal knows of the code does not help another";
    vec![
        Case::allow(
            "pol/residual-met",
            "rule",
            "P-RESIDUAL",
            "the place gives one principal what the code gives the other",
            world(&["VM_ISOLATION"]),
        ),
        Case::deny(
            "pol/residual-of-one",
            "rule",
            "P-RESIDUAL",
            title,
            world(&["NETWORK_ISOLATION"]),
            "residual-unmet",
        )
        .by("data-owner")
        .beside("pol/residual-met"),
    ]
}
