//! Mutations of reports, findings and origins as a graph (DAG).

use super::{Mutation, authorities, fresh_id, pick, table};
use crate::model::holds::artifacts;
use crate::model::world::{
    Arg, Capture, Direction, Effect, Origin, OriginKind, Report, ReportKind, Summary, World,
};
use fastrand::Rng;

/// Mutations of the history.
pub(super) const MUTATIONS: &[Mutation] = table![
    remove_report,
    duplicate_report_under_another_id,
    add_unmapped_input,
    add_unmapped_output,
    swap_input,
    forget_inputs,
    forget_inputs_of_a_generator,
    name_one_path_twice,
    swap_output,
    deploy_another_artifact,
    deploy_a_by_product,
    swap_outputs_of_one_run,
    make_the_first_artifact_from_the_last,
    add_cycle_that_proves_itself,
    add_step_from_nowhere,
    report_with_the_key_of_an_authority,
    find_in_another_artifact,
    find_another_property,
    forget_findings,
    inspect_another_artifact,
    call_a_transform_an_inspection,
    call_an_inspection_a_transform,
    declare_capture,
    remove_origin,
    change_origin_kind,
    change_origin_key,
    list_other_artifacts_as_origins,
    spoil_a_summary,
    forbid_a_summary,
    verify_everything,
];

fn report<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Report> {
    rng.choice(world.evidence.reports.iter_mut())
}

fn transform<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Report> {
    let transforms: Vec<&mut Report> =
        world.evidence.reports.iter_mut().filter(|report| report.kind == ReportKind::Transform).collect();
    rng.choice(transforms)
}

fn inspection<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Report> {
    let inspections: Vec<&mut Report> =
        world.evidence.reports.iter_mut().filter(|report| report.kind == ReportKind::Inspection).collect();
    rng.choice(inspections)
}

fn origin<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Origin> {
    rng.choice(world.evidence.origins.iter_mut())
}

fn any_artifact(world: &World, rng: &mut Rng) -> String {
    let mut all: Vec<String> = artifacts(world).into_iter().collect();
    all.push("unheard-of".to_owned());
    pick(rng, &all)
}

fn remove_report(world: &mut World, rng: &mut Rng) {
    if let Some(index) = rng.choice(0..world.evidence.reports.len()) {
        world.evidence.reports.remove(index);
    }
}

fn duplicate_report_under_another_id(world: &mut World, rng: &mut Rng) {
    if let Some(mut again) = report(world, rng).cloned() {
        again.id = fresh_id(rng, "r");
        world.evidence.reports.push(again);
    }
}

fn add_unmapped_input(world: &mut World, rng: &mut Rng) {
    let artifact = any_artifact(world, rng);
    if let Some(report) = report(world, rng) {
        report.inputs.push((fresh_id(rng, "in"), artifact));
    }
}

fn add_unmapped_output(world: &mut World, rng: &mut Rng) {
    let artifact = any_artifact(world, rng);
    if let Some(report) = transform(world, rng) {
        report.outputs.push((fresh_id(rng, "out"), artifact));
    }
}

fn swap_input(world: &mut World, rng: &mut Rng) {
    let artifact = any_artifact(world, rng);
    if let Some(report) = report(world, rng)
        && let Some((_, digest)) = rng.choice(report.inputs.iter_mut())
    {
        *digest = artifact;
    }
}

fn forget_inputs(world: &mut World, rng: &mut Rng) {
    if let Some(report) = transform(world, rng) {
        report.inputs.clear();
    }
}

/// A run without inputs by invocations that describe none; most of them may generate.
fn forget_inputs_of_a_generator(world: &mut World, rng: &mut Rng) {
    let generates = rng.u8(0..4) > 0;
    let Some(report) = transform(world, rng) else { return };
    report.inputs.clear();
    report.arguments.retain(|text| !["in.c", "lib.a"].contains(&text.as_str()));
    let (key, count) = (report.key.clone(), report.arguments.len());
    for certification in world.evidence.certifications.iter_mut().filter(|c| c.report_key == key) {
        for invocation in certification.invocations.values_mut() {
            while invocation.arguments.len() > count.max(1) {
                invocation.arguments.remove(1);
            }
            let reads = |argument: &Arg| matches!(argument, Arg::Path { direction: Direction::Input, .. });
            invocation.line.iter_mut().for_each(|line| line.positional.retain(|one| !reads(one)));
            invocation.generates = generates;
        }
    }
}

