//! What a runtime supplies to the code that it runs.

use super::View;
use super::chain::{Chain, chains_of_vote};
use super::quorum::{quorum, required};
use super::revocation::live;
use super::vote::covers;
use super::world::{
    Capture, Certification, Claimed, Digest, Effect, Exit, Libraries, Linkage, Property, Report, ReportKind,
    Runtime,
};

/// Whether, for the principal, enough independent authorities certify that the world's runtime supplies the property.
pub fn supplies(view: View<'_>, property: &Property) -> bool {
    let Some(runtime) = &view.world.runtime else { return false };
    if files(runtime).iter().any(|file| view.principal.forbidden.tools.contains(*file)) {
        return false;
    }
    let certifications = view.world.evidence.certifications.iter();
    let speaking = certifications.filter(|c| is_of(view, c, runtime) && claims(view, c, runtime, property));
    let chains: Vec<Chain<'_>> =
        speaking.flat_map(|c| chains_of_vote(view, property, &[c], &as_if_it_ran(c, runtime, 0))).collect();
    quorum(view.principal, &chains, required(view.principal, property))
}

fn files(runtime: &Runtime) -> Vec<&Digest> {
    let libraries = match &runtime.libraries {
        Libraries::Measured(libraries) => libraries.as_slice(),
        Libraries::Unmeasured => &[],
    };
    libraries.iter().chain([&runtime.executable]).collect()
}

/// Whether the certification is live, and of this runtime with everything that it has loaded.
fn is_of(view: View<'_>, c: &Certification, runtime: &Runtime) -> bool {
    let known = |file: &&Digest| **file == c.entry || c.closure.contains(*file);
    let measured = runtime.libraries != Libraries::Unmeasured || c.linkage == Linkage::Static;
    c.entry == runtime.executable
        && measured
        && files(runtime).iter().all(known)
        && live(view, &c.issuer, c.not_before, c.not_after)
}

/// Whether the certification says that the runtime, set up as it is, supplies the property.
fn claims(view: View<'_>, c: &Certification, runtime: &Runtime, property: &Property) -> bool {
    c.claims.iter().any(|claim| {
        claim.effect == Effect::Supplies
            && claim.property == Claimed::Exact(property.clone())
            && c.invocations.get(&claim.invocation).is_some_and(|invocation| {
                // It has not ended, so that how it may end does not matter.
                let mut codes = invocation.exit_status.iter();
                codes.any(|code| covers(view, invocation, &as_if_it_ran(c, runtime, *code)).is_some())
            })
    })
}

/// A run that is set up as the runtime is, and that no list can name: it has no id, and was never going on.
fn as_if_it_ran(c: &Certification, runtime: &Runtime, code: i32) -> Report {
    Report {
        id: String::new(),
        key: c.report_key.clone(),
        kind: ReportKind::Transform,
        executables: vec![runtime.executable.clone()],
        libraries: runtime.libraries.clone(),
        recorder: c.recorder.clone(),
        capture: Capture::Declared,
        arguments: runtime.arguments.clone(),
        environment: runtime.environment.clone(),
        settings: runtime.settings.clone(),
        exit: Exit::Code(code),
        ran: (u64::MAX, 0),
        inputs: Vec::new(),
        outputs: Vec::new(),
        findings: Vec::new(),
        certifications: std::collections::BTreeSet::new(),
        links: std::collections::BTreeMap::new(),
        countersigners: std::collections::BTreeSet::new(),
    }
}
