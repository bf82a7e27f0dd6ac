//! The one place for free-form data in a predicate. No decision reads it.

use serde::{Deserialize, Deserializer, Serialize};

/// Free-form members that a signer adds. Reading keeps nothing of them: a decision cannot depend on what is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Annotations(std::collections::BTreeMap<String, String>);

impl Annotations {
    /// Annotations to be written.
    #[must_use]
    pub const fn new(members: std::collections::BTreeMap<String, String>) -> Self {
        Self(members)
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for Annotations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self::default())
    }
}
