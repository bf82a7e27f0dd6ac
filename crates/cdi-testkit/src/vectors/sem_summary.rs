//! Verifiers whose summaries a policy accepts in the place of a part of a history (rules F-SUMMARY, V-SUMMARY, M-SUMMARY).

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{MITIGATED, Part, Scenario, public_key};

const OWNER: &str = "cloud-provider";
const SUMMARY: &str = "sem/summary";
const TYPE: &str = "https://slsa.dev/verification_summary/v1";
const VERIFIER: &str = "https://verifier.example/gate";
const RULE: &str = "levels: [SLSA_BUILD_LEVEL_2], maxAge: 30d";
const MISSING: &str = "origin-not-accepted";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = said();
    cases.extend(by_whom());
    cases.extend(times());
    cases.extend(forms());
    cases.extend(of_what());
    cases.extend(documents());
    cases
}

fn allow(name: &str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("sem/{name}"), "rule", "M-SUMMARY", title, world)
}

fn deny(name: &str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("sem/{name}"), "rule", "M-SUMMARY", title, world, code).beside(SUMMARY)
}

/// A compiled module of which nobody says whose it is. The policy asks for a history, and accepts a verifier's summaries by
/// this rule.
fn asking(rule: &str) -> Scenario {
    let from = "kinds: [binary, source]}]";
    let key = public_key("verifier");
    let to = format!("{from}, summaries: [{{verifier: \"{VERIFIER}\", key: \"{key}\", {rule}}}]");
    let world = Scenario::history().without("origin").with_policy(OWNER, from, &to);
    world.with_policy(OWNER, &format!("  require: {MITIGATED}\n"), "")
}

/// What the verifier says of an artifact.
fn summary(path: &str) -> Part {
    let predicate = json!({
        "verifier": { "id": VERIFIER, "version": { "gate": "2.3.0" } },
        "timeVerified": "2026-06-01T08:00:00.25+02:00",
        "resourceUri": "https://example.com/app.wasm",
        "policy": { "uri": "https://verifier.example/policy", "digest": { "sha256": "12".repeat(32) } },
        "inputAttestations": [{ "uri": "https://example.com/app.wasm.intoto.jsonl", "digest": { "sha1": "ab" } }],
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_3"],
        "dependencyLevels": { "SLSA_BUILD_LEVEL_1": 5 },
        "slsaVersion": "1.0",
    });
    Part::foreign("summary", "verifier", TYPE, path, &predicate)
}

/// The world with a summary that is changed in one point.
fn with(change: impl FnOnce(&mut Value)) -> Scenario {
    let mut part = summary("app.wasm");
    part.change(|statement| change(&mut statement["predicate"]));
    asking(RULE).and(part)
}

/// What is said, and what is asked of it.
fn said() -> Vec<Case> {
    let asked = |rule: &str| asking(rule).and(summary("app.wasm"));
    let levels = |levels: Value| with(|said| said["verifiedLevels"] = levels);
    let both =
        with(|said| said["verificationResult"] = json!("FAILED")).and(summary("app.wasm").named("again"));
    vec![
        allow("summary", "a part of a history that a named verifier has verified", asked(RULE)),
        allow("summary-of-the-level", "the very level", levels(json!(["SLSA_BUILD_LEVEL_2"]))),
        allow(
            "summary-of-both-levels",
            "two levels, each of its track",
            asking("levels: [SLSA_BUILD_LEVEL_2, ACME_REVIEWED], maxAge: 30d").and({
                let mut part = summary("app.wasm");
                part.change(|statement| {
                    statement["predicate"]["verifiedLevels"] = json!(["ACME_REVIEWED", "SLSA_BUILD_LEVEL_2"]);
                });
                part
            }),
        ),
        allow("summary-and-a-failed-one", "a summary that failed beside one that passed", both),
        allow(
            "summary-by-the-policy",
            "a verifier's policy that is named by its URI",
            asked(&format!("{RULE}, policies: [\"https://verifier.example/policy\"]")),
        ),
        allow(
            "summary-by-the-document",
            "a verifier's policy that is named by its digest",
            asked(&format!("{RULE}, policies: [\"https://elsewhere.example\", \"{}\"]", "12".repeat(32))),
        ),
        deny("summary-none", "no summary", asking(RULE), MISSING),
        deny(
            "summary-failed",
            "a verifier that did not find it good",
            with(|said| said["verificationResult"] = json!("FAILED")),
            "summary-not-passed",
        ),
        deny(
            "summary-passed-in-small-letters",
            "another word for the result",
            with(|said| said["verificationResult"] = json!("passed")),
            "summary-not-passed",
        ),
        deny(
            "summary-of-a-failed-level",
            "a result that passed, and a level that failed",
            levels(json!(["SLSA_BUILD_LEVEL_3", "FAILED"])),
            "summary-not-passed",
        ),
        deny("summary-of-no-level", "no level at all", levels(json!([])), "summary-level"),
        deny(
            "summary-of-a-lower-level",
            "a lower level",
            levels(json!(["SLSA_BUILD_LEVEL_1"])),
            "summary-level",
        ),
        deny(
            "summary-of-another-track",
            "a higher level of another track",
            levels(json!(["SLSA_SOURCE_LEVEL_3"])),
            "summary-level",
        ),
        deny(
            "summary-of-an-unread-level",
            "a level of two digits",
            levels(json!(["SLSA_BUILD_LEVEL_33"])),
            "summary-level",
        ),
        deny(
            "summary-by-another-policy",
            "a verifier's policy that is not named",
            asked(&format!("{RULE}, policies: [\"https://verifier.example/policy/2\"]")),
            "summary-policy",
        )
        .beside("sem/summary-by-the-policy"),
    ]
}

