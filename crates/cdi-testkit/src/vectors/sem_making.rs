//! Properties of making: true of one run, never of bytes alone (rule M-MAKING).

use serde_json::json;

use super::Case;
use crate::scenario::{Part, Scenario, artifact};

const OWNER: &str = "cloud-provider";
const TEE: &str = "BUILT_IN_TEE";

pub(super) fn cases() -> Vec<Case> {
    let stripped = built()
        .and(Part::linker("north", "strip"))
        .and(Part::linking("strip", &["app.cwasm"], "app.stripped"))
        .deploying(&artifact("app.stripped"));
    vec![
        Case::allow(
            "sem/making",
            "rule",
            "M-MAKING",
            "a property of making that the tool that made the artifact establishes",
            built(),
        ),
        deny("making-unclaimed", "a property of making that nobody claims", asking(Scenario::small())),
        deny(
            "making-found-in-bytes",
            "a property of making that an inspection finds in the artifact",
            found(),
        ),
        deny("making-of-an-input", "a property of making of the run before the last one", stripped),
    ]
}

fn deny(name: &str, title: &str, world: Scenario) -> Case {
    Case::deny(&format!("sem/{name}"), "rule", "M-MAKING", title, world, "property-not-claimed")
        .beside("sem/making")
}

fn asking(world: Scenario) -> Scenario {
    world.with_policy(OWNER, "require: WASM_SPECTRE_MITIGATED", &format!("require: {TEE}"))
}

fn built() -> Scenario {
    asking(Scenario::small()).with("north-certifies-compiler", |statement| {
        let claim = json!({ "property": TEE, "effect": "establishes", "invocation": "default" });
        statement["predicate"]["claims"].as_array_mut().into_iter().for_each(|all| all.push(claim.clone()));
    })
}

fn found() -> Scenario {
    let claims = json!([{ "property": TEE, "effect": "attests", "invocation": "default" }]);
    let mut certification = Part::inspector("north");
    certification.change(|statement| statement["predicate"]["claims"] = claims);
    let mut report = Part::inspecting("app.cwasm");
    report.change(|statement| {
        statement["predicate"]["findings"] = json!([{ "sha256": artifact("app.cwasm"), "property": TEE }]);
    });
    asking(Scenario::small()).and(certification).and(report)
}
