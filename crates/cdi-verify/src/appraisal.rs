//! One principal's view of one artifact's chain under one reading of what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use cdi_types::{
    ArtifactDigest, Effect, Invocation, KeyId, Origin, OriginKind, PropertyName, Report, ReportKind,
    RevokedId, StatementId, ToolCertification,
};

use crate::authority::Authorities;
use crate::claim::Candidate;
use crate::claimed::{AllClaimed, Sought};
use crate::condition::Conditions;
use crate::coverage::{Listings, Wanted};
use crate::covering::Covering;
use crate::depth::{Reach, StepVote, candidacies};
use crate::facts::Listing;
use crate::fixpoint::{Candidacy, Vote, least};
use crate::graph::{Graph, Pair};
use crate::held::Held;
use crate::index::{Certifiers, Size};
use crate::need::{Links, Needs, needs};
use crate::provenance::{Provenance, Signed};
use crate::quorum::Quorums;
use crate::removal::Removal;
use crate::renewal::Renewals;
use crate::search::{End, Ends, Steps, StepsExhausted};
use crate::trust::{Assumption, Inputs, OriginRule};
use crate::way::Way;

/// Why the policy itself says that something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Given {
    /// Assumed of the artifact, or of what this origin statement lists.
    Assumed(Option<Listing>),
    OriginByDigest,
    Origin(Listing),
    /// By this summary of a verifier, as the rule at this place accepts it.
    Summary {
        statement: StatementId,
        rule: usize,
    },
}

/// What holds of which artifact.
pub(crate) type Holding = crate::fixpoint::Holding<Given>;

pub(crate) struct Appraisal<'s, 'a> {
    pub(crate) graph: &'s Graph<'a>,
    pub(crate) provenance: &'a Provenance,
    /// Their evidence need not live as long as the graph's, which others ask by too.
    pub(crate) quorums: Quorums<'s, 's>,
    /// For each connected report its candidates, or why it is removed.
    pub(crate) candidates: Vec<Result<Vec<Candidate<'a>>, Removal>>,
    /// What runs name for their inputs, once something asks for inputs that are linked.
    links: Option<Links>,
    /// The signers and kinds of manifests that certifications name.
    wanted: Wanted,
    pub(crate) steps: &'s mut Steps,
}

/// What a certification of a report's key costs in steps: to hold it against the run takes time and memory, and an
/// authority can certify one key any number of times.
const CANDIDATE: usize = 64;

/// How much of what its invocations describe costs one step more.
const DESCRIBED: usize = 16;

/// How much of what a run records costs one step more, for each invocation that it is held against.
const RECORDED: usize = 8;

/// How many origin statements' subjects cost one step, and how many inputs of a run that are looked up in one manifest.
const SUBJECTS_LISTED: usize = 4;
const LOOKED_UP: usize = 4;

/// What a claim costs that is held against a run and one of its artifacts, and how many findings are looked at for one more.
/// Claims of one certification can say the same any number of times, and each waits for every input of its run.
const CLAIM: usize = 4;
const FINDINGS: usize = 64;
const SUBJECTS: usize = 4;

/// How many certifications by strangers are kept for each report key, to be explained.
const STRANGERS: usize = 4;

/// A certification, and its number among those of the bundle.
type Numbered<'a> = (usize, &'a Signed<ToolCertification>);

/// The certifications of a report's key by their places, each with what it costs if a chain could lead to its issuer. Anybody can write
/// certifications of any key: those by strangers, however many, must cost nothing, and a few of them are enough to say that they
/// are not trusted.
fn certified<'a>(
    report: usize,
    provenance: &'a Provenance,
    by_authorities: &Certifiers<'_>,
) -> impl Iterator<Item = (usize, Numbered<'a>, Option<Size>)> {
    let mut strangers = 0;
    let of_key = provenance.index.certified(report).iter().enumerate();
    of_key.filter_map(move |(place, number)| {
        let size = by_authorities.size(*number);
        strangers += usize::from(size.is_none());
        let is_heard = size.is_some() || strangers <= STRANGERS;
        is_heard.then_some((place, (*number, provenance.certifications.get(*number)?), size))
    })
}

