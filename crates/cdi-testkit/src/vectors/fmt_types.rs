//! A-FMT-15 and 16: numbers, and members of another type.

use serde_json::{Value, json};

use super::Case;
use super::discarded::{CERTIFICATION, LIST, RUN, discarded, put};
use crate::scenario::Scenario;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = numbers();
    cases.extend(types());
    cases
}

fn numbers() -> Vec<Case> {
    let unsafe_number = "json-unsafe-number";
    let literals = [
        ("1e400", unsafe_number),
        ("1.0", unsafe_number),
        ("1e0", unsafe_number),
        ("-0", unsafe_number),
        ("-1", unsafe_number),
        ("9007199254740992", unsafe_number),
        ("9007199254740993", unsafe_number),
        ("18446744073709551616", unsafe_number),
        ("NaN", "json-syntax"),
        ("Infinity", "json-syntax"),
        ("01", "json-syntax"),
        ("0x1", "json-syntax"),
    ];
    let places = [
        ("certification-serial", CERTIFICATION, "\"serial\":2"),
        ("list-serial", LIST, "\"serial\":0"),
        ("exit-code", RUN, "\"code\":0"),
    ];
    let mut cases = Vec::new();
    for (index, (literal, code)) in literals.into_iter().enumerate() {
        // Each literal in one place, and the three that parsers disagree about most in all.
        for (name, part, text) in places.into_iter().skip(index % 3).take(1) {
            let member = text.split(':').next().unwrap_or_default();
            let world = Scenario::small().with_text(part, text, &format!("{member}:{literal}"));
            let title = format!("a number outside the safe set: {literal}");
            let path = format!("fmt/number-{name}-{}", literal.to_lowercase().replace('-', "minus-"));
            cases.push(discarded(&path, "A-FMT-15", "F-JSON", &title, part, world, code));
        }
    }
    let world = Scenario::small().with_text(RUN, "\"code\":0", "\"code\":256");
    let title = "an exit code that would wrap to 0";
    cases.push(discarded(
        "fmt/number-exit-code-256",
        "A-FMT-15",
        "F-JSON",
        title,
        RUN,
        world,
        "statement-malformed",
    ));
    let largest = Scenario::small().with_text(CERTIFICATION, "\"serial\":2", "\"serial\":9007199254740991");
    cases.push(Case::allow("fmt/number-largest", "A-FMT-15", "F-JSON", "the largest safe number", largest));
    cases
}

fn types() -> Vec<Case> {
    let bad = [
        ("not-after-word", CERTIFICATION, "/predicate/notAfter", json!("never")),
        ("not-after-null", CERTIFICATION, "/predicate/notAfter", Value::Null),
        ("not-after-object", CERTIFICATION, "/predicate/notAfter", json!({})),
        ("not-after-number", CERTIFICATION, "/predicate/notAfter", json!(4_102_444_800_u64)),
        ("not-after-offset", CERTIFICATION, "/predicate/notAfter", json!("2027-01-01T00:00:00+00:00")),
        ("not-before-object", CERTIFICATION, "/predicate/notBefore", json!({})),
        ("serial-text", CERTIFICATION, "/predicate/serial", json!("2")),
        ("closure-null", CERTIFICATION, "/predicate/closure", Value::Null),
        ("claims-object", CERTIFICATION, "/predicate/claims", json!({})),
        ("lowest-capture-null", CERTIFICATION, "/predicate/claims/1/lowestCapture", Value::Null),
        ("lowest-capture-number", CERTIFICATION, "/predicate/claims/1/lowestCapture", json!(0)),
        ("settings-null", CERTIFICATION, "/predicate/invocations/default/settings", Value::Null),
        ("generates-text", CERTIFICATION, "/predicate/invocations/default/generates", json!("false")),
        ("release-key-null", CERTIFICATION, "/predicate/tool/releaseKey", Value::Null),
        ("tool-array", CERTIFICATION, "/predicate/tool", json!(["compiler", "1.0.0", "acme"])),
        (
            "claim-array",
            CERTIFICATION,
            "/predicate/claims/1",
            json!(["WASM_SPECTRE_MITIGATED", "establishes", "default"]),
        ),
        ("list-not-after-null", LIST, "/predicate/notAfter", Value::Null),
        ("revoked-null", LIST, "/predicate/revoked", Value::Null),
        ("exit-null", RUN, "/predicate/operation/exit", Value::Null),
        ("findings-null", RUN, "/predicate/findings", Value::Null),
        ("inputs-object", RUN, "/predicate/inputs", json!({})),
        ("predicate-null", RUN, "/predicate", Value::Null),
        ("predicate-array", RUN, "/predicate", json!([])),
    ];
    let cases = bad.into_iter().map(|(name, part, pointer, value)| {
        let title = format!("a member of another type is not a missing one: {name}");
        let rule = match &value {
            Value::Null => "F-JSON-NULL",
            Value::Array(_) => "F-JSON-OBJECT",
            _ if name.starts_with("not-") => "F-TIME",
            _ => "F-STATEMENT",
        };
        let world = Scenario::small().with(part, |statement| put(statement, pointer, value));
        discarded(
            &format!("fmt/type-of-{name}"),
            "A-FMT-16",
            rule,
            &title,
            part,
            world,
            "statement-malformed",
        )
    });
    cases.collect()
}
