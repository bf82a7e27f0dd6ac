//! Random signed policies over a world: mostly in force, at times old, for others, by others, doubled or excused.

use super::{NOBODY_ASSERTS, percent, pick};
use crate::model::decide::Part;
use crate::model::signed::{Edition, Entry, SignedWorld, Waiver};
use crate::model::world::{Formula, Name, Principal, Rule, World};
use fastrand::Rng;
use std::collections::BTreeSet;

const DECIDER: &str = "host";

/// The world, its principals asked by signed policies. The world is one that can be said to production.
pub fn signed(world: World, rng: &mut Rng) -> SignedWorld {
    let mut world = world;
    let names: Vec<Name> = world.principals.iter().map(|principal| principal.name.clone()).collect();
    for principal in &mut world.principals {
        principal.require = principal.require.take().map(plain);
    }
    let own: Vec<Principal> = world.principals.clone();
    world.principals.extend(own.iter().map(laxer));
    world.principals.extend(own.iter().map(stricter));
    let mut entries: Vec<Entry> = names.iter().map(|name| entry(&world, name, rng)).collect();
    if let Some(first) = entries.first_mut() {
        first.always = true;
    }
    let editions = names.iter().flat_map(|name| some(rng, 3, |rng| edition(&world, name, rng))).collect();
    let waivers = names.iter().flat_map(|name| some(rng, 2, |rng| waiver(&world, name, rng))).collect();
    SignedWorld { world, decider: DECIDER.to_owned(), entries, editions, waivers }
}

fn some<T>(rng: &mut Rng, most: usize, make: impl Fn(&mut Rng) -> T) -> Vec<T> {
    (0..rng.usize(0..=most)).map(|_| make(rng)).collect()
}

/// A list of one part is that part, so that two texts are equal only if the formulas are.
fn plain(formula: Formula) -> Formula {
    let all = |parts: Vec<Formula>| parts.into_iter().map(plain).collect::<Vec<_>>();
    let joined =
        |parts: Vec<Formula>, join: fn(Vec<Formula>) -> Formula| match <[Formula; 1]>::try_from(parts) {
            Ok([only]) => only,
            Err(parts) => join(parts),
        };
    match formula {
        Formula::And(parts) => joined(all(parts), Formula::And),
        Formula::Or(parts) => joined(all(parts), Formula::Or),
        Formula::AtLeast(n, parts) => Formula::AtLeast(n, all(parts)),
        atom => atom,
    }
}

fn laxer(principal: &Principal) -> Principal {
    Principal { rule: Rule::AcceptAll, ..principal.clone() }
}

fn stricter(principal: &Principal) -> Principal {
    let more = Formula::Platform(NOBODY_ASSERTS.to_owned());
    let require = match principal.require.clone() {
        None => more,
        Some(Formula::And(mut parts)) => {
            parts.push(more);
            Formula::And(parts)
        }
        Some(whole) => Formula::And(vec![whole, more]),
    };
    Principal { require: Some(require), ..principal.clone() }
}

fn key(principal: &str) -> String {
    format!("policy of {principal}")
}

fn signer(principal: &str, rng: &mut Rng) -> String {
    if percent(rng, 92) { key(principal) } else { key("somebody else") }
}

fn audience(rng: &mut Rng) -> BTreeSet<Name> {
    let mut audience = BTreeSet::from([DECIDER.to_owned()]);
    if percent(rng, 20) {
        audience.insert("another".to_owned());
    }
    if percent(rng, 8) {
        audience = BTreeSet::from(["another".to_owned()]);
    }
    audience
}

fn window(world: &World, rng: &mut Rng) -> (u64, u64) {
    let now = world.time;
    match rng.u8(0..12) {
        0 => (now - 1_000, now),
        1 => (now + world.skew, now + 1_000),
        2 => (now + world.skew + 1, now + 1_000),
        3 => (now - 1_000, now + 1),
        _ => (now - 1_000, now + 1_000),
    }
}

/// One of the documents of a principal; seldom one of another.
fn document(world: &World, name: &str, rng: &mut Rng) -> usize {
    let own: Vec<usize> = (0..world.principals.len())
        .filter(|place| world.principals.get(*place).is_some_and(|principal| principal.name == name))
        .collect();
    if percent(rng, 4) { rng.usize(0..world.principals.len()) } else { pick(rng, &own) }
}

fn edition(world: &World, name: &str, rng: &mut Rng) -> Edition {
    let (not_before, not_after) = window(world, rng);
    let principal = if percent(rng, 95) { name.to_owned() } else { "somebody else".to_owned() };
    Edition {
        signer: signer(name, rng),
        principal,
        audience: audience(rng),
        version: rng.u64(1..=4),
        not_before,
        not_after,
        enforced: percent(rng, 75),
        document: document(world, name, rng),
    }
}

fn entry(world: &World, name: &str, rng: &mut Rng) -> Entry {
    let filed = percent(rng, 50).then(|| {
        let mut editions = some(rng, 2, |rng| edition(world, name, rng));
        editions.push(edition(world, name, rng));
        editions
    });
    Entry {
        principal: name.to_owned(),
        key: key(name),
        always: filed.is_some() || percent(rng, 70),
        filed,
        at_least: if percent(rng, 80) { 0 } else { rng.u64(1..=4) },
        seen: percent(rng, 35).then(|| (rng.u64(1..=4), document(world, name, rng))),
    }
}

fn waiver(world: &World, name: &str, rng: &mut Rng) -> Waiver {
    let (not_before, not_after) = window(world, rng);
    let document = document(world, name, rng);
    let parts = match world.principals.get(document).and_then(|principal| principal.require.as_ref()) {
        Some(Formula::And(parts)) => parts.len(),
        _ => 1,
    };
    let mut requirements: BTreeSet<Part> =
        (0..parts).filter(|_| percent(rng, 60)).map(Part::Required).collect();
    if requirements.is_empty() || percent(rng, 30) {
        requirements.insert(pick(rng, &[Part::History, Part::Reproduced]));
    }
    let artifact = if percent(rng, 90) { world.artifact.clone() } else { "another".to_owned() };
    Waiver {
        signer: signer(name, rng),
        principal: if percent(rng, 95) { name.to_owned() } else { "somebody else".to_owned() },
        audience: audience(rng),
        not_before,
        not_after,
        document,
        artifacts: BTreeSet::from([artifact]),
        requirements,
    }
}
