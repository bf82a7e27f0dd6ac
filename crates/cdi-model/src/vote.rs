//! Votes: a certification covers a report and says that an artifact has a property.

use super::View;
use super::arguments;
use super::chain::{Chain, chains_of_vote};
use super::holds::lists;
use super::revocation::{live, survives};
use super::world::{
    CODE, Capture, Certification, Claim, Claimed, Condition, Digest, Effect, EnvRule, EnvValue, Exit,
    Invocation, Libraries, Linkage, Name, Property, Report, ReportKind, STEP, World,
};
use std::collections::{BTreeMap, BTreeSet};

/// The roles that an invocation gives to the paths of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Roles {
    /// Of mapped inputs; all others are code.
    pub inputs: BTreeMap<Name, Name>,
    /// Of mapped outputs; all others have none.
    pub outputs: BTreeMap<Name, Name>,
}

impl Roles {
    pub(super) fn is_input(&self, path: &Name, role: &str) -> bool {
        self.inputs.get(path).map_or(CODE, Name::as_str) == role
    }

    pub(super) fn is_output(&self, path: &Name, role: &str) -> bool {
        self.outputs.get(path).is_some_and(|given| given == role)
    }

    /// The inputs that count as code.
    pub fn code_inputs<'r>(&self, report: &'r Report) -> Vec<&'r (Name, Digest)> {
        report.inputs.iter().filter(|(path, _)| self.is_input(path, CODE)).collect()
    }
}

/// What a certification says of an artifact by one claim and one run, once the property holds of what it waits for.
#[derive(Clone, Debug)]
pub struct Vote<'w> {
    /// The run's report.
    pub report: &'w Report,
    /// Of what.
    pub artifact: &'w Digest,
    /// The entry executable of the tool that is certified.
    pub tool: &'w Digest,
    /// The inputs that must have the property first.
    pub waits_for: Vec<&'w (Name, Digest)>,
    /// What the run was, by the claim.
    pub invocation: &'w Invocation,
    /// What its files were.
    pub roles: Roles,
    /// By their paths, what inputs may be taken for instead of code, since somebody lists them.
    pub listed: BTreeMap<Name, BTreeSet<Name>>,
    /// The chains that carry it; never empty.
    pub chains: Vec<Chain<'w>>,
}

/// All votes for the property by reports that are still there.
pub fn votes<'w>(view: View<'w>, property: &Property) -> Vec<Vote<'w>> {
    let evidence = &view.world.evidence;
    let mut votes = Vec::new();
    for certification in &evidence.certifications {
        let about = |claim: &&Claim| is_about(view.world, certification, claim, property);
        let claims: Vec<&Claim> = certification.claims.iter().filter(about).collect();
        for report in evidence.reports.iter().filter(|report| report.key == certification.report_key) {
            if claims.is_empty() || !admits(view, certification, report) || !survives(view, report) {
                continue;
            }
            let Some(line) = line(view, certification, report) else { continue };
            let chains = chains_of_vote(view, property, &line, report);
            if chains.is_empty() {
                continue;
            }
            votes.extend(
                claims.iter().flat_map(|claim| said(view, certification, claim, property, report, &chains)),
            );
        }
    }
    votes
}

/// The votes for what one claim says of one run.
fn said<'w>(
    view: View<'w>,
    certification: &'w Certification,
    claim: &Claim,
    property: &Property,
    report: &'w Report,
    chains: &[Chain<'w>],
) -> Vec<Vote<'w>> {
    let admitted = claim.lowest_capture.is_none_or(|lowest| report.capture >= lowest)
        && claim.condition.is_none_or(|condition| holds(condition, report));
    let invocation = certification.invocations.get(&claim.invocation).filter(|_| admitted);
    let covered = invocation.and_then(|invocation| Some((invocation, covers(view, invocation, report)?)));
    let Some((invocation, roles)) = covered else { return Vec::new() };
    let Some(waits_for) = waits_for(claim, &roles, report) else { return Vec::new() };
    let artifacts = subjects(claim, &roles, property, report).into_iter();
    let may_be = |input: &(Name, Digest)| (input.0.clone(), may_be(view, invocation, &roles, input));
    let listed: BTreeMap<Name, BTreeSet<Name>> = report.inputs.iter().map(may_be).collect();
    let vote = |artifact| {
        let (waits_for, roles, chains) = (waits_for.clone(), roles.clone(), chains.to_vec());
        let tool = &certification.entry;
        Vote { report, artifact, tool, waits_for, invocation, roles, listed: listed.clone(), chains }
    };
    artifacts.map(vote).collect()
}

