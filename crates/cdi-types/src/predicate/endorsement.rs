//! `endorsement/v1`: an authority says that another key is an authority, within a scope (paper 4.1, SIG_VA).

use serde::{Deserialize, Serialize};

use super::{Dated, Predicate, PredicateError, not_empty, sole_subject};
use crate::{
    Annotations, KeyId, Name, PropertyName, PropertyPattern, PublicKeyInfo, StatementId, Subject, Timestamp,
};

/// What an authority may speak about, and how many authorities may stand below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Patterns, of which a property must match one.
    pub properties: Vec<PropertyPattern>,
    /// How many endorsements may follow this one in a chain; 0 lets the child certify tools only.
    pub depth: u8,
}

impl Scope {
    /// Whether `property` is inside.
    #[must_use]
    pub fn covers(&self, property: &PropertyName) -> bool {
        self.properties.iter().any(|pattern| pattern.matches(property))
    }

    /// Holds the scope to naming something and to the depth limit.
    ///
    /// # Errors
    /// [`PredicateError::Empty`] or [`PredicateError::TooDeep`].
    pub fn admit(&self) -> Result<(), PredicateError> {
        not_empty(&self.properties, "scope.properties")?;
        if self.depth > crate::limits::ENDORSEMENT_DEPTH {
            return Err(PredicateError::TooDeep { found: self.depth });
        }
        Ok(())
    }
}

/// The predicate. The subject is the child's key, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Endorsement {
    /// The key of the endorsing authority.
    pub issuer: KeyId,
    /// Counts the issuer's statements.
    pub serial: u64,
    /// Start of the window.
    pub not_before: Timestamp,
    /// End of the window.
    pub not_after: Timestamp,
    /// The child's name, for people.
    pub name: Name,
    /// The child's key.
    pub public_key: PublicKeyInfo,
    /// What the child may speak about. It can only narrow what the issuer may: a chain's scope is the intersection.
    pub scope: Scope,
    /// The endorsement that made the issuer an authority: a hint for retrieval, which decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<StatementId>,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Dated for Endorsement {
    fn not_before(&self) -> Timestamp {
        self.not_before
    }
    fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl Predicate for Endorsement {
    const TYPE: &'static str = "https://code-deployment-integrity.io/endorsement/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        let child = self.public_key.key_id();
        sole_subject(subject, child.sha256(), "the child's key, by the SHA-256 of its SubjectPublicKeyInfo")?;
        if child == self.issuer {
            return Err(PredicateError::OwnKey { place: "the child that it endorses" });
        }
        self.window()?;
        self.scope.admit()
    }
}
