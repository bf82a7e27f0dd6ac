//! Mutations of revocation lists (TIM).

use super::{Mutation, authorities, fresh_id, percent, pick, table};
use crate::model::world::{Entry, Freshness, Reason, RevocationList, Target, World};
use fastrand::Rng;
use std::collections::BTreeSet;

/// Mutations of revocations.
pub(super) const MUTATIONS: &[Mutation] = table![
    drop_list,
    drop_all_lists_of_one_authority,
    let_list_end,
    let_list_age,
    postdate_list,
    ask_for_no_lists,
    ask_for_fresher_lists,
    revoke_something,
    revoke_something_in_a_list_of_long_ago,
    revoke_something_in_a_list_to_come,
    revoke_as_stranger,
    revoke_oneself,
    repeat_serial,
    declare_key_compromised,
    declare_key_compromised_with_survivors,
    forget_survivors_in_a_newer_list,
    declare_key_compromised_since,
    change_the_time_of_a_compromise_in_another_list,
    declare_key_compromised_as_stranger,
    revoke_runs_of_a_time,
];

fn list<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut RevocationList> {
    rng.choice(world.evidence.revocation_lists.iter_mut())
}

fn drop_list(world: &mut World, rng: &mut Rng) {
    if let Some(index) = rng.choice(0..world.evidence.revocation_lists.len()) {
        world.evidence.revocation_lists.remove(index);
    }
}

fn drop_all_lists_of_one_authority(world: &mut World, rng: &mut Rng) {
    if let Some(issuer) = list(world, rng).map(|list| list.issuer.clone()) {
        world.evidence.revocation_lists.retain(|list| list.issuer != issuer);
    }
}

fn let_list_end(world: &mut World, rng: &mut Rng) {
    let end = world.time + rng.u64(0..2);
    if let Some(list) = list(world, rng) {
        (list.not_before, list.not_after) = (end - 200, end);
    }
}

fn let_list_age(world: &mut World, rng: &mut Rng) {
    // The age that policies accept, one second more, and one less.
    let begun = world.time - rng.u64(499..502);
    if let Some(list) = list(world, rng) {
        (list.not_before, list.not_after) = (begun, begun + 2000);
    }
}

fn postdate_list(world: &mut World, rng: &mut Rng) {
    let begun = world.time + world.skew + rng.u64(0..2);
    if let Some(list) = list(world, rng) {
        (list.not_before, list.not_after) = (begun, begun + 2000);
    }
}

fn ask_for_no_lists(world: &mut World, rng: &mut Rng) {
    if let Some(principal) = rng.choice(world.principals.iter_mut()) {
        principal.revocation = Freshness::DangerouslyNone;
    }
}

fn ask_for_fresher_lists(world: &mut World, rng: &mut Rng) {
    let age = pick(rng, &[50, 100, 101]);
    if let Some(principal) = rng.choice(world.principals.iter_mut()) {
        principal.revocation = Freshness::MaxAge(age);
    }
}

/// Something in the world that can be revoked, now and then something that is not there.
fn any_target(world: &World, rng: &mut Rng) -> Target {
    let evidence = &world.evidence;
    let certifications = evidence
        .certifications
        .iter()
        .flat_map(|c| [Target::Certification(c.id.clone()), Target::Key(c.report_key.clone())]);
    let endorsements = evidence.endorsements.iter().flat_map(|e| {
        // Twice: there are few of them.
        [Target::Endorsement(e.id.clone()), Target::Key(e.child.clone()), Target::Endorsement(e.id.clone())]
    });
    let reports = evidence.reports.iter().map(|report| Target::Report(report.id.clone()));
    let nothing = [Target::Report("r-of-old".to_owned()), Target::Key("stranger".to_owned())];
    let all: Vec<Target> = certifications.chain(endorsements).chain(reports).chain(nothing).collect();
    pick(rng, &all)
}

/// Adds the entry unless the list has one for the target: lists do not repeat targets.
fn add_entry(list: &mut RevocationList, entry: Entry) {
    if !list.entries.iter().any(|there| there.target == entry.target) {
        list.entries.push(entry);
    }
}

pub(crate) fn plain(target: Target) -> Entry {
    Entry { target, reason: Reason::Other, runs: None, since: None, survivors: BTreeSet::new() }
}

