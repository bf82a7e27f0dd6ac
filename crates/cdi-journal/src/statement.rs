//! The statement that an entry is, as it is written and read (rule J-ENTRY).

use cdi_types::{
    ArtifactDigest, DigestSet, SUMMARY_FAILED, SUMMARY_PASSED, SUMMARY_TYPE, Sha256, StatementId, Timestamp,
    Verification, WrittenSummary,
};
use serde::{Deserialize, Serialize};

use crate::chain::Link;
use crate::error::JournalError;
use crate::record::{Decision, Occasion, Record, Verdict};

/// The `_type` of every statement.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// A verification summary as an entry has it: SLSA's members, and two of CDI's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    verifier: Verifier,
    time_verified: Timestamp,
    resource_uri: String,
    policy: Policy,
    input_attestations: Vec<Attestation>,
    verification_result: String,
    verified_levels: Vec<String>,
    #[serde(rename = "cdi_decision")]
    decision: Decision,
    #[serde(rename = "cdi_journal")]
    pub(crate) link: Link,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Verifier {
    id: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Policy {
    uri: String,
    digest: Digests,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Attestation {
    digest: Digests,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Digests {
    sha256: Sha256,
}

/// The members of CDI's own.
#[derive(Serialize)]
struct Details {
    cdi_decision: Decision,
    cdi_journal: Link,
}

/// The statement around the summary.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Statement<P> {
    #[serde(rename = "_type")]
    kind: String,
    pub(crate) subject: Vec<Subject>,
    predicate_type: String,
    pub(crate) predicate: P,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Subject {
    pub(crate) name: String,
    digest: DigestSet,
}

impl Record {
    /// The payload of the entry that stands at this place of the journal.
    pub(crate) fn payload(self, link: Link) -> Result<Vec<u8>, JournalError> {
        let passed = self.decision.verdict == Verdict::Allow;
        let verification = Verification {
            verifier: self.verifier,
            at: self.decided_at,
            resource: self.resource,
            policy: self.configuration,
            inputs: self.evidence,
            passed: passed.then_some(self.levels),
        };
        let details = Details { cdi_decision: self.decision, cdi_journal: link };
        let subject = Subject { name: self.name, digest: self.artifact.into() };
        let statement: Statement<WrittenSummary<Details>> = Statement {
            kind: STATEMENT.to_owned(),
            subject: vec![subject],
            predicate_type: SUMMARY_TYPE.to_owned(),
            predicate: verification.written(details),
        };
        serde_json::to_vec(&statement).map_err(|error| JournalError::Unwritable { detail: error.to_string() })
    }
}

impl Statement<Verified> {
    /// Whether it is a summary of exactly one artifact, which says of itself what its details say.
    pub(crate) fn is_one_decision(&self) -> bool {
        let summary = &self.predicate;
        let passed = summary.decision.verdict == Verdict::Allow;
        let is_stop = summary.decision.occasion == Occasion::Stop;
        let failed = summary.verified_levels.iter().any(|level| level == SUMMARY_FAILED);
        self.kind == STATEMENT
            && self.predicate_type == SUMMARY_TYPE
            && self.subject.len() == 1
            && summary.verification_result == if passed { SUMMARY_PASSED } else { SUMMARY_FAILED }
            && failed != passed
            && is_stop == summary.decision.stopped.is_some()
            && !(is_stop && passed)
    }
}

impl Subject {
    pub(crate) fn artifact(&self) -> Option<ArtifactDigest> {
        self.digest.artifact().ok().flatten()
    }
}

impl Verified {
    /// The time of the decision.
    #[must_use]
    pub const fn decided_at(&self) -> Timestamp {
        self.time_verified
    }

    /// Who decided, as a URI.
    #[must_use]
    pub fn verifier(&self) -> &str {
        &self.verifier.id
    }

    /// Where the artifact was to be had.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource_uri
    }

    /// The decider's configuration, as a URI and by the digest of its document.
    #[must_use]
    pub fn configuration(&self) -> (&str, Sha256) {
        (&self.policy.uri, self.policy.digest.sha256)
    }

    /// Every statement that was verified for it.
    pub fn evidence(&self) -> impl ExactSizeIterator<Item = StatementId> {
        self.input_attestations.iter().map(|one| StatementId::new(one.digest.sha256))
    }

    /// What was verified, in CDI's own words.
    #[must_use]
    pub fn levels(&self) -> &[String] {
        &self.verified_levels
    }

    /// What the decision names.
    #[must_use]
    pub const fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The entry's place in the journal.
    #[must_use]
    pub const fn link(&self) -> Link {
        self.link
    }
}
