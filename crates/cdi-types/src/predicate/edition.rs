//! `policy/v1`: an edition of a policy, as its principal signed it; `waiver/v1`: what the principal excuses for a time.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Dated, Predicate, PredicateError, no_duplicates, not_empty, sole_subject};
use crate::parsed::parsed;
use crate::{Annotations, ArtifactDigest, KeyId, Name, PolicyDigest, Subject, Timestamp, limits};

/// What becomes of an artifact that a policy refuses. It stands in a signed edition and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It is refused.
    #[default]
    Enforce,
    /// It is not refused on this policy's account; what fails is shown as a warning.
    Warn,
    /// It is not refused on this policy's account; what fails is recorded.
    Audit,
}

impl Mode {
    /// The mode's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Warn => "warn",
            Self::Audit => "audit",
        }
    }
}

/// The raw bytes of a policy document, in standard base64: what is read is what was signed, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentBytes(Vec<u8>);

impl DocumentBytes {
    /// Takes the bytes of a document.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for DocumentBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64_simd::STANDARD.encode_to_string(&self.0))
    }
}

impl<'de> Deserialize<'de> for DocumentBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, |text| {
            let bytes = base64_simd::STANDARD.decode_to_vec(text.as_bytes());
            bytes.map(Self).map_err(|_| "a document is in standard base64, with exact padding")
        })
    }
}

/// The predicate of an edition. The subject is the document, by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyEdition {
    /// The principal's policy key.
    pub issuer: KeyId,
    /// Whose policy it is.
    pub principal: Name,
    /// The deciders that it is for, by the names of their configurations.
    pub audience: Vec<Name>,
    /// Counts the editions: a greater one takes the place of a smaller.
    pub version: u64,
    /// Start of the window.
    pub not_before: Timestamp,
    /// End of the window.
    pub not_after: Timestamp,
    /// What becomes of what the policy refuses.
    #[serde(default)]
    pub mode: Mode,
    /// The policy.
    pub document: DocumentBytes,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Dated for PolicyEdition {
    fn not_before(&self) -> Timestamp {
        self.not_before
    }
    fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl Predicate for PolicyEdition {
    const TYPE: &'static str = "https://code-deployment-integrity.io/policy/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        let bytes = self.document.as_bytes();
        let digest = PolicyDigest::of(bytes);
        sole_subject(subject, digest.sha256(), "the policy document, by the SHA-256 of its bytes")?;
        if bytes.len() > limits::POLICY_BYTES {
            return Err(PredicateError::DocumentTooLarge { found: bytes.len() });
        }
        not_empty(&self.audience, "audience")?;
        no_duplicates(self.audience.iter(), "audience")?;
        self.window()
    }
}

/// The predicate of a waiver. The subject is the policy document of which it excuses a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waiver {
    /// The principal's policy key: the one that signed the edition.
    pub issuer: KeyId,
    /// Whose policy it is.
    pub principal: Name,
    /// The deciders that it is for, by the names of their configurations.
    pub audience: Vec<Name>,
    /// Start of the window.
    pub not_before: Timestamp,
    /// End of the window: there is no waiver without one.
    pub not_after: Timestamp,
    /// The artifacts for which it holds, by digest.
    pub artifacts: Vec<ArtifactDigest>,
    /// The requirements that it excuses, each in the words in which a verdict names it.
    pub requirements: Vec<String>,
    /// Why, for people. A verdict shows it.
    pub reason: Name,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Dated for Waiver {
    fn not_before(&self) -> Timestamp {
        self.not_before
    }
    fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl Predicate for Waiver {
    const TYPE: &'static str = "https://code-deployment-integrity.io/waiver/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        match subject {
            [_] => {}
            _ => {
                let expected = "the one policy document, by the SHA-256 of its bytes";
                return Err(PredicateError::WrongSubject { expected });
            }
        }
        not_empty(&self.audience, "audience")?;
        no_duplicates(self.audience.iter(), "audience")?;
        not_empty(&self.artifacts, "artifacts")?;
        no_duplicates(self.artifacts.iter().copied(), "artifacts")?;
        not_empty(&self.requirements, "requirements")?;
        no_duplicates(self.requirements.iter(), "requirements")?;
        self.window()
    }
}
