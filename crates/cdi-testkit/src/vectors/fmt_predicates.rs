//! Each predicate's own rules, one breach each.

use serde_json::{Value, json};

use super::Case;
use super::discarded::{CERTIFICATION, LIST, RUN, discarded, place, put};
use crate::scenario::{Part, Scenario, artifact, executable, key_id, public_key};

/// A change to one statement: the vector's name, the part, where, the value, the code.
type Change = (&'static str, &'static str, &'static str, Value, &'static str);

pub(super) fn cases() -> Vec<Case> {
    let mut cases = certifications();
    cases.extend(reports());
    cases.extend(lists());
    cases.extend(endorsements());
    cases.extend(origins());
    cases.extend(requests());
    cases
}

fn changed(rule: &'static str, changes: impl IntoIterator<Item = Change>) -> Vec<Case> {
    let cases = changes.into_iter().map(|(name, part, pointer, value, code)| {
        let world = Scenario::small().with(part, |statement| put(statement, pointer, value));
        let title = format!("a predicate breaks a rule of its type: {}", name.replace('-', " "));
        discarded(&format!("fmt/{name}"), "rule", rule, &title, part, world, code)
    });
    cases.collect()
}

fn certifications() -> Vec<Case> {
    let (malformed, empty) = ("statement-malformed", "predicate-empty-list");
    let file = json!({ "name": "libz", "sha256": executable("libz") });
    let claim = json!({ "property": "STACK_CANARIES", "effect": "establishes", "invocation": "default" });
    let start = json!(crate::scenario::WINDOW_START);
    let mut cases = changed(
        "F-WINDOW",
        [("window-of-none", CERTIFICATION, "/predicate/notAfter", start, "predicate-empty-window")],
    );
    cases.extend(changed(
        "F-CERTIFICATION",
        [
            (
                "closure-twice",
                CERTIFICATION,
                "/predicate/closure",
                json!([file, file]),
                "predicate-duplicate",
            ),
            ("claim-twice", CERTIFICATION, "/predicate/claims", json!([claim, claim]), "predicate-duplicate"),
            (
                "own-report-key",
                CERTIFICATION,
                "/predicate/reportKey",
                json!(public_key("north")),
                "predicate-own-key",
            ),
            ("program-of-none", CERTIFICATION, "/predicate/invocations/default/program", json!([]), empty),
            (
                "exit-status-of-none",
                CERTIFICATION,
                "/predicate/invocations/default/exitStatus",
                json!([]),
                empty,
            ),
            (
                "setting-of-none",
                CERTIFICATION,
                "/predicate/invocations/default/settings/opt-level",
                json!([]),
                empty,
            ),
            (
                "argument-of-none",
                CERTIFICATION,
                "/predicate/invocations/default/arguments/0",
                json!({ "oneOf": [] }),
                empty,
            ),
        ],
    ));
    cases.extend(changed(
        "F-INVOCATION",
        [
            (
                "argument-of-two-kinds",
                CERTIFICATION,
                "/predicate/invocations/default/arguments/0",
                json!({ "is": "-o", "input": "code" }),
                malformed,
            ),
            (
                "argument-of-no-kind",
                CERTIFICATION,
                "/predicate/invocations/default/arguments/0",
                json!({}),
                malformed,
            ),
            (
                "argument-pattern",
                CERTIFICATION,
                "/predicate/invocations/default/arguments/0",
                json!({ "matches": ".*" }),
                malformed,
            ),
            (
                "variable-of-another-word",
                CERTIFICATION,
                "/predicate/invocations/default/environment/LANG",
                json!("every"),
                malformed,
            ),
        ],
    ));
    cases.extend(changed(
        "F-PROPERTY",
        [
            ("role-upper-case", CERTIFICATION, "/predicate/claims/1/output", json!("Code"), malformed),
            (
                "property-lower-case",
                CERTIFICATION,
                "/predicate/claims/1/property",
                json!("wasm_validated"),
                malformed,
            ),
            ("property-65", CERTIFICATION, "/predicate/claims/1/property", json!("A".repeat(65)), malformed),
        ],
    ));
    cases
}

fn reports() -> Vec<Case> {
    let malformed = "statement-malformed";
    let finding = json!([{ "sha256": artifact("app.cwasm"), "property": "WASM_VALIDATED" }]);
    let both = json!({ "value": "C", "commitment": executable("LANG") });
    let mut cases = changed(
        "F-REPORT",
        [
            ("finding-of-a-transformation", RUN, "/predicate/findings", finding, "finding-stray"),
            ("inspection-of-an-output", RUN, "/predicate/kind", json!("inspection"), "inspected-no-input"),
            ("kind-of-another-word", RUN, "/predicate/kind", json!("build"), malformed),
            ("capture-of-another-word", RUN, "/predicate/capture", json!("complete"), malformed),
            ("variable-of-two-kinds", RUN, "/predicate/operation/environment/LANG", both, malformed),
            (
                "finished-before-start",
                RUN,
                "/predicate/operation/finishedAt",
                json!("2026-05-01T09:59:59Z"),
                "report-finished-before-start",
            ),
        ],
    );
    let without = Scenario::small().with(RUN, |statement| {
        drop(place(statement, "/predicate").as_object_mut().and_then(|members| members.remove("issuer")));
    });
    let title = "a report that credits nobody";
    cases.push(discarded("fmt/issuer-missing", "rule", "F-ISSUER", title, RUN, without, malformed));
    cases
}

