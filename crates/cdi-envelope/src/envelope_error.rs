//! Why an envelope proves nothing.

use cdi_types::json::JsonError;
use cdi_types::{KeyId, limits};

use crate::{BudgetExhausted, PAYLOAD_TYPE};

/// An envelope that cannot be used, or that a key did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The envelope is longer than a line of a bundle may be.
    #[error("the envelope has {found} bytes, at most {} are read", limits::LINE_BYTES)]
    TooLarge {
        /// How many bytes were found.
        found: usize,
    },
    /// The bytes break the strict JSON profile.
    #[error("the envelope is not strict JSON: {0}")]
    Json(#[from] JsonError),
    /// A required member is missing or a member is of another type.
    #[error("the envelope is malformed: {detail}")]
    Malformed {
        /// What the parser says, control characters escaped.
        detail: String,
    },
    /// The payload is of another type, or of almost this one.
    #[error("the payload type is `{found}`, expected `{PAYLOAD_TYPE}`")]
    PayloadType {
        /// The type that was found, control characters escaped.
        found: String,
    },
    /// A member is not base64 as rule F-BASE64 has it.
    #[error("`{member}` is not padded base64 of one alphabet")]
    Base64 {
        /// The member.
        member: &'static str,
    },
    /// The envelope has no signature.
    #[error("the envelope has no signature")]
    NoSignature,
    /// The envelope has more signatures than [`limits::ENVELOPE_SIGNATURES`].
    #[error("the envelope has {found} signatures, at most {} are read", limits::ENVELOPE_SIGNATURES)]
    TooManySignatures {
        /// How many were found.
        found: usize,
    },
    /// No signature of the envelope was made with the key over this payload.
    #[error("no signature of the envelope is one by the key `{key}` over its payload")]
    NotSignedBy {
        /// The key.
        key: KeyId,
    },
    /// The budget of signature verifications is spent: whether the key signed is not known.
    #[error(transparent)]
    VerificationBudget(#[from] BudgetExhausted),
}

impl EnvelopeError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "limit-line-bytes",
            Self::Json(error) => error.code(),
            Self::Malformed { .. } => "envelope-malformed",
            Self::PayloadType { .. } => "envelope-payload-type",
            Self::Base64 { .. } => "envelope-base64",
            Self::NoSignature => "envelope-without-signature",
            Self::TooManySignatures { .. } => "limit-envelope-signatures",
            Self::NotSignedBy { .. } => "signature-invalid",
            Self::VerificationBudget(error) => error.code(),
        }
    }
}
