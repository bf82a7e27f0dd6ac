//! Which nodes of a chain have the same shape and serve the same.
//!
//! From the sources on each node gets a shape: what it is, what principals make of it, and the shapes behind it. From the
//! artifact back nodes are then one group if they have one shape and serve the same groups. Nodes on a cycle are never alike.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Graph, Kind, Link, Mark, Node, NodeId, State};

/// For each node of a chain its group; `None` for those who vouch. A group is named by its first node.
pub(crate) type Groups = Vec<Option<usize>>;

/// Every node by itself.
pub(crate) fn apart(graph: &Graph) -> Groups {
    graph.nodes.iter().map(|node| (!node.kind.vouches()).then_some(node.id.0)).collect()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Shape<'a> {
    kind: Kind,
    /// Of a step: what was run. Of an artifact: how its name ends.
    name: &'a str,
    tool: Option<NodeId>,
    seen: Vec<(State, Option<&'static str>, &'a [Mark])>,
    behind: BTreeSet<usize>,
    /// Set for what is like nothing else.
    own: Option<usize>,
}

pub(crate) fn groups(graph: &Graph) -> Groups {
    let size = graph.nodes.len();
    let (mut before, mut after) = (vec![Vec::new(); size], vec![Vec::new(); size]);
    let mut tools = BTreeMap::new();
    for edge in &graph.edges {
        if edge.link == Link::Ran {
            tools.insert(edge.to, edge.from);
        } else if !graph.node(edge.from).is_some_and(|node| node.kind.vouches()) {
            before.get_mut(edge.to.0).into_iter().for_each(|all: &mut Vec<usize>| all.push(edge.from.0));
            after.get_mut(edge.from.0).into_iter().for_each(|all: &mut Vec<usize>| all.push(edge.to.0));
        }
    }
    let on_cycle = |order: &[usize]| {
        let mut on_cycle = vec![true; size];
        order.iter().for_each(|at| on_cycle.get_mut(*at).into_iter().for_each(|one| *one = false));
        on_cycle
    };
    let forward = order(&before, &after);
    let cyclic = on_cycle(&forward);
    let all = forward.iter().copied().chain((0..size).filter(|at| cyclic.get(*at) == Some(&true)));
    let (mut shapes, mut shape_of) = (BTreeMap::new(), vec![0; size]);
    for at in all {
        let Some(node) = graph.nodes.get(at) else { continue };
        let behind = before.get(at).into_iter().flatten().filter_map(|one| shape_of.get(*one)).copied();
        let own = (cyclic.get(at) == Some(&true) || at == 0).then_some(at);
        let shape = Shape { behind: behind.collect(), own, ..shape(node, &tools) };
        let next = shapes.len() + 1;
        let known = *shapes.entry(shape).or_insert(next);
        shape_of.get_mut(at).into_iter().for_each(|place| *place = known);
    }
    let backward = order(&after, &before);
    let cyclic = on_cycle(&backward);
    let all = backward.iter().copied().chain((0..size).filter(|at| cyclic.get(*at) == Some(&true)));
    let (mut known, mut group_of) = (BTreeMap::new(), vec![None; size]);
    for at in all {
        if graph.nodes.get(at).is_none_or(|node| node.kind.vouches()) {
            continue;
        }
        let served =
            after.get(at).into_iter().flatten().filter_map(|one| group_of.get(*one).copied().flatten());
        let served: BTreeSet<usize> = served.collect();
        let key = (shape_of.get(at).copied(), served);
        let group = *known.entry(key).or_insert(at);
        group_of.get_mut(at).into_iter().for_each(|place| *place = Some(group));
    }
    group_of
}

fn shape<'a>(node: &'a Node, tools: &BTreeMap<NodeId, NodeId>) -> Shape<'a> {
    let name = match node.kind {
        Kind::Artifact => node.name.rsplit_once('.').map_or("", |(_, end)| end),
        _ => node.name.as_str(),
    };
    let seen = node.seen.iter().map(|seen| (seen.state, seen.code, seen.marks.as_slice())).collect();
    let tool = tools.get(&node.id).copied();
    Shape { kind: node.kind, name, tool, seen, behind: BTreeSet::new(), own: None }
}

/// The nodes in an order in which each comes behind all that `before` names of it; those on cycles, and what hangs on
/// them, are not among them.
fn order(before: &[Vec<usize>], after: &[Vec<usize>]) -> Vec<usize> {
    let mut missing: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut ready: std::collections::VecDeque<usize> =
        missing.iter().enumerate().filter(|(_, missing)| **missing == 0).map(|(at, _)| at).collect();
    let mut order = Vec::with_capacity(before.len());
    while let Some(at) = ready.pop_front() {
        order.push(at);
        for next in after.get(at).into_iter().flatten() {
            if let Some(missing) = missing.get_mut(*next) {
                *missing = missing.saturating_sub(1);
                if *missing == 0 {
                    ready.push_back(*next);
                }
            }
        }
    }
    order
}
