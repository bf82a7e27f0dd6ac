//! Mutations of anchors, endorsements and quorums (CHN, THR).

use super::base::{wide_scope, window};
use super::{Mutation, authorities, fresh_id, pick, table};
use crate::model::world::{Anchor, Endorsement, Member, Pattern, Principal, STEP, World};
use fastrand::Rng;
use std::collections::BTreeSet;

/// Mutations of trust.
pub(super) const MUTATIONS: &[Mutation] = table![
    expire_endorsement,
    postdate_endorsement,
    narrow_endorsement,
    narrow_endorsement_to_all_but_step,
    endorse_without_depth,
    remove_endorsement,
    narrow_anchor,
    anchor_without_depth,
    remove_anchor,
    swap_anchor_key,
    add_anchor_key,
    add_decoys,
    add_endorsement_cycle,
    endorse_oneself,
    lengthen_line,
    endorse_again_more_narrowly,
    endorse_the_certifier_of_another_line,
    certify_twice_by_one_authority,
    control_two_anchors,
    control_anchor_and_authority,
    raise_quorum,
    raise_quorum_of_one_property,
];

fn any_endorsement<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Endorsement> {
    rng.choice(world.evidence.endorsements.iter_mut())
}

fn any_principal<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Principal> {
    rng.choice(world.principals.iter_mut())
}

fn any_anchor<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Anchor> {
    let principal = any_principal(world, rng)?;
    rng.choice(principal.anchors.iter_mut())
}

/// An endorsement between two authorities that takes nothing away by itself.
fn endorse(world: &mut World, rng: &mut Rng, issuer: &str, child: &str) {
    let (not_before, not_after) = window(rng);
    let endorsement = Endorsement {
        id: fresh_id(rng, "e"),
        issuer: issuer.to_owned(),
        child: child.to_owned(),
        scope: wide_scope(rng),
        depth: rng.u32(0..3),
        not_before,
        not_after,
    };
    world.evidence.endorsements.push(endorsement);
}

fn narrow_scope(rng: &mut Rng) -> Vec<Pattern> {
    let exact = |p: &str| Pattern::Exact(p.to_owned());
    let some = [
        vec![exact("MEM_BOUNDS")],
        vec![exact("TESTED"), exact(STEP)],
        vec![Pattern::Prefix("MEM_".to_owned())],
        vec![Pattern::Prefix("OTHER_".to_owned())],
    ];
    pick(rng, &some)
}

fn expire_endorsement(world: &mut World, rng: &mut Rng) {
    let time = world.time;
    if let Some(endorsement) = any_endorsement(world, rng) {
        (endorsement.not_before, endorsement.not_after) = (time - 1000, time);
    }
}

fn postdate_endorsement(world: &mut World, rng: &mut Rng) {
    // On the edge of the skew allowance or just beyond it.
    let start = world.time + world.skew + rng.u64(0..2);
    if let Some(endorsement) = any_endorsement(world, rng) {
        (endorsement.not_before, endorsement.not_after) = (start, start + 1000);
    }
}

fn narrow_endorsement(world: &mut World, rng: &mut Rng) {
    let scope = narrow_scope(rng);
    any_endorsement(world, rng).into_iter().for_each(|e| e.scope.clone_from(&scope));
}

fn narrow_endorsement_to_all_but_step(world: &mut World, rng: &mut Rng) {
    let scope: Vec<Pattern> = world.catalogue.code.iter().cloned().map(Pattern::Exact).collect();
    any_endorsement(world, rng).into_iter().for_each(|e| e.scope.clone_from(&scope));
}

fn endorse_without_depth(world: &mut World, rng: &mut Rng) {
    any_endorsement(world, rng).into_iter().for_each(|e| e.depth = 0);
}

fn remove_endorsement(world: &mut World, rng: &mut Rng) {
    if let Some(index) = rng.choice(0..world.evidence.endorsements.len()) {
        world.evidence.endorsements.remove(index);
    }
}

fn narrow_anchor(world: &mut World, rng: &mut Rng) {
    let scope = narrow_scope(rng);
    any_anchor(world, rng).into_iter().for_each(|anchor| anchor.scope.clone_from(&scope));
}

fn anchor_without_depth(world: &mut World, rng: &mut Rng) {
    any_anchor(world, rng).into_iter().for_each(|anchor| anchor.depth = 0);
}

fn remove_anchor(world: &mut World, rng: &mut Rng) {
    if let Some(principal) = any_principal(world, rng)
        && let Some(anchor) = principal.anchors.pop()
    {
        let left = |member: &Member| *member != Member::Anchor(anchor.name.clone());
        principal.same_control.iter_mut().for_each(|group| group.retain(left));
        principal.same_control.retain(|group| !group.is_empty());
    }
}

fn swap_anchor_key(world: &mut World, rng: &mut Rng) {
    let stranger = fresh_id(rng, "stranger");
    if let Some(anchor) = any_anchor(world, rng) {
        anchor.keys = vec![stranger.clone()];
    }
}

