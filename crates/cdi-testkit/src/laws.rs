//! The laws of the design, tried on random worlds.

mod control;
mod narrowing;
mod signed_policies;
mod theft;
mod trusted_time;

use crate::generate::{foreign_of_chance, generate, random};
use crate::model::decide::decide;
use crate::model::holds::{Held, artifacts, completed, held, is_reproduced};
use crate::model::world::*;
use crate::model::{Bound, View};
use fastrand::Rng;
use std::collections::BTreeSet;

/// What each principal knows, through the lower and then the upper bound.
fn knowledge(world: &World) -> Vec<(Held, BTreeSet<Digest>, bool)> {
    let bounds = [Bound::Lower, Bound::Upper];
    let views = world.principals.iter().flat_map(|p| bounds.map(|bound| View { world, principal: p, bound }));
    views.map(|view| (held(view), completed(view), is_reproduced(view, &world.artifact))).collect()
}

/// Asserts that the second world proves nothing that the first one does not.
fn assert_no_more(more: &World, less: &World, seed: u64) {
    // Of what only the second one names, in the policy of a newcomer say, the first one says nothing.
    let named = artifacts(more);
    for (more, less) in knowledge(more).iter().zip(knowledge(less)) {
        let held =
            less.0.iter().filter(|(_, artifact)| named.contains(artifact)).all(|one| more.0.contains(one));
        let complete =
            less.1.iter().filter(|artifact| named.contains(*artifact)).all(|one| more.1.contains(one));
        assert!(held && complete && (more.2 || !less.2), "seed {seed}");
    }
    let (more, less) = (decide(more), decide(less));
    assert!(more.verdict >= less.verdict, "seed {seed}");
    assert!(
        more.per_principal.iter().zip(&less.per_principal).all(|(more, less)| more >= less),
        "seed {seed}"
    );
}

/// Evidence of all kinds but revocations: some thrown together, some a bolder copy of what is there.
fn add_evidence(world: &mut World, rng: &mut Rng) {
    let evidence = &mut world.evidence;
    for _ in 0..rng.usize(1..4) {
        evidence.endorsements.push(random::endorsement(rng));
        evidence.certifications.push(random::certification(rng));
        evidence.reports.push(random::report(rng));
        evidence.origins.push(random::origin(rng));
        evidence.summaries.push(random::summary(rng));
        evidence.foreign.push(foreign_of_chance(&mut rng.clone()));
    }
    if let Some(mut bolder) = rng.choice(&evidence.endorsements).cloned() {
        bolder.id = "bolder-endorsement".into();
        (bolder.scope, bolder.depth, bolder.not_after) = (vec![Pattern::All], 5, u64::MAX);
        evidence.endorsements.push(bolder);
    }
    if let Some(mut bolder) = rng.choice(&evidence.certifications).cloned() {
        bolder.id = "bolder-certification".into();
        (bolder.custody, bolder.linkage) = (Custody::AttestedCode, Linkage::Static);
        bolder.invocations.values_mut().for_each(|invocation| invocation.generates = true);
        evidence.certifications.push(bolder);
    }
    if let (Some(mut bolder), Some(other)) =
        (rng.choice(&evidence.reports).cloned(), rng.choice(&evidence.reports))
    {
        bolder.id = "bolder-report".into();
        bolder.capture = Capture::Confined;
        bolder.inputs.clone_from(&other.inputs);
        evidence.reports.push(bolder);
    }
}

/// Without key compromises: see `evidence_can_bring_a_key_compromise_into_force`.
fn without_key_compromises(mut world: World) -> World {
    for entry in world.evidence.revocation_lists.iter_mut().flat_map(|list| &mut list.entries) {
        entry.reason = Reason::Other;
    }
    world
}

#[test]
fn adding_evidence_other_than_revocations_never_takes_away() {
    let mut gained = 0;
    for seed in 0..600 {
        let less = without_key_compromises(generate(seed));
        let mut more = less.clone();
        add_evidence(&mut more, &mut Rng::with_seed(seed));
        assert_no_more(&more, &less, seed);
        gained += usize::from(knowledge(&more) != knowledge(&less));
    }
    assert!(gained > 100, "the evidence added matters: {gained}");
}

