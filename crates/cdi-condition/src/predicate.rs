//! Conditions about somebody else's predicate, whose members may be anything (rule M-EVIDENCE).
//!
//! They are bounded as conditions about runs are; in the place of `operation` they have `predicate`, which can be read as a
//! whole, and literals with a fraction and `null`, since others write both.

use cel::Program;
use cel::common::value::Val;

use crate::binding::Bound;
use crate::tree::{About, PREDICATE, Reads};
use crate::{ConditionError, EVALUATION, TEXT, Unmet, escaped, evaluate, read, values};

/// A condition about a foreign predicate, within its bounds.
#[derive(Debug)]
pub struct PredicateCondition {
    program: Program,
    reads: Reads,
}

/// A foreign predicate as values, within the bounds of what conditions are evaluated over.
#[derive(Debug)]
pub struct PredicateFacts {
    value: Box<dyn Val>,
    elements: usize,
    bytes: usize,
}

impl PredicateFacts {
    /// Reads the text of a predicate. Members are members, whatever their names. Numbers are taken as they are: whole ones of
    /// 64 bits exactly, others as the nearest double.
    ///
    /// # Errors
    /// [`Unmet`], if no condition holds of it whatever it says: it is not strict JSON, is nested too deep, has more than 1,024
    /// values, or has a number that no double comes near.
    pub fn read(text: &str) -> Result<Self, Unmet> {
        let (value, elements) = values::read(text)?;
        let value = Box::<dyn Val>::try_from(value)
            .map_err(|error| Unmet::Error { detail: escaped(&error.to_string()) })?;
        Ok(Self { value, elements, bytes: text.len() })
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
        evaluate(&self.program, &Bound { variable: PREDICATE, value: facts.value.as_ref() })
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
    fn members_are_members_whatever_their_names() {
        let met = |text: &str, condition: &str| {
            let condition = PredicateCondition::parse(condition).unwrap();
            condition.holds(&PredicateFacts::read(text).unwrap()).map_err(|unmet| unmet.code())
        };
        for name in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
            let text = format!(r#"{{"{name}":"{{\"result\":\"PASSED\"}}"}}"#);
            assert_eq!(met(&text, "predicate.result == 'PASSED'"), Err("condition-error"), "{name}");
            let itself = format!("size(predicate) == 1 && predicate['{name}'].startsWith('{{')");
            assert_eq!(met(&text, &itself), Ok(()), "{name}");
            let inside = format!(r#"{{"a":{{"{name}":"{{}}"}},"n":{{"{name}":"1"}}}}"#);
            assert_eq!(met(&inside, "size(predicate.a) == 0"), Err("condition-false"), "{name}");
            assert_eq!(met(&inside, "predicate.n == 1"), Err("condition-false"), "{name}");
        }
        let odd = "{ \"a\\u0022\\\\\" : [ ] ,\n\"b\":\t[ {} , -1.5e1 , \"]}\\n\" ] }";
        let all = "size(predicate) == 2 && size(predicate.b) == 3 && predicate.b[1] == -15.0";
        assert!(PredicateFacts::read(odd).is_ok_and(|facts| facts.elements == 6));
        assert_eq!(met(odd, &all.replace("== -15.0", "< 0")), Ok(()));
        assert_eq!(met(odd, "predicate.b[2].contains(']}')"), Ok(()));
    }

    #[test]
    fn what_is_deep_is_met_by_nothing_and_takes_little_stack() {
        let lists = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        let wrapped = (0..6).fold(lists(1_000), |inner, _| {
            let text = serde_json::to_string(&inner).unwrap();
            format!(r#"{}{{"$serde_json::private::RawValue":{text}}}{}"#, "[".repeat(20), "]".repeat(20))
        });
        let read = move || {
            let deep = |text: &str| {
                let facts = PredicateFacts::read(text).map_err(|unmet| unmet.code())?;
                let same = PredicateCondition::parse("predicate == predicate").unwrap();
                same.holds(&facts).map_err(|unmet| unmet.code())
            };
            let most = cdi_types::limits::JSON_DEPTH;
            [deep(&lists(most)), deep(&lists(most + 1)), deep(&lists(1 << 20)), deep(&wrapped)]
        };
        let thread = std::thread::Builder::new().stack_size(128 << 10).spawn(read).unwrap();
        let deep = Err("condition-error");
        assert_eq!(thread.join().unwrap(), [Ok(()), deep, deep, Ok(())]);
    }

    #[test]
    fn what_is_too_much_is_met_by_nothing() {
        let many = |count: usize| format!("{{\"a\":[{}]}}", vec!["1"; count].join(","));
        assert!(PredicateFacts::read(&many(crate::binding::ELEMENTS - 2)).is_ok());
        assert_eq!(
            PredicateFacts::read(&many(crate::binding::ELEMENTS - 1)).unwrap_err().code(),
            "condition-too-large"
        );
        assert_eq!(PredicateFacts::read("{\"a\":1e400}").unwrap_err().code(), "condition-error");
    }
}
