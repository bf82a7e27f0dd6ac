//! Verified provenance to a principal's facts: trust, no crypto.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{ArtifactDigest, KeyId, PlatformProperty, Runtime, StatementId, limits};

use crate::appraisal::{Appraisal, Holding};
use crate::authority::{Authorities, Reading, standing};
use crate::diagnosis::Diagnosis;
use crate::explain::Explanation;
use crate::facts::{Answer, Answers, Facts, Ground, ProofStep, Question};
use crate::graph::TooDeep;
use crate::miss::{Arrivals, Obstacles};
use crate::need::Need;
use crate::node::node;
use crate::obstacle::Obstacle;
use crate::provenance::{Provenance, Verified};
use crate::provenance_chain::ProvenanceChain;
use crate::removal::removals;
use crate::revocation::{ListState, Revocations};
use crate::search::{Steps, StepsExhausted};
use crate::suppose::Supposition;
use crate::trust::Trust;
use crate::vantage::Vantage;

/// An appraisal that is over a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppraiseError {
    /// The chain is deeper than [`limits::GRAPH_DEPTH`].
    #[error("the provenance chain is deeper than {} steps", limits::GRAPH_DEPTH)]
    TooDeep,
    /// The search for votes and authority chains took more than [`limits::CHAIN_SEARCH_STEPS`].
    #[error("the search for votes and authority chains takes more than {} steps", limits::CHAIN_SEARCH_STEPS)]
    SearchExhausted,
}

impl AppraiseError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooDeep => "limit-graph-depth",
            Self::SearchExhausted => "limit-chain-search",
        }
    }
}

impl From<TooDeep> for AppraiseError {
    fn from(_: TooDeep) -> Self {
        Self::TooDeep
    }
}

impl From<StepsExhausted> for AppraiseError {
    fn from(_: StepsExhausted) -> Self {
        Self::SearchExhausted
    }
}

/// Answers `questions` about `artifact` for the principal whose `trust` this is, from where it looks: `vantage`.
///
/// Each answer is three-valued: shown, not shown, or not to be told because revocation data that the policy asks for is
/// missing. All validity is judged at the one time that is given; a report's own times never help it. What the decider saw
/// before is given with the time; by a clock alone it saw nothing.
///
/// # Errors
/// [`AppraiseError`] for the limit that is exceeded.
pub fn appraise<'p>(
    provenance: &Verified<Provenance>,
    trust: &Trust,
    artifact: ArtifactDigest,
    questions: &BTreeSet<Question>,
    vantage: impl Into<Vantage<'p>>,
) -> Result<Facts, AppraiseError> {
    appraise_within(provenance, trust, artifact, questions, vantage, limits::CHAIN_SEARCH_STEPS)
}

/// The same in fewer steps than rule M-CHAIN allows. Fewer steps never show more: what is not finished is an error.
///
/// # Errors
/// As [`appraise`].
pub fn appraise_within<'p>(
    provenance: &Verified<Provenance>,
    trust: &Trust,
    artifact: ArtifactDigest,
    questions: &BTreeSet<Question>,
    vantage: impl Into<Vantage<'p>>,
    steps: usize,
) -> Result<Facts, AppraiseError> {
    let (chain, vantage) = (ProvenanceChain::of(provenance, artifact), vantage.into());
    answers(&Asked { chain: &chain, trust, questions, vantage }, None, steps).map(Facts)
}

/// As [`appraise`], about an artifact that others ask about too: what is the same for all of them is worked out once.
///
/// # Errors
/// As [`appraise`].
pub fn appraise_chain<'p>(
    chain: &ProvenanceChain<'_>,
    trust: &Trust,
    questions: &BTreeSet<Question>,
    vantage: impl Into<Vantage<'p>>,
) -> Result<Facts, AppraiseError> {
    let asked = Asked { chain, trust, questions, vantage: vantage.into() };
    answers(&asked, None, limits::CHAIN_SEARCH_STEPS).map(Facts)
}

/// What is asked, of what, by whose trust, and when.
pub(crate) struct Asked<'a, 'p> {
    pub(crate) chain: &'a ProvenanceChain<'p>,
    pub(crate) trust: &'a Trust,
    pub(crate) questions: &'a BTreeSet<Question>,
    pub(crate) vantage: Vantage<'a>,
}

