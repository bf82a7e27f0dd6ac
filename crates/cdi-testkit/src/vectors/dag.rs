//! A-DAG: reports, and how they hang together.

use serde_json::json;

use super::Case;
use crate::scenario::{Part, Scenario, artifact, sha256};

const RUN: &str = "compiler-runs";
const NO_ORIGIN: &str = "origin-not-accepted";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::allow("dag/control", "control", "M-COMPLETE", "a run from an origin", Scenario::history()),
        Case::allow("dag/chain", "control", "M-COMPLETE", "three runs from an origin", chain(3)),
    ];
    cases.extend(gaps());
    cases.extend(cycles());
    cases.extend(diamonds());
    cases
}

fn gap(path: &str, attack: &'static str, title: &str, world: Scenario, code: &str) -> Case {
    let rule = match (attack, path) {
        ("A-DAG-18", _) => "M-ORIGIN",
        (_, "dag/inputs-by-the-invoker") => "M-CAPTURE",
        (_, "dag/input-not-recorded") => "M-INVOCATION",
        _ => "M-COMPLETE",
    };
    Case::deny(path, attack, rule, title, world, code)
}

/// A chain of linkers `link-1` to `link-n` from `stage-0`, which is the developer's; then the artifact `stage-n`.
fn chain(length: usize) -> Scenario {
    let mut world = Scenario::linked(&["x"], "y", &["stage-0"]).without("linker-runs");
    for index in 1..=length {
        let (from, to) = (format!("stage-{}", index - 1), format!("stage-{index}"));
        world.parts.push(Part::linking("linker", &[&from], &to).named(&format!("run-{index}")));
    }
    world.deploying(&artifact(&format!("stage-{length}")))
}

fn gaps() -> Vec<Case> {
    let mut cases: Vec<Case> = (1..=5)
        .map(|missing| {
            let world = chain(5).without(&format!("run-{missing}"));
            let code = if missing == 5 { "no-report" } else { NO_ORIGIN };
            let title = format!("run {missing} of five is missing");
            gap(&format!("dag/missing-run-{missing}"), "A-DAG-01", &title, world, code)
        })
        .collect();
    let hint = Scenario::small().with(RUN, |statement| {
        statement["predicate"]["inputs"][0]["reports"] = json!([sha256("no report")]);
    });
    let unlinked = chain(2).with("run-2", |statement| {
        let other = artifact("bytes that run 1 did not make");
        statement["predicate"]["inputs"][0]["sha256"] = json!(other);
        statement["predicate"]["inputs"][0]["reports"] = json!([chain(2).id("run-1")]);
    });
    let tampered = Scenario::history().with(RUN, |statement| {
        statement["predicate"]["inputs"][0]["sha256"] = json!(artifact("app.wasm, one byte changed"));
    });
    let no_inputs = chain(1).with("run-1", |statement| statement["predicate"]["inputs"] = json!([]));
    let unnamed = Scenario::small().with(RUN, |statement| statement["predicate"]["inputs"] = json!([]));
    let attacker = Scenario::history().without("origin");
    let by_mallory = attacker.clone().and(Part::origin("mallory", "binary", &["app.wasm"]));
    let other_kind = attacker.clone().and(Part::origin("developer", "toolchain", &["app.wasm"]));
    let itself = attacker.clone().without(RUN).and(Part::origin("developer", "binary", &["app.cwasm"]));
    let declared = chain(1).with("run-1", |statement| statement["predicate"]["capture"] = json!("declared"));
    let extra = chain(1).with("run-1", |statement| {
        let input = json!({ "path": "unaccounted", "sha256": artifact("unaccounted") });
        push(&mut statement["predicate"]["inputs"], input);
    });
    cases.extend([
        Case::allow("dag/dangling-hint", "A-DAG-01", "M-VOTE", "a hint at a report that is not there", hint),
        gap(
            "dag/no-inputs",
            "A-DAG-02",
            "a run that says that it read nothing",
            no_inputs,
            "step-without-code",
        ),
        gap(
            "dag/input-not-recorded",
            "A-DAG-02",
            "a run whose argument names no recorded input",
            unnamed,
            "invocation-path",
        )
        .beside("cry/control"),
        gap(
            "dag/inputs-by-the-invoker",
            "A-DAG-02",
            "the invoker named the inputs",
            declared,
            "capture-too-low",
        )
        .beside("dag/chain"),
        gap("dag/unaccounted-input", "A-DAG-02", "an input that nobody accounts for", extra, NO_ORIGIN)
            .beside("dag/chain"),
        gap(
            "dag/link-without-bytes",
            "A-DAG-03",
            "a report that is named, of other bytes",
            unlinked,
            NO_ORIGIN,
        )
        .beside("dag/chain"),
        gap(
            "dag/changed-between",
            "A-DAG-04",
            "the module was changed before it was compiled",
            tampered,
            NO_ORIGIN,
        ),
        gap(
            "dag/attacker-module",
            "A-DAG-18",
            "an honest compilation of a module of nobody",
            attacker,
            NO_ORIGIN,
        ),
        gap(
            "dag/attacker-origin",
            "A-DAG-18",
            "an honest compilation of a module of somebody else",
            by_mallory,
            NO_ORIGIN,
        )
        .discards(&["issuer-key-unknown"]),
        gap(
            "dag/origin-of-another-kind",
            "A-DAG-18",
            "an origin of a kind that the policy does not name",
            other_kind,
            NO_ORIGIN,
        ),
        gap(
            "dag/origin-of-the-artifact",
            "A-DAG-18",
            "the developer calls the artifact itself an origin",
            itself,
            "no-report",
        ),
    ]);
    cases
}

