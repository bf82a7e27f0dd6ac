//! Decisions: a formula in Kleene's logic for each principal, and all principals together.

use super::evidence::is_there;
use super::holds::{Held, completed, held, is_reproduced};
use super::supply::supplies;
use super::world::{Digest, Formula, Name, Principal, Property, Rule, World};
use super::{Bound, Tri, View};
use std::collections::{BTreeMap, BTreeSet};

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Some principal's requirements do not hold, or there is no principal.
    Deny,
    /// None fails, but for some principal evidence could not be looked up.
    Unknown,
    /// All principals' requirements hold.
    Allow,
}

/// A decision with each principal's share in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether each principal's requirements hold, in the order of the world.
    pub per_principal: Vec<Tri>,
    /// Deny before unknown before allow.
    pub verdict: Outcome,
}

/// Where code is to run.
#[derive(Clone, Copy, Debug)]
pub struct Host<'w> {
    /// What it has: who asserts it, and the platform property.
    pub asserted: &'w [(Name, Property)],
    /// Whether it runs code with the world's runtime.
    pub is_there: bool,
}

impl<'w> Host<'w> {
    /// Nobody has said where.
    pub const NOWHERE: Self = Self { asserted: &[], is_there: false };

    /// The world's own.
    pub fn of(world: &'w World) -> Self {
        Self { asserted: &world.asserted, is_there: true }
    }
}

/// Decides about the world's artifact on its host, whose platform properties are those that are asserted.
pub fn decide(world: &World) -> Verdict {
    let [verdict] = decide_on(world, [Host::of(world)]);
    verdict
}

/// Decides about the world's artifact on each of these hosts.
pub fn decide_on<const N: usize>(world: &World, hosts: [Host<'_>; N]) -> [Verdict; N] {
    let facts: Vec<Option<Facts<'_>>> = known(world);
    decide_by(world, &facts, hosts)
}

/// What each principal knows; `None` of one that asks nothing.
pub fn known(world: &World) -> Vec<Option<Facts<'_>>> {
    let asks = |principal: &Principal| principal.rule != Rule::AcceptAll;
    world.principals.iter().map(|p| asks(p).then(|| Facts::of(world, p))).collect()
}

