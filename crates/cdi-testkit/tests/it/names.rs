//! A-POL-18: what a tool writes about itself, or an authority about a tool, is for people. No policy can ask for it, and no
//! decision changes with it.

use cdi_policy::{Catalogues, Policy};
use cdi_testkit::scenario::Scenario;
use serde_json::{Value, json};

#[test]
fn no_policy_can_ask_for_a_name() {
    let (catalogues, sound) = (Catalogues::builtin().unwrap(), Scenario::small().policies[0].1.clone());
    let load = |text: &str| Policy::load(text.as_bytes(), &catalogues);
    load(&sound).unwrap();
    let asking = [
        ("require: WASM_SPECTRE_MITIGATED", "require: {tool: compiler}"),
        ("require: WASM_SPECTRE_MITIGATED", "require: {name: compiler}"),
        ("require: WASM_SPECTRE_MITIGATED", "require: {supplier: acme}"),
        ("require: WASM_SPECTRE_MITIGATED", "require: {allOf: [{tool: {name: compiler}}]}"),
        ("require: WASM_SPECTRE_MITIGATED", "require: WASM_SPECTRE_MITIGATED\n  tools: [{name: compiler}]"),
        (
            "require: WASM_SPECTRE_MITIGATED",
            "require: WASM_SPECTRE_MITIGATED\n  forbid: {tools: [{name: compiler}]}",
        ),
        (
            "require: WASM_SPECTRE_MITIGATED",
            "require: WASM_SPECTRE_MITIGATED\n  forbid: {authorities: [north]}",
        ),
        ("require: WASM_SPECTRE_MITIGATED", "require: WASM_SPECTRE_MITIGATED\n  builder: compiler"),
        (
            "require: WASM_SPECTRE_MITIGATED",
            "require: WASM_SPECTRE_MITIGATED\n  annotations: {reviewed: true}",
        ),
    ];
    for (from, to) in asking {
        let text = sound.replace(from, to);
        assert_ne!(text, sound);
        let error = load(&text).unwrap_err();
        assert!(
            ["policy-malformed", "key-not-spki"].contains(&error.code()),
            "{to}: {error} [{}]",
            error.code()
        );
    }
}

#[test]
fn names_and_annotations_change_no_decision() {
    let world = Scenario::full();
    let expected = world.decide();
    let annotations = json!({ "verdict": "allow", "properties": ["CODE_SANDBOXING"] });
    let changed = |part: &str, change: &dyn Fn(&mut Value)| world.clone().with(part, change).decide();
    for other in ["north", "wamrc", "CODE_SANDBOXING", "x"] {
        let told = changed("north-certifies-compiler", &|statement| {
            statement["predicate"]["tool"] = json!({ "name": other, "version": "9.9.9", "supplier": other });
            statement["predicate"]["annotations"] = annotations.clone();
        });
        assert_eq!(told.verdict, expected.verdict, "{other}");
        let told = changed("compiler-runs", &|statement| {
            statement["predicate"]["annotations"] = annotations.clone()
        });
        assert_eq!(told.verdict, expected.verdict, "{other}");
        let told =
            changed("west-endorses-west-lab", &|statement| statement["predicate"]["name"] = json!(other));
        assert_eq!(told.verdict, expected.verdict, "{other}");
    }
    // What would be refused is not let in by what it says of itself.
    let refused = world.without("inspector-runs").with("compiler-runs", |statement| {
        statement["predicate"]["annotations"] = annotations.clone();
    });
    assert_ne!(refused.decide().verdict, expected.verdict);
}
