//! Laws of what was seen before a key was compromised.

use super::{assert_no_more, knowledge};
use crate::generate::{compromise_since, generate};
use crate::model::world::*;
use fastrand::Rng;

/// A world in which somebody says since when a key is compromised, and in which reports were seen.
fn compromised(seed: u64) -> (World, Rng) {
    let (mut world, mut rng) = (generate(seed), Rng::with_seed(seed));
    compromise_since(&mut world, &mut rng);
    (world, rng)
}

fn compromises(world: &mut World) -> impl Iterator<Item = &mut Entry> {
    let entries = world.evidence.revocation_lists.iter_mut().flat_map(|list| &mut list.entries);
    entries.filter(|entry| entry.reason == Reason::KeyCompromise)
}

#[test]
fn seeing_earlier_never_takes_away() {
    let mut gained = 0;
    for seed in 0..1000 {
        let (less, mut rng) = compromised(seed);
        let mut more = less.clone();
        more.seen.values_mut().for_each(|at| *at = at.saturating_sub(rng.u64(0..5)));
        let missed: Vec<Id> = more.evidence.reports.iter().map(|report| report.id.clone()).collect();
        for id in missed.into_iter().filter(|id| !less.seen.contains_key(id)) {
            more.seen.insert(id, rng.u64(1..more.time));
        }
        assert_no_more(&more, &less, seed);
        gained += usize::from(knowledge(&more) != knowledge(&less));
    }
    assert!(gained > 30, "what was seen matters: {gained}");
}

#[test]
fn an_entry_with_an_earlier_since_never_allows() {
    let mut lost = 0;
    for seed in 0..1000 {
        let (more, mut rng) = compromised(seed);
        let mut less = more.clone();
        for entry in compromises(&mut less) {
            entry.since =
                entry.since.map(|since| since.saturating_sub(rng.u64(0..3))).filter(|_| rng.u8(0..4) > 0);
        }
        assert_no_more(&more, &less, seed);
        lost += usize::from(knowledge(&more) != knowledge(&less));
    }
    assert!(lost > 30, "since when matters: {lost}");
}

#[test]
fn a_later_list_with_a_later_since_never_allows() {
    let mut bolder = 0;
    for seed in 0..1000 {
        let (more, _) = compromised(seed);
        let mut less = more.clone();
        let lists = less.evidence.revocation_lists.iter();
        let Some(mut newer) = lists.max_by_key(|list| list.serial).cloned() else { continue };
        (newer.id, newer.serial) = ("newer".into(), newer.serial + 1);
        // It names no survivors, which alone would take away.
        for entry in newer.entries.iter_mut().filter(|entry| entry.reason == Reason::KeyCompromise) {
            entry.since = Some(more.time);
            bolder += 1;
        }
        less.evidence.revocation_lists.push(newer);
        assert_no_more(&more, &less, seed);
    }
    assert!(bolder > 100, "{bolder}");
}
