//! Reports that authorities sign themselves (rules V-COUNTERSIGNED, M-COUNTERSIGNED).

use serde_json::json;

use super::Case;
use crate::scenario::{Part, Scenario, key_id};

const OWNER: &str = "cloud-provider";
const COUNTERSIGNED: &str = "sem/countersigned";
const BY_TWO: &str = "sem/countersigned-on-two-lines";
const MISSING: &str = "countersignatures-missing";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = signers();
    cases.extend(envelopes());
    cases.extend(revoked());
    cases.extend(documents());
    cases
}

fn allow(path: &str, title: &str, world: Scenario) -> Case {
    Case::allow(path, "rule", "M-COUNTERSIGNED", title, world)
}

fn deny(name: &str, title: &str, world: Scenario) -> Case {
    Case::deny(&format!("sem/{name}"), "rule", "M-COUNTERSIGNED", title, world, MISSING).beside(COUNTERSIGNED)
}

fn asking(world: Scenario, asked: &str) -> Scenario {
    world.with_policy(OWNER, "custody: software", &format!("custody: software\n    countersigned: {asked}"))
}

const MITIGATED: &str = "{WASM_SPECTRE_MITIGATED: 1}";

/// Two anchors, one of which certifies. These sign the compiler's report.
fn signed(signers: &[&str]) -> Scenario {
    let world = Scenario::quorum(&["north", "south"], 1).without("south-certifies-compiler");
    asking(world.signed_by("compiler-runs", signers), MITIGATED)
}

fn signers() -> Vec<Case> {
    let child =
        |signers: &[&str]| asking(Scenario::endorsed().signed_by("compiler-runs", signers), MITIGATED);
    let narrow = signed(&["compiler", "south"]).with_policy(
        OWNER,
        "scope: [\"*\"], depth: 0}\n    quorum",
        "scope: [WASM_VALIDATED], depth: 0}\n    quorum",
    );
    let step =
        |signers: &[&str]| asking(Scenario::history().signed_by("compiler-runs", signers), "{STEP: 1}");
    vec![
        allow(COUNTERSIGNED, "a report that an anchor signed too", signed(&["compiler", "south"])),
        allow(
            "sem/countersigned-from-below",
            "a report that an endorsed authority signed too, whose endorsement comes later",
            child(&["compiler", "child"]),
        ),
        allow(
            "sem/countersigned-step",
            "a history whose step an anchor signed too",
            step(&["compiler", "north"]),
        ),
        deny("countersigned-by-nobody", "a report that only its tool signed", signed(&["compiler"])),
        deny(
            "countersigned-by-a-stranger",
            "a report that a key signed which nobody brought",
            signed(&["compiler", "mallory"]),
        ),
        deny(
            "countersigned-by-the-tool",
            "a report that its tool signed twice",
            signed(&["compiler", "compiler"]),
        ),
        deny(
            "countersigned-by-a-tool-that-is-an-anchor",
            "a report that only its tool signed, whose key the policy has for an anchor's too",
            asking(
                Scenario::quorum(&["north", "compiler"], 1).without("compiler-certifies-compiler"),
                MITIGATED,
            ),
        ),
        deny(
            "countersigned-out-of-scope",
            "a report that an anchor signed which may not speak about the property",
            narrow,
        ),
        deny("countersigned-no-step", "a history whose step only its tool signed", step(&["compiler"]))
            .beside("sem/countersigned-step"),
    ]
}

fn envelopes() -> Vec<Case> {
    let deny = |name: &str, title: &str, world: Scenario| {
        Case::deny(&format!("sem/{name}"), "rule", "V-COUNTERSIGNED", title, world, MISSING)
            .beside(COUNTERSIGNED)
    };
    let two = |signers: &[&str]| {
        let world = signed(&["compiler", "north"]);
        let mut again = world.part("compiler-runs").clone().named("again");
        again.signers = signers.iter().map(|&signer| signer.to_owned()).collect();
        world.and(again).with_policy(OWNER, "WASM_SPECTRE_MITIGATED: 1", "WASM_SPECTRE_MITIGATED: 2")
    };
    let named = format!(r#""keyid":"{}","#, key_id("south"));
    let unnamed = signed(&["compiler", "south"]).with_line_text("compiler-runs", &named, "");
    let forged = signed(&["compiler", "mallory"]).with_line_text(
        "compiler-runs",
        &key_id("mallory"),
        &key_id("south"),
    );
    vec![
        allow(BY_TWO, "a report that two anchors signed, on two lines", two(&["compiler", "south"])),
        deny("countersigned-by-no-name", "a countersignature that names no key", unnamed),
        deny("countersigned-by-another", "a countersignature under another's name", forged),
        deny("countersigned-alone", "a line that only the second anchor signed", two(&["south"]))
            .beside(BY_TWO)
            .discards(&["signature-invalid"]),
        deny("countersigned-twice", "two lines that one anchor signed", two(&["compiler", "north"]))
            .beside(BY_TWO),
    ]
}

fn revoked() -> Vec<Case> {
    let report = |world: &Scenario| world.id("compiler-runs");
    let revoking = |id: serde_json::Value| {
        let world = signed(&["compiler", "south"]);
        let entry = json!([{ "id": id, "date": "2026-05-01T00:00:00Z", "reason": "superseded" }]);
        let mut list = Part::list("south", 1, &entry);
        list.name = "south-revokes-it".to_owned();
        world.and(list)
    };
    let world = signed(&["compiler", "south"]);
    vec![
        deny(
            "countersigned-and-revoked",
            "a report that its only countersigner has revoked",
            revoking(json!({ "report": report(&world) })),
        ),
        deny(
            "countersigned-under-a-revoked-key",
            "a report whose key its only countersigner has revoked",
            revoking(json!({ "key": key_id("compiler") })),
        ),
        Case::unknown(
            "sem/countersigned-without-list",
            "rule",
            "M-COUNTERSIGNED",
            "a report whose only countersigner has no fresh list",
            world.without("south-revokes"),
            "revocation-list-stale",
        )
        .beside(COUNTERSIGNED),
    ]
}

fn documents() -> Vec<Case> {
    let refused = |name: &str, title: &str, asked: &str, code: &str| {
        let world = asking(Scenario::small(), asked);
        Case::load_error(&format!("sem/{name}"), "rule", "P-QUORUM", title, world, code).beside(COUNTERSIGNED)
    };
    vec![
        refused(
            "countersigned-by-six",
            "more countersignatures than any quorum",
            "{default: 6}",
            "countersigned-out-of-range",
        ),
        refused(
            "countersigned-beyond-anchors",
            "more countersignatures than there are anchors",
            "{default: 2}",
            "quorum-beyond-anchors",
        ),
        refused(
            "countersigned-of-a-place",
            "countersignatures for a property of places, of which no report speaks",
            "{VM_ISOLATION: 1}",
            "policy-malformed",
        ),
        refused(
            "countersigned-unknown-word",
            "countersignatures for a word that nobody knows",
            "{WASM_SPECTRE: 1}",
            "word-unknown",
        ),
    ]
}
