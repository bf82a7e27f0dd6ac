//! What is near enough to the artifact to be drawn: level by level back, what fails before what does not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::alike::Groups;
use super::{Limits, Place};
use crate::graph::{Graph, State};

/// How often the picture is made smaller to make room for what stands for the rest.
const ROUNDS: usize = 16;

/// A group on the way back from the artifact.
struct Found {
    group: usize,
    /// The group that it serves, nearest to the artifact.
    serves: Option<usize>,
    /// Edges from the artifact: two a step.
    distance: usize,
}

/// Where each node goes. Those who vouch are among the others for now.
pub(crate) fn places(graph: &Graph, groups: &Groups, limits: Limits) -> Vec<Place> {
    let found = back(graph, groups);
    let near = found
        .iter()
        .take_while(|one| limits.depth.is_none_or(|depth| one.distance <= depth.saturating_mul(2)));
    let mut kept = near.count().min(limits.nodes).max(1);
    for _ in 0..ROUNDS {
        let behind = behind(&found, kept);
        let rest: BTreeSet<usize> = behind.values().copied().collect();
        let over = (kept + rest.len()).saturating_sub(limits.nodes);
        if over == 0 || kept == 1 {
            break;
        }
        kept = kept.saturating_sub(over).max(1);
    }
    let behind = behind(&found, kept);
    let place = |group: &Option<usize>| match group {
        None => Place::Others,
        Some(group) => behind.get(group).map_or(Place::Group(*group), |served| Place::Behind(*served)),
    };
    groups.iter().map(place).collect()
}

/// The groups, nearest first.
fn back(graph: &Graph, groups: &Groups) -> Vec<Found> {
    let mut before: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for edge in &graph.edges {
        let group = |id: crate::graph::NodeId| groups.get(id.0).copied().flatten();
        if let (Some(from), Some(to)) = (group(edge.from), group(edge.to)) {
            before.entry(to).or_default().insert(from);
        }
    }
    let fails = |group: &usize| {
        let node = graph.nodes.get(*group);
        node.is_some_and(|node| node.seen.iter().any(|seen| seen.state == State::Fails))
    };
    let mut seen = BTreeSet::from([0]);
    let mut found = vec![Found { group: 0, serves: None, distance: 0 }];
    let mut start = 0;
    while start < found.len() {
        let end = found.len();
        let mut next = Vec::new();
        for one in found.get(start..end).unwrap_or_default() {
            for group in before.get(&one.group).into_iter().flatten() {
                if seen.insert(*group) {
                    let (serves, distance) = (Some(one.group), one.distance + 1);
                    next.push(Found { group: *group, serves, distance });
                }
            }
        }
        next.sort_by_key(|one| (!fails(&one.group), one.group));
        start = end;
        found.extend(next);
    }
    found
}

/// For each group that is not kept, the kept one that it lies behind.
fn behind(found: &[Found], kept: usize) -> HashMap<usize, usize> {
    let mut behind = HashMap::new();
    for one in found.iter().skip(kept) {
        if let Some(serves) = one.serves {
            let served = behind.get(&serves).copied().unwrap_or(serves);
            behind.insert(one.group, served);
        }
    }
    behind
}