fn push(list: &mut serde_json::Value, element: serde_json::Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(element);
    }
}

fn cycles() -> Vec<Case> {
    let ring = |length: usize| {
        let mut world = chain(length);
        let last = format!("stage-{length}");
        world = world.without("run-1").and(Part::linking("linker", &[&last], "stage-1").named("run-1"));
        world
    };
    let mut cases: Vec<Case> = (1..=5)
        .map(|length| {
            let title = format!("{length} runs in a ring");
            gap(&format!("dag/ring-of-{length}"), "A-DAG-05", &title, ring(length), "input-incomplete")
                .beside("dag/chain")
        })
        .collect();
    let beside = chain(2).and(Part::linking("linker", &["stage-2"], "stage-1").named("back"));
    cases.push(Case::allow(
        "dag/ring-beside",
        "A-DAG-05",
        "M-FIXPOINT",
        "a ring beside a way to an origin",
        beside,
    ));
    let inspected = Scenario::history().and(Part::inspector("north")).and(Part::inspecting("app.wasm"));
    let title = "an inspection, whose input is its subject";
    cases.push(Case::allow("dag/inspection", "A-DAG-05", "M-FIXPOINT", title, inspected));
    cases
}

fn diamonds() -> Vec<Case> {
    let mut world = chain(1).without("run-1").without("origin");
    world = world.and(Part::origin("developer", "binary", &["l0a", "l0b"]));
    for layer in 1..=4 {
        let below = [format!("l{}a", layer - 1), format!("l{}b", layer - 1)];
        let below = below.each_ref().map(String::as_str);
        for side in ["a", "b"] {
            let to = format!("l{layer}{side}");
            world.parts.push(Part::linking("linker", &below, &to).named(&to));
        }
    }
    let world = world.deploying(&artifact("l4a"));
    let missing = world.clone().without("l1b");
    let mut reversed = Scenario::full();
    reversed.parts.reverse();
    let mut rotated = Scenario::full();
    rotated.parts.rotate_left(5);
    vec![
        Case::allow("dag/diamond", "A-DAG-06", "M-FIXPOINT", "four layers of two, each of both below", world),
        gap("dag/diamond-broken", "A-DAG-06", "a diamond with a hole", missing, NO_ORIGIN)
            .beside("dag/diamond"),
        Case::allow("dag/full", "control", "P-DECIDE", "the whole world", Scenario::full()),
        Case::allow(
            "dag/order-reversed",
            "A-DAG-22",
            "F-BUNDLE",
            "the whole world, its lines reversed",
            reversed,
        ),
        Case::allow(
            "dag/order-rotated",
            "A-DAG-22",
            "F-BUNDLE",
            "the whole world, its lines rotated",
            rotated,
        ),
    ]
}
