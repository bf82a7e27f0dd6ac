//! Traces of runs that were watched: one that fits its report, and ones that do not.

use serde_json::{Value, json};

use super::Case;
use super::discarded::{RUN, discarded, put};
use crate::scenario::Scenario;

/// A trace of the small world's run: one program, one input, one output.
fn trace() -> Value {
    json!({
        "programs": [{ "executable": 0, "exit": { "code": 0 } }],
        "reads": [{ "by": 0, "files": [0] }],
        "writes": [{ "by": 0, "files": [0] }],
        "files": [{ "path": "/tmp/app.s", "by": 0, "uses": ["created", "removed"] }],
        "sockets": ["inet"],
        "absent": 3,
        "refused": 0,
    })
}

fn traced(trace: Value) -> Scenario {
    Scenario::small().with(RUN, move |statement| {
        put(statement, "/predicate/capture", json!("traced"));
        put(statement, "/predicate/trace", trace);
    })
}

pub(super) fn cases() -> Vec<Case> {
    let (inconsistent, twice) = ("trace-inconsistent", "predicate-duplicate");
    let mut cases = vec![Case::allow(
        "fmt/trace",
        "A-CAP-12",
        "F-TRACE",
        "a report with a trace that fits it",
        traced(trace()),
    )];
    let misplaced = Scenario::small().with(RUN, |statement| put(statement, "/predicate/trace", trace()));
    let title = "a trace of a run that nobody watched";
    cases.push(discarded("fmt/trace-of-self", "rule", "F-TRACE", title, RUN, misplaced, "trace-misplaced"));
    for (name, pointer, value, code) in [
        ("trace-of-no-program", "/programs", json!([]), "predicate-empty-list"),
        ("trace-executable-beyond", "/programs/0/executable", json!(1), inconsistent),
        ("trace-tool-with-a-parent", "/programs/0/parent", json!(0), inconsistent),
        ("trace-input-beyond", "/reads/0/files/0", json!(1), inconsistent),
        ("trace-input-untold", "/reads/0/files", json!([]), inconsistent),
        ("trace-input-twice", "/unread", json!([0]), twice),
        ("trace-output-beyond", "/writes/0/files/0", json!(1), inconsistent),
        ("trace-file-by-nobody", "/files/0/by", json!(1), inconsistent),
        ("trace-file-for-nothing", "/files/0/uses", json!([]), "predicate-empty-list"),
        ("trace-file-is-input", "/files/0/path", json!("app.wasm"), twice),
        ("trace-family-twice", "/sockets", json!(["inet", "inet"]), twice),
        ("trace-use-of-another-word", "/files/0/uses/0", json!("touched"), "statement-malformed"),
        ("trace-member-unknown", "/network", json!([]), "statement-malformed"),
    ] {
        let mut changed = json!({ "trace": trace() });
        put(&mut changed, &format!("/trace{pointer}"), value);
        let title = format!("a trace that does not fit: {}", name.replace('-', " "));
        let world = traced(changed["trace"].take());
        let case = discarded(&format!("fmt/{name}"), "rule", "F-TRACE", &title, RUN, world, code);
        cases.push(case.beside("fmt/trace"));
    }
    cases
}
