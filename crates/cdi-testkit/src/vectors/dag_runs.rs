//! A-DAG-12 to 21: which runs count, and what stands beside them.

use serde_json::json;

use super::Case;
use crate::scenario::{Part, Scenario, artifact, executable, key_id};

const RUN: &str = "compiler-runs";
const CERTIFICATION: &str = "north-certifies-compiler";

/// The small world, whose principal asks for what the inspector finds.
fn inspected() -> Scenario {
    Scenario::small().and(Part::inspector("north")).and(Part::inspecting("app.wasm")).with_policy(
        "cloud-provider",
        "require: WASM_SPECTRE_MITIGATED",
        "require: WASM_VALIDATED",
    )
}

fn lost(path: &str, attack: &'static str, title: &str, world: Scenario, code: &str) -> Case {
    let rule = if path == "dag/unrelated" { "M-CONNECTED" } else { "M-VOTE" };
    Case::deny(path, attack, rule, title, world, code).beside("dag/inspected")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![Case::allow(
        "dag/inspected",
        "control",
        "M-VOTE",
        "what was inspected is preserved",
        inspected(),
    )];
    cases.extend(runs());
    cases.extend(certifications());
    cases.extend(neighbours());
    cases
}

fn runs() -> Vec<Case> {
    let other_run = inspected().without("inspector-runs").and(Part::inspecting("other.wasm"));
    let other_finding = inspected().with("inspector-runs", |statement| {
        statement["predicate"]["findings"] =
            json!([{ "sha256": artifact("app.wasm"), "property": "WASM_NO_IMPORTS" }]);
    });
    let stray = inspected().with("inspector-runs", |statement| {
        statement["predicate"]["findings"] =
            json!([{ "sha256": artifact("app.cwasm"), "property": "WASM_VALIDATED" }]);
    });
    let no_finding =
        inspected().with("inspector-runs", |statement| statement["predicate"]["findings"] = json!([]));
    let failed = |exit: serde_json::Value| {
        inspected().with("inspector-runs", |statement| statement["predicate"]["operation"]["exit"] = exit)
    };
    let unrelated = Scenario::small()
        .without(RUN)
        .and(Part::compiling("other.wasm", "other.cwasm"))
        .and(Part::inspector("north"))
        .and(Part::inspecting("other.wasm"));
    vec![
        lost(
            "dag/inspection-of-another",
            "A-DAG-12",
            "the inspector saw another module",
            other_run,
            "property-lost",
        ),
        lost("dag/unrelated", "A-DAG-13", "good reports about other artifacts", unrelated, "no-report")
            .beside("dag/control"),
        lost(
            "dag/other-finding",
            "A-DAG-19",
            "the inspector found something else",
            other_finding,
            "property-lost",
        ),
        lost("dag/no-finding", "A-DAG-19", "the inspector found nothing", no_finding, "property-lost"),
        lost(
            "dag/stray-finding",
            "A-DAG-19",
            "the inspector found something about what it did not see",
            stray,
            "property-lost",
        )
        .discards(&["finding-stray"]),
        lost(
            "dag/failed-inspection",
            "A-DAG-19",
            "the inspection failed",
            failed(json!({ "code": 1 })),
            "invocation-exit-status",
        ),
        lost(
            "dag/killed-inspection",
            "A-DAG-19",
            "the inspection was killed",
            failed(json!({ "signal": 9 })),
            "invocation-exit-status",
        ),
    ]
}

fn certifications() -> Vec<Case> {
    let second = |change: fn(&mut serde_json::Value)| {
        let mut part = Part::compiler("north").named("second");
        part.change(|statement| {
            statement["predicate"]["serial"] = json!(9);
            change(statement);
        });
        part
    };
    let other = second(|statement| statement["subject"][0]["digest"]["sha256"] = json!(executable("other")));
    let named = Scenario::small().and(other.clone());
    let id = named.id("second");
    let named = named.with(RUN, |statement| statement["predicate"]["certifications"] = json!([id]));
    let removed = named.clone().without(CERTIFICATION);
    let copy = |world: &Scenario| String::from_utf8_lossy(&world.part(RUN).line()).into_owned();
    let base = Scenario::small();
    let reordered = copy(&base).replace("{\"payload\"", "{ \"x\":0, \"payload\"");
    let unhinted = copy(&base).replace(&key_id("compiler"), "another");
    let copies = base
        .clone()
        .and_line("copy", copy(&base))
        .and_line("reordered", reordered)
        .and_line("unhinted", unhinted);
    vec![
        Case::allow(
            "dag/certification-not-named",
            "A-DAG-14",
            "M-VOTE",
            "the report names another certification of its key",
            named,
        ),
        lost(
            "dag/certification-of-another",
            "A-DAG-14",
            "the only certification of the key is of another executable",
            removed,
            "tool-executable",
        )
        .beside("dag/certification-not-named"),
        lost(
            "dag/certification-removed",
            "A-DAG-14",
            "no certification of the key",
            base.without(CERTIFICATION),
            "no-report",
        )
        .beside("dag/control")
        .discards(&["issuer-key-unknown"]),
        Case::allow("dag/copies", "A-DAG-15", "V-MERGE", "copies of a report in other envelopes", copies),
    ]
}

fn neighbours() -> Vec<Case> {
    let lines: [(&str, Vec<u8>, &str); 10] = [
        ("garbage", b"garbage".to_vec(), "json-syntax"),
        ("truncated", b"{\"payload\":\"".to_vec(), "json-syntax"),
        ("not-text", vec![0xff, 0xfe], "json-not-utf8"),
        ("array", b"[1]".to_vec(), "envelope-malformed"),
        ("deep", [b"[".repeat(40), b"]".repeat(40)].concat(), "json-too-deep"),
        ("duplicate", b"{\"a\":1,\"a\":1}".to_vec(), "json-duplicate-member"),
        ("no-signature", br#"{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}"#.to_vec(), "envelope-without-signature"),
        ("other-type", br#"{"payload":"e30=","payloadType":"text/plain","signatures":[{"sig":"AA=="}]}"#.to_vec(), "envelope-payload-type"),
        ("no-statement", br#"{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"AA=="}]}"#.to_vec(), "statement-malformed"),
        ("foreign", Part::foreign("x", "compiler", "https://slsa.dev/provenance/v1", "app.cwasm", &json!({})).line(), "statement-no-evidence"),
    ];
    let mut cases = Vec::new();
    let mut world = Scenario::small();
    for (name, line, code) in lines.clone() {
        let mut world = Scenario::small().and_line(name, line);
        world.parts.rotate_right(1);
        let title = format!("a broken line before good ones: {name}");
        cases.push(
            Case::allow(&format!("dag/neighbour-{name}"), "A-DAG-21", "V-LINE", &title, world)
                .discards(&[code]),
        );
    }
    for (name, line, _) in lines.clone() {
        world = world.and_line(name, line);
    }
    let codes = lines.map(|(_, _, code)| code);
    cases.push(
        Case::allow("dag/neighbours", "A-DAG-21", "V-LINE", "ten broken lines after good ones", world)
            .discards(&codes),
    );
    cases
}
