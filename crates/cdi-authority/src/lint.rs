//! What is sound in form and still likely to be a mistake: claims that never count or always do, descriptions that leave
//! open what runs, and rules that contradict each other.
//!
//! A finding is advice to a vetter before something is signed; no verifier looks at it.

mod conditions;
mod invocations;
mod manifests;

use std::collections::BTreeSet;

use cdi_types::{CaptureLevel, CertificationRequest, Claim, Effect, Invocation, Role, Statement};

use crate::Claims;

/// Something that is likely to be a mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where in the claims file: `claims[2]`, `invocations.default.environment.PATH`.
    pub place: String,
    /// The stable code of this kind of finding.
    pub code: &'static str,
    /// What is there, in one clause.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

/// Looks for mistakes in claims; with the tool owner's request also for what does not fit the tool. Sorted by place.
#[must_use]
pub fn lint(claims: &Claims, request: Option<&Statement<CertificationRequest>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, claim) in claims.claims.iter().enumerate() {
        let place = format!("claims[{index}]");
        findings.extend(of_claim(claims, claim, request, &place));
        findings.extend(conditions::of_claim(claims, claim, &place));
    }
    let used: BTreeSet<&Role> = claims.claims.iter().map(|claim| &claim.invocation).collect();
    for (name, invocation) in &claims.invocations {
        let place = format!("invocations.{name}");
        if !used.contains(name) {
            findings.push(Finding {
                place: place.clone(),
                code: "invocation-unused",
                message: format!("no claim names the invocation `{name}`"),
                hint: "name it in a claim, or leave it out",
            });
        }
        findings.extend(request.and_then(|request| program(name, invocation, request)));
        findings.extend(invocations::of_invocation(invocation, &place));
        findings.extend(manifests::of_invocation(claims, name, request));
    }
    findings.sort();
    findings
}

fn of_claim(
    claims: &Claims,
    claim: &Claim,
    request: Option<&Statement<CertificationRequest>>,
    place: &str,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let code = "claim-never-counts";
    let says_so = claim.lowest_capture.is_some_and(|level| level > CaptureLevel::Declared);
    let recorded_by_another = request.is_some_and(|request| !records_itself(request));
    if claim.effect == Effect::Preserves && recorded_by_another && !says_so {
        findings.push(Finding {
            place: place.to_owned(),
            code,
            message:
                "`preserves` counts only where nothing is left out of the inputs, and this tool does not record itself"
                    .to_owned(),
            hint: "`cdi wrap` records at capture level `declared`, where `establishes` and `attests` count; of runs at a higher level \
                   say so with `lowestCapture`",
        });
    }
    if claim.effect == Effect::Supplies && !describes_a_runtime(claims, claim) {
        findings.push(Finding {
            place: place.to_owned(),
            code,
            message: format!(
                "the invocation `{}` describes paths, and what a runtime runs is none of its arguments",
                claim.invocation
            ),
            hint: "describe how the runtime itself is set up: its program, options, variables and settings",
        });
    }
    if !gives_the_role(claims, claim) {
        let (role, invocation) = (&claim.output, &claim.invocation);
        findings.push(Finding {
            place: place.to_owned(),
            code,
            message: format!(
                "no argument of the invocation `{invocation}` has the role `{role}` that a claim is about"
            ),
            hint: "give that role to a path of the invocation, or name another in the claim's `output`",
        });
    }
    findings
}

/// A runtime has no recorded files: an invocation that wants the path of one describes no runtime.
fn describes_a_runtime(claims: &Claims, claim: &Claim) -> bool {
    let Some(invocation) = claims.invocations.get(&claim.invocation) else { return true };
    !invocation.arguments.rules().any(|rule| rule.input().is_some() || rule.output().is_some())
}

fn records_itself(request: &Statement<CertificationRequest>) -> bool {
    let entry = request.subject().first().and_then(|subject| subject.digest.file());
    entry == Some(request.predicate().recorder.sha256())
}

fn gives_the_role(claims: &Claims, claim: &Claim) -> bool {
    let Some(invocation) = claims.invocations.get(&claim.invocation) else { return true };
    if claim.effect == Effect::Supplies {
        return true;
    }
    let made = invocation.outputs.iter().any(|output| output.role == claim.output);
    if made && claim.effect != Effect::Attests {
        return true;
    }
    invocation.arguments.rules().any(|rule| match claim.effect {
        Effect::Attests => rule.input() == Some(&claim.output),
        _ => rule.output() == Some(&claim.output),
    }) || (claim.effect == Effect::Attests && claim.output.is_code())
}

/// A run is covered only if it was called by one of these names; one that is neither the tool's nor its executable's is
/// most likely a typing error.
fn program(
    name: &Role,
    invocation: &Invocation,
    request: &Statement<CertificationRequest>,
) -> Option<Finding> {
    let tool = request.predicate().tool.name.as_str();
    let entry = request.subject().first().and_then(|subject| subject.path.as_ref()).map(ToString::to_string);
    let executable = entry.as_deref().and_then(|path| path.rsplit('/').next()).unwrap_or(tool);
    if invocation.program.iter().any(|program| program == tool || program == executable) {
        return None;
    }
    let names = if tool == executable { vec![tool] } else { vec![tool, executable] };
    let (found, expected) = (invocation.program.join("`, `"), names.join("` or `"));
    Some(Finding {
        place: format!("invocations.{name}.program"),
        code: "invocation-of-another-program",
        message: format!("the invocation `{name}` is of `{found}`, and the tool is `{expected}`"),
        hint: "`program` has the names under which the tool is called; runs under other names are not covered",
    })
}

#[cfg(test)]
mod tests;
