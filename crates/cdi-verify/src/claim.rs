//! Which certifications speak about a run, and what each says of an artifact (rule M-VOTE).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use cdi_types::{
    ArtifactDigest, Claim, Effect, PropertyName, Report, ReportKind, RevokedId, Role, StatementId,
    ToolCertification,
};

use crate::authority::Authorities;
use crate::claimed::{AllClaimed, Claimed, Sought};
use crate::condition::{ConditionFailure, Conditions};
use crate::coverage::{Listings, Roles};
use crate::covering::Covering;
use crate::graph::Pair;
use crate::held::{Asked, Cover, Held, covered_by_manifests, tool_name};
use crate::obstacle::Obstacle;
use crate::provenance::Signed;
use crate::renewal::Line;
use crate::search::{End, Steps, StepsExhausted};
use crate::way::Way;

/// A certification of the key that signed a report.
pub(crate) struct Candidate<'a> {
    pub(crate) certification: &'a Signed<ToolCertification>,
    /// Its number among those of the bundle.
    number: usize,
    /// What it says of the run, whoever asks. Of one that no chain could ever lead to nothing is worked out: it is kept to be
    /// explained.
    held: Option<Rc<Held<'a>>>,
    /// Why the certification does not speak about this run at all, if so.
    pub(crate) obstacle: Option<Box<Obstacle>>,
    /// Where the chains of its votes end.
    pub(crate) end: End,
    /// What it renews, down to what the report names.
    pub(crate) line: Line,
    /// How far behind a run of its tool the policy asks for a history, where it says so.
    pub(crate) depth: Option<u8>,
    /// Of those that name manifests, by what the policy does not forbid: by their names, in ascending order.
    by_manifests: Vec<(&'a Role, Cover<'a>)>,
    /// Whether the conditions of its claims hold of the run, by their texts; of claims by invocations that cover it.
    conditions: BTreeMap<&'a str, Result<(), ConditionFailure>>,
}

impl<'a> Candidate<'a> {
    pub(crate) fn new(
        (number, certification): (usize, &'a Signed<ToolCertification>),
        (report, held): (&'a Signed<Report>, Rc<Held<'a>>),
        authorities: &Authorities<'_>,
        listings: &Listings,
        line: Option<Line>,
    ) -> Self {
        let named = if authorities.revocations.is_empty() {
            Vec::new()
        } else {
            named_by_a_vote(certification, report, line.as_deref().unwrap_or_default())
        };
        let obstacle = obstacle(certification, (report, &held), authorities, &named, line.is_some());
        let shunned = named.iter().flat_map(|id| authorities.revocations.revokers(*id)).collect();
        let end = End { certifier: certification.issuer(), shunned };
        let mut by_manifests = Vec::new();
        if obstacle.is_none() {
            held.cover(certification, report);
            by_manifests = covered_by_manifests(certification, report, authorities, listings);
        }
        let obstacle = obstacle.map(Box::new);
        let depth = authorities.trust.depth(&certification.predicate().tool.name);
        let (line, conditions) = (line.unwrap_or_default(), BTreeMap::new());
        let held = Some(held);
        Self { certification, number, held, obstacle, end, line, depth, by_manifests, conditions }
    }

    /// What a revocation can name to take its votes about this report away, besides what stands on their chains.
    pub(crate) fn named(&self, report: &Signed<Report>) -> Vec<RevokedId> {
        named_by_a_vote(self.certification, report, &self.line)
    }

    /// A certification by somebody whom no chain could ever lead to. It costs no more than to name it.
    pub(crate) fn by_a_stranger(
        (number, certification): (usize, &'a Signed<ToolCertification>),
        issuer: cdi_types::KeyId,
    ) -> Self {
        let end = End { certifier: issuer, shunned: BTreeSet::new() };
        let obstacle = Some(Box::new(Obstacle::UntrustedAuthority { authority: issuer }));
        Self {
            certification,
            number,
            obstacle,
            held: None,
            end,
            line: Line::new(),
            depth: None,
            by_manifests: Vec::new(),
            conditions: BTreeMap::new(),
        }
    }

    /// Whether no chain could ever lead to its issuer.
    pub(crate) const fn is_strangers(&self) -> bool {
        self.held.is_none()
    }

    /// The tool's name and version.
    pub(crate) fn tool(&self) -> Arc<str> {
        let certification = self.certification.predicate();
        self.held.as_ref().map_or_else(|| tool_name(certification).into(), |held| held.tool(certification))
    }

    /// Holds the conditions of the claims against the run, each once.
    pub(crate) fn hold_conditions(
        &mut self,
        claimed: &AllClaimed,
        report: &Signed<Report>,
        conditions: &mut Conditions<'a>,
        steps: &mut Steps,
    ) -> Result<(), StepsExhausted> {
        let claims = &self.certification.predicate().claims;
        for Claimed { place, invocation, .. } in claimed.conditional(self.number) {
            let covered = matches!(self.cover(*invocation), Some(Ok(_)));
            let text = claims.get(*place).and_then(|claim| claim.condition.as_deref());
            if let Some(text) = text.filter(|_| covered)
                && !self.conditions.contains_key(text)
            {
                let outcome = conditions.hold(text, &report.predicate().operation, steps)?;
                self.conditions.insert(text, outcome);
            }
        }
        Ok(())
    }

    /// The claims about a property.
    pub(crate) fn claims<'c>(
        &self,
        claimed: &'c AllClaimed,
        sought: &'c Sought,
    ) -> impl Iterator<Item = Claimed> + 'c {
        claimed.about(self.number, sought)
    }

