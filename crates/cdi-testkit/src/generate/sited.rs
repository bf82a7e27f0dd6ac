//! Random nodes for a world: mostly accepted and not revoked, at times of others, revoked, or taken at their word only where
//! nobody should.

use super::{percent, pick};
use crate::model::sited::{Accepts, Level, SitedWorld, Stance, Whose};
use crate::model::world::{Entry, Property, Reason, Target, World};
use fastrand::Rng;
use std::collections::BTreeSet;

const NODE: &str = "node-key";
const OTHER: &str = "other-node-key";

/// The world at a node. The world is one that can be said to production.
pub fn sited(world: World, rng: &mut Rng) -> SitedWorld {
    let mut world = world;
    if percent(rng, 25) {
        revoke_a_node(&mut world, rng);
    }
    let whose = pick(rng, &[Whose::Own, Whose::Listed, Whose::Listed, Whose::Listed, Whose::Unlisted]);
    let platform: Vec<Property> = world.catalogue.platform.iter().cloned().collect();
    let stances = world.principals.iter().map(|_| stance(&platform, rng)).collect();
    SitedWorld { world, whose, key: NODE.to_owned(), stances }
}

fn stance(platform: &[Property], rng: &mut Rng) -> Stance {
    let keys = |keys: &[&str]| Accepts::Keys(keys.iter().map(|&key| key.to_owned()).collect::<BTreeSet<_>>());
    let accepts = match rng.u8(0..10) {
        0 => Accepts::Nobody,
        1 => keys(&[OTHER]),
        2..=5 => keys(&[NODE, OTHER]),
        _ => Accepts::Configured,
    };
    let level =
        |rng: &mut Rng| pick(rng, &[Level::Asserted, Level::Asserted, Level::Certified, Level::Attested]);
    let stated = percent(rng, 40).then(|| level(rng));
    let own: Vec<&Property> = platform.iter().filter(|_| percent(rng, 15)).collect();
    Stance {
        accepts,
        level: stated,
        levels: own.into_iter().map(|property| (property.clone(), level(rng))).collect(),
    }
}

/// Somebody's list names a node: as a key, or as the runs of one in a time, which nodes do not have.
fn revoke_a_node(world: &mut World, rng: &mut Rng) {
    let node = pick(rng, &[NODE, NODE, OTHER]).to_owned();
    let runs = percent(rng, 15).then_some((0, world.time));
    let reason = if runs.is_none() { Reason::KeyCompromise } else { Reason::Other };
    let Some(list) = rng.choice(world.evidence.revocation_lists.iter_mut()) else { return };
    list.entries.push(Entry {
        target: Target::Key(node),
        reason,
        survivors: BTreeSet::new(),
        since: None,
        runs,
    });
}
