//! What is asked of histories, and how weakly.

use cdi_types::PropertyName;
use cdi_verify::{Assumption, Depth, Inputs, Trust};

use super::Findings;
use super::asked::Asked;

pub(super) fn of(trust: &Trust, asked: &Asked, all: &mut Findings<'_>) {
    let terms = trust.terms();
    if asked.complete && terms.inputs == Inputs::ByDigest {
        all.note(
            "spec.history.complete",
            "complete-not-linked",
            "any report about the same bytes can stand for an input's own run".to_owned(),
            "`trust.inputs: linked` lets only the runs that a report names speak for its inputs",
        );
    }
    let step = terms.quorum.for_property(PropertyName::the_step());
    let most = asked.properties.iter().map(|property| terms.quorum.for_property(property)).max();
    if let Some(most) = most.filter(|most| asked.history && step < *most) {
        let message = format!(
            "{step} must vouch that a step leaves nothing out, and {most} for a property of its output"
        );
        let hint = "give `STEP` in `quorum` the greatest number: what a step leaves out can undo a property";
        all.warning("spec.trust.quorum", "quorum-of-step-lower", message, hint);
    }
    for (n, assumption) in terms.assumptions.iter().enumerate() {
        assumed(n, assumption, asked, all);
    }
    let forbids = !terms.forbidden.origins.is_empty() || !terms.forbidden.origin_keys.is_empty();
    if forbids && !asked.complete && terms.assumptions.is_empty() {
        let message = "origins are forbidden, and nothing is asked or assumed of any".to_owned();
        let hint = "ask for a complete history, or leave it out";
        all.note("spec.trust.forbid", "forbid-unused", message, hint);
    }
    if !terms.exempt.is_empty() {
        let roles: Vec<String> = terms.exempt.iter().map(|role| format!("`{role}`")).collect();
        let message = format!("inputs of the role {} need no history", roles.join(", "));
        let hint = "keep it if what comes in by that role cannot change what the output does";
        all.note("spec.history.complete.exempt", "roles-exempt", message, hint);
    }
    for (n, rule) in terms.summaries.iter().enumerate() {
        let message =
            format!("what `{}` has verified needs no history, whatever it looked at", rule.verifier);
        let hint =
            "keep it if its verification is as good as yours; name its `policies`, and keep `maxAge` short";
        all.note(format!("spec.history.complete.summaries[{n}]"), "summary-accepted", message, hint);
    }
    for (n, Depth { tool, steps }) in terms.depths.iter().enumerate() {
        let message = format!("behind `{tool}` no more than {steps} steps of a history are asked");
        let hint = "keep it if those who certify steps name no other tool so";
        all.note(format!("spec.history.complete.depth[{n}]"), "history-cut", message, hint);
    }
}

fn assumed(n: usize, assumption: &Assumption, asked: &Asked, all: &mut Findings<'_>) {
    let (property, what) = match assumption {
        Assumption::OfArtifact(property, artifact) => (property, format!("the artifact {artifact}")),
        Assumption::OfOrigin(property, key, kind) => {
            (property, format!("everything that the key {} lists as `{}`", key.short(), kind.as_str()))
        }
    };
    let place = format!("spec.trust.assume[{n}]");
    if asked.properties.contains(property) {
        let message = format!("`{property}` is taken as given of {what}: nobody vouches for it");
        all.note(
            place,
            "assumption-for-proof",
            message,
            "have it inspected, and ask for what the inspection shows",
        );
    } else {
        let message = format!("`{property}` is assumed of {what}, and nothing asks for it");
        all.warning(place, "assumption-unused", message, "leave it out, or require the property");
    }
}