/// A recorded path that an argument maps is recorded once more, with other bytes.
fn name_one_path_twice(world: &mut World, rng: &mut Rng) {
    let artifact = any_artifact(world, rng);
    if let Some(report) = report(world, rng)
        && report.inputs.iter().any(|(path, _)| path == "in.c")
    {
        report.inputs.push(("in.c".to_owned(), artifact));
    }
}

fn swap_output(world: &mut World, rng: &mut Rng) {
    let artifact = any_artifact(world, rng);
    if let Some(report) = transform(world, rng)
        && let Some((_, digest)) = rng.choice(report.outputs.iter_mut())
    {
        *digest = artifact;
    }
}

fn deploy_another_artifact(world: &mut World, rng: &mut Rng) {
    world.artifact = any_artifact(world, rng);
}

fn deploy_a_by_product(world: &mut World, rng: &mut Rng) {
    if let Some((_, digest)) = transform(world, rng).and_then(|report| report.outputs.last()).cloned() {
        world.artifact = digest;
    }
}

fn swap_outputs_of_one_run(world: &mut World, rng: &mut Rng) {
    if let Some(report) = transform(world, rng) {
        let digests: Vec<String> = report.outputs.iter().map(|(_, digest)| digest.clone()).collect();
        for ((_, digest), other) in report.outputs.iter_mut().zip(digests.iter().rev()) {
            digest.clone_from(other);
        }
    }
}

fn copy_of_transform(world: &mut World, rng: &mut Rng) -> Option<Report> {
    let mut copy = transform(world, rng)?.clone();
    copy.id = fresh_id(rng, "r");
    Some(copy)
}

fn turn(report: &mut Report, from: &str, to: &str) {
    report.inputs.iter_mut().filter(|(path, _)| path == "in.c").for_each(|input| input.1 = from.to_owned());
    report.outputs.iter_mut().filter(|(path, _)| path == "out.o").for_each(|output| output.1 = to.to_owned());
}

fn make_the_first_artifact_from_the_last(world: &mut World, rng: &mut Rng) {
    let last = world.artifact.clone();
    if let Some(mut back) = copy_of_transform(world, rng) {
        turn(&mut back, &last, "artifact0");
        world.evidence.reports.push(back);
    }
}

/// The only history of the artifact is a cycle of runs.
fn add_cycle_that_proves_itself(world: &mut World, rng: &mut Rng) {
    let artifact = world.artifact.clone();
    let (Some(mut there), Some(mut back)) = (copy_of_transform(world, rng), copy_of_transform(world, rng))
    else {
        return;
    };
    turn(&mut there, "loop", &artifact);
    turn(&mut back, &artifact, "loop");
    if rng.bool() {
        world.evidence.reports.retain(|r| !r.outputs.iter().any(|(_, digest)| *digest == artifact));
    }
    world.evidence.reports.extend([there, back]);
}

fn add_step_from_nowhere(world: &mut World, rng: &mut Rng) {
    let artifact = world.artifact.clone();
    if let Some(mut run) = copy_of_transform(world, rng) {
        turn(&mut run, "unheard-of", &artifact);
        world.evidence.reports.push(run);
    }
}

/// A run that nobody's certification is about, under a key that is known for something else.
fn report_with_the_key_of_an_authority(world: &mut World, rng: &mut Rng) {
    let Some(key) = rng.choice(authorities(world)) else { return };
    report(world, rng).into_iter().for_each(|report| report.key.clone_from(&key));
}

fn find_in_another_artifact(world: &mut World, rng: &mut Rng) {
    let artifact = any_artifact(world, rng);
    if let Some(report) = inspection(world, rng) {
        report.findings.iter_mut().for_each(|finding| finding.0.clone_from(&artifact));
    }
}

fn find_another_property(world: &mut World, rng: &mut Rng) {
    let property = pick(rng, &super::CODE_PROPERTIES).to_owned();
    if let Some(report) = inspection(world, rng) {
        report.findings.iter_mut().for_each(|finding| finding.1.clone_from(&property));
    }
}

