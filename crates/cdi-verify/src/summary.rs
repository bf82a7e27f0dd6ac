//! Verifiers whose summaries a policy accepts in the place of a part of a history (rule M-SUMMARY).
//!
//! In go a policy's rules and a summary that the right key has signed; out comes whether it counts, or why not. A summary
//! shows no property, and never speaks for the deployed artifact.

use std::collections::BTreeSet;

use cdi_types::{
    ArtifactDigest, Clock, Duration, KeyId, NamedPolicy, Sha256, StatementId, Timestamp, VerifiedLevel,
    VerifierId,
};

use crate::appraisal::{Appraisal, Given};
use crate::obstacle::Obstacle;
use crate::provenance::SignedSummary;
use crate::search::StepsExhausted;
use crate::trust::Forbidden;

/// A policy by which a verifier verified, as the rule names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyName {
    /// By its URI.
    Uri(String),
    /// By the digest of its document.
    Document(Sha256),
}

impl PolicyName {
    fn is_of(&self, policy: &NamedPolicy) -> bool {
        match self {
            Self::Uri(uri) => policy.uri.as_ref() == Some(uri),
            Self::Document(sha256) => policy.sha256 == Some(*sha256),
        }
    }
}

/// Whose summaries are accepted, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRule {
    /// The verifier, byte for byte.
    pub verifier: VerifierId,
    /// The key that signs its summaries.
    pub key: KeyId,
    /// The levels that must have been reached, all of them.
    pub levels: BTreeSet<VerifiedLevel>,
    /// By one of which policies; `None` for any.
    pub policies: Option<BTreeSet<PolicyName>>,
    /// How old a summary may be.
    pub max_age: Duration,
}

/// A rule that would accept what nobody verified for anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{member}` of the summaries of `{verifier}` is empty")]
pub struct SummaryError {
    /// The verifier.
    pub verifier: VerifierId,
    /// The member.
    pub member: &'static str,
}

impl SummaryError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "summary-asks-nothing"
    }
}

/// Why a summary by a verifier that the policy names does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SummaryFailure {
    /// The policy forbids the statement.
    #[error("the policy forbids the statement")]
    Forbidden,
    /// The verifier did not find it good.
    #[error("its result is `{found}`, expected `PASSED` and no level `FAILED`")]
    NotPassed {
        /// The result, control characters escaped.
        found: String,
    },
    /// A level was not reached.
    #[error("it does not reach the level `{expected}`")]
    Level {
        /// The first level that is missing.
        expected: VerifiedLevel,
    },
    /// It is by another policy.
    #[error("it is by no policy that is named for this verifier")]
    Policy,
    /// Nobody knows how old it is.
    #[error("it does not say when it was verified")]
    NoTime,
    /// It was verified later than now.
    #[error("it was verified at {verified}, decided at {now}")]
    Future {
        /// When, by its own word.
        verified: Timestamp,
        /// The time of the decision.
        now: Timestamp,
    },
    /// It is older than the policy allows.
    #[error("it was good until {until}, decided at {now}")]
    TooOld {
        /// The end of its time.
        until: Timestamp,
        /// The time of the decision.
        now: Timestamp,
    },
}

impl SummaryFailure {
    /// The stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Forbidden => "summary-forbidden",
            Self::NotPassed { .. } => "summary-not-passed",
            Self::Level { .. } => "summary-level",
            Self::Policy => "summary-policy",
            Self::NoTime => "summary-without-time",
            Self::Future { .. } => "summary-of-the-future",
            Self::TooOld { .. } => "summary-too-old",
        }
    }
}

impl SummaryRule {
    /// Holds the rule to asking for something.
    pub(crate) fn admit(&self) -> Result<(), SummaryError> {
        let empty = |member| Err(SummaryError { verifier: self.verifier.clone(), member });
        if self.levels.is_empty() {
            return empty("levels");
        }
        if self.policies.as_ref().is_some_and(BTreeSet::is_empty) { empty("policies") } else { Ok(()) }
    }

    /// Whether the summary is by this verifier, signed with its key.
    fn is_about(&self, signed: &SignedSummary) -> bool {
        signed.said().verifier == self.verifier && signed.is_signed_by(self.key)
    }

