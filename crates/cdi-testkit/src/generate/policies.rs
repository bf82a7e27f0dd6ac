//! Principals and their policies, and mutations of policies (POL).

use super::base::{Plan, Source, second_key, wide_scope};
use super::{Mutation, NOBODY_ASSERTS, PLATFORM_PROPERTIES, percent, pick, places, table};
use crate::model::world::{
    Anchor, Assumed, Capture, Condition, Custody, Forbidden, Formula, Freshness, OriginKind, OriginRule,
    Principal, Quorum, Reproduced, Rule, STEP, SummaryRule, World,
};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// The principals of generated worlds.
pub(super) const PRINCIPALS: [&str; 3] = ["provider", "developer", "owner"];

/// Adds one to three principals that the plan should satisfy, and what the host is asserted to be.
pub(super) fn add_principals(world: &mut World, plan: &Plan, rng: &mut Rng) {
    for property in PLATFORM_PROPERTIES.into_iter().filter(|_| percent(rng, 60)) {
        world.asserted.push(("provider".to_owned(), property.to_owned()));
    }
    for name in PRINCIPALS.into_iter().take(rng.usize(1..=3)) {
        let principal = principal(world, plan, name, rng);
        world.principals.push(principal);
    }
}

fn principal(world: &World, plan: &Plan, name: &str, rng: &mut Rng) -> Principal {
    let anchors = anchors(plan, rng);
    let most = anchors.len();
    let assumptions = plan.properties.iter().filter_map(|(property, source)| match source {
        Source::Assumption(of) => Some((property.clone(), of.clone())),
        Source::Step(_) | Source::Inspection(_) => None,
    });
    let accept_asserted: BTreeSet<String> =
        if percent(rng, 70) { ["provider".to_owned()].into() } else { BTreeSet::new() };
    let asserted = world.asserted.iter().filter(|(who, _)| who == name || accept_asserted.contains(who));
    let believed: BTreeSet<String> =
        asserted.map(|(_, property)| property.clone()).chain(places::supplied(world)).collect();
    let believed: Vec<String> = believed.into_iter().collect();
    let complete = if percent(rng, 60) { Some(origin_rules(plan, rng)) } else { None };
    Principal {
        name: name.to_owned(),
        rule: if percent(rng, 4) { Rule::AcceptAll } else { Rule::DefaultDeny },
        anchors,
        same_control: Vec::new(),
        quorum: Quorum {
            default: if percent(rng, 40) { 1 } else { rng.usize(1..=most) },
            of: BTreeMap::new(),
        },
        custody_floor: pick(rng, &[Custody::Software, Custody::IsolatedProcess]),
        capture_floor: pick(rng, &[None, Some(Capture::Declared), Some(Capture::SelfRecorded)]),
        revocation: if percent(rng, 10) { Freshness::DangerouslyNone } else { Freshness::MaxAge(500) },
        assumptions: assumptions.collect(),
        require: requirement(plan, &believed, complete.is_none(), rng),
        forbidden: Forbidden::default(),
        step_conditions: if percent(rng, 10) { vec![Condition::True] } else { Vec::new() },
        named_only: percent(rng, 15),
        linked: complete.is_some() && percent(rng, 30),
        countersigned: Quorum {
            default: if plan.countersigned && percent(rng, 60) { rng.usize(1..=most) } else { 0 },
            of: BTreeMap::new(),
        },
        reproduced: if plan.rebuilt && percent(rng, 60) { Some(custodians(plan)) } else { None },
        exempt: if complete.is_some() && percent(rng, 10) {
            ["library".to_owned()].into()
        } else {
            BTreeSet::new()
        },
        depth: if complete.is_some() && percent(rng, 10) { depth(plan, rng) } else { BTreeMap::new() },
        summaries: if complete.is_some() && (plan.verified || percent(rng, 5)) {
            vec![verifier()]
        } else {
            Vec::new()
        },
        evidence: Vec::new(),
        accept_asserted,
        complete,
    }
}

/// The verifier of generated worlds.
pub(super) fn verifier() -> SummaryRule {
    SummaryRule {
        verifier: "verifier".to_owned(),
        key: "verifier-key".to_owned(),
        level: 2,
        policy: Some("strict".to_owned()),
        max_age: 500,
    }
}

/// Less than the whole history behind one of the tools.
fn depth(plan: &Plan, rng: &mut Rng) -> BTreeMap<String, u8> {
    let tools: Vec<String> = plan.steps.iter().map(|tool| format!("{tool}-exe")).collect();
    if tools.is_empty() { BTreeMap::new() } else { [(pick(rng, &tools), rng.u8(0..3))].into() }
}

