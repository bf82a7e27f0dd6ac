//! Laws of signed policies: who may say what, and what an exception reaches.

use crate::driver::expressible;
use crate::generate::{generate, signed};
use crate::model::decide::{Host, Outcome, Part};
use crate::model::signed::{Edition, SignedWorld, Waiver, decide};
use fastrand::Rng;
use std::collections::BTreeSet;

fn outcome(signed: &SignedWorld) -> Outcome {
    decide(signed, Host::of(&signed.world))
}

/// Random signed worlds, each with a generator of its own.
fn worlds(seeds: u64) -> impl Iterator<Item = (u64, SignedWorld, Rng)> {
    (0..seeds).filter_map(|seed| {
        let (world, _) = expressible(&generate(seed));
        let mut rng = Rng::with_seed(seed);
        let asked = !world.principals.is_empty();
        asked.then(|| (seed, signed(world, &mut rng), rng))
    })
}

/// An edition that would be in force: for a principal, of a version, saying what a document says.
fn edition(signed: &SignedWorld, place: usize, version: u64, document: usize) -> Edition {
    let entry = &signed.entries[place];
    Edition {
        signer: entry.key.clone(),
        principal: entry.principal.clone(),
        audience: BTreeSet::from([signed.decider.clone()]),
        version,
        not_before: signed.world.time - 1,
        not_after: signed.world.time + 1,
        enforced: true,
        document,
    }
}

#[test]
fn an_edition_by_a_stranger_or_for_another_changes_nothing() {
    for (seed, before, mut rng) in worlds(600) {
        let mut after = before.clone();
        for place in 0..before.entries.len() {
            let document = rng.usize(..before.world.principals.len());
            let like = edition(&before, place, u64::from(u32::MAX), document);
            after.editions.push(match rng.u8(0..4) {
                0 => Edition { signer: "stranger".to_owned(), ..like },
                1 => Edition { audience: BTreeSet::from(["another".to_owned()]), ..like },
                2 => Edition { not_after: before.world.time, ..like },
                _ => Edition { principal: "another".to_owned(), ..like },
            });
        }
        assert_eq!(outcome(&after), outcome(&before), "seed {seed}");
    }
}

#[test]
fn a_carried_policy_never_allows_what_the_file_does_not() {
    let mut lost = 0;
    for (seed, world, mut rng) in worlds(1_000) {
        let filed = |edition: &Edition| {
            world.entries.iter().any(|entry| entry.filed.is_some() && entry.key == edition.signer)
        };
        // What was seen before may be missed in the files, and then be carried; the files are asked nevertheless.
        let mut files_only = world.clone();
        files_only.editions.retain(|edition| !filed(edition));
        files_only
            .entries
            .iter_mut()
            .filter(|entry| entry.filed.is_some())
            .for_each(|entry| entry.seen = None);
        let mut carried = world.clone();
        for place in 0..world.entries.len() {
            let document = rng.usize(..world.world.principals.len());
            let enforced = rng.bool();
            let more = edition(&world, place, rng.u64(0..9), document);
            carried.editions.extend(Some(Edition { enforced, ..more }).filter(|edition| filed(edition)));
        }
        for less in [&world, &carried] {
            assert!(outcome(less) <= outcome(&files_only), "seed {seed}");
            lost += usize::from(outcome(less) != outcome(&files_only));
        }
    }
    assert!(lost > 50, "what was carried mattered: {lost}");
}

#[test]
fn a_trial_takes_the_place_of_nothing_that_binds() {
    let (mut same, mut less) = (0, 0);
    for (seed, mut before, mut rng) in worlds(1_000) {
        before.editions.retain(|edition| edition.enforced);
        let mut after = before.clone();
        for place in 0..before.entries.len() {
            let entry = &before.entries[place];
            let now = before.world.time;
            let binds = |edition: &Edition| {
                edition.signer == entry.key
                    && edition.principal == entry.principal
                    && edition.audience.contains(&before.decider)
                    && (edition.not_before..edition.not_after).contains(&now)
                    && edition.version >= entry.at_least
            };
            let bound = entry.filed.is_some() || entry.seen.is_some() || before.editions.iter().any(binds);
            let document = rng.usize(..before.world.principals.len());
            let trial = Edition { enforced: false, ..edition(&before, place, rng.u64(0..9), document) };
            after.editions.extend(bound.then_some(trial));
        }
        let (with, without) = (outcome(&after), outcome(&before));
        assert!(with <= without, "seed {seed}");
        same += usize::from(with == without && without == Outcome::Allow);
        less += usize::from(with < without);
    }
    assert!(same > 50 && less > 20, "allowed as before {same}, contradicted {less}");
}

