//! Things that may be revoked, as the command line and the index write them.

use std::fmt;

use cdi_types::{FileDigest, KeyId, RevokedId, StatementId};
use cdi_verify::Thing;
use serde::{Deserialize, Serialize};

/// A thing in words: its kind, and its id or digest in full.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) kind: ThingKind,
    pub(crate) id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ThingKind {
    Certification,
    Endorsement,
    Key,
    Origin,
    #[serde(rename = "origin-key")]
    OriginKey,
    Report,
    Tool,
}

impl ThingKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Certification => "certification",
            Self::Endorsement => "endorsement",
            Self::Key => "key",
            Self::Origin => "origin",
            Self::OriginKey => "origin-key",
            Self::Report => "report",
            Self::Tool => "tool",
        }
    }

    /// The thing of this kind with this id; `None` for what is no id.
    pub(crate) fn thing(self, id: &str) -> Option<Thing> {
        let statement = || StatementId::parse(id).ok();
        Some(match self {
            Self::Certification => Thing::Listed(RevokedId::Certification(statement()?)),
            Self::Endorsement => Thing::Listed(RevokedId::Endorsement(statement()?)),
            Self::Report => Thing::Listed(RevokedId::Report(statement()?)),
            Self::Key => Thing::Listed(RevokedId::Key(KeyId::parse(id).ok()?)),
            Self::Origin => Thing::Origin(statement()?),
            Self::OriginKey => Thing::OriginKey(KeyId::parse(id).ok()?),
            Self::Tool => Thing::Tool(FileDigest::parse(id).ok()?),
        })
    }
}

impl Named {
    pub(crate) fn thing(&self) -> Option<Thing> {
        self.kind.thing(&self.id)
    }
}

impl From<&Thing> for Named {
    fn from(thing: &Thing) -> Self {
        let (kind, id) = match thing {
            Thing::Listed(RevokedId::Certification(id)) => (ThingKind::Certification, id.to_string()),
            Thing::Listed(RevokedId::Endorsement(id)) => (ThingKind::Endorsement, id.to_string()),
            Thing::Listed(RevokedId::Report(id)) => (ThingKind::Report, id.to_string()),
            Thing::Listed(RevokedId::Key(id)) => (ThingKind::Key, id.to_string()),
            Thing::Tool(digest) => (ThingKind::Tool, digest.to_string()),
            Thing::Origin(id) => (ThingKind::Origin, id.to_string()),
            Thing::OriginKey(id) => (ThingKind::OriginKey, id.to_string()),
        };
        Self { kind, id }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.id)
    }
}