    /// How the claim speaks of the pair's artifact, if it does: as [`Self::vote`], and once where nobody's policy matters.
    pub(crate) fn speaks(
        &self,
        claimed: Claimed,
        property: &PropertyName,
        pair: Pair<'_, '_>,
    ) -> Option<Rc<Way>> {
        if self.obstacle.is_some() {
            return None;
        }
        let vote = || self.vote(claimed, property, pair).ok();
        match self.held.as_ref().and_then(|held| held.speak(claimed.place)) {
            Some(speaks) if pair.is_only && self.is_covered_for_all(claimed) => {
                speaks.get_or_init(vote).clone()
            }
            _ => vote(),
        }
    }

    /// How the claim speaks of the pair's artifact, with the inputs of which the property must hold first: none for a claim that
    /// establishes or attests.
    ///
    /// # Errors
    /// The [`Obstacle`] that keeps the claim from saying anything.
    pub(crate) fn vote(
        &self,
        claimed: Claimed,
        property: &PropertyName,
        pair: Pair<'_, '_>,
    ) -> Result<Rc<Way>, Obstacle> {
        if let Some(obstacle) = &self.obstacle {
            return Err(obstacle.as_ref().clone());
        }
        let claims = &self.certification.predicate().claims;
        let Some(claim) = claims.get(claimed.place) else {
            return Err(wrong_kind(self.certification, pair.report, property));
        };
        let run = Run { candidate: self, claimed, claim, property, report: pair.report };
        let covering = run.covering()?;
        let roles = covering.roles();
        run.capture()?;
        run.condition()?;
        match claim.effect {
            Effect::Establishes => run.made(pair, roles).map(|()| Rc::clone(covering.free())),
            Effect::Preserves => run.made(pair, roles).and_then(|()| run.keeping(covering)),
            Effect::Attests => run.inspected(pair, roles).map(|()| Rc::clone(covering.free())),
            // What a runtime supplies is about no run, and never among the claims about one.
            Effect::Supplies => Err(run.wrong_kind()),
        }
    }

