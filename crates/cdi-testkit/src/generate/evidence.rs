//! What others say of artifacts, and mutations of it (EVI).

use super::{Mutation, fresh_id, percent, pick, table};
use crate::model::world::{EvidenceRule, Foreign, Formula, Principal, Rule, Says, World};
use fastrand::Rng;

/// What principals of generated worlds call it.
const NAME: &str = "scan";

/// What a principal asks of it.
fn rule() -> EvidenceRule {
    EvidenceRule {
        name: NAME.to_owned(),
        kind: "scan".to_owned(),
        keys: ["scanner-key".to_owned(), "second-scanner-key".to_owned()].into(),
        least: Some(7),
    }
}

/// Lets others say something in a third of the worlds, and policies ask for it, by chances of their own: whatever else a world
/// has depends on none of it. Which mutations were made.
pub(super) fn add(world: &mut World, seed: u64) -> Vec<&'static str> {
    let rng = &mut Rng::with_seed(!seed);
    if !percent(rng, 33) {
        return Vec::new();
    }
    ask(world, rng);
    let number = pick(rng, &[0, 1, 1, 2]);
    let chosen: Vec<Mutation> = (0..number).map(|_| pick(rng, MUTATIONS)).collect();
    chosen
        .into_iter()
        .map(|(name, mutate)| {
            mutate(world, rng);
            name
        })
        .collect()
}

/// Lets a scanner say of the deployed artifact what some principals then ask for.
pub(super) fn ask(world: &mut World, rng: &mut Rng) {
    world.evidence.foreign.push(said("s-deployed", vec![world.artifact.clone()]));
    for principal in world.principals.iter_mut().filter(|principal| asks_something(principal)) {
        match rng.u8(0..6) {
            0..=2 => require(principal, Formula::And),
            3 => require(principal, Formula::Or),
            _ => {}
        }
    }
}

fn asks_something(principal: &Principal) -> bool {
    let asks = principal.require.is_some() || principal.complete.is_some() || principal.reproduced.is_some();
    principal.rule != Rule::AcceptAll && asks
}

fn require(principal: &mut Principal, join: fn(Vec<Formula>) -> Formula) {
    if !principal.evidence.iter().any(|known| known.name == NAME) {
        principal.evidence.push(rule());
    }
    let asked = Formula::Evidence(NAME.to_owned());
    principal.require = Some(join(principal.require.take().into_iter().chain([asked]).collect()));
}

fn said(id: &str, subjects: Vec<String>) -> Foreign {
    let (id, key) = (id.to_owned(), "scanner-key".to_owned());
    Foreign { id, key, kind: "scan".to_owned(), subjects, says: Says::Score(9) }
}

/// Any statement of somebody.
#[cfg(test)]
pub(crate) fn foreign_of_chance(rng: &mut Rng) -> Foreign {
    let id = fresh_id(rng, "s");
    let mut one = said(&id, vec![pick(rng, &["app", "app", "artifact0"]).to_owned()]);
    spoil(&mut one, rng);
    one
}

fn spoil(one: &mut Foreign, rng: &mut Rng) {
    match rng.u8(0..9) {
        0 => one.key = "stolen".to_owned(),
        1 => one.key = "second-scanner-key".to_owned(),
        2 => one.kind = "scan-and-more".to_owned(),
        3 => one.subjects = vec!["unheard-of".to_owned()],
        4 => one.subjects.clear(),
        5 => one.says = Says::NoObject,
        6 => one.says = Says::Score(6),
        7 => one.says = Says::ScoreInText(9),
        _ => one.says = Says::Score(7),
    }
}

/// Mutations of others' evidence.
pub(super) const MUTATIONS: &[Mutation] = table![
    spoil_evidence,
    say_something_else_too,
    forbid_evidence,
    ask_for_evidence,
    ask_for_evidence_or_else,
    ask_for_anything_of_the_type,
    believe_one_scanner,
];

fn spoil_evidence(world: &mut World, rng: &mut Rng) {
    if let Some(one) = rng.choice(world.evidence.foreign.iter_mut()) {
        spoil(one, rng);
    }
}

fn say_something_else_too(world: &mut World, rng: &mut Rng) {
    let mut one = said(&fresh_id(rng, "s"), vec![world.artifact.clone()]);
    spoil(&mut one, rng);
    world.evidence.foreign.push(one);
}

fn forbid_evidence(world: &mut World, rng: &mut Rng) {
    let Some(id) = rng.choice(world.evidence.foreign.iter()).map(|one| one.id.clone()) else { return };
    rng.choice(world.principals.iter_mut()).into_iter().for_each(|principal| {
        principal.forbidden.origins.insert(id.clone());
    });
}

fn asking(world: &mut World, rng: &mut Rng, join: fn(Vec<Formula>) -> Formula) {
    let asking: Vec<&mut Principal> =
        world.principals.iter_mut().filter(|principal| asks_something(principal)).collect();
    rng.choice(asking).into_iter().for_each(|principal| require(principal, join));
}

fn ask_for_evidence(world: &mut World, rng: &mut Rng) {
    asking(world, rng, Formula::And);
}

fn ask_for_evidence_or_else(world: &mut World, rng: &mut Rng) {
    asking(world, rng, Formula::Or);
}

fn rules(world: &mut World) -> impl Iterator<Item = &mut EvidenceRule> {
    world.principals.iter_mut().flat_map(|principal: &mut Principal| &mut principal.evidence)
}

fn ask_for_anything_of_the_type(world: &mut World, _: &mut Rng) {
    rules(world).for_each(|rule| rule.least = None);
}

fn believe_one_scanner(world: &mut World, rng: &mut Rng) {
    let key = pick(rng, &["scanner-key", "second-scanner-key"]);
    rules(world).for_each(|rule| rule.keys = [key.to_owned()].into());
}
