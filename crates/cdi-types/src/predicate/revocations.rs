//! `revocations/v1`: what an authority has revoked. Creating an authority writes its first, empty list.

use serde::{Deserialize, Serialize};

use super::{Dated, Predicate, PredicateError, no_duplicates, sole_subject};
use crate::{Annotations, KeyId, StatementId, Subject, Timestamp};

/// Why something was revoked. Words of RFC 5280, section 5.3.1, where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationReason {
    /// No reason is given.
    Unspecified,
    /// Somebody other than its holder may have used the key.
    KeyCompromise,
    /// The key of the authority itself may have been used by somebody else.
    AuthorityCompromise,
    /// Something newer takes its place.
    Superseded,
    /// The tool or authority is no longer in operation.
    CessationOfOperation,
    /// The tool was found not to do what was certified.
    VettingWithdrawn,
}

impl RevocationReason {
    /// The reason's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "key-compromise",
            Self::AuthorityCompromise => "authority-compromise",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessation-of-operation",
            Self::VettingWithdrawn => "vetting-withdrawn",
        }
    }
}

/// What is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevokedId {
    /// A certification.
    Certification(StatementId),
    /// An endorsement.
    Endorsement(StatementId),
    /// A report.
    Report(StatementId),
    /// A key: an authority's or a tool's report key.
    Key(KeyId),
}

impl std::fmt::Display for RevokedId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Certification(id) => write!(f, "certification {id}"),
            Self::Endorsement(id) => write!(f, "endorsement {id}"),
            Self::Report(id) => write!(f, "report {id}"),
            Self::Key(id) => write!(f, "key {id}"),
        }
    }
}

/// A time, and the runs that were going on in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunWindow {
    /// The first second.
    pub from: Timestamp,
    /// The first second after it.
    pub until: Timestamp,
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revocation {
    /// What is revoked.
    pub id: RevokedId,
    /// Why.
    pub reason: RevocationReason,
    /// Of a report key: only its reports of runs in this time are revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<RunWindow>,
    /// Of a compromised report key: the earliest moment at which somebody else may have had it. If absent, nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When the authority decided so: for people.
    pub date: Timestamp,
    /// Reports that stay good although their key is compromised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub survivors: Vec<StatementId>,
    /// The key that takes the place of a revoked one: a hint, which gives no trust.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<KeyId>,
}

impl Revocation {
    /// Whether this entry says that a key was compromised.
    #[must_use]
    pub const fn is_compromise(&self) -> bool {
        matches!((self.id, self.reason), (RevokedId::Key(_), RevocationReason::KeyCompromise))
    }

    /// What has not yet been when the list was issued, nobody can know.
    fn since_in_place(&self, issued: Timestamp) -> Result<(), PredicateError> {
        match self.since {
            None => Ok(()),
            Some(_) if !self.is_compromise() => {
                Err(PredicateError::MisplacedSince { id: self.id.to_string() })
            }
            Some(since) if since > issued => Err(PredicateError::LateSince { since, issued }),
            Some(_) => Ok(()),
        }
    }

    /// Runs have a time by the word of whoever signed their reports: that of a stolen key is worth nothing.
    fn runs_in_place(&self) -> Result<(), PredicateError> {
        let Some(RunWindow { from, until }) = self.runs else { return Ok(()) };
        let of_key = matches!(self.id, RevokedId::Key(_));
        if !of_key || matches!(self.reason, RevocationReason::KeyCompromise) {
            return Err(PredicateError::MisplacedRuns { id: self.id.to_string() });
        }
        if from < until {
            Ok(())
        } else {
            Err(PredicateError::EmptyWindow { not_before: from, not_after: until })
        }
    }
}

/// The predicate. The subject is the issuer's own key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevocationList {
    /// The key of the authority.
    pub issuer: KeyId,
    /// Counts the lists of this authority, from 0; two lists with one serial are a contradiction.
    pub serial: u64,
    /// When the list was issued: its freshness counts from here.
    pub not_before: Timestamp,
    /// When a newer list must be there: the list is stale from then on, whatever a policy says.
    pub not_after: Timestamp,
    /// What is revoked; empty in an authority's first list.
    pub revoked: Vec<Revocation>,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Dated for RevocationList {
    fn not_before(&self) -> Timestamp {
        self.not_before
    }
    fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl Predicate for RevocationList {
    const TYPE: &'static str = "https://code-deployment-integrity.io/revocations/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        sole_subject(subject, self.issuer.sha256(), "the issuer's own key")?;
        self.window()?;
        no_duplicates(self.revoked.iter().map(|entry| entry.id), "revoked")?;
        self.revoked.iter().try_for_each(Revocation::runs_in_place)?;
        self.revoked.iter().try_for_each(|entry| entry.since_in_place(self.not_before))
    }
}
