//! Which editions of a principal's policy are in force (rules P-EDITION, P-CARRIED).
//!
//! In go verified editions, from the configuration's own file and from bundles, and the newest that this host has gone by;
//! out come policies in force, or why there is none. What is carried can add a policy, and never takes one away; a trial
//! takes the place of nothing that is enforced.

use std::cmp::Ordering;

use cdi_types::{Dated as _, KeyId, Mode, Name, PolicyDigest, PolicyEdition};
use cdi_verify::{Provenance, Signed};

use crate::configuration::{RequiredPrincipal, When};
use crate::edition::{Edition, EditionError, Hearing, InForce, Seen};

impl RequiredPrincipal {
    /// The editions in force for a principal with the policy key `key`: those in the configuration's file (`filed`, if it
    /// names one), and those that a bundle has carried and that are newer. Of each place these are the newest that is
    /// enforced, and a newer one that is tried out; all must agree. Each `Err` is a refusal. An empty answer is of a
    /// principal that need not agree.
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
        let carried = selection.choose(carried.editions());
        let chosen = match filed.map(|filed| selection.choose(filed.editions())) {
            None => match carried {
                Err(error) if self.required == When::Carried && error.is_as_if_not_carried() => {
                    return Vec::new();
                }
                Err(error) => return vec![Err(error)],
                Ok(carried) => AtHand { filed: Vec::new(), carried },
            },
            Some(Err(error)) => return vec![Err(error)],
            Some(Ok(filed)) => {
                let carried = beside(&filed, carried.unwrap_or_default());
                AtHand { filed, carried }
            }
        };
        match seen.and_then(|seen| chosen.withheld(seen)) {
            Some(error) => vec![Err(error)],
            None => chosen.filed.into_iter().chain(chosen.carried).map(|chosen| chosen.found).collect(),
        }
    }
}

/// An edition that is the newest of its kind, and what comes of it.
struct Chosen {
    version: u64,
    mode: Mode,
    document: PolicyDigest,
    found: Result<InForce, EditionError>,
}

/// What was chosen of both places.
struct AtHand {
    filed: Vec<Chosen>,
    carried: Vec<Chosen>,
}

impl AtHand {
    /// The refusal if what this host has gone by, or something newer in its place, is not at hand. A carried trial stands in
    /// the place of nothing: whoever puts a bundle together could take an old one.
    fn withheld(&self, seen: Seen) -> Option<EditionError> {
        let known = seen.version;
        let is_enforced = |chosen: &&Chosen| chosen.mode == Mode::Enforce;
        let binding = self.filed.iter().chain(self.carried.iter().filter(is_enforced));
        let newest = binding.map(|chosen| chosen.version).max();
        let tried = self.carried.iter().map(|chosen| chosen.version).max();
        match (newest, tried) {
            (Some(newest), _) if newest >= known => None,
            (_, Some(found)) if found >= known => Some(EditionError::OnlyTried { found, known }),
            (newest, tried) => {
                let found = newest.max(tried).unwrap_or_default();
                Some(EditionError::RolledBack { found, known })
            }
        }
    }
}

/// What carried editions add to those in the configuration's file, which take the place of everything older.
fn beside(filed: &[Chosen], carried: Vec<Chosen>) -> Vec<Chosen> {
    let Some(newest) = filed.iter().max_by_key(|chosen| chosen.version) else { return carried };
    let added = |mut chosen: Chosen| {
        let contradicted = matches!(chosen.found, Err(EditionError::Contradictory { .. }));
        let same = chosen.document == newest.document && chosen.mode == newest.mode && !contradicted;
        match chosen.version.cmp(&newest.version) {
            Ordering::Less => None,
            Ordering::Greater => Some(chosen),
            Ordering::Equal if same => None,
            Ordering::Equal => {
                chosen.found = Err(EditionError::Contradictory { version: chosen.version });
                Some(chosen)
            }
        }
    };
    carried.into_iter().filter_map(added).collect()
}

/// One principal's choice among editions.
struct Selection<'a> {
    entry: &'a RequiredPrincipal,
    key: KeyId,
    seen: Option<Seen>,
    hearing: Hearing<'a>,
}

impl Selection<'_> {
    /// Of the editions by the key that are for this principal, decider and time, the one with the greatest version that is
    /// enforced, and the one with a still greater one that is tried out.
    fn choose(&self, editions: &[Signed<PolicyEdition>]) -> Result<Vec<Chosen>, EditionError> {
        let mut closest = EditionError::Missing { key: self.key };
        let (mut enforced, mut tried) = (None, None);
        for edition in editions.iter().filter(|edition| edition.issuer() == self.key) {
            match self.fits(edition.predicate()) {
                Ok(()) => {
                    let newest = if is_tried(edition) { &mut tried } else { &mut enforced };
                    if newest.is_none_or(|known| version(known) < version(edition)) {
                        *newest = Some(edition);
                    }
                }
                Err(error) if error.rank() > closest.rank() => closest = error,
                Err(_) => {}
            }
        }
        let tried = tried.filter(|tried| enforced.is_none_or(|newest| version(newest) < version(tried)));
        let chosen: Vec<Chosen> =
            enforced.into_iter().chain(tried).map(|edition| self.chosen(edition, editions)).collect();
        if chosen.is_empty() { Err(closest) } else { Ok(chosen) }
    }

    fn chosen(&self, signed: &Signed<PolicyEdition>, editions: &[Signed<PolicyEdition>]) -> Chosen {
        let edition = signed.predicate();
        Chosen {
            version: edition.version,
            mode: edition.mode,
            document: PolicyDigest::of(edition.document.as_bytes()),
            found: self.not_contradicted(signed, editions).and_then(|()| self.load(signed)),
        }
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
        match self.entry.at_least {
            Some(least) if version < least => Err(EditionError::BelowLeast { found: version, least }),
            _ => Ok(()),
        }
    }

    /// One version is one document under one mode, whatever the windows: among those at hand, and with what was seen, which
    /// was enforced.
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
        let forgotten = self.seen.is_some_and(|seen| {
            seen.version == chosen.version && (seen.document != digest || chosen.mode != Mode::Enforce)
        });
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

fn version(edition: &Signed<PolicyEdition>) -> u64 {
    edition.predicate().version
}

fn is_tried(edition: &Signed<PolicyEdition>) -> bool {
    edition.predicate().mode != Mode::Enforce
}
