//! What a run must be for a claim (rules M-VOTE, M-INVOCATION, M-CAPTURE).

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{MITIGATED, Part, Scenario, artifact, executable, sha256};

const OWNER: &str = "cloud-provider";
const RUN: &str = "compiler-runs";
const CERTIFICATION: &str = "north-certifies-compiler";
const REQUIRE: &str = "  require: WASM_SPECTRE_MITIGATED\n";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = inspections();
    cases.extend(preserving());
    cases.extend(invocations());
    cases.extend(measured());
    cases
}

pub(super) fn allow(name: &str, rule: &'static str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("sem/{name}"), "rule", rule, title, world)
}

/// Beside the vector that `beside` names.
pub(super) fn deny(
    name: &str,
    rule: &'static str,
    title: &str,
    world: Scenario,
    code: &str,
    beside: &str,
) -> Case {
    let beside = format!("sem/{beside}");
    Case::deny(&format!("sem/{name}"), "rule", rule, title, world, code).beside(&beside)
}

/// An inspection of two files, one as code and one as a list; both have findings.
fn inspections() -> Vec<Case> {
    let world = |deployed: &str| {
        let mut tool = Part::inspector("north");
        tool.change(|statement| {
            statement["predicate"]["invocations"]["default"]["arguments"] =
                json!([{ "input": "code" }, { "input": "list" }]);
        });
        let both = ["app.wasm", "app.list"];
        let mut run = Part::report("inspector", "inspection", &both, &both, &both);
        let finding = |path| json!({ "sha256": artifact(path), "property": "WASM_VALIDATED" });
        run.change(|statement| statement["predicate"]["findings"] = json!(both.map(finding)));
        let world = Scenario::small().without(RUN).and(tool).and(run);
        world.with_policy(OWNER, REQUIRE, "  require: WASM_VALIDATED\n").deploying(&artifact(deployed))
    };
    let of_the_list = world("app.wasm").with("inspector-runs", |statement| {
        if let Some(findings) = statement["predicate"]["findings"].as_array_mut() {
            findings.remove(0);
        }
    });
    vec![
        allow("inspected-as-code", "M-VOTE", "one of two inspected files", world("app.wasm")),
        deny(
            "inspected-as-a-list",
            "M-VOTE",
            "the other of two inspected files",
            world("app.list"),
            "output-role",
            "inspected-as-code",
        ),
        deny(
            "found-of-the-other",
            "M-VOTE",
            "a finding about the other of two inspected files",
            of_the_list,
            "property-not-found",
            "inspected-as-code",
        ),
    ]
}

/// A tool that joins code and a list, and preserves what the code has.
fn preserving() -> Vec<Case> {
    let world = |from: &[&str]| {
        let mut tool = Part::linker("north", "strip");
        tool.change(|statement| {
            statement["predicate"]["invocations"]["default"]["arguments"] =
                json!([{ "output": "code" }, { "input": "list" }]);
        });
        let mut run = Part::linking("strip", from, "app.stripped");
        run.change(|statement| {
            statement["predicate"]["operation"]["arguments"] = json!(["app.stripped", "app.list"]);
        });
        Scenario::small().and(tool).and(run).deploying(&artifact("app.stripped"))
    };
    let sound = || world(&["app.cwasm", "app.list"]);
    let with =
        |change: fn(&mut Value)| sound().with("north-certifies-strip", |s| change(&mut s["predicate"]));
    vec![
        allow("preserved-of-code", "M-VOTE", "code that has the property, and a list that has not", sound()),
        deny(
            "preserved-of-no-code",
            "M-VOTE",
            "a step from a list alone",
            world(&["app.list"]),
            "step-without-code",
            "preserved-of-code",
        ),
        deny(
            "preserved-by-the-invoker",
            "M-CAPTURE",
            "inputs that only the invoker vouches for",
            sound().with("strip-runs", |s| s["predicate"]["capture"] = json!("declared")),
            "capture-too-low",
            "preserved-of-code",
        ),
        deny(
            "every-property-of-another-catalogue",
            "M-VOTE",
            "what another catalogue calls preservable",
            with(|c| c["catalogue"] = json!(sha256("another catalogue"))),
            "property-not-claimed",
            "preserved-of-code",
        ),
        allow(
            "named-under-another-catalogue",
            "M-VOTE",
            "a property that is named, under another catalogue",
            with(|c| {
                c["catalogue"] = json!(sha256("another catalogue"));
                c["claims"][0]["property"] = json!(MITIGATED);
            }),
        ),
    ]
}

