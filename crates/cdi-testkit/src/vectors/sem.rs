//! What follows from sound statements: the rules of `docs/spec/semantics.md` that no attack of the list stands for.

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{MITIGATED, Part, Scenario, artifact, key_id, public_key};

const OWNER: &str = "cloud-provider";
const RUN: &str = "compiler-runs";
const CERTIFICATION: &str = "north-certifies-compiler";
const REQUIRE: &str = "require: WASM_SPECTRE_MITIGATED";

pub(super) fn cases() -> Vec<Case> {
    let mut cases =
        vec![Case::allow("sem/control", "control", "M-HOLDS", "a property by one report", Scenario::small())];
    cases.extend(assumptions());
    cases.extend(origins());
    cases.extend(reports());
    cases.extend(kinds());
    cases.extend(roles());
    cases.extend(strangers());
    cases
}

fn allow(name: &str, rule: &'static str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("sem/{name}"), "rule", rule, title, world)
}

fn deny(name: &str, rule: &'static str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("sem/{name}"), "rule", rule, title, world, code)
}

/// The policy takes the property as given, of what this says.
fn assuming(of: &str) -> Scenario {
    let given = format!("custody: software\n    assume: [{{property: {MITIGATED}, {of}}}]");
    Scenario::small().without(RUN).with_policy(OWNER, "custody: software", &given)
}

fn assumptions() -> Vec<Case> {
    let of_artifact = |path: &str| assuming(&format!("artifact: \"{}\"", artifact(path)));
    let of_origin = |kind: &str, signer: &str| {
        let of = format!("key: \"{}\", kind: {kind}", public_key("developer"));
        assuming(&of).and(Part::origin(signer, "library", &["app.cwasm"]))
    };
    vec![
        allow("assumed", "M-ASSUME", "a property that the policy assumes", of_artifact("app.cwasm")),
        allow(
            "assumed-of-origin",
            "M-ASSUME",
            "a property of what a supplier lists",
            of_origin("library", "developer"),
        ),
        deny(
            "assumed-of-another",
            "M-ASSUME",
            "a property assumed of another artifact",
            of_artifact("other"),
            "no-report",
        )
        .beside("sem/assumed"),
        deny(
            "assumed-of-another-kind",
            "M-ASSUME",
            "a property assumed of origins of another kind",
            of_origin("source", "developer"),
            "no-report",
        )
        .beside("sem/assumed-of-origin"),
        deny(
            "assumed-of-another-signer",
            "M-ASSUME",
            "an origin of somebody else",
            of_origin("library", "mallory"),
            "no-report",
        )
        .beside("sem/assumed-of-origin")
        .discards(&["issuer-key-unknown"]),
    ]
}

/// The artifact itself is an origin by its digest only.
fn origins() -> Vec<Case> {
    let by_digest = |path: &str| {
        let key = format!("key: \"{}\", kinds: [binary, source]", public_key("developer"));
        Scenario::history().without(RUN).with_policy(OWNER, &format!("  {REQUIRE}\n"), "").with_policy(
            OWNER,
            &key,
            &format!("artifact: \"{}\"", artifact(path)),
        )
    };
    vec![
        allow(
            "origin-by-digest",
            "M-ORIGIN",
            "the artifact is an origin by its digest",
            by_digest("app.cwasm"),
        )
        .discards(&["issuer-key-unknown"]),
        deny(
            "origin-of-other-bytes",
            "M-ORIGIN",
            "another artifact is an origin",
            by_digest("app.wasm"),
            "no-report",
        )
        .beside("sem/origin-by-digest")
        .discards(&["issuer-key-unknown"]),
    ]
}

fn reports() -> Vec<Case> {
    let again = |tool: &str| {
        let mut part = Part::compiling("other.wasm", "app.cwasm").named("again");
        part.change(|statement| statement["predicate"]["issuer"] = json!(key_id(tool)));
        part.signers = vec![tool.to_owned()];
        part
    };
    let uncertified = Scenario::small().and(again("mallory"));
    let times = |start: &str, end: &str| {
        Scenario::small().with(RUN, |statement| {
            let operation = &mut statement["predicate"]["operation"];
            (operation["startedAt"], operation["finishedAt"]) = (json!(start), json!(end));
        })
    };
    let over = times("2026-01-02T00:00:00Z", "2026-01-02T00:00:01Z")
        .with(CERTIFICATION, |statement| statement["predicate"]["notAfter"] = json!("2026-06-01T00:00:00Z"));
    let near = Scenario::small()
        .with(RUN, |statement| statement["predicate"]["operation"]["settings"]["opt-level"] = json!("none"))
        .and(Part::compiler("mallory"))
        .and(Part::endorsement("mallory", "other", 0));
    let floor = |level: &str| {
        let capture = format!("custody: software\n    capture: {level}");
        Scenario::small().with_policy(OWNER, "custody: software", &capture)
    };
    vec![
        allow(
            "shown-by-another-report",
            "M-HOLDS",
            "equal bytes, of which one of two reports is worth nothing",
            uncertified,
        )
        .discards(&["issuer-key-unknown"]),
        allow(
            "run-of-the-future",
            "M-TIME",
            "a report that says that it is of next year",
            times("2027-01-01T00:00:00Z", "2027-01-01T00:00:01Z"),
        ),
        deny(
            "run-of-the-past",
            "M-TIME",
            "a run while its certification, now over, was current",
            over,
            "expired",
        ),
        deny(
            "closest-obstacle",
            "M-ANSWER",
            "of two obstacles the one closer to a proof is named",
            near,
            "invocation-settings",
        )
        .discards(&["issuer-key-unknown", "issuer-key-unknown"]),
        allow("capture-as-asked", "M-CAPTURE", "a run captured as well as the policy asks", floor("self")),
        deny(
            "capture-below",
            "M-CAPTURE",
            "a run captured less well than the policy asks",
            floor("traced"),
            "capture-too-low",
        ),
    ]
}