/// The certification, and what lies between it and one that the report names, that one included; `None` if the principal
/// asks for a named one and there is none.
pub(super) fn line<'w>(
    view: View<'w>,
    newest: &'w Certification,
    report: &Report,
) -> Option<Vec<&'w Certification>> {
    let mut line = vec![newest];
    if !view.principal.named_only {
        return Some(line);
    }
    let mut at = newest;
    while !report.certifications.contains(&at.id) {
        let known = &view.world.evidence.certifications;
        at = known
            .iter()
            .find(|older| at.renews.as_ref() == Some(&older.id) && is_renewed(view.world, older, at))?;
        line.push(at);
    }
    Some(line)
}

/// Whether the newer one says nothing that the older one has not said.
fn is_renewed(world: &World, older: &Certification, newer: &Certification) -> bool {
    older.issuer == newer.issuer
        && older.entry == newer.entry
        && older.report_key == newer.report_key
        && older.recorder == newer.recorder
        && older.linkage == newer.linkage
        && world.catalogue.one(older.catalogue, newer.catalogue)
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
pub(super) fn is_about(
    world: &World,
    certification: &Certification,
    claim: &Claim,
    property: &Property,
) -> bool {
    let preservable = property != STEP && world.catalogue.preservable.contains(property);
    let has = world.catalogue.has(certification.catalogue, property);
    // What everybody has means the same under every catalogue.
    if !has && world.catalogue.added.contains(property) {
        return false;
    }
    match (&claim.property, claim.effect) {
        (Claimed::Exact(exact), Effect::Establishes) => exact == property,
        (Claimed::Exact(exact), Effect::Attests) => {
            exact == property && property != STEP && !world.catalogue.making.contains(property)
        }
        (Claimed::Exact(exact), Effect::Preserves) => exact == property && preservable,
        (Claimed::Star, Effect::Preserves) => has && preservable,
        (Claimed::Star, Effect::Establishes | Effect::Attests) | (_, Effect::Supplies) => false,
    }
}

/// The artifacts of which a claim speaks by a run: what it made, or what it looked at and found to have the property.
fn subjects<'w>(
    claim: &Claim,
    roles: &Roles,
    property: &Property,
    report: &'w Report,
) -> BTreeSet<&'w Digest> {
    let found = |artifact: &Digest| report.findings.contains(&(artifact.clone(), property.clone()));
    let role = &claim.output_role;
    match (claim.effect, report.kind) {
        (Effect::Establishes | Effect::Preserves, ReportKind::Transform) => {
            let made = report.outputs.iter().filter(|(path, _)| roles.is_output(path, role));
            made.map(|(_, artifact)| artifact).collect()
        }
        (Effect::Attests, ReportKind::Inspection) => {
            let read = report.inputs.iter().filter(|(path, _)| roles.is_input(path, role));
            read.map(|(_, artifact)| artifact).filter(|artifact| found(artifact)).collect()
        }
        (Effect::Establishes | Effect::Preserves, ReportKind::Inspection)
        | (Effect::Attests, ReportKind::Transform)
        | (Effect::Supplies, _) => BTreeSet::new(),
    }
}

/// What must have the property before the claim says anything; `None` if it never does.
fn waits_for<'w>(claim: &Claim, roles: &Roles, report: &'w Report) -> Option<Vec<&'w (Name, Digest)>> {
    match claim.effect {
        Effect::Establishes | Effect::Attests => Some(Vec::new()),
        Effect::Preserves => {
            let code = roles.code_inputs(report);
            (report.capture >= Capture::SelfRecorded && !code.is_empty()).then_some(code)
        }
        Effect::Supplies => None,
    }
}

/// The roles for which an input may be taken instead of code, since somebody lists it: none if an argument names its path.
pub(super) fn may_be(
    view: View<'_>,
    invocation: &Invocation,
    roles: &Roles,
    (path, input): &(Name, Digest),
) -> BTreeSet<Name> {
    if roles.inputs.contains_key(path) || roles.outputs.contains_key(path) {
        return BTreeSet::new();
    }
    let manifests = invocation.manifests.iter();
    let listing = manifests.filter(|one| lists(view, &one.key, |kind| kind == one.kind, input));
    listing.map(|one| one.role.clone()).collect()
}

/// The roles of the run's paths, if the invocation describes everything that the report records.
pub fn covers(view: View<'_>, invocation: &Invocation, report: &Report) -> Option<Roles> {
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
    let roles =
        if environment && settings && exit { arguments::roles(view, invocation, report) } else { None };
    roles.filter(|roles| !invocation.all_listed || all_listed(view, invocation, roles, report))
}

/// Whether each input has a role by an argument, or is listed for a manifest of the invocation.
pub(super) fn all_listed(view: View<'_>, invocation: &Invocation, roles: &Roles, report: &Report) -> bool {
    report.inputs.iter().all(|input| {
        roles.inputs.contains_key(&input.0) || !may_be(view, invocation, roles, input).is_empty()
    })
}

/// Whether a condition is true of a run: one that fails is not.
pub fn holds(condition: Condition, report: &Report) -> bool {
    match condition {
        Condition::True => true,
        Condition::ExitIs(code) => report.exit == Exit::Code(code),
        Condition::Error => false,
    }
}