#[test]
fn what_was_seen_never_allows() {
    let mut lost = 0;
    for (seed, before, _) in worlds(1_000) {
        let mut forgetful = before.clone();
        forgetful.entries.iter_mut().for_each(|entry| entry.seen = None);
        assert!(outcome(&before) <= outcome(&forgetful), "seed {seed}");
        lost += usize::from(outcome(&before) < outcome(&forgetful));
    }
    assert!(lost > 20, "what was seen mattered: {lost}");
}

#[test]
fn an_older_edition_never_allows_and_changes_nothing_beside_a_file() {
    for (seed, before, mut rng) in worlds(600) {
        let (mut beside_files, mut anywhere) = (before.clone(), before.clone());
        for place in 0..before.entries.len() {
            let entry = &before.entries[place];
            let known = before.editions.iter().chain(entry.filed.iter().flatten());
            // Of a version that is there it would be another edition, and a contradiction.
            let lowest = known.map(|edition| edition.version).min().unwrap_or(1);
            let document = rng.usize(..before.world.principals.len());
            let older = edition(&before, place, lowest.saturating_sub(1), document);
            beside_files.editions.extend(entry.filed.is_some().then(|| older.clone()));
            // Where somebody is asked only if something is carried, something is now.
            anywhere
                .editions
                .extend((entry.filed.is_some() || entry.at_least > older.version).then_some(older));
        }
        assert_eq!(outcome(&beside_files), outcome(&before), "seed {seed}");
        assert!(outcome(&anywhere) <= outcome(&before), "seed {seed}");
    }
}

#[test]
fn a_waiver_excuses_only_what_it_names() {
    let mut excused = 0;
    for (seed, mut before, mut rng) in worlds(1_000) {
        before.waivers.clear();
        let world = &before.world;
        let waiver = |place: usize, document: usize| Waiver {
            signer: before.entries[place].key.clone(),
            principal: before.entries[place].principal.clone(),
            audience: BTreeSet::from([before.decider.clone()]),
            not_before: world.time - 1,
            not_after: world.time + 1,
            document,
            artifacts: BTreeSet::from([world.artifact.clone()]),
            requirements: BTreeSet::from([Part::History, Part::Required(0)]),
        };
        let each = |change: &mut dyn FnMut(Waiver) -> Waiver| {
            let mut after = before.clone();
            for place in 0..before.entries.len() {
                after
                    .waivers
                    .extend((0..world.principals.len()).map(|document| change(waiver(place, document))));
            }
            outcome(&after)
        };
        let nothing = rng.u8(0..5);
        let of_nothing = each(&mut |right| match nothing {
            0 => Waiver { signer: "stranger".to_owned(), ..right },
            1 => Waiver { artifacts: BTreeSet::from(["another".to_owned()]), ..right },
            2 => Waiver { not_after: world.time, ..right },
            3 => Waiver { audience: BTreeSet::from(["another".to_owned()]), ..right },
            _ => Waiver { requirements: BTreeSet::new(), ..right },
        });
        assert_eq!(of_nothing, outcome(&before), "seed {seed}");
        let rightly = each(&mut |right| right);
        assert!(rightly >= of_nothing, "seed {seed}");
        excused += usize::from(rightly > of_nothing);
    }
    assert!(excused > 20, "what was excused mattered: {excused}");
}

#[test]
fn a_mode_excuses_its_own_principal_only() {
    let (mut refused, mut excused) = (0, 0);
    for (seed, before, _) in worlds(600) {
        for place in 0..before.entries.len() {
            let mut after = before.clone();
            let key = after.entries[place].key.clone();
            let filed = after.entries.iter_mut().flat_map(|entry| entry.filed.iter_mut().flatten());
            let editions = filed.chain(&mut after.editions).filter(|edition| edition.signer == key);
            editions.for_each(|edition| edition.enforced = false);
            excused += usize::from(outcome(&after) > outcome(&before));
            // Whoever else refuses, and must be asked, still does.
            for other in before.entries.iter().filter(|entry| entry.key != key && entry.always) {
                let alone = SignedWorld { entries: vec![other.clone()], ..before.clone() };
                assert!(outcome(&after) <= outcome(&alone), "seed {seed}");
                refused += usize::from(outcome(&alone) != Outcome::Allow);
            }
        }
    }
    assert!(refused > 50 && excused > 20, "refused by others {refused}, excused {excused}");
}
