//! What came of a placement, as a table for a picture: nodes by environments, and at each crossing what became of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::text::plain;

/// Rows beyond these are counted and not drawn.
const ROWS: usize = 40;
/// Names of nodes of one row beyond these are counted and not drawn.
const NAMES: usize = 3;

/// A placement that is drawn. Names come from others: they are made harmless when they come in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    pub(crate) workload: String,
    pub(crate) artifact: String,
    pub(crate) outcome: String,
    pub(crate) is_placed: bool,
    pub(crate) environments: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) notes: Vec<String>,
}

/// Nodes of which everything is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The first ones.
    pub(crate) nodes: Vec<String>,
    /// All of them.
    pub(crate) count: usize,
    /// One for each environment; `None` where the node has no such.
    pub(crate) crossings: Vec<Option<Crossing>>,
}

/// What became of an environment of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Crossing {
    /// It was chosen, at this price.
    Chosen(String),
    /// It would do, at this price.
    WouldDo(String),
    /// It is ruled out.
    RuledOut(Vec<Blame>),
}

/// Why a place is ruled out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blame {
    /// Who rules it out; `None` if nobody has to.
    pub principal: Option<String>,
    /// The requirement in short.
    pub requirement: Option<String>,
    /// The same as a sentence.
    pub message: String,
    /// Its code.
    pub code: &'static str,
}

impl Placement {
    /// A placement of a workload, of which nothing is known yet but how it ends.
    #[must_use]
    pub fn of(workload: &str, artifact: &str, outcome: &str, is_placed: bool) -> Self {
        let (workload, artifact, outcome) = (plain(workload), plain(artifact), plain(outcome));
        Self { workload, artifact, outcome, is_placed, ..Self::default() }
    }

    /// The same, with places by their nodes and environments. A place that comes twice is what it was first.
    #[must_use]
    pub fn with<'p>(self, places: impl IntoIterator<Item = (&'p str, &'p str, Crossing)>) -> Self {
        let mut nodes: BTreeMap<String, BTreeMap<String, Crossing>> = BTreeMap::new();
        for (node, environment, crossing) in places {
            nodes.entry(plain(node)).or_default().entry(plain(environment)).or_insert(crossing.harmless());
        }
        let environments: BTreeSet<&String> = nodes.values().flat_map(BTreeMap::keys).collect();
        let environments: Vec<String> = environments.into_iter().cloned().collect();
        // The best row stands first, and of equal ones the first by name.
        let mut alike: BTreeMap<(usize, Vec<Option<Crossing>>), Vec<String>> = BTreeMap::new();
        for (node, own) in nodes {
            let crossings: Vec<_> = environments.iter().map(|name| own.get(name).cloned()).collect();
            let rank = own.values().map(Crossing::rank).min().unwrap_or(usize::MAX);
            alike.entry((rank, crossings)).or_default().push(node);
        }
        let row = |((_, crossings), mut nodes): ((usize, _), Vec<String>)| {
            let count = nodes.len();
            nodes.truncate(NAMES);
            Row { nodes, count, crossings }
        };
        Self { environments, rows: alike.into_iter().map(row).collect(), ..self }.within()
    }

    /// The same, with a remark under the table.
    #[must_use]
    pub fn note(mut self, text: &str) -> Self {
        self.notes.push(plain(text));
        self
    }

    fn within(mut self) -> Self {
        let over = self.rows.split_off(self.rows.len().min(ROWS));
        let nodes: usize = over.iter().map(|row| row.count).sum();
        if nodes > 0 { self.note(&format!("{nodes} nodes more are not drawn.")) } else { self }
    }
}

impl Crossing {
    const fn rank(&self) -> usize {
        match self {
            Self::Chosen(_) => 0,
            Self::WouldDo(_) => 1,
            Self::RuledOut(_) => 2,
        }
    }

    fn harmless(self) -> Self {
        match self {
            Self::Chosen(price) => Self::Chosen(plain(&price)),
            Self::WouldDo(price) => Self::WouldDo(plain(&price)),
            Self::RuledOut(blames) => Self::RuledOut(blames.into_iter().map(Blame::harmless).collect()),
        }
    }
}

impl Blame {
    fn harmless(self) -> Self {
        let (principal, requirement) = (self.principal.as_deref(), self.requirement.as_deref());
        Self {
            principal: principal.map(plain),
            requirement: requirement.map(plain),
            message: plain(&self.message),
            code: self.code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn would_do(price: &str) -> Crossing {
        Crossing::WouldDo(price.to_owned())
    }

    #[test]
    fn nodes_of_which_everything_is_the_same_are_one_row_and_the_chosen_stands_first() {
        let names: Vec<String> = (0..6).map(|n| format!("edge-{n}")).collect();
        let alike = names.iter().map(|name| (name.as_str(), "gvisor", would_do("2")));
        let chosen = ("west", "process", Crossing::Chosen("1".to_owned()));
        let placement = Placement::of("w", "00", "west", true).with(alike.chain([chosen]));
        assert_eq!(placement.environments, ["gvisor", "process"]);
        let [first, second] = placement.rows.as_slice() else { panic!("{placement:?}") };
        assert_eq!((first.nodes.as_slice(), first.count), (["west".to_owned()].as_slice(), 1));
        assert_eq!(first.crossings, [None, Some(Crossing::Chosen("1".to_owned()))]);
        assert_eq!((second.nodes.len(), second.count), (NAMES, 6));
    }

    #[test]
    fn rows_that_are_not_drawn_are_counted() {
        let names: Vec<String> = (0..ROWS + 2).map(|n| n.to_string()).collect();
        let all = names.iter().map(|name| (name.as_str(), "process", would_do(name)));
        let placement = Placement::of("w", "00", "0", true).with(all);
        assert_eq!(placement.rows.len(), ROWS);
        assert_eq!(placement.notes, ["2 nodes more are not drawn."]);
    }
}
