//! The law of quorum: what an adversary can show with stolen keys.

use super::knowledge;
use crate::generate::generate;
use crate::model::holds::{artifacts, chains, is_cast, sources};
use crate::model::vote::votes;
use crate::model::world::*;
use crate::model::{Bound, View, quorum};
use fastrand::Rng;
use std::collections::BTreeSet;

/// Gives the adversary these keys: it signs whatever could help to show that the artifact has the property.
fn attack(world: &mut World, stolen: &[Key], property: &Property, rng: &mut Rng) {
    let strange = ["adversary-0", "adversary-1"].map(str::to_owned);
    let known = world.evidence.endorsements.iter().map(|e| e.child.clone());
    let everyone: Vec<Key> = known.chain(stolen.iter().cloned()).chain(strange.clone()).collect();
    let signers = [stolen, &strange].concat();
    let (not_before, not_after) = (world.time - 1, world.time + 1);
    for number in 0..5 {
        let (Some(issuer), Some(child)) = (rng.choice(&signers).cloned(), rng.choice(&everyone).cloned())
        else {
            return;
        };
        let (id, scope) = (format!("adversary-e{number}"), vec![Pattern::All]);
        world.evidence.endorsements.push(Endorsement {
            id,
            issuer,
            child,
            scope,
            depth: 5,
            not_before,
            not_after,
        });
    }
    let honest = world.evidence.certifications.first().cloned();
    for (number, issuer) in signers.iter().enumerate() {
        if let Some(mut forged) = honest.clone() {
            forged.id = format!("adversary-c{number}");
            forged.issuer.clone_from(issuer);
            (forged.not_before, forged.not_after) = (not_before, not_after);
            forged.custody = Custody::AttestedCode;
            forged.claims.iter_mut().for_each(|claim| {
                claim.property = Claimed::Exact(property.clone());
                claim.effect = Effect::Establishes;
            });
            world.evidence.certifications.push(forged);
        }
    }
}

/// Takes away every honest word for the property.
fn silence(world: &mut World, property: &Property) {
    for certification in &mut world.evidence.certifications {
        let speaks =
            |c: &Claim| c.property == Claimed::Star || c.property == Claimed::Exact(property.clone());
        certification.claims.iter_mut().filter(|claim| speaks(claim)).for_each(|claim| {
            claim.property = Claimed::Exact("ANOTHER".into());
        });
    }
    world.principals.iter_mut().for_each(|p| p.assumptions.retain(|(assumed, _)| assumed != property));
}

#[test]
fn fewer_than_k_stolen_keys_never_meet_a_quorum() {
    let (mut tried, mut with_k) = (0, 0);
    for seed in 0..2500 {
        let rng = &mut Rng::with_seed(seed);
        let honest = generate(seed);
        let property = rng.choice(&honest.catalogue.code).cloned().unwrap_or_default();
        let Some(principal) = honest.principals.first() else { continue };
        let k = quorum::required(principal, &property);
        let mut keys: Vec<Key> = principal.anchors.iter().flat_map(|anchor| anchor.keys.clone()).collect();
        keys.extend(honest.evidence.endorsements.iter().map(|endorsement| endorsement.child.clone()));
        keys.sort();
        keys.dedup();
        rng.shuffle(&mut keys);
        let shown_with = |number: usize, rng: &mut Rng| {
            let mut world = honest.clone();
            silence(&mut world, &property);
            attack(&mut world, keys.get(..number).unwrap_or(&keys), &property, rng);
            let facts = knowledge(&world);
            facts.iter().take(2).any(|(held, ..)| held.iter().any(|(shown, _)| *shown == property))
        };
        assert!(!shown_with(k - 1, rng), "seed {seed}");
        tried += usize::from(k > 1);
        with_k += usize::from(shown_with(k, rng));
    }
    assert!(tried > 500, "quorums above one: {tried}");
    assert!(with_k > 100, "the adversary is able: {with_k}");
}

#[test]
fn every_quorum_that_is_met_has_a_vote_whose_whole_chain_is_honest() {
    for seed in 0..300 {
        let world = generate(seed);
        for principal in &world.principals {
            let view = View { world: &world, principal, bound: Bound::Upper };
            let known = sources(view);
            for property in &world.catalogue.code {
                let votes = votes(view, property);
                let cast = |vote: &_| is_cast(view, property, vote, &known);
                let pairs = artifacts(&world);
                let pairs = pairs.iter().flat_map(|of| world.evidence.reports.iter().map(move |r| (of, r)));
                for (artifact, report) in pairs {
                    let chains = chains(&votes, report, artifact, cast);
                    let keys: BTreeSet<&Key> = chains.iter().flat_map(|chain| chain.keys.clone()).collect();
                    // One stolen key at a time suffices for k = 2.
                    if quorum::quorum(principal, &chains, 2) {
                        let avoids = |key: &Key| chains.iter().any(|chain| !chain.keys.contains(&key));
                        assert!(keys.into_iter().all(avoids), "seed {seed}");
                    }
                }
            }
        }
    }
}
