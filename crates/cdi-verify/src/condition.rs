//! The conditions of claims, held against runs (rule M-CONDITION). They are evaluated in `cdi-condition`; here each text is
//! read once in an appraisal, and each evaluation is paid for in steps before it is made.

use std::collections::BTreeMap;

use cdi_condition::{Condition, ConditionError, Unmet};
use cdi_types::Operation;

use crate::search::{Steps, StepsExhausted};

/// Why a condition does not hold of a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionFailure {
    /// The certification's condition cannot be read.
    #[error(transparent)]
    Malformed(#[from] ConditionError),
    /// It was evaluated, or would have been.
    #[error(transparent)]
    Unmet(#[from] Unmet),
}

impl ConditionFailure {
    /// The stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(error) => error.code(),
            Self::Unmet(unmet) => unmet.code(),
        }
    }
}

/// The conditions of an appraisal, by their texts.
#[derive(Default)]
pub(crate) struct Conditions<'a>(BTreeMap<&'a str, Result<Condition, ConditionError>>);

impl<'a> Conditions<'a> {
    /// Whether a condition holds of an operation.
    pub(crate) fn hold(
        &mut self,
        text: &'a str,
        operation: &Operation,
        steps: &mut Steps,
    ) -> Result<Result<(), ConditionFailure>, StepsExhausted> {
        if !self.0.contains_key(text) {
            steps.take(Condition::cost_to_parse(text))?;
        }
        match self.0.entry(text).or_insert_with(|| Condition::parse(text)) {
            Ok(condition) => {
                steps.take(condition.cost(operation))?;
                Ok(condition.holds(operation).map_err(ConditionFailure::from))
            }
            Err(error) => Ok(Err(error.clone().into())),
        }
    }
}
