//! Node selector terms, and what is left of a pod's own when more is asked (rule PL-INTERSECT).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The terms that a pod may end up with: what an object of Kubernetes has room for.
const TERMS: usize = 1_024;

/// How an expression reads a label or field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Operator {
    /// It has one of the values.
    In,
    /// It is not there, or has none of them.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
    /// It is a greater integer.
    Gt,
    /// It is a lesser integer.
    Lt,
}

/// One expression of a term.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expression {
    /// The key of a label, or the name of a field.
    pub key: String,
    /// How it is read.
    pub operator: Operator,
    /// With what it is compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

impl Expression {
    pub(super) fn is(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), operator: Operator::In, values: vec![value.to_owned()] }
    }

    pub(super) fn exists(key: &str) -> Self {
        Self { key: key.to_owned(), operator: Operator::Exists, values: Vec::new() }
    }
}

/// A term: all of its expressions. One without any selects nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SelectorTerm {
    /// Over labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<Expression>,
    /// Over fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub match_fields: Vec<Expression>,
}

impl SelectorTerm {
    fn selects_nothing(&self) -> bool {
        self.match_expressions.is_empty() && self.match_fields.is_empty()
    }

    fn and(&self, other: &Self) -> Self {
        let both = |one: &[Expression], other: &[Expression]| {
            let mut all = one.to_vec();
            all.extend(other.iter().filter(|expression| !one.contains(expression)).cloned());
            all
        };
        Self {
            match_expressions: both(&self.match_expressions, &other.match_expressions),
            match_fields: both(&self.match_fields, &other.match_fields),
        }
    }
}

/// Why a pod cannot be constrained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IntersectError {
    /// The pod's own terms, or ours, select no node.
    #[error("the node selector terms select nothing, so that nothing can be left of them")]
    Nothing,
    /// There would be too many.
    #[error(
        "the pod's node selector terms and those of the decision make {found} together, at most {TERMS} are written"
    )]
    Terms {
        /// How many.
        found: usize,
    },
}

impl IntersectError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "selector-terms-nothing",
            Self::Terms { .. } => "limit-selector-terms",
        }
    }
}

/// The terms that select what both select. Terms are alternatives: to add one would widen what the pod may run on, so each of ours goes
/// into each of the pod's. A term of the pod that is empty selects nothing, and must not come to select something by what is put into
/// it.
///
/// # Errors
/// [`IntersectError`]: never a list without terms, which a pod may have and which would mean every node.
pub fn intersect(
    pods: Option<&[SelectorTerm]>,
    ours: &[SelectorTerm],
) -> Result<Vec<SelectorTerm>, IntersectError> {
    let anywhere = [SelectorTerm::default()];
    let pods: Vec<&SelectorTerm> = match pods {
        None => anywhere.iter().collect(),
        Some(terms) => terms.iter().filter(|term| !term.selects_nothing()).collect(),
    };
    let ours: Vec<&SelectorTerm> = ours.iter().filter(|term| !term.selects_nothing()).collect();
    let found = pods.len().saturating_mul(ours.len());
    if found > TERMS {
        return Err(IntersectError::Terms { found });
    }
    let all: BTreeSet<SelectorTerm> =
        pods.iter().flat_map(|pod| ours.iter().map(|our| pod.and(our))).collect();
    if all.is_empty() { Err(IntersectError::Nothing) } else { Ok(all.into_iter().collect()) }
}

#[cfg(test)]
#[path = "intersect_tests.rs"]
mod tests;
