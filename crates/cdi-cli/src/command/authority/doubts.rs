//! Claims that are sound in form and can never help anybody: told before they are signed, and signed all the same.

use cdi_authority::Claims;
use cdi_types::{ArgumentRule, CertificationRequest, Claim, Effect, Invocation, Role, Statement};

use crate::failure::Failure;
use crate::terminal;

/// Warns of each claim that no run can ever fulfil, and of each invocation that seems to be another tool's.
pub(super) fn tell(claims: &Claims, request: &Statement<CertificationRequest>) {
    claims.invocations.iter().for_each(|(role, invocation)| tell_of_program(role, invocation, request));
    for claim in &claims.claims {
        if claim.effect == Effect::Preserves && !records_itself(request) {
            let message =
                "`preserves` counts only for a tool that records itself, and this one is recorded by another";
            let hint =
                "`cdi wrap` records at capture level `declared`: `establishes` and `attests` count there";
            terminal::warning(&Failure::failed("claim-never-counts", message).hint(hint));
        }
        if !gives_the_role(claims, claim) {
            let (role, invocation) = (&claim.output, &claim.invocation);
            let message = format!(
                "no argument of the invocation `{invocation}` has the role `{role}` that a claim is about"
            );
            terminal::warning(&Failure::failed("claim-never-counts", message));
        }
    }
}

/// A run is covered only if it was called by one of these names; one that is neither the tool's nor its executable's is
/// most likely a typing error.
fn tell_of_program(name: &Role, invocation: &Invocation, request: &Statement<CertificationRequest>) {
    let tool = request.predicate().tool.name.as_str();
    let entry = request.subject().first().and_then(|subject| subject.path.as_ref()).map(ToString::to_string);
    let executable = entry.as_deref().and_then(|path| path.rsplit('/').next()).unwrap_or(tool);
    if invocation.program.iter().any(|program| program == tool || program == executable) {
        return;
    }
    let (found, expected) = (invocation.program.join("`, `"), [tool, executable].join("` or `"));
    let message = format!("the invocation `{name}` is of `{found}`, and the tool is `{expected}`");
    let hint =
        "`program` has the names under which the tool is called; runs under other names are not covered";
    terminal::warning(&Failure::failed("invocation-of-another-program", message).hint(hint));
}

fn records_itself(request: &Statement<CertificationRequest>) -> bool {
    let entry = request.subject().first().map(|subject| subject.digest.sha256());
    entry == Some(request.predicate().recorder.sha256())
}

fn gives_the_role(claims: &Claims, claim: &Claim) -> bool {
    let Some(invocation) = claims.invocations.get(&claim.invocation) else { return true };
    invocation.arguments.rules().any(|rule| match (rule, claim.effect) {
        (ArgumentRule::Output(role), Effect::Establishes | Effect::Preserves)
        | (ArgumentRule::Input(role), Effect::Attests) => *role == claim.output,
        (ArgumentRule::KnownInput(known), Effect::Attests) => known.role == claim.output,
        _ => false,
    }) || (claim.effect == Effect::Attests && claim.output.is_code())
}
