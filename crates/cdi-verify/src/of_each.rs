//! Something of each artifact of a graph, where most have one.

use std::collections::BTreeMap;

use crate::graph::Node;

/// Something of each artifact that there is rarely more than one of.
pub(crate) struct OfEach<T> {
    first: Vec<Option<T>>,
    more: BTreeMap<Node, Vec<T>>,
}

impl<T: PartialEq> OfEach<T> {
    /// Of so many artifacts nothing yet.
    pub(crate) fn of(artifacts: usize) -> Self {
        Self { first: std::iter::repeat_with(|| None).take(artifacts).collect(), more: BTreeMap::new() }
    }

    pub(crate) fn all(&self, artifact: Node) -> impl Iterator<Item = &T> {
        let first = self.first.get(artifact.place()).and_then(Option::as_ref);
        first.into_iter().chain(self.more.get(&artifact).into_iter().flatten())
    }

    pub(crate) fn push(&mut self, artifact: Node, one: T) {
        match self.first.get_mut(artifact.place()) {
            Some(place @ None) => *place = Some(one),
            _ => self.more.entry(artifact).or_default().push(one),
        }
    }

    /// Takes it down; `false` if it was there.
    pub(crate) fn insert(&mut self, artifact: Node, one: T) -> bool {
        let is_new = !self.all(artifact).any(|known| *known == one);
        if is_new {
            self.push(artifact, one);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_more_than_one_of_is_all_there_once() {
        let mut of_each = OfEach::of(2);
        let [first, second] = [Node::at(0), Node::at(1)];
        assert!(of_each.insert(first, 'a') && of_each.insert(second, 'b') && of_each.insert(first, 'c'));
        assert!(!of_each.insert(first, 'c') && !of_each.insert(second, 'b'));
        of_each.push(second, 'b');
        let all = |node| of_each.all(node).collect::<String>();
        assert_eq!((all(first).as_str(), all(second).as_str()), ("ac", "bb"));
    }
}
