//! What a principal excuses (rules F-WAIVER, P-WAIVER, P-MODE): by the mode of its edition, and by waivers.

use serde_json::{Value, json};

use super::Case;
use super::pol_signed::{document_with, signed};
use crate::scenario::{MITIGATED, NOW, Part, Party, Place, PlaceNode, Scenario, artifact, key_id, sha256};

const OWNER: &str = "cloud-provider";
const KEY: &str = "cloud-policy";
const LOST: &str = "property-lost";
const VALIDATED: &str = "WASM_VALIDATED";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = modes();
    cases.extend(waivers());
    cases.extend(nodes());
    cases.extend(others_waivers());
    cases.extend(forms());
    cases
}

/// The document, which asks for one thing that the artifact has and one that it has not.
fn document() -> String {
    document_with(
        &format!("require: {MITIGATED}"),
        &format!("require: {{allOf: [{MITIGATED}, {VALIDATED}]}}"),
    )
}

/// The world by this document, in this mode.
fn by(document: &str, mode: &str) -> Scenario {
    let edition = Part::edition(KEY, OWNER, 3, document);
    Scenario::small()
        .signing_with(edition)
        .with("edition-3", |statement| statement["predicate"]["mode"] = json!(mode))
}

fn waived(requirements: &[&str]) -> Scenario {
    by(&document(), "enforce").and(Part::waiver(KEY, OWNER, &document(), requirements))
}

/// The waived world with something else in its waiver.
fn with(pointer: &str, value: Value) -> Scenario {
    waived(&[VALIDATED])
        .with("waiver", |statement| super::discarded::put(statement, &format!("/predicate{pointer}"), value))
}

fn mode(name: &str, attack: &'static str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("pol/mode-{name}"), attack, "P-MODE", title, world)
}

fn modes() -> Vec<Case> {
    let place = |mode: &str| {
        let mut world = by(&document_with(MITIGATED, "VM_ISOLATION"), mode);
        world.place = Some(Place {
            name: "bare".to_owned(),
            provides: Vec::new(),
            asserted_by: OWNER.to_owned(),
            runtime: None,
            node: None,
        });
        world
    };
    let stale = |mode: &str| by(&super::pol_signed::document(), mode).without("north-revokes");
    let mut beside = by(&document(), "warn");
    let own = document_with(MITIGATED, VALIDATED).replace(OWNER, "developer");
    beside.policies.push(("developer".to_owned(), own));
    vec![
        mode("warn", "A-POL-24", "a policy that only warns", by(&document(), "warn")).excuses(&[LOST]),
        mode("audit", "A-POL-24", "a policy that is only recorded", by(&document(), "audit"))
            .excuses(&[LOST]),
        Case::deny(
            "pol/mode-enforce",
            "A-POL-24",
            "P-MODE",
            "a policy that is enforced",
            by(&document(), "enforce"),
            LOST,
        )
        .beside("pol/mode-warn"),
        mode(
            "warn-of-nothing",
            "A-POL-24",
            "a policy that only warns, and has nothing to warn of",
            by(&super::pol_signed::document(), "warn"),
        ),
        mode("warn-of-place", "A-POL-24", "a policy that only warns, of a place", place("warn"))
            .excuses(&["residual-unmet"]),
        Case::deny(
            "pol/mode-enforce-place",
            "A-POL-24",
            "P-MODE",
            "a place, by a policy that is enforced",
            place("enforce"),
            "residual-unmet",
        )
        .beside("pol/mode-warn-of-place"),
        mode("warn-untold", "A-POL-24", "a policy that only warns, of what could not be told", stale("warn"))
            .excuses(&["revocation-list-stale"]),
        Case::unknown(
            "pol/mode-enforce-untold",
            "A-POL-24",
            "P-MODE",
            "what could not be told, by a policy that is enforced",
            stale("enforce"),
            "revocation-list-stale",
        )
        .beside("pol/mode-warn-untold"),
        Case::deny(
            "pol/mode-of-another",
            "A-POL-05",
            "P-MODE",
            "one policy only warns, another principal's is enforced",
            beside,
            LOST,
        )
        .by("developer")
        .excuses(&[LOST])
        .beside("pol/mode-warn"),
    ]
}

fn allow(name: &str, attack: &'static str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("pol/waiver{name}"), attack, "P-WAIVER", title, world)
}

fn deny(name: &str, attack: &'static str, title: &str, world: Scenario) -> Case {
    Case::deny(&format!("pol/waiver-{name}"), attack, "P-WAIVER", title, world, LOST).beside("pol/waiver")
}

/// The world at a node, by a policy that accepts none and leaves nothing to the place, in this mode.
fn at_a_node(mode: &str) -> Scenario {
    let mut world = by(&super::pol_signed::document(), mode);
    world.place = Some(Place {
        name: "edge".to_owned(),
        provides: Vec::new(),
        asserted_by: OWNER.to_owned(),
        runtime: None,
        node: Some(PlaceNode::Fleet(key_id("edge-node"))),
    });
    world
}

