//! A policy that is in force for a principal, as a document that the configuration names or as an edition that the principal's
//! policy key has signed, and why there is none (rules P-EDITION, P-CARRIED). Which of several are in force is not chosen here.

use cdi_types::{Clock, KeyId, Mode, Name, PolicyDigest, StatementId, Timestamp};

use crate::catalogues::Catalogues;
use crate::configuration_error::ConfigurationError;
use crate::policy::Policy;

/// A policy that is in force for a principal. Only an entry of the configuration makes one that is signed.
#[derive(Debug, Clone)]
pub struct InForce {
    pub(crate) policy: Policy,
    pub(crate) edition: Option<Edition>,
}

/// What a principal's signature adds to a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// The statement.
    pub id: StatementId,
    /// The policy key.
    pub key: KeyId,
    /// The version.
    pub version: u64,
    /// What becomes of what the policy refuses.
    pub mode: Mode,
    /// The end of its window.
    pub not_after: Timestamp,
}

impl InForce {
    /// A policy that nobody signed. It is enforced, and nothing of it is excused.
    #[must_use]
    pub const fn unsigned(policy: Policy) -> Self {
        Self { policy, edition: None }
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The edition; `None` for a document that is not signed.
    #[must_use]
    pub const fn edition(&self) -> Option<&Edition> {
        self.edition.as_ref()
    }
}

/// Why no policy of a principal is in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditionError {
    /// Nobody brought one.
    #[error("no edition of the policy by the key {key} is at hand")]
    Missing {
        /// The policy key.
        key: KeyId,
    },
    /// Signed by the right key, for another principal.
    #[error("the edition is of `{found}`, expected one of `{expected}`")]
    OfAnother {
        /// The principal that the configuration names.
        expected: Name,
        /// The principal that the edition names.
        found: Name,
    },
    /// Signed for other deciders.
    #[error("the edition is for `{found}`, and this decider is `{decider}`")]
    Audience {
        /// This decider.
        decider: Name,
        /// The deciders that it is for.
        found: String,
    },
    /// Its window has not begun.
    #[error("version {version} of the policy begins at {from}")]
    NotYet {
        /// The version.
        version: u64,
        /// The start.
        from: Timestamp,
    },
    /// Its window has ended.
    #[error("version {version} of the policy ended at {until}")]
    Expired {
        /// The version.
        version: u64,
        /// The end.
        until: Timestamp,
    },
    /// An older edition than the configuration takes.
    #[error(
        "version {found} of the policy is at hand, the configuration takes version {least} and newer ones (`atLeast`)"
    )]
    BelowLeast {
        /// The version that was found.
        found: u64,
        /// The lowest version that is taken.
        least: u64,
    },
    /// An older edition than one that this host has gone by.
    #[error("version {found} of the policy is at hand, this host has gone by version {known}")]
    RolledBack {
        /// The newest version that was found.
        found: u64,
        /// The version that is remembered.
        known: u64,
    },
    /// A trial in the place of an edition that this host has gone by.
    #[error(
        "version {found} of the policy only tries it out, and version {known}, which this host has gone by, is not at hand"
    )]
    OnlyTried {
        /// The version of the trial.
        found: u64,
        /// The version that is remembered.
        known: u64,
    },
    /// Two editions of one version that differ.
    #[error("two editions of version {version} of the policy differ")]
    Contradictory {
        /// The version.
        version: u64,
    },
    /// The document in it cannot be used.
    #[error("version {version} of the policy: {error}")]
    Document {
        /// The version.
        version: u64,
        /// Why.
        error: Box<ConfigurationError>,
    },
}

impl EditionError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "policy-missing",
            Self::OfAnother { .. } => "policy-of-another-principal",
            Self::Audience { .. } => "policy-audience",
            Self::NotYet { .. } => "policy-not-yet-valid",
            Self::Expired { .. } => "policy-expired",
            Self::BelowLeast { .. } | Self::RolledBack { .. } | Self::OnlyTried { .. } => {
                "policy-rolled-back"
            }
            Self::Contradictory { .. } => "policy-versions-contradict",
            Self::Document { error, .. } => error.code(),
        }
    }

    /// What would mend it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "add the signed policy to the bundle, or name its file in the configuration"
            }
            Self::OfAnother { .. } => "one key signs for one principal: have the right one sign",
            Self::Audience { .. } => "have the principal sign an edition for this decider's name",
            Self::NotYet { .. } => "wait, or see with `--at` what it will decide",
            Self::Expired { .. } => "ask the principal for its newest edition",
            Self::BelowLeast { .. } => "ask the principal for its newest edition",
            Self::RolledBack { .. } | Self::OnlyTried { .. } => {
                "give the bundle that carries that version or a newer one as well, or make it the policy that the \
                 configuration names; an older one is not taken again"
            }
            Self::Contradictory { .. } => {
                "ask the principal which one is meant, and to sign it with a new version"
            }
            Self::Document { .. } => "ask the principal for an edition that this program can read",
        }
    }

    /// Whether a principal that need not be there can be left alone: nothing for this decider and time was carried.
    pub(crate) const fn is_as_if_not_carried(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. }
                | Self::OfAnother { .. }
                | Self::Audience { .. }
                | Self::NotYet { .. }
                | Self::Expired { .. }
        )
    }

    /// The closer to being in force, the greater.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::Missing { .. } => 0,
            Self::OfAnother { .. } => 1,
            Self::Audience { .. } => 2,
            Self::Expired { .. } => 3,
            Self::NotYet { .. } => 4,
            Self::BelowLeast { .. } | Self::RolledBack { .. } | Self::OnlyTried { .. } => 5,
            Self::Contradictory { .. } | Self::Document { .. } => 6,
        }
    }
}

/// The newest enforced edition that a decider has gone by: it is not done without again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its version.
    pub version: u64,
    /// The digest of its document.
    pub document: PolicyDigest,
}

/// Who decides, when, and by which words.
#[derive(Debug, Clone, Copy)]
pub struct Hearing<'a> {
    /// The decider's own name, for which editions are signed.
    pub decider: &'a Name,
    /// The time.
    pub clock: Clock,
    /// The catalogues under which documents are read.
    pub catalogues: &'a Catalogues,
}
