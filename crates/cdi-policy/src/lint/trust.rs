//! Whom a policy trusts, how many of them it wants, and on what conditions.

use std::collections::BTreeMap;

use cdi_condition::Condition;
use cdi_envelope::PublicKey;
use cdi_types::{CaptureLevel, Custody, KeyId, PropertyName, PropertyPattern};
use cdi_verify::{Assumption, Freshness, OriginRule, Trust, TrustTerms};

use super::Findings;
use super::asked::Asked;
use crate::catalogues::Catalogues;

pub(super) fn of(trust: &Trust, asked: &Asked, catalogues: &Catalogues, all: &mut Findings<'_>) {
    let terms = trust.terms();
    if asked.is_empty() {
        let message = "nothing is asked of the code, so that nobody's word about it counts".to_owned();
        return all.warning(
            "spec.trust",
            "trust-unused",
            message,
            "require a property of code, or leave `trust` out",
        );
    }
    anchors(terms, asked, catalogues, all);
    quorums(trust, asked, all);
    weak(terms, asked, all);
    conditions(terms, all);
    evidence(terms, asked, all);
    two_roles(terms, all);
}

fn anchors(terms: &TrustTerms, asked: &Asked, catalogues: &Catalogues, all: &mut Findings<'_>) {
    for (n, anchor) in terms.anchors.iter().enumerate() {
        let place = format!("spec.trust.anchors[{n}]");
        let name = &anchor.name;
        if !asked.speaks(|property| anchor.scope.covers(property)) {
            let message = format!("the scope of `{name}` has nothing that is asked for");
            all.warning(place.as_str(), "anchor-unused", message, "leave the anchor out, or widen its scope");
        }
        for (m, pattern) in anchor.scope.properties.iter().enumerate() {
            scope(pattern, format!("{place}.scope[{m}]"), asked, catalogues, all);
        }
        if anchor.scope.properties.contains(&PropertyPattern::All) {
            let message = format!("`{name}` may speak about every property, those that come later included");
            all.note(
                format!("{place}.scope"),
                "anchor-of-everything",
                message,
                "name the properties that you ask for",
            );
        }
    }
}

fn scope(
    pattern: &PropertyPattern,
    place: String,
    asked: &Asked,
    catalogues: &Catalogues,
    all: &mut Findings<'_>,
) {
    if !catalogues.all().flat_map(|known| known.properties().keys()).any(|property| pattern.matches(property))
    {
        let message = format!("the scope `{pattern}` names no property of the catalogue");
        all.warning(
            place,
            "scope-word-unknown",
            message,
            "`cdi catalogue` lists all words; a scope takes no tags",
        );
    } else if !asked.speaks(|property| pattern.matches(property)) {
        let message = format!("nothing that is asked for is in the scope `{pattern}`");
        all.note(place, "scope-unused", message, "leave it out: what is not asked for need not be trusted");
    }
}

fn quorums(trust: &Trust, asked: &Asked, all: &mut Findings<'_>) {
    let terms = trust.terms();
    let step = asked.history.then(PropertyName::the_step);
    let single =
        asked.properties.iter().chain(step).filter(|property| terms.quorum.for_property(property) == 1);
    let single: Vec<String> = single.map(|property| format!("`{property}`")).collect();
    if !single.is_empty() {
        let message = format!("one authority is enough for {}", single.join(", "));
        let hint = "a quorum of 2 outlasts the theft of one key, if the anchors are independent";
        all.note("spec.trust.quorum", "quorum-of-one", message, hint);
    }
    for (member, numbers) in [("quorum", &terms.quorum.of), ("countersigned", &terms.countersigned.of)] {
        for property in numbers.keys().filter(|property| !asked.contains(property)) {
            let message = format!("a number is given for `{property}`, which is not asked for");
            let hint = "leave it out, or require the property";
            all.note(format!("spec.trust.{member}"), "quorum-unused", message, hint);
        }
    }
}