/// That a node is not accepted is excused by a mode, and by no waiver.
fn nodes() -> Vec<Case> {
    let (refused, words) = ("node-not-accepted", ["a node that the policy accepts"]);
    let waived = at_a_node("enforce").and(Part::waiver(KEY, OWNER, &super::pol_signed::document(), &words));
    vec![
        mode(
            "warn-at-a-node",
            "A-POL-24",
            "a node that a policy that only warns does not accept",
            at_a_node("warn"),
        )
        .excuses(&[refused]),
        Case::deny(
            "pol/waiver-of-a-node",
            "A-POL-06",
            "P-NODES",
            "a waiver in the words in which it is said that the node is not accepted",
            waived,
            refused,
        )
        .beside("pol/mode-warn-at-a-node"),
    ]
}

fn waivers() -> Vec<Case> {
    let waiver = |requirements: &[&str]| Part::waiver(KEY, OWNER, &document(), requirements);
    let twice = document_with(
        &format!("require: {MITIGATED}"),
        &format!("require: {{allOf: [{VALIDATED}, WASM_NO_NETWORK_IMPORTS]}}"),
    );
    let one_of_two = by(&twice, "enforce").and(Part::waiver(KEY, OWNER, &twice, &[VALIDATED]));
    let elsewhere = waiver(&[VALIDATED]).named("elsewhere");
    let crossed = waived(&[MITIGATED]).and(elsewhere).with("elsewhere", |statement| {
        statement["predicate"]["artifacts"] = json!([artifact("other.cwasm")]);
    });
    let either = document_with(
        &format!("require: {MITIGATED}"),
        &format!("require: {{anyOf: [{VALIDATED}, WASM_NO_NETWORK_IMPORTS]}}"),
    );
    let of_either = |text: &str| by(&either, "enforce").and(Part::waiver(KEY, OWNER, &either, &[text]));
    let history = Scenario::history().policies.first().map(|(_, text)| text.clone()).unwrap_or_default();
    let unfounded = by(&history, "enforce").and(Part::waiver(KEY, OWNER, &history, &["complete history"]));
    let place = document_with(MITIGATED, "VM_ISOLATION");
    let placed = by(&place, "enforce").and(Part::waiver(KEY, OWNER, &place, &["VM_ISOLATION"]));
    let next = waived(&[VALIDATED]).and(Part::edition(KEY, OWNER, 4, &document()));
    let changed = format!("{}# changed\n", document());
    let changed = waived(&[VALIDATED]).and(Part::edition(KEY, OWNER, 4, &changed));
    let stale = waived(&[VALIDATED, MITIGATED]).without("north-revokes");
    vec![
        allow("", "A-POL-06", "a waiver of what fails", waived(&[VALIDATED])).excuses(&[LOST]),
        allow(
            "-of-what-holds",
            "A-POL-06",
            "a waiver of what does not fail",
            signed().and(Part::waiver(KEY, OWNER, &super::pol_signed::document(), &[MITIGATED])),
        ),
        allow("-of-both", "A-POL-06", "a waiver of what could not be told", stale)
            .excuses(&["revocation-list-stale", "revocation-list-stale"]),
        allow("-of-history", "A-POL-06", "a waiver of the history", unfounded)
            .excuses(&["origin-not-accepted"]),
        allow("-of-place", "A-POL-06", "a waiver of what the place lacks", placed)
            .excuses(&["residual-unmet"]),
        allow("-next-version", "A-POL-09", "the next version has the same document", next).excuses(&[LOST]),
        deny("changed-document", "A-POL-09", "the next version has another document", changed),
        deny("of-one-of-two", "A-POL-06", "two requirements fail, one is waived", one_of_two)
            .excuses(&[LOST]),
        deny("crossed", "A-POL-06", "one waiver for this artifact, another for the requirement", crossed),
        deny("of-another", "A-POL-06", "a waiver of another requirement", waived(&[MITIGATED])),
        deny("of-everything", "A-POL-11", "a waiver names no pattern", waived(&["*", "WASM_*", "", "all"])),
        allow(
            "-of-either",
            "A-POL-06",
            "a waiver of a requirement as the policy has it",
            of_either("WASM_VALIDATED or WASM_NO_NETWORK_IMPORTS"),
        )
        .excuses(&[LOST]),
        Case::deny(
            "pol/waiver-of-half",
            "A-POL-06",
            "P-WAIVER",
            "a waiver of a part of a requirement",
            of_either(VALIDATED),
            LOST,
        )
        .beside("pol/waiver-of-either"),
    ]
}

