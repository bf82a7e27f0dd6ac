//! Worlds whose host is a node: whose it is, on whose word a principal takes what it has, and what is then decided.
//!
//! Written from rules P-FLEET, P-NODES, P-LEVEL and P-PLACE of `docs/spec/policy.md` and M-NODE of `docs/spec/semantics.md`.

use super::chain::is_authority;
use super::decide::{Facts, Host, Outcome, Verdict, believed, satisfied};
use super::revocation::{contradicts_itself, has_fresh_list};
use super::world::{Key, Principal, Property, Rule, Target, World};
use super::{Bound, Tri, View};
use std::collections::{BTreeMap, BTreeSet};

/// A world that is decided about at a node.
#[derive(Clone, Debug, PartialEq)]
pub struct SitedWorld {
    /// Everything else.
    pub world: World,
    /// Whose the host is.
    pub whose: Whose,
    /// The node's key.
    pub key: Key,
    /// What each principal of the world asks of nodes, in the world's order.
    pub stances: Vec<Stance>,
}

/// Whose a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The decider's own: no node.
    Own,
    /// A node that the decider's configuration lists.
    Listed,
    /// A node that it does not list.
    Unlisted,
}

/// What a principal asks of nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Stance {
    /// Which it accepts.
    pub accepts: Accepts,
    /// The level of every property that has none of its own.
    pub level: Option<Level>,
    /// The levels of properties.
    pub levels: BTreeMap<Property, Level>,
}

/// The nodes that a principal accepts beside the decider's own host.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in a policy")]
pub enum Accepts {
    Nobody,
    Configured,
    Keys(BTreeSet<Key>),
}

/// On whose word a property of a place is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in a policy")]
pub enum Level {
    Asserted,
    Certified,
    Attested,
}

/// Decides about the world's artifact at the node.
pub fn decide(sited: &SitedWorld) -> Outcome {
    let principals = sited.world.principals.iter().zip(&sited.stances);
    Verdict::of(principals.map(|(principal, stance)| agrees(sited, principal, stance)).collect()).verdict
}

fn agrees(sited: &SitedWorld, principal: &Principal, stance: &Stance) -> Tri {
    if principal.rule == Rule::AcceptAll {
        return if sited.whose == Whose::Unlisted { Tri::False } else { Tri::True };
    }
    let accepted = accepted(sited, principal, stance);
    let facts = Facts::of(&sited.world, principal);
    let word = believed(principal, Host::of(&sited.world));
    let has = |property: &Property| has(sited, stance, (&word, &facts), property);
    let platform = sited.world.catalogue.platform.iter().map(|property| (property, has(property))).collect();
    accepted.min(satisfied(principal, &facts.clone().providing(platform)))
}

/// Whether the principal accepts the host, as far as it matters whose that is.
fn accepted(sited: &SitedWorld, principal: &Principal, stance: &Stance) -> Tri {
    let named = match &stance.accepts {
        Accepts::Nobody => false,
        Accepts::Configured => sited.whose == Whose::Listed,
        Accepts::Keys(keys) => keys.contains(&sited.key),
    };
    if sited.whose == Whose::Own {
        return Tri::True;
    }
    let view = View { world: &sited.world, principal, bound: Bound::Lower };
    let revokes = |issuer: &Key| {
        let lists = sited.world.evidence.revocation_lists.iter().filter(|list| list.issuer == *issuer);
        let mut entries = lists.flat_map(|list| &list.entries);
        entries.any(|entry| entry.target == Target::Key(sited.key.clone()) && entry.runs.is_none())
    };
    let mut issuers = sited.world.evidence.revocation_lists.iter().map(|list| &list.issuer);
    if !named || issuers.any(|issuer| revokes(issuer) && is_authority(view, issuer)) {
        return Tri::False;
    }
    let mut anchors = principal.anchors.iter().flat_map(|anchor| &anchor.keys);
    let told = anchors.all(|key| has_fresh_list(view, key) && !contradicts_itself(&sited.world, key));
    if told { Tri::True } else { Tri::Unknown }
}

/// Whether the host has the property, as the principal would have it.
fn has(
    sited: &SitedWorld,
    stance: &Stance,
    (word, facts): (&BTreeSet<Property>, &Facts<'_>),
    property: &Property,
) -> Tri {
    // Nobody speaks for a node that is not listed but the node itself, and it is heard by those who name its key.
    let heard = word.contains(property) && sited.whose != Whose::Unlisted;
    let said = sited.world.asserted.iter().any(|(_, asserted)| asserted == property);
    let own = match &stance.accepts {
        Accepts::Keys(keys) => said && sited.whose != Whose::Own && keys.contains(&sited.key),
        Accepts::Nobody | Accepts::Configured => false,
    };
    match stance.levels.get(property).copied().or(stance.level) {
        Some(Level::Attested) => Tri::False,
        Some(Level::Asserted) if heard || own => Tri::True,
        None if heard => Tri::True,
        Some(Level::Asserted | Level::Certified) | None => facts.supplies(property),
    }
}
