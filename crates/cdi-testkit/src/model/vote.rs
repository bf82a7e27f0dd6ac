//! Votes: a certification covers a report and says that an artifact has a property.

use super::View;
use super::arguments;
use super::chain::{Chain, chains_of_vote};
use super::holds::{Sources, counts};
use super::revocation::live;
use super::world::{
    CODE, Capture, Certification, Claim, Claimed, Condition, Digest, Effect, EnvRule, EnvValue, Exit,
    Invocation, Libraries, Linkage, Name, Property, Report, ReportKind, STEP, World,
};
use std::collections::BTreeMap;

/// The roles that an invocation gives to the paths of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Roles {
    /// Of mapped inputs; all others are code.
    pub inputs: BTreeMap<Name, Name>,
    /// Of mapped outputs; all others have none.
    pub outputs: BTreeMap<Name, Name>,
}

impl Roles {
    fn is_input(&self, path: &Name, role: &str) -> bool {
        self.inputs.get(path).map_or(CODE, Name::as_str) == role
    }

    fn is_output(&self, path: &Name, role: &str) -> bool {
        self.outputs.get(path).is_some_and(|given| given == role)
    }

    /// The inputs that count as code.
    pub fn code_inputs<'r>(&self, report: &'r Report) -> Vec<&'r (Name, Digest)> {
        report.inputs.iter().filter(|(path, _)| self.is_input(path, CODE)).collect()
    }
}

/// All chains of all votes for (report, property, artifact) whose invocation meets a further condition.
pub fn chains_of_votes<'w>(
    view: View<'w>,
    report: &Report,
    property: &Property,
    artifact: &Digest,
    held: &Sources,
    condition: impl Fn(&Invocation, &Roles, &Report) -> bool,
) -> Vec<Chain<'w>> {
    let mut chains = Vec::new();
    for certification in &view.world.evidence.certifications {
        let Some(line) = line(view, certification, report) else { continue };
        let votes = admits(view, certification, report)
            && certification.claims.iter().any(|claim| {
                let invocation = certification.invocations.get(&claim.invocation);
                let covered = invocation.and_then(|i| covers(i, report).map(|roles| (i, roles)));
                covered.is_some_and(|(invocation, roles)| {
                    is_about(view.world, certification, claim, property)
                        && claim.lowest_capture.is_none_or(|lowest| report.capture >= lowest)
                        && claim.condition.is_none_or(|condition| holds(condition, report))
                        && shows(view, claim, &roles, report, property, artifact, held)
                        && condition(invocation, &roles, report)
                })
            });
        if votes {
            chains.extend(chains_of_vote(view, property, &line, report));
        }
    }
    chains
}

/// The certification, and what lies between it and one that the report names, that one included; `None` if the principal
/// asks for a named one and there is none.
fn line<'w>(view: View<'w>, newest: &'w Certification, report: &Report) -> Option<Vec<&'w Certification>> {
    let mut line = vec![newest];
    if !view.principal.named_only {
        return Some(line);
    }
    let mut at = newest;
    while !report.certifications.contains(&at.id) {
        let known = &view.world.evidence.certifications;
        at = known.iter().find(|older| at.renews.as_ref() == Some(&older.id) && is_renewed(older, at))?;
        line.push(at);
    }
    Some(line)
}

/// Whether the newer one says nothing that the older one has not said.
fn is_renewed(older: &Certification, newer: &Certification) -> bool {
    older.issuer == newer.issuer
        && older.entry == newer.entry
        && older.report_key == newer.report_key
        && older.recorder == newer.recorder
        && older.linkage == newer.linkage
        && older.known_catalogue == newer.known_catalogue
        && newer.closure.is_subset(&older.closure)
        && newer.claims.iter().all(|claim| {
            older.claims.contains(claim)
                && older.invocations.get(&claim.invocation) == newer.invocations.get(&claim.invocation)
        })
}

