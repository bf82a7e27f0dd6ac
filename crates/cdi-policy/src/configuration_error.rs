//! Why a configuration cannot be used (rule P-CONFIG).

use cdi_envelope::KeyError;
use cdi_types::{CatalogueDigest, Name, PolicyDigest};

use crate::configuration::MOST_RUNTIMES;
use crate::policy_error::PolicyError;
use crate::wasm_runtime::RuntimeError;

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// The document itself, or a policy, cannot be used.
    #[error(transparent)]
    Document(#[from] PolicyError),
    /// Nobody would have to agree.
    #[error("no principal is required `always`")]
    NobodyRequired,
    /// A name that stands for two things.
    #[error("`{name}` is there twice")]
    NameTwice {
        /// The name.
        name: Name,
    },
    /// A name that stands for no principal.
    #[error("`{name}` is no principal of this configuration")]
    UnknownPrincipal {
        /// The name.
        name: Name,
    },
    /// A principal without a policy, and without a key that could sign one.
    #[error("`{name}` has neither `policy` nor `key`")]
    NoPolicy {
        /// The principal.
        name: Name,
    },
    /// What only a signed policy can keep.
    #[error("`{name}` has `{member}`, which needs a `key`")]
    NoKey {
        /// The principal.
        name: Name,
        /// The member.
        member: &'static str,
    },
    /// A principal whose policy is to be carried, and stands in a file.
    #[error("`{name}` is required `when-carried`, and its `policy` is there always")]
    CarriedFile {
        /// The principal.
        name: Name,
    },
    /// A policy key that cannot be used.
    #[error("the policy key of `{name}`: {error}")]
    Key {
        /// The principal.
        name: Name,
        /// Why.
        error: KeyError,
    },
    /// One policy key for two principals: what one has signed would be the other's.
    #[error("`{name}` has the policy key of another principal")]
    KeyTwice {
        /// The principal.
        name: Name,
    },
    /// A node's key that cannot be used.
    #[error("the key of the node `{name}`: {error}")]
    NodeKey {
        /// The node.
        name: Name,
        /// Why.
        error: KeyError,
    },
    /// One key for two nodes.
    #[error("the node `{name}` has the key of another node")]
    NodeKeyTwice {
        /// The node.
        name: Name,
    },
    /// A word that is no platform property of the catalogue.
    #[error("the environment `{environment}` provides `{word}`, which {why}")]
    UnknownProperty {
        /// The environment.
        environment: Name,
        /// The word.
        word: String,
        /// What it is instead.
        why: NotOfPlaces,
    },
    /// A runtime that cannot be declared so.
    #[error("the runtime of the environment `{environment}`: {error}")]
    Runtime {
        /// The environment.
        environment: Name,
        /// Why.
        error: RuntimeError,
    },
    /// More runtimes than a host has.
    #[error("{found} runtimes are declared, {MOST_RUNTIMES} are the most")]
    ManyRuntimes {
        /// How many.
        found: usize,
    },
    /// A policy of somebody else.
    #[error("the policy is of `{found}`, expected one of `{expected}`")]
    PolicyOfAnother {
        /// The principal that the configuration names.
        expected: Name,
        /// The principal that the policy names.
        found: Name,
    },
    /// A policy that is not the pinned one.
    #[error("the policy has the digest {found}, the configuration pins {expected}")]
    PolicyDigest {
        /// The pinned digest.
        expected: PolicyDigest,
        /// The policy's digest.
        found: PolicyDigest,
    },
    /// A catalogue that is not the pinned one.
    #[error("the catalogue has the digest {found}, the configuration pins {expected}")]
    CatalogueDigest {
        /// The pinned digest.
        expected: CatalogueDigest,
        /// The catalogue's digest.
        found: CatalogueDigest,
    },
    /// A request for a directory that the configuration does not have.
    #[error("the directory `{name}` is not in the configuration")]
    UnknownDirectory {
        /// The name.
        name: Name,
    },
    /// A request for more than a program may use.
    #[error("{asked} {unit} of {what} are asked for, the configuration allows {most}")]
    AboveLimit {
        /// Memory or time.
        what: &'static str,
        /// How much of it.
        asked: u64,
        /// What the configuration has.
        most: u64,
        /// In what it is counted.
        unit: &'static str,
    },
    /// A request for an environment that the configuration does not have.
    #[error("there is no environment `{name}`, neither in the configuration nor in the gate")]
    UnknownEnvironment {
        /// The name.
        name: String,
    },
}

/// Why no place can provide a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOfPlaces {
    /// The catalogue does not have it.
    #[error("is no platform property of the catalogue")]
    Unknown,
    /// It is about code.
    #[error("is a property of code, and not of places")]
    OfCode,
    /// It stands for others.
    #[error("is a tag, and no property of places")]
    Tag,
    /// It says nothing without a value.
    #[error("wants a value")]
    WantsValue,
    /// It has no values.
    #[error("has a value that the catalogue does not allow")]
    HasNoValue,
}

impl ConfigurationError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::NobodyRequired => "configuration-nobody-required",
            Self::NameTwice { .. } => "configuration-name-twice",
            Self::UnknownPrincipal { .. } => "configuration-unknown-principal",
            Self::NoPolicy { .. } => "configuration-no-policy",
            Self::NoKey { .. } => "configuration-no-key",
            Self::CarriedFile { .. } => "configuration-carried-file",
            Self::Key { error, .. } | Self::NodeKey { error, .. } => error.code(),
            Self::KeyTwice { .. } | Self::NodeKeyTwice { .. } => "configuration-key-twice",
            Self::UnknownProperty { .. } => "configuration-unknown-property",
            Self::Runtime { error, .. } => error.code(),
            Self::ManyRuntimes { .. } => "limit-runtimes",
            Self::PolicyOfAnother { .. } => "policy-of-another-principal",
            Self::PolicyDigest { .. } => "policy-digest",
            Self::CatalogueDigest { .. } => "catalogue-digest",
            Self::UnknownDirectory { .. } => "directory-unknown",
            Self::AboveLimit { .. } => "limit-above-configured",
            Self::UnknownEnvironment { .. } => "environment-unknown",
        }
    }
}