/// The answers, as things are or under a supposition, each reading in so many steps. Only what is so is explained.
pub(crate) fn answers(
    asked: &Asked<'_, '_>,
    supposition: Option<&Supposition>,
    budget: usize,
) -> Result<Answers, AppraiseError> {
    let Asked { chain, trust, questions, vantage } = *asked;
    let (provenance, artifact, clock) = (chain.provenance(), chain.artifact(), vantage.clock);
    let graph = chain.graph()?;
    let revocations = revoked(provenance, trust, vantage, supposition);
    let explained = supposition.is_none();
    let mut steps = Steps::of(budget);
    let removals = removals(graph, provenance, &revocations, trust.terms(), &mut steps)?;
    let strict = Authorities::new(provenance, trust, &revocations, clock, Reading::Strict);
    let mut strict = Appraisal::new(graph, provenance, &strict, &removals, &mut steps)?;
    let mut answers = BTreeMap::new();
    let mut open = Vec::new();
    for question in questions {
        if let Question::Node(key) = question {
            answers.insert(question.clone(), node(*key, artifact, trust, &revocations));
            continue;
        }
        match answer(&mut strict, question, explained)? {
            Ok(proof) => drop(answers.insert(question.clone(), Answer::Shown(proof.into()))),
            Err(obstacles) => open.push((question, obstacles)),
        }
    }
    if open.is_empty() || !has_gaps(provenance, &revocations) {
        let told = |(question, obstacles): (&Question, _)| (question.clone(), Answer::NotShown(obstacles));
        answers.extend(open.into_iter().map(told));
        return Ok(Answers { artifact, answers });
    }
    let generous = Authorities::new(provenance, trust, &revocations, clock, Reading::Generous);
    let mut steps = Steps::of(budget);
    let mut generous = Appraisal::new(graph, provenance, &generous, &removals, &mut steps)?;
    for (question, obstacles) in open {
        let answer = if !is_so(&mut generous, question)? {
            Answer::NotShown(obstacles)
        } else if !explained || obstacles.name_missing_lists() {
            Answer::CouldNotTell(obstacles.of_the_untold())
        } else {
            let missing = missing_lists(&mut generous, question)?;
            Answer::CouldNotTell(obstacles.with(artifact, missing).of_the_untold())
        };
        answers.insert(question.clone(), answer);
    }
    Ok(Answers { artifact, answers })
}

/// What is revoked for a principal, as things are or under a supposition.
pub(crate) fn revoked<'a>(
    provenance: &'a Provenance,
    trust: &Trust,
    vantage: Vantage<'a>,
    supposition: Option<&'a Supposition>,
) -> Revocations<'a> {
    let standing = standing(provenance, trust, vantage.clock);
    let revocations = Revocations::new(provenance, trust.terms().freshness, vantage, standing);
    revocations.supposing(supposition, provenance)
}

/// The proof that it is so, or what stands against it; both empty where nothing is to be explained.
fn answer(
    appraisal: &mut Appraisal<'_, '_>,
    question: &Question,
    explained: bool,
) -> Result<Result<Vec<ProofStep>, Obstacles>, StepsExhausted> {
    if let (Question::Supplied(runtime, property), true) = (question, explained) {
        return supplied(appraisal, question, runtime, property);
    }
    if let Question::Evidence(name) = question {
        let artifact = appraisal.graph.artifact;
        let found = appraisal.evidence(name)?;
        let obstacles = |all: Vec<Obstacle>| {
            let found = all.into_iter().map(|obstacle| (obstacle, artifact)).collect();
            Obstacles::new(found, &Arrivals::new())
        };
        return Ok(found.map(|step| vec![step]).map_err(obstacles));
    }
    if !explained {
        return Ok(if is_so(appraisal, question)? { Ok(Vec::new()) } else { Err(Obstacles::default()) });
    }
    let Some(holding) = holding(appraisal, question)? else { return reproduced(appraisal, question) };
    if holding.contains(&Need::anything(appraisal.graph.deployed)) {
        Explanation::new(appraisal, question, &holding).proof().map(Ok)
    } else {
        Diagnosis::new(appraisal, question, &holding).obstacles().map(Err)
    }
}

