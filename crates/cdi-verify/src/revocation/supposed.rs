//! Revocations beside those of the lists, or without some of them, as somebody supposes (rule M-SUPPOSE).

use std::collections::BTreeSet;

use cdi_types::{FileDigest, Origin, RevokedId};

use super::Revocations;
use crate::provenance::{Provenance, Signed};
use crate::suppose::{Supposition, Thing};

impl<'a> Revocations<'a> {
    /// The same under a supposition, with the runs of a time that are revoked in it, and the keys that are compromised.
    pub(crate) fn supposing(mut self, supposition: Option<&'a Supposition>, provenance: &Provenance) -> Self {
        self.supposition = supposition;
        match supposition {
            Some(Supposition::Revoked(things)) => {
                for id in listed(things) {
                    self.revokers.entry(id).or_default().extend(self.standing.iter().copied());
                }
            }
            Some(Supposition::NotRevoked(things)) => {
                listed(things).for_each(|id| drop(self.revokers.remove(&id)));
            }
            Some(Supposition::Listed { by, entry }) if self.standing.contains(by) && entry.runs.is_none() => {
                self.revokers.entry(entry.id).or_default().insert(*by);
            }
            Some(Supposition::Listed { .. }) | None => {}
        }
        self.with_runs(provenance).with_compromises(provenance)
    }

    /// The tools whose runs are supposed to be gone.
    pub(crate) fn unfit_tools(&self) -> BTreeSet<FileDigest> {
        self.supposition.into_iter().flat_map(Supposition::tools).collect()
    }

    /// Whether this origin statement is supposed to be gone.
    pub(crate) fn is_without(&self, origin: &Signed<Origin>) -> bool {
        self.supposition.is_some_and(|supposition| supposition.is_without(origin))
    }
}

fn listed(things: &BTreeSet<Thing>) -> impl Iterator<Item = RevokedId> + '_ {
    things.iter().filter_map(|thing| match thing {
        Thing::Listed(id) => Some(*id),
        Thing::Tool(_) | Thing::Origin(_) | Thing::OriginKey(_) => None,
    })
}
