//! Others' evidence: statements of types that are not CDI's, which a policy asks for by a name of its own (rule M-EVIDENCE).
//!
//! In go a policy's rules and the statements that the right keys have signed; out comes whether one of them is about the
//! deployed artifact and meets the rule's condition, or why not. Evidence shows no property, is no origin, and speaks of no
//! other artifact.

use std::collections::BTreeSet;

use cdi_condition::{ConditionError, PredicateCondition, PredicateFacts};
use cdi_types::{ForeignStatement, KeyId, Role, SUMMARY_TYPE, StatementId, TYPE_PREFIX, limits};

use crate::appraisal::Appraisal;
use crate::condition::ConditionFailure;
use crate::facts::{Ground, ProofStep};
use crate::obstacle::Obstacle;
use crate::provenance::SignedEvidence;
use crate::search::StepsExhausted;

/// A kind of evidence that a policy can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRule {
    /// The policy's name for it.
    pub name: Role,
    /// The type of the predicate, byte for byte.
    pub predicate_type: String,
    /// Whose word it is: one of these is enough.
    pub keys: BTreeSet<KeyId>,
    /// What must be true of the predicate besides, in CEL; `None` if it is enough that the statement is there.
    pub condition: Option<String>,
}

/// A rule that nothing could meet, or anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// Two rules have one name.
    #[error("two entries of `evidence` are named `{name}`")]
    NameTwice {
        /// The name.
        name: Role,
    },
    /// Nobody's word would be taken.
    #[error("the evidence `{name}` has no key")]
    NoKey {
        /// The name.
        name: Role,
    },
    /// A type whose statements are read in another way, or none.
    #[error("the evidence `{name}` is of the type `{found}`, {}", not_foreign(found))]
    Type {
        /// The name.
        name: Role,
        /// The type, control characters escaped.
        found: String,
    },
    /// The condition cannot be read.
    #[error("the condition of the evidence `{name}`: {error}")]
    Condition {
        /// The name.
        name: Role,
        /// What is wrong.
        error: ConditionError,
    },
    /// More rules than [`limits::EVIDENCE_RULES`].
    #[error("{found} kinds of evidence, at most {} are read", limits::EVIDENCE_RULES)]
    TooMany {
        /// How many there are.
        found: usize,
    },
}

/// Why a type cannot be asked for as evidence.
fn not_foreign(found: &str) -> &'static str {
    match found {
        "" => "which is none",
        SUMMARY_TYPE => "which `history.complete.summaries` is for",
        _ => "which is one of CDI's own",
    }
}

impl EvidenceError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NameTwice { .. } => "evidence-name-twice",
            Self::NoKey { .. } => "evidence-without-key",
            Self::Type { .. } => "evidence-type",
            Self::Condition { error, .. } => error.code(),
            Self::TooMany { .. } => "limit-evidence",
        }
    }
}

/// Why evidence of this name is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceFailure {
    /// Nobody whose word is taken has signed such a statement about the artifact.
    #[error(
        "no statement of the type `{predicate_type}` about it is signed by a key that the policy names for it"
    )]
    Missing {
        /// The type, control characters escaped.
        predicate_type: String,
    },
    /// The policy forbids the statement.
    #[error("the policy forbids the statement {statement}")]
    Forbidden {
        /// The statement.
        statement: StatementId,
    },
    /// The predicate is no object, or larger than a condition is put to.
    #[error(
        "the predicate of the statement {statement} is no object of at most {} bytes",
        limits::EVIDENCE_BYTES
    )]
    Predicate {
        /// The statement.
        statement: StatementId,
    },
    /// The condition does not hold.
    #[error("the statement {statement} does not meet the condition `{condition}`: {failure}")]
    Condition {
        /// The statement.
        statement: StatementId,
        /// The condition.
        condition: String,
        /// Why not.
        failure: ConditionFailure,
    },
}

impl EvidenceFailure {
    /// The stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "evidence-missing",
            Self::Forbidden { .. } => "evidence-forbidden",
            Self::Predicate { .. } => "evidence-unreadable",
            Self::Condition { .. } => "evidence-condition-unmet",
        }
    }
}

/// Holds rules to asking for something that somebody can say.
pub(crate) fn admit(rules: &[EvidenceRule]) -> Result<(), EvidenceError> {
    if rules.len() > limits::EVIDENCE_RULES {
        return Err(EvidenceError::TooMany { found: rules.len() });
    }
    let mut names = BTreeSet::new();
    for rule in rules {
        let name = || rule.name.clone();
        if !names.insert(&rule.name) {
            return Err(EvidenceError::NameTwice { name: name() });
        }
        if rule.keys.is_empty() {
            return Err(EvidenceError::NoKey { name: name() });
        }
        let found = rule.predicate_type.as_str();
        if found.is_empty() || found == SUMMARY_TYPE || found.starts_with(TYPE_PREFIX) {
            let found = found.chars().take(300).flat_map(char::escape_debug).collect();
            return Err(EvidenceError::Type { name: name(), found });
        }
        let read = rule.condition.as_deref().map(PredicateCondition::parse).transpose();
        read.map_err(|error| EvidenceError::Condition { name: name(), error })?;
    }
    Ok(())
}

