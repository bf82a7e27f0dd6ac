//! Conditions of claims, and certifications that say different things of one tool (A-POL-13, A-POL-14, A-CER-20).

use serde_json::{Value, json};

use super::Case;
use super::discarded::{CERTIFICATION, RUN, discarded};
use crate::scenario::{Part, Scenario, executable, sha256};

const RULE: &str = "M-CONDITION";
const HELD: &str = "cer/condition";
/// The claim of the property that the policy asks for.
const CLAIM: usize = 1;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = evaluated();
    cases.extend(environment());
    cases.extend(refused());
    cases.extend(superseded());
    cases
}

/// The small world, whose certification claims what is asked for on this condition.
fn on(condition: &str) -> Scenario {
    Scenario::small().with(CERTIFICATION, |statement| {
        statement["predicate"]["claims"][CLAIM]["condition"] = json!(condition);
    })
}

fn allow(name: &str, title: &str, world: Scenario) -> Case {
    Case::allow(&format!("cer/{name}"), "rule", RULE, title, world)
}

fn deny(name: &str, title: &str, world: Scenario, code: &str) -> Case {
    Case::deny(&format!("cer/{name}"), "rule", RULE, title, world, code).beside(HELD)
}

fn evaluated() -> Vec<Case> {
    let level = "operation.settings['opt-level'] == 'speed'";
    let two_claims = on("operation.exit == 1").with(CERTIFICATION, |statement| {
        let claims = &mut statement["predicate"]["claims"];
        let mut again = claims[CLAIM].clone();
        again["condition"] = json!("operation.exit == 0");
        if let Some(claims) = claims.as_array_mut() {
            claims.push(again);
        }
    });
    let many = |count: usize| {
        on("operation.arguments.all(a, !a.startsWith('@'))")
            .with(CERTIFICATION, |statement| {
                statement["predicate"]["invocations"]["default"]["arguments"] =
                    json!({ "first": [{ "is": "-o" }, { "output": "code" }], "rest": { "input": "code" } });
            })
            .with(RUN, |statement| {
                let mut arguments = vec!["-o", "app.cwasm"];
                arguments.resize(count, "app.wasm");
                statement["predicate"]["operation"]["arguments"] = json!(arguments);
            })
    };
    vec![
        allow("condition", "a condition that is true", on(level)),
        deny(
            "condition-false",
            "a condition that is false",
            on("operation.settings['opt-level'] == 'size'"),
            "condition-false",
        ),
        deny(
            "condition-missing-member",
            "a condition that reads a setting that is not there",
            on("operation.settings.lto != 'off'"),
            "condition-error",
        ),
        deny(
            "condition-out-of-range",
            "a condition that reads an argument that is not there",
            on("operation.arguments[3] != 'x'"),
            "condition-error",
        ),
        deny(
            "condition-of-another-type",
            "a condition that compares a text with a number",
            on("operation.program < 1"),
            "condition-error",
        ),
        deny("condition-no-truth", "a condition that is a number", on("operation.exit"), "condition-error"),
        allow(
            "condition-short-circuit",
            "a failure that decides nothing",
            on("operation.exit == 0 || operation.settings.lto == 'x'"),
        ),
        allow("condition-of-another-claim", "two claims, of which one has a true condition", two_claims),
        allow("condition-long-list", "a condition over 1,024 arguments", many(1_024)),
        deny("condition-longer-list", "a condition over 1,025 arguments", many(1_025), "condition-too-large")
            .beside("cer/condition-long-list"),
    ]
}

/// What is known of variables is known by name, and not at all where only a commitment is recorded.
fn environment() -> Vec<Case> {
    let got = |condition: &str, environment: Value| {
        on(condition).with(RUN, |statement| statement["predicate"]["operation"]["environment"] = environment)
    };
    let told = || json!({ "LANG": { "value": "C" } });
    let untold = || json!({ "HOME": { "commitment": executable("HOME") } });
    vec![
        allow(
            "condition-variable",
            "a variable of the value that is asked for",
            got("operation.environment.LANG == 'C'", told()),
        ),
        allow(
            "condition-variable-absent",
            "a variable that is not there, as is asked for",
            got("!has(operation.environment.HOME)", told()),
        ),
        deny(
            "condition-variable-committed",
            "a variable that is not to have a value, and whose value is not told",
            got("operation.environment.HOME != '/root'", untold()),
            "condition-committed",
        ),
        deny(
            "condition-variable-committed-absent",
            "a variable that is not to be there, and whose value is not told",
            got("!('HOME' in operation.environment)", untold()),
            "condition-committed",
        ),
        deny(
            "condition-every-variable",
            "a condition over all variables at once",
            got("operation.environment.all(name, name == 'LANG')", told()),
            "condition-malformed",
        ),
    ]
}

