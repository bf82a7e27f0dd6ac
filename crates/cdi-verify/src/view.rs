//! What each part of a chain is to one principal: which step gives which property to which artifact, and what keeps the others
//! from it. For pictures of a whole chain, where a proof tells one way through it.
//!
//! It is read off the same appraisal as the principal's [`Facts`](crate::Facts), adds no rule, and admits nothing.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{ArtifactDigest, Effect, KeyId, PropertyName, ReportKind, StatementId, limits};

use crate::appraisal::{Appraisal, Given, Holding};
use crate::appraise::{AppraiseError, has_gaps, revoked};
use crate::authority::{Authorities, Reading};
use crate::diagnosis::Diagnosis;
use crate::facts::Question;
use crate::fixpoint::Why;
use crate::graph::{Graph, Pair};
use crate::need::Need;
use crate::obstacle::Obstacle;
use crate::provenance::{Provenance, Verified};
use crate::removal::removals;
use crate::search::{Ends, Steps, StepsExhausted};
use crate::trust::Trust;
use crate::vantage::Vantage;

/// A certification that speaks for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// The certification.
    pub certification: StatementId,
    /// What it says that the step does: of a whole step, that it establishes `STEP`.
    pub effect: Effect,
    /// The origin statements by which it takes inputs for something else than code.
    pub manifests: BTreeSet<StatementId>,
}

/// What a step has to do with a question about an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// By these voices it shows it.
    Shows(Vec<Voice>),
    /// It would, if revocation data were there that is missing; what stands against it until then.
    Untold(Option<Obstacle>),
    /// It does not, and this stands closest to it.
    Not(Option<Obstacle>),
}

/// By what something holds of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// By a step that shows it.
    Shown(StatementId),
    /// The policy assumes it, perhaps of what this origin statement lists.
    Assumed(Option<StatementId>),
    /// The policy accepts it as an origin, perhaps by this origin statement.
    Origin(Option<StatementId>),
    /// The policy accepts this verification summary in the place of its history.
    Summary(StatementId),
}

/// Where in the chain the answer to one question is yes, and where it is lost.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Of which artifacts it holds.
    pub holds: BTreeMap<ArtifactDigest, Held>,
    /// Of which it would, if revocation data were there that is missing.
    pub untold: BTreeSet<ArtifactDigest>,
    /// For each step and each artifact that it is about, its share.
    pub shares: BTreeMap<(StatementId, ArtifactDigest), Share>,
    /// Artifacts at which the chain ends without it, and why.
    pub ends: BTreeMap<ArtifactDigest, Obstacle>,
}

/// What one principal makes of a chain.
#[derive(Debug, Clone)]
pub struct View {
    /// For each question that asks something of the chain, where the answer is yes.
    pub looks: BTreeMap<Question, Look>,
    /// The reports whose keys somebody has certified whom a chain of authorities could lead to.
    pub certified: BTreeSet<StatementId>,
    /// The certifications of these keys, each with what keeps it from speaking about every run of the chain, if so.
    pub certifications: BTreeMap<StatementId, Option<Obstacle>>,
    /// All who certified or endorsed, each with what keeps every chain from leading to it, if so.
    pub authorities: BTreeMap<KeyId, Option<Obstacle>>,
    /// Those of them that current endorsements lead to, revocations disregarded. All others are strangers.
    pub standing: BTreeSet<KeyId>,
}

