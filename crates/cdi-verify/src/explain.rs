//! The proof behind a shown answer: each step from the deployed artifact back, each once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use cdi_types::{
    ArtifactDigest, Effect, Name, PlatformProperty, PropertyName, RecordedPath, Report, ReportKind, Runtime,
    StatementId,
};

use crate::appraisal::{Appraisal, Given, Holding};
use crate::claim::Candidate;
use crate::claimed::Sought;
use crate::coverage::Listed;
use crate::depth::Reach;
use crate::facts::{Countersignature, Ground, Manifested, ProofStep, Question, Vote};
use crate::fixpoint::Why;
use crate::graph::Node;
use crate::held::tool_name;
use crate::need::{By, Need};
use crate::of_each::OfEach;
use crate::provenance::Signed;
use crate::reproduction::Making;
use crate::revocation::Survival;
use crate::search::{Chain, End, Ends, StepsExhausted};
use crate::supply::Supply;
use crate::way::Way;

pub(crate) struct Explanation<'e, 's, 'a> {
    appraisal: &'e mut Appraisal<'s, 'a>,
    question: &'e Question,
    sought: Sought,
    holding: &'e Holding,
    endorsed: BTreeMap<StatementId, &'a Name>,
    /// What chains are told as, by where they are kept; and each chain, so that its place is no other's.
    told: BTreeMap<*const Chain, (Rc<Chain>, Told)>,
    /// The accepted origins, once a history is cut.
    origins: Option<BTreeMap<ArtifactDigest, Given>>,
}

/// The entry of the policy by which less than the whole history is asked: the tool's name, and how many steps.
type Rule<'a> = (&'a Name, u8);

/// What a report rests on, and the rule by which less than its whole history is asked.
type Rest<'a> = (Need, Option<Rule<'a>>);

/// How a vote speaks, what of that holds, and its way.
type Counted = (Effect, (Vec<Need>, Rc<Way>));

/// The names of those on a chain, and the endorsements between them.
type Told = (Arc<[Name]>, Arc<[StatementId]>);

/// What a proof goes on with: something that holds, the path under which it was read, and why no more of it is asked.
struct Due<'a> {
    need: Need,
    read_as: Option<&'a RecordedPath>,
    by: Option<Rule<'a>>,
}

impl<'e, 's, 'a> Explanation<'e, 's, 'a> {
    pub(crate) fn new(
        appraisal: &'e mut Appraisal<'s, 'a>,
        question: &'e Question,
        holding: &'e Holding,
    ) -> Self {
        let endorsements = appraisal.provenance.endorsements.iter();
        let endorsed = endorsements.map(|signed| (signed.id(), &signed.predicate().name)).collect();
        let sought = appraisal.sought(asked(question).0);
        Self { appraisal, question, sought, holding, endorsed, told: BTreeMap::new(), origins: None }
    }

    /// The steps on which the answer for the deployed artifact rests.
    pub(crate) fn proof(&mut self) -> Result<Vec<ProofStep>, StepsExhausted> {
        let mut steps = Vec::new();
        let graph = self.appraisal.graph;
        let deployed = Need::anything(graph.deployed);
        let (mut seen, mut linked) = (OfEach::of(graph.reached()), Vec::new());
        seen.insert(deployed.artifact, (deployed.by.clone(), deployed.reach));
        // What was told of each, and by which step.
        let (mut told, mut stated) = (OfEach::of(graph.reached()), OfEach::of(graph.reached()));
        let mut due = VecDeque::from([Due { need: deployed, read_as: None, by: None }]);
        while let Some(Due { need, read_as, by }) = due.pop_front() {
            let artifact = graph.digest(need.artifact);
            if need.is_nothing() {
                let name = read_as.map(ToString::to_string);
                steps.extend(by.map(|rule| ProofStep {
                    artifact,
                    name,
                    ground: self.not_asked(artifact, rule),
                }));
                continue;
            }
            let Some(why) = self.holding.get(&need) else { continue };
            if let Some(ground) = self.link(&need, why) {
                let link = ProofStep { artifact, name: read_as.map(ToString::to_string), ground };
                linked.extend((!linked.contains(&link)).then_some(link));
            }
            // By different ways to wait for it the same run can be found twice.
            if !told.insert(need.artifact, (why.report(), need.reach)) {
                continue;
            }
            let ground = match why {
                Why::Given(Given::Assumed(listing)) => Ground::Assumed { statement: *listing },
                Why::Given(Given::OriginByDigest) => Ground::Origin { statement: None },
                Why::Given(Given::Origin(listing)) => Ground::Origin { statement: Some(*listing) },
                Why::Given(Given::Summary { statement, rule }) => self.summary(*statement, *rule),
                Why::Shown { report, ends, place } => {
                    let (ground, needs) =
                        self.shown((*report, need.reach, by), need.artifact, (ends, *place))?;
                    let inputs = graph.reports.get(*report).map(|run| run.predicate().inputs.as_slice());
                    let paths = inputs.unwrap_or_default().iter().map(|input| &input.path);
                    let mut read: Vec<(Node, &RecordedPath)> =
                        graph.read_by(*report).iter().copied().zip(paths).collect();
                    read.sort_by_key(|(node, _)| *node);
                    for (need, by) in needs {
                        if seen.insert(need.artifact, (need.by.clone(), need.reach)) {
                            // Of one file under several paths the last.
                            let after = read.partition_point(|(node, _)| *node <= need.artifact);
                            let last = after.checked_sub(1).and_then(|last| read.get(last));
                            let read_as =
                                last.filter(|(node, _)| *node == need.artifact).map(|(_, path)| *path);
                            due.push_back(Due { need, read_as, by });
                        }
                    }
                    ground
                }
            };
            let name = self.made_as(need.artifact, why).or(read_as).map(|path| path.as_str().to_owned());
            let step = ProofStep { artifact, name, ground };
            // A run that was found for less and for more of a history is told of once, if no other vote speaks.
            let report = why.report();
            let is_it =
                |(by, place): &(Option<usize>, usize)| *by == report && steps.get(*place) == Some(&step);
            if !stated.all(need.artifact).any(is_it) {
                stated.push(need.artifact, (report, steps.len()));
                steps.push(step);
            }
        }
        steps.extend(linked);
        Ok(steps)
    }

