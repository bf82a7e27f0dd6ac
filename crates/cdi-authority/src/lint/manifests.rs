//! Manifests that excuse nothing, or that the tool itself could write.

use cdi_types::{CertificationRequest, Claim, ClaimedProperty, Effect, Role, Statement, Unnamed};

use super::Finding;
use crate::Claims;

pub(super) fn of_invocation(
    claims: &Claims,
    name: &Role,
    request: Option<&Statement<CertificationRequest>>,
) -> Vec<Finding> {
    let Some(invocation) = claims.invocations.get(name) else { return Vec::new() };
    let mut findings = Vec::new();
    let listed = invocation.unnamed == Unnamed::Listed;
    let used = listed || claims.claims.iter().filter(|claim| claim.invocation == *name).any(looks_at_inputs);
    if !invocation.manifests.is_empty() && !used {
        findings.push(Finding {
            place: format!("invocations.{name}.manifests"),
            code: "manifest-unused",
            message: format!("no claim by the invocation `{name}` looks at its inputs"),
            hint: "manifests matter to what is preserved and to `STEP`; leave them out elsewhere",
        });
    }
    let key = request.map(|request| request.predicate().report_key.key_id());
    if invocation.all_manifests().any(|manifest| Some(manifest.key.key_id()) == key) {
        findings.push(Finding {
            place: format!("invocations.{name}.manifests"),
            code: "manifest-own-key",
            message: "the key of a manifest is the tool's report key".to_owned(),
            hint: "name the supplier's key: a tool must not say of its own inputs what they are",
        });
    }
    findings
}

/// Whether it matters to a claim what went into the run.
fn looks_at_inputs(claim: &Claim) -> bool {
    let step = matches!(&claim.property, ClaimedProperty::Named(property) if property.is_step());
    step || claim.effect == Effect::Preserves
}
