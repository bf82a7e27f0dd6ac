//! What of others' provenance cannot be used here, and why.

use cdi_types::StatementError;

use crate::Form;

/// Something that cannot be used. It takes nothing from the rest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    /// The signature is not one over an envelope: a bundle cannot carry it.
    #[error("its signature is over bytes of its own and not over an envelope, so no bundle can carry it")]
    SignedApart,
    /// The envelope's payload is a link and no statement: no verifier of bundles reads it.
    #[error(
        "the envelope's payload is a link and no in-toto statement, so it would prove nothing in a bundle"
    )]
    LinkInEnvelope,
    /// The payload breaks a rule of statements.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Nothing is known here of the predicate's type. A policy can still ask for it.
    #[error("nothing is known here of the type `{found}`; a policy can ask for it under `trust.evidence`")]
    TypeUnmapped {
        /// The type, control characters escaped.
        found: String,
    },
    /// The predicate is not as its type says.
    #[error("the {} is not as its type says: {detail}", form.as_str())]
    PredicateUnread {
        /// What it should be.
        form: Form,
        /// What is not so.
        detail: String,
    },
    /// The predicate is larger than what conditions of policies are put to.
    #[error(
        "its predicate is larger than the {} bytes that conditions of policies read",
        cdi_types::limits::EVIDENCE_BYTES
    )]
    ConditionsCannotRead,
    /// Subjects or products that are identified by other algorithms alone.
    #[error("{found} of {of} outputs have no SHA-256, and so identify nothing here")]
    OutputsWithoutSha256 {
        /// How many.
        found: usize,
        /// Of how many.
        of: usize,
    },
    /// Inputs that are identified by other algorithms alone, or not at all.
    #[error("{found} of {of} inputs have no SHA-256, and so lead to no file")]
    InputsWithoutSha256 {
        /// How many.
        found: usize,
        /// Of how many.
        of: usize,
    },
    /// Nothing that was made has a SHA-256.
    #[error("it names nothing that was made by a SHA-256, so it is about no artifact")]
    NoOutput,
    /// The command failed.
    #[error("the command ended with {exit}")]
    RunFailed {
        /// How it ended.
        exit: i64,
    },
    /// Who signed it is said by a certificate, which nothing here verifies.
    #[error("who signed it is said by a certificate alone, which nothing here verifies: policies name keys")]
    SignerByCertificate,
}

impl Gap {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SignedApart | Self::LinkInEnvelope => "import-no-statement",
            Self::Statement(error) => error.code(),
            Self::TypeUnmapped { .. } => "import-type-unmapped",
            Self::PredicateUnread { .. } => "import-predicate-unread",
            Self::ConditionsCannotRead => "evidence-unreadable",
            Self::OutputsWithoutSha256 { .. } => "subject-without-sha256",
            Self::InputsWithoutSha256 { .. } => "import-input-without-sha256",
            Self::NoOutput => "import-no-output",
            Self::RunFailed { .. } => "import-run-failed",
            Self::SignerByCertificate => "import-signer-by-certificate",
        }
    }
}
