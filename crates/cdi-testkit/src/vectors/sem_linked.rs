//! What may show something of a run's input, where a policy asks for inputs that are linked (rule M-LINKED).

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{Part, Scenario, artifact, key_id};

const OWNER: &str = "cloud-provider";
const LINKED: &str = "sem/linked";
const MADE: &str = "app.cwasm";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = preserved();
    cases.extend(inspected());
    cases.extend(histories());
    cases
}

fn allow(name: &str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("sem/{name}"), "rule", "M-LINKED", title, world)
}

fn deny(name: &str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("sem/{name}"), "rule", "M-LINKED", title, world, code).beside(LINKED)
}

fn asking(world: Scenario) -> Scenario {
    world.with_policy(OWNER, "custody: software", "custody: software\n    inputs: linked")
}

/// Lets the first input of a run name these reports.
fn naming(world: Scenario, run: &str, reports: &[String]) -> Scenario {
    world.with(run, |statement| statement["predicate"]["inputs"][0]["reports"] = json!(reports))
}

fn id(world: &Scenario, part: &str) -> String {
    cdi_types::StatementId::of(&world.part(part).payload).to_string()
}

/// A compiled artifact, stripped by a tool that preserves what it has. The policy is about what was stripped.
fn stripped() -> Scenario {
    Scenario::small()
        .and(Part::linker("north", "strip"))
        .and(Part::linking("strip", &[MADE], "app.stripped"))
        .deploying(&artifact("app.stripped"))
}

/// A run of another tool that made the very same artifact, and of which nothing is claimed but that it is a step.
fn with_another_maker(world: Scenario) -> Scenario {
    let mut certification = Part::linker("north", "other");
    certification.change(|statement| {
        statement["predicate"]["claims"] =
            json!([{ "property": "STEP", "effect": "establishes", "invocation": "default" }]);
    });
    world.and(certification).and(Part::linking("other", &["app.wasm"], MADE))
}

fn preserved() -> Vec<Case> {
    let named = |world: Scenario, part: &str| {
        let reports = [id(&world, part)];
        naming(world, "strip-runs", &reports)
    };
    let sound = || named(asking(stripped()), "compiler-runs");
    let two = |part: &str| named(asking(with_another_maker(stripped())), part);
    let both = {
        let world = asking(with_another_maker(stripped()));
        let reports = [id(&world, "other-runs"), id(&world, "compiler-runs")];
        naming(world, "strip-runs", &reports)
    };
    let removed = two("compiler-runs").with_policy(
        OWNER,
        "inputs: linked",
        &format!("inputs: linked\n    forbid: {{reportKeys: [\"{}\"]}}", key_id("compiler")),
    );
    let of_something_else = {
        let world = asking(stripped()).and(Part::linking("other", &["app.wasm"], "elsewhere"));
        named(world.and(Part::linker("north", "other")), "other-runs")
    };
    let assumed = asking(stripped()).without("compiler-runs").with_policy(
        OWNER,
        "inputs: linked",
        &format!(
            "inputs: linked\n    assume: [{{property: WASM_SPECTRE_MITIGATED, artifact: \"{}\"}}]",
            artifact(MADE)
        ),
    );
    vec![
        allow("linked", "an input whose run is named", sound()),
        allow("linked-not-asked", "an input of which nothing is named, and nobody asks", stripped()),
        allow("linked-to-both", "an input of which two runs are named, one of them good", both),
        allow("linked-assumed", "an input of which the policy itself assumes the property", assumed),
        deny(
            "linked-to-nothing",
            "an input of which nothing is named",
            asking(stripped()),
            "input-not-linked",
        ),
        deny(
            "linked-to-what-is-missing",
            "an input whose named run is not there, and another run made the same",
            two("other-runs").without("other-runs"),
            "input-not-linked",
        ),
        deny(
            "linked-to-another-maker",
            "an input whose named run does not give the property, and another one would",
            two("other-runs"),
            "property-lost",
        ),
        deny(
            "linked-to-what-is-removed",
            "an input whose named run the policy forbids",
            removed,
            "input-not-linked",
        ),
        deny(
            "linked-to-another-output",
            "an input whose named run made something else",
            of_something_else,
            "input-not-linked",
        ),
        Case::load_error(
            "sem/linked-unknown-word",
            "rule",
            "P-TRUST",
            "another word for what may show something of an input",
            asking(stripped()).with_policy(OWNER, "inputs: linked", "inputs: named"),
            "policy-malformed",
        )
        .beside(LINKED),
    ]
}

fn inspected() -> Vec<Case> {
    let world = || {
        let world = stripped().and(Part::inspector("north")).and(Part::inspecting(MADE));
        asking(world).with_policy(OWNER, "require: WASM_SPECTRE_MITIGATED", "require: WASM_VALIDATED")
    };
    let linked = |part: &str| {
        let world = world();
        let reports = [id(&world, part)];
        naming(world, "strip-runs", &reports)
    };
    vec![
        allow(
            "linked-and-inspected",
            "an inspection of an input whose run is named",
            linked("compiler-runs"),
        ),
        deny(
            "linked-to-an-inspection",
            "an input of which an inspection is named for the run that made it",
            linked("inspector-runs"),
            "input-not-linked",
        )
        .beside("sem/linked-and-inspected"),
        deny(
            "inspected-and-not-linked",
            "an inspection of an input of which nothing is named",
            world(),
            "input-not-linked",
        )
        .beside("sem/linked-and-inspected"),
    ]
}

/// A history of two steps.
fn histories() -> Vec<Case> {
    let world = || {
        let world = Scenario::linked(&["o"], "middle", &["o"])
            .and(Part::linker("north", "last"))
            .and(Part::linking("last", &["middle"], "app"));
        asking(world).deploying(&artifact("app"))
    };
    let linked = || {
        let world = world();
        let reports = [id(&world, "linker-runs")];
        naming(world, "last-runs", &reports)
    };
    let origin_named_wrongly = {
        let change = |statement: &mut Value| {
            statement["predicate"]["inputs"][0]["reports"] = json!([artifact("no report")]);
        };
        let world = world().with("linker-runs", change);
        let reports = [id(&world, "linker-runs")];
        naming(world, "last-runs", &reports)
    };
    vec![
        allow(
            "linked-history",
            "a history whose first step reads an origin, and the second names the first",
            linked(),
        ),
        allow(
            "linked-origin",
            "an origin of which a report is named that is not there",
            origin_named_wrongly,
        ),
        deny("linked-history-gap", "a second step that does not name the first", world(), "input-not-linked")
            .beside("sem/linked-history"),
    ]
}
