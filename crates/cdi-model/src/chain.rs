//! Chains: an anchor key, then endorsements, each signed by the key before it.

use super::View;
use super::revocation::{current, cuts, live, speaks};
use super::world::{Certification, Endorsement, Key, Pattern, Principal, Property, Report};

/// A simple path of keys from an anchor's key to an authority's key.
#[derive(Clone, Debug)]
pub struct Chain<'w> {
    /// The keys in order; the first one is an anchor's.
    pub keys: Vec<&'w Key>,
    /// The endorsements between them, one fewer than keys.
    pub endorsements: Vec<&'w Endorsement>,
}

/// Whether one of the patterns matches the property. An empty scope matches nothing.
pub fn in_scope(scope: &[Pattern], property: &Property) -> bool {
    scope.iter().any(|pattern| match pattern {
        Pattern::Exact(exact) => exact == property,
        Pattern::Prefix(prefix) => property.starts_with(prefix),
        Pattern::All => true,
    })
}

/// The chains for a property that carry a vote by these certifications: those that end in their issuer and on which
/// nobody has revoked what the vote rests on.
pub fn chains_of_vote<'w>(
    view: View<'w>,
    property: &Property,
    line: &[&Certification],
    report: &Report,
) -> Vec<Chain<'w>> {
    let mut chains = chains_for(view, property);
    chains.retain(|chain| {
        line.iter().all(|certification| {
            chain.keys.last() == Some(&&certification.issuer)
                && !cuts(view.world, chain, Some(certification), report)
        })
    });
    chains
}

/// The chains for a property that carry the signature of this key on a report: it speaks, and nobody before it on the chain
/// has revoked the report or its key.
pub fn chains_of_countersigner<'w>(
    view: View<'w>,
    property: &Property,
    key: &Key,
    report: &Report,
) -> Vec<Chain<'w>> {
    let mut chains = chains_for(view, property);
    chains.retain(|chain| {
        chain.keys.last() == Some(&key) && speaks(view, key) && !cuts(view.world, chain, None, report)
    });
    chains
}

/// All chains for a property along endorsements that are live.
pub(super) fn chains_for<'w>(view: View<'w>, property: &Property) -> Vec<Chain<'w>> {
    let may_begin = |scope: &[Pattern]| in_scope(scope, property);
    let may_follow = |endorsement: &Endorsement| {
        in_scope(&endorsement.scope, property)
            && live(view, &endorsement.issuer, endorsement.not_before, endorsement.not_after)
    };
    all_chains(view, &may_begin, &may_follow)
}

/// Whether the key is an authority for this principal, for any property.
///
/// Only windows and depths count. Revocations do not: taking an authority's standing away must not bring
/// back what that authority had revoked.
pub fn is_authority(view: View<'_>, key: &Key) -> bool {
    let may_follow = |e: &Endorsement| current(view.world, e.not_before, e.not_after);
    all_chains(view, &|_| true, &may_follow).iter().any(|chain| chain.keys.last() == Some(&key))
}

/// All simple paths from the keys of anchors, within the depths, along endorsements that may follow.
pub(super) fn all_chains<'w>(
    view: View<'w>,
    may_begin: &dyn Fn(&[Pattern]) -> bool,
    may_follow: &dyn Fn(&Endorsement) -> bool,
) -> Vec<Chain<'w>> {
    let principal: &'w Principal = view.principal;
    let endorsements: Vec<&'w Endorsement> =
        view.world.evidence.endorsements.iter().filter(|endorsement| may_follow(endorsement)).collect();
    let mut found = Vec::new();
    for anchor in principal.anchors.iter().filter(|anchor| may_begin(&anchor.scope)) {
        for key in &anchor.keys {
            let start = Chain { keys: vec![key], endorsements: Vec::new() };
            extend(&endorsements, start, anchor.depth, &mut found);
        }
    }
    found
}

/// Adds the chain and all its extensions; `left` is the depth left at its last key.
fn extend<'w>(endorsements: &[&'w Endorsement], chain: Chain<'w>, left: u32, found: &mut Vec<Chain<'w>>) {
    if left >= 1 {
        for &next in endorsements {
            if chain.keys.last() == Some(&&next.issuer) && !chain.keys.contains(&&next.child) {
                let mut longer = chain.clone();
                longer.keys.push(&next.child);
                longer.endorsements.push(next);
                extend(endorsements, longer, (left - 1).min(next.depth), found);
            }
        }
    }
    found.push(chain);
}
