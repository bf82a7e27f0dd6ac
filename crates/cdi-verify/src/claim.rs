//! Which certifications speak about a run, and what each says of an artifact (rule M-VOTE).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use cdi_types::{
    ArtifactDigest, Claim, ClaimedProperty, Effect, Invocation, Libraries, Linkage, PropertyName, Report,
    ReportKind, RevokedId, Role, StatementId, ToolCertification,
};

use crate::authority::Authorities;
use crate::condition::{ConditionFailure, Conditions};
use crate::coverage::{Files, Listings, Mismatch, Roles, cover};
use crate::graph::Pair;
use crate::obstacle::Obstacle;
use crate::provenance::Signed;
use crate::renewal::Line;
use crate::search::{End, Steps, StepsExhausted};
use crate::trust::Vocabulary;
use crate::way::{FromCode, Way, way};

/// What a certification says of a run by itself, whoever asks.
pub(crate) struct Held<'a> {
    /// That something ran, was loaded or recorded which is not what was certified, if so.
    measured: Option<Obstacle>,
    /// Whether the invocations cover the run, by their names in ascending order, once somebody asks; `None` for one that names a
    /// manifest: what that lists hangs on what a policy forbids.
    covers: OnceCell<Covers<'a>>,
    /// The tool's name and version, once somebody asks.
    tool: OnceCell<Arc<str>>,
}

type Covers<'a> = Vec<(&'a Role, Option<Result<Roles<'a>, Mismatch>>)>;

impl<'a> Held<'a> {
    pub(crate) fn of(certification: &'a Signed<ToolCertification>, report: &'a Signed<Report>) -> Self {
        let (covers, tool) = (OnceCell::new(), OnceCell::new());
        Self { measured: measured(certification, report), covers, tool }
    }

    /// Works out which invocations cover the run, once.
    fn cover(&self, certification: &'a Signed<ToolCertification>, report: &'a Signed<Report>) {
        self.covers.get_or_init(|| {
            let files = Files::of(report.predicate(), report.statement().subject());
            let invocations = certification.predicate().invocations.iter();
            let covers = invocations.map(|(name, invocation)| {
                let alone = invocation.all_manifests().next().is_none();
                (name, alone.then(|| cover(invocation, report.predicate(), &files)))
            });
            covers.collect()
        });
    }
}

/// A certification of the key that signed a report.
pub(crate) struct Candidate<'a> {
    pub(crate) certification: &'a Signed<ToolCertification>,
    /// What it says of the run, whoever asks. Of one that no chain could ever lead to nothing is worked out: it is kept to be
    /// explained.
    held: Option<Rc<Held<'a>>>,
    /// Why the certification does not speak about this run at all, if so.
    pub(crate) obstacle: Option<Obstacle>,
    /// Where the chains of its votes end.
    pub(crate) end: End,
    /// What it renews, down to what the report names.
    pub(crate) line: Line,
    /// How far behind a run of its tool the policy asks for a history, where it says so.
    pub(crate) depth: Option<u8>,
    /// Of those that name manifests, by what the policy does not forbid: by their names, in ascending order.
    by_manifests: Vec<(&'a Role, Result<Roles<'a>, Mismatch>)>,
    /// Whether the conditions of its claims hold of the run, by their texts; of claims by invocations that cover it.
    conditions: BTreeMap<&'a str, Result<(), ConditionFailure>>,
}

/// The name and version of a certified tool.
pub(crate) fn tool_name(certification: &ToolCertification) -> String {
    [certification.tool.name.as_str(), " ", certification.tool.version.as_str()].concat()
}

impl<'a> Candidate<'a> {
    pub(crate) fn new(
        certification: &'a Signed<ToolCertification>,
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
        let depth = authorities.trust.depth(&certification.predicate().tool.name);
        let (line, conditions) = (line.unwrap_or_default(), BTreeMap::new());
        let held = Some(held);
        Self { certification, held, obstacle, end, line, depth, by_manifests, conditions }
    }

    /// What a revocation can name to take its votes about this report away, besides what stands on their chains.
    pub(crate) fn named(&self, report: &Signed<Report>) -> Vec<RevokedId> {
        named_by_a_vote(self.certification, report, &self.line)
    }

