//! Runtimes and what they are certified to supply, and mutations of both (POL).

use super::base::{Plan, window};
use super::{Mutation, PLATFORM_PROPERTIES, percent, pick, table};
use crate::model::world::{
    Arg, CODE, Certification, Claim, Claimed, Custody, Effect, EnvRule, EnvValue, Invocation, Libraries,
    Linkage, Property, Runtime, Under, World,
};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// Mutations of places.
pub(super) const MUTATIONS: &[Mutation] = table![
    have_no_runtime,
    run_with_another_runtime,
    load_another_library,
    leave_its_libraries_unmeasured,
    set_it_up_otherwise,
    start_it_otherwise,
    give_it_a_variable,
    forbid_the_runtime,
    forget_what_it_supplies,
    supply_another_property,
    supply_a_property_of_code,
    establish_what_is_supplied,
    assert_nothing,
];

const SUPPLY: &str = "serve";

/// A runtime as it is certified, more or less.
pub(super) fn runtime(rng: &mut Rng) -> Runtime {
    let library = || Libraries::Measured(vec!["runtime-lib".to_owned()]);
    Runtime {
        executable: "runtime-exe".to_owned(),
        libraries: if percent(rng, 80) { library() } else { Libraries::Measured(Vec::new()) },
        arguments: vec!["--serve".to_owned()],
        environment: BTreeMap::new(),
        settings: BTreeMap::from([("guard".to_owned(), pick(rng, &["32", "64"]).to_owned())]),
    }
}

/// A certification of the runtime, for these properties.
pub(super) fn certification(issuer: &str, supplied: &[Property], rng: &mut Rng) -> Certification {
    let (not_before, not_after) = window(rng);
    let distinct: BTreeSet<&Property> = supplied.iter().collect();
    let claim = |property: &Property| Claim {
        property: Claimed::Exact(property.clone()),
        effect: Effect::Supplies,
        invocation: SUPPLY.to_owned(),
        output_role: CODE.to_owned(),
        lowest_capture: None,
        condition: None,
    };
    let invocation = Invocation {
        arguments: vec![Arg::Literal("--serve".to_owned())],
        line: None,
        environment: BTreeMap::from([("LANG".to_owned(), EnvRule::OneOf(vec!["C".to_owned()]))]),
        settings: BTreeMap::from([("guard".to_owned(), vec!["32".to_owned(), "64".to_owned()])]),
        exit_status: BTreeSet::from([0]),
        generates: false,
        manifests: Vec::new(),
        all_listed: false,
        outputs: Vec::new(),
    };
    Certification {
        id: format!("c-runtime-{issuer}"),
        issuer: issuer.to_owned(),
        not_before,
        not_after,
        entry: "runtime-exe".to_owned(),
        closure: BTreeSet::from(["runtime-lib".to_owned()]),
        linkage: pick(rng, &[Linkage::Static, Linkage::Dynamic]),
        report_key: "runtime-key".to_owned(),
        custody: Custody::Software,
        recorder: "recorder".to_owned(),
        claims: distinct.into_iter().map(claim).collect(),
        invocations: BTreeMap::from([(SUPPLY.to_owned(), invocation)]),
        catalogue: Under::Policies,
        renews: None,
    }
}

/// A runtime, certified along the lines to supply some of what a policy may ask of a place.
pub(super) fn add_runtime(world: &mut World, plan: &Plan, rng: &mut Rng) {
    let supplied: Vec<Property> = PLATFORM_PROPERTIES
        .iter()
        .filter(|_| percent(rng, 70))
        .map(|&property| property.to_owned())
        .collect();
    world.runtime = Some(runtime(rng));
    for line in plan.lines.iter().filter(|_| !supplied.is_empty()) {
        let issuer = line.last().cloned().unwrap_or_default();
        world.evidence.certifications.push(certification(&issuer, &supplied, rng));
    }
}

/// What of a principal's properties of places its anchors can vouch for, and the runtime is certified for by all lines.
pub(super) fn supplied(world: &World) -> BTreeSet<Property> {
    let claims = world.evidence.certifications.iter().flat_map(|certification| &certification.claims);
    let supplied = claims.filter(|claim| claim.effect == Effect::Supplies);
    supplied
        .filter_map(|claim| match &claim.property {
            Claimed::Exact(property) => Some(property.clone()),
            Claimed::Star => None,
        })
        .collect()
}

fn certified<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Certification> {
    let supplies = |c: &&mut Certification| c.claims.iter().any(|claim| claim.effect == Effect::Supplies);
    rng.choice(world.evidence.certifications.iter_mut().filter(supplies).collect::<Vec<_>>())
}

fn have_no_runtime(world: &mut World, _rng: &mut Rng) {
    world.runtime = None;
}

fn run_with_another_runtime(world: &mut World, _rng: &mut Rng) {
    world.runtime.iter_mut().for_each(|runtime| runtime.executable = "foreign".to_owned());
}

fn load_another_library(world: &mut World, _rng: &mut Rng) {
    world.runtime.iter_mut().for_each(|runtime| {
        runtime.libraries = Libraries::Measured(vec!["foreign".to_owned()]);
    });
}

fn leave_its_libraries_unmeasured(world: &mut World, _rng: &mut Rng) {
    world.runtime.iter_mut().for_each(|runtime| runtime.libraries = Libraries::Unmeasured);
}

fn set_it_up_otherwise(world: &mut World, rng: &mut Rng) {
    let value = pick(rng, &["0", "64"]);
    world.runtime.iter_mut().for_each(|runtime| {
        runtime.settings.insert("guard".to_owned(), value.to_owned());
    });
}

fn start_it_otherwise(world: &mut World, _rng: &mut Rng) {
    world.runtime.iter_mut().for_each(|runtime| runtime.arguments.push("--unsafe".to_owned()));
}

fn give_it_a_variable(world: &mut World, rng: &mut Rng) {
    let value = pick(rng, &["C", "de"]);
    world.runtime.iter_mut().for_each(|runtime| {
        runtime.environment.insert("LANG".to_owned(), EnvValue::Value(value.to_owned()));
    });
}

fn forbid_the_runtime(world: &mut World, rng: &mut Rng) {
    let file = pick(rng, &["runtime-exe", "runtime-lib"]);
    rng.choice(world.principals.iter_mut()).into_iter().for_each(|principal| {
        principal.forbidden.tools.insert(file.to_owned());
    });
}

fn forget_what_it_supplies(world: &mut World, rng: &mut Rng) {
    certified(world, rng).into_iter().for_each(|c| c.claims.retain(|claim| claim.effect != Effect::Supplies));
}

fn supply_another_property(world: &mut World, rng: &mut Rng) {
    let property = pick(rng, &PLATFORM_PROPERTIES).to_owned();
    if let Some(claim) = certified(world, rng).and_then(|c| c.claims.first_mut()) {
        claim.property = Claimed::Exact(property);
    }
}

fn supply_a_property_of_code(world: &mut World, rng: &mut Rng) {
    if let Some(claim) = certified(world, rng).and_then(|c| c.claims.first_mut()) {
        claim.property = Claimed::Exact("MEM_BOUNDS".to_owned());
    }
}

/// A run that establishes a property of a place says nothing of the place.
fn establish_what_is_supplied(world: &mut World, rng: &mut Rng) {
    if let Some(claim) = certified(world, rng).and_then(|c| c.claims.first_mut()) {
        claim.effect = Effect::Establishes;
    }
}

fn assert_nothing(world: &mut World, _rng: &mut Rng) {
    world.asserted.clear();
}
