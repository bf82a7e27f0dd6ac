//! Headers that runs read and no argument names, whom they are listed by, and what invocations take them for (M-MANIFEST).

use super::{Mutation, pick, table};
use crate::model::world::{
    Arg, CODE, Capture, Direction, Invocation, Manifest, Origin, OriginKind, Report, ReportKind, World,
};
use fastrand::Rng;

/// Mutations of manifests. Most do nothing in a world without headers.
pub(super) const MUTATIONS: &[Mutation] = table![
    read_headers,
    forget_the_headers,
    let_a_stranger_list_the_headers,
    list_the_headers_as_another_kind,
    list_another_header,
    list_everything,
    list_everything_once_more,
    list_the_artifact,
    take_headers_for_something_else,
    take_headers_for_two_things,
    take_headers_for_code,
    take_headers_at_the_word_of_the_tool,
    take_no_headers,
    exempt_headers,
    exempt_nothing,
    name_the_headers,
    name_the_headers_by_manifest,
    leave_the_code_unnamed,
    forbid_the_headers,
    want_all_listed,
];

const HEADER: &str = "std.h";
const SUPPLIER: &str = "vendor-key";

fn manifest(role: &str) -> Manifest {
    Manifest { key: SUPPLIER.to_owned(), kind: OriginKind::Toolchain, role: role.to_owned() }
}

/// Every run reads a header that no argument names, a supplier lists it, and all invocations take it for what it is.
pub(super) fn read_headers(world: &mut World, _: &mut Rng) {
    if world.evidence.origins.iter().any(|origin| origin.id == "o-headers") {
        return;
    }
    for run in runs(world) {
        run.inputs.push((HEADER.to_owned(), "header".to_owned()));
    }
    for invocation in invocations(world) {
        invocation.manifests.push(manifest("header"));
    }
    world.evidence.origins.push(Origin {
        id: "o-headers".to_owned(),
        key: SUPPLIER.to_owned(),
        kind: OriginKind::Toolchain,
        digests: vec!["start".to_owned(), "header".to_owned()],
    });
    exempt(world, "header");
}

fn exempt(world: &mut World, role: &str) {
    for principal in world.principals.iter_mut().filter(|principal| principal.complete.is_some()) {
        principal.exempt.insert(role.to_owned());
    }
}

fn runs(world: &mut World) -> impl Iterator<Item = &mut Report> {
    world.evidence.reports.iter_mut().filter(|run| run.kind == ReportKind::Transform)
}

fn invocations(world: &mut World) -> impl Iterator<Item = &mut Invocation> {
    let certifications = world.evidence.certifications.iter_mut();
    certifications
        .flat_map(|one| one.invocations.iter_mut())
        .filter_map(|(name, invocation)| ["safe", "fast"].contains(&name.as_str()).then_some(invocation))
}

fn headers(world: &mut World) -> Option<&mut Origin> {
    world.evidence.origins.iter_mut().find(|origin| origin.id == "o-headers")
}

fn artifacts(world: &World) -> Vec<String> {
    crate::model::holds::artifacts(world).into_iter().collect()
}

fn forget_the_headers(world: &mut World, _: &mut Rng) {
    world.evidence.origins.retain(|origin| origin.id != "o-headers");
}

fn let_a_stranger_list_the_headers(world: &mut World, _: &mut Rng) {
    headers(world).into_iter().for_each(|origin| origin.key = "stranger".to_owned());
}

fn list_the_headers_as_another_kind(world: &mut World, rng: &mut Rng) {
    let kind = pick(rng, &[OriginKind::Source, OriginKind::Library, OriginKind::Binary]);
    headers(world).into_iter().for_each(|origin| origin.kind = kind);
}

fn list_another_header(world: &mut World, _: &mut Rng) {
    headers(world).into_iter().for_each(|origin| origin.digests = vec!["another".to_owned()]);
}

fn list_everything(world: &mut World, _: &mut Rng) {
    let all = artifacts(world);
    if let Some(origin) = headers(world) {
        origin.digests.extend(all);
    }
}

fn list_everything_once_more(world: &mut World, rng: &mut Rng) {
    let (key, kind) = (pick(rng, &[SUPPLIER, "developer-key"]).to_owned(), OriginKind::Toolchain);
    let (id, digests) = (super::fresh_id(rng, "origin"), artifacts(world));
    world.evidence.origins.push(Origin { id, key, kind, digests });
}

