//! Why a document cannot be used.

use cdi_types::{CatalogueDigest, PropertyName};
use cdi_verify::TrustError;

use crate::catalogue_error::CatalogueError;
use crate::yaml::YamlError;

/// A policy, catalogue or configuration that cannot be used. There is no half-used document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text breaks the strict YAML profile.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A member is missing, unknown, or of another type.
    #[error("`{path}`: {detail}")]
    Malformed {
        /// The kind of the document.
        kind: &'static str,
        /// Where.
        path: String,
        /// What is wrong.
        detail: String,
        /// The word that stands there, if it is none that may.
        unknown: Option<UnknownWord>,
    },
    /// The document is of another kind or version.
    #[error("the document is a `{found}`, expected a `{expected}`")]
    WrongKind {
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The policy was written under another catalogue.
    #[error("the policy is written under the catalogue {found}, known here: {known}")]
    UnknownCatalogue {
        /// The digest in the policy.
        found: CatalogueDigest,
        /// The digests of the catalogues at hand, in text.
        known: String,
    },
    /// A word that the catalogue does not have.
    #[error("`{word}` is neither a property nor a tag of the catalogue")]
    UnknownWord {
        /// The word.
        word: String,
    },
    /// A word for others' evidence that the policy does not describe.
    #[error("`{word}` is not described under `trust.evidence`, which has: {known}")]
    UnknownEvidence {
        /// The word.
        word: String,
        /// The names that are described, in text.
        known: String,
    },
    /// A catalogue breaks a rule of its own.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A reserved word in a formula.
    #[error("`{word}` is reserved; `history.complete` asks for it")]
    ReservedWord {
        /// The word.
        word: String,
    },
    /// A property of how something was made, which no requirement can be about yet.
    #[error("`{word}` is true of one run and not of bytes: it cannot be assumed of an artifact")]
    OfMaking {
        /// The word.
        word: String,
    },
    /// A word with a value that it does not take, or without one that it must have.
    #[error("`{word}` has a value that the catalogue does not allow, or none where it wants one")]
    WrongValue {
        /// The word.
        word: String,
    },
    /// A policy that would allow anything without saying so.
    #[error(
        "the policy is `default-deny` and requires nothing: it must have `require` or `history.complete`"
    )]
    RequiresNothing,
    /// A policy that says that it accepts everything, and then something else.
    #[error("the policy is `accept-all`, and yet has `{member}`")]
    AcceptsAllBut {
        /// The member.
        member: &'static str,
    },
    /// A policy that requires something of the code and trusts nobody to vouch for it.
    #[error("the policy has no `trust`, and `{member}` needs it")]
    NoTrust {
        /// The member.
        member: &'static str,
    },
    /// The trust contradicts itself.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// More authorities are wanted than may speak.
    #[error(
        "the quorum for `{property}` is {quorum}, and of the policy's anchors {anchors} may speak about it"
    )]
    QuorumBeyondAnchors {
        /// The property.
        property: PropertyName,
        /// The quorum.
        quorum: u8,
        /// The anchors, those under one control counted once.
        anchors: usize,
    },
    /// A key that is none.
    #[error("`{path}`: {detail}")]
    Key {
        /// Where.
        path: String,
        /// What is wrong.
        detail: String,
    },
    /// A list that would hold vacuously.
    #[error("`{path}` is empty")]
    Empty {
        /// Where.
        path: &'static str,
    },
}

/// A member, or a word in the place of a few, that is not described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// Those that are described.
    pub known: Vec<String>,
}

impl PolicyError {
    /// Something in a policy that is not as it must be, beyond its form.
    pub(crate) fn malformed_policy(path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Malformed { kind: "Policy", path: path.into(), detail: detail.into(), unknown: None }
    }

    /// The word that is none that may stand there, if that is what is wrong.
    #[must_use]
    pub const fn unknown(&self) -> Option<&UnknownWord> {
        match self {
            Self::Malformed { unknown, .. } => unknown.as_ref(),
            _ => None,
        }
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Yaml(error) => error.code(),
            Self::Malformed { kind, .. } => match kind.as_bytes() {
                b"Catalogue" => "catalogue-malformed",
                b"Configuration" => "configuration-malformed",
                b"CostModel" => "cost-model-malformed",
                b"Tools" => "tools-malformed",
                b"Workload" => "workload-malformed",
                _ => "policy-malformed",
            },
            Self::WrongKind { .. } => "policy-wrong-kind",
            Self::UnknownCatalogue { .. } => "policy-unknown-catalogue",
            Self::UnknownWord { .. } => "word-unknown",
            Self::UnknownEvidence { .. } => "evidence-unknown",
            Self::Catalogue(error) => error.code(),
            Self::ReservedWord { .. } => "word-reserved",
            Self::OfMaking { .. } => "word-of-making",
            Self::WrongValue { .. } => "word-wrong-value",
            Self::RequiresNothing => "policy-requires-nothing",
            Self::AcceptsAllBut { .. } => "policy-accepts-all-but",
            Self::NoTrust { .. } => "policy-without-trust",
            Self::Trust(error) => error.code(),
            Self::QuorumBeyondAnchors { .. } => "quorum-beyond-anchors",
            Self::Key { .. } => "policy-key",
            Self::Empty { .. } => "policy-empty-list",
        }
    }
}
