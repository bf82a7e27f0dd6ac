//! Policies that their principals sign (rules F-POLICY, P-EDITION): whose, for whom, when, and which of several.

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{MITIGATED, NOW, Part, Scenario, SeenBefore, key_id, sha256};

const EDITION: &str = "edition-3";
const KEY: &str = "cloud-policy";
const OWNER: &str = "cloud-provider";
/// What a bundle loses when nobody reads its policy: the certification and the list of the anchor.
const UNREAD: [&str; 2] = ["issuer-key-unknown", "issuer-key-unknown"];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::allow("pol/signed", "control", "P-EDITION", "a policy that is signed and carried", signed()),
        Case::allow(
            "pol/signed-in-a-file",
            "control",
            "P-EDITION",
            "a policy that is signed, in a file",
            filed(),
        ),
    ];
    cases.extend(whose());
    cases.extend(windows());
    cases.extend(versions());
    cases.extend(documents());
    cases.extend(forms());
    cases
}

pub(super) fn signed() -> Scenario {
    Scenario::signed()
}

/// The document of the small world's principal.
pub(super) fn document() -> String {
    Scenario::small().policies.first().map(|(_, text)| text.clone()).unwrap_or_default()
}

/// The document with other text in it.
pub(super) fn document_with(from: &str, to: &str) -> String {
    crate::scenario::swap(&document(), from, to)
}

/// The document, which asks for something that the artifact does not have.
pub(super) fn strict() -> String {
    document_with(MITIGATED, "WASM_VALIDATED")
}

/// The signed world, its edition in the configuration's file.
pub(super) fn filed() -> Scenario {
    let world = signed();
    let line = String::from_utf8_lossy(&world.part(EDITION).line()).into_owned();
    let mut world = world.without(EDITION);
    for party in &mut world.signing {
        party.document = Some(line.clone());
    }
    world
}

/// The signed world with something else in its edition.
fn with(pointer: &str, value: Value) -> Scenario {
    signed()
        .with(EDITION, |statement| super::discarded::put(statement, &format!("/predicate{pointer}"), value))
}

fn denied(name: &str, attack: &'static str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("pol/signed-{name}"), attack, "P-EDITION", title, world, code).beside("pol/signed")
}

fn whose() -> Vec<Case> {
    let mut developers = signed().without(EDITION).and(Part::edition("developer", OWNER, 3, &document()));
    developers.parts.rotate_right(1);
    let forged = signed().signed_by(EDITION, &["developer"]);
    let of_developer = document_with("principal: cloud-provider", "principal: developer");
    let unread = |case: Case| case.discards(&UNREAD);
    let audience = |audience: Value| with("/audience", audience);
    vec![
        unread(denied(
            "missing",
            "A-POL-04",
            "nobody carries the policy",
            signed().without(EDITION),
            "policy-missing",
        )),
        denied(
            "by-another",
            "A-POL-08",
            "another key has signed it, and says so",
            developers,
            "policy-missing",
        )
        .discards(&["issuer-key-unknown", "issuer-key-unknown", "issuer-key-unknown"]),
        denied(
            "forged",
            "A-POL-08",
            "another key has signed it, and names the right one",
            forged,
            "policy-missing",
        )
        .discards(&["issuer-key-unknown", "issuer-key-unknown", "signature-invalid"]),
        denied(
            "for-another-principal",
            "A-POL-08",
            "the right key, for another principal",
            with("/principal", json!("developer")),
            "policy-of-another-principal",
        ),
        denied(
            "of-another-principal",
            "A-POL-08",
            "an edition of one principal, its document of another",
            Scenario::small().signing_with(Part::edition(KEY, OWNER, 3, &of_developer)),
            "policy-of-another-principal",
        ),
        denied(
            "for-another",
            "A-POL-08",
            "for another decider",
            audience(json!(["test-host"])),
            "policy-audience",
        ),
        denied(
            "for-a-prefix",
            "A-POL-11",
            "for deciders of a longer name",
            audience(json!(["hos", "host2"])),
            "policy-audience",
        ),
        denied(
            "for-a-pattern",
            "A-POL-11",
            "an audience is no pattern",
            audience(json!(["*", "h?st", "Host"])),
            "policy-audience",
        ),
        Case::allow(
            "pol/signed-for-several",
            "A-POL-08",
            "P-EDITION",
            "for several deciders, this one among them",
            audience(json!(["test-host", "host"])),
        ),
    ]
}

