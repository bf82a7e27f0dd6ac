//! The search for one authority chain (rule M-CHAIN): breadth first over the depth that is left, most depth first, so
//! that each key is entered once with the most that it can pass on. Decoys cost a step each and never hide a chain.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use cdi_types::{KeyId, PropertyName, StatementId, limits};

use crate::authority::Authorities;
use crate::trust::Controller;

/// The search did more steps than [`limits::CHAIN_SEARCH_STEPS`] in this appraisal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepsExhausted;

/// What a way that waits costs: it takes memory, and the limit of steps is that of memory too.
const LABEL: usize = 8;

/// Counts the steps of all searches of one appraisal.
#[derive(Debug)]
pub(crate) struct Steps(usize);

impl Steps {
    /// So many, [`limits::CHAIN_SEARCH_STEPS`] at most.
    pub(crate) const fn of(steps: usize) -> Self {
        Self(if steps < limits::CHAIN_SEARCH_STEPS { steps } else { limits::CHAIN_SEARCH_STEPS })
    }

    /// How many are left.
    pub(crate) const fn left(&self) -> usize {
        self.0
    }

    pub(crate) const fn take(&mut self, steps: usize) -> Result<(), StepsExhausted> {
        match self.0.checked_sub(steps) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(StepsExhausted),
        }
    }
}

/// Where a chain may end: at the key of a certifier, having passed none of those who revoked what it certified.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct End {
    pub(crate) certifier: KeyId,
    pub(crate) shunned: BTreeSet<KeyId>,
}

/// Where votes end: each place once, in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ends(Vec<End>);

impl Ends {
    /// One more, if it is not there.
    pub(crate) fn insert(&mut self, end: End) {
        if let Err(place) = self.0.binary_search(&end) {
            self.0.insert(place, end);
        }
    }

    pub(crate) fn contains(&self, end: &End) -> bool {
        self.0.binary_search(end).is_ok()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &End> {
        self.0.iter()
    }

    /// Those at the key of a certifier.
    fn at(&self, certifier: KeyId) -> &[End] {
        let first = self.0.partition_point(|end| end.certifier < certifier);
        let after = self.0.partition_point(|end| end.certifier <= certifier);
        self.0.get(first..after).unwrap_or_default()
    }
}

impl FromIterator<End> for Ends {
    fn from_iter<I: IntoIterator<Item = End>>(ends: I) -> Self {
        let mut ends: Vec<End> = ends.into_iter().collect();
        ends.sort_unstable();
        ends.dedup();
        Self(ends)
    }
}

/// A chain of authorities: an anchor's key, then the endorsed keys, the certifier last.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The position of the anchor in the policy.
    pub(crate) anchor: usize,
    pub(crate) keys: Vec<KeyId>,
    pub(crate) endorsements: Vec<StatementId>,
}

/// One way to have entered a key.
struct Label {
    key: KeyId,
    anchor: usize,
    from: Option<(usize, StatementId)>,
    /// Which of those who must be remembered stand on the way here, this key included.
    passed: Rc<BTreeSet<KeyId>>,
}

/// Whether revocations by authorities further up on a way are heeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heed {
    /// As the rule says (M-REVOKE).
    Revocations,
    /// Not at all: to tell people what blocks a chain that would be there otherwise. Nothing counts by such a chain.
    Nothing,
}

/// A search for chains for one property.
pub(crate) struct Search<'s, 'a> {
    pub(crate) authorities: &'s Authorities<'a>,
    pub(crate) property: &'s PropertyName,
    pub(crate) ends: &'s Ends,
    pub(crate) heed: Heed,
}

impl Search<'_, '_> {
    /// A chain to one of the ends that passes no key of the controllers in `avoid`.
    pub(crate) fn avoiding(
        &self,
        avoid: &[Controller],
        steps: &mut Steps,
    ) -> Result<Option<Chain>, StepsExhausted> {
        let remembered: BTreeSet<KeyId> = self.remembered();
        steps.take(remembered.len())?;
        let mut labels: Vec<Label> = Vec::new();
        let mut entered: BTreeMap<KeyId, Vec<usize>> = BTreeMap::new();
        let mut due = self.starts();
        for depth in (0..=limits::ENDORSEMENT_DEPTH).rev() {
            let mut at_depth = due.remove(&depth).unwrap_or_default();
            while let Some(mut label) = at_depth.pop() {
                steps.take(1)?;
                if avoid.contains(&self.authorities.trust.controller(label.key)) || self.is_silent(label.key)
                {
                    continue;
                }
                if remembered.contains(&label.key) {
                    Rc::make_mut(&mut label.passed).insert(label.key);
                }
                let before = entered.entry(label.key).or_default();
                steps.take(before.len())?;
                if before
                    .iter()
                    .any(|&i| labels.get(i).is_some_and(|other| other.passed.is_subset(&label.passed)))
                {
                    continue;
                }
                before.push(labels.len());
                let found = self.ends_here(&label);
                labels.push(label);
                if found {
                    return Ok(Some(trace(&labels)));
                }
                self.extend(&labels, depth, &mut due, steps)?;
            }
        }
        Ok(None)
    }