/// Looks at the chain of `artifact` with the eyes of the principal whose `trust` this is. Of the questions those count that
/// ask something of the chain: properties, and whether the history is complete.
///
/// # Errors
/// [`AppraiseError`] as for [`appraise`](crate::appraise).
pub fn view<'p>(
    provenance: &Verified<Provenance>,
    trust: &Trust,
    artifact: ArtifactDigest,
    questions: &BTreeSet<Question>,
    vantage: impl Into<Vantage<'p>>,
) -> Result<View, AppraiseError> {
    let (provenance, vantage) = (provenance.get(), vantage.into());
    let clock = vantage.clock;
    let graph = Graph::back_from(artifact, provenance)?;
    let revocations = revoked(provenance, trust, vantage, None);
    let mut steps = Steps::of(limits::CHAIN_SEARCH_STEPS);
    let removals = removals(&graph, provenance, &revocations, trust.terms(), &mut steps)?;
    let authorities = Authorities::new(provenance, trust, &revocations, clock, Reading::Strict);
    let mut appraisal = Appraisal::new(&graph, provenance, &authorities, &removals, &mut steps)?;
    let mut looks = BTreeMap::new();
    for question in questions {
        if let Some(look) = look(&mut appraisal, question)? {
            looks.insert(question.clone(), look);
        }
    }
    let certified = graph.reports.iter().enumerate().filter(|(at, _)| appraisal.is_certified(*at));
    let certified = certified.map(|(_, report)| report.id()).collect();
    let certifications = certifications(&appraisal);
    if has_gaps(provenance, &revocations) {
        let generous = Authorities::new(provenance, trust, &revocations, clock, Reading::Generous);
        let mut steps = Steps::of(limits::CHAIN_SEARCH_STEPS);
        let mut generous = Appraisal::new(&graph, provenance, &generous, &removals, &mut steps)?;
        for (question, look) in &mut looks {
            untold(&mut generous, question, look)?;
        }
    }
    let signers = signers(provenance, &authorities);
    let standing = revocations.standing.iter().copied().filter(|key| signers.contains_key(key)).collect();
    Ok(View { looks, certified, certifications, authorities: signers, standing })
}

/// Where it holds, and the property that claims speak of; `None` if it is not about the chain.
fn held(
    appraisal: &mut Appraisal<'_, '_>,
    question: &Question,
) -> Result<Option<(Holding, PropertyName)>, StepsExhausted> {
    match question {
        Question::Property(property) => {
            appraisal.holding(property).map(|holding| Some((holding, property.clone())))
        }
        Question::Complete => appraisal.complete().map(|holding| Some((holding, PropertyName::step()))),
        Question::Reproduced | Question::Evidence(_) | Question::Supplied(..) | Question::Node(_) => Ok(None),
    }
}

fn look(appraisal: &mut Appraisal<'_, '_>, question: &Question) -> Result<Option<Look>, StepsExhausted> {
    let Some((holding, property)) = held(appraisal, question)? else { return Ok(None) };
    let whole = *question == Question::Complete;
    let graph = appraisal.graph;
    let shown = shown(&holding, graph);
    let mut look = Look { holds: holds(&holding, graph), ..Look::default() };
    for pair in graph.pairs() {
        if whole && pair.report.predicate().kind == ReportKind::Inspection {
            continue;
        }
        let found = shown.contains(&(pair.position, pair.artifact));
        let voices = voices(appraisal, (&property, whole), pair, &holding, found)?;
        let share = if voices.is_empty() {
            Share::Not(Diagnosis::new(appraisal, question, &holding).closest_at(pair)?)
        } else {
            Share::Shows(voices)
        };
        look.shares.insert((pair.report.id(), pair.artifact), share);
    }
    let ends = graph.read().into_iter().chain([graph.artifact]);
    for end in ends.filter(|end| graph.pairs_of(*end).next().is_none() && !look.holds.contains_key(end)) {
        let closest = Diagnosis::new(appraisal, question, &holding).closest_of(end)?;
        look.ends.extend(closest.map(|obstacle| (end, obstacle)));
    }
    Ok(Some(look))
}

/// What would hold if nobody without a fresh list had revoked anything.
fn untold(
    generous: &mut Appraisal<'_, '_>,
    question: &Question,
    look: &mut Look,
) -> Result<(), StepsExhausted> {
    let Some((holding, property)) = held(generous, question)? else { return Ok(()) };
    let graph = generous.graph;
    let shown = shown(&holding, graph);
    look.untold = holds(&holding, graph).into_keys().filter(|held| !look.holds.contains_key(held)).collect();
    for pair in graph.pairs() {
        let Some(share) = look.shares.get_mut(&(pair.report.id(), pair.artifact)) else { continue };
        let Share::Not(obstacle) = share else { continue };
        let found = shown.contains(&(pair.position, pair.artifact));
        let whole = *question == Question::Complete;
        if !voices(generous, (&property, whole), pair, &holding, found)?.is_empty() {
            *share = Share::Untold(obstacle.take());
        }
    }
    Ok(())
}

