//! Conditions of claims: CEL over the operation that a report records (rule M-CONDITION). This is the one place where
//! they are evaluated.
//!
//! What goes in is text that an authority signed and an operation that a tool signed; either can be hostile. So the text
//! is bounded before CEL's parser sees it, the syntax tree before it is kept, and the data before they are bound: what an
//! evaluation costs is known beforehand ([`Condition::cost`]). There are no functions that a condition does not need, no
//! clock, and no way to learn a value that is only committed to.

mod binding;
mod bounds;
mod predicate;
mod tree;
mod values;

pub use predicate::{PredicateCondition, PredicateFacts};

use std::sync::{Arc, LazyLock};

use binding::Bound;
use cdi_types::Operation;
use cel::common::types::CelBool;
use cel::common::value::Val;
use cel::{Context, Env, Program, Value};

/// A condition that cannot be read, and so holds of nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// It is over a bound, or has something that no condition may have.
    #[error("the condition {reason}")]
    Refused {
        /// What is wrong.
        reason: String,
    },
    /// It is not CEL.
    #[error("the condition is not CEL: {detail}")]
    Syntax {
        /// What the parser says, control characters escaped.
        detail: String,
    },
}

impl ConditionError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "condition-malformed"
    }

    fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { reason: reason.into() }
    }
}

/// Why a condition does not hold of an operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmet {
    /// It is false.
    #[error("it is false")]
    False,
    /// It reads what is not there, compares what cannot be compared, or is no truth value.
    #[error("it cannot be told: {detail}")]
    Error {
        /// What CEL says, control characters escaped.
        detail: String,
    },
    /// It reads a variable whose value is recorded as a commitment only.
    #[error("it reads the variable `{variable}`, whose value is not told")]
    Committed {
        /// The variable.
        variable: String,
    },
    /// What it reads is larger than a condition is evaluated over.
    #[error("it reads {found} bytes or elements, at most {limit} are read")]
    TooLarge {
        /// How many there are.
        found: usize,
        /// How many are read.
        limit: usize,
    },
}

impl Unmet {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::False => "condition-false",
            Self::Error { .. } => "condition-error",
            Self::Committed { .. } => "condition-committed",
            Self::TooLarge { .. } => "condition-too-large",
        }
    }
}

/// What a byte of a condition costs to parse, in the steps of an appraisal: the parser takes 0.3 us for most and up to 20 us for one.
const BYTE: usize = 64;
/// What an evaluation costs before it looks at anything: more than it takes since CEL's functions are listed once; it was 16 us, of 70 ns
/// a step.
const EVALUATION: usize = 256;

/// How many bytes of text cost as much as an element.
const TEXT: usize = 64;

/// A condition within its bounds.
#[derive(Debug)]
pub struct Condition {
    program: Program,
    reads: tree::Reads,
}

impl Condition {
    /// Reads a condition. On `Ok` its evaluation is bounded, whatever it is evaluated over.
    ///
    /// # Errors
    /// [`ConditionError`] for what no condition may be.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let (program, reads) = read(text, tree::About::Operation)?;
        Ok(Self { program, reads })
    }

    /// What it costs at most to parse `text`, in steps.
    #[must_use]
    pub const fn cost_to_parse(text: &str) -> usize {
        text.len().saturating_mul(BYTE)
    }

    /// What it costs at most to evaluate the condition over `operation`, in steps.
    #[must_use]
    pub fn cost(&self, operation: &Operation) -> usize {
        let read = binding::elements(&self.reads, operation) + binding::bytes(&self.reads, operation) / TEXT;
        EVALUATION + self.reads.nodes().saturating_mul(1 + read)
    }

    /// Holds the condition against an operation: it holds on `Ok`, and only then.
    ///
    /// # Errors
    /// Why it does not hold: an evaluation that fails in any way is no evidence.
    pub fn holds(&self, operation: &Operation) -> Result<(), Unmet> {
        self.evaluate(&binding::bind(&self.reads, operation)?)
    }

    /// Whether the condition holds of every operation or of none, because it reads nothing of it; `None` if it reads something.
    #[must_use]
    pub fn constant(&self) -> Option<bool> {
        self.reads.is_empty().then(|| self.evaluate(&CelBool::from(false)).is_ok())
    }

    fn evaluate(&self, operation: &dyn Val) -> Result<(), Unmet> {
        evaluate(&self.program, &Bound { variable: tree::OPERATION, value: operation })
    }
}

/// Reads a text within its bounds, and finds what it reads.
fn read(text: &str, about: tree::About) -> Result<(Program, tree::Reads), ConditionError> {
    bounds::hold(text)?;
    let program = Program::compile(text).map_err(|error| {
        let detail = error.to_string();
        let detail = detail.lines().next().unwrap_or_default();
        ConditionError::Syntax { detail: escaped(detail) }
    })?;
    let reads = tree::Reads::of(program.expression(), about)?;
    Ok((program, reads))
}

/// CEL's own functions: to list them takes ten times as long as most conditions do.
static FUNCTIONS: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

fn evaluate(program: &Program, bound: &Bound<'_>) -> Result<(), Unmet> {
    let mut context = Context::with_env(Arc::clone(&FUNCTIONS));
    context.set_variable_resolver(bound);
    match program.execute(&context) {
        Ok(Value::Bool(true)) => Ok(()),
        Ok(Value::Bool(false)) => Err(Unmet::False),
        Ok(_) => Err(Unmet::Error { detail: "it is no truth value".to_owned() }),
        Err(error) => Err(Unmet::Error { detail: escaped(&error.to_string()) }),
    }
}

fn escaped(text: &str) -> String {
    text.chars().take(200).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests;
