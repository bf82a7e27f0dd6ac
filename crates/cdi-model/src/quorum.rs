//! Quorum: no set of k-1 items hits every chain.

use super::chain::Chain;
use super::world::{Anchor, Key, Member, Principal, Property};
use std::collections::BTreeSet;

/// What one controller holds: a set of keys that fall together.
type Item = BTreeSet<Key>;

/// How many the principal asks for.
pub fn required(principal: &Principal, property: &Property) -> usize {
    *principal.quorum.of.get(property).unwrap_or(&principal.quorum.default)
}

/// How many the principal wants to have signed a report themselves.
pub fn countersigned(principal: &Principal, property: &Property) -> usize {
    *principal.countersigned.of.get(property).unwrap_or(&principal.countersigned.default)
}

/// Whether there is a chain and no set of `k - 1` items hits every chain.
///
/// Straight from the definition: all sets of at most `k - 1` of the items on the chains are tried.
pub fn quorum(principal: &Principal, chains: &[Chain<'_>], k: usize) -> bool {
    let items: BTreeSet<Item> =
        chains.iter().flat_map(|chain| &chain.keys).map(|key| controller(principal, key)).collect();
    let items: Vec<Item> = items.into_iter().collect();
    let hit = |chain: &Chain<'_>, item: &Item| chain.keys.iter().any(|key| item.contains(*key));
    !chains.is_empty()
        && subsets(&items, k.saturating_sub(1))
            .iter()
            .all(|stolen| chains.iter().any(|chain| !stolen.iter().any(|item| hit(chain, item))))
}

/// The item of a key: its group under one control with all of the members' keys, else its anchor with all
/// of the anchor's keys, else the key alone.
pub fn controller(principal: &Principal, key: &Key) -> Item {
    let anchor = principal.anchors.iter().find(|anchor| anchor.keys.contains(key));
    let group = principal.same_control.iter().find(|group| {
        group.contains(&Member::Key(key.clone()))
            || anchor.is_some_and(|anchor| group.contains(&Member::Anchor(anchor.name.clone())))
    });
    match (group, anchor) {
        (Some(group), _) => group.iter().flat_map(|member| keys_of(principal, member)).collect(),
        (None, Some(anchor)) => anchor.keys.iter().cloned().collect(),
        (None, None) => Item::from([key.clone()]),
    }
}

fn keys_of(principal: &Principal, member: &Member) -> Vec<Key> {
    match member {
        Member::Key(key) => vec![key.clone()],
        Member::Anchor(name) => {
            let named = |anchor: &&Anchor| anchor.name == *name;
            principal.anchors.iter().filter(named).flat_map(|anchor| anchor.keys.clone()).collect()
        }
    }
}

/// All subsets of at most `most` items.
fn subsets(items: &[Item], most: usize) -> Vec<Vec<&Item>> {
    let Some((first, rest)) = items.split_first() else { return vec![Vec::new()] };
    let mut all = subsets(rest, most);
    if most >= 1 {
        for mut with_first in subsets(rest, most - 1) {
            with_first.push(first);
            all.push(with_first);
        }
    }
    all
}
