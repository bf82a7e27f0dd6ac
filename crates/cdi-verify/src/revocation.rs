//! What authorities have revoked, and whose lists are fresh (rules M-REVOKE, M-FRESH, M-COMPROMISE).
//!
//! Entries never lapse by omission: the union of all authentic lists of an authority acts, stale ones included.
//! Freshness is a question of its own: an authority without a fresh list may have revoked what is not known here.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{Clock, KeyId, RevocationList, RevokedId, StatementId};

use crate::provenance::{Provenance, Signed};
use crate::suppose::Supposition;
use crate::trust::Freshness;
use crate::vantage::Vantage;

pub use self::compromise::{Spared, Survival};

mod compromise;
mod runs;
mod supposed;

/// The state of an authority's revocation lists at the time of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListState {
    /// A list is there that is fresh enough, or none is asked for.
    Fresh,
    /// None of its lists is fresh enough, or there is none: what it has revoked is not known.
    Stale,
    /// Two of its lists have one serial: nothing that it signed counts.
    Contradictory,
}

/// The revocations of a bundle, indexed.
pub(crate) struct Revocations<'a> {
    lists: BTreeMap<KeyId, Vec<&'a Signed<RevocationList>>>,
    revokers: BTreeMap<RevokedId, BTreeSet<KeyId>>,
    states: BTreeMap<KeyId, ListState>,
    freshness: Freshness,
    /// Who could stand on a chain at all. What others revoke takes nothing away, and must cost nothing.
    pub(crate) standing: BTreeSet<KeyId>,
    /// Who has revoked a report as one of the runs of a time.
    of_runs: BTreeMap<StatementId, BTreeSet<KeyId>>,
    /// Which report keys are compromised.
    compromises: compromise::Compromises,
    /// When the decision is, and what the decider saw before.
    vantage: Vantage<'a>,
    /// What is supposed beside what the lists say.
    supposition: Option<&'a Supposition>,
}

impl<'a> Revocations<'a> {
    pub(crate) fn new(
        provenance: &'a Provenance,
        freshness: Freshness,
        vantage: Vantage<'a>,
        standing: BTreeSet<KeyId>,
    ) -> Self {
        let mut lists: BTreeMap<KeyId, Vec<_>> = BTreeMap::new();
        let mut revokers: BTreeMap<RevokedId, BTreeSet<KeyId>> = BTreeMap::new();
        for list in &provenance.revocations {
            lists.entry(list.issuer()).or_default().push(list);
            if !standing.contains(&list.issuer()) {
                continue;
            }
            for entry in list.predicate().revoked.iter().filter(|entry| entry.runs.is_none()) {
                revokers.entry(entry.id).or_default().insert(list.issuer());
            }
        }
        let states =
            lists.iter().map(|(issuer, lists)| (*issuer, state(lists, freshness, vantage.clock))).collect();
        let (of_runs, compromises, supposition) = (BTreeMap::new(), BTreeMap::new(), None);
        Self { lists, revokers, states, freshness, standing, of_runs, compromises, vantage, supposition }
    }

    /// Whether nobody has revoked anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.revokers.is_empty() && self.of_runs.is_empty()
    }

    /// Who has revoked `id`.
    pub(crate) fn revokers(&self, id: RevokedId) -> impl Iterator<Item = KeyId> + '_ {
        let of_runs = match id {
            RevokedId::Report(report) => self.of_runs.get(&report),
            RevokedId::Certification(_) | RevokedId::Endorsement(_) | RevokedId::Key(_) => None,
        };
        self.revokers.get(&id).into_iter().chain(of_runs).flatten().copied()
    }

    /// Whether `authority` itself has revoked `id`.
    pub(crate) fn has_revoked(&self, authority: KeyId, id: RevokedId) -> bool {
        self.revokers.get(&id).is_some_and(|revokers| revokers.contains(&authority))
            || matches!(id, RevokedId::Report(report) if self.of_runs.get(&report).is_some_and(|by| by.contains(&authority)))
    }

    /// The key that takes the place of a revoked one, as the newest list of `authority` that names one says. A hint: nothing
    /// is ever decided by it.
    pub(crate) fn successor(&self, authority: KeyId, key: KeyId) -> Option<KeyId> {
        let lists = self.lists.get(&authority)?.iter();
        let named = lists.filter_map(|list| {
            let mut entries = list.predicate().revoked.iter();
            let entry = entries.find(|entry| entry.id == RevokedId::Key(key))?;
            Some((list.predicate().serial, entry.successor?))
        });
        named.max().map(|(_, successor)| successor)
    }

    /// The state of the lists of `authority`.
    pub(crate) fn state(&self, authority: KeyId) -> ListState {
        let listless = match self.freshness {
            Freshness::DangerouslyNone => ListState::Fresh,
            Freshness::MaxAge(_) => ListState::Stale,
        };
        self.states.get(&authority).copied().unwrap_or(listless)
    }
}

/// The state of an authority's lists: two with one serial contradict each other, and one that is fresh makes all fresh.
fn state(lists: &[&Signed<RevocationList>], freshness: Freshness, clock: Clock) -> ListState {
    let mut serials = BTreeSet::new();
    if !lists.iter().all(|list| serials.insert(list.predicate().serial)) {
        return ListState::Contradictory;
    }
    let Freshness::MaxAge(age) = freshness else { return ListState::Fresh };
    let fresh = |list: &RevocationList| {
        let young = !clock.has_ended(list.not_before.after(age));
        young && clock.has_started(list.not_before) && !clock.has_ended(list.not_after)
    };
    if lists.iter().any(|list| fresh(list.predicate())) { ListState::Fresh } else { ListState::Stale }
}