    /// A verifier's summary as a ground.
    fn summary(&self, statement: StatementId, rule: usize) -> Ground {
        let rules = &self.appraisal.quorums.authorities.trust.terms().summaries;
        rules.get(rule).map_or(Ground::Origin { statement: None }, |rule| Ground::Summary {
            statement,
            verifier: rule.verifier.clone(),
            key: rule.key,
        })
    }

    /// Why an artifact needs no history: by this rule, unless the policy accepts it as an origin anyway.
    fn not_asked(&mut self, artifact: ArtifactDigest, (tool, steps): Rule<'a>) -> Ground {
        let appraisal = &self.appraisal;
        let listed = || appraisal.accepted_origins().into_iter().collect();
        match self.origins.get_or_insert_with(listed).get(&artifact) {
            Some(Given::Origin(listing)) => Ground::Origin { statement: Some(*listing) },
            Some(Given::OriginByDigest) => Ground::Origin { statement: None },
            Some(Given::Assumed(_) | Given::Summary { .. }) | None => {
                Ground::NotAsked { tool: tool.clone(), steps }
            }
        }
    }

    /// Why what an inspection shows of an input counts, where the input must be linked: it is an accepted origin, or a run
    /// that is named made it.
    fn link(&self, need: &Need, why: &Why<Given>) -> Option<Ground> {
        let (Why::Shown { report, .. }, By::Runs(runs)) = (why, &need.by) else { return None };
        let graph = self.appraisal.graph;
        if graph.reports.get(*report)?.predicate().kind != ReportKind::Inspection {
            return None;
        }
        let (origins, artifact) =
            (self.appraisal.accepted_origins().into_iter(), graph.digest(need.artifact));
        let origin = origins.filter(|(origin, _)| *origin == artifact).find_map(|(_, given)| match given {
            Given::Origin(listing) => Some(Ground::Origin { statement: Some(listing) }),
            Given::OriginByDigest => Some(Ground::Origin { statement: None }),
            Given::Assumed(_) | Given::Summary { .. } => None,
        });
        origin.or_else(|| {
            let run = *runs.first()?;
            let certification = self.appraisal.candidates(run).first().map(|one| one.certification.id());
            let report = graph.reports.get(run)?;
            Some(Ground::Linked { report: report.id(), certification, survivals: self.survivals(report) })
        })
    }