#[test]
fn evidence_can_bring_a_key_compromise_into_force() {
    // The one exception to the law above: a list declares a key compromised, but its issuer was no authority
    // or had not certified the key. An endorsement or a certification that was missing makes the word count.
    let lost = (0..4000).any(|seed| {
        let less = generate(seed);
        let mut more = less.clone();
        add_evidence(&mut more, &mut Rng::with_seed(seed));
        knowledge(&less).iter().zip(knowledge(&more)).any(|(less, more)| !less.0.is_subset(&more.0))
    });
    assert!(lost);
}

/// A revocation by someone who may matter, of something that may matter.
fn any_entry(world: &World, rng: &mut Rng) -> Option<Entry> {
    let evidence = &world.evidence;
    let certifications = evidence.certifications.iter().flat_map(|c| {
        [
            Target::Certification(c.id.clone()),
            Target::Key(c.report_key.clone()),
            Target::Key(c.issuer.clone()),
        ]
    });
    let endorsements = evidence.endorsements.iter().map(|e| Target::Endorsement(e.id.clone()));
    let reports = evidence.reports.iter().map(|report| Target::Report(report.id.clone()));
    let target = rng.choice(certifications.chain(endorsements).chain(reports).collect::<Vec<_>>())?;
    let reason = if rng.bool() { Reason::KeyCompromise } else { Reason::Other };
    Some(Entry { target, reason, runs: None, since: None, survivors: BTreeSet::new() })
}

#[test]
fn asking_more_of_runs_never_allows() {
    let mut lost = 0;
    for seed in 0..600 {
        let more = generate(seed);
        let mut less = more.clone();
        let mut rng = Rng::with_seed(seed);
        for principal in &mut less.principals {
            match rng.u8(0..7) {
                6 => principal.summaries.iter_mut().for_each(|rule| rule.max_age /= 20),
                4 => principal.depth.clear(),
                5 => principal.depth.values_mut().for_each(|steps| *steps += 1),
                0 => principal.step_conditions.push(Condition::ExitIs(0)),
                1 => principal.named_only = true,
                2 => {
                    let asked = [&mut principal.countersigned.default].into_iter();
                    asked.chain(principal.countersigned.of.values_mut()).for_each(|k| *k = (*k + 1).min(5));
                }
                _ => principal.linked = true,
            }
        }
        assert_no_more(&more, &less, seed);
        lost += usize::from(knowledge(&more) != knowledge(&less));
    }
    assert!(lost > 50, "what was asked mattered: {lost}");
}

#[test]
fn forbidding_never_allows() {
    let mut lost = 0;
    for seed in 0..600 {
        let more = generate(seed);
        let mut less = more.clone();
        let mut rng = Rng::with_seed(seed);
        let (certifications, origins) = (&more.evidence.certifications, &more.evidence.origins);
        let Some(certification) = rng.choice(certifications) else { continue };
        let anchors: BTreeSet<Key> =
            more.principals.iter().flat_map(|p| &p.anchors).flat_map(|anchor| anchor.keys.clone()).collect();
        for principal in &mut less.principals {
            let forbidden = &mut principal.forbidden;
            match rng.u8(0..5) {
                0 => drop(forbidden.tools.replace(certification.entry.clone())),
                1 => forbidden.origins.extend(rng.choice(origins).map(|one| one.id.clone())),
                2 => forbidden.origin_keys.extend(rng.choice(origins).map(|one| one.key.clone())),
                3 => drop(forbidden.report_keys.replace(certification.report_key.clone())),
                _ if !anchors.contains(&certification.issuer) => {
                    drop(forbidden.authorities.replace(certification.issuer.clone()));
                }
                _ => {}
            }
        }
        assert_no_more(&more, &less, seed);
        lost += usize::from(knowledge(&more) != knowledge(&less));
    }
    assert!(lost > 100, "what was forbidden mattered: {lost}");
}

