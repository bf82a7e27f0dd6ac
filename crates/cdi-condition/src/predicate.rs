//! Conditions about somebody else's predicate, whose members may be anything (rule M-EVIDENCE).
//!
//! They are bounded as conditions about runs are; in the place of `operation` they have `predicate`, which can be read as a
//! whole, and literals with a fraction and `null`, since others write both.

use std::collections::HashMap;
use std::sync::Arc;

use cel::{Program, Value};
use serde_json::Value as Json;

use crate::tree::{About, PREDICATE, Reads};
use crate::{ConditionError, EVALUATION, TEXT, Unmet, binding, evaluate, read};

/// A condition about a foreign predicate, within its bounds.
#[derive(Debug)]
pub struct PredicateCondition {
    program: Program,
    reads: Reads,
}

/// A foreign predicate as values, within the bounds of what conditions are evaluated over.
#[derive(Debug)]
pub struct PredicateFacts {
    value: Value,
    elements: usize,
    bytes: usize,
}

impl PredicateFacts {
    /// Reads the text of a predicate, which is strict JSON. Numbers are taken as they are: whole ones of 64 bits exactly, others
    /// as the nearest double.
    ///
    /// # Errors
    /// [`Unmet`], if no condition holds of it whatever it says: it has more than 1,024 values, or a number that no double comes
    /// near.
    pub fn read(text: &str) -> Result<Self, Unmet> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| Unmet::Error { detail: crate::escaped(&error.to_string()) })?;
        let elements = elements(&json);
        if elements > binding::ELEMENTS {
            return Err(Unmet::TooLarge { found: elements, limit: binding::ELEMENTS });
        }
        Ok(Self { value: value(json), elements, bytes: text.len() })
    }

    /// What reading a text costs at most, in the steps of an appraisal.
    #[must_use]
    pub const fn cost_to_read(text: &str) -> usize {
        text.len() / TEXT + 1
    }
}

impl PredicateCondition {
    /// Reads a condition. On `Ok` its evaluation is bounded, whatever it is evaluated over.
    ///
    /// # Errors
    /// [`ConditionError`] for what no condition may be.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let (program, reads) = read(text, About::Predicate)?;
        Ok(Self { program, reads })
    }

    /// What it costs at most to parse `text`, in steps.
    #[must_use]
    pub const fn cost_to_parse(text: &str) -> usize {
        crate::Condition::cost_to_parse(text)
    }

    /// What it costs at most to evaluate the condition, in steps.
    #[must_use]
    pub fn cost(&self, facts: &PredicateFacts) -> usize {
        EVALUATION + self.reads.nodes().saturating_mul(1 + facts.elements + facts.bytes / TEXT)
    }

    /// Holds the condition against a predicate: it holds on `Ok`, and only then.
    ///
    /// # Errors
    /// Why it does not hold: an evaluation that fails in any way is no evidence.
    pub fn holds(&self, facts: &PredicateFacts) -> Result<(), Unmet> {
        evaluate(&self.program, PREDICATE, facts.value.clone())
    }
}

/// How many values there are, at any depth.
fn elements(json: &Json) -> usize {
    1 + match json {
        Json::Array(parts) => parts.iter().map(elements).sum(),
        Json::Object(members) => members.values().map(elements).sum(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 0,
    }
}

/// The nesting is bounded: the text is strict JSON.
fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(truth),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(parts) => Value::List(Arc::new(parts.into_iter().map(value).collect())),
        Json::Object(members) => members
            .into_iter()
            .map(|(name, member)| (name, value(member)))
            .collect::<HashMap<String, Value>>()
            .into(),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Value::Int(whole),
            (None, Some(whole)) => Value::UInt(whole),
            (None, None) => number.as_f64().map_or(Value::Null, Value::Float),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREDICATE: &str = r#"{"result":"PASSED","score":9.5,"runs":18446744073709551615,"big":18446744073709551616,
        "n":3,"none":null,"findings":[{"severity":"low","cvss":1},{"severity":"high","cvss":7.25}],"a-b":{"c d":true}}"#;

    fn holds(condition: &str) -> Result<(), &'static str> {
        let facts = PredicateFacts::read(PREDICATE).unwrap();
        let condition = PredicateCondition::parse(condition).map_err(|error| error.code())?;
        condition.holds(&facts).map_err(|unmet| unmet.code())
    }

    #[test]
    fn numbers_and_members_of_others_are_taken_as_they_are() {
        for good in [
            "predicate.result == \"PASSED\"",
            "predicate.score >= 9 && predicate.score < 9.75 && predicate.n == 3.0",
            "predicate.runs > 9223372036854775807",
            "predicate.big > 18446744073709500000.0",
            "predicate[\"a-b\"][\"c d\"]",
            "predicate.findings.all(f, f.cvss < 8) && size(predicate.findings) == 2",
            "predicate.findings.exists(f, f.severity == 'high')",
            "has(predicate.none) && predicate.none == null && !has(predicate.nothing)",
            "\"score\" in predicate",
            "predicate == predicate",
        ] {
            assert_eq!(holds(good), Ok(()), "{good}");
        }
        for (bad, code) in [
            ("predicate.result == 'FAILED'", "condition-false"),
            ("predicate.nothing == 1", "condition-error"),
            ("predicate.result < 1", "condition-error"),
            ("predicate.n", "condition-error"),
            ("operation.exit == 0", "condition-malformed"),
            ("predicate.findings.all(f, predicate.n == 3)", "condition-malformed"),
            ("predicate.n + 1 == 4", "condition-malformed"),
            ("", "condition-malformed"),
        ] {
            assert_eq!(holds(bad), Err(code), "{bad}");
        }
        // What conditions about runs may not have they still may not.
        assert!(crate::Condition::parse("operation.exit == 0.0").is_err());
        assert!(crate::Condition::parse("predicate.n == 3").is_err());
    }

    #[test]
    fn what_is_too_much_is_met_by_nothing() {
        let many = |count: usize| format!("{{\"a\":[{}]}}", vec!["1"; count].join(","));
        assert!(PredicateFacts::read(&many(binding::ELEMENTS - 2)).is_ok());
        assert_eq!(
            PredicateFacts::read(&many(binding::ELEMENTS - 1)).unwrap_err().code(),
            "condition-too-large"
        );
        assert_eq!(PredicateFacts::read("{\"a\":1e400}").unwrap_err().code(), "condition-error");
    }
}
