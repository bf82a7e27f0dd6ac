//! Facts: which artifacts have which properties and a complete history. Least fixpoints by naive iteration.

use super::quorum::{quorum, required};
use super::revocation::survives;
use super::vote::{Roles, chains_of_votes};
use super::world::{
    Assumed, Capture, Claimed, Digest, Invocation, Key, Name, OriginKind, OriginRule, Principal, Property,
    Report, ReportKind, STEP, World,
};
use super::{Bound, Tri, View};
use std::collections::BTreeSet;

/// The pairs of property and artifact that hold.
pub type Held = BTreeSet<(Property, Digest)>;

/// Whether, for the principal, the artifact has the property; false if there is no such principal.
pub fn holds(world: &World, principal: usize, property: &Property, artifact: &Digest) -> Tri {
    let fact = (property.clone(), artifact.clone());
    between(world, principal, |view| held(view).contains(&fact))
}

/// Whether, for the principal, the artifact's history is complete; false if there is no such principal.
pub fn complete(world: &World, principal: usize, artifact: &Digest) -> Tri {
    between(world, principal, |view| completed(view).contains(artifact))
}

fn between(world: &World, principal: usize, fact: impl Fn(View<'_>) -> bool) -> Tri {
    let Some(principal) = world.principals.get(principal) else { return Tri::False };
    let at = |bound| fact(View { world, principal, bound });
    Tri::between(at(Bound::Lower), at(Bound::Upper))
}

/// All facts about properties: everything is worked out anew until nothing changes.
pub fn held(view: View<'_>) -> Held {
    let mut held = Held::new();
    loop {
        let mut next = Held::new();
        for property in properties(view) {
            for artifact in artifacts(view.world) {
                if follows(view, &property, &artifact, &held) {
                    next.insert((property.clone(), artifact));
                }
            }
        }
        if next == held {
            return held;
        }
        held = next;
    }
}

/// Whether one more step from what already holds shows that the artifact has the property.
fn follows(view: View<'_>, property: &Property, artifact: &Digest, held: &Held) -> bool {
    let k = required(view.principal, property);
    let assumed = view.principal.assumptions.iter().any(|(assumed, of)| {
        assumed == property
            && match of {
                Assumed::ByDigest(digest) => digest == artifact,
                Assumed::ByOrigin(key, kind) => lists(view.world, key, |k| k == *kind, artifact),
            }
    });
    let shown = |report: &&Report| {
        let chains = chains_of_votes(view, report, property, artifact, held, |_, _, _| true);
        quorum(view.principal, &chains, k)
    };
    assumed || surviving(view).iter().any(shown)
}

/// All artifacts with a complete history.
pub fn completed(view: View<'_>) -> BTreeSet<Digest> {
    let mut complete = BTreeSet::new();
    loop {
        let next: BTreeSet<Digest> = artifacts(view.world)
            .into_iter()
            .filter(|artifact| is_origin(view, artifact) || is_made(view, artifact, &complete))
            .collect();
        if next == complete {
            return complete;
        }
        complete = next;
    }
}

/// Whether the policy names the artifact as an origin.
fn is_origin(view: View<'_>, artifact: &Digest) -> bool {
    view.principal.complete.iter().flatten().any(|rule| match rule {
        OriginRule::Digest(digest) => digest == artifact,
        OriginRule::Key(key, kinds) => {
            *artifact != view.world.artifact && lists(view.world, key, |kind| kinds.contains(&kind), artifact)
        }
    })
}

/// Whether a step is certified to have made the artifact, from complete inputs only.
fn is_made(view: View<'_>, artifact: &Digest, complete: &BTreeSet<Digest>) -> bool {
    let step = STEP.to_owned();
    let exempt = |roles: &Roles, path: &Name| {
        roles.inputs.get(path).is_some_and(|role| view.principal.exempt.contains(role))
    };
    let calls_code = |invocation: &Invocation, roles: &Roles, report: &Report| {
        (invocation.generates || !roles.code_inputs(report).is_empty())
            && report.inputs.iter().all(|(path, input)| complete.contains(input) || exempt(roles, path))
    };
    surviving(view).into_iter().any(|report| {
        report.kind == ReportKind::Transform
            && report.capture >= Capture::SelfRecorded
            && quorum(
                view.principal,
                &chains_of_votes(view, report, &step, artifact, &Held::new(), calls_code),
                required(view.principal, &step),
            )
    })
}

fn surviving<'w>(view: View<'w>) -> Vec<&'w Report> {
    view.world.evidence.reports.iter().filter(|report| survives(view, report)).collect()
}

/// Whether an origin statement of the key, of a right kind, lists the artifact.
fn lists(world: &World, key: &Key, right: impl Fn(OriginKind) -> bool, artifact: &Digest) -> bool {
    world.evidence.origins.iter().any(|o| o.key == *key && right(o.kind) && o.digests.contains(artifact))
}

/// Every property that any claim or assumption could show.
fn properties(view: View<'_>) -> BTreeSet<Property> {
    let principal: &Principal = view.principal;
    let claims = view.world.evidence.certifications.iter().flat_map(|certification| &certification.claims);
    let claimed = claims.filter_map(|claim| match &claim.property {
        Claimed::Exact(property) => Some(property.clone()),
        Claimed::Star => None,
    });
    claimed.chain(principal.assumptions.iter().map(|(property, _)| property.clone())).collect()
}

/// Every artifact that the evidence, the policies or the request names.
pub fn artifacts(world: &World) -> BTreeSet<Digest> {
    let reports = world.evidence.reports.iter().flat_map(|r| r.inputs.iter().chain(&r.outputs));
    let mut all: BTreeSet<Digest> = reports.map(|(_, digest)| digest.clone()).collect();
    all.extend(world.evidence.origins.iter().flat_map(|origin| origin.digests.clone()));
    for principal in &world.principals {
        all.extend(principal.assumptions.iter().filter_map(|(_, of)| match of {
            Assumed::ByDigest(digest) => Some(digest.clone()),
            Assumed::ByOrigin(_, _) => None,
        }));
        all.extend(principal.complete.iter().flatten().filter_map(|rule| match rule {
            OriginRule::Digest(digest) => Some(digest.clone()),
            OriginRule::Key(_, _) => None,
        }));
    }
    all.insert(world.artifact.clone());
    all
}