    /// What the report that the step rests on calls the artifact. What other reports call it, anybody can choose.
    fn made_as(&self, artifact: Node, why: &Why<Given>) -> Option<&'a RecordedPath> {
        let Why::Shown { report, .. } = why else { return None };
        self.appraisal.graph.pair(*report, artifact)?.subjects.first()?.path.as_ref()
    }

    /// The report as a ground, and what it rests on, each with the rule by which less than its whole history is asked.
    fn shown(
        &mut self,
        (position, reach, by): (usize, Reach, Option<Rule<'a>>),
        artifact: Node,
        (ends, place): (&Ends, usize),
    ) -> Result<(Ground, Vec<Rest<'a>>), StepsExhausted> {
        let graph = self.appraisal.graph;
        let Some(pair) = graph.pair(position, artifact) else {
            return Ok((Ground::Assumed { statement: None }, Vec::new()));
        };
        let report = pair.report;
        let (property, whole) = asked(self.question);
        let mut needs: Vec<Rest<'a>> = Vec::new();
        let mut cast: Vec<(End, Vote)> = Vec::new();
        let known =
            |need: &Need| need.is_nothing() || self.holding.get(need).is_some_and(|why| why.is_before(place));
        let counting = self.appraisal.candidates(position).iter().filter(|one| ends.contains(&one.end));
        for candidate in counting {
            let behind = reach.behind(candidate.depth);
            let own = candidate.depth.filter(|steps| Reach::Steps(*steps) == behind);
            let rule = own.map(|steps| (&candidate.certification.predicate().tool.name, steps)).or(by);
            let appraisal = &self.appraisal;
            let needed = |way: Rc<Way>, reach: Reach| {
                let needs = appraisal.needs_so_far(property, pair, reach, &way);
                needs.met(known).map(|needs| (needs, way))
            };
            // One way in which a claim speaks is enough, and one to be a whole step.
            let votes: Vec<Counted> = if whole {
                let steps = appraisal.steps_called(candidate, &self.sought, pair);
                let ways = steps.filter_map(|covering| appraisal.step_way(covering));
                let fewest = ways.filter_map(|way| needed(way, behind)).min_by_key(|(needs, _)| needs.len());
                fewest.into_iter().map(|rests| (Effect::Establishes, rests)).collect()
            } else {
                let claims = candidate.claims(appraisal.claimed(), &self.sought);
                let votes = claims.filter_map(|claim| {
                    let way = candidate.speaks(claim, property, pair)?;
                    Some((claim.effect, needed(way, Reach::All)?))
                });
                votes.collect()
            };
            for (effect, (needed, way)) in votes {
                needs.extend(needed.into_iter().map(|need| (need, rule)));
                cast.push((candidate.end.clone(), vote(candidate, effect, &way.manifests)));
            }
        }
        // Of several rules that of the first vote.
        needs.sort_by(|(one, _), (other, _)| one.cmp(other));
        needs.dedup_by(|(later, _), (first, _)| later == first);
        let ground = self.report(property, (position, report.id()), ends, cast)?;
        Ok((ground, needs))
    }

    /// By what a report stays although its key is compromised.
    fn survivals(&self, report: &Signed<Report>) -> Vec<Survival> {
        self.appraisal.quorums.authorities.revocations.fate(report).unwrap_or_default()
    }

    /// A report as a ground, with its votes, its countersignatures where the policy asks for them, and what it has survived.
    fn report(
        &mut self,
        property: &PropertyName,
        (position, report): (usize, StatementId),
        ends: &Ends,
        cast: Vec<(End, Vote)>,
    ) -> Result<Ground, StepsExhausted> {
        let terms = self.appraisal.quorums.authorities.trust.terms();
        let (quorum, countersigned) =
            (terms.quorum.for_property(property), terms.countersigned.for_property(property));
        let witness = self.appraisal.quorums.witness(property, ends, quorum, self.appraisal.steps)?;
        let votes = self.with_chains(property, cast, &witness)?;
        let mut countersignatures = Vec::new();
        if countersigned > 0 {
            let ends = self.appraisal.countersigners(position);
            let witness =
                self.appraisal.quorums.witness(property, &ends, countersigned, self.appraisal.steps)?;
            let mut chains = witness.to_vec();
            for end in ends.iter() {
                chains.extend(self.appraisal.quorums.chain(property, end, self.appraisal.steps)?);
            }
            for chain in &chains {
                let Some(authority) = chain.keys.last().copied() else { continue };
                let (authorities, endorsements) = self.told(chain);
                let found = Countersignature { authority, authorities, endorsements };
                if !countersignatures.contains(&found) {
                    countersignatures.push(found);
                }
            }
        }
        let survivals =
            self.appraisal.graph.reports.get(position).map(|run| self.survivals(run)).unwrap_or_default();
        Ok(Ground::Report { report, quorum, votes, countersignatures, survivals })
    }

    /// The runs that made the deployed artifact, one of each custodian.
    pub(crate) fn makings(&mut self, makings: &[Making]) -> Result<Vec<ProofStep>, StepsExhausted> {
        let graph = self.appraisal.graph;
        let step = PropertyName::the_step();
        let (mut steps, sought) = (Vec::new(), self.appraisal.sought(step));
        for Making { report, ends } in makings {
            let Some(pair) = graph.pair(*report, graph.deployed) else { continue };
            let counting = self.appraisal.candidates(*report).iter().filter(|one| ends.contains(&one.end));
            let cast = counting.filter_map(|one| {
                let mut called = self.appraisal.steps_called(one, &sought, pair).peekable();
                called.peek()?;
                let manifests = called.flat_map(|covering| covering.roles().named_by()).cloned().collect();
                Some((one.end.clone(), vote(one, Effect::Establishes, &manifests)))
            });
            let cast = cast.collect();
            let ground = self.report(step, (*report, pair.report.id()), ends, cast)?;
            let name = pair.subjects.first().and_then(|made| made.path.as_ref()).map(ToString::to_string);
            steps.push(ProofStep { artifact: graph.artifact, name, ground });
        }
        Ok(steps)
    }

    /// A runtime, with the votes by which it supplies something.
    pub(crate) fn supplied(
        &mut self,
        runtime: &Runtime,
        property: &PlatformProperty,
        supply: &Supply<'a>,
    ) -> Result<Vec<ProofStep>, StepsExhausted> {
        let (property, ends) = (&property.name, supply.ends());
        let quorum = self.appraisal.quorums.authorities.trust.terms().quorum.for_property(property);
        let witness = self.appraisal.quorums.witness(property, &ends, quorum, self.appraisal.steps)?;
        let cast = supply.cast.iter().map(|ballot| {
            let vote = Vote {
                certification: ballot.certification.id(),
                tool: tool_name(ballot.certification.predicate()).into(),
                effect: Effect::Supplies,
                certifier: ballot.end.certifier,
                authorities: Arc::default(),
                endorsements: Arc::default(),
                renews: Vec::new(),
                manifests: Vec::new(),
            };
            (ballot.end.clone(), vote)
        });
        let votes = self.with_chains(property, cast.collect(), &witness)?;
        let ground = Ground::Supplied { runtime: runtime.executable, quorum, votes };
        let artifact = ArtifactDigest::File(runtime.executable.sha256());
        Ok(vec![ProofStep { artifact, name: Some(runtime.program.clone()), ground }])
    }

    /// The votes that have a chain, with the names on it: once for its own, and once for each other that the quorum needs.
    fn with_chains(
        &mut self,
        property: &PropertyName,
        cast: Vec<(End, Vote)>,
        witness: &[Rc<Chain>],
    ) -> Result<Vec<Vote>, StepsExhausted> {
        let mut votes: Vec<Vote> = Vec::new();
        for (end, vote) in cast {
            let own = self.appraisal.quorums.chain(property, &end, self.appraisal.steps)?;
            let needed = witness.iter().filter(|chain| ends_at(chain, &end)).cloned();
            let mut told: Vec<Told> = Vec::new();
            for chain in own.into_iter().chain(needed) {
                let chain = self.told(&chain);
                if !told.contains(&chain) {
                    told.push(chain);
                }
            }
            for (authorities, endorsements) in told {
                let vote = Vote { authorities, endorsements, ..vote.clone() };
                if !votes.contains(&vote) {
                    votes.push(vote);
                }
            }
        }
        Ok(votes)
    }

    /// The names of those on a chain, and the endorsements between them.
    fn told(&mut self, chain: &Rc<Chain>) -> Told {
        let anchors = &self.appraisal.quorums.authorities.trust.terms().anchors;
        let (_, told) = self.told.entry(Rc::as_ptr(chain)).or_insert_with(|| {
            let anchor = anchors.get(chain.anchor).map(|anchor| anchor.name.clone());
            let endorsed = chain.endorsements.iter().filter_map(|id| self.endorsed.get(id).copied().cloned());
            let names = anchor.into_iter().chain(endorsed).collect();
            (Rc::clone(chain), (names, chain.endorsements.as_slice().into()))
        });
        told.clone()
    }
}