    /// A certification by somebody whom no chain could ever lead to. It costs no more than to name it.
    pub(crate) const fn by_a_stranger(
        certification: &'a Signed<ToolCertification>,
        issuer: cdi_types::KeyId,
    ) -> Self {
        let end = End { certifier: issuer, shunned: BTreeSet::new() };
        let obstacle = Some(Obstacle::UntrustedAuthority { authority: issuer });
        Self {
            certification,
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
        let name = || tool_name(self.certification.predicate()).into();
        self.held.as_ref().map_or_else(name, |held| Arc::clone(held.tool.get_or_init(name)))
    }

    /// Holds the conditions of the claims against the run, each once.
    pub(crate) fn hold_conditions(
        &mut self,
        report: &Signed<Report>,
        conditions: &mut Conditions<'a>,
        steps: &mut Steps,
    ) -> Result<(), StepsExhausted> {
        for claim in &self.certification.predicate().claims {
            let covered = matches!(self.cover(&claim.invocation), Some(Ok(_)));
            if let Some(text) = claim.condition.as_deref().filter(|_| covered)
                && !self.conditions.contains_key(text)
            {
                let outcome = conditions.hold(text, &report.predicate().operation, steps)?;
                self.conditions.insert(text, outcome);
            }
        }
        Ok(())
    }

    /// The claims about `property`. A property that is not preservable is never preserved; one of making is never found by
    /// looking at bytes. A property that an extension adds is claimed only under a catalogue that has it, and `*` is about what
    /// the certification's catalogue shares with the policy's.
    pub(crate) fn claims<'c>(
        &'c self,
        property: &'c PropertyName,
        vocabulary: &'c Vocabulary,
    ) -> impl Iterator<Item = &'a Claim> + 'c {
        let certification = self.certification.predicate();
        let preservable = vocabulary.preservable.contains(property);
        let of_bytes = !vocabulary.of_making.contains(property);
        let (means, every) = (
            vocabulary.means_the_same(property, certification.catalogue),
            vocabulary.ranges_over(property, certification.catalogue),
        );
        certification.claims.iter().filter(move |claim| match (&claim.property, claim.effect) {
            (ClaimedProperty::Named(name), Effect::Preserves) => name == property && means && preservable,
            (ClaimedProperty::Named(name), Effect::Establishes) => name == property && means,
            (ClaimedProperty::Named(name), Effect::Attests) => name == property && means && of_bytes,
            (ClaimedProperty::Named(_) | ClaimedProperty::Valued(_), Effect::Supplies)
            | (ClaimedProperty::Valued(_), _) => false,
            (ClaimedProperty::EveryPreservable, _) => every,
        })
    }

    /// How the claim speaks of the pair's artifact, with the inputs of which the property must hold first: none for a claim that
    /// establishes or attests.
    ///
    /// # Errors
    /// The [`Obstacle`] that keeps the claim from saying anything.
    pub(crate) fn vote(
        &self,
        claim: &Claim,
        property: &PropertyName,
        pair: Pair<'_, '_>,
    ) -> Result<Way, Obstacle> {
        if let Some(obstacle) = &self.obstacle {
            return Err(obstacle.clone());
        }
        let run = Run { candidate: self, claim, property, report: pair.report };
        let roles = run.roles()?;
        run.capture()?;
        run.condition()?;
        match claim.effect {
            Effect::Establishes => run.made(pair, roles).map(|()| Way::free(roles)),
            Effect::Preserves => run.made(pair, roles).and_then(|()| run.code_inputs(roles)),
            Effect::Attests => run.inspected(pair, roles).map(|()| Way::free(roles)),
            // What a runtime supplies is about no run, and never among the claims about one.
            Effect::Supplies => Err(run.wrong_kind()),
        }
    }

    /// The roles and the invocation of a claim that covers the run.
    pub(crate) fn roles(&self, claim: &Claim) -> Option<(&Roles<'a>, &'a Invocation)> {
        let invocation = self.certification.predicate().invocations.get(&claim.invocation)?;
        self.cover(&claim.invocation)?.as_ref().ok().map(|roles| (roles, invocation))
    }

    /// Whether the invocation of this name covers the run.
    fn cover(&self, invocation: &Role) -> Option<&Result<Roles<'a>, Mismatch>> {
        // Another principal may have asked by a certification that has nothing to say to this one.
        let covers = self.held.as_ref().filter(|_| self.obstacle.is_none())?.covers.get()?;
        let place = covers.binary_search_by_key(&invocation, |(name, _)| name).ok()?;
        let (_, cover) = covers.get(place)?;
        cover.as_ref().or_else(|| {
            let place = self.by_manifests.binary_search_by_key(&invocation, |(name, _)| name).ok()?;
            self.by_manifests.get(place).map(|(_, cover)| cover)
        })
    }
}