fn others_waivers() -> Vec<Case> {
    let signed_by = |signer: &str| {
        let world = by(&document(), "enforce");
        world.and(Part::waiver(signer, OWNER, &document(), &[VALIDATED]))
    };
    let forged = waived(&[VALIDATED]).signed_by("waiver", &["developer"]);
    let mut neighbours = signed_by("data-policy");
    let lax = "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: lax}\nspec: {principal: \
               data-owner, rule: accept-all}\n";
    neighbours.signing.push(Party::signing("data-owner", "data-policy"));
    let neighbours = neighbours.and(Part::edition("data-policy", "data-owner", 1, lax).named("neighbour"));
    let mut unsigned = Scenario::small().and(Part::waiver(KEY, OWNER, &document(), &[VALIDATED]));
    unsigned.policies = vec![(OWNER.to_owned(), document())];
    let unsigned_beside = {
        let mut world = Scenario::small();
        world.policies = vec![(OWNER.to_owned(), super::pol_signed::document())];
        world
    };
    vec![
        deny("by-developer", "A-POL-07", "somebody else has signed the waiver", signed_by("developer"))
            .discards(&["issuer-key-unknown"]),
        deny("by-authority", "A-POL-07", "an authority has signed the waiver", signed_by("north")),
        deny("by-tool", "A-POL-07", "a tool has signed the waiver", signed_by("compiler")),
        deny("by-neighbour", "A-POL-07", "another principal has signed the waiver", neighbours),
        deny("forged", "A-POL-07", "somebody else has signed the waiver, in the principal's name", forged)
            .discards(&["signature-invalid"]),
        Case::deny(
            "pol/waiver-of-unsigned",
            "A-POL-07",
            "P-WAIVER",
            "a waiver of a policy that is not signed",
            unsigned,
            LOST,
        )
        .discards(&["issuer-key-unknown"])
        .beside("pol/unsigned-beside-waiver"),
        Case::allow(
            "pol/unsigned-beside-waiver",
            "control",
            "P-WAIVER",
            "a policy that is not signed",
            unsigned_beside,
        ),
        deny(
            "of-another-principal",
            "A-POL-08",
            "a waiver in another principal's name",
            with("/principal", json!("developer")),
        ),
        deny(
            "for-another-decider",
            "A-POL-08",
            "a waiver for another decider",
            with("/audience", json!(["test-host"])),
        ),
        deny(
            "for-another-artifact",
            "A-POL-06",
            "a waiver for another artifact",
            with("/artifacts", json!([artifact("other.cwasm")])),
        ),
        deny(
            "of-another-document",
            "A-POL-09",
            "a waiver of another document",
            waived(&[VALIDATED]).with("waiver", |statement| {
                statement["subject"] = json!([{ "digest": { "sha256": sha256("other") } }]);
            }),
        ),
        deny("ended", "A-POL-06", "a waiver that ends at this second", with("/notAfter", json!(NOW))),
        allow(
            "-ends-next",
            "A-POL-06",
            "a waiver that ends a second later",
            with("/notAfter", json!("2026-06-01T12:00:01Z")),
        )
        .excuses(&[LOST]),
        deny(
            "not-yet",
            "A-POL-06",
            "a waiver that begins in two minutes and a second",
            with("/notBefore", json!("2026-06-01T12:02:01Z")),
        ),
        allow(
            "-begins",
            "A-POL-06",
            "a waiver that begins in two minutes",
            with("/notBefore", json!("2026-06-01T12:02:00Z")),
        )
        .excuses(&[LOST]),
    ]
}

fn forms() -> Vec<Case> {
    let form = |name: &str, title: &str, world: Scenario, code: &str| {
        let path = format!("pol/waiver-{name}");
        Case::deny(&path, "A-POL-02", "F-WAIVER", title, world, LOST).discards(&[code]).beside("pol/waiver")
    };
    let malformed = "statement-malformed";
    let without = |member: &str| {
        waived(&[VALIDATED]).with("waiver", |statement| {
            if let Some(predicate) = statement["predicate"].as_object_mut() {
                predicate.remove(member);
            }
        })
    };
    let two =
        json!([{ "digest": { "sha256": sha256(document()) } }, { "digest": { "sha256": sha256("other") } }]);
    vec![
        form("without-end", "a waiver without an end", without("notAfter"), malformed),
        form("without-artifacts", "a waiver for whatever artifact", without("artifacts"), malformed),
        form(
            "artifacts-empty",
            "a waiver for no artifact",
            with("/artifacts", json!([])),
            "predicate-empty-list",
        ),
        form(
            "requirements-empty",
            "a waiver of nothing",
            with("/requirements", json!([])),
            "predicate-empty-list",
        ),
        form(
            "requirement-twice",
            "a requirement twice",
            with("/requirements", json!([VALIDATED, VALIDATED])),
            "predicate-duplicate",
        ),
        form(
            "audience-empty",
            "a waiver for no decider",
            with("/audience", json!([])),
            "predicate-empty-list",
        ),
        form("without-reason", "a waiver without a reason", without("reason"), malformed),
        form("unknown-member", "a waiver with an unknown member", with("/forever", json!(true)), malformed),
        form(
            "no-window",
            "a waiver that ends as it begins",
            with("/notAfter", json!("2026-01-01T00:00:00Z")),
            "predicate-empty-window",
        ),
        form(
            "of-two-policies",
            "a waiver of two policies",
            waived(&[VALIDATED]).with("waiver", |statement| statement["subject"] = two),
            "predicate-wrong-subject",
        ),
        form(
            "issuer-of-another",
            "a waiver of another issuer",
            with("/issuer", json!(key_id("developer"))),
            "issuer-key-unknown",
        ),
    ]
}