/// Whoever has one of the two keys under which the last step was done.
fn custodians(plan: &Plan) -> Reproduced {
    let tool = plan.steps.last().map_or("compiler", String::as_str);
    Reproduced { count: 2, custodians: vec![[format!("{tool}-key")].into(), [second_key(tool)].into()] }
}

/// An anchor on each line but a few, at its root or further down.
fn anchors(plan: &Plan, rng: &mut Rng) -> Vec<Anchor> {
    let mut anchors = Vec::new();
    for (number, line) in plan.lines.iter().enumerate() {
        let place = if percent(rng, 70) { 0 } else { rng.usize(0..line.len()) };
        if number > 0 && percent(rng, 15) {
            continue;
        }
        let mut keys: Vec<String> = line.iter().skip(place).take(1).cloned().collect();
        if percent(rng, 20) {
            keys.push(pick(rng, line));
            keys.dedup();
        }
        let depth = (line.len() - 1 - place) as u32 + rng.u32(0..2);
        anchors.push(Anchor { name: format!("anchor{number}"), keys, scope: wide_scope(rng), depth });
    }
    anchors
}

fn origin_rules(plan: &Plan, rng: &mut Rng) -> Vec<OriginRule> {
    let by_key =
        |key: &str, kinds: &[OriginKind]| OriginRule::Key(key.to_owned(), kinds.iter().copied().collect());
    let by_digest = |digest: &str| OriginRule::Digest(digest.to_owned());
    let source = [by_key("developer-key", &[OriginKind::Source]), by_digest("artifact0")];
    let library =
        [by_key("supplier-key", &[OriginKind::Library, OriginKind::Toolchain]), by_digest("library")];
    let mut rules = vec![pick(rng, &source)];
    if plan.library {
        rules.push(pick(rng, &library));
    }
    rules
}

/// A formula that the plan and the believed platform make true, with some false atoms where they do no harm.
fn requirement(plan: &Plan, believed: &[String], must: bool, rng: &mut Rng) -> Option<Formula> {
    let code = plan.properties.iter().map(|(property, _)| Formula::Property(property.clone()));
    let platform = believed.iter().map(|property| Formula::Platform(property.clone()));
    // Half of the time the code alone must do, so that something depends on it.
    let truths: Vec<Formula> = if percent(rng, 50) && !plan.properties.is_empty() {
        code.collect()
    } else {
        code.chain(platform).collect()
    };
    if truths.is_empty() || (!must && percent(rng, 20)) {
        return None;
    }
    let lie = Formula::Platform(NOBODY_ASSERTS.to_owned());
    let some = |rng: &mut Rng| pick(rng, &truths);
    Some(match rng.u8(0..5) {
        0 => some(rng),
        1 => Formula::Or(vec![lie, some(rng)]),
        2 => Formula::AtLeast(truths.len(), truths.iter().cloned().chain([lie]).collect()),
        _ => Formula::And(truths.clone()),
    })
}

/// Mutations of policies.
pub(super) const MUTATIONS: &[Mutation] = table![
    accept_all,
    ask_for_nothing,
    raise_capture_floor,
    raise_custody_floor,
    retract_assertion,
    distrust_assertions,
    require_another_property,
    require_either,
    require_completeness,
    exempt_a_role,
    ask_less_behind_a_tool,
    ask_for_all_behind_tools,
    accept_a_verifier,
    accept_no_verifier,
    ask_something_of_every_run,
    let_only_named_certifications_vote,
    ask_for_linked_inputs,
    ask_for_countersignatures,
    ask_for_countersignatures_of_one_property,
    ask_for_reproduction,
    let_one_custodian_have_both,
    make_a_property_one_of_making,
    forbid_a_tool,
    forbid_a_report_key,
    forbid_an_authority,
    forbid_an_origin,
    forbid_origins_of_a_key,
    drop_origin_rule,
    name_only_the_artifact_as_origin,
    name_the_artifact_by_key,
    forget_assumption,
    assume_something,
    forget_a_principal,
];

fn any_principal<'w>(world: &'w mut World, rng: &mut Rng) -> Option<&'w mut Principal> {
    rng.choice(world.principals.iter_mut())
}

fn accept_all(world: &mut World, rng: &mut Rng) {
    any_principal(world, rng).into_iter().for_each(|p| p.rule = Rule::AcceptAll);
}

fn ask_for_nothing(world: &mut World, rng: &mut Rng) {
    any_principal(world, rng).into_iter().for_each(|p| {
        (p.require, p.complete, p.reproduced) = (None, None, None);
        p.exempt.clear();
        p.depth.clear();
        p.summaries.clear();
    });
}

fn raise_capture_floor(world: &mut World, rng: &mut Rng) {
    let floor = pick(rng, &[Capture::Traced, Capture::Confined]);
    any_principal(world, rng).into_iter().for_each(|p| p.capture_floor = Some(floor));
}