fn revoke_something(world: &mut World, rng: &mut Rng) {
    let entry = plain(any_target(world, rng));
    if let Some(list) = list(world, rng) {
        add_entry(list, entry);
    }
}

/// A list with its own window, besides those that there are.
fn add_list(world: &mut World, rng: &mut Rng, issuer: &str, serial: u64, begun: u64, entry: Entry) {
    let list = RevocationList {
        id: fresh_id(rng, "l"),
        issuer: issuer.to_owned(),
        serial,
        not_before: begun,
        not_after: begun + 1000,
        entries: vec![entry],
    };
    world.evidence.revocation_lists.push(list);
}

fn revoke_something_in_a_list_of_long_ago(world: &mut World, rng: &mut Rng) {
    let (entry, keys, begun) = (plain(any_target(world, rng)), authorities(world), world.time - 100_000);
    if let Some(issuer) = rng.choice(keys) {
        add_list(world, rng, &issuer, 0, begun, entry);
    }
}

fn revoke_something_in_a_list_to_come(world: &mut World, rng: &mut Rng) {
    let (entry, keys, begun) = (plain(any_target(world, rng)), authorities(world), world.time + 100_000);
    if let Some(issuer) = rng.choice(keys) {
        add_list(world, rng, &issuer, 9, begun, entry);
    }
}

fn revoke_as_stranger(world: &mut World, rng: &mut Rng) {
    let (entry, begun) = (plain(any_target(world, rng)), world.time - 10);
    add_list(world, rng, "stranger", 1, begun, entry);
}

fn revoke_oneself(world: &mut World, rng: &mut Rng) {
    if let Some(list) = list(world, rng) {
        let oneself = plain(Target::Key(list.issuer.clone()));
        add_entry(list, oneself);
    }
}

fn repeat_serial(world: &mut World, rng: &mut Rng) {
    if let Some(mut again) = list(world, rng).cloned() {
        again.id = fresh_id(rng, "l");
        if percent(rng, 50) {
            (again.not_before, again.not_after) = (1, 2);
        }
        world.evidence.revocation_lists.push(again);
    }
}

/// A report key that an authority with a list has certified, as a rule.
fn compromise(world: &mut World, rng: &mut Rng, survivors: bool) {
    let certified = world.evidence.certifications.iter().map(|c| (c.issuer.clone(), c.report_key.clone()));
    let Some((issuer, key)) = rng.choice(certified.collect::<Vec<_>>()) else { return };
    let made = world.evidence.reports.iter().filter(|report| report.key == key && survivors);
    let mut survivors: BTreeSet<String> = made.map(|report| report.id.clone()).collect();
    if percent(rng, 30) {
        survivors.pop_first();
    }
    let entry =
        Entry { target: Target::Key(key), reason: Reason::KeyCompromise, runs: None, since: None, survivors };
    let of_issuer = world.evidence.revocation_lists.iter_mut().filter(|list| list.issuer == issuer);
    if let Some(list) = of_issuer.max_by_key(|list| list.serial) {
        add_entry(list, entry);
    }
}

fn declare_key_compromised(world: &mut World, rng: &mut Rng) {
    compromise(world, rng, false);
}

/// Some lists begin at the first second, before anything could be seen; none that matter here begin before this.
const LONG_AGO: u64 = 100_000;

/// A key that was compromised at some time, and reports of it on which the host relied before, or just not before. More often
/// than not somebody else has certified the tool too.
pub(crate) fn declare_key_compromised_since(world: &mut World, rng: &mut Rng) {
    compromise(world, rng, false);
    let lists = world.evidence.revocation_lists.iter_mut();
    let entries = lists.flat_map(|list| list.entries.iter_mut().map(|entry| (list.not_before, entry)));
    // Lists of long ago are of a time at which nothing was seen.
    let told = entries.filter(|(issued, entry)| {
        *issued > LONG_AGO && entry.reason == Reason::KeyCompromise && entry.since.is_none()
    });
    let Some((issued, entry)) = rng.choice(told.collect::<Vec<_>>()) else { return };
    let since = issued - rng.u64(0..3);
    entry.since = Some(since);
    let Target::Key(key) = entry.target.clone() else { return };
    let latest = since - (world.skew + 1);
    for report in world.evidence.reports.iter().filter(|report| report.key == key) {
        if percent(rng, 85) {
            let at = if percent(rng, 75) { latest - rng.u64(0..2) } else { latest + rng.u64(1..3) };
            world.seen.insert(report.id.clone(), at);
        }
    }
    let certified = world.evidence.certifications.iter().find(|c| c.report_key == key).cloned();
    if let (Some(mut again), Some(other)) = (certified, rng.choice(authorities(world)))
        && percent(rng, 60)
    {
        (again.id, again.issuer) = (fresh_id(rng, "c"), other);
        world.evidence.certifications.push(again);
    }
}

