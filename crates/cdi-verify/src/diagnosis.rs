//! Why an answer is not shown: every rule that was not met on the way, from the artifact back to the cause.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use cdi_types::{
    ArtifactDigest, Effect, KeyId, Origin, PropertyName, ReportKind, RevokedId, Runtime, StatementId,
};

use crate::appraisal::{Appraisal, Holding};
use crate::claim::Candidate;
use crate::claimed::Sought;
use crate::condition::ConditionFailure;
use crate::depth::Reach;
use crate::facts::Question;
use crate::graph::{Graph, Pair};
use crate::held::tool_name;
use crate::miss::{Arrivals, Obstacles};
use crate::need::{By, Need, Needs};
use crate::obstacle::Obstacle;
use crate::provenance::Signed;
use crate::removal::Removal;
use crate::search::{End, Ends, StepsExhausted};
use crate::supply::Supply;
use crate::trust::{Assumption, OriginRule};
use crate::way::Way;

/// How many artifacts back the cause is looked for; beyond that the message would help nobody.
const ARTIFACTS: usize = 64;

/// How many reports about one artifact are looked at.
const REPORTS: usize = 16;

pub(crate) struct Diagnosis<'d, 's, 'a> {
    appraisal: &'d mut Appraisal<'s, 'a>,
    property: PropertyName,
    sought: Sought,
    whole: bool,
    holding: &'d Holding,
    /// How far back the artifact that is looked at is asked for.
    reach: Reach,
    /// What is found at the artifact that is looked at.
    found: Vec<Obstacle>,
    due: VecDeque<(ArtifactDigest, Reach)>,
    arrivals: Arrivals,
    /// The strangers of whom something is said already.
    strangers: RefCell<BTreeSet<KeyId>>,
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
            Question::Reproduced | Question::Evidence(_) | Question::Node(_) => (PropertyName::step(), false),
            Question::Supplied(_, property) => (property.name.clone(), false),
        };
        let reach = Reach::All;
        let due = VecDeque::from([(appraisal.graph.artifact, reach)]);
        let (found, arrivals, strangers) = (Vec::new(), Arrivals::new(), RefCell::default());
        let sought = appraisal.sought(&property);
        Self { appraisal, property, sought, whole, holding, reach, found, due, arrivals, strangers }
    }

    /// The same, with an obstacle that is known already and stands at the deployed artifact.
    pub(crate) fn saying(mut self, obstacle: Obstacle) -> Self {
        self.found.push(obstacle);
        self
    }

    /// The obstacles: artifact by artifact, the nearest to the deployed one first.
    pub(crate) fn obstacles(mut self) -> Result<Obstacles, StepsExhausted> {
        let (mut seen, mut all) = (BTreeSet::new(), Vec::new());
        while let Some((artifact, reach)) = self.due.pop_front() {
            if seen.len() < ARTIFACTS && seen.insert((artifact, reach)) {
                self.reach = reach;
                self.artifact(artifact)?;
                all.extend(self.found.drain(..).map(|obstacle| (obstacle, artifact)));
            }
        }
        Ok(Obstacles::new(all, &self.arrivals))
    }

    /// What stands closest to a proof at one report about one artifact, if anything stands against it.
    pub(crate) fn closest_at(mut self, pair: Pair<'s, 'a>) -> Result<Option<Obstacle>, StepsExhausted> {
        self.report(pair)?;
        Ok(self.found.into_iter().min_by_key(Obstacle::order))
    }

    /// The same at an artifact.
    pub(crate) fn closest_of(mut self, artifact: ArtifactDigest) -> Result<Option<Obstacle>, StepsExhausted> {
        self.artifact(artifact)?;
        Ok(self.found.into_iter().min_by_key(Obstacle::order))
    }

    /// What stands against what a runtime would supply. The way to it is no part of the artifact's history.
    pub(crate) fn of_supply(
        mut self,
        runtime: &Runtime,
        supply: Supply<'_>,
    ) -> Result<Obstacles, StepsExhausted> {
        let at = ArtifactDigest::File(runtime.executable.sha256());
        let cast = supply.named();
        self.found = supply.faults;
        self.quorum(&cast, at)?;
        let found = self.found.drain(..).map(|obstacle| (obstacle, at)).collect();
        Ok(Obstacles::new(found, &self.arrivals))
    }

    fn artifact(&mut self, artifact: ArtifactDigest) -> Result<(), StepsExhausted> {
        let graph = self.appraisal.graph;
        let about = graph.pairs_of(artifact);
        let mut made: Vec<Pair<'_, 'a>> = about
            .filter(|pair| !self.whole || pair.report.predicate().kind == ReportKind::Transform)
            .collect();
        if made.is_empty() {
            let origin = self.whole && artifact != self.appraisal.graph.artifact;
            let obstacle =
                if origin { Obstacle::NoOrigin { artifact } } else { Obstacle::NoReport { artifact } };
            self.found.push(obstacle);
        }
        if self.whole && artifact != self.appraisal.graph.artifact {
            self.found.extend(self.appraisal.refused_summaries(artifact));
        }
        // Strangers report what they like, and as often: they never keep the cause from being named.
        made.sort_by_key(|pair| !self.appraisal.is_certified(pair.position));
        for pair in made.into_iter().take(REPORTS) {
            self.report(pair)?;
        }
        self.forbidden_origins(artifact);
        Ok(())
    }

    /// The origin statements that list the artifact, and would have been enough, or excused it, if the policy did not forbid
    /// them.
    fn forbidden_origins(&mut self, artifact: ArtifactDigest) {
        let terms = self.appraisal.quorums.authorities.trust.terms();
        let accepted = |origin: &Signed<Origin>| {
            terms.origins.iter().any(|rule| match rule {
                OriginRule::Key(key, kinds) => {
                    origin.issuer() == *key && kinds.contains(&origin.predicate().kind)
                }
                OriginRule::Artifact(_) => false,
            })
        };
        let assumed = |origin: &Signed<Origin>| {
            terms.assumptions.iter().any(|assumption| match assumption {
                Assumption::OfOrigin(property, key, kind) => {
                    *property == self.property && origin.issuer() == *key && origin.predicate().kind == *kind
                }
                Assumption::OfArtifact(..) => false,
            })
        };
        let begins = self.whole && artifact != self.appraisal.graph.artifact;
        let forbidden = self.appraisal.provenance.origins.iter().filter(|origin| {
            self.appraisal.is_forbidden(origin)
                && ((begins && accepted(origin))
                    || (!self.whole && assumed(origin))
                    || self.appraisal.is_wanted(origin))
                && origin.statement().subject().iter().any(|subject| subject.digest == artifact)
        });
        let obstacle = |origin: &Signed<Origin>| Obstacle::ForbiddenOrigin {
            artifact,
            statement: origin.id(),
            key: origin.issuer(),
        };
        let obstacles: Vec<Obstacle> = forbidden.take(REPORTS).map(obstacle).collect();
        self.found.extend(obstacles);
    }

    fn report(&mut self, pair: Pair<'s, 'a>) -> Result<(), StepsExhausted> {
        let Pair { position, report, artifact, .. } = pair;
        if let Some(Err(removal)) = self.appraisal.candidates.get(position) {
            let (key, report) = (report.issuer(), report.id());
            self.found.push(match removal.clone() {
                Removal::Compromised { by, successor } => Obstacle::CompromisedKey { report, by, successor },
                Removal::ForbiddenTool(tool) => Obstacle::ForbiddenTool { report, tool },
                Removal::ForbiddenKey => Obstacle::ForbiddenKey { report, key },
                Removal::StepCondition(place, failure) => self.step_condition(report, place, failure),
            });
            return Ok(());
        }
        if self.appraisal.candidates(position).is_empty() {
            self.found.push(Obstacle::UncertifiedKey { report: report.id(), key: report.issuer() });
            return Ok(());
        }
        let mut seeking = Seeking { pair, cast: BTreeMap::new(), found: Vec::new(), due: Vec::new() };
        for candidate in self.appraisal.candidates(position) {
            self.candidate(candidate, &mut seeking);
        }
        let Seeking { cast, found, due, .. } = seeking;
        self.found.extend(found);
        due.into_iter().for_each(|input| self.arrive(pair, input));
        if self.quorum(&cast, artifact)? { self.countersignatures(position, report.id()) } else { Ok(()) }
    }

    /// What keeps those who countersigned a report from being enough.
    fn countersignatures(&mut self, position: usize, report: StatementId) -> Result<(), StepsExhausted> {
        let expected =
            self.appraisal.quorums.authorities.trust.terms().countersigned.for_property(&self.property);
        let ends = self.appraisal.countersigners(position);
        let found = self.reached(&ends, expected)?;
        if found < expected {
            let authorities = self.appraisal.quorums.authorities;
            let standing = &authorities.revocations.standing;
            let signed = self.appraisal.provenance.countersigners(report);
            let silent = signed.filter(|key| standing.contains(key));
            self.found.extend(silent.filter_map(|key| authorities.signer(key)));
            let property = self.property.clone();
            self.found.push(Obstacle::Countersignatures { report, property, expected, found });
        }
        Ok(())
    }

    /// The greatest quorum of at most `k` that is met.
    fn reached(&mut self, ends: &Ends, k: u8) -> Result<u8, StepsExhausted> {
        let mut reached = 0;
        for fewer in 1..=k {
            if self.appraisal.quorums.met(&self.property, ends, fewer, self.appraisal.steps)? {
                reached = fewer;
            }
        }
        Ok(reached)
    }

    /// Goes on at an input of this run, so far back, and keeps how it was come by.
    fn arrive(&mut self, pair: Pair<'s, 'a>, (input, reach): (ArtifactDigest, Reach)) {
        let read = pair.report.predicate().inputs.iter().find(|read| read.digest == input);
        let path = read.map(|read| read.path.to_string()).unwrap_or_default();
        if input != self.appraisal.graph.artifact {
            self.arrivals.entry(input).or_insert((pair.artifact, pair.report.id(), path));
        }
        self.due.push_back((input, reach));
    }

    fn step_condition(&self, report: StatementId, place: usize, failure: ConditionFailure) -> Obstacle {
        let conditions = &self.appraisal.quorums.authorities.trust.terms().step_conditions;
        let text = conditions.get(place).map(String::as_str).unwrap_or_default();
        let condition = text.chars().take(200).flat_map(char::escape_debug).collect();
        Obstacle::StepCondition { report, condition, failure }
    }

    fn candidate(&self, candidate: &Candidate<'a>, seeking: &mut Seeking<'s, 'a>) {
        let Pair { report, artifact, .. } = seeking.pair;
        if candidate.is_strangers() {
            let authorities = self.appraisal.quorums.authorities;
            // Of one stranger the same would be said for each report.
            if self.strangers.borrow_mut().insert(candidate.certification.issuer()) {
                seeking.found.extend(authorities.chainless(candidate.certification.issuer()));
            }
            return;
        }
        let tool = tool_name(candidate.certification.predicate());
        let claims: Vec<_> = candidate.claims(self.appraisal.claimed(), &self.sought).collect();
        if claims.is_empty() {
            let property = self.property.clone();
            seeking.found.push(Obstacle::NotClaimed { report: report.id(), tool, property, artifact });
            return;
        }
        let spoken = claims.into_iter().map(|claim| candidate.vote(claim, &self.property, seeking.pair));
        let (votes, obstacles): (Vec<_>, Vec<_>) = spoken.partition(Result::is_ok);
        if votes.is_empty() {
            // The run was meant to be the invocation that it comes closest to; the others would only confuse.
            let closest = obstacles.into_iter().filter_map(Result::err).min_by_key(Obstacle::order);
            seeking.found.extend(closest);
        } else if self.whole {
            self.whole_step(candidate, seeking);
        } else {
            let before = seeking.found.len();
            let ways = votes.into_iter().flatten();
            let needs = ways.map(|way| self.appraisal.needs(&self.property, seeking.pair, &way));
            let needs: Vec<Rc<Needs>> = needs.collect();
            self.inputs(needs, &tool, candidate, seeking);
            // Where inputs lack the property, a claim of this very run that only its condition kept from counting matters too.
            if seeking.found.len() > before {
                let conditions = obstacles.into_iter().filter_map(Result::err);
                let conditions = conditions.filter(|one| matches!(one, Obstacle::Condition { .. }));
                seeking.found.extend(conditions);
            }
        }
    }

    /// What keeps a certification's claims from being a vote, where each covers the run: inputs that lack the property.
    fn inputs(
        &self,
        votes: Vec<Rc<Needs>>,
        tool: &str,
        candidate: &Candidate<'a>,
        seeking: &mut Seeking<'s, 'a>,
    ) {
        let lacking = votes.iter().map(|needs| self.lacking(needs));
        let fewest = lacking.min_by_key(BTreeSet::len).unwrap_or_default();
        if fewest.is_empty() {
            seeking.cast(candidate);
        }
        let lacks = |input| Obstacle::InputLacks {
            report: seeking.pair.report.id(),
            tool: tool.to_owned(),
            property: self.property.clone(),
            input,
        };
        seeking.lacking(self.appraisal.graph, fewest, lacks);
    }

    /// Those that do not hold.
    fn lacking(&self, needs: &Needs) -> BTreeSet<Need> {
        needs.lacking(|need| need.is_nothing() || self.holding.contains(need))
    }

    /// What keeps a certified step from being complete.
    fn whole_step(&self, candidate: &Candidate<'a>, seeking: &mut Seeking<'s, 'a>) {
        let Pair { report, artifact, .. } = seeking.pair;
        let run = report.predicate();
        let tool = tool_name(candidate.certification.predicate());
        if !run.capture.is_complete() {
            let (expected, found) = ("self", run.capture.as_str());
            seeking.found.push(Obstacle::Capture { report: report.id(), tool, expected, found });
            return;
        }
        let needs = self.appraisal.steps_called(candidate, &self.sought, seeking.pair);
        let behind = self.reach.behind(candidate.depth);
        let ways = needs.filter_map(|covering| self.appraisal.step_way(covering));
        let needs = |way: Rc<Way>| self.appraisal.needs_so_far(&self.property, seeking.pair, behind, &way);
        let lacking = ways.map(|way| self.lacking(&needs(way)));
        let Some(lacking) = lacking.min_by_key(BTreeSet::len) else {
            let votes = candidate.claims(self.appraisal.claimed(), &self.sought);
            if votes
                .filter(|claim| claim.effect == Effect::Establishes)
                .any(|claim| candidate.covering(claim).is_some())
            {
                let property = self.property.clone();
                seeking.found.push(Obstacle::NoCodeInput { report: report.id(), tool, property });
            }
            return;
        };
        if lacking.is_empty() {
            seeking.cast(candidate);
        }
        let incomplete = |input| Obstacle::InputIncomplete { report: report.id(), artifact, input };
        seeking.lacking(self.appraisal.graph, lacking, incomplete);
    }

    /// What keeps the votes that were cast from being a quorum; whether they are one.
    fn quorum(
        &mut self,
        cast: &BTreeMap<End, BTreeSet<RevokedId>>,
        artifact: ArtifactDigest,
    ) -> Result<bool, StepsExhausted> {
        let mut any_chain = false;
        for (end, named) in cast {
            let chain = self.appraisal.quorums.chain(&self.property, end, self.appraisal.steps)?;
            any_chain |= chain.is_some();
            if chain.is_none() {
                self.chainless(end.certifier, named)?;
            }
        }
        let k = self.appraisal.quorums.authorities.trust.terms().quorum.for_property(&self.property);
        if !any_chain {
            return Ok(false);
        }
        let found = self.reached(&cast.keys().cloned().collect(), k)?;
        if found < k {
            let property = self.property.clone();
            self.found.push(Obstacle::Quorum { property, artifact, expected: k, found });
        }
        Ok(found >= k)
    }

    /// Why no chain leads to this authority: revocations on the chain that would, the endorsements towards it that do not
    /// hold, or none.
    fn chainless(&mut self, authority: KeyId, named: &BTreeSet<RevokedId>) -> Result<(), StepsExhausted> {
        let authorities = self.appraisal.quorums.authorities;
        let unheeding =
            self.appraisal.quorums.chain_unheeding(&self.property, authority, self.appraisal.steps)?;
        let revoked = unheeding.map(|chain| authorities.revoked_on(&chain, named)).unwrap_or_default();
        if !revoked.is_empty() {
            self.found.extend(revoked);
        } else if authorities.reachable().contains(&authority) {
            self.found.push(Obstacle::OutOfScope { authority, property: self.property.clone() });
        } else {
            self.found.extend(authorities.chainless(authority));
        }
        Ok(())
    }
}

/// What is found about one report and one artifact.
struct Seeking<'s, 'a> {
    pair: Pair<'s, 'a>,
    /// Where votes end that were cast, and what a revocation can name to take them away.
    cast: BTreeMap<End, BTreeSet<RevokedId>>,
    found: Vec<Obstacle>,
    due: Vec<(ArtifactDigest, Reach)>,
}

impl<'a> Seeking<'_, 'a> {
    /// Inputs that lack something: one that nothing is linked to for that; others for what `lacks` says.
    fn lacking(
        &mut self,
        graph: &Graph<'_>,
        needs: BTreeSet<Need>,
        lacks: impl Fn(ArtifactDigest) -> Obstacle,
    ) {
        let report = self.pair.report.id();
        for Need { artifact, by, reach } in needs {
            let input = graph.digest(artifact);
            if by == By::Policy {
                self.found.push(Obstacle::InputNotLinked { report, input });
            } else {
                self.found.push(lacks(input));
                self.due.push((input, reach));
            }
        }
    }

    fn cast(&mut self, candidate: &Candidate<'a>) {
        self.cast.entry(candidate.end.clone()).or_default().extend(candidate.named(self.pair.report));
    }
}