/// The runs that made the deployed artifact in independent custody, or what stands against their being enough.
fn reproduced(
    appraisal: &mut Appraisal<'_, '_>,
    question: &Question,
) -> Result<Result<Vec<ProofStep>, Obstacles>, StepsExhausted> {
    let (nothing, reproduction) = (Holding::default(), appraisal.reproduction()?);
    if reproduction.is_enough() {
        return Explanation::new(appraisal, question, &nothing).makings(&reproduction.makings).map(Ok);
    }
    let artifact = appraisal.graph.artifact;
    let (expected, found) = (reproduction.expected, reproduction.makings.len());
    let missing = Obstacle::Reproductions { artifact, expected, found };
    Diagnosis::new(appraisal, question, &nothing).saying(missing).obstacles().map(Err)
}

/// The votes by which a runtime supplies something, or what stands against their being enough.
fn supplied(
    appraisal: &mut Appraisal<'_, '_>,
    question: &Question,
    runtime: &Runtime,
    property: &PlatformProperty,
) -> Result<Result<Vec<ProofStep>, Obstacles>, StepsExhausted> {
    let supply = appraisal.supply(runtime, property)?;
    if appraisal.supplies(property, &supply)? {
        return Explanation::new(appraisal, question, &Holding::default())
            .supplied(runtime, property, &supply)
            .map(Ok);
    }
    Diagnosis::new(appraisal, question, &Holding::default()).of_supply(runtime, supply).map(Err)
}

/// Whether it is so.
fn is_so(appraisal: &mut Appraisal<'_, '_>, question: &Question) -> Result<bool, StepsExhausted> {
    if let Question::Supplied(runtime, property) = question {
        let supply = appraisal.supply(runtime, property)?;
        return appraisal.supplies(property, &supply);
    }
    if let Question::Evidence(name) = question {
        return Ok(appraisal.evidence(name)?.is_ok());
    }
    match holding(appraisal, question)? {
        Some(holding) => Ok(holding.contains(&Need::anything(appraisal.graph.deployed))),
        None => Ok(appraisal.reproduction()?.is_enough()),
    }
}

/// Where it holds, of all that the artifact hangs on; `None` for what is asked of the artifact alone.
fn holding(
    appraisal: &mut Appraisal<'_, '_>,
    question: &Question,
) -> Result<Option<Holding>, StepsExhausted> {
    match question {
        Question::Property(property) => appraisal.holding(property).map(Some),
        Question::Complete => appraisal.complete().map(Some),
        Question::Reproduced | Question::Evidence(_) | Question::Supplied(..) | Question::Node(_) => Ok(None),
    }
}

/// Of what could not be told: the authorities without fresh lists on whom a proof rests under the generous reading.
fn missing_lists(
    generous: &mut Appraisal<'_, '_>,
    question: &Question,
) -> Result<Vec<Obstacle>, StepsExhausted> {
    let Ok(proof) = answer(generous, question, true)? else { return Ok(Vec::new()) };
    let endorsements = generous.provenance.endorsements.iter();
    let issuers: BTreeMap<StatementId, KeyId> = endorsements.map(|one| (one.id(), one.issuer())).collect();
    let mut on_chains = BTreeSet::new();
    for step in &proof {
        let Ground::Report { votes, countersignatures, .. } = &step.ground else { continue };
        let of_votes = votes.iter().map(|vote| (vote.certifier, &vote.endorsements));
        let signed = countersignatures.iter().map(|signature| (signature.authority, &signature.endorsements));
        for (end, endorsements) in of_votes.chain(signed) {
            on_chains.insert(end);
            on_chains.extend(endorsements.iter().filter_map(|id| issuers.get(id)));
        }
    }
    let revocations = generous.quorums.authorities.revocations;
    let stale = on_chains.into_iter().filter(|authority| revocations.state(*authority) == ListState::Stale);
    Ok(stale.map(|authority| Obstacle::StaleLists { authority }).collect())
}

/// Whether anybody who signed an endorsement or a certification, or countersigned a report, has no fresh list.
pub(crate) fn has_gaps(provenance: &Provenance, revocations: &Revocations<'_>) -> bool {
    let endorsers = provenance.endorsements.iter().map(|signed| signed.issuer());
    let certifiers = provenance.certifications.iter().map(|signed| signed.issuer());
    let countersigners = provenance.countersigners.values().flatten().copied();
    let authorities: BTreeSet<KeyId> = endorsers.chain(certifiers).chain(countersigners).collect();
    authorities.into_iter().any(|authority| revocations.state(authority) == ListState::Stale)
}