fn forget_findings(world: &mut World, rng: &mut Rng) {
    if let Some(report) = inspection(world, rng) {
        report.findings.clear();
    }
}

/// The finding goes along, so that it speaks of bytes that do have the property, but elsewhere.
fn inspect_another_artifact(world: &mut World, rng: &mut Rng) {
    let artifact = any_artifact(world, rng);
    if let Some(report) = inspection(world, rng) {
        report.inputs.iter_mut().for_each(|input| input.1.clone_from(&artifact));
        report.findings.iter_mut().for_each(|finding| finding.0.clone_from(&artifact));
    }
}

fn call_a_transform_an_inspection(world: &mut World, rng: &mut Rng) {
    if let Some(report) = transform(world, rng) {
        report.kind = ReportKind::Inspection;
        report.outputs.clear();
    }
}

/// An inspector's run is signed as a transform, and its certifications establish instead of attest.
fn call_an_inspection_a_transform(world: &mut World, rng: &mut Rng) {
    let Some(report) = inspection(world, rng) else { return };
    report.kind = ReportKind::Transform;
    report.findings.clear();
    report.outputs.push(("out.o".to_owned(), report.inputs.iter().map(|(_, d)| d.clone()).collect()));
    let claims = world.evidence.certifications.iter_mut().flat_map(|certification| &mut certification.claims);
    claims
        .filter(|claim| claim.effect == Effect::Attests)
        .for_each(|claim| claim.effect = Effect::Establishes);
}

fn declare_capture(world: &mut World, _: &mut Rng) {
    world.evidence.reports.iter_mut().for_each(|report| report.capture = Capture::Declared);
    world.principals.iter_mut().for_each(|principal| principal.capture_floor = None);
}

fn remove_origin(world: &mut World, rng: &mut Rng) {
    if let Some(index) = rng.choice(0..world.evidence.origins.len()) {
        world.evidence.origins.remove(index);
    }
}

fn change_origin_kind(world: &mut World, rng: &mut Rng) {
    let kind = pick(rng, &[OriginKind::Source, OriginKind::Toolchain, OriginKind::Binary]);
    if let Some(origin) = origin(world, rng) {
        origin.kind = kind;
    }
}

fn change_origin_key(world: &mut World, rng: &mut Rng) {
    let key = pick(rng, &["developer-key", "supplier-key", "stranger-key"]).to_owned();
    if let Some(origin) = origin(world, rng) {
        origin.key = key;
    }
}

fn list_other_artifacts_as_origins(world: &mut World, rng: &mut Rng) {
    let artifact = any_artifact(world, rng);
    if let Some(origin) = origin(world, rng) {
        origin.digests.push(artifact);
    }
}

fn spoil_a_summary(world: &mut World, rng: &mut Rng) {
    let Some(summary) = rng.choice(world.evidence.summaries.iter_mut()) else { return };
    match rng.u8(0..8) {
        0 => summary.passed = false,
        1 => summary.level = 1,
        2 => summary.policy = "lax".to_owned(),
        3 => summary.time = world.time.saturating_sub(500),
        4 => summary.time = world.time + 1000,
        5 => summary.key = "stolen".to_owned(),
        6 => summary.verifier = "verifier.and-more".to_owned(),
        _ => summary.subjects = vec!["unheard-of".to_owned()],
    }
}

fn forbid_a_summary(world: &mut World, rng: &mut Rng) {
    let Some(summary) = rng.choice(world.evidence.summaries.iter()).map(|summary| summary.id.clone()) else {
        return;
    };
    rng.choice(world.principals.iter_mut()).into_iter().for_each(|principal| {
        principal.forbidden.origins.insert(summary.clone());
    });
}

/// The deployed artifact too, of which it means nothing.
fn verify_everything(world: &mut World, rng: &mut Rng) {
    let subjects: Vec<String> = artifacts(world).into_iter().collect();
    world.evidence.summaries.push(Summary {
        id: fresh_id(rng, "v"),
        key: "verifier-key".to_owned(),
        verifier: "verifier".to_owned(),
        subjects,
        passed: true,
        level: 3,
        policy: "strict".to_owned(),
        time: world.time,
    });
}