fn is_forbidden(origin: &Signed<Origin>, authorities: &Authorities<'_>) -> bool {
    let forbidden = &authorities.trust.terms().forbidden;
    forbidden.origins.contains(&origin.id())
        || forbidden.origin_keys.contains(&origin.issuer())
        || authorities.revocations.is_without(origin)
}

/// What is listed of what the connected reports read, by statements that certifications name and the policy does not forbid.
fn listings(
    graph: &Graph<'_>,
    provenance: &Provenance,
    authorities: &Authorities<'_>,
    wanted: &Wanted,
    steps: &mut Steps,
) -> Result<Listings, StepsExhausted> {
    if wanted.is_empty() {
        return Ok(Listings::default());
    }
    let origins = || provenance.origins.iter().filter(|origin| !is_forbidden(origin, authorities));
    steps.take(Listings::size(origins(), wanted) / SUBJECTS_LISTED)?;
    Ok(Listings::of(origins(), wanted, &graph.read()))
}

impl<'s, 'a> Appraisal<'s, 'a> {
    pub(crate) fn new(
        graph: &'s Graph<'a>,
        provenance: &'a Provenance,
        authorities: &'s Authorities<'s>,
        removals: &BTreeMap<StatementId, Removal>,
        steps: &'s mut Steps,
    ) -> Result<Self, StepsExhausted> {
        let standing = &authorities.revocations.standing;
        let by_authorities = provenance.index.certified_by(|key| standing.contains(key));
        let of_key = |at: usize| {
            let number = graph.number(at).into_iter();
            number.flat_map(|number| certified(number, provenance, &by_authorities))
        };
        let mut with_manifests = Vec::new();
        for at in 0..graph.reports.len() {
            let number = graph.number(at).unwrap_or(usize::MAX);
            let (recorded, inputs) = (provenance.index.recorded(number), provenance.index.read(number).len());
            for (_, (_, certification), size) in of_key(at) {
                let Some(Size { described, invocations, manifests, .. }) = size else { continue };
                let often = invocations.saturating_add(1).saturating_mul(recorded / RECORDED);
                let inputs = inputs / LOOKED_UP;
                let listed = manifests.saturating_mul(1 + inputs);
                let described = CANDIDATE + described / DESCRIBED;
                steps.take(described.saturating_add(often).saturating_add(listed))?;
                with_manifests.extend((manifests > 0).then_some(certification));
            }
        }
        let invocations = with_manifests.into_iter().flat_map(|one| one.predicate().invocations.values());
        let manifests = invocations.flat_map(Invocation::all_manifests);
        let wanted: Wanted = manifests.map(|manifest| (manifest.key.key_id(), manifest.kind)).collect();
        let listings = listings(graph, provenance, authorities, &wanted, steps)?;
        let which = authorities.trust.terms().certifications;
        let renewals = Renewals::new(which, provenance, authorities.revocations, steps)?;
        let (mut conditions, claimed) = (Conditions::default(), provenance.claimed());
        let mut of_run = |at: usize, report: &'a Signed<Report>| {
            let mut candidates = Vec::new();
            let named = renewals.named(report.predicate());
            for (place, (number, certification), size) in of_key(at) {
                let held = size.map(|_| graph.held((at, place), || Held::of(certification, report)));
                candidates.push(if let Some(held) = held {
                    let line = renewals.line(certification.id(), &named);
                    let run = (report, held);
                    let numbered = (number, certification);
                    let mut candidate = Candidate::new(numbered, run, authorities, &listings, line);
                    candidate.hold_conditions(claimed, report, &mut conditions, steps)?;
                    candidate
                } else {
                    Candidate::by_a_stranger((number, certification), certification.issuer())
                });
            }
            Ok(candidates)
        };
        let reports = graph.reports.iter().enumerate();
        let candidates = reports.map(|(at, report)| match removals.get(&report.id()) {
            Some(removal) => Ok(Err(removal.clone())),
            None => of_run(at, report).map(Ok),
        });
        let candidates = candidates.collect::<Result<_, StepsExhausted>>()?;
        let quorums = Quorums::new(authorities);
        Ok(Self { graph, provenance, quorums, candidates, links: None, wanted, steps })
    }

    /// Whether what shows `property` of an input must be what the run names: the policy asks for it, or the property is one
    /// of making.
    fn is_linked(&self, property: &PropertyName) -> bool {
        let terms = self.quorums.authorities.trust.terms();
        terms.inputs == Inputs::Linked || terms.vocabulary.of_making.contains(property)
    }

    /// Looks up what runs name for their inputs, if `property` asks for it: once.
    fn link(&mut self, property: &PropertyName) -> Result<(), StepsExhausted> {
        if self.links.is_none() && self.is_linked(property) {
            self.steps.take(Links::size(self.graph))?;
            let origins = self.accepted_origins().into_iter().map(|(artifact, _)| artifact).collect();
            let survives = |place: usize| self.candidates.get(place).is_some_and(Result::is_ok);
            self.links = Some(Links::of(self.graph, &origins, survives));
        }
        Ok(())
    }

    /// What these inputs of a report wait for, if `property` is to hold of them.
    pub(crate) fn needs(&self, property: &PropertyName, pair: Pair<'_, '_>, way: &Way) -> Rc<Needs> {
        self.needs_so_far(property, pair, Reach::All, way)
    }

    /// The same, of so much of their history.
    pub(crate) fn needs_so_far(
        &self,
        property: &PropertyName,
        pair: Pair<'_, '_>,
        reach: Reach,
        way: &Way,
    ) -> Rc<Needs> {
        let links = self.links.as_ref().filter(|_| self.is_linked(property));
        let needs = || needs(links, (pair.position, self.graph.read_by(pair.position)), reach, way);
        let shared = links.is_none() && reach == Reach::All;
        if shared { Rc::clone(way.needs(needs)) } else { Rc::new(needs()) }
    }

    /// A property as the policy means it, to be looked for in claims.
    pub(crate) fn sought(&self, property: &PropertyName) -> Sought {
        self.claimed().sought(property, &self.quorums.authorities.trust.terms().vocabulary)
    }

    /// What the certifications claim.
    pub(crate) fn claimed(&self) -> &'a AllClaimed {
        self.provenance.claimed()
    }

    pub(crate) fn candidates(&self, report: usize) -> &[Candidate<'a>] {
        self.candidates.get(report).and_then(|found| found.as_deref().ok()).unwrap_or_default()
    }

    /// Whether somebody with standing has certified the key of the report at this place.
    pub(crate) fn is_certified(&self, report: usize) -> bool {
        match self.candidates.get(report) {
            Some(Ok(candidates)) => candidates.iter().any(|candidate| !candidate.is_strangers()),
            Some(Err(_)) => true,
            None => false,
        }
    }

    /// Where `property` holds.
    pub(crate) fn holding(&mut self, property: &PropertyName) -> Result<Holding, StepsExhausted> {
        self.link(property)?;
        let sought = self.sought(property);
        let (mut candidacies, mut taken, left) = (Vec::new(), 0, self.steps.left());
        for pair in self.graph.pairs() {
            let mut votes = Vec::new();
            let findings = pair.report.predicate().findings.len();
            let speaking =
                self.candidates(pair.position).iter().filter(|candidate| candidate.obstacle.is_none());
            for candidate in speaking {
                for claim in candidate.claims(self.claimed(), &sought) {
                    taken += CLAIM + findings / FINDINGS + pair.subjects.len() / SUBJECTS;
                    if left < taken {
                        return Err(StepsExhausted);
                    }
                    let Some(way) = candidate.speaks(claim, property, pair) else { continue };
                    taken += way.inputs.len() + way.one_of.len();
                    if left < taken {
                        return Err(StepsExhausted);
                    }
                    let needs = self.needs(property, pair, &way);
                    votes.push(Vote { end: candidate.end.clone(), needs });
                }
            }
            if !votes.is_empty() {
                candidacies.push(Candidacy::of(pair, Reach::All, votes));
            }
        }
        self.steps.take(taken)?;
        let given = self.assumed(property);
        least(self.graph, given, candidacies, |report, ends| self.shows(property, report, ends))
    }

    /// Whether the votes that end here, of the report at this position, make it show `property`: they meet the quorum, and
    /// so do those who countersigned it (rules M-QUORUM, M-COUNTERSIGNED).
    pub(crate) fn shows(
        &mut self,
        property: &PropertyName,
        report: usize,
        ends: &Ends,
    ) -> Result<bool, StepsExhausted> {
        let terms = self.quorums.authorities.trust.terms();
        let (k, countersigned) =
            (terms.quorum.for_property(property), terms.countersigned.for_property(property));
        if !self.quorums.met(property, ends, k, self.steps)? {
            return Ok(false);
        }
        if countersigned == 0 {
            return Ok(true);
        }
        let ends = self.countersigners(report);
        self.quorums.met(property, &ends, countersigned, self.steps)
    }

    /// Those who signed the report besides its issuer and who may speak: a chain to one of them has not passed anybody who
    /// revoked the report or its key.
    pub(crate) fn countersigners(&self, report: usize) -> Ends {
        let Some(report) = self.graph.reports.get(report) else { return Ends::default() };
        let authorities = self.quorums.authorities;
        let revocations = authorities.revocations;
        let named = [RevokedId::Report(report.id()), RevokedId::Key(report.issuer())];
        let shunned: BTreeSet<KeyId> = named.iter().flat_map(|id| revocations.revokers(*id)).collect();
        let may_speak =
            |key: &KeyId| revocations.standing.contains(key) && authorities.signer(*key).is_none();
        let signers = self.provenance.countersigners(report.id()).filter(may_speak);
        signers.map(|certifier| End { certifier, shunned: shunned.clone() }).collect()
    }

    fn assumed(&self, property: &PropertyName) -> Vec<(ArtifactDigest, Given)> {
        let mut given = Vec::new();
        for assumption in &self.quorums.authorities.trust.terms().assumptions {
            match assumption {
                Assumption::OfArtifact(name, artifact) if name == property => {
                    given.push((*artifact, Given::Assumed(None)))
                }
                Assumption::OfOrigin(name, key, kind) if name == property => {
                    let kinds = BTreeSet::from([*kind]);
                    let listed = self.origins(*key, &kinds);
                    given.extend(listed.map(|(artifact, origin)| (artifact, Given::Assumed(Some(origin)))));
                }
                Assumption::OfArtifact(..) | Assumption::OfOrigin(..) => {}
            }
        }
        given
    }

    /// Whether an origin statement is as if it were not there: the policy forbids it or its signer.
    pub(crate) fn is_forbidden(&self, origin: &Signed<Origin>) -> bool {
        is_forbidden(origin, self.quorums.authorities)
    }

    /// Whether some certification of a connected report's key takes inputs for something by such statements.
    pub(crate) fn is_wanted(&self, origin: &Signed<Origin>) -> bool {
        self.wanted.contains(&(origin.issuer(), origin.predicate().kind))
    }

    /// What the origin statements of this key, of these kinds, list.
    fn origins<'k>(
        &self,
        key: KeyId,
        kinds: &'k BTreeSet<OriginKind>,
    ) -> impl Iterator<Item = (ArtifactDigest, Listing)> + use<'_, 's, 'a, 'k> {
        let standing = self.provenance.origins.iter().filter(|origin| !self.is_forbidden(origin));
        let accepted =
            standing.filter(move |origin| origin.issuer() == key && kinds.contains(&origin.predicate().kind));
        accepted.flat_map(|origin| {
            let said = origin.predicate();
            let (statement, key, kind, commit) = (origin.id(), origin.issuer(), said.kind, said.commit);
            let listing = Listing { statement, key, kind, commit };
            origin.statement().subject().iter().map(move |subject| (subject.digest, listing))
        })
    }

    /// Where the history is complete.
    pub(crate) fn complete(&mut self) -> Result<Holding, StepsExhausted> {
        let step = PropertyName::step();
        self.link(&step)?;
        let sought = self.sought(&step);
        let (mut steps, mut taken, left) = (Vec::new(), 0, self.steps.left());
        // Of one pair, in ascending order: what a run read, once for all certifications that need all of it.
        let (mut read, mut of_candidate): (Vec<Rc<Needs>>, Vec<Rc<Needs>>) = (Vec::new(), Vec::new());
        for pair in self.graph.pairs() {
            let run = pair.report.predicate();
            if run.kind != ReportKind::Transform || !run.capture.is_complete() {
                continue;
            }
            read.clear();
            let mut votes = Vec::new();
            let speaking =
                self.candidates(pair.position).iter().filter(|candidate| candidate.obstacle.is_none());
            for candidate in speaking {
                // Claims that turn out not to call it a step cost as much as those that do.
                let claims = candidate.claims(self.claimed(), &sought).count();
                taken += CLAIM + claims.saturating_mul(CLAIM + pair.subjects.len() / SUBJECTS);
                if left < taken {
                    return Err(StepsExhausted);
                }
                for covering in self.steps_called(candidate, &sought, pair) {
                    taken += CLAIM + run.inputs.len();
                    let Some(way) = self.step_way(covering) else { continue };
                    taken += way.inputs.len() + way.one_of.len();
                    if left < taken {
                        return Err(StepsExhausted);
                    }
                    of_candidate.push(self.needs(&step, pair, &way));
                }
                of_candidate.sort_unstable();
                of_candidate.dedup();
                votes.extend(of_candidate.drain(..).map(|needs| {
                    let needs = match read.binary_search(&needs) {
                        Ok(place) => read.get(place).map_or(needs, Rc::clone),
                        Err(place) => {
                            read.insert(place, Rc::clone(&needs));
                            needs
                        }
                    };
                    let vote = Vote { end: candidate.end.clone(), needs };
                    StepVote { entry: candidate.depth, vote }
                }));
            }
            if !votes.is_empty() {
                steps.push((pair, votes));
            }
        }
        self.steps.take(taken)?;
        let candidacies = candidacies(steps, self.steps)?;
        let mut given = self.accepted_origins();
        given.extend(self.summarised()?);
        least(self.graph, given, candidacies, |report, ends| self.shows(&step, report, ends))
    }

    /// The invocation of each claim by which a certification vouches that the run is a whole step to the pair's artifact: from
    /// some code, or from nothing where the invocation generates.
    pub(crate) fn steps_called<'c>(
        &'c self,
        candidate: &'c Candidate<'a>,
        step: &'c Sought,
        pair: Pair<'c, 'a>,
    ) -> impl Iterator<Item = &'c Covering<'a>> {
        let claims = candidate.claims(self.claimed(), step);
        claims.filter(|claim| claim.effect == Effect::Establishes).filter_map(move |claim| {
            let covering = candidate.covering(claim)?;
            let speaks = covering.comes_from_something()
                && candidate.speaks(claim, PropertyName::the_step(), pair).is_some();
            speaks.then_some(covering)
        })
    }

    /// How an invocation lets a run be a whole step to the policy.
    pub(crate) fn step_way(&self, covering: &Covering<'_>) -> Option<Rc<Way>> {
        covering.whole(&self.quorums.authorities.trust.terms().exempt)
    }

    /// The origins that the policy accepts. The deployed artifact itself only counts when it is listed by its digest: a
    /// signature on the end of a chain is not a chain.
    pub(crate) fn accepted_origins(&self) -> Vec<(ArtifactDigest, Given)> {
        let mut given = Vec::new();
        for rule in &self.quorums.authorities.trust.terms().origins {
            match rule {
                OriginRule::Artifact(artifact) => given.push((*artifact, Given::OriginByDigest)),
                OriginRule::Key(key, kinds) => {
                    let listed = self.origins(*key, kinds);
                    let behind = listed.filter(|(artifact, _)| *artifact != self.graph.artifact);
                    given.extend(behind.map(|(artifact, origin)| (artifact, Given::Origin(origin))));
                }
            }
        }
        given
    }
}
