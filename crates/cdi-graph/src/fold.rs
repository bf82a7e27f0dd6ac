//! A graph of a size that people can look at.
//!
//! As long as a graph has more nodes than a picture should have, steps and artifacts of equal shape that serve the same are
//! drawn as one with a number; what still is too much is cut off at the far end. What was folded is said on the picture. The
//! order of the result follows the order of the graph, and every pass is linear but for sorting.

mod alike;
mod far;
mod row;
mod vouching;

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Edge, Folded, Graph, Kind, Node, NodeId, Seen, State};
use crate::text::cut;

/// How large a picture may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nodes of the chain, and as many again of those who vouch for its tools.
    pub nodes: usize,
    /// Steps back from the artifact; `None` for all.
    pub depth: Option<usize>,
    /// Equal steps in a row, each made from the one before.
    pub row: usize,
}

impl Default for Limits {
    /// 200 nodes, however far back, and 16 equal steps in a row: more are not read one by one.
    fn default() -> Self {
        Self { nodes: 200, depth: None, row: 16 }
    }
}

impl Limits {
    /// Everything is drawn.
    #[must_use]
    pub const fn none() -> Self {
        Self { nodes: usize::MAX, depth: None, row: usize::MAX }
    }
}

/// Where a node of the whole graph goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Drawn with the others of this group.
    Group(usize),
    /// Behind the group that it serves.
    Behind(usize),
    /// With those who vouch and are not drawn.
    Others,
}

/// The graph within limits. One that is within them stays as it is.
#[must_use]
pub fn fold(graph: &Graph, limits: Limits) -> Graph {
    let chain = graph.nodes.iter().filter(|node| !node.kind.vouches()).count();
    let vouching = graph.nodes.len() - chain;
    let few = chain <= limits.nodes && vouching <= limits.nodes && limits.depth.is_none();
    if few && chain / 2 <= limits.row {
        return graph.clone();
    }
    let mut groups = if chain > limits.nodes { alike::groups(graph) } else { alike::apart(graph) };
    row::shorten(graph, &mut groups, limits.row);
    let mut places = far::places(graph, &groups, limits);
    vouching::places(graph, &mut places, limits);
    drawn(graph, &places)
}

/// The folded graph: its nodes in the order of the first of what each stands for.
fn drawn(graph: &Graph, places: &[Place]) -> Graph {
    let mut members: BTreeMap<Place, Vec<&Node>> = BTreeMap::new();
    let mut order: Vec<Place> = Vec::new();
    for (node, place) in graph.nodes.iter().zip(places) {
        let entry = members.entry(*place).or_default();
        if entry.is_empty() {
            order.push(*place);
        }
        entry.push(node);
    }
    // Those who vouch come last, what is left out of them too.
    order.sort_by_key(|place| match (place, members.get(place).and_then(|all| all.first())) {
        (Place::Others, _) => 2,
        (_, Some(first)) if first.kind.vouches() => 1,
        _ => 0,
    });
    let ids: BTreeMap<Place, NodeId> =
        order.iter().enumerate().map(|(at, place)| (*place, NodeId(at))).collect();
    let mut folded = Folded { of: graph.nodes.len(), alike: 0, far: 0 };
    let mut nodes = Vec::new();
    for (at, place) in order.iter().enumerate() {
        let all = members.get(place).map(Vec::as_slice).unwrap_or_default();
        let Some(first) = all.first() else { continue };
        let id = NodeId(at);
        nodes.push(match place {
            Place::Group(_) if all.len() == 1 => Node { id, ..(*first).clone() },
            Place::Group(_) if all.iter().any(|node| node.kind != first.kind) => {
                folded.alike += all.len();
                rest(id, all)
            }
            Place::Group(_) => {
                folded.alike += all.len();
                Node { id, name: common(all), stands_for: all.len(), ..(*first).clone() }
            }
            Place::Behind(_) | Place::Others => {
                folded.far += all.len();
                rest(id, all)
            }
        });
    }
    let edges = graph.edges.iter().filter_map(|edge| mapped(edge, places, &ids));
    let edges: BTreeSet<Edge> = edges.collect();
    let edges = edges.into_iter().collect();
    Graph { nodes, edges, folded, principals: graph.principals.clone(), ..*graph }
}

