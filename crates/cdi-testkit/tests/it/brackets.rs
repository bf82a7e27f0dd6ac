//! A-DOS-02: what is nested deeply is refused, wherever it stands, and needs no stack to be refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use cdi_testkit::scenario::{Outcome, Part, Scenario, Verdict};
use serde_json::Value;

/// How much of a stack there is.
const STACK: usize = 256 << 10;

/// Where brackets are opened; all of it is about the small world, whose only report is needed.
fn worlds(open: &str, close: &str, depth: usize) -> Vec<(&'static str, Scenario)> {
    let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let endless = open.repeat(depth);
    let (small, report) = (Scenario::small, "compiler-runs");
    let member = |text: &str| format!("\"annotations\":{text},\"algorithms\":");
    let line = |text: &str| Part { line: Some(text.into()), ..Part::new("line", "nobody", &Value::Null) };
    vec![
        ("the whole of a line", small().without(report).and(line(&nested))),
        ("a line that does not end", small().without(report).and(line(&endless))),
        ("a member of the envelope that nobody reads", {
            small().with_line_text(report, "{\"payload\"", &format!("{{\"x\":{nested},\"payload\""))
        }),
        ("the payload", small().with_payload(report, |_| nested.clone().into_bytes())),
        ("a payload that does not end", small().with_payload(report, |_| endless.clone().into_bytes())),
        ("an annotation", small().with_text(report, "\"algorithms\":", &member(&nested))),
        ("a policy", small().with_policy("cloud-provider", "WASM_SPECTRE_MITIGATED", &nested)),
        ("a policy that does not end", {
            small().with_policy("cloud-provider", "WASM_SPECTRE_MITIGATED", &endless)
        }),
    ]
}

fn decided(world: Scenario) -> Outcome {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || world.decide()).unwrap();
    thread.join().unwrap()
}

#[test]
fn a_million_brackets_need_no_stack() {
    let codes =
        ["json-too-deep", "json-syntax", "limit-line-bytes", "envelope-malformed", "statement-malformed"];
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [64, 65, 128, 129, 100_000, 1_000_000] {
            for (place, world) in worlds(open, close, depth) {
                let outcome = decided(world);
                let what = format!("{depth} of `{open}` in {place}: {outcome:?}");
                let within = depth == 64 && outcome.discarded.is_empty();
                assert!(outcome.verdict != Verdict::Allow || within, "{what}");
                assert!(outcome.discarded.iter().all(|code| codes.contains(&code.as_str())), "{what}");
            }
        }
    }
    assert_eq!(decided(Scenario::small()).verdict, Verdict::Allow, "the control");
}
