//! `origin/v1`: a developer or supplier says that an artifact is theirs. A chain may begin here, if a policy says so.

use serde::{Deserialize, Serialize};

use super::{Predicate, PredicateError};
use crate::{Annotations, KeyId, Subject};

/// What kind of thing comes from the signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginKind {
    /// Source code.
    Source,
    /// A library that is taken as it is.
    Library,
    /// Parts of a toolchain: headers, start-up objects, runtime libraries.
    Toolchain,
    /// Code in a binary form.
    Binary,
}

impl OriginKind {
    /// The kind's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Library => "library",
            Self::Toolchain => "toolchain",
            Self::Binary => "binary",
        }
    }
}

/// The predicate. The subjects are the artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Origin {
    /// The key of the developer or supplier.
    pub issuer: KeyId,
    /// The kind of all subjects.
    pub kind: OriginKind,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Predicate for Origin {
    const TYPE: &'static str = "https://code-deployment-integrity.io/origin/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, _subject: &[Subject]) -> Result<(), PredicateError> {
        Ok(())
    }
}