fn weak(terms: &TrustTerms, asked: &Asked, all: &mut Findings<'_>) {
    if terms.custody == Custody::Software {
        let message =
            "a report key may lie in a file: whoever reads it can sign reports of that tool".to_owned();
        all.note(
            "spec.trust.custody",
            "custody-of-software",
            message,
            "ask for `hardware` once your tools have it",
        );
    }
    match terms.freshness {
        Freshness::DangerouslyNone => {
            let message = "what is revoked still counts wherever the list is not at hand".to_owned();
            let hint = "`revocation: {maxAge: 7d}` makes a missing list refuse";
            all.warning("spec.trust.revocation", "revocation-not-required", message, hint);
        }
        Freshness::MaxAge(age) if age.seconds() > 31 * 86_400 => {
            let message = format!("lists may be {} days old", age.seconds() / 86_400);
            let hint = "what was revoked since is not known until a newer list comes";
            all.note("spec.trust.revocation", "revocation-slow", message, hint);
        }
        Freshness::MaxAge(_) => {}
    }
    let preservable = asked.properties.iter().any(|property| terms.vocabulary.preservable.contains(property));
    if terms.capture == CaptureLevel::Declared && preservable {
        let message =
            "for what a tool establishes or finds, a run is taken as its invoker describes it".to_owned();
        let hint = "`capture: self` asks for runs that the tool itself, or an observer, recorded";
        all.note("spec.trust.capture", "capture-declared", message, hint);
    }
}

fn conditions(terms: &TrustTerms, all: &mut Findings<'_>) {
    for (n, text) in terms.step_conditions.iter().enumerate() {
        let constant = Condition::parse(text).ok().and_then(|condition| condition.constant());
        let place = format!("spec.trust.stepConditions[{n}]");
        let hint = "compare a member of `operation`, or leave the condition out";
        match constant {
            None => {}
            Some(true) => {
                let message = "the condition reads nothing of a run, and holds of every one".to_owned();
                all.warning(place, "step-condition-vacuous", message, hint);
            }
            Some(false) => {
                let message = "the condition holds of no run, and removes every report".to_owned();
                all.error(place, "step-condition-never-holds", message, hint);
            }
        }
    }
}

fn evidence(terms: &TrustTerms, asked: &Asked, all: &mut Findings<'_>) {
    for (n, rule) in terms.evidence.iter().enumerate() {
        let (place, name) = (format!("spec.trust.evidence[{n}]"), &rule.name);
        if !asked.evidence.contains(name) {
            let message = format!("nothing asks for the evidence `{name}`");
            let hint = "require it as `evidence:NAME`, or leave the entry out";
            all.warning(place, "evidence-unused", message, hint);
        } else if rule.condition.is_none() {
            let message = format!("`{name}` is met by any statement of its type, whatever it says");
            let hint = "set a `condition` to the predicate: a test that failed is a statement too";
            all.note(place, "evidence-unconditional", message, hint);
        }
    }
}

/// A key that speaks in two roles: who holds it can vouch for what they made themselves.
fn two_roles(terms: &TrustTerms, all: &mut Findings<'_>) {
    let mut roles: BTreeMap<KeyId, &str> = BTreeMap::new();
    let anchors = terms.anchors.iter().flat_map(|anchor| anchor.keys.iter().map(PublicKey::key_id));
    roles.extend(anchors.map(|key| (key, "an anchor")));
    let origins = terms.origins.iter().enumerate().filter_map(|(n, origin)| match origin {
        OriginRule::Key(key, _) => {
            Some((*key, format!("spec.history.complete.origins[{n}]"), "an origin's signer"))
        }
        OriginRule::Artifact(_) => None,
    });
    let assumed = terms.assumptions.iter().enumerate().filter_map(|(n, assumed)| match assumed {
        Assumption::OfOrigin(_, key, _) => {
            Some((*key, format!("spec.trust.assume[{n}]"), "an origin's signer"))
        }
        Assumption::OfArtifact(..) => None,
    });
    let reproduced = terms.reproduced.iter().flat_map(|asked| asked.custodians.iter().enumerate());
    let custodians = reproduced.flat_map(|(n, custodian)| {
        let place = format!("spec.history.reproduced.custodians[{n}]");
        custodian.report_keys.iter().map(move |key| (*key, place.clone(), "a report key"))
    });
    for (key, place, role) in origins.chain(assumed).chain(custodians) {
        let Some(other) = roles.get(&key) else { continue };
        let message = format!("the key {} is {role} and {other}: it vouches for itself", key.short());
        all.warning(place, "key-in-two-roles", message, "ask for a key of its own for each role");
    }
}
