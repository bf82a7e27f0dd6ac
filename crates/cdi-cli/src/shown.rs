//! A rule that was not met, as it is told.

use cdi_types::{ArtifactDigest, KeyId};
use cdi_verify::Obstacle;
use serde::Serialize;

use crate::names::Names;

/// A rule that was not met.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// The authority that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authority: Option<KeyId>,
    /// The statement that is not there, if that is what is wrong.
    #[serde(skip)]
    pub(crate) lacks: Option<Lacking>,
}

/// A statement that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// A report about this artifact.
    Report(ArtifactDigest),
    /// A certification of this report key.
    Certification(KeyId),
}

impl Lacking {
    const fn of(obstacle: &Obstacle) -> Option<Self> {
        match obstacle {
            Obstacle::NoReport { artifact } => Some(Self::Report(*artifact)),
            Obstacle::UncertifiedKey { key, .. } => Some(Self::Certification(*key)),
            _ => None,
        }
    }
}

impl Shown {
    /// Of which nothing is known but this.
    pub(crate) fn plainly(code: &'static str, message: &str) -> Self {
        Self { code, message: message.to_owned(), hint: None, authority: None, lacks: None }
    }

    /// An obstacle, with names where they are known.
    pub(crate) fn obstacle(obstacle: &Obstacle, names: Option<&Names<'_>>) -> Self {
        let message = names.map_or_else(|| obstacle.to_string(), |names| names.message(obstacle));
        let hint = names.and_then(|names| names.hint(obstacle));
        let hint = hint.unwrap_or_else(|| obstacle.remedy().text);
        Self {
            code: obstacle.code(),
            message,
            hint: Some(hint),
            authority: obstacle.authority(),
            lacks: Lacking::of(obstacle),
        }
    }
}
