//! The files of a package, as its supplier lists them: a certified invocation takes them for what they are by who says so and
//! by their digests, never by their paths alone (rule M-MANIFEST).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::PredicateError;
use super::origin::OriginKind;
use crate::{PublicKeyInfo, Role};

/// What origin statements of this key and kind list can be taken for this role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// The supplier's key.
    pub key: PublicKeyInfo,
    /// The kind of the origin statements.
    pub kind: OriginKind,
    /// The role; never `code`: what is code has to show where it comes from.
    pub role: Role,
}

impl Manifest {
    /// Holds the manifests of an invocation to their rules: none is of code, and none is there twice.
    pub(super) fn admit_all(listed: &[Self]) -> Result<(), PredicateError> {
        listed.iter().try_for_each(Self::admit)?;
        let mut seen = BTreeSet::new();
        match listed.iter().find(|manifest| !seen.insert(*manifest)) {
            None => Ok(()),
            Some(again) => {
                Err(PredicateError::Duplicate { member: "manifests", element: again.role.to_string() })
            }
        }
    }

    pub(super) fn admit(&self) -> Result<(), PredicateError> {
        if self.role.is_code() { Err(PredicateError::CodeManifest) } else { Ok(()) }
    }
}
