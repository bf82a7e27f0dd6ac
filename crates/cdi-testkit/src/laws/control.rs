//! Whoever is found to be in one hand counts for no more than before.

use super::assert_no_more;
use crate::generate::generate;
use crate::model::decide::decide;
use crate::model::world::*;
use fastrand::Rng;
use std::collections::BTreeSet;

/// Makes one group of all groups that have one of these members, and of the members.
fn join(principal: &mut Principal, members: BTreeSet<Member>) {
    let groups = std::mem::take(&mut principal.same_control);
    let (joined, apart): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| group.iter().any(|member| members.contains(member)));
    principal.same_control = apart;
    principal.same_control.push(joined.into_iter().flatten().chain(members).collect());
}

#[test]
fn putting_two_authorities_under_one_control_never_allows() {
    let mut lost = 0;
    for seed in 0..1500 {
        let more = generate(seed);
        let mut less = more.clone();
        let rng = &mut Rng::with_seed(seed);
        for principal in &mut less.principals {
            let anchored: BTreeSet<&Key> = principal.anchors.iter().flat_map(|anchor| &anchor.keys).collect();
            let endorsed = more.evidence.endorsements.iter().map(|e| &e.child);
            let others = endorsed.filter(|key| !anchored.contains(key)).map(|key| Member::Key(key.clone()));
            let mut all: Vec<Member> = others.collect();
            all.extend(principal.anchors.iter().map(|anchor| Member::Anchor(anchor.name.clone())));
            let two = [rng.choice(&all).cloned(), rng.choice(&all).cloned()];
            join(principal, two.into_iter().flatten().collect());
        }
        assert_no_more(&more, &less, seed);
        lost += usize::from(decide(&more).verdict != decide(&less).verdict);
    }
    assert!(lost > 20, "the control mattered: {lost}");
}

#[test]
fn merging_two_anchors_never_allows() {
    let (mut merged, mut lost) = (0, 0);
    for seed in 0..1500 {
        let mut more = generate(seed);
        // Of one scope and depth: what is merged must not get more to say.
        for principal in &mut more.principals {
            if let [one, other, ..] = principal.anchors.as_mut_slice() {
                (other.scope, other.depth) = (one.scope.clone(), one.depth);
            }
        }
        let mut less = more.clone();
        for principal in &mut less.principals {
            let [one, other, ..] = principal.anchors.as_slice() else { continue };
            let (one, other) = (one.name.clone(), other.clone());
            let members = [one, other.name.clone()].map(Member::Anchor);
            join(principal, BTreeSet::from(members));
            principal.anchors.remove(1);
            if let Some(first) = principal.anchors.first_mut() {
                first.keys.extend(other.keys);
            }
            let gone = Member::Anchor(other.name);
            for group in &mut principal.same_control {
                group.remove(&gone);
            }
            merged += 1;
        }
        assert_no_more(&more, &less, seed);
        lost += usize::from(decide(&more).verdict != decide(&less).verdict);
    }
    assert!(merged > 500 && lost > 20, "merged {merged}, the merging mattered: {lost}");
}