fn add_anchor_key(world: &mut World, rng: &mut Rng) {
    let key = pick(rng, &[authorities(world), vec!["spare".to_owned()]].concat());
    if let Some(principal) = any_principal(world, rng) {
        let member = Member::Key(key.clone());
        let taken = principal.anchors.iter().any(|anchor| anchor.keys.contains(&key))
            || principal.same_control.iter().any(|group| group.contains(&member));
        if !taken && let Some(anchor) = rng.choice(principal.anchors.iter_mut()) {
            anchor.keys.push(key.clone());
        }
    }
}

fn add_decoys(world: &mut World, rng: &mut Rng) {
    let keys = [authorities(world), vec!["decoy".to_owned()]].concat();
    for _ in 0..rng.u8(2..6) {
        let (issuer, child) = (pick(rng, &keys), pick(rng, &keys));
        endorse(world, rng, &issuer, &child);
    }
}

fn add_endorsement_cycle(world: &mut World, rng: &mut Rng) {
    if let Some(line) = any_endorsement(world, rng).cloned() {
        endorse(world, rng, &line.child, &line.issuer);
    }
}

fn endorse_oneself(world: &mut World, rng: &mut Rng) {
    let keys = authorities(world);
    let key = pick(rng, &keys);
    endorse(world, rng, &key, &key);
}

/// Puts a new authority between a certifier and the one that endorses it.
fn lengthen_line(world: &mut World, rng: &mut Rng) {
    let middle = fresh_id(rng, "va");
    let mut child = None;
    if let Some(endorsement) = any_endorsement(world, rng) {
        child = Some(std::mem::replace(&mut endorsement.child, middle.clone()));
        endorsement.depth += u32::from(endorsement.depth < 5);
    }
    if let Some(child) = child {
        endorse(world, rng, &middle, &child);
    }
}

fn endorse_again_more_narrowly(world: &mut World, rng: &mut Rng) {
    if let Some(mut again) = any_endorsement(world, rng).cloned() {
        again.id = fresh_id(rng, "e");
        again.scope = narrow_scope(rng);
        world.evidence.endorsements.push(again);
    }
}

/// One certifier under two anchors: two chains, but one key on both.
fn endorse_the_certifier_of_another_line(world: &mut World, rng: &mut Rng) {
    let certifiers: Vec<String> = world.evidence.certifications.iter().map(|c| c.issuer.clone()).collect();
    let anchors: Vec<String> =
        world.principals.iter().flat_map(|p| &p.anchors).flat_map(|anchor| anchor.keys.clone()).collect();
    let (Some(child), Some(issuer)) = (rng.choice(certifiers.iter()), rng.choice(anchors.iter())) else {
        return;
    };
    endorse(world, rng, issuer, child);
    // Often the other certifiers go, so that the quorum hangs on this one alone.
    if rng.bool() {
        world.evidence.certifications.retain(|certification| certification.issuer == *child);
    }
}

fn certify_twice_by_one_authority(world: &mut World, rng: &mut Rng) {
    let issuers: Vec<String> = world.evidence.certifications.iter().map(|c| c.issuer.clone()).collect();
    if let Some(issuer) = rng.choice(issuers.iter())
        && let Some(certification) = rng.choice(world.evidence.certifications.iter_mut())
    {
        certification.issuer.clone_from(issuer);
    }
}

fn control(principal: &mut Principal, members: BTreeSet<Member>) {
    let taken =
        members.iter().any(|member| principal.same_control.iter().any(|group| group.contains(member)));
    if !taken && !members.is_empty() {
        principal.same_control.push(members);
    }
}

fn control_two_anchors(world: &mut World, rng: &mut Rng) {
    if let Some(principal) = any_principal(world, rng) {
        let two =
            principal.anchors.iter().take(2).map(|anchor| Member::Anchor(anchor.name.clone())).collect();
        control(principal, two);
    }
}

fn control_anchor_and_authority(world: &mut World, rng: &mut Rng) {
    let keys = authorities(world);
    if let Some(principal) = any_principal(world, rng) {
        let free: Vec<&String> = keys
            .iter()
            .filter(|&key| !principal.anchors.iter().any(|anchor| anchor.keys.contains(key)))
            .collect();
        let key = rng.choice(free).map(|key| Member::Key(key.clone()));
        let anchor = rng.choice(principal.anchors.iter()).map(|anchor| Member::Anchor(anchor.name.clone()));
        control(principal, key.into_iter().chain(anchor).collect());
    }
}

fn raise_quorum(world: &mut World, rng: &mut Rng) {
    any_principal(world, rng).into_iter().for_each(|p| p.quorum.default = (p.quorum.default + 1).min(5));
}

fn raise_quorum_of_one_property(world: &mut World, rng: &mut Rng) {
    let property = pick(rng, &["MEM_BOUNDS", "MEM_STACK", "TESTED", STEP]).to_owned();
    let k = rng.usize(1..=3);
    if let Some(principal) = any_principal(world, rng) {
        principal.quorum.of.insert(property.clone(), k);
    }
}
