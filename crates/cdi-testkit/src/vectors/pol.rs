//! A-POL: policies that cannot be used, and several principals at once.

use super::Case;
use crate::scenario::{MITIGATED, Part, Scenario, executable};

const OWNER: &str = "cloud-provider";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::allow("pol/control", "control", "P-DECIDE", "a sound policy", Scenario::small()),
        Case::allow("pol/control-full", "control", "P-DECIDE", "three sound policies", Scenario::full()),
    ];
    cases.extend(documents());
    cases.extend(principals());
    cases
}

fn documents() -> Vec<Case> {
    let require = format!("require: {MITIGATED}");
    let require = require.as_str();
    let swaps = [
        ("empty-formula", "A-POL-01", require, "require: {allOf: []}", "policy-malformed"),
        ("no-requirement", "A-POL-01", require, "grants: {}", "policy-requires-nothing"),
        ("empty-scope", "A-POL-03", "scope: [\"*\"]", "scope: []", "anchor-scope"),
        ("no-keys", "A-POL-03", "keys: [", "keys: [], x: [", "policy-malformed"),
        ("misspelt-quorum", "A-POL-02", "quorum:", "qourum:", "policy-malformed"),
        ("misspelt-history", "A-POL-02", require, "histroy: {}", "policy-malformed"),
        (
            "unknown-member",
            "A-POL-02",
            "custody: software",
            "custody: software\n    lax: true",
            "policy-malformed",
        ),
        ("no-custody", "A-POL-02", "    custody: software\n", "", "policy-malformed"),
        ("no-freshness", "A-POL-02", "    revocation: {maxAge: 24h}\n", "", "policy-malformed"),
        ("no-catalogue", "A-POL-20", "  catalogue:", "  # catalogue:", "policy-malformed"),
        ("unknown-tag", "A-POL-21", require, "require: CONFIDENTIAL_EXECUTIONS", "word-unknown"),
        (
            "unknown-among-known",
            "A-POL-21",
            require,
            "require: {anyOf: [WASM_SPECTRE_MITIGATED, NEWER_PROPERTY]}",
            "word-unknown",
        ),
        ("reserved-word", "A-POL-21", require, "require: STEP", "word-reserved"),
        ("negation", "A-POL-02", require, "require: {not: [WASM_SPECTRE_MITIGATED]}", "policy-malformed"),
        (
            "at-least-zero",
            "A-POL-19",
            require,
            "require: {atLeast: 0, of: [WASM_SPECTRE_MITIGATED]}",
            "policy-malformed",
        ),
        (
            "at-least-two-of-one",
            "A-POL-19",
            require,
            "require: {atLeast: 2, of: [WASM_SPECTRE_MITIGATED]}",
            "policy-malformed",
        ),
        (
            "at-least-two-of-one-twice",
            "A-POL-19",
            require,
            "require: {atLeast: 2, of: [WASM_SPECTRE_MITIGATED, WASM_SPECTRE_MITIGATED, WASM_VALIDATED]}",
            "policy-malformed",
        ),
        ("value-of-none", "A-POL-21", require, "require: VM_ISOLATION=yes", "word-wrong-value"),
        ("value-missing", "A-POL-21", require, "require: LOCATION", "word-wrong-value"),
        ("other-kind", "A-POL-08", "kind: Policy", "kind: Configuration", "policy-wrong-kind"),
        ("other-version", "A-POL-08", "io/v1", "io/v2", "policy-wrong-kind"),
        ("accepts-all-but", "A-POL-05", "rule: default-deny", "rule: accept-all", "policy-accepts-all-but"),
    ];
    let mut cases: Vec<Case> = swaps
        .into_iter()
        .map(|(name, attack, from, to, code)| {
            let world = Scenario::small().with_policy(OWNER, from, to);
            let title = format!("a policy that cannot be meant: {name}");
            let rule = match name {
                "no-requirement" | "no-catalogue" | "accepts-all-but" | "without-trust" => "P-POLICY",
                "empty-scope" => "M-ANCHOR",
                "no-keys" | "no-custody" | "no-freshness" => "P-TRUST",
                "misspelt-quorum" | "misspelt-history" | "unknown-member" | "other-kind"
                | "other-version" => "P-DOCUMENT",
                _ => "P-FORMULA",
            };
            Case::load_error(&format!("pol/{name}"), attack, rule, &title, world, code)
        })
        .collect();
    let mut other = Scenario::small();
    if let Some((_, text)) = other.policies.first_mut() {
        let digest = text.split('"').nth(1).unwrap_or_default().to_owned();
        *text = text.replace(&digest, &executable("another catalogue"));
    }
    let title = "a policy under another catalogue";
    cases.push(Case::load_error(
        "pol/other-catalogue",
        "A-POL-20",
        "P-CATALOGUE",
        title,
        other,
        "policy-unknown-catalogue",
    ));
    let mut empty = Scenario::small();
    empty.policies = vec![(OWNER.to_owned(), "{}\n".to_owned())];
    cases.push(Case::load_error(
        "pol/empty",
        "A-POL-01",
        "P-DOCUMENT",
        "an empty policy",
        empty,
        "policy-wrong-kind",
    ));
    let mut nobody = Scenario::small();
    nobody.policies.clear();
    let title = "nobody has to agree";
    let case = Case::deny("pol/nobody", "A-POL-01", "P-DECIDE", title, nobody, "no-principal");
    cases.push(case.by("").discards(&["issuer-key-unknown", "issuer-key-unknown"]));
    cases
}