/// By what it holds of each artifact, however far back it is asked and whoever may show it.
fn holds(holding: &Holding, graph: &Graph<'_>) -> BTreeMap<ArtifactDigest, Held> {
    let held = |why: &Why<Given>| match why {
        Why::Given(Given::Assumed(listing)) => Some(Held::Assumed(listing.map(|listing| listing.statement))),
        Why::Given(Given::OriginByDigest) => Some(Held::Origin(None)),
        Why::Given(Given::Origin(listing)) => Some(Held::Origin(Some(listing.statement))),
        Why::Given(Given::Summary { statement, .. }) => Some(Held::Summary(*statement)),
        Why::Shown { report, .. } => graph.reports.get(*report).map(|report| Held::Shown(report.id())),
    };
    let all = holding.in_order(graph);
    all.into_iter().filter_map(|(need, why)| Some((graph.digest(need.artifact), held(why)?))).collect()
}

/// The reports by which something was found to hold, each with the artifact.
fn shown(holding: &Holding, graph: &Graph<'_>) -> BTreeSet<(usize, ArtifactDigest)> {
    let all = holding.in_order(graph);
    all.into_iter().filter_map(|(need, why)| Some((why.report()?, graph.digest(need.artifact)))).collect()
}

/// The voices by which a report shows it of an artifact: none, if they are not enough. `found` says that it was found to.
fn voices<'s, 'a>(
    appraisal: &mut Appraisal<'s, 'a>,
    (property, whole): (&PropertyName, bool),
    pair: Pair<'s, 'a>,
    holding: &Holding,
    found: bool,
) -> Result<Vec<Voice>, StepsExhausted> {
    let met = |need: &Need| need.is_nothing() || holding.contains(need);
    let (mut voices, mut ends) = (Vec::new(), Ends::default());
    let sought = appraisal.sought(property);
    let speaking = appraisal.candidates(pair.position).iter().filter(|one| one.obstacle.is_none());
    for candidate in speaking {
        let mut ways = Vec::new();
        if whole && pair.report.predicate().capture.is_complete() {
            let reach = crate::depth::Reach::All.behind(candidate.depth);
            let called = appraisal.steps_called(candidate, &sought, pair);
            let called = called.filter_map(|covering| appraisal.step_way(covering));
            ways.extend(called.map(|way| (Effect::Establishes, reach, way)));
        } else if !whole {
            let claims = candidate.claims(appraisal.claimed(), &sought);
            ways.extend(claims.filter_map(|claim| {
                let way = candidate.speaks(claim, property, pair)?;
                Some((claim.effect, crate::depth::Reach::All, way))
            }));
        }
        for (effect, reach, way) in ways {
            let needs = appraisal.needs_so_far(property, pair, reach, &way);
            if found || needs.met(met).is_some() {
                ends.insert(candidate.end.clone());
                let manifests = way.manifests.iter().map(|listed| listed.statement).collect();
                voices.push(Voice { certification: candidate.certification.id(), effect, manifests });
            }
        }
    }
    if found || appraisal.shows(property, pair.position, &ends)? {
        return Ok(voices);
    }
    Ok(Vec::new())
}

/// The certifications of the chain's report keys: the least that stands against each, over all runs.
fn certifications(appraisal: &Appraisal<'_, '_>) -> BTreeMap<StatementId, Option<Obstacle>> {
    let mut all: BTreeMap<StatementId, Option<Obstacle>> = BTreeMap::new();
    let candidates = appraisal.candidates.iter().filter_map(|found| found.as_ref().ok()).flatten();
    for candidate in candidates {
        let entry =
            all.entry(candidate.certification.id()).or_insert_with(|| candidate.obstacle.as_deref().cloned());
        let closer = match (&entry, candidate.obstacle.as_deref()) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(known), Some(found)) => found.order() < known.order(),
        };
        if closer {
            *entry = candidate.obstacle.as_deref().cloned();
        }
    }
    all
}

/// Everybody who certified or endorsed, with why no chain leads to them, if none does.
fn signers(provenance: &Provenance, authorities: &Authorities<'_>) -> BTreeMap<KeyId, Option<Obstacle>> {
    let certifiers = provenance.certifications.iter().map(|signed| signed.issuer());
    let endorsers = provenance.endorsements.iter().map(|signed| signed.issuer());
    let all: BTreeSet<KeyId> = certifiers.chain(endorsers).collect();
    let reachable = authorities.reachable();
    let against = |key: KeyId| {
        let chainless = || authorities.chainless(key).into_iter().min_by_key(Obstacle::order);
        // Whether a stranger has lists is nobody's concern.
        let own =
            if authorities.revocations.standing.contains(&key) { authorities.signer(key) } else { None };
        own.or_else(|| if reachable.contains(&key) { None } else { chainless() })
    };
    all.into_iter().map(|key| (key, against(key))).collect()
}
