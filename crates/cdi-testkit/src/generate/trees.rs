//! Artifacts that are trees, and files of the same digits (F-TREE).

use super::{Mutation, table};
use crate::model::world::{Arg, Assumed, Digest, Invocation, OriginRule, Report, World, is_tree};
use fastrand::Rng;

/// Mutations of trees. Those that make a file of a tree do nothing in a world without any.
pub(super) const MUTATIONS: &[Mutation] = table![
    pack_everything,
    pack_the_artifact,
    pack_one_input,
    pack_one_output,
    unpack_one_input,
    unpack_one_output,
    unpack_what_origins_list,
    unpack_what_policies_name,
    describe_another_kind,
    pack_everything_but_one,
];

fn packed(digest: &mut Digest) {
    if !is_tree(digest) {
        digest.push('/');
    }
}

fn unpacked(digest: &mut Digest) {
    digest.truncate(digest.trim_end_matches('/').len());
}

/// Every artifact is a tree, for all who speak of it, and described as one.
fn pack_everything(world: &mut World, _: &mut Rng) {
    let evidence = &mut world.evidence;
    for report in &mut evidence.reports {
        let files = report.inputs.iter_mut().chain(&mut report.outputs).map(|(_, digest)| digest);
        files.chain(report.findings.iter_mut().map(|(digest, _)| digest)).for_each(packed);
    }
    evidence.origins.iter_mut().flat_map(|origin| &mut origin.digests).for_each(packed);
    named_by_policies(world).for_each(packed);
    packed(&mut world.artifact);
    rules(world).for_each(turn);
}

/// Every digest that a policy names.
fn named_by_policies(world: &mut World) -> impl Iterator<Item = &mut Digest> {
    world.principals.iter_mut().flat_map(|principal| {
        let origins = principal.complete.iter_mut().flatten().filter_map(|rule| match rule {
            OriginRule::Digest(digest) => Some(digest),
            OriginRule::Key(..) => None,
        });
        origins.chain(principal.assumptions.iter_mut().filter_map(|(_, of)| match of {
            Assumed::ByDigest(digest) => Some(digest),
            Assumed::ByOrigin(..) => None,
        }))
    })
}

/// Every rule of an argument that is a path.
fn rules(world: &mut World) -> impl Iterator<Item = &mut Arg> {
    let certifications = world.evidence.certifications.iter_mut();
    certifications.flat_map(|one| one.invocations.values_mut()).flat_map(rules_of)
}

fn rules_of(invocation: &mut Invocation) -> impl Iterator<Item = &mut Arg> {
    let of_line = invocation.line.iter_mut().flat_map(|line| {
        let values = line.options.values_mut().filter_map(|option| option.value.as_mut());
        values.chain(&mut line.positional).chain(&mut line.rest)
    });
    invocation.arguments.iter_mut().chain(of_line)
}

/// A path of a file becomes one of a tree, and the other way.
fn turn(rule: &mut Arg) {
    let other = match rule.clone() {
        Arg::Path { direction, role } => Arg::Tree { direction, role },
        Arg::Tree { direction, role } => Arg::Path { direction, role },
        other => other,
    };
    *rule = other;
}

fn report<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Report> {
    rng.choice(world.evidence.reports.iter_mut())
}

fn pack_the_artifact(world: &mut World, _: &mut Rng) {
    packed(&mut world.artifact);
}

fn input<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Digest> {
    let report = report(world, rng)?;
    rng.choice(report.inputs.iter_mut()).map(|(_, digest)| digest)
}

fn output<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Digest> {
    let report = report(world, rng)?;
    rng.choice(report.outputs.iter_mut()).map(|(_, digest)| digest)
}

fn pack_one_input(world: &mut World, rng: &mut Rng) {
    input(world, rng).into_iter().for_each(packed);
}

fn pack_one_output(world: &mut World, rng: &mut Rng) {
    output(world, rng).into_iter().for_each(packed);
}

fn unpack_one_input(world: &mut World, rng: &mut Rng) {
    pack_everything(world, rng);
    input(world, rng).into_iter().for_each(unpacked);
}

fn unpack_one_output(world: &mut World, rng: &mut Rng) {
    pack_everything(world, rng);
    output(world, rng).into_iter().for_each(unpacked);
}

fn unpack_what_origins_list(world: &mut World, rng: &mut Rng) {
    pack_everything(world, rng);
    world.evidence.origins.iter_mut().flat_map(|origin| &mut origin.digests).for_each(unpacked);
}

fn unpack_what_policies_name(world: &mut World, rng: &mut Rng) {
    pack_everything(world, rng);
    named_by_policies(world).for_each(unpacked);
}

fn describe_another_kind(world: &mut World, rng: &mut Rng) {
    rng.choice(rules(world).collect::<Vec<_>>()).into_iter().for_each(turn);
}

/// All is a tree, and one rule is of files still.
fn pack_everything_but_one(world: &mut World, rng: &mut Rng) {
    pack_everything(world, rng);
    describe_another_kind(world, rng);
}