/// What a statement costs that a rule is held against, before its condition is evaluated.
const STATEMENT: usize = 4;

/// Obstacles of one name that an explanation tells.
const SHOWN: usize = 16;

impl Appraisal<'_, '_> {
    /// The evidence of this name about the deployed artifact: the first statement by its id that is one. Others that say
    /// something else take nothing from it.
    pub(crate) fn evidence(
        &mut self,
        name: &Role,
    ) -> Result<Result<ProofStep, Vec<Obstacle>>, StepsExhausted> {
        let (provenance, artifact) = (self.provenance, self.graph.artifact);
        let terms = self.quorums.authorities.trust.terms();
        let failed = |failure| Obstacle::Evidence { name: name.clone(), artifact, failure };
        let Some(rule) = terms.evidence.iter().find(|rule| rule.name == *name) else {
            return Ok(Err(vec![failed(EvidenceFailure::Missing { predicate_type: String::new() })]));
        };
        let condition = match &rule.condition {
            Some(text) => {
                self.steps.take(PredicateCondition::cost_to_parse(text))?;
                Some((text, PredicateCondition::parse(text)))
            }
            None => None,
        };
        let mut failures = Vec::new();
        for signed in &provenance.evidence {
            self.steps.take(STATEMENT)?;
            let said = signed.said();
            if !said.subjects.contains(&artifact) || !rule.is_about(signed) {
                continue;
            }
            let statement = signed.id();
            if terms.forbidden.origins.contains(&statement) {
                failures.push(EvidenceFailure::Forbidden { statement });
                continue;
            }
            let met = match &condition {
                Some((text, condition)) => self.meets(said, statement, text, condition)?,
                None if said.predicate.is_some() => Ok(()),
                None => Err(EvidenceFailure::Predicate { statement }),
            };
            match met {
                Ok(()) => return Ok(Ok(rule.step(signed, artifact))),
                Err(failure) => failures.push(failure),
            }
        }
        if failures.is_empty() {
            let predicate_type = rule.predicate_type.chars().flat_map(char::escape_debug).collect();
            failures.push(EvidenceFailure::Missing { predicate_type });
        }
        Ok(Err(failures.into_iter().take(SHOWN).map(failed).collect()))
    }

    /// Whether the predicate meets a condition.
    fn meets(
        &mut self,
        said: &ForeignStatement,
        statement: StatementId,
        text: &str,
        condition: &Result<PredicateCondition, ConditionError>,
    ) -> Result<Result<(), EvidenceFailure>, StepsExhausted> {
        let Some(predicate) = &said.predicate else {
            return Ok(Err(EvidenceFailure::Predicate { statement }));
        };
        let unmet = |failure| EvidenceFailure::Condition { statement, condition: text.to_owned(), failure };
        let condition = match condition {
            Ok(condition) => condition,
            Err(error) => return Ok(Err(unmet(error.clone().into()))),
        };
        self.steps.take(PredicateFacts::cost_to_read(predicate))?;
        let facts = match PredicateFacts::read(predicate) {
            Ok(facts) => facts,
            Err(error) => return Ok(Err(unmet(error.into()))),
        };
        self.steps.take(condition.cost(&facts))?;
        Ok(condition.holds(&facts).map_err(|error| unmet(error.into())))
    }
}

impl EvidenceRule {
    /// Whether the statement is of the rule's type, and the word of one of its keys.
    fn is_about(&self, signed: &SignedEvidence) -> bool {
        signed.said().predicate_type == self.predicate_type && self.signer(signed).is_some()
    }

    fn signer(&self, signed: &SignedEvidence) -> Option<KeyId> {
        self.keys.iter().copied().find(|key| signed.is_signed_by(*key))
    }

    fn step(&self, signed: &SignedEvidence, artifact: cdi_types::ArtifactDigest) -> ProofStep {
        let key = self.signer(signed).unwrap_or_else(|| KeyId::of(b""));
        let predicate_type = signed.said().shown_type();
        let ground = Ground::Evidence { statement: signed.id(), predicate_type, key };
        ProofStep { artifact, name: None, ground }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_cannot_be_asked_for_is_told_apart() {
        let told = ["", SUMMARY_TYPE, "https://code-deployment-integrity.io/report/v1"].map(not_foreign);
        let expected =
            ["which is none", "which `history.complete.summaries` is for", "which is one of CDI's own"];
        assert_eq!(told, expected);
    }
}
