//! The claims file: what an authority is willing to say about a tool, before it is known which statement will carry it.

use std::collections::BTreeMap;

use cdi_types::json::{self, JsonError};
use cdi_types::{Claim, Invocation, PredicateError, Role, admit_claims};
use serde::{Deserialize, Serialize};

/// A claims file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// The file breaks the strict JSON profile.
    #[error("the claims are not strict JSON: {0}")]
    Json(#[from] JsonError),
    /// A member is missing, unknown or out of its form.
    #[error("the claims are malformed: {detail}")]
    Malformed {
        /// What the parser says, control characters escaped.
        detail: String,
    },
}

impl ClaimsError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::Malformed { .. } => "claims-malformed",
        }
    }
}

/// Claims and the invocations that they name, exactly as a tool certification carries them. Whether each claim is a
/// possible one is found when the certification is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// What is claimed.
    pub claims: Vec<Claim>,
    /// The invocations, by name.
    pub invocations: BTreeMap<Role, Invocation>,
}

impl Claims {
    /// Reads a claims file: one JSON object with the members `claims` and `invocations`, and no others.
    ///
    /// # Errors
    /// [`ClaimsError`] names the rule that the file breaks.
    pub fn parse(bytes: &[u8]) -> Result<Self, ClaimsError> {
        let text = json::strict(bytes)?;
        text.safe_numbers()?;
        json::typed(text).map_err(|error| ClaimsError::Malformed {
            detail: error.to_string().chars().take(300).flat_map(char::escape_debug).collect(),
        })
    }
}

impl Claims {
    /// Holds the claims to the rules of a certification that is about to carry them.
    ///
    /// # Errors
    /// [`PredicateError`] names the rule.
    pub fn admit(&self) -> Result<(), PredicateError> {
        admit_claims(&self.claims, &self.invocations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"claims":[{"property":"A","effect":"establishes","invocation":"default"}],
        "invocations":{"default":{"program":["cc"],"arguments":[{"is":"-c"},{"input":"code"}],
        "environment":{"PATH":"any"},"exitStatus":[0]}}}"#;

    #[test]
    fn claims_and_invocations_are_read_and_nothing_else() {
        assert_eq!(Claims::parse(GOOD.as_bytes()).unwrap().claims.len(), 1);
        let extra = GOOD.replacen('{', r#"{"note":1,"#, 1);
        assert_eq!(Claims::parse(extra.as_bytes()).unwrap_err().code(), "claims-malformed");
        let typo = GOOD.replace("exitStatus", "exitstatus");
        assert_eq!(Claims::parse(typo.as_bytes()).unwrap_err().code(), "claims-malformed");
        let twice = GOOD.replacen('{', r#"{"claims":[],"#, 1);
        assert_eq!(Claims::parse(twice.as_bytes()).unwrap_err().code(), "json-duplicate-member");
        assert_eq!(Claims::parse(b"").unwrap_err().code(), "json-syntax");
        assert_eq!(Claims::parse(b"[[],{}]").unwrap_err().code(), "claims-malformed");
    }
}