/// Who verified, and whose key that is.
fn by_whom() -> Vec<Case> {
    let id = |id: &str| with(|said| said["verifier"]["id"] = json!(id));
    let signed = |signers: &[&str]| asking(RULE).and(summary("app.wasm")).signed_by("summary", signers);
    let named_by_another_rule = {
        let key = public_key("mallory");
        let second = format!(
            "summaries: [{{verifier: \"https://mallory.example\", key: \"{key}\", {RULE}}}, {{verifier: \"{VERIFIER}\""
        );
        let world = signed(&["mallory"]);
        world.with_policy(OWNER, &format!("summaries: [{{verifier: \"{VERIFIER}\""), &second)
    };
    // A lower level, which a rule before the verifier's own takes: another's, or one for another of its keys.
    let lower = |verifier: &str| {
        let (key, level) = (public_key("mallory"), "SLSA_BUILD_LEVEL_1");
        let two = format!(
            "summaries: [{{verifier: \"{verifier}\", key: \"{key}\", levels: [{level}], maxAge: 30d}}, {{verifier: \"{VERIFIER}\""
        );
        let world = with(|said| said["verifiedLevels"] = json!([level]));
        world.with_policy(OWNER, &format!("summaries: [{{verifier: \"{VERIFIER}\""), &two)
    };
    let none =
        |name, title, world: Scenario| deny(name, title, world, MISSING).discards(&["statement-no-evidence"]);
    let unsigned =
        |name, title, world: Scenario| deny(name, title, world, MISSING).discards(&["signature-invalid"]);
    vec![
        allow(
            "summary-signed-by-others-too",
            "others who have signed it as well",
            signed(&["mallory", "verifier"]),
        ),
        none(
            "summary-by-a-longer-id",
            "a verifier whose id only begins as the named one",
            id(&format!("{VERIFIER}/v2")),
        ),
        none(
            "summary-by-a-shorter-id",
            "a verifier with whose id the named one begins",
            id("https://verifier.example"),
        ),
        none("summary-by-a-slash", "a verifier whose id has a slash more", id(&format!("{VERIFIER}/"))),
        none(
            "summary-by-another-case",
            "a verifier whose id is written in other letters",
            id("https://Verifier.example/gate"),
        ),
        unsigned("summary-by-another-key", "the verifier's id under another key", signed(&["mallory"])),
        unsigned(
            "summary-by-an-authority",
            "the verifier's id under the key of an authority",
            signed(&["north"]),
        ),
        unsigned(
            "summary-by-the-key-of-another-verifier",
            "the verifier's id under the key of another verifier that is named",
            named_by_another_rule,
        ),
        deny(
            "summary-by-the-rule-of-another-verifier",
            "a level that only the rule of another verifier takes",
            lower("https://mallory.example"),
            "summary-level",
        ),
        deny(
            "summary-by-the-rule-of-another-key",
            "a level that only the rule of the verifier's other key takes",
            lower(VERIFIER),
            "summary-level",
        ),
        deny(
            "summary-forbidden",
            "a summary that the policy forbids",
            {
                let world = asking(RULE).and(summary("app.wasm"));
                let id = world.id("summary");
                let forbid = format!("custody: software\n    forbid: {{origins: [\"{id}\"]}}");
                world.with_policy(OWNER, "custody: software", &forbid)
            },
            "summary-forbidden",
        ),
    ]
}

fn times() -> Vec<Case> {
    let at = |time: &str| with(|said| said["timeVerified"] = json!(time));
    vec![
        allow("summary-ahead", "a verifier whose clock is two minutes ahead", at("2026-06-01T12:02:00Z")),
        allow("summary-nearly-too-old", "the last second of its time", at("2026-05-02T12:00:01Z")),
        deny("summary-too-old", "a second later", at("2026-05-02T12:00:00Z"), "summary-too-old")
            .beside("sem/summary-nearly-too-old"),
        deny(
            "summary-of-the-future",
            "a verifier whose clock is further ahead",
            at("2026-06-01T12:02:01Z"),
            "summary-of-the-future",
        )
        .beside("sem/summary-ahead"),
        deny(
            "summary-of-the-future-elsewhere",
            "a time that is in the future, and would not be in another zone",
            at("2026-06-01T12:30:00-01:00"),
            "summary-of-the-future",
        ),
        deny(
            "summary-without-time",
            "a summary that tells no time",
            with(|said| drop(said.as_object_mut().map(|said| said.remove("timeVerified")))),
            "summary-without-time",
        ),
    ]
}

