//! Rows of equal steps, each made from what the one before has made. Nobody reads them one by one.
//!
//! Only what is looked at in the same way, has one neighbour on either side and stands in a row of more than so many steps is
//! drawn as one; the first and the last steps of the row stay, so that it is seen how it begins and ends.

use std::collections::{BTreeMap, BTreeSet};

use super::alike::Groups;
use crate::graph::{Graph, Kind, Link, Mark, State};

/// Nodes at either end of a row that stay: a step, and what it has read and made.
const ENDS: usize = 3;

/// Puts the middles of rows of more than `steps` steps into groups of their own.
pub(crate) fn shorten(graph: &Graph, groups: &mut Groups, steps: usize) {
    let chain = Chain::of(graph, groups);
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    for row in chain.rows() {
        // A step and an artifact each.
        if row.len() / 2 <= steps {
            continue;
        }
        let middle = row.get(ENDS..row.len().saturating_sub(ENDS)).unwrap_or_default();
        places
            .extend(middle.first().into_iter().flat_map(|first| middle.iter().map(move |at| (*at, *first))));
    }
    for group in groups.iter_mut().flatten() {
        *group = places.get(group).copied().unwrap_or(*group);
    }
}

/// What rows are made of: groups, each with its only neighbours.
struct Chain<'g> {
    graph: &'g Graph,
    before: BTreeMap<usize, BTreeSet<usize>>,
    after: BTreeMap<usize, BTreeSet<usize>>,
}

/// By what two nodes of a row are alike.
type Look<'g> = (Kind, &'g str, Vec<(State, Option<&'static str>, &'g [Mark])>);

impl<'g> Chain<'g> {
    fn of(graph: &'g Graph, groups: &Groups) -> Self {
        let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
        let group = |id: crate::graph::NodeId| groups.get(id.0).copied().flatten();
        for edge in graph.edges.iter().filter(|edge| edge.link != Link::Ran) {
            if let (Some(from), Some(to)) = (group(edge.from), group(edge.to)) {
                before.entry(to).or_insert_with(BTreeSet::new).insert(from);
                after.entry(from).or_insert_with(BTreeSet::new).insert(to);
            }
        }
        Self { graph, before, after }
    }

    /// The one that comes before, if there is one only and nothing else comes after that.
    fn only_before(&self, at: usize) -> Option<usize> {
        let one = only(self.before.get(&at)?)?;
        (only(self.after.get(&one)?) == Some(at)).then_some(one)
    }

    fn look(&self, at: usize) -> Option<Look<'g>> {
        let node = self.graph.nodes.get(at)?;
        let name = match node.kind {
            Kind::Artifact => node.name.rsplit_once('.').map_or("", |(_, end)| end),
            Kind::Run => node.name.as_str(),
            Kind::Inspection
            | Kind::Origin
            | Kind::Strangers
            | Kind::Tool
            | Kind::Certification
            | Kind::Authority
            | Kind::Rest => return None,
        };
        let seen = node.seen.iter().map(|seen| (seen.state, seen.code, seen.marks.as_slice())).collect();
        Some((node.kind, name, seen))
    }

    /// The longest rows, each from the artifact's side on. No node is in two.
    fn rows(&self) -> Vec<Vec<usize>> {
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        let nodes = self.before.keys().copied();
        let begins = |at: &usize| {
            let next = self.after.get(at).and_then(only);
            next.is_none_or(|next| self.only_before(next) != Some(*at))
        };
        for start in nodes.filter(begins) {
            let mut row: Vec<usize> = Vec::new();
            let mut next = Some(start);
            while let Some(at) = next.filter(|at| seen.insert(*at)) {
                let Some(look) = self.look(at) else { break };
                let two_back = row.len().checked_sub(2).and_then(|two| row.get(two));
                if two_back.is_some_and(|two| self.look(*two).as_ref() != Some(&look)) {
                    // The next row may begin with what this one ended with.
                    let kept = row.split_off(row.len() - 1);
                    rows.push(std::mem::replace(&mut row, kept));
                }
                row.push(at);
                next = self.only_before(at);
            }
            rows.push(row);
        }
        rows
    }
}

fn only(all: &BTreeSet<usize>) -> Option<usize> {
    match all.len() {
        1 => all.first().copied(),
        _ => None,
    }
}