/// Of all lists of an authority the earliest time counts, whichever is the newest, and one without a time before all.
fn change_the_time_of_a_compromise_in_another_list(world: &mut World, rng: &mut Rng) {
    declare_key_compromised_since(world, rng);
    let speaks =
        |list: &&RevocationList| list.not_before > LONG_AGO && list.entries.iter().any(|e| e.since.is_some());
    let Some(mut other) = world.evidence.revocation_lists.iter().find(speaks).cloned() else { return };
    other.id = fresh_id(rng, "l");
    other.serial = (other.serial + rng.u64(0..3)).saturating_sub(1);
    for entry in other.entries.iter_mut().filter(|entry| entry.since.is_some()) {
        entry.since = match rng.u8(0..4) {
            0 => None,
            1 => Some(other.not_before),
            2 => entry.since.map(|since| since - 1),
            _ => Some(other.not_before - 200),
        };
    }
    if rng.bool() {
        (other.not_before, other.not_after) = (other.not_before + 1, other.not_after + 1);
    }
    world.evidence.revocation_lists.push(other);
}

fn declare_key_compromised_with_survivors(world: &mut World, rng: &mut Rng) {
    compromise(world, rng, true);
}

/// The newest list decides who survives, also one that no longer speaks of the key.
fn forget_survivors_in_a_newer_list(world: &mut World, rng: &mut Rng) {
    compromise(world, rng, true);
    let speaks = |list: &&RevocationList| list.entries.iter().any(|e| e.reason == Reason::KeyCompromise);
    let Some(mut newer) = world.evidence.revocation_lists.iter().find(speaks).cloned() else { return };
    newer.id = fresh_id(rng, "l");
    newer.serial += 1;
    match rng.u8(0..3) {
        0 => newer.entries.clear(),
        1 => newer.entries.iter_mut().for_each(|entry| entry.survivors.clear()),
        _ => {}
    }
    world.evidence.revocation_lists.push(newer);
}

/// An authority that never certified the key cannot take its reports away.
fn declare_key_compromised_as_stranger(world: &mut World, rng: &mut Rng) {
    let keys: Vec<String> = world.evidence.reports.iter().map(|report| report.key.clone()).collect();
    let issuers = [authorities(world), vec!["stranger".to_owned()]].concat();
    let (Some(key), issuer) = (rng.choice(keys), pick(rng, &issuers)) else { return };
    let entry = Entry {
        target: Target::Key(key),
        reason: Reason::KeyCompromise,
        runs: None,
        since: None,
        survivors: BTreeSet::new(),
    };
    let begun = world.time - 10;
    add_list(world, rng, &issuer, 1000, begun, entry);
}

/// The runs of a key at some time, which touches one of them or just does not. Mostly by whoever certified the key.
fn revoke_runs_of_a_time(world: &mut World, rng: &mut Rng) {
    let started = rng.u64(100..110);
    let Some(report) = rng.choice(world.evidence.reports.iter_mut()) else { return };
    report.ran = (started, started + rng.u64(0..3));
    let key = report.key.clone();
    let from = rng.u64(98..112);
    let runs = Some((from, from + rng.u64(1..6)));
    let entry = Entry { runs, ..plain(Target::Key(key.clone())) };
    let certified = world.evidence.certifications.iter().filter(|c| c.report_key == key);
    let certifiers: Vec<String> = certified.map(|c| c.issuer.clone()).collect();
    let issuer = if percent(rng, 80) { rng.choice(certifiers) } else { rng.choice(authorities(world)) };
    let mut lists = world.evidence.revocation_lists.iter_mut();
    if let Some(list) = lists.find(|list| Some(&list.issuer) == issuer.as_ref()) {
        add_entry(list, entry);
    }
}
