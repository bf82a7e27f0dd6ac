//! A-DAG-09 to 20: subjects and paths.

use serde_json::json;

use super::Case;
use crate::scenario::{Scenario, artifact};

const RUN: &str = "compiler-runs";
pub(super) fn cases() -> Vec<Case> {
    subjects()
}

fn gap(path: &str, attack: &'static str, title: &str, world: Scenario, code: &str) -> Case {
    let rule = if code == "no-report" { "M-CONNECTED" } else { "M-VOTE" };
    Case::deny(path, attack, rule, title, world, code)
}

fn push(list: &mut serde_json::Value, element: serde_json::Value) {
    if let Some(list) = list.as_array_mut() {
        list.push(element);
    }
}

fn subjects() -> Vec<Case> {
    let three = |deployed: &str| {
        let mut world = Scenario::small().deploying(&artifact(deployed)).with(RUN, |statement| {
            let more = ["app.log", "app.su"]
                .map(|path| json!({ "name": path, "digest": { "sha256": artifact(path) } }));
            if let Some(subjects) = statement["subject"].as_array_mut() {
                subjects.splice(0..0, more);
            }
            statement["predicate"]["operation"]["arguments"] =
                json!(["-o", "app.cwasm", "app.wasm", "--log", "app.log"]);
        });
        world = world.with("north-certifies-compiler", |statement| {
            statement["predicate"]["invocations"]["default"]["arguments"] =
                json!([{ "is": "-o" }, { "output": "code" }, { "input": "code" }, { "is": "--log" }, { "output": "log" }]);
        });
        world
    };
    let none =
        |value: serde_json::Value| Scenario::small().with(RUN, |statement| statement["subject"] = value);
    let mut missing = Scenario::small();
    missing = missing
        .with(RUN, |statement| drop(statement.as_object_mut().and_then(|members| members.remove("subject"))));
    let without = |path: &str, title: &str, world, code| {
        Case::deny(path, "A-DAG-11", "F-SUBJECT", title, world, "no-report").discards(&[code])
    };
    let twice = Scenario::small().with(RUN, |statement| {
        let again = statement["subject"][0].clone();
        push(&mut statement["subject"], again);
    });
    let mut cases = vec![
        gap(
            "dag/other-artifact",
            "A-DAG-09",
            "other bytes are deployed",
            Scenario::small().deploying(&artifact("other")),
            "no-report",
        ),
        Case::allow(
            "dag/third-subject",
            "A-DAG-10",
            "M-VOTE",
            "the code is one of three outputs",
            three("app.cwasm"),
        ),
        gap("dag/by-product", "A-DAG-10", "the log is deployed", three("app.log"), "output-role")
            .beside("dag/third-subject"),
        gap(
            "dag/unnamed-by-product",
            "A-DAG-10",
            "an output without a role is deployed",
            three("app.su"),
            "output-role",
        )
        .beside("dag/third-subject"),
        without("dag/no-subject", "a report about nothing", none(json!([])), "statement-without-subject"),
        without("dag/subject-missing", "a report without subjects", missing, "statement-without-subject"),
        without(
            "dag/subject-without-digest",
            "a subject that is only a name",
            none(json!([{ "name": "app.cwasm" }])),
            "subject-without-sha256",
        ),
        without("dag/subject-null", "subjects that are null", none(json!(null)), "statement-malformed"),
        without(
            "dag/subject-without-path",
            "a subject of a report without a path",
            none(json!([{ "digest": { "sha256": artifact("app.cwasm") } }])),
            "predicate-wrong-subject",
        ),
        without("dag/subject-path-twice", "two subjects of one path", twice, "predicate-duplicate"),
    ];
    for (name, path) in [
        ("dot", "./app.wasm"),
        ("parent", "x/../app.wasm"),
        ("slash-at-end", "app.wasm/"),
        ("two-slashes", "//app.wasm"),
        ("nfd", "cafe\u{301}"),
        ("empty", ""),
        ("line-feed", "app\n.wasm"),
    ] {
        let world = Scenario::small()
            .with(RUN, |statement| statement["predicate"]["inputs"][0]["path"] = path.into());
        let title = format!("an input's path is not in normal form: {name}");
        let case = Case::deny(&format!("dag/path-{name}"), "A-DAG-20", "F-PATH", &title, world, "no-report");
        cases.push(case.discards(&["statement-malformed"]));
    }
    let hidden = Scenario::small().with(RUN, |statement| {
        let input = json!({ "path": "app.wasm", "sha256": artifact("hidden") });
        push(&mut statement["predicate"]["inputs"], input);
    });
    let title = "two inputs of one path";
    cases.push(
        Case::deny("dag/path-twice", "A-DAG-20", "F-REPORT", title, hidden, "no-report")
            .discards(&["predicate-duplicate"]),
    );
    cases
}