/// Decides from what each principal knows.
pub fn decide_by<const N: usize>(
    world: &World,
    facts: &[Option<Facts<'_>>],
    hosts: [Host<'_>; N],
) -> [Verdict; N] {
    let principals = world.principals.iter().zip(facts);
    let each: Vec<[Tri; N]> = principals.map(|(p, facts)| decide_for(p, facts.as_ref(), hosts)).collect();
    std::array::from_fn(|host| {
        Verdict::of(each.iter().filter_map(|on_hosts| on_hosts.get(host).copied()).collect())
    })
}

impl Verdict {
    /// All principals together: deny before unknown before allow, and nobody allows nothing.
    pub fn of(per_principal: Vec<Tri>) -> Self {
        let verdict = match per_principal.iter().min() {
            None | Some(Tri::False) => Outcome::Deny,
            Some(Tri::Unknown) => Outcome::Unknown,
            Some(Tri::True) => Outcome::Allow,
        };
        Self { per_principal, verdict }
    }
}

/// A part of what a principal asks for: one of the conjunction of its formula, or the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// By its place; a formula that is no conjunction is its own first.
    Required(usize),
    /// The complete history.
    History,
    /// Independent reproduction.
    Reproduced,
}

/// Whether each part of what a principal asks for holds.
pub fn parts(world: &World, principal: &Principal, host: Host<'_>) -> Vec<(Part, Tri)> {
    if principal.rule == Rule::AcceptAll {
        return Vec::new();
    }
    let facts = Facts::of(world, principal).at(principal, host);
    let formulas = match &principal.require {
        None => Vec::new(),
        Some(Formula::And(parts)) => parts.iter().collect(),
        Some(whole) => vec![whole],
    };
    let required = formulas.into_iter().enumerate();
    let required = required.map(|(place, formula)| (Part::Required(place), facts.evaluate(formula)));
    let history = principal.complete.as_ref().map(|_| (Part::History, facts.complete));
    let reproduced = principal.reproduced.as_ref().map(|_| (Part::Reproduced, facts.reproduced));
    required.chain(history).chain(reproduced).collect()
}

fn decide_for<const N: usize>(
    principal: &Principal,
    facts: Option<&Facts<'_>>,
    hosts: [Host<'_>; N],
) -> [Tri; N] {
    let Some(facts) = facts else { return [Tri::True; N] };
    hosts.map(|host| satisfied(principal, &facts.clone().at(principal, host)))
}

/// Whether what the principal asks for holds, by what it knows of the artifact and of a place.
pub(super) fn satisfied(principal: &Principal, facts: &Facts<'_>) -> Tri {
    let required = principal.require.as_ref().map(|formula| facts.evaluate(formula));
    let history = principal.complete.as_ref().map(|_| facts.complete);
    let reproduced = principal.reproduced.as_ref().map(|_| facts.reproduced);
    // Nothing asked is nothing allowed: the least of no values is false.
    required.into_iter().chain(history).chain(reproduced).min().unwrap_or(Tri::False)
}

/// What the principal believes of a host.
pub(super) fn believed(principal: &Principal, host: Host<'_>) -> BTreeSet<Property> {
    let believes = |who: &Name| *who == principal.name || principal.accept_asserted.contains(who);
    host.asserted.iter().filter(|(who, _)| believes(who)).map(|(_, property)| property.clone()).collect()
}

/// What one principal knows about the artifact and its place.
#[derive(Clone, Debug)]
pub struct Facts<'w> {
    artifact: &'w Digest,
    lower: Held,
    upper: Held,
    /// Whether the artifact's history is complete.
    pub complete: Tri,
    /// Whether it was made in independent custody.
    pub reproduced: Tri,
    said: BTreeSet<&'w Name>,
    supplied: BTreeMap<&'w Property, Tri>,
    platform: BTreeMap<&'w Property, Tri>,
}

impl<'w> Facts<'w> {
    /// What the principal knows where the place provides nothing.
    pub fn of(world: &'w World, principal: &'w Principal) -> Self {
        let [lower, upper] = [Bound::Lower, Bound::Upper].map(|bound| View { world, principal, bound });
        let complete = |view| completed(view).contains(&world.artifact);
        let supplied =
            world.catalogue.platform.iter().map(|property| {
                (property, Tri::between(supplies(lower, property), supplies(upper, property)))
            });
        let said = principal.evidence.iter().map(|rule| &rule.name);
        Self {
            said: said.filter(|name| is_there(lower, name)).collect(),
            artifact: &world.artifact,
            lower: held(lower),
            upper: held(upper),
            complete: Tri::between(complete(lower), complete(upper)),
            reproduced: Tri::between(
                is_reproduced(lower, &world.artifact),
                is_reproduced(upper, &world.artifact),
            ),
            supplied: supplied.collect(),
            platform: BTreeMap::new(),
        }
    }

    /// Whether the artifact has the property.
    pub fn has(&self, property: &Property) -> Tri {
        let fact = (property.clone(), self.artifact.clone());
        Tri::between(self.lower.contains(&fact), self.upper.contains(&fact))
    }

    /// Whether the evidence of this name is there. No list of anybody's bears on it.
    pub fn says(&self, name: &Name) -> Tri {
        if self.said.contains(name) { Tri::True } else { Tri::False }
    }

    /// Whether the world's runtime supplies the property.
    pub fn supplies(&self, property: &Property) -> Tri {
        self.supplied.get(property).copied().unwrap_or(Tri::False)
    }

    /// Whether the place has the property, as the principal hears of it.
    pub(super) fn provides(&self, property: &Property) -> Tri {
        self.platform.get(property).copied().unwrap_or(Tri::False)
    }

    /// The same at a place that has these properties.
    pub(super) fn providing(mut self, platform: BTreeMap<&'w Property, Tri>) -> Self {
        self.platform = platform;
        self
    }

    /// The same at a host: with what the principal believes of it, and what its runtime supplies.
    pub(super) fn at(mut self, principal: &Principal, host: Host<'_>) -> Self {
        let believed = believed(principal, host);
        let has = |property: &Property| match (believed.contains(property), host.is_there) {
            (true, _) => Tri::True,
            (false, true) => self.supplies(property),
            (false, false) => Tri::False,
        };
        let seen: Vec<_> = self.supplied.keys().map(|property| (*property, has(property))).collect();
        self.platform.extend(seen);
        self
    }

    fn evaluate(&self, formula: &Formula) -> Tri {
        let all = |parts: &[Formula]| parts.iter().map(|part| self.evaluate(part)).collect::<Vec<_>>();
        match formula {
            Formula::Property(property) => self.has(property),
            Formula::Platform(property) => self.provides(property),
            Formula::Evidence(name) => self.says(name),
            Formula::And(parts) => at_least(parts.len(), &all(parts)),
            Formula::Or(parts) => at_least(1, &all(parts)),
            Formula::AtLeast(n, parts) => at_least(*n, &all(parts)),
        }
    }
}

/// Kleene's "at least n of these". At least none of these proves nothing, so it is false.
fn at_least(n: usize, values: &[Tri]) -> Tri {
    let as_good_as = |least| values.iter().filter(|value| **value >= least).count() >= n && n > 0;
    Tri::between(as_good_as(Tri::True), as_good_as(Tri::Unknown))
}
