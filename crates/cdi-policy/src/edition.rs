//! Which policies of a principal are in force: the document that the configuration names, or the editions that the
//! principal's policy key has signed (rules P-EDITION, P-CARRIED).
//!
//! In go verified editions, from the configuration's own file and from bundles; out come policies in force, or why there is
//! none. What is carried can add a policy, and never takes one away.

use cdi_types::{Clock, Dated as _, KeyId, Mode, Name, PolicyDigest, PolicyEdition, StatementId, Timestamp};
use cdi_verify::{Provenance, Signed};

use crate::catalogues::Catalogues;
use crate::configuration::{RequiredPrincipal, When};
use crate::configuration_error::ConfigurationError;
use crate::policy::Policy;

/// A policy that is in force for a principal. Only an entry of the configuration makes one that is signed.
#[derive(Debug, Clone)]
pub struct InForce {
    policy: Policy,
    edition: Option<Edition>,
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

    /// What becomes of what the policy refuses: a document that is not signed is enforced.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.edition.as_ref().map(|edition| edition.mode).unwrap_or_default()
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
    /// An older edition than one that the configuration, or this host, knows of.
    #[error("version {found} of the policy is at hand, version {floor} is known")]
    RolledBack {
        /// The version that was found.
        found: u64,
        /// The lowest version that is still taken.
        floor: u64,
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
            Self::RolledBack { .. } => "policy-rolled-back",
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
            Self::RolledBack { .. } => {
                "ask the principal for its newest edition; an older one is not taken again"
            }
            Self::Contradictory { .. } => {
                "ask the principal which one is meant, and to sign it with a new version"
            }
            Self::Document { .. } => "ask the principal for an edition that this program can read",
        }
    }

    /// Whether a principal that need not be there can be left alone: nothing for this decider and time was carried.
    const fn is_as_if_not_carried(&self) -> bool {
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
    const fn rank(&self) -> u8 {
        match self {
            Self::Missing { .. } => 0,
            Self::OfAnother { .. } => 1,
            Self::Audience { .. } => 2,
            Self::Expired { .. } => 3,
            Self::NotYet { .. } => 4,
            Self::RolledBack { .. } => 5,
            Self::Contradictory { .. } | Self::Document { .. } => 6,
        }
    }
}

/// The newest edition that a decider has gone by: an older one is not taken again.
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

impl RequiredPrincipal {
    /// The editions in force for a principal with the policy key `key`: of those in the configuration's file (`filed`, if it
    /// names one) and of those that a bundle has carried the newest. An edition that was carried does not take the place of
    /// the one in the file: both must agree. Each `Err` is a refusal. An empty answer is of a principal that need not agree.
    #[must_use]
    pub fn in_force(
        &self,
        key: KeyId,
        filed: Option<&Provenance>,
        carried: &Provenance,
        seen: Option<Seen>,
        hearing: Hearing<'_>,
    ) -> Vec<Result<InForce, EditionError>> {
        let selection = Selection { entry: self, key, seen, hearing };
        let carried = selection.newest(carried.editions());
        match filed.map(|filed| selection.newest(filed.editions())) {
            None => match carried {
                Err(error) if self.required == When::Carried && error.is_as_if_not_carried() => Vec::new(),
                found => vec![found],
            },
            Some(Err(error)) => vec![Err(error)],
            Some(Ok(filed)) => {
                let added = beside(&filed, carried);
                std::iter::once(Ok(filed)).chain(added).collect()
            }
        }
    }
}

/// What a carried edition adds to the one in the configuration's file.
fn beside(filed: &InForce, carried: Result<InForce, EditionError>) -> Option<Result<InForce, EditionError>> {
    let version = |policy: &InForce| policy.edition().map_or(0, |edition| edition.version);
    match carried {
        Err(error) if error.is_as_if_not_carried() => None,
        // What the file has takes the place of everything older.
        Err(EditionError::RolledBack { .. }) => None,
        Err(
            EditionError::Document { version: older, .. } | EditionError::Contradictory { version: older },
        ) if older < version(filed) => None,
        Ok(carried) if version(&carried) < version(filed) => None,
        Ok(carried) if version(&carried) == version(filed) => {
            let same = carried.policy().digest() == filed.policy().digest() && carried.mode() == filed.mode();
            (!same).then(|| Err(EditionError::Contradictory { version: version(filed) }))
        }
        other => Some(other),
    }
}