/// What claims are asked about, and whether it is that a run is a whole step.
fn asked(question: &Question) -> (&PropertyName, bool) {
    match question {
        Question::Property(property) => (property, false),
        Question::Complete | Question::Reproduced | Question::Evidence(_) | Question::Node(_) => {
            (PropertyName::the_step(), true)
        }
        // No run shows what a runtime supplies.
        Question::Supplied(_, property) => (&property.name, false),
    }
}

fn ends_at(chain: &Chain, end: &End) -> bool {
    chain.keys.last() == Some(&end.certifier) && !chain.keys.iter().any(|key| end.shunned.contains(key))
}

fn vote(candidate: &Candidate<'_>, effect: Effect, manifests: &BTreeSet<Rc<Listed>>) -> Vote {
    let manifested = |listed: &Rc<Listed>| {
        let Listed { statement, key, kind, role } = listed.as_ref();
        Manifested { statement: *statement, key: *key, kind: *kind, role: role.clone() }
    };
    Vote {
        certification: candidate.certification.id(),
        tool: candidate.tool(),
        effect,
        certifier: candidate.end.certifier,
        authorities: Arc::default(),
        endorsements: Arc::default(),
        renews: candidate.line.clone(),
        manifests: manifests.iter().map(manifested).collect(),
    }
}