#[test]
fn adding_a_revocation_never_allows() {
    let mut lost = 0;
    for seed in 0..1500 {
        let more = generate(seed);
        let mut less = more.clone();
        let mut rng = Rng::with_seed(seed);
        let Some(entry) = any_entry(&more, &mut rng) else { continue };
        // In a list that there is, in a list of long ago, or in one that repeats a serial. A new fresh list
        // would do more than revoke: it would also be the word that nothing else is revoked.
        let lists = &mut less.evidence.revocation_lists;
        let issuers: Vec<Key> = more.evidence.certifications.iter().map(|c| c.issuer.clone()).collect();
        match (rng.u8(0..3), rng.choice(issuers)) {
            (0, Some(issuer)) => lists.push(RevocationList {
                id: "of-long-ago".into(),
                issuer,
                serial: rng.u64(0..5),
                not_before: 1,
                not_after: 2,
                entries: vec![entry],
            }),
            (1, _) => {
                if let Some(mut again) = rng.choice(lists.iter()).cloned() {
                    again.id = "again".into();
                    lists.push(again);
                }
            }
            _ => rng.choice(lists.iter_mut()).into_iter().for_each(|list| list.entries.push(entry.clone())),
        }
        assert_no_more(&more, &less, seed);
        lost += usize::from(knowledge(&more) != knowledge(&less));
    }
    assert!(lost > 200, "the revocations matter: {lost}");
}

#[test]
fn raising_k_never_allows() {
    let mut lost = 0;
    for seed in 0..1000 {
        let more = generate(seed);
        let mut less = more.clone();
        for principal in &mut less.principals {
            principal.quorum.default += 1;
            principal.quorum.of.values_mut().for_each(|k| *k += 1);
        }
        assert_no_more(&more, &less, seed);
        lost += usize::from(decide(&more).verdict != decide(&less).verdict);
    }
    assert!(lost > 100, "the quorum matters: {lost}");
}

#[test]
fn adding_a_principal_never_allows() {
    let mut lost = 0;
    for seed in 0..1000 {
        let more = generate(seed);
        if more.principals.is_empty() {
            continue;
        }
        let mut less = more.clone();
        less.principals.push(random::principal(&mut Rng::with_seed(seed), "newcomer"));
        assert_no_more(&more, &less, seed);
        lost += usize::from(decide(&more).verdict != decide(&less).verdict);
    }
    assert!(lost > 100, "the principal matters: {lost}");
}

#[test]
fn trust_of_one_principal_changes_nothing_for_another() {
    for seed in 0..500 {
        let before = generate(seed);
        let mut after = before.clone();
        let Some(first) = after.principals.first_mut() else { continue };
        let name = first.name.clone();
        *first = random::principal(&mut Rng::with_seed(seed), &name);
        assert_eq!(
            decide(&before).per_principal.get(1..),
            decide(&after).per_principal.get(1..),
            "seed {seed}"
        );
    }
}

#[test]
fn order_and_duplicates_do_not_matter() {
    fn disturb<T: Clone>(rng: &mut Rng, statements: &mut Vec<T>) {
        let again = rng.choice(statements.iter()).cloned();
        statements.extend(again);
        rng.shuffle(statements);
    }
    for seed in 0..500 {
        let world = generate(seed);
        let mut other = world.clone();
        let rng = &mut Rng::with_seed(seed);
        disturb(rng, &mut other.evidence.endorsements);
        disturb(rng, &mut other.evidence.certifications);
        disturb(rng, &mut other.evidence.reports);
        disturb(rng, &mut other.evidence.origins);
        disturb(rng, &mut other.evidence.revocation_lists);
        for principal in &mut other.principals {
            rng.shuffle(&mut principal.anchors);
            rng.shuffle(&mut principal.same_control);
        }
        assert_eq!(knowledge(&world), knowledge(&other), "seed {seed}");
        assert_eq!(decide(&world), decide(&other), "seed {seed}");
    }
}
