//! `certification-request/v1` and `endorsement-request/v1`: signed with the key that asks, which proves that the key
//! is held (proof of possession). A verifier takes nothing from them.

use serde::{Deserialize, Serialize};

use super::certification::{ClosureFile, Custody, Linkage, ToolIdentity};
use super::endorsement::Scope;
use super::{Predicate, PredicateError, no_duplicates, sole_file, sole_subject};
use crate::{Annotations, FileDigest, KeyId, Name, PublicKeyInfo, Subject};

/// A tool owner asks that a tool be certified. The subject is the entry executable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificationRequest {
    /// The report key, which signs this request.
    pub issuer: KeyId,
    /// The tool's attributes.
    pub tool: ToolIdentity,
    /// The report key itself.
    pub report_key: PublicKeyInfo,
    /// Who can make that key sign, as the owner says.
    pub custody: Custody,
    /// The recorder that will use it.
    pub recorder: FileDigest,
    /// The other executables and the libraries of a run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closure: Vec<ClosureFile>,
    /// Whether libraries are loaded.
    pub linkage: Linkage,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Predicate for CertificationRequest {
    const TYPE: &'static str = "https://code-deployment-integrity.io/certification-request/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        sole_file(subject, "the tool's one entry executable")?;
        if self.report_key.key_id() != self.issuer {
            return Err(PredicateError::WrongSubject { expected: "asked for by the report key itself" });
        }
        no_duplicates(self.closure.iter().map(|file| file.sha256), "closure")
    }
}

/// Somebody asks to be an authority. The subject is their key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndorsementRequest {
    /// The key, which signs this request.
    pub issuer: KeyId,
    /// The name to be known by.
    pub name: Name,
    /// The key itself.
    pub public_key: PublicKeyInfo,
    /// The scope that is asked for; the endorser decides.
    pub scope: Scope,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Predicate for EndorsementRequest {
    const TYPE: &'static str = "https://code-deployment-integrity.io/endorsement-request/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        sole_subject(subject, self.issuer.sha256(), "the key that asks")?;
        if self.public_key.key_id() != self.issuer {
            return Err(PredicateError::WrongSubject { expected: "asked for by the key itself" });
        }
        self.scope.admit()
    }
}