    /// The invocation of a claim, if it covers the run.
    pub(crate) fn covering(&self, claimed: Claimed) -> Option<&Covering<'a>> {
        self.cover(claimed.invocation)?.as_ref().ok()
    }

    /// What is known of the invocation at this place, whoever asks; `None` where that hangs on manifests.
    fn covers(&self, invocation: usize) -> Option<&Asked<'a>> {
        // Another principal may have asked by a certification that has nothing to say to this one.
        self.held.as_ref().filter(|_| self.obstacle.is_none())?.covers(invocation)
    }

    /// Whether the claim's invocation covers the run for every policy, or for none.
    fn is_covered_for_all(&self, claimed: Claimed) -> bool {
        self.covers(claimed.invocation).is_some_and(|(_, cover)| cover.is_some())
    }

    /// Whether the invocation at this place covers the run.
    fn cover(&self, invocation: usize) -> Option<&Cover<'a>> {
        let (name, cover) = self.covers(invocation)?;
        cover.as_ref().or_else(|| {
            let place = self.by_manifests.binary_search_by_key(name, |(name, _)| name).ok()?;
            self.by_manifests.get(place).map(|(_, cover)| cover)
        })
    }
}

/// What a revocation can name to take a vote away, besides what stands on its chain, in ascending order.
fn named_by_a_vote(
    certification: &Signed<ToolCertification>,
    report: &Signed<Report>,
    line: &[StatementId],
) -> Vec<RevokedId> {
    let key = certification.predicate().report_key.key_id();
    let certifications = [certification.id()].into_iter().chain(line.iter().copied());
    let certifications = certifications.map(RevokedId::Certification);
    let mut named: Vec<RevokedId> =
        certifications.chain([RevokedId::Key(key), RevokedId::Report(report.id())]).collect();
    named.sort_unstable();
    named.dedup();
    named
}

