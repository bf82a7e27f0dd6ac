//! A verification of one's own, to be written as a SLSA verification summary: for exports and for the journal. Nothing here
//! signs it, and reading one is [`crate::VerificationSummary`]'s.

use serde::Serialize;

use crate::{Sha256, StatementId, Timestamp};

/// What stands as the result of what was found good.
pub const SUMMARY_PASSED: &str = "PASSED";
/// What stands as the result, and in the place of a level, of what was not.
pub const SUMMARY_FAILED: &str = "FAILED";

/// What was verified, by whom, when, by what, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The verifier's id, a URI.
    pub verifier: String,
    /// The time of it.
    pub at: Timestamp,
    /// Where the artifact is to be had, or what it is verified as, a URI.
    pub resource: String,
    /// The policy, as a URI and by the digest of its document.
    pub policy: (String, Sha256),
    /// Every statement that was verified for it.
    pub inputs: Vec<StatementId>,
    /// The levels that were reached; `None` if it was refused.
    pub passed: Option<Vec<String>>,
}

/// The predicate of a verification summary, with members of the writer's own beside SLSA's.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenSummary<D> {
    verifier: Verifier,
    time_verified: Timestamp,
    resource_uri: String,
    policy: Policy,
    input_attestations: Vec<Attestation>,
    verification_result: &'static str,
    verified_levels: Vec<String>,
    #[serde(flatten)]
    details: D,
}

/// No members beside SLSA's.
#[derive(Debug, Serialize)]
pub struct NoDetails {}

#[derive(Debug, Serialize)]
struct Verifier {
    id: String,
}

#[derive(Debug, Serialize)]
struct Policy {
    uri: String,
    digest: Digests,
}

#[derive(Debug, Serialize)]
struct Attestation {
    digest: Digests,
}

#[derive(Debug, Serialize)]
struct Digests {
    sha256: Sha256,
}

impl Verification {
    /// The predicate of it.
    #[must_use]
    pub fn written<D>(self, details: D) -> WrittenSummary<D> {
        let attestation = |id: &StatementId| Attestation { digest: Digests { sha256: id.sha256() } };
        let (uri, sha256) = self.policy;
        let verification_result = if self.passed.is_some() { SUMMARY_PASSED } else { SUMMARY_FAILED };
        WrittenSummary {
            verifier: Verifier { id: self.verifier },
            time_verified: self.at,
            resource_uri: self.resource,
            policy: Policy { uri, digest: Digests { sha256 } },
            input_attestations: self.inputs.iter().map(attestation).collect(),
            verification_result,
            verified_levels: self.passed.unwrap_or_else(|| vec![SUMMARY_FAILED.to_owned()]),
            details,
        }
    }
}