fn refused() -> Vec<Case> {
    let malformed = [
        ("syntax", "rule", "text that is no expression", "operation.exit ==".to_owned()),
        ("empty", "rule", "no text", String::new()),
        (
            "unknown-member",
            "rule",
            "a member that operations have not",
            "operation.network == 'none'".to_owned(),
        ),
        (
            "unknown-variable",
            "rule",
            "a variable that conditions have not",
            "report.capture == 'self'".to_owned(),
        ),
        ("function", "A-POL-13", "a pattern to be matched", "operation.program.matches('(a+)+$')".to_owned()),
        (
            "nested-loops",
            "A-POL-13",
            "a loop inside a loop",
            "operation.arguments.all(a, operation.arguments.all(b, a == b))".to_owned(),
        ),
        (
            "strings-grow",
            "A-POL-13",
            "texts that grow from loop to loop",
            "['x']".to_owned() + &".map(a, a + a)".repeat(11) + " == []",
        ),
        (
            "loop-that-reads",
            "A-POL-13",
            "a loop that reads the arguments again",
            "operation.arguments.all(a, a in operation.arguments)".to_owned(),
        ),
        ("brackets", "A-POL-14", "thirteen open brackets", "(".repeat(13) + "true" + &")".repeat(13)),
        ("brackets-unclosed", "A-POL-14", "two thousand open brackets", "[".repeat(2_000)),
        ("conditionals", "A-POL-14", "nine conditional operators", "true ? true : ".repeat(9) + "true"),
        ("tokens", "A-POL-13", "257 tokens", "true && ".repeat(128) + "true"),
    ];
    let mut cases: Vec<Case> = malformed
        .into_iter()
        .map(|(name, attack, title, text)| {
            let path = format!("cer/condition-{name}");
            Case::deny(&path, attack, RULE, title, on(&text), "condition-malformed").beside(HELD)
        })
        .collect();
    let long = |bytes: usize| on(&format!("'{}' != operation.program", "x".repeat(bytes - 23)));
    let title = "a condition of 2,049 bytes";
    let limit = "limit-condition";
    cases.push(allow("condition-of-2048", "a condition of 2,048 bytes", long(2_048)));
    let over = discarded(
        "cer/condition-of-2049",
        "A-POL-13",
        "F-CERTIFICATION",
        title,
        CERTIFICATION,
        long(2_049),
        limit,
    );
    cases.push(over.beside("cer/condition-of-2048"));
    cases
}

/// A later certification that says less takes nothing away from an earlier one: only a revocation does.
fn superseded() -> Vec<Case> {
    let narrower = || {
        let mut part = Part::compiler("north");
        part.name = "north-certifies-compiler-again".to_owned();
        part.change(|statement| {
            statement["predicate"]["serial"] = json!(3);
            statement["predicate"]["invocations"]["default"]["settings"]["opt-level"] = json!(["size"]);
        });
        part
    };
    let both = || Scenario::small().and(narrower());
    let id = sha256(&both().part(CERTIFICATION).payload);
    let revoked = both().with("north-revokes", |statement| {
        statement["predicate"]["revoked"] =
            json!([{ "id": { "certification": id }, "reason": "superseded", "date": "2026-05-01T00:00:00Z" }]);
    });
    let path = "cer/superseded";
    vec![
        Case::allow(
            path,
            "A-CER-20",
            "M-VOTE",
            "a run that only the earlier of two certifications covers",
            both(),
        ),
        Case::deny(
            "cer/superseded-and-revoked",
            "A-CER-20",
            "M-REVOKE",
            "the same, and the earlier certification is revoked",
            revoked,
            "revoked",
        )
        .beside(path),
    ]
}