fn raise_custody_floor(world: &mut World, rng: &mut Rng) {
    let floor = pick(rng, &[Custody::Hardware, Custody::AttestedCode]);
    any_principal(world, rng).into_iter().for_each(|p| p.custody_floor = floor);
}

fn retract_assertion(world: &mut World, _: &mut Rng) {
    world.asserted.pop();
}

fn distrust_assertions(world: &mut World, rng: &mut Rng) {
    any_principal(world, rng).into_iter().for_each(|p| p.accept_asserted.clear());
}

fn require_with(world: &mut World, rng: &mut Rng, join: fn(Vec<Formula>) -> Formula) {
    let code = world.catalogue.code.iter().cloned().map(Formula::Property);
    let platform = world.catalogue.platform.iter().cloned().map(Formula::Platform);
    let atoms: Vec<Formula> = code.chain(platform).collect();
    let atom = pick(rng, &atoms);
    if let Some(principal) = any_principal(world, rng) {
        principal.require = Some(join(principal.require.take().into_iter().chain([atom.clone()]).collect()));
    }
}

fn require_another_property(world: &mut World, rng: &mut Rng) {
    require_with(world, rng, Formula::And);
}

fn require_either(world: &mut World, rng: &mut Rng) {
    require_with(world, rng, Formula::Or);
}

fn ask_something_of_every_run(world: &mut World, rng: &mut Rng) {
    let condition = pick(rng, &[Condition::True, Condition::ExitIs(0), Condition::Error]);
    any_principal(world, rng).into_iter().for_each(|p| p.step_conditions.push(condition));
}

fn let_only_named_certifications_vote(world: &mut World, rng: &mut Rng) {
    any_principal(world, rng).into_iter().for_each(|p| p.named_only = true);
}

fn ask_for_linked_inputs(world: &mut World, rng: &mut Rng) {
    any_principal(world, rng).into_iter().for_each(|p| p.linked = true);
}

fn ask_for_countersignatures(world: &mut World, rng: &mut Rng) {
    let k = rng.usize(1..=3);
    any_principal(world, rng).into_iter().for_each(|p| p.countersigned.default = k);
}

fn ask_for_countersignatures_of_one_property(world: &mut World, rng: &mut Rng) {
    let property = pick(rng, &["MEM_BOUNDS", "MEM_STACK", "TESTED", STEP]);
    let k = rng.usize(0..=3);
    if let Some(principal) = any_principal(world, rng) {
        principal.countersigned.of.insert(property.to_owned(), k);
    }
}

fn ask_for_reproduction(world: &mut World, rng: &mut Rng) {
    let tool = pick(rng, &["compiler", "linker"]);
    let custodians =
        vec![[format!("{tool}-key")].into(), [second_key(tool)].into(), ["stolen".to_owned()].into()];
    let reproduced = Reproduced { count: pick(rng, &[2, 2, 3]), custodians };
    any_principal(world, rng).into_iter().for_each(|p| p.reproduced = Some(reproduced.clone()));
}

/// The two who made the same are one after all.
fn let_one_custodian_have_both(world: &mut World, rng: &mut Rng) {
    let Some(reproduced) = any_principal(world, rng).and_then(|p| p.reproduced.as_mut()) else { return };
    let others = reproduced.custodians.iter().flatten().filter(|key| *key != "stolen");
    let all = others.cloned().collect();
    reproduced.custodians = vec![all, ["stolen".to_owned()].into()];
    reproduced.count = 2;
}

fn make_a_property_one_of_making(world: &mut World, rng: &mut Rng) {
    world.catalogue.making.insert(pick(rng, &super::CODE_PROPERTIES).to_owned());
}

fn forbid_a_tool(world: &mut World, rng: &mut Rng) {
    let tool =
        pick(rng, &["compiler-exe", "compiler-helper", "compiler-lib", "linker-exe", "recorder", "foreign"]);
    any_principal(world, rng).into_iter().for_each(|p| p.forbidden.tools.extend([tool.to_owned()]));
}

fn forbid_a_report_key(world: &mut World, rng: &mut Rng) {
    let key = pick(rng, &["compiler-key", "compiler-key", "linker-key", "inspector-key"]);
    any_principal(world, rng).into_iter().for_each(|p| p.forbidden.report_keys.extend([key.to_owned()]));
}

/// Some authority, but no anchor: such a policy contradicts itself.
fn forbid_an_authority(world: &mut World, rng: &mut Rng) {
    let certifiers = world.evidence.certifications.iter().map(|c| c.issuer.clone());
    let endorsed = world.evidence.endorsements.iter().flat_map(|e| [e.issuer.clone(), e.child.clone()]);
    let known: Vec<String> = certifiers.chain(endorsed).collect();
    let Some(authority) = rng.choice(known) else { return };
    if let Some(principal) = any_principal(world, rng)
        && !principal.anchors.iter().any(|anchor| anchor.keys.contains(&authority))
    {
        principal.forbidden.authorities.insert(authority);
    }
}

