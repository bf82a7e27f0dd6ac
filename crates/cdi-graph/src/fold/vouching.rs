//! Of those who vouch, the ones for tools whose steps are drawn, the nearest to the artifact first.

use std::collections::{BTreeMap, BTreeSet};

use super::{Limits, Place};
use crate::graph::{Graph, Kind, Link, NodeId};

/// Puts those that are drawn in groups of their own.
pub(crate) fn places(graph: &Graph, places: &mut [Place], limits: Limits) {
    let mut before: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    let mut tools: Vec<NodeId> = Vec::new();
    for edge in &graph.edges {
        match edge.link {
            Link::Certifies | Link::Signed | Link::Endorsed => {
                before.entry(edge.to).or_default().push(edge.from)
            }
            Link::Ran if matches!(places.get(edge.to.0), Some(Place::Group(_))) => tools.push(edge.from),
            Link::Ran | Link::Read | Link::Made | Link::Inspected | Link::Listed | Link::Behind => {}
        }
    }
    tools.sort_unstable();
    tools.dedup();
    let mut drawn: BTreeSet<NodeId> = BTreeSet::new();
    for tool in tools {
        let (mut wanted, mut due) = (BTreeSet::from([tool]), vec![tool]);
        while let Some(node) = due.pop() {
            let behind = before.get(&node).into_iter().flatten();
            due.extend(behind.copied().filter(|one| !drawn.contains(one) && wanted.insert(*one)));
        }
        // One place is for what is left out.
        if drawn.len() + wanted.len() < limits.nodes || drawn.is_empty() {
            drawn.extend(wanted);
        }
    }
    let all = graph.nodes.iter().filter(|node| node.kind.vouches()).count();
    let room = limits.nodes.max(1);
    let cut: BTreeSet<NodeId> =
        if drawn.len() > room { drawn.into_iter().take(room).collect() } else { drawn };
    let complete = all <= limits.nodes && cut.len() == all;
    for (node, place) in graph.nodes.iter().zip(places) {
        if matches!(node.kind, Kind::Tool | Kind::Certification | Kind::Authority)
            && (complete || cut.contains(&node.id))
        {
            *place = Place::Group(node.id.0);
        }
    }
}
