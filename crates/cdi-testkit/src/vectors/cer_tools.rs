//! A-CER-11 to 22: tools and claims.

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{Part, Scenario, artifact, executable};

const RUN: &str = "compiler-runs";
const CERTIFICATION: &str = "north-certifies-compiler";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = tools();
    cases.extend(claims());
    cases
}

fn run(change: impl FnOnce(&mut Value)) -> Scenario {
    Scenario::small().with(RUN, |statement| change(&mut statement["predicate"]))
}

fn certified(change: impl FnOnce(&mut Value)) -> Scenario {
    Scenario::small().with(CERTIFICATION, |statement| change(&mut statement["predicate"]))
}

fn deny(path: &str, attack: &'static str, title: &str, world: Scenario, code: &str) -> Case {
    let rule = match path {
        "lowest-capture" => "M-CAPTURE",
        "claimed-in-annotations" => "F-ANNOTATIONS",
        "kind" => "M-INVOCATION",
        _ => "M-VOTE",
    };
    Case::deny(&format!("cer/{path}"), attack, rule, title, world, code)
}

fn tools() -> Vec<Case> {
    let library = json!({ "measured": [{ "path": "/lib/evil.so", "sha256": executable("evil") }] });
    vec![
        deny(
            "executable",
            "A-CER-11",
            "another executable ran",
            run(|report| report["tool"]["executables"][0]["sha256"] = json!(executable("other"))),
            "tool-executable",
        ),
        deny(
            "recorder",
            "A-CER-11",
            "another recorder recorded",
            run(|report| report["recorder"]["sha256"] = json!(executable("other"))),
            "tool-recorder",
        ),
        deny(
            "library",
            "A-CER-11",
            "a library outside the closure",
            run(|report| report["tool"]["libraries"] = library),
            "tool-closure",
        ),
        deny(
            "library-unmeasured",
            "A-CER-11",
            "libraries that nobody measured",
            certified(|c| c["linkage"] = json!("dynamic")),
            "tool-libraries-unmeasured",
        ),
        deny(
            "no-executable",
            "A-CER-19",
            "no executable ran",
            run(|report| report["tool"]["executables"] = json!([])),
            "no-report",
        )
        .discards(&["predicate-empty-list"]),
        deny(
            "kind",
            "A-CER-13",
            "an inspection by a tool that is certified to transform",
            {
                run(|report| report["kind"] = json!("inspection")).with(RUN, |statement| {
                statement["predicate"]["inputs"] = json!([
                    { "path": "app.cwasm", "sha256": artifact("app.cwasm") }, { "path": "app.wasm", "sha256": artifact("app.wasm") }]);
            })
            },
            "invocation-path",
        ),
    ]
}

fn claims() -> Vec<Case> {
    let strip = |claims: Value| {
        let mut tool = Part::linker("north", "strip");
        tool.change(|statement| statement["predicate"]["claims"] = claims);
        Scenario::small()
            .and(tool)
            .and(Part::linking("strip", &["app.cwasm"], "app.stripped"))
            .deploying(&artifact("app.stripped"))
    };
    let step = json!({ "property": "STEP", "effect": "establishes", "invocation": "default" });
    let preserves =
        |property: &str| json!({ "property": property, "effect": "preserves", "invocation": "default" });
    let malformed = |path: &str, attack, title: &str, change: fn(&mut Value), code| {
        let rule = if path.starts_with("tag") { "F-PROPERTY" } else { "F-CERTIFICATION" };
        Case::deny(&format!("cer/{path}"), attack, rule, title, certified(change), "no-report")
            .discards(&["issuer-key-unknown", code])
    };
    vec![
        deny(
            "stripped",
            "A-CER-15",
            "a step that preserves nothing",
            strip(json!([step])),
            "property-not-claimed",
        ),
        deny(
            "stripped-another",
            "A-CER-15",
            "a step that preserves another property",
            strip(json!([preserves("STACK_CANARIES")])),
            "property-not-claimed",
        ),
        Case::allow(
            "cer/stripped-preserving",
            "A-CER-15",
            "M-VOTE",
            "a step that preserves everything",
            strip(json!([preserves("*")])),
        ),
        deny(
            "claimed-by-tool",
            "A-CER-17",
            "a report that claims properties itself",
            run(|report| report["properties"] = json!(["WASM_SPECTRE_MITIGATED"])),
            "no-report",
        )
        .discards(&["statement-malformed"]),
        deny(
            "claimed-in-annotations",
            "A-CER-17",
            "a report that claims properties where nobody reads them",
            {
                certified(|c| {
                    c["claims"] =
                        json!([{ "property": "STEP", "effect": "establishes", "invocation": "default" }])
                })
                .with(RUN, |statement| {
                    statement["predicate"]["annotations"] =
                        json!({ "properties": ["WASM_SPECTRE_MITIGATED"] })
                })
            },
            "property-not-claimed",
        ),
        malformed(
            "tag-comma",
            "A-CER-18",
            "two properties in one",
            |c| c["claims"][1]["property"] = json!("A,B"),
            "statement-malformed",
        ),
        malformed(
            "tag-line-feed",
            "A-CER-18",
            "two properties on two lines",
            |c| c["claims"][1]["property"] = json!("A\nB"),
            "statement-malformed",
        ),
        malformed(
            "key-wildcard",
            "A-CER-19",
            "a report key that is any key",
            |c| c["reportKey"] = json!("*"),
            "statement-malformed",
        ),
        malformed(
            "key-empty",
            "A-CER-19",
            "a report key that is none",
            |c| c["reportKey"] = json!(""),
            "statement-malformed",
        ),
        malformed(
            "star-established",
            "A-CER-19",
            "every property established",
            |c| c["claims"][1]["property"] = json!("*"),
            "claim-impossible",
        ),
        malformed(
            "no-claims",
            "A-CER-19",
            "a certification of nothing",
            |c| c["claims"] = json!([]),
            "predicate-empty-list",
        ),
        malformed(
            "unknown-invocation",
            "A-CER-22",
            "a claim about an invocation that is not described",
            |c| c["claims"][1]["invocation"] = json!("other"),
            "claim-unknown-invocation",
        ),
        deny(
            "custody",
            "A-CER-11",
            "a report key that is kept worse than asked",
            Scenario::small().with_policy("cloud-provider", "custody: software", "custody: hardware"),
            "custody-too-low",
        ),
        deny(
            "lowest-capture",
            "A-CER-13",
            "a run recorded less well than the claim asks",
            certified(
                |c| c["claims"] = json!([{ "property": "WASM_SPECTRE_MITIGATED", "effect": "establishes", "invocation": "default", "lowestCapture": "confined" }]),
            ),
            "capture-too-low",
        ),
    ]
}