/// One principal's choice among editions.
struct Selection<'a> {
    entry: &'a RequiredPrincipal,
    key: KeyId,
    seen: Option<Seen>,
    hearing: Hearing<'a>,
}

impl Selection<'_> {
    /// The edition with the greatest version, of those by the key that are for this principal, decider and time.
    fn newest(&self, editions: &[Signed<PolicyEdition>]) -> Result<InForce, EditionError> {
        let mut newest: Option<&Signed<PolicyEdition>> = None;
        let mut closest = EditionError::Missing { key: self.key };
        for edition in editions.iter().filter(|edition| edition.issuer() == self.key) {
            match self.fits(edition.predicate()) {
                Ok(()) => {
                    if newest.is_none_or(|known| known.predicate().version < edition.predicate().version) {
                        newest = Some(edition);
                    }
                }
                Err(error) if error.rank() > closest.rank() => closest = error,
                Err(_) => {}
            }
        }
        let newest = newest.ok_or(closest)?;
        self.not_contradicted(newest, editions)?;
        self.load(newest)
    }

    fn fits(&self, edition: &PolicyEdition) -> Result<(), EditionError> {
        let (version, decider) = (edition.version, self.hearing.decider);
        if edition.principal != self.entry.name {
            let (expected, found) = (self.entry.name.clone(), edition.principal.clone());
            return Err(EditionError::OfAnother { expected, found });
        }
        if !edition.audience.contains(decider) {
            let found: Vec<&str> = edition.audience.iter().map(Name::as_str).collect();
            return Err(EditionError::Audience { decider: decider.clone(), found: found.join("`, `") });
        }
        if self.hearing.clock.has_ended(edition.not_after()) {
            return Err(EditionError::Expired { version, until: edition.not_after() });
        }
        if !self.hearing.clock.has_started(edition.not_before()) {
            return Err(EditionError::NotYet { version, from: edition.not_before() });
        }
        let floor = self.entry.at_least.unwrap_or_default().max(self.seen.map_or(0, |seen| seen.version));
        if version < floor {
            return Err(EditionError::RolledBack { found: version, floor });
        }
        Ok(())
    }

    /// One version is one document under one mode, whatever the windows: among those at hand, and with what was seen.
    fn not_contradicted(
        &self,
        newest: &Signed<PolicyEdition>,
        editions: &[Signed<PolicyEdition>],
    ) -> Result<(), EditionError> {
        let chosen = newest.predicate();
        let rival = |edition: &&Signed<PolicyEdition>| {
            let other = edition.predicate();
            edition.issuer() == self.key
                && other.principal == chosen.principal
                && other.audience.contains(self.hearing.decider)
                && other.version == chosen.version
                && (other.document != chosen.document || other.mode != chosen.mode)
        };
        let digest = PolicyDigest::of(chosen.document.as_bytes());
        let forgotten =
            self.seen.is_some_and(|seen| seen.version == chosen.version && seen.document != digest);
        if forgotten || editions.iter().any(|edition| rival(&edition)) {
            return Err(EditionError::Contradictory { version: chosen.version });
        }
        Ok(())
    }

    fn load(&self, signed: &Signed<PolicyEdition>) -> Result<InForce, EditionError> {
        let edition = signed.predicate();
        let version = edition.version;
        let policy = self.entry.load(edition.document.as_bytes(), self.hearing.catalogues);
        let policy = policy.map_err(|error| EditionError::Document { version, error: Box::new(error) })?;
        let (id, key, mode, not_after) = (signed.id(), self.key, edition.mode, edition.not_after);
        Ok(InForce { policy, edition: Some(Edition { id, key, version, mode, not_after }) })
    }
}
