//! Which policies are refused as they stand, whoever's they are and whatever the evidence is.

use super::chain::in_scope;
use super::quorum::{controller, countersigned, required};
use super::world::{self, Assumed, Formula, OriginRule, Principal, Property, Rule, STEP};
use std::collections::BTreeSet;

/// The code with which production refuses to load this policy, if it does: such a principal never agrees.
///
/// Written from `DESIGN.md` section 5, so that the loader has something to agree with.
pub fn refusal(principal: &Principal, catalogue: &world::Catalogue) -> Option<&'static str> {
    if principal.rule == Rule::AcceptAll {
        return None;
    }
    let asks_history = principal.complete.is_some() || principal.reproduced.is_some();
    if principal.require.is_none() && !asks_history {
        return Some("policy-requires-nothing");
    }
    if principal.anchors.is_empty() {
        return Some("policy-empty-list");
    }
    let assumes_making = |(property, _): &(Property, _)| catalogue.making.contains(property);
    if principal.assumptions.iter().any(assumes_making) {
        return Some("word-of-making");
    }
    if principal.complete.as_ref().is_some_and(Vec::is_empty) {
        return Some("policy-empty-list");
    }
    if signers(principal).any(|key| principal.forbidden.origin_keys.contains(key)) {
        return Some("origin-key-forbidden");
    }
    let mut asked = BTreeSet::new();
    principal.require.iter().for_each(|formula| properties(formula, &mut asked));
    asked.extend(asks_history.then(|| STEP.to_owned()));
    let wanted = |property: &Property| required(principal, property).max(countersigned(principal, property));
    let beyond = |property: &Property| wanted(property) > speaking(principal, property);
    asked.iter().any(beyond).then_some("quorum-beyond-anchors")
}

/// Whose origin statements the policy goes by.
fn signers(principal: &Principal) -> impl Iterator<Item = &world::Key> {
    let accepted = principal.complete.iter().flatten().filter_map(|rule| match rule {
        OriginRule::Key(key, _) => Some(key),
        OriginRule::Digest(_) => None,
    });
    let assumed = principal.assumptions.iter().filter_map(|(_, of)| match of {
        Assumed::ByOrigin(key, _) => Some(key),
        Assumed::ByDigest(_) => None,
    });
    accepted.chain(assumed)
}

fn properties(formula: &Formula, found: &mut BTreeSet<Property>) {
    match formula {
        Formula::Property(property) => drop(found.insert(property.clone())),
        Formula::Platform(_) | Formula::Evidence(_) => {}
        Formula::And(parts) | Formula::Or(parts) | Formula::AtLeast(_, parts) => {
            parts.iter().for_each(|part| properties(part, found));
        }
    }
}

/// How many controllers of anchors may speak about the property.
fn speaking(principal: &Principal, property: &Property) -> usize {
    let anchors = principal.anchors.iter().filter(|anchor| in_scope(&anchor.scope, property));
    let keys = anchors.filter_map(|anchor| anchor.keys.first());
    keys.map(|key| controller(principal, key)).collect::<BTreeSet<_>>().len()
}