fn invocations() -> Vec<Case> {
    let level = |found: &'static str| {
        let certified = |statement: &mut Value| {
            let arguments = &mut statement["predicate"]["invocations"]["default"]["arguments"];
            arguments[0] = json!({ "oneOf": ["-O1", "-O2"] });
        };
        Scenario::small().with(CERTIFICATION, certified).with(RUN, |statement| {
            statement["predicate"]["operation"]["arguments"][0] = json!(found);
        })
    };
    // Two inputs, of which the run names the one twice.
    let twice = |second: &'static str| {
        let certified = |statement: &mut Value| {
            let arguments = &mut statement["predicate"]["invocations"]["default"]["arguments"];
            arguments[3] = json!({ "input": second });
        };
        let arguments =
            json!([{ "is": "-o" }, { "output": "code" }, { "input": "code" }, { "input": "code" }]);
        let four = |statement: &mut Value| {
            statement["predicate"]["invocations"]["default"]["arguments"] = arguments;
        };
        Scenario::small().with(CERTIFICATION, four).with(CERTIFICATION, certified).with(RUN, |statement| {
            statement["predicate"]["operation"]["arguments"] =
                json!(["-o", "app.cwasm", "app.wasm", "app.wasm"]);
        })
    };
    let arguments = |arguments: Value| {
        Scenario::small().with(RUN, |s| s["predicate"]["operation"]["arguments"] = arguments)
    };
    let written = |path: &str| {
        let world = arguments(json!(["-o", path, "app.wasm"]));
        world.with(RUN, |statement| statement["subject"][0]["name"] = json!(path.trim_start_matches("./")))
    };
    let claim = |lowest: &'static str| {
        Scenario::small().with(CERTIFICATION, |statement| {
            statement["predicate"]["claims"][1]["lowestCapture"] = json!(lowest);
        })
    };
    let rule = "M-INVOCATION";
    vec![
        allow("argument-listed", rule, "an argument among those listed", level("-O2")),
        deny(
            "argument-not-listed",
            rule,
            "an argument that is not listed",
            level("-O3"),
            "invocation-arguments",
            "argument-listed",
        ),
        deny(
            "argument-missing",
            rule,
            "fewer arguments than described",
            arguments(json!(["-o", "app.cwasm"])),
            "invocation-arguments",
            "control",
        ),
        allow("input-named-twice", rule, "one input, named twice in one role", twice("code")),
        deny(
            "input-in-two-roles",
            rule,
            "one input, named in two roles",
            twice("list"),
            "invocation-roles",
            "input-named-twice",
        ),
        allow("output-plainly-a-path", rule, "an output that no tool takes for more", written("./@out")),
        deny(
            "output-like-a-response-file",
            rule,
            "an output that a tool could take for a response file",
            written("@out"),
            "invocation-path",
            "output-plainly-a-path",
        ),
        allow("capture-as-claimed", "M-CAPTURE", "a run recorded as well as the claim asks", claim("self")),
        allow("capture-above", "M-CAPTURE", "a run recorded better than the claim asks", claim("declared")),
    ]
}

/// What ran, and what was loaded.
fn measured() -> Vec<Case> {
    let file = |name: &str| json!({ "path": format!("/lib/{name}"), "sha256": executable(name) });
    let run = |change: &dyn Fn(&mut Value)| {
        Scenario::small().with(RUN, |statement| change(&mut statement["predicate"]["tool"])).with(
            CERTIFICATION,
            |statement| {
                statement["predicate"]["closure"] =
                    json!([{ "name": "helper", "sha256": executable("helper") }]);
            },
        )
    };
    let ran = |name: &str| {
        run(&|tool| {
            if let Some(executables) = tool["executables"].as_array_mut() {
                executables.push(file(name));
            }
        })
    };
    let loaded = |name: &str| run(&|tool| tool["libraries"] = json!({ "measured": [file(name)] }));
    vec![
        allow("helper-ran", "M-VOTE", "a second executable of the closure", ran("helper")),
        deny(
            "another-ran",
            "M-VOTE",
            "a second executable outside the closure",
            ran("other"),
            "tool-closure",
            "helper-ran",
        ),
        allow("helper-loaded", "M-VOTE", "a library of the closure", loaded("helper")),
        deny(
            "another-loaded",
            "M-VOTE",
            "a library outside the closure",
            loaded("other"),
            "tool-closure",
            "helper-loaded",
        ),
    ]
}