fn windows() -> Vec<Case> {
    let now = |time: &str| signed().at(time);
    let ends = "2027-01-01T00:00:00Z";
    // Lists must be of the same day.
    let until = |end: &str| with("/notAfter", json!(end));
    let from = |start: &str| with("/notBefore", json!(start));
    vec![
        denied("ended", "A-POL-09", "its window ends at this second", until(NOW), "policy-expired"),
        Case::allow(
            "pol/signed-ends-next",
            "A-POL-09",
            "P-EDITION",
            "its window ends a second later",
            until("2026-06-01T12:00:01Z"),
        ),
        denied("long-ended", "A-POL-09", "its window ended half a year ago", now(ends), "policy-expired"),
        denied(
            "not-yet",
            "A-POL-09",
            "its window begins in two minutes and a second",
            from("2026-06-01T12:02:01Z"),
            "policy-not-yet-valid",
        ),
        Case::allow(
            "pol/signed-begins",
            "A-POL-09",
            "P-EDITION",
            "its window begins in two minutes: a clock may differ so much",
            from("2026-06-01T12:02:00Z"),
        ),
    ]
}

fn versions() -> Vec<Case> {
    let floor = |least: u64| {
        let mut world = signed();
        world.signing.iter_mut().for_each(|party| party.at_least = Some(least));
        world
    };
    let seen = |version: u64, document: &str| {
        let mut world = signed();
        let document = sha256(document);
        world.signing.iter_mut().for_each(|party| {
            party.seen = Some(SeenBefore { version, document: document.clone() });
        });
        world
    };
    let and = |version: u64, document: &str| {
        signed().and(Part::edition(KEY, OWNER, version, document).named("other"))
    };
    let later = |document: &str| {
        and(4, document)
            .with("other", |statement| statement["predicate"]["notBefore"] = json!("2026-06-02T12:00:00Z"))
    };
    let lax = "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: lax}\nspec: {principal: \
               cloud-provider, rule: accept-all}\n";
    let uncompiled = |world: Scenario| world.without("compiler-runs");
    let twice = and(3, &document()).with("other", |statement| statement["predicate"]["mode"] = json!("warn"));
    let renewed = and(3, &document())
        .with("other", |statement| statement["predicate"]["notAfter"] = json!("2028-01-01T00:00:00Z"));
    let expired_rival = and(3, lax).with("other", |statement| {
        statement["predicate"]["notAfter"] = json!("2026-05-01T00:00:00Z");
    });
    let elsewhere =
        and(3, lax).with("other", |statement| statement["predicate"]["audience"] = json!(["test-host"]));
    let allow = |name: &str, title: &str, world| {
        Case::allow(&format!("pol/signed-{name}"), "A-POL-09", "P-EDITION", title, world)
    };
    vec![
        allow("at-least", "the lowest version that is taken", floor(3)),
        denied("below", "A-POL-09", "a version below the lowest", floor(4), "policy-rolled-back"),
        allow("seen", "the version that was seen before", seen(3, &document())),
        denied("seen-newer", "A-POL-09", "a newer version was seen", seen(4, lax), "policy-rolled-back"),
        denied(
            "seen-other",
            "A-POL-09",
            "the same version was seen with another document",
            seen(3, lax),
            "policy-versions-contradict",
        ),
        allow("beside-older", "a newer version beside an older, stricter one", and(2, &strict())),
        denied(
            "beside-lax",
            "A-POL-09",
            "a newer version beside an older, laxer one",
            uncompiled(and(2, lax)),
            "no-report",
        ),
        denied(
            "beside-newer",
            "A-POL-09",
            "an older version beside a newer, stricter one",
            and(4, &strict()),
            "property-lost",
        ),
        denied(
            "twice",
            "A-POL-09",
            "two documents under one version",
            and(3, lax),
            "policy-versions-contradict",
        ),
        denied("twice-mode", "A-POL-24", "two modes under one version", twice, "policy-versions-contradict"),
        allow("twice-window", "one version with two windows", renewed),
        denied(
            "twice-ended",
            "A-POL-09",
            "two documents under one version, of which one has ended",
            expired_rival,
            "policy-versions-contradict",
        ),
        allow("twice-elsewhere", "another document under this version, for another decider", elsewhere),
        allow("before-its-successor", "a stricter version that begins tomorrow", later(&strict())),
        Case::deny(
            "pol/signed-at-its-successor",
            "A-POL-09",
            "P-EDITION",
            "the same tomorrow",
            later(&strict()).at("2026-06-02T12:00:00Z").with("north-revokes", |statement| {
                statement["predicate"]["notBefore"] = json!("2026-06-02T00:00:00Z");
            }),
            "property-lost",
        )
        .beside("pol/signed-before-its-successor"),
    ]
}