/// Statements that are none.
fn forms() -> Vec<Case> {
    let discarded = |name, title, world: Scenario, code: &'static str| {
        let case = Case::deny(&format!("sem/{name}"), "rule", "F-SUMMARY", title, world, MISSING);
        case.beside(SUMMARY).discards(&[code])
    };
    let world = || asking(RULE).and(summary("app.wasm"));
    let retyped = |to: &str| world().with("summary", |statement| statement["predicateType"] = json!(to));
    let digest =
        |digest: Value| world().with("summary", |statement| statement["subject"][0]["digest"] = digest);
    vec![
        Case::allow(
            "sem/summary-of-several",
            "rule",
            "F-SUMMARY",
            "a summary of several, one of which has no digest that counts and a name that is no path",
            world().with("summary", |statement| {
                let other = json!({ "name": "../\u{1}", "digest": { "gitCommit": "ab" } });
                if let Some(subjects) = statement["subject"].as_array_mut() {
                    subjects.insert(0, other);
                }
            }),
        ),
        discarded(
            "summary-type-longer",
            "a longer type",
            retyped(&format!("{TYPE}.0")),
            "statement-no-evidence",
        ),
        discarded(
            "summary-type-slash",
            "a type with a slash more",
            retyped(&format!("{TYPE}/")),
            "statement-no-evidence",
        ),
        discarded(
            "summary-type-older",
            "an older type",
            retyped("https://slsa.dev/verification_summary/v0.2"),
            "statement-no-evidence",
        ),
        discarded(
            "summary-of-nothing",
            "a subject without a digest",
            digest(json!({})),
            "subject-without-sha256",
        ),
        discarded(
            "summary-of-a-sha1",
            "a subject with a weak digest only",
            digest(json!({ "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709" })),
            "subject-without-sha256",
        ),
        discarded(
            "summary-without-resource",
            "a summary of no resource",
            with(|said| drop(said.as_object_mut().map(|said| said.remove("resourceUri")))),
            "statement-malformed",
        ),
        discarded(
            "summary-twice-said",
            "a result that is said twice",
            world().with_text(
                "summary",
                "\"verificationResult\":",
                "\"verificationResult\":\"FAILED\",\"verificationResult\":",
            ),
            "json-duplicate-member",
        ),
    ]
}

/// What a summary is about, and what it shows.
fn of_what() -> Vec<Case> {
    let linked = asking(RULE).and(summary("app.wasm"));
    let linked = linked.with_policy(OWNER, "custody: software", "custody: software\n    inputs: linked");
    let property = {
        let world = asking(RULE).and(summary("app.cwasm")).without("compiler-runs");
        world.with_policy(OWNER, "  history:", &format!("  require: {MITIGATED}\n  history:"))
    };
    vec![
        allow("summary-linked", "a summary where inputs are to be linked", linked),
        deny(
            "summary-of-the-artifact",
            "a summary of the deployed artifact itself",
            asking(RULE).and(summary("app.cwasm")).without("compiler-runs"),
            "no-report",
        ),
        deny(
            "summary-of-the-artifact-only",
            "a summary of the deployed artifact, and none of what it was made from",
            asking(RULE).and(summary("app.cwasm")),
            MISSING,
        ),
        deny(
            "summary-of-another",
            "a summary of something else",
            asking(RULE).and(summary("other.wasm")),
            MISSING,
        ),
        deny("summary-of-no-property", "a summary in the place of a property", property, "no-report"),
    ]
}

fn documents() -> Vec<Case> {
    let error = |name: &str, title: &str, rule: &str, code: &str| {
        let world = asking(rule).and(summary("app.wasm"));
        Case::load_error(&format!("sem/{name}"), "rule", "P-HISTORY", title, world, code).beside(SUMMARY)
    };
    let misspelt = asking(RULE).with_policy(OWNER, VERIFIER, "");
    vec![
        error(
            "summaries-of-no-level",
            "no level is asked",
            "levels: [], maxAge: 30d",
            "summary-asks-nothing",
        ),
        error(
            "summaries-by-no-policy",
            "an empty list of policies",
            &format!("{RULE}, policies: []"),
            "summary-asks-nothing",
        ),
        error("summaries-of-any-age", "no age is asked", "levels: [SLSA_BUILD_LEVEL_2]", "policy-malformed"),
        error(
            "summaries-that-failed",
            "a level that is none",
            "levels: [FAILED], maxAge: 30d",
            "policy-malformed",
        ),
        Case::load_error(
            "sem/summaries-of-nobody",
            "rule",
            "P-HISTORY",
            "a verifier without an id",
            misspelt,
            "policy-malformed",
        )
        .beside(SUMMARY),
    ]
}