/// Whether the certification is live and the report is one of its tool's, made as the principal asks.
fn admits(view: View<'_>, c: &Certification, report: &Report) -> bool {
    let in_closure = |digest: &Digest| c.closure.contains(digest);
    live(view, &c.issuer, c.not_before, c.not_after)
        && c.report_key == report.key
        && report.executables.first() == Some(&c.entry)
        && report.executables.iter().all(|digest| *digest == c.entry || in_closure(digest))
        && match &report.libraries {
            Libraries::Measured(libraries) => libraries.iter().all(in_closure),
            Libraries::Unmeasured => c.linkage == Linkage::Static,
        }
        && report.recorder == c.recorder
        && c.custody >= view.principal.custody_floor
        && view.principal.capture_floor.is_none_or(|floor| report.capture >= floor)
}

/// Whether the claim speaks of the property at all. [`STEP`] can only be established.
fn is_about(world: &World, certification: &Certification, claim: &Claim, property: &Property) -> bool {
    let preservable = property != STEP && world.catalogue.preservable.contains(property);
    match (&claim.property, claim.effect) {
        (Claimed::Exact(exact), Effect::Establishes) => exact == property,
        (Claimed::Exact(exact), Effect::Attests) => {
            exact == property && property != STEP && !world.catalogue.making.contains(property)
        }
        (Claimed::Exact(exact), Effect::Preserves) => exact == property && preservable,
        (Claimed::Star, Effect::Preserves) => certification.known_catalogue && preservable,
        (Claimed::Star, Effect::Establishes | Effect::Attests) => false,
    }
}

/// Whether, by the claim, this run shows that the artifact has the property.
fn shows(
    view: View<'_>,
    claim: &Claim,
    roles: &Roles,
    report: &Report,
    property: &Property,
    artifact: &Digest,
    held: &Sources,
) -> bool {
    let made = report.kind == ReportKind::Transform
        && report
            .outputs
            .iter()
            .any(|(path, digest)| digest == artifact && roles.is_output(path, &claim.output_role));
    let inspected = report.kind == ReportKind::Inspection
        && report
            .inputs
            .iter()
            .any(|(path, digest)| digest == artifact && roles.is_input(path, &claim.output_role));
    match claim.effect {
        Effect::Establishes => made,
        Effect::Preserves => {
            let code = roles.code_inputs(report);
            made && report.capture >= Capture::SelfRecorded
                && !code.is_empty()
                && code.iter().all(|(path, input)| {
                    held.iter().any(|(shown, of, source)| {
                        shown == property
                            && of == input
                            && counts(view, property, report, (path, input), source)
                    })
                })
        }
        Effect::Attests => inspected && report.findings.contains(&(artifact.clone(), property.clone())),
    }
}

/// The roles of the run's paths, if the invocation describes everything that the report records.
pub fn covers(invocation: &Invocation, report: &Report) -> Option<Roles> {
    let environment =
        report.environment.iter().all(|(name, value)| match (arguments::variable(invocation, name), value) {
            (None, _) | (Some(EnvRule::OneOf(_)), EnvValue::Commitment(_)) => false,
            (Some(EnvRule::Any), _) => true,
            (Some(EnvRule::OneOf(values)), EnvValue::Value(value)) => values.contains(value),
        });
    let settings = report.settings.keys().eq(invocation.settings.keys())
        && invocation
            .settings
            .iter()
            .all(|(name, values)| report.settings.get(name).is_some_and(|value| values.contains(value)));
    let exit = match report.exit {
        Exit::Code(code) => invocation.exit_status.contains(&code),
        Exit::Signal(_) => false,
    };
    if environment && settings && exit { arguments::roles(invocation, report) } else { None }
}

/// Whether a condition is true of a run: one that fails is not.
pub fn holds(condition: Condition, report: &Report) -> bool {
    match condition {
        Condition::True => true,
        Condition::ExitIs(code) => report.exit == Exit::Code(code),
        Condition::Error => false,
    }
}
