//! Conditions in CEL, about runs and about others' predicates (rules M-CONDITION, M-EVIDENCE).

use std::sync::LazyLock;

use cdi_condition::{Condition, ConditionError, PredicateCondition, PredicateFacts, Unmet};
use cdi_types::{AnyStatement, Operation, parse_statement};

use crate::{Target, seeds, shown};

pub(crate) const TARGET: Target = Target {
    name: "conditions",
    oracle: "what a condition costs is within a bound known beforehand; it holds or not, the same each time, and never together with \
             its negation; what fails is no truth, whatever stands beside it",
    run,
    seeds,
    words,
    most: 2_600,
};

/// The most that one evaluation may cost: 1,024 nodes over 1,024 values, and 64 KiB of text.
const DEAREST: usize = 16 << 20;

static OPERATION: LazyLock<Operation> = LazyLock::new(|| {
    let reports = seeds::payloads().into_iter().filter(|(kind, _)| kind.ends_with("/report/v1"));
    let found = reports.filter_map(|(_, payload)| match parse_statement(&payload) {
        Ok((_, AnyStatement::Report(report))) => Some(report.predicate().operation.clone()),
        _ => None,
    });
    found.max_by_key(|operation| operation.environment.len() + operation.settings.len()).expect("a report")
});

/// A condition about a run; with a zero in it, a condition about the predicate behind the zero.
fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match text.split_once('\0') {
        Some((condition, predicate)) => about_a_predicate(condition, predicate),
        None => about_a_run(text),
    }
}

fn about_a_run(text: &str) {
    let operation = &*OPERATION;
    let Some(condition) = read(Condition::parse(text)) else { return };
    assert!(condition.cost(operation) <= DEAREST);
    let held = told(condition.holds(operation));
    assert_eq!(told(condition.holds(operation)), held);
    if let Some(constant) = condition.constant() {
        assert_eq!(constant, held);
    }
    let holds =
        |text: String| Condition::parse(&text).ok().map(|condition| condition.holds(operation).is_ok());
    laws(text, held, &holds);
}

fn about_a_predicate(text: &str, predicate: &str) {
    let facts = match PredicateFacts::read(predicate) {
        Ok(facts) => facts,
        Err(unmet) => return shown::told(unmet.code(), &unmet),
    };
    let Some(condition) = read(PredicateCondition::parse(text)) else { return };
    assert!(condition.cost(&facts) <= DEAREST);
    let held = told(condition.holds(&facts));
    assert_eq!(told(condition.holds(&facts)), held);
    let holds =
        |text: String| PredicateCondition::parse(&text).ok().map(|condition| condition.holds(&facts).is_ok());
    laws(text, held, &holds);
}

fn read<T>(parsed: Result<T, ConditionError>) -> Option<T> {
    parsed.map_err(|error| shown::told(error.code(), &error)).ok()
}

fn told(held: Result<(), Unmet>) -> bool {
    held.map_err(|unmet| shown::told(unmet.code(), &unmet)).is_ok()
}

/// Of a condition in brackets: its negation holds only where it does not; with a truth beside it, it holds as it does alone.
fn laws(text: &str, held: bool, holds: &dyn Fn(String) -> Option<bool>) {
    // A comment would take the bracket with it.
    if text.contains("//") {
        return;
    }
    assert!(!(held && holds(format!("!({text})")) == Some(true)), "it and its negation");
    if let Some(beside) = holds(format!("({text}) && true")) {
        assert_eq!(beside, held, "with a truth beside it");
    }
    if let Some(beside) = holds(format!("({text}) && false")) {
        assert!(!beside, "with a falsehood beside it");
    }
}

const CONDITIONS: [&str; 12] = [
    "operation.settings[\"opt-level\"] == \"speed\" && operation.exit == 0",
    "operation.arguments.exists(a, a == \"-o\") || !(\"x\" in operation.environment)",
    "operation.arguments.all(a, a.startsWith(\"-\") || size(a) < 40)",
    "operation.environment.LANG == 'C' ? true : false",
    "has(operation.settings.x) && operation.settings.x in [\"a\", \"b\"]",
    "operation.platform.os == \"linux\" && operation.program.endsWith(\"cc\")",
    "size(operation.arguments) > 2 && operation.arguments[0] != operation.arguments[1]",
    "true",
    "1 < 2 && 3 - 1 == 2 && 7 / 2 == 3 && -1 % 2 == -1",
    "predicate.score >= 9.5 && predicate.result == \"PASSED\"\0{\"score\":9.75,\"result\":\"PASSED\",\"n\":null}",
    "predicate.findings.all(f, f.cvss < 8.0)\0{\"findings\":[{\"cvss\":1},{\"cvss\":7.25}]}",
    "predicate == predicate && has(predicate.none) && predicate[\"a-b\"]\0{\"none\":null,\"a-b\":true}",
];

fn seeds() -> Vec<Vec<u8>> {
    CONDITIONS.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn words() -> Vec<Vec<u8>> {
    let words = [
        "operation",
        ".arguments",
        ".environment",
        ".settings",
        ".exit",
        ".program",
        ".directory",
        ".platform",
        "predicate",
        ".all(a, ",
        ".exists(a, ",
        ".exists_one(a, ",
        ".map(a, ",
        ".filter(a, ",
        ".startsWith(",
        ".endsWith(",
        ".contains(",
        ".matches(",
        "size(",
        "has(",
        " in ",
        " && ",
        " || ",
        "!",
        " ? ",
        " : ",
        " == ",
        " != ",
        " <= ",
        "true",
        "false",
        "null",
        "9223372036854775807",
        "-9223372036854775808",
        "1u",
        "1.5e308",
        "b'\\xff'",
        "'\\u202e'",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "\"",
        "'''",
        "r'",
        "int(",
        "string(",
        "duration(",
        "timestamp(",
        "type(",
    ];
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}