fn lists() -> Vec<Case> {
    let entry = json!({
        "id": { "key": key_id("another") }, "reason": "unspecified", "date": "2026-05-01T00:00:00Z"
    });
    let mut unreasonable = entry.clone();
    unreasonable["reason"] = json!("remove-from-crl");
    let mut of_two = entry.clone();
    of_two["id"] = json!({ "key": key_id("another"), "report": executable("another") });
    let malformed = "statement-malformed";
    changed(
        "F-REVOCATIONS",
        [
            (
                "list-of-another",
                LIST,
                "/subject/0/digest/sha256",
                json!(key_id("south")),
                "predicate-wrong-subject",
            ),
            ("entry-twice", LIST, "/predicate/revoked", json!([entry, entry]), "predicate-duplicate"),
            ("entry-of-another-reason", LIST, "/predicate/revoked", json!([unreasonable]), malformed),
            ("entry-of-two-kinds", LIST, "/predicate/revoked", json!([of_two]), malformed),
        ],
    )
}

fn endorsements() -> Vec<Case> {
    let properties = "/predicate/scope/properties";
    let changes = [
        (
            "endorsement-of-another-key",
            "/subject/0/digest/sha256",
            json!(key_id("south")),
            "predicate-wrong-subject",
        ),
        ("endorsement-of-no-scope", properties, json!([]), "predicate-empty-list"),
        ("pattern-inside", properties, json!(["WASM_*_MITIGATED"]), "statement-malformed"),
        ("pattern-of-two", properties, json!(["**"]), "statement-malformed"),
    ];
    let cases = changes.into_iter().map(|(name, pointer, value, code)| {
        let world =
            Scenario::endorsed().with("north-endorses-child", |statement| put(statement, pointer, value));
        let title = format!("an endorsement that is none: {}", name.replace('-', " "));
        let rule = if name.starts_with("pattern") { "F-PROPERTY" } else { "F-ENDORSEMENT" };
        Case::deny(&format!("fmt/{name}"), "rule", rule, &title, world, "report-key-uncertified")
            .discards(&[code, "issuer-key-unknown", "issuer-key-unknown"])
            .beside("chn/control")
    });
    cases.collect()
}

fn origins() -> Vec<Case> {
    let changes = [
        ("origin-of-another-kind", "/predicate/kind", json!("blob")),
        ("origin-with-a-window", "/predicate/notAfter", json!("2027-01-01T00:00:00Z")),
    ];
    let cases = changes.into_iter().map(|(name, pointer, value)| {
        let world = Scenario::history().with("origin", |statement| put(statement, pointer, value));
        let title = format!("an origin that is none: {}", name.replace('-', " "));
        Case::deny(&format!("fmt/{name}"), "rule", "F-ORIGIN", &title, world, "origin-not-accepted")
            .discards(&["statement-malformed"])
            .beside("cry/control-ed25519")
    });
    cases.collect()
}

/// A verifier takes nothing from a request: neither the key that it is about nor any trust.
fn requests() -> Vec<Case> {
    let request = |issuer: &str| {
        let predicate = json!({
            "issuer": key_id(issuer), "reportKey": public_key("compiler"), "custody": "software",
            "tool": { "name": "compiler", "version": "1.0.0", "supplier": "acme" },
            "recorder": executable("compiler"), "linkage": "static",
        });
        let uri = "https://code-deployment-integrity.io/certification-request/v1";
        Part::foreign("request", issuer, uri, "compiler", &predicate)
    };
    let endorsement = {
        let predicate = json!({
            "issuer": key_id("child"), "name": "child", "publicKey": public_key("child"),
            "scope": { "properties": ["*"], "depth": 0 },
        });
        let uri = "https://code-deployment-integrity.io/endorsement-request/v1";
        let mut part = Part::foreign("request", "child", uri, "child", &predicate);
        part.change(|statement| statement["subject"] = json!([{ "digest": { "sha256": key_id("child") } }]));
        part
    };
    let instead = |issuer: &str| Scenario::small().without(CERTIFICATION).and(request(issuer));
    let deny = |name: &str, title: &str, issuer, code| {
        Case::deny(&format!("fmt/{name}"), "rule", "F-REQUEST", title, instead(issuer), "no-report")
            .discards(&["issuer-key-unknown", code])
    };
    vec![
        Case::allow(
            "fmt/request-beside",
            "rule",
            "F-REQUEST",
            "a request beside good evidence",
            Scenario::small().and(request("compiler")),
        )
        .discards(&["statement-no-evidence"]),
        Case::allow(
            "fmt/endorsement-request-beside",
            "rule",
            "F-REQUEST",
            "a request to be an authority beside good evidence",
            Scenario::small().and(endorsement),
        )
        .discards(&["statement-no-evidence"]),
        deny(
            "request-instead",
            "a request in the place of a certification",
            "compiler",
            "statement-no-evidence",
        ),
        deny("request-by-another", "a request by another key", "mallory", "predicate-wrong-subject"),
    ]
}