/// An edge between what is drawn. What is left out leads to what it serves, and nowhere else.
fn mapped(edge: &Edge, places: &[Place], ids: &BTreeMap<Place, NodeId>) -> Option<Edge> {
    let (from, to) = (places.get(edge.from.0)?, places.get(edge.to.0)?);
    let link = match (from, to) {
        (Place::Group(_), Place::Group(_)) => edge.link,
        (Place::Behind(served), Place::Group(group)) if served == group => crate::graph::Link::Behind,
        _ => return None,
    };
    let edge = Edge { from: *ids.get(from)?, to: *ids.get(to)?, link };
    (edge.from != edge.to).then_some(edge)
}

/// What the names of several have in common.
fn common(all: &[&Node]) -> String {
    let Some(first) = all.first() else { return String::new() };
    let (mut head, mut tail) = (first.name.chars().count(), first.name.chars().count());
    for node in all {
        let same = |(a, b): &(char, char)| a == b;
        head = head.min(first.name.chars().zip(node.name.chars()).take_while(same).count());
        tail = tail.min(first.name.chars().rev().zip(node.name.chars().rev()).take_while(same).count());
    }
    let count = first.name.chars().count();
    if head == count && all.iter().all(|node| node.name == first.name) {
        return first.name.clone();
    }
    let tail = tail.min(count - head);
    let (before, after) = (first.name.chars().take(head), first.name.chars().skip(count - tail));
    before.chain(['…']).chain(after).collect()
}

/// What is left out, as one node.
fn rest(id: NodeId, all: &[&Node]) -> Node {
    let counted = |kinds: &[Kind], one: &str, many: &str| {
        let count = all.iter().filter(|node| kinds.contains(&node.kind)).count();
        match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{} {many}", thousands(count))),
        }
    };
    let lines = [
        counted(&[Kind::Artifact], "artifact", "artifacts"),
        counted(&[Kind::Run, Kind::Inspection, Kind::Strangers], "step", "steps"),
        counted(&[Kind::Origin], "origin", "origins"),
        counted(&[Kind::Tool], "tool", "tools"),
        counted(&[Kind::Certification], "certification", "certifications"),
        counted(&[Kind::Authority], "authority", "authorities"),
    ];
    let principals = all.first().map_or(0, |node| node.seen.len());
    Node {
        id,
        kind: Kind::Rest,
        name: format!("{} more", thousands(all.len())),
        about: None,
        lines: lines.into_iter().flatten().collect(),
        stands_for: all.len(),
        seen: (0..principals).map(|principal| all_seen(all, principal)).collect(),
    }
}

/// Of several: that some fail, or could not be told, is not hidden by those that count.
fn all_seen(all: &[&Node], principal: usize) -> Seen {
    let seen = || all.iter().filter_map(|node| node.seen.get(principal));
    let count = |state: State| seen().filter(|seen| seen.state == state).count();
    let (state, message) = match (count(State::Fails), count(State::NotTold)) {
        (0, 0) => (seen().map(|seen| seen.state).min().unwrap_or(State::Unused), None),
        (0, 1) => (State::NotTold, Some("one of them could not be told".to_owned())),
        (0, untold) => (State::NotTold, Some(format!("{} of them could not be told", thousands(untold)))),
        (1, _) => (State::Fails, Some("one of them fails".to_owned())),
        (fails, _) => (State::Fails, Some(format!("{} of them fail", thousands(fails)))),
    };
    Seen { state, message, ..Seen::unused() }
}

/// A number with a comma between each three digits.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    cut(&out, 32)
}