fn principals() -> Vec<Case> {
    let lax = |name: &str| {
        let text = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata:\n  name: {name}\nspec:\n  \
             principal: {name}\n  rule: accept-all\n"
        );
        (name.to_owned(), text)
    };
    let mut alone = Scenario::small();
    alone.policies = vec![lax("developer")];
    let mut beside = Scenario::small().without("compiler-runs");
    beside.policies.insert(0, lax("developer"));
    beside.policies.push(lax("data-owner"));
    let unhelped = Scenario::full().with_policy("data-owner", "  acceptAsserted: [cloud-provider]\n", "");
    let mut nowhere = Scenario::full();
    nowhere.place = None;
    let mut other_pages = Scenario::full();
    if let Some(place) = &mut other_pages.place {
        place.provides = vec!["GUARD_PAGES=WASMTIME_2GIB".to_owned()];
    }
    let uninspected = Scenario::full().without("inspector-runs").and(Part::inspecting("other.wasm"));
    let full = |case: Case| case.beside("pol/control-full");
    vec![
        Case::allow("pol/accept-all", "A-POL-05", "P-DECIDE", "a principal that accepts everything", alone)
            .discards(&["issuer-key-unknown", "issuer-key-unknown"]),
        Case::deny(
            "pol/accept-all-beside",
            "A-POL-05",
            "P-DECIDE",
            "two principals accept everything, a third does not",
            beside,
            "no-report",
        ),
        full(
            Case::deny(
                "pol/place-unheard",
                "A-POL-22",
                "P-PLACE",
                "a place by the word of somebody whom a principal does not hear",
                unhelped,
                "residual-unmet",
            )
            .by("data-owner"),
        ),
        full(Case::deny(
            "pol/no-place",
            "A-POL-22",
            "P-PLACE",
            "an open residual and no place",
            nowhere,
            "residual-unmet",
        )),
        full(Case::deny(
            "pol/other-place",
            "A-POL-22",
            "P-PLACE",
            "a place with other guard pages",
            other_pages,
            "residual-unmet",
        )),
        full(
            Case::deny(
                "pol/two-refuse",
                "A-POL-04",
                "P-DECIDE",
                "two of three principals refuse",
                uninspected,
                "property-lost",
            )
            .by("developer"),
        ),
    ]
}