    /// When the summary begins to count, the allowance for clocks granted, and when it ends, as far as time goes.
    pub(crate) fn moments(&self, signed: &SignedSummary) -> Option<[Timestamp; 2]> {
        let verified = signed.said().time_verified.filter(|_| self.is_about(signed))?;
        let begins = verified.unix().saturating_sub(Clock::SKEW.seconds());
        Some([Timestamp::from_unix(begins), verified.after(self.max_age)])
    }

    /// That a summary by this verifier counts now; or why not.
    fn accepts(
        &self,
        signed: &SignedSummary,
        forbidden: &Forbidden,
        clock: Clock,
    ) -> Result<(), SummaryFailure> {
        let said = signed.said();
        if forbidden.origins.contains(&signed.id()) {
            return Err(SummaryFailure::Forbidden);
        }
        if !said.is_passed() {
            let found = said.result.chars().take(40).flat_map(char::escape_debug).collect();
            return Err(SummaryFailure::NotPassed { found });
        }
        if let Some(level) = self.levels.iter().find(|level| !said.reaches([*level])) {
            return Err(SummaryFailure::Level { expected: level.clone() });
        }
        if !self.policies.as_ref().is_none_or(|all| all.iter().any(|one| one.is_of(&said.policy))) {
            return Err(SummaryFailure::Policy);
        }
        let Some(verified) = said.time_verified else { return Err(SummaryFailure::NoTime) };
        let (until, now) = (verified.after(self.max_age), clock.now());
        if !clock.has_started(verified) {
            return Err(SummaryFailure::Future { verified, now });
        }
        if clock.has_ended(until) { Err(SummaryFailure::TooOld { until, now }) } else { Ok(()) }
    }
}

/// What a summary costs for each rule that it is held against.
const SUMMARY: usize = 4;

impl Appraisal<'_, '_> {
    /// What verifiers that the policy names have verified, of all that the artifact hangs on. Never the artifact itself.
    pub(crate) fn summarised(&mut self) -> Result<Vec<(ArtifactDigest, Given)>, StepsExhausted> {
        let authorities = self.quorums.authorities;
        let (terms, clock) = (authorities.trust.terms(), authorities.clock);
        let rules = &terms.summaries;
        let provenance = self.provenance;
        let mut given = Vec::new();
        for signed in provenance.summaries.iter().filter(|_| !rules.is_empty()) {
            self.steps.take(SUMMARY.saturating_mul(rules.len()) + signed.said().subjects.len())?;
            let accepts = |rule: &SummaryRule| {
                rule.is_about(signed) && rule.accepts(signed, &terms.forbidden, clock).is_ok()
            };
            let Some(rule) = rules.iter().position(accepts) else { continue };
            let behind = signed
                .said()
                .subjects
                .iter()
                .filter(|digest| **digest != self.graph.artifact && self.graph.reaches(**digest));
            given.extend(behind.map(|digest| (*digest, Given::Summary { statement: signed.id(), rule })));
        }
        Ok(given)
    }

    /// Why summaries of an artifact by verifiers that the policy names do not count.
    pub(crate) fn refused_summaries(&self, artifact: ArtifactDigest) -> Vec<Obstacle> {
        let authorities = self.quorums.authorities;
        let terms = authorities.trust.terms();
        let rules = &terms.summaries;
        let about = |signed: &&SignedSummary| signed.said().subjects.contains(&artifact);
        let refused = |signed: &SignedSummary, rule: &SummaryRule| {
            let failure = rule.accepts(signed, &terms.forbidden, authorities.clock).err()?;
            let (statement, verifier): (StatementId, _) = (signed.id(), rule.verifier.clone());
            Some(Obstacle::Summary { statement, artifact, verifier, failure })
        };
        let summaries = self.provenance.summaries.iter().filter(about).take(SHOWN);
        summaries
            .flat_map(|signed| {
                let rules = rules.iter().filter(|rule| rule.is_about(signed));
                rules.filter_map(move |rule| refused(signed, rule))
            })
            .collect()
    }
}

/// How many summaries of one artifact an explanation looks at.
const SHOWN: usize = 16;