/// A claim of one kind of run, and a run of the other.
fn kinds() -> Vec<Case> {
    let attested = Scenario::small().with(CERTIFICATION, |statement| {
        let claim = json!({ "property": MITIGATED, "effect": "attests", "invocation": "default" });
        statement["predicate"]["claims"] = json!([claim]);
    });
    let inspected = |effect: &str, argument: Value| {
        let mut tool = Part::inspector("north");
        tool.change(|statement| {
            let predicate = &mut statement["predicate"];
            predicate["claims"][0]["effect"] = json!(effect);
            predicate["invocations"]["default"]["arguments"] = json!([argument]);
        });
        Scenario::small().without(RUN).and(tool).and(Part::inspecting("app.cwasm")).with_policy(
            OWNER,
            REQUIRE,
            "require: WASM_VALIDATED",
        )
    };
    let input = || json!({ "input": "code" });
    vec![
        allow("inspected", "M-VOTE", "what was inspected is as it was found", inspected("attests", input())),
        deny(
            "inspected-and-not-found",
            "M-VOTE",
            "what was inspected is not as it was asked for",
            inspected("attests", input()).with("inspector-runs", |statement| {
                statement["predicate"]["findings"] = json!([]);
            }),
            "property-not-found",
        )
        .beside("sem/inspected"),
        deny(
            "attested-by-a-transformation",
            "M-VOTE",
            "a claim that attests, and a run that made something",
            attested,
            "report-wrong-kind",
        ),
        deny(
            "established-by-an-inspection",
            "M-VOTE",
            "a claim that establishes, and a run that looked at something",
            inspected("establishes", input()),
            "report-wrong-kind",
        )
        .beside("sem/inspected"),
        deny(
            "preserved-by-an-inspection",
            "M-VOTE",
            "a claim that preserves, and a run that looked at something",
            inspected("preserves", input()),
            "report-wrong-kind",
        )
        .beside("sem/inspected"),
        deny(
            "inspected-as-an-output",
            "M-INVOCATION",
            "what was inspected, where the invocation says that it was made",
            inspected("attests", json!({ "output": "code" })),
            "invocation-path",
        )
        .beside("sem/inspected"),
    ]
}

/// A file that is read and written under one path.
fn roles() -> Vec<Case> {
    let in_place = |input: &str| {
        let world = Scenario::small().with(RUN, |statement| {
            statement["predicate"]["inputs"][0]["path"] = json!("app.cwasm");
            statement["predicate"]["operation"]["arguments"] = json!(["-o", "app.cwasm", "app.cwasm"]);
        });
        world.with(CERTIFICATION, |statement| {
            let arguments = &mut statement["predicate"]["invocations"]["default"]["arguments"];
            arguments[2] = json!({ "input": input });
        })
    };
    vec![
        allow(
            "one-path-one-role",
            "M-INVOCATION",
            "a file that is read and written as code",
            in_place("code"),
        ),
        deny(
            "one-path-two-roles",
            "M-INVOCATION",
            "a file that is read as one thing and written as another",
            in_place("log"),
            "invocation-roles",
        )
        .beside("sem/one-path-one-role"),
    ]
}

/// Anybody can certify anything; it costs those who decide nothing, and helps nobody.
fn strangers() -> Vec<Case> {
    let crowd = || {
        let mut world = Scenario::small().and(Part::endorsement("nobody", "stranger-0", 5));
        for index in 0..6 {
            let (one, next) = (format!("stranger-{index}"), format!("stranger-{}", index + 1));
            let parts = [Part::compiler(&one), Part::empty_list(&one), Part::endorsement(&one, &next, 5)];
            world.parts.extend(parts);
        }
        world
    };
    let unknown = ["issuer-key-unknown"];
    vec![
        allow("strangers-beside", "V-LIMIT", "six strangers beside an authority", crowd()).discards(&unknown),
        deny(
            "strangers-alone",
            "V-LIMIT",
            "six strangers and no authority",
            crowd().without(CERTIFICATION),
            "authority-untrusted",
        )
        .beside("sem/strangers-beside")
        .discards(&unknown),
    ]
}
