//! A-CER: what a certification says of a run.

use serde_json::{Value, json};

use super::Case;
use crate::scenario::{Scenario, executable};

const RUN: &str = "compiler-runs";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![Case::allow(
        "cer/control",
        "control",
        "M-INVOCATION",
        "a run as it was certified",
        Scenario::small(),
    )];
    cases.extend(operations());
    cases.extend(paths());
    cases
}

/// The module is read under a name that the compiler would take for something else.
fn paths() -> Vec<Case> {
    let called = |argument: &str| {
        run(|report| {
            report["inputs"][0]["path"] = json!(argument.trim_start_matches("./"));
            report["operation"]["arguments"] = json!(["-o", "app.cwasm", argument]);
        })
    };
    let mut cases: Vec<Case> = [
        ("path-response-file", "@flags", "A-CER-08", "a file of arguments as the input"),
        ("path-option", "--mllvm=x", "A-CER-05", "an option as the input"),
        ("path-standard-input", "-", "A-CER-05", "standard input as the input"),
        ("path-plus", "+x", "A-CER-05", "an option of another sign as the input"),
        ("path-setting", "opt=0", "A-CER-05", "a setting as the input"),
        ("path-list", "a,-DEVIL", "A-CER-05", "an option in a list after the input"),
        ("path-search", "./a:b", "A-CER-05", "two paths in one"),
        ("path-assignment", "./a=b", "A-CER-05", "a setting after the input"),
        ("path-address", "fd:3/x", "A-CER-05", "an address as the input"),
    ]
    .into_iter()
    .map(|(name, argument, attack, title)| deny(name, attack, title, called(argument), "invocation-path"))
    .collect();
    let title = "a file of such a name, named as a file";
    cases.push(Case::allow("cer/path-named", "A-CER-08", "M-INVOCATION", title, called("./@flags")));
    cases
}

fn run(change: impl FnOnce(&mut Value)) -> Scenario {
    Scenario::small().with(RUN, |statement| change(&mut statement["predicate"]))
}

fn deny(path: &str, attack: &'static str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("cer/{path}"), attack, "M-INVOCATION", title, world, code)
}

fn operations() -> Vec<Case> {
    let arguments = |arguments: Value| run(|report| report["operation"]["arguments"] = arguments);
    let setting = |value: &str| run(|report| report["operation"]["settings"]["opt-level"] = value.into());
    let environment = |value: Value| run(|report| report["operation"]["environment"] = value);
    vec![
        deny(
            "setting-value",
            "A-CER-01",
            "a setting of another value",
            setting("none"),
            "invocation-settings",
        ),
        deny(
            "setting-spelling",
            "A-CER-01",
            "a setting spelt otherwise",
            setting("Speed"),
            "invocation-settings",
        ),
        deny(
            "setting-unknown",
            "A-CER-05",
            "a setting that nobody described",
            run(|report| report["operation"]["settings"]["plugin"] = json!("x.so")),
            "invocation-settings",
        ),
        deny(
            "setting-missing",
            "A-CER-04",
            "a setting that was not recorded",
            run(|report| report["operation"]["settings"] = json!({})),
            "invocation-settings",
        ),
        deny(
            "argument-repeated",
            "A-CER-02",
            "an option twice",
            arguments(json!(["-o", "app.cwasm", "-o", "app.cwasm", "app.wasm"])),
            "invocation-path",
        ),
        deny(
            "argument-extra",
            "A-CER-05",
            "one argument more",
            arguments(json!(["-o", "app.cwasm", "app.wasm", "--mllvm=x"])),
            "invocation-arguments",
        ),
        deny(
            "argument-joined",
            "A-CER-09",
            "two arguments in one",
            arguments(json!(["-o app.cwasm app.wasm"])),
            "invocation-arguments",
        ),
        deny(
            "argument-file",
            "A-CER-08",
            "arguments in a file",
            arguments(json!(["@flags", "app.cwasm", "app.wasm"])),
            "invocation-arguments",
        ),
        deny(
            "environment-unknown",
            "A-CER-07",
            "a variable that nobody described",
            environment(json!({ "WAMRC_LLC_COMPILER": { "value": "/bin/evil" } })),
            "invocation-environment",
        ),
        deny(
            "environment-value",
            "A-CER-07",
            "a variable of another value",
            environment(json!({ "LANG": { "value": "tr_TR" } })),
            "invocation-environment",
        ),
        deny(
            "environment-commitment",
            "A-CER-07",
            "a variable whose value is not told",
            environment(json!({ "LANG": { "commitment": executable("LANG") } })),
            "invocation-environment",
        ),
        Case::allow(
            "cer/environment-any",
            "A-CER-07",
            "M-INVOCATION",
            "a variable that may have any value, untold",
            environment(json!({ "HOME": { "commitment": executable("HOME") } })),
        ),
        deny(
            "environment-missing",
            "A-CER-07",
            "no record of the environment",
            run(|report| drop(report["operation"].as_object_mut().and_then(|o| o.remove("environment")))),
            "no-report",
        )
        .discards(&["statement-malformed"]),
        deny(
            "exit-one",
            "A-CER-21",
            "a run that failed",
            run(|report| report["operation"]["exit"] = json!({ "code": 1 })),
            "invocation-exit-status",
        ),
        deny(
            "exit-signal",
            "A-CER-21",
            "a run that was killed",
            run(|report| report["operation"]["exit"] = json!({ "signal": 9 })),
            "invocation-exit-status",
        ),
        deny(
            "program",
            "A-CER-22",
            "the tool was called by another name",
            run(|report| report["operation"]["program"] = json!("compiler-g")),
            "invocation-program",
        ),
    ]
}