fn list_the_artifact(world: &mut World, _: &mut Rng) {
    let artifact = world.artifact.clone();
    if let Some(origin) = headers(world) {
        origin.digests.push(artifact);
    }
}

fn take_headers_for_something_else(world: &mut World, rng: &mut Rng) {
    let role = pick(rng, &["data", "library"]).to_owned();
    if let Some(invocation) = rng.choice(invocations(world).collect::<Vec<_>>()) {
        invocation.manifests.iter_mut().for_each(|one| one.role.clone_from(&role));
    }
}

fn take_headers_for_two_things(world: &mut World, rng: &mut Rng) {
    let role = pick(rng, &["data", "library", "header"]);
    invocations(world).for_each(|invocation| invocation.manifests.insert(0, manifest(role)));
}

fn take_headers_for_code(world: &mut World, rng: &mut Rng) {
    if let Some(invocation) = rng.choice(invocations(world).collect::<Vec<_>>()) {
        invocation.manifests.iter_mut().for_each(|one| one.role = CODE.to_owned());
    }
}

fn take_headers_at_the_word_of_the_tool(world: &mut World, _: &mut Rng) {
    let Some(tool) = world.evidence.certifications.first().map(|one| one.report_key.clone()) else { return };
    invocations(world).flat_map(|one| &mut one.manifests).for_each(|one| one.key.clone_from(&tool));
    headers(world).into_iter().for_each(|origin| origin.key.clone_from(&tool));
}

fn take_no_headers(world: &mut World, rng: &mut Rng) {
    if let Some(invocation) = rng.choice(invocations(world).collect::<Vec<_>>()) {
        invocation.manifests.clear();
    }
}

fn exempt_headers(world: &mut World, _: &mut Rng) {
    exempt(world, "header");
}

fn exempt_nothing(world: &mut World, _: &mut Rng) {
    world.principals.iter_mut().for_each(|principal| principal.exempt.clear());
}

/// Adds an argument to every run and every invocation.
fn argue(world: &mut World, text: &str, rule: &Arg) {
    runs(world).for_each(|run| run.arguments.push(text.to_owned()));
    for invocation in invocations(world) {
        match &mut invocation.line {
            Some(line) => line.positional.push(rule.clone()),
            None => invocation.arguments.push(rule.clone()),
        }
    }
}

fn name_the_headers(world: &mut World, rng: &mut Rng) {
    let role = pick(rng, &[CODE, "header", "data"]).to_owned();
    argue(world, HEADER, &Arg::Path { direction: Direction::Input, role });
}

fn name_the_headers_by_manifest(world: &mut World, rng: &mut Rng) {
    argue(world, HEADER, &Arg::Listed(manifest(pick(rng, &["header", "data"]))));
}

/// What no argument names is code, but for what somebody lists.
fn leave_the_code_unnamed(world: &mut World, rng: &mut Rng) {
    let is_code = |rule: &Arg| *rule == Arg::Path { direction: Direction::Input, role: CODE.to_owned() };
    for invocation in invocations(world) {
        invocation.arguments.retain(|rule| !is_code(rule));
        invocation.line.iter_mut().for_each(|line| line.positional.retain(|rule| !is_code(rule)));
    }
    runs(world).for_each(|run| run.arguments.retain(|text| text != "in.c"));
    if rng.bool() {
        list_everything(world, rng);
    }
}

/// Of what a run reads every file is named, or listed by somebody.
fn want_all_listed(world: &mut World, rng: &mut Rng) {
    read_headers(world, rng);
    for certification in &mut world.evidence.certifications {
        let transforms = |name: &str| ["safe", "fast"].contains(&name);
        for (name, invocation) in &mut certification.invocations {
            invocation.all_listed = transforms(name);
        }
        for claim in certification.claims.iter_mut().filter(|claim| transforms(&claim.invocation)) {
            claim.lowest_capture = Some(pick(rng, &[Capture::SelfRecorded, Capture::Traced]));
        }
    }
    if rng.u8(0..3) == 0 {
        runs(world).for_each(|run| run.inputs.push(("more.h".to_owned(), "more".to_owned())));
    }
}

fn forbid_the_headers(world: &mut World, rng: &mut Rng) {
    let Some(principal) = rng.choice(world.principals.iter_mut()) else { return };
    if rng.bool() {
        principal.forbidden.origins.insert("o-headers".to_owned());
    } else {
        principal.forbidden.origin_keys.insert(SUPPLIER.to_owned());
    }
}