fn forbid_an_origin(world: &mut World, rng: &mut Rng) {
    let Some(origin) = rng.choice(world.evidence.origins.iter()).map(|origin| origin.id.clone()) else {
        return;
    };
    any_principal(world, rng).into_iter().for_each(|p| p.forbidden.origins.extend([origin.clone()]));
}

/// Some signer, but none of whom the policy accepts anything: such a policy contradicts itself.
fn forbid_origins_of_a_key(world: &mut World, rng: &mut Rng) {
    let Some(key) = rng.choice(world.evidence.origins.iter()).map(|origin| origin.key.clone()) else {
        return;
    };
    let Some(principal) = any_principal(world, rng) else { return };
    let accepted = principal.complete.iter().flatten().any(|rule| match rule {
        OriginRule::Key(accepted, _) => *accepted == key,
        OriginRule::Digest(_) => false,
    });
    let assumed = principal.assumptions.iter().any(|(_, of)| match of {
        Assumed::ByOrigin(assumed, _) => *assumed == key,
        Assumed::ByDigest(_) => false,
    });
    if !accepted && !assumed {
        principal.forbidden.origin_keys.insert(key);
    }
}

fn exempt_a_role(world: &mut World, rng: &mut Rng) {
    let role = pick(rng, &["library", "library", "data"]);
    for principal in world.principals.iter_mut().filter(|p| p.complete.is_some()) {
        principal.exempt.insert(role.to_owned());
    }
}

fn ask_less_behind_a_tool(world: &mut World, rng: &mut Rng) {
    let tool = pick(rng, &["compiler-exe", "linker-exe", "linker-exe", "foreign"]);
    let steps = rng.u8(0..4);
    for principal in world.principals.iter_mut().filter(|p| p.complete.is_some()) {
        let known = principal.depth.entry(tool.to_owned()).or_insert(steps);
        *known = (*known).min(steps);
    }
}

fn ask_for_all_behind_tools(world: &mut World, _: &mut Rng) {
    world.principals.iter_mut().for_each(|principal| principal.depth.clear());
}

fn accept_a_verifier(world: &mut World, _: &mut Rng) {
    let asked = world.principals.iter_mut().filter(|principal| principal.complete.is_some());
    asked.for_each(|principal| principal.summaries.push(verifier()));
}

fn accept_no_verifier(world: &mut World, _: &mut Rng) {
    world.principals.iter_mut().for_each(|principal| principal.summaries.clear());
}

fn require_completeness(world: &mut World, rng: &mut Rng) {
    let rule = OriginRule::Key("developer-key".to_owned(), [OriginKind::Source].into());
    any_principal(world, rng).into_iter().for_each(|p| p.complete = Some(vec![rule.clone()]));
}

fn drop_origin_rule(world: &mut World, rng: &mut Rng) {
    if let Some(rules) = any_principal(world, rng).and_then(|p| p.complete.as_mut()) {
        rules.pop();
    }
}

fn name_only_the_artifact_as_origin(world: &mut World, rng: &mut Rng) {
    let rule = OriginRule::Digest(world.artifact.clone());
    any_principal(world, rng).into_iter().for_each(|p| p.complete = Some(vec![rule.clone()]));
}

fn name_the_artifact_by_key(world: &mut World, rng: &mut Rng) {
    let kinds = [OriginKind::Binary].into();
    let rule = OriginRule::Key("developer-key".to_owned(), kinds);
    let artifact = world.artifact.clone();
    for origin in world.evidence.origins.iter_mut().filter(|o| o.key == "developer-key") {
        origin.kind = OriginKind::Binary;
        origin.digests.push(artifact.clone());
    }
    any_principal(world, rng).into_iter().for_each(|p| p.complete = Some(vec![rule.clone()]));
}

fn forget_assumption(world: &mut World, rng: &mut Rng) {
    any_principal(world, rng).into_iter().for_each(|p| p.assumptions.clear());
}

fn assume_something(world: &mut World, rng: &mut Rng) {
    let property = pick(rng, &super::CODE_PROPERTIES).to_owned();
    let of = pick(
        rng,
        &[
            Assumed::ByDigest("artifact0".to_owned()),
            Assumed::ByDigest("app".to_owned()),
            Assumed::ByOrigin("developer-key".to_owned(), OriginKind::Source),
            Assumed::ByOrigin("supplier-key".to_owned(), OriginKind::Source),
        ],
    );
    any_principal(world, rng).into_iter().for_each(|p| p.assumptions.push((property.clone(), of.clone())));
}

fn forget_a_principal(world: &mut World, _: &mut Rng) {
    world.principals.pop();
}
