//! Why there is no decision, before one is made: documents and bundles that cannot be used.

use cdi_policy::{ConfigurationError, PolicyError};
use cdi_types::{BundleError, Name};
use cdi_verify::VerifyError;
use thiserror::Error;

/// Why a principal's policy cannot be read.
#[derive(Debug, Error)]
pub enum PartyError {
    /// The document cannot be used.
    #[error(transparent)]
    Policy(#[from] ConfigurationError),
    /// The file of a principal that signs its policies is no bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The file of a principal that signs its policies is over a limit.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A principal that must agree is not among the parties.
    #[error("`{principal}` must agree, and is not asked")]
    NotHeard {
        /// Who must agree.
        principal: Name,
    },
    /// A principal that signs nothing has no document.
    #[error("`{principal}` must agree, and there is no policy of it")]
    NoPolicy {
        /// Who must agree.
        principal: Name,
    },
}

impl PartyError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Policy(error) => error.code(),
            Self::Bundle(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::NotHeard { .. } => "principal-unheard",
            Self::NoPolicy { .. } => "policy-missing",
        }
    }
}

/// Why there is no decision: what an embedding program meets on the way to one.
#[derive(Debug, Error)]
pub enum Error {
    /// The catalogue cannot be used.
    #[error(transparent)]
    Catalogue(#[from] PolicyError),
    /// The configuration cannot be used.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// A principal's policy cannot be used.
    #[error(transparent)]
    Party(#[from] PartyError),
    /// The evidence is no bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The evidence is over a limit.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl Error {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Catalogue(error) => error.code(),
            Self::Configuration(error) => error.code(),
            Self::Party(error) => error.code(),
            Self::Bundle(error) => error.code(),
            Self::Verify(error) => error.code(),
        }
    }
}
