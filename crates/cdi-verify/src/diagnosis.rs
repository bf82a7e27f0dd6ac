//! Why an answer is not shown: every rule that was not met on the way, from the artifact back to the cause.

use std::collections::BTreeSet;

use cdi_types::{ArtifactDigest, Effect, KeyId, PropertyName, Report, ReportKind};

use crate::appraisal::{Appraisal, Holding};
use crate::claim::{Candidate, tool_name};
use crate::facts::Question;
use crate::obstacle::Obstacle;
use crate::provenance::Signed;
use crate::search::{End, StepsExhausted};

/// How many artifacts back the cause is looked for; beyond that the message would help nobody.
const ARTIFACTS: usize = 64;

/// How many reports about one artifact are looked at.
const REPORTS: usize = 16;

pub(crate) struct Diagnosis<'d, 's, 'a> {
    appraisal: &'d mut Appraisal<'s, 'a>,
    property: PropertyName,
    whole: bool,
    holding: &'d Holding,
    found: Vec<Obstacle>,
    due: Vec<ArtifactDigest>,
}

impl<'d, 's, 'a> Diagnosis<'d, 's, 'a> {
    pub(crate) fn new(
        appraisal: &'d mut Appraisal<'s, 'a>,
        question: &Question,
        holding: &'d Holding,
    ) -> Self {
        let (property, whole) = match question {
            Question::Property(property) => (property.clone(), false),
            Question::Complete => (PropertyName::step(), true),
        };
        let due = vec![appraisal.graph.artifact];
        Self { appraisal, property, whole, holding, found: Vec::new(), due }
    }

    /// The obstacles, in no order.
    pub(crate) fn obstacles(mut self) -> Result<Vec<Obstacle>, StepsExhausted> {
        let mut seen = BTreeSet::new();
        while let Some(artifact) = self.due.pop() {
            if seen.len() < ARTIFACTS && seen.insert(artifact) {
                self.artifact(artifact)?;
            }
        }
        Ok(self.found)
    }

    fn artifact(&mut self, artifact: ArtifactDigest) -> Result<(), StepsExhausted> {
        let about = self.appraisal.graph.about.get(&artifact).cloned().unwrap_or_default();
        let made = about.iter().filter_map(|position| {
            let report = self.appraisal.graph.reports.get(*position)?;
            Some((*position, *report))
                .filter(|_| !self.whole || report.predicate().kind == ReportKind::Transform)
        });
        let made: Vec<(usize, &Signed<Report>)> = made.collect();
        if made.is_empty() {
            let origin = self.whole && artifact != self.appraisal.graph.artifact;
            let obstacle =
                if origin { Obstacle::NoOrigin { artifact } } else { Obstacle::NoReport { artifact } };
            self.found.push(obstacle);
        }
        for (position, report) in made.into_iter().take(REPORTS) {
            self.report(position, report, artifact)?;
        }
        Ok(())
    }

    fn report(
        &mut self,
        position: usize,
        report: &'a Signed<Report>,
        artifact: ArtifactDigest,
    ) -> Result<(), StepsExhausted> {
        if let Some(Err(by)) = self.appraisal.candidates.get(position) {
            self.found.push(Obstacle::CompromisedKey { report: report.id(), by: *by });
            return Ok(());
        }
        if self.appraisal.candidates(position).is_empty() {
            self.found.push(Obstacle::UncertifiedKey { report: report.id(), key: report.issuer() });
            return Ok(());
        }
        let mut seeking =
            Seeking { report, artifact, cast: BTreeSet::new(), found: Vec::new(), due: Vec::new() };
        for candidate in self.appraisal.candidates(position) {
            self.candidate(candidate, &mut seeking);
        }
        let Seeking { cast, found, due, .. } = seeking;
        self.found.extend(found);
        self.due.extend(due);
        self.quorum(&cast, artifact)
    }

    fn candidate(&self, candidate: &Candidate<'a>, seeking: &mut Seeking<'a>) {
        let (report, artifact) = (seeking.report, seeking.artifact);
        if candidate.stranger {
            let authorities = self.appraisal.quorums.authorities;
            seeking.found.extend(authorities.chainless(candidate.certification.issuer()));
            return;
        }
        let tool = tool_name(candidate.certification.predicate());
        let vocabulary = &self.appraisal.quorums.authorities.trust.terms().vocabulary;
        let claims: Vec<_> = candidate.claims(&self.property, vocabulary).collect();
        if claims.is_empty() {
            let property = self.property.clone();
            seeking.found.push(Obstacle::NotClaimed { report: report.id(), tool, property, artifact });
            return;
        }
        let spoken = claims.iter().map(|claim| candidate.vote(claim, &self.property, report, artifact));
        let (votes, obstacles): (Vec<_>, Vec<_>) = spoken.partition(Result::is_ok);
        if votes.is_empty() {
            // The run was meant to be the invocation that it comes closest to; the others would only confuse.
            let closest = obstacles.into_iter().filter_map(Result::err).max_by_key(Obstacle::closeness);
            seeking.found.extend(closest);
        } else if self.whole {
            self.whole_step(candidate, seeking);
        } else {
            self.inputs(votes.into_iter().flatten(), &tool, candidate, seeking);
        }
    }

