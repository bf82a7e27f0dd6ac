//! Catalogues that extend the one that ships (rule P-EXTENSION).

use super::Case;
use crate::scenario::{ACME, Place, Scenario, acme, catalogue_digest, sha256};

const OWNER: &str = "cloud-provider";

/// One that extends another.
pub(super) fn further(extended: &str) -> String {
    format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Catalogue\nmetadata: {{name: acme-2}}\nspec:\n  extends: \
         \"{extended}\"\n  prefix: ACME_\n  properties:\n    ACME_WEIGHED: {{kind: code, of: bytes, preservable: true, \
         meaning: Somebody knows what it weighs.}}\n"
    )
}

fn asked(require: &str) -> Scenario {
    Scenario::reviewed().with_policy(OWNER, "  require: ACME_REVIEWED\n", &format!("  require: {require}\n"))
}

fn allow(name: &str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("pol/{name}"), "A-POL-20", "P-EXTENSION", title, world)
}

fn refused(name: &str, attack: &'static str, title: &str, world: Scenario, code: &str) -> Case {
    let case = Case::load_error(&format!("pol/{name}"), attack, "P-EXTENSION", title, world, code);
    case.beside("pol/extension")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = taken();
    cases.extend(broken());
    cases.extend(several());
    cases
}

fn taken() -> Vec<Case> {
    let place = |rack: &str| {
        let provides = vec![format!("ACME_RACK={rack}")];
        Some(Place {
            name: "hall".to_owned(),
            provides,
            asserted_by: OWNER.to_owned(),
            runtime: None,
            node: None,
        })
    };
    let placed = |rack| Scenario { place: place(rack), ..asked("{allOf: [ACME_FIT, ACME_RACK=7]}") };
    let mut unknown = Scenario::reviewed();
    unknown.catalogues.clear();
    let other = acme().replace("Two people", "Nobody");
    let swapped = Scenario { catalogues: vec![other], ..Scenario::reviewed() };
    vec![
        allow("extension", "a property that a catalogue adds", Scenario::reviewed()),
        allow("extension-tag", "a tag of an extension, and a place by a word of it", placed("7")),
        Case::deny(
            "pol/extension-other-value",
            "A-POL-20",
            "P-EXTENSION",
            "a place by a word of an extension, of another value",
            placed("8"),
            "residual-unmet",
        )
        .beside("pol/extension-tag"),
        refused(
            "extension-not-there",
            "A-POL-20",
            "a policy under an extension that the decider does not have",
            unknown,
            "policy-unknown-catalogue",
        ),
        refused(
            "extension-swapped",
            "A-POL-20",
            "a policy under an extension of which the decider has another edition",
            swapped,
            "policy-unknown-catalogue",
        ),
        refused(
            "extension-unknown-word",
            "A-POL-21",
            "a word with the prefix that the extension does not have",
            asked("{anyOf: [ACME_REVIEWED, ACME_WEIGHED]}"),
            "word-unknown",
        ),
        refused(
            "extension-without-value",
            "A-POL-21",
            "a word of an extension without the value that it wants",
            asked("{anyOf: [ACME_REVIEWED, ACME_RACK]}"),
            "word-wrong-value",
        ),
    ]
}