    /// Who must be remembered when passed. Where nobody is, nobody was passed, and no revocation further up blocks a way.
    fn remembered(&self) -> BTreeSet<KeyId> {
        if self.heed == Heed::Nothing {
            return BTreeSet::new();
        }
        let shunned = self.ends.iter().flat_map(|end| end.shunned.iter());
        self.authorities.far_revokers.iter().chain(shunned).copied().collect()
    }

    /// A key that has revoked itself speaks no more, as an anchor neither.
    fn is_silent(&self, key: KeyId) -> bool {
        self.authorities.revocations.has_revoked(key, cdi_types::RevokedId::Key(key))
    }

    /// Last first: a stack turns the order back.
    fn starts(&self) -> BTreeMap<u8, Vec<Label>> {
        let mut due: BTreeMap<u8, Vec<Label>> = BTreeMap::new();
        for (index, anchor) in self.authorities.trust.terms().anchors.iter().enumerate().rev() {
            if anchor.scope.covers(self.property) {
                let keys = anchor.keys.iter().rev().map(|key| Label {
                    key: key.key_id(),
                    anchor: index,
                    from: None,
                    passed: Rc::default(),
                });
                due.entry(anchor.scope.depth).or_default().extend(keys);
            }
        }
        due
    }

    fn ends_here(&self, label: &Label) -> bool {
        self.ends.at(label.key).iter().any(|end| end.shunned.is_disjoint(&label.passed))
    }

    fn extend(
        &self,
        labels: &[Label],
        depth: u8,
        due: &mut BTreeMap<u8, Vec<Label>>,
        steps: &mut Steps,
    ) -> Result<(), StepsExhausted> {
        let (Some(label), Some(left)) = (labels.last(), depth.checked_sub(1)) else { return Ok(()) };
        for edge in self.authorities.edges(label.key).iter().rev() {
            let scope = &edge.endorsement.predicate().scope;
            if scope.covers(self.property) && edge.far_revokers.is_disjoint(&label.passed) {
                steps.take(LABEL + label.passed.len())?;
                due.entry(left.min(scope.depth)).or_default().push(Label {
                    key: edge.child,
                    anchor: label.anchor,
                    from: Some((labels.len() - 1, edge.endorsement.id())),
                    passed: Rc::clone(&label.passed),
                });
            }
        }
        Ok(())
    }
}

/// The chain that the last label ends.
fn trace(labels: &[Label]) -> Chain {
    let (mut keys, mut endorsements) = (Vec::new(), Vec::new());
    let mut at = labels.last();
    let anchor = at.map_or(0, |label| label.anchor);
    while let Some(label) = at {
        keys.push(label.key);
        at = label.from.and_then(|(index, endorsement)| {
            endorsements.push(endorsement);
            labels.get(index)
        });
    }
    keys.reverse();
    endorsements.reverse();
    Chain { anchor, keys, endorsements }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_there_once_and_found_by_their_certifier() {
        let [one, two] = [b"one", b"two"].map(|key| KeyId::of(key));
        let end =
            |certifier, shunned: &[KeyId]| End { certifier, shunned: shunned.iter().copied().collect() };
        let all = [end(one, &[]), end(two, &[one]), end(one, &[two]), end(one, &[])];
        let (mut inserted, collected) = (Ends::default(), Ends::from_iter(all.clone()));
        all.iter().cloned().for_each(|end| inserted.insert(end));
        assert_eq!(inserted, collected);
        assert_eq!((collected.len(), collected.at(one).len(), collected.at(two).len()), (3, 2, 1));
        assert!(collected.contains(&all[2]) && !collected.contains(&end(two, &[])));
    }
}