    /// What keeps a certification's claims from being a vote, where each covers the run: inputs that lack the property.
    fn inputs(
        &self,
        votes: impl Iterator<Item = BTreeSet<ArtifactDigest>>,
        tool: &str,
        candidate: &Candidate<'a>,
        seeking: &mut Seeking<'a>,
    ) {
        let lacking =
            votes.map(|needs| needs.into_iter().filter(|need| !self.holding.contains_key(need)).collect());
        let fewest: Vec<ArtifactDigest> = lacking.min_by_key(Vec::len).unwrap_or_default();
        if fewest.is_empty() {
            seeking.cast.insert(candidate.end.clone());
        }
        let lacks = |input| Obstacle::InputLacks {
            report: seeking.report.id(),
            tool: tool.to_owned(),
            property: self.property.clone(),
            input,
        };
        seeking.found.extend(fewest.iter().copied().map(lacks));
        seeking.due.extend(fewest);
    }

    /// What keeps a certified step from being complete.
    fn whole_step(&self, candidate: &Candidate<'a>, seeking: &mut Seeking<'a>) {
        let (report, artifact) = (seeking.report, seeking.artifact);
        let run = report.predicate();
        let tool = tool_name(candidate.certification.predicate());
        if !run.capture.is_complete() {
            let (expected, found) = ("self", run.capture.as_str());
            seeking.found.push(Obstacle::Capture { report: report.id(), tool, expected, found });
            return;
        }
        if !self.appraisal.calls_a_step(candidate, report, artifact) {
            let vocabulary = &self.appraisal.quorums.authorities.trust.terms().vocabulary;
            let votes = candidate.claims(&self.property, vocabulary);
            if votes
                .filter(|claim| claim.effect == Effect::Establishes)
                .any(|claim| candidate.roles(claim).is_some())
            {
                let property = self.property.clone();
                seeking.found.push(Obstacle::NoCodeInput { report: report.id(), tool, property });
            }
            return;
        }
        let inputs = run.inputs.iter().map(|input| input.sha256);
        let lacking: Vec<_> = inputs.filter(|input| !self.holding.contains_key(input)).collect();
        if lacking.is_empty() {
            seeking.cast.insert(candidate.end.clone());
        }
        let incomplete = |input| Obstacle::InputIncomplete { report: report.id(), artifact, input };
        seeking.found.extend(lacking.iter().copied().map(incomplete));
        seeking.due.extend(lacking);
    }

    /// What keeps the votes that were cast from being a quorum.
    fn quorum(&mut self, cast: &BTreeSet<End>, artifact: ArtifactDigest) -> Result<(), StepsExhausted> {
        let mut any_chain = false;
        for end in cast {
            let chain = self.appraisal.quorums.chain(&self.property, end, self.appraisal.steps)?;
            any_chain |= chain.is_some();
            if chain.is_none() {
                self.chainless(end.certifier);
            }
        }
        let k = self.appraisal.quorums.authorities.trust.terms().quorum.for_property(&self.property);
        if !any_chain {
            return Ok(());
        }
        let mut reached = 0;
        for fewer in 1..=k {
            if self.appraisal.quorums.met(&self.property, cast, fewer, self.appraisal.steps)? {
                reached = fewer;
            }
        }
        if reached < k {
            let property = self.property.clone();
            self.found.push(Obstacle::Quorum { property, artifact, expected: k, found: reached });
        }
        Ok(())
    }

    /// Why no chain leads to this authority: the endorsements towards it that do not hold, or none.
    fn chainless(&mut self, authority: KeyId) {
        let authorities = self.appraisal.quorums.authorities;
        if authorities.reachable().contains(&authority) {
            self.found.push(Obstacle::OutOfScope { authority, property: self.property.clone() });
            return;
        }
        self.found.extend(authorities.chainless(authority));
    }
}

/// What is found about one report and one artifact.
struct Seeking<'a> {
    report: &'a Signed<Report>,
    artifact: ArtifactDigest,
    cast: BTreeSet<End>,
    found: Vec<Obstacle>,
    due: Vec<ArtifactDigest>,
}
