//! The least that would have to be given up (rule PL-RELIEF).

use std::collections::BTreeSet;

use cdi_policy::{Atom, Formula, contradiction};

use crate::cost::Tenancy;
use crate::fleet::{Fleet, Place};
use crate::residual::{Joined, Requirement, Wanted};

use super::standing::{Standings, shortages};

/// How many smallest sets are listed.
const LISTED: usize = 8;

/// What would make some place lawful.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relief {
    /// Giving up any one of these sets of requirements: no smaller set does. `left_off` more are as small.
    GiveUp {
        /// The sets, each by principal and requirement; never empty.
        sets: Vec<Vec<Requirement>>,
        /// How many more there are.
        left_off: usize,
        /// Whether the requirements contradict each other.
        conflict: Conflicting,
    },
    /// Nothing that could be given up: no place that runs the workload has enough free.
    NoRoom,
}

/// Whether some place could meet all requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflicting {
    /// None could, in any inventory: these contradict each other, and none of them is to spare. Where there is too much to try,
    /// all requirements are named.
    WithEachOther(Vec<Requirement>),
    /// One could, and is not in this inventory.
    WithThisInventory,
}

/// Exact: giving up a set makes a place lawful if it has all requirements that the place leaves unmet, so that a smallest
/// set is what some place with enough free leaves unmet.
pub(super) fn relief(
    fleet: &Fleet,
    places: &[Place<'_>],
    standings: &mut Standings,
    requirements: &[Requirement],
    joined: &Joined,
) -> Relief {
    let mut smallest: BTreeSet<Vec<usize>> = BTreeSet::new();
    for place in places.iter().filter(|place| place.runs) {
        let unmet = standings.unmet(fleet, place);
        for tenancy in [Tenancy::Shared, Tenancy::WholeNode] {
            let set = unmet.of(tenancy);
            let size = smallest.first().map_or(usize::MAX, Vec::len);
            if set.len() > size || !shortages(place, tenancy).is_empty() {
                continue;
            }
            if set.len() < size {
                smallest.clear();
            }
            smallest.insert(set.to_vec());
        }
    }
    if smallest.is_empty() {
        return Relief::NoRoom;
    }
    let left_off = smallest.len().saturating_sub(LISTED);
    let named = |set: Vec<usize>| set.into_iter().filter_map(|n| requirements.get(n).cloned()).collect();
    let sets = smallest.into_iter().take(LISTED).map(named).collect();
    Relief::GiveUp { sets, left_off, conflict: conflict(requirements, joined) }
}

fn conflict(requirements: &[Requirement], joined: &Joined) -> Conflicting {
    if !joined.is_contradictory() {
        return Conflicting::WithThisInventory;
    }
    let plain: Vec<(usize, Formula<Atom>)> =
        requirements.iter().map(|part| plain(&part.open)).enumerate().collect();
    let named = |set: Vec<usize>| set.into_iter().filter_map(|n| requirements.get(n).cloned()).collect();
    let told = contradiction(plain.iter().map(|(n, formula)| (*n, formula)).collect());
    Conflicting::WithEachOther(told.map_or_else(|| requirements.to_vec(), named))
}

/// Who wants it, and on whose word, is nothing to whether a place can be so.
fn plain(open: &Formula<Wanted>) -> Formula<Atom> {
    let all = |parts: &[Formula<Wanted>]| parts.iter().map(plain).collect();
    match open {
        Formula::Atom(wanted) => Formula::Atom(Atom::Platform(wanted.property.clone())),
        Formula::All(parts) => Formula::All(all(parts)),
        Formula::Any(parts) => Formula::Any(all(parts)),
        Formula::AtLeast(n, parts) => Formula::AtLeast(*n, all(parts)),
    }
}