/// Why a certification does not speak about a run, the claims aside: the first in the order of rule M-VOTE.
fn obstacle(
    certification: &Signed<ToolCertification>,
    (report, held): (&Signed<Report>, &Held<'_>),
    authorities: &Authorities<'_>,
    named: &[RevokedId],
    is_named: bool,
) -> Option<Obstacle> {
    let predicate = certification.predicate();
    let issuer = certification.issuer();
    let what = || format!("tool certification for `{}`", tool_name(predicate));
    let revoked = || named.iter().find_map(|id| authorities.revoked(issuer, *id));
    let unnamed = || {
        let (report, tool) = (report.id(), tool_name(predicate));
        (!is_named).then(|| Obstacle::NotNamed { report, certification: certification.id(), tool })
    };
    authorities
        .dated(predicate, certification.id(), what)
        .or_else(|| authorities.signer(issuer))
        .or_else(revoked)
        .or_else(|| custody(certification, authorities))
        .or_else(unnamed)
        .or_else(|| held.measured().cloned())
        .or_else(|| policy_capture(certification, report, authorities))
}

fn custody(certification: &Signed<ToolCertification>, authorities: &Authorities<'_>) -> Option<Obstacle> {
    let (expected, found) = (authorities.trust.terms().custody, certification.predicate().custody);
    (found < expected).then(|| {
        let tool = tool_name(certification.predicate());
        Obstacle::Custody { certification: certification.id(), tool, expected, found }
    })
}

fn policy_capture(
    certification: &Signed<ToolCertification>,
    report: &Signed<Report>,
    authorities: &Authorities<'_>,
) -> Option<Obstacle> {
    let (expected, found) = (authorities.trust.terms().capture, report.predicate().capture);
    (found < expected).then(|| {
        let (report, tool) = (report.id(), tool_name(certification.predicate()));
        Obstacle::Capture { report, tool, expected: expected.as_str(), found: found.as_str() }
    })
}

fn wrong_kind(
    certification: &Signed<ToolCertification>,
    report: &Signed<Report>,
    property: &PropertyName,
) -> Obstacle {
    let (report, tool) = (report.id(), tool_name(certification.predicate()));
    Obstacle::WrongKind { report, tool, property: property.clone() }
}

/// A claim on its way to a vote.
struct Run<'r, 'a> {
    candidate: &'r Candidate<'a>,
    claimed: Claimed,
    claim: &'r Claim,
    property: &'r PropertyName,
    report: &'r Signed<Report>,
}

impl<'r, 'a> Run<'r, 'a> {
    fn tool(&self) -> String {
        tool_name(self.candidate.certification.predicate())
    }

    fn covering(&self) -> Result<&'r Covering<'a>, Obstacle> {
        let invocation = &self.claim.invocation;
        match self.candidate.cover(self.claimed.invocation) {
            Some(Ok(covering)) => Ok(covering),
            Some(Err(mismatch)) => Err(Obstacle::Invocation {
                report: self.report.id(),
                certification: self.candidate.certification.id(),
                tool: self.tool(),
                invocation: invocation.clone(),
                mismatch: mismatch.clone(),
            }),
            // Every claim names a described invocation (rule F-CERTIFICATION).
            None => Err(self.wrong_kind()),
        }
    }

    fn wrong_kind(&self) -> Obstacle {
        wrong_kind(self.candidate.certification, self.report, self.property)
    }

    fn capture(&self) -> Result<(), Obstacle> {
        let found = self.report.predicate().capture;
        match self.claim.lowest_capture {
            Some(lowest) if found < lowest => {
                let (report, tool) = (self.report.id(), self.tool());
                Err(Obstacle::Capture { report, tool, expected: lowest.as_str(), found: found.as_str() })
            }
            _ => Ok(()),
        }
    }

    fn condition(&self) -> Result<(), Obstacle> {
        let Some(text) = self.claim.condition.as_deref() else { return Ok(()) };
        let failure = match self.candidate.conditions.get(text) {
            Some(Ok(())) => return Ok(()),
            Some(Err(failure)) => failure.clone(),
            // Held for every claim whose invocation covers the run, and that was asked before.
            None => return Err(self.wrong_kind()),
        };
        Err(Obstacle::Condition {
            report: self.report.id(),
            certification: self.candidate.certification.id(),
            tool: self.tool(),
            property: self.property.clone(),
            condition: text.chars().take(200).flat_map(char::escape_debug).collect(),
            failure,
        })
    }

    /// The artifact is an output of the run, in the role that the claim is about.
    fn made(&self, pair: Pair<'_, '_>, roles: &Roles<'_>) -> Result<(), Obstacle> {
        if self.report.predicate().kind != ReportKind::Transform {
            return Err(self.wrong_kind());
        }
        let in_role = pair.subjects.iter().any(|output| {
            output
                .path
                .as_ref()
                .and_then(|path| roles.output(path))
                .is_some_and(|role| *role == self.claim.output)
        });
        if in_role { Ok(()) } else { Err(self.output_role(pair.artifact)) }
    }

    /// The artifact was inspected, in the role that the claim is about, and found to have the property.
    fn inspected(&self, pair: Pair<'_, '_>, roles: &Roles<'_>) -> Result<(), Obstacle> {
        let (run, artifact) = (self.report.predicate(), pair.artifact);
        if run.kind != ReportKind::Inspection {
            return Err(self.wrong_kind());
        }
        let mut subjects = pair.subjects.iter();
        if !subjects
            .any(|found| found.path.as_ref().is_some_and(|path| roles.input_is(path, &self.claim.output)))
        {
            return Err(self.output_role(artifact));
        }
        if run.findings.iter().any(|finding| finding.digest == artifact && finding.property == *self.property)
        {
            return Ok(());
        }
        let (report, tool, property) = (self.report.id(), self.tool(), self.property.clone());
        Err(Obstacle::NotFound { report, tool, property, artifact })
    }

    fn output_role(&self, artifact: ArtifactDigest) -> Obstacle {
        Obstacle::OutputRole {
            report: self.report.id(),
            tool: self.tool(),
            property: self.property.clone(),
            expected: self.claim.output.clone(),
            artifact,
        }
    }

    /// How to keep a property of the code that was read: there is some, and somebody other than the invoker vouches that
    /// there is no more.
    fn keeping(&self, covering: &Covering<'a>) -> Result<Rc<Way>, Obstacle> {
        let run = self.report.predicate();
        if !run.capture.is_complete() {
            let (report, tool) = (self.report.id(), self.tool());
            return Err(Obstacle::Capture { report, tool, expected: "self", found: run.capture.as_str() });
        }
        covering.keeping().map(Rc::clone).ok_or_else(|| {
            let (report, tool, property) = (self.report.id(), self.tool(), self.property.clone());
            Obstacle::NoCodeInput { report, tool, property }
        })
    }
}