/// Whether those of the invocations that name manifests cover the run.
fn covered_by_manifests<'a>(
    certification: &'a Signed<ToolCertification>,
    report: &'a Signed<Report>,
    authorities: &Authorities<'_>,
    listings: &Listings,
) -> Vec<(&'a Role, Result<Roles<'a>, Mismatch>)> {
    let invocations = certification.predicate().invocations.iter();
    let mut invocations = invocations.filter(|(_, one)| one.all_manifests().next().is_some()).peekable();
    if invocations.peek().is_none() {
        return Vec::new();
    }
    let exempt = &authorities.trust.terms().exempt;
    let files = Files::of(report.predicate(), report.statement().subject()).with(listings, exempt);
    invocations.map(|(name, invocation)| (name, cover(invocation, report.predicate(), &files))).collect()
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
        .or_else(|| held.measured.clone())
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

/// That something ran, was loaded or recorded which is not what was certified, if so.
fn measured(certification: &Signed<ToolCertification>, report: &Signed<Report>) -> Option<Obstacle> {
    let predicate = certification.predicate();
    let run = report.predicate();
    let report = report.id();
    let tool = || tool_name(predicate);
    let entry = certification.statement().subject().first().and_then(|subject| subject.digest.file());
    let first = run.tool.executables.first().map(|file| file.sha256.sha256());
    if entry.is_none() || entry != first {
        let text =
            |digest: Option<cdi_types::Sha256>| digest.map_or_else(String::new, |digest| digest.to_string());
        return Some(Obstacle::Executable {
            report,
            tool: tool(),
            expected: text(entry),
            found: text(first),
        });
    }
    let in_closure = |file: &&cdi_types::MeasuredFile| {
        Some(file.sha256.sha256()) == entry
            || predicate.closure.iter().any(|known| known.sha256 == file.sha256)
    };
    let libraries = match (&run.tool.libraries, predicate.linkage) {
        (Libraries::Measured(files), _) => files.as_slice(),
        (Libraries::Unmeasured, Linkage::Static) => &[],
        (Libraries::Unmeasured, Linkage::Dynamic) => {
            return Some(Obstacle::UnmeasuredLibraries { report, tool: tool() });
        }
    };
    if let Some(stray) = run.tool.executables.iter().chain(libraries).find(|file| !in_closure(file)) {
        return Some(Obstacle::Closure { report, tool: tool(), file: stray.path.to_string() });
    }
    let (expected, found) = (predicate.recorder, run.recorder.sha256);
    let other = expected != found;
    other.then(|| Obstacle::Recorder {
        report,
        tool: tool(),
        expected: expected.to_string(),
        found: found.to_string(),
    })
}

/// A claim on its way to a vote.
struct Run<'r, 'a> {
    candidate: &'r Candidate<'a>,
    claim: &'r Claim,
    property: &'r PropertyName,
    report: &'r Signed<Report>,
}

impl<'r, 'a> Run<'r, 'a> {
    fn tool(&self) -> String {
        tool_name(self.candidate.certification.predicate())
    }

    fn roles(&self) -> Result<&'r Roles<'a>, Obstacle> {
        let invocation = &self.claim.invocation;
        match self.candidate.cover(invocation) {
            Some(Ok(roles)) => Ok(roles),
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
        Obstacle::WrongKind { report: self.report.id(), tool: self.tool(), property: self.property.clone() }
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
    fn code_inputs(&self, roles: &Roles<'_>) -> Result<Way, Obstacle> {
        let run = self.report.predicate();
        if !run.capture.is_complete() {
            let (report, tool) = (self.report.id(), self.tool());
            return Err(Obstacle::Capture { report, tool, expected: "self", found: run.capture.as_str() });
        }
        let excuse = |place| roles.excuse(place).map(|excuse| &excuse.any);
        way(roles, code_inputs(run, roles), |_| true, excuse, FromCode::Needed).ok_or_else(|| {
            let (report, tool, property) = (self.report.id(), self.tool(), self.property.clone());
            Obstacle::NoCodeInput { report, tool, property }
        })
    }
}

/// The places of the inputs that are code, whatever else a manifest would let them be taken for.
pub(crate) fn code_inputs<'r>(run: &'r Report, roles: &'r Roles<'_>) -> impl Iterator<Item = usize> + 'r {
    let inputs = run.inputs.iter().enumerate();
    inputs.filter(|(_, input)| roles.input_is_code(&input.path)).map(|(place, _)| place)
}