/// Each breaks one rule of extensions. The policy names the document as it then is.
fn broken() -> Vec<Case> {
    let unknown = sha256("another catalogue");
    let tag = "    ACME_FIT: {meaning: Fit for us., formula: {anyOf: [ACME_REVIEWED, CODE_SANDBOXING]}}\n";
    let faults: [(&str, &str, &str, &str, &str); 17] = [
        ("base-unknown", "a base that nobody knows", "<extended>", &unknown, "catalogue-base-unknown"),
        ("base-missing", "no base", "  extends: \"<extended>\"\n", "", "catalogue-malformed"),
        ("redefines", "a word of the base", "ACME_RACK:", "WASM_VALIDATED:", "word-not-prefixed"),
        ("redefines-a-tag", "a tag of the base", "ACME_FIT:", "CODE_SANDBOXING:", "word-not-prefixed"),
        ("reserved", "the reserved word", "ACME_RACK:", "STEP:", "word-not-prefixed"),
        ("unprefixed", "a word without the prefix", "ACME_RACK:", "ACMERACK:", "word-not-prefixed"),
        ("prefix-alone", "a word that is the prefix", "ACME_RACK:", "ACME_:", "word-not-prefixed"),
        (
            "prefix-of-the-base",
            "a prefix of the base",
            "prefix: ACME_",
            "prefix: WASM_",
            "catalogue-prefix-taken",
        ),
        ("prefix-of-two", "a prefix inside another", "prefix: ACME_", "prefix: ACME_X_", "catalogue-prefix"),
        ("prefix-open", "a prefix without its end", "prefix: ACME_", "prefix: ACME", "catalogue-prefix"),
        ("prefix-hostile", "control characters", "prefix: ACME_", "prefix: \"\\e[2J_\"", "catalogue-prefix"),
        ("hostile-name", "a word that is none", "ACME_RACK:", "\"ACME_\\e[2J\":", "catalogue-malformed"),
        ("tag-of-itself", "a tag of itself", "anyOf: [ACME_REVIEWED,", "anyOf: [ACME_FIT,", "word-unknown"),
        (
            "tag-of-a-place-without-value",
            "half a place",
            "anyOf: [ACME_REVIEWED,",
            "anyOf: [ACME_RACK,",
            "word-wrong-value",
        ),
        ("both", "a word of both kinds", "ACME_FIT:", "ACME_REVIEWED:", "word-twice"),
        ("half-described", "a property of nobody knows what", "of: bytes, ", "", "word-ill-described"),
        ("misspelt", "a member that is none", "  tags:", "  tag:", "catalogue-malformed"),
    ];
    let case = |(name, title, from, to, code): (&str, &str, &str, &str, &str)| {
        let document = crate::scenario::swap(ACME, from, to).replace("<extended>", &catalogue_digest());
        refused(&format!("extension-{name}"), "A-POL-20", title, naming(document), code)
    };
    let mut cases: Vec<Case> = faults.into_iter().map(case).collect();
    let circle =
        format!("{tag}{}", tag.replace("ACME_FIT", "ACME_FIT_TOO").replace("ACME_REVIEWED", "ACME_FIT"));
    let circle = ACME.replace(tag, &circle.replacen("[ACME_REVIEWED", "[ACME_FIT_TOO", 1));
    let circle = naming(circle.replace("<extended>", &catalogue_digest()));
    cases.push(refused("extension-tag-circle", "A-POL-20", "two tags of each other", circle, "word-unknown"));
    let nothing = acme().split("  properties:").next().unwrap_or_default().to_owned();
    let nothing = naming(nothing);
    cases.push(refused("extension-empty", "A-POL-20", "no word", nothing, "catalogue-adds-nothing"));
    cases
}

/// The sound world by this document.
fn naming(document: String) -> Scenario {
    let world = Scenario::reviewed().with_policy(OWNER, &sha256(acme()), &sha256(&document));
    Scenario { catalogues: vec![document], ..world }
}

fn several() -> Vec<Case> {
    let with = |document: String| {
        let mut world = Scenario::reviewed();
        world.catalogues.push(document);
        world
    };
    let next = further(&sha256(acme()));
    let fork = acme().replace("acme-1", "acme-9");
    let redefined = further(&sha256(acme())).replace("ACME_WEIGHED", "ACME_REVIEWED");
    let mut backwards = with(next.clone());
    backwards.catalogues.reverse();
    vec![
        allow("extension-and-next", "an extension, and one that extends it", with(next)),
        refused("extension-twice", "A-POL-20", "one document twice", with(acme()), "catalogue-twice"),
        refused("extension-fork", "A-POL-20", "two that have one word", with(fork), "word-redefined"),
        refused(
            "extension-redefined",
            "A-POL-20",
            "a word of what is extended",
            with(redefined),
            "word-redefined",
        ),
        refused(
            "extension-backwards",
            "A-POL-20",
            "one before what it extends",
            backwards,
            "catalogue-base-unknown",
        ),
    ]
}