fn documents() -> Vec<Case> {
    let by = |document: &str| Scenario::small().signing_with(Part::edition(KEY, OWNER, 3, document));
    let unread = |case: Case| case.discards(&UNREAD);
    let catalogue = by(&document_with(
        "catalogue: \"",
        "catalogue: \"0000000000000000000000000000000000000000000000000000000000000000\" #",
    ));
    vec![
        unread(denied(
            "document-malformed",
            "A-POL-02",
            "a document with an unknown member",
            by(&document_with("quorum:", "qourum:")),
            "policy-malformed",
        )),
        unread(denied("document-empty", "A-POL-01", "an empty document", by(""), "yaml-not-one-document")),
        unread(denied(
            "document-unknown-word",
            "A-POL-21",
            "a document with an unknown word",
            by(&document_with(MITIGATED, "NEWER_PROPERTY")),
            "word-unknown",
        )),
        unread(denied(
            "other-catalogue",
            "A-POL-20",
            "a document under another catalogue",
            catalogue,
            "policy-unknown-catalogue",
        )),
        unread(denied(
            "document-mode",
            "A-POL-24",
            "a mode in the document",
            by(&document_with("  rule:", "  mode: warn\n  rule:")),
            "policy-malformed",
        )),
        Case::load_error(
            "pol/mode-unsigned",
            "A-POL-24",
            "P-MODE",
            "a mode in a document that is not signed",
            Scenario::small().with_policy(OWNER, "  rule:", "  mode: warn\n  rule:"),
            "policy-malformed",
        ),
    ]
}

/// Editions whose form is wrong are lines that prove nothing: the policy is missing.
fn forms() -> Vec<Case> {
    let form = |name: &str, attack: &'static str, title: &str, world: Scenario, code: &str| {
        let path = format!("pol/signed-{name}");
        let case = Case::deny(&path, attack, "F-POLICY", title, world, "policy-missing").beside("pol/signed");
        case.discards(&["issuer-key-unknown", "issuer-key-unknown", code])
    };
    let malformed = "statement-malformed";
    let without = |member: &str| {
        signed().with(EDITION, |statement| {
            if let Some(predicate) = statement["predicate"].as_object_mut() {
                predicate.remove(member);
            }
        })
    };
    let subject = |subject: Value| signed().with(EDITION, |statement| statement["subject"] = subject);
    let of = |digest: &str| json!({ "digest": { "sha256": digest } });
    let twice = json!([of(&sha256(document())), of(&sha256(document()))]);
    vec![
        form("unknown-member", "A-POL-02", "an unknown member", with("/lax", json!(true)), malformed),
        form("misspelt-member", "A-POL-02", "a misspelt member", with("/notafter", json!(NOW)), malformed),
        form("without-audience", "A-POL-02", "no audience", without("audience"), malformed),
        form(
            "audience-empty",
            "A-POL-01",
            "an empty audience",
            with("/audience", json!([])),
            "predicate-empty-list",
        ),
        form(
            "audience-text",
            "A-POL-02",
            "an audience that is no list",
            with("/audience", json!("host")),
            malformed,
        ),
        form(
            "audience-twice",
            "A-POL-02",
            "a decider twice in the audience",
            with("/audience", json!(["host", "host"])),
            "predicate-duplicate",
        ),
        form("without-version", "A-POL-02", "no version", without("version"), malformed),
        form("version-text", "A-POL-19", "a version that is a text", with("/version", json!("3")), malformed),
        form(
            "version-negative",
            "A-POL-19",
            "a version below zero",
            with("/version", json!(-1)),
            "json-unsafe-number",
        ),
        form(
            "version-too-large",
            "A-POL-19",
            "a version of 2^53",
            with("/version", json!(1_u64 << 53)),
            "json-unsafe-number",
        ),
        form(
            "version-fraction",
            "A-POL-19",
            "a version that is no whole number",
            with("/version", json!(3.5)),
            "json-unsafe-number",
        ),
        form("without-end", "A-POL-02", "no end", without("notAfter"), malformed),
        form(
            "no-window",
            "A-POL-02",
            "a window that ends as it begins",
            with("/notAfter", json!("2026-01-01T00:00:00Z")),
            "predicate-empty-window",
        ),
        form("mode-unknown", "A-POL-24", "an unknown mode", with("/mode", json!("off")), malformed),
        form("mode-null", "A-POL-24", "no mode by `null`", with("/mode", Value::Null), malformed),
        Case::allow(
            "pol/signed-without-mode",
            "A-POL-24",
            "F-POLICY",
            "an edition without a mode is enforced",
            without("mode"),
        ),
        form(
            "without-mode-refuses",
            "A-POL-24",
            "an edition without a mode is enforced",
            without("document"),
            malformed,
        ),
        form(
            "document-of-another-digest",
            "A-POL-08",
            "a document that is not its subject",
            subject(json!([of(&sha256("other"))])),
            "predicate-wrong-subject",
        ),
        form("document-twice", "A-POL-08", "two subjects", subject(twice), "predicate-wrong-subject"),
        form(
            "document-url-alphabet",
            "A-FMT-08",
            "a document in another base64",
            with("/document", json!("__8=")),
            malformed,
        ),
        form(
            "document-unpadded",
            "A-FMT-08",
            "a document without its padding",
            with("/document", json!("e30")),
            malformed,
        ),
        form(
            "issuer-of-another",
            "A-POL-08",
            "another issuer, which the signer does not have",
            with("/issuer", json!(key_id("developer"))),
            "issuer-key-unknown",
        ),
    ]
}
