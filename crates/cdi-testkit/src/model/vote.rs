//! Votes: a certification covers a report and says that an artifact has a property.

use super::View;
use super::chain::{Chain, chains_of_vote};
use super::holds::Held;
use super::revocation::live;
use super::world::{
    Arg, CODE, Capture, Certification, Claim, Claimed, Digest, Direction, Effect, EnvRule, EnvValue, Exit,
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

    /// The digests of the inputs that count as code.
    pub fn code_inputs<'r>(&self, report: &'r Report) -> Vec<&'r Digest> {
        report.inputs.iter().filter(|(path, _)| self.is_input(path, CODE)).map(|(_, digest)| digest).collect()
    }
}

/// All chains of all votes for (report, property, artifact) whose invocation meets a further condition.
pub fn chains_of_votes<'w>(
    view: View<'w>,
    report: &Report,
    property: &Property,
    artifact: &Digest,
    held: &Held,
    condition: fn(&Invocation, &Roles, &Report) -> bool,
) -> Vec<Chain<'w>> {
    let mut chains = Vec::new();
    for certification in &view.world.evidence.certifications {
        let votes = admits(view, certification, report)
            && certification.claims.iter().any(|claim| {
                let invocation = certification.invocations.get(&claim.invocation);
                let covered = invocation.and_then(|i| covers(i, report).map(|roles| (i, roles)));
                covered.is_some_and(|(invocation, roles)| {
                    is_about(view.world, certification, claim, property)
                        && claim.lowest_capture.is_none_or(|lowest| report.capture >= lowest)
                        && shows(claim, &roles, report, property, artifact, held)
                        && condition(invocation, &roles, report)
                })
            });
        if votes {
            chains.extend(chains_of_vote(view, property, certification, report));
        }
    }
    chains
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
        (Claimed::Exact(exact), Effect::Attests) => exact == property && property != STEP,
        (Claimed::Exact(exact), Effect::Preserves) => exact == property && preservable,
        (Claimed::Star, Effect::Preserves) => certification.known_catalogue && preservable,
        (Claimed::Star, Effect::Establishes | Effect::Attests) => false,
    }
}

/// Whether, by the claim, this run shows that the artifact has the property.
fn shows(
    claim: &Claim,
    roles: &Roles,
    report: &Report,
    property: &Property,
    artifact: &Digest,
    held: &Held,
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
                && code.iter().all(|input| held.contains(&(property.clone(), (*input).clone())))
        }
        Effect::Attests => inspected && report.findings.contains(&(artifact.clone(), property.clone())),
    }
}

/// The roles of the run's paths, if the invocation describes everything that the report records.
pub fn covers(invocation: &Invocation, report: &Report) -> Option<Roles> {
    let environment =
        report.environment.iter().all(|(name, value)| match (invocation.environment.get(name), value) {
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
    if environment && settings && exit { roles(invocation, report) } else { None }
}

/// No tool takes this text for an option, a response file, a setting or an address.
fn only_a_path(text: &str) -> bool {
    if ["/", "./", "../"].iter().any(|start| text.starts_with(start)) {
        return true;
    }
    let before_slash: Vec<char> = text.chars().take_while(|c| *c != '/').collect();
    let begins = before_slash.first().is_some_and(|c| c.is_alphanumeric() || *c == '_' || *c == '.');
    begins && !before_slash.contains(&':') && !before_slash.contains(&'=')
}

/// The roles that the arguments give, if every argument is described and every path is recorded once.
fn roles(invocation: &Invocation, report: &Report) -> Option<Roles> {
    if invocation.arguments.len() != report.arguments.len() {
        return None;
    }
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for (described, text) in invocation.arguments.iter().zip(&report.arguments) {
        match described {
            Arg::Literal(literal) if literal == text => {}
            Arg::OneOf(texts) if texts.contains(text) => {}
            Arg::Path { direction, role } => {
                let (recorded, given) = match direction {
                    Direction::Input => (&report.inputs, &mut inputs),
                    Direction::Output => (&report.outputs, &mut outputs),
                };
                if recorded.iter().filter(|(path, _)| path == text).count() != 1 || !only_a_path(text) {
                    return None;
                }
                given.push((text, role));
            }
            Arg::Literal(_) | Arg::OneOf(_) => return None,
        }
    }
    let given: Vec<(&Name, &Name)> = inputs.iter().chain(&outputs).copied().collect();
    let two_roles = given.iter().any(|one| given.iter().any(|two| one.0 == two.0 && one.1 != two.1));
    let map = |given: Vec<(&Name, &Name)>| given.into_iter().map(|(p, r)| (p.clone(), r.clone())).collect();
    if two_roles { None } else { Some(Roles { inputs: map(inputs), outputs: map(outputs) }) }
}
