//! The least fixpoint over (report, output): a cycle proves nothing (rule M-FIXPOINT). Work is linear in the votes: each
//! vote waits for the inputs it needs, and is cast when the last of them holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use cdi_types::{ArtifactDigest, ReportKind};

use crate::depth::Reach;
use crate::graph::{Graph, Node, Pair};
use crate::index::Lists;
use crate::need::{By, Need, Needs};
use crate::search::{End, Ends, StepsExhausted};

/// What a report could show of an artifact, if its votes were cast.
pub(crate) struct Candidacy {
    /// The report's position in the graph.
    pub(crate) report: usize,
    pub(crate) artifact: Node,
    /// Whether the report is an inspection.
    pub(crate) inspection: bool,
    /// How far back it is shown.
    pub(crate) reach: Reach,
    pub(crate) votes: Vec<Vote>,
}

impl Candidacy {
    pub(crate) fn of(pair: Pair<'_, '_>, reach: Reach, votes: Vec<Vote>) -> Self {
        let inspection = pair.report.predicate().kind == ReportKind::Inspection;
        Self { report: pair.position, artifact: pair.node, inspection, reach, votes }
    }
}

/// A vote, and the artifacts of which the same must hold first.
pub(crate) struct Vote {
    pub(crate) end: End,
    pub(crate) needs: Rc<Needs>,
}

/// Why something holds of an artifact.
#[derive(Debug, Clone)]
pub(crate) enum Why<G> {
    /// The policy says so.
    Given(G),
    /// The report at this position, by the votes that end here.
    /// Nothing that was found to hold at this place in the order of finding, or after it, went into it.
    Shown { report: usize, ends: Rc<Ends>, place: usize },
}

impl<G> Why<G> {
    /// The place of the report, if one shows it.
    pub(crate) const fn report(&self) -> Option<usize> {
        match self {
            Self::Given(_) => None,
            Self::Shown { report, .. } => Some(*report),
        }
    }

    /// Whether this was known when what stands at `place` was found: a proof goes back in the order of finding only.
    pub(crate) const fn is_before(&self, place: usize) -> bool {
        match self {
            Self::Given(_) => true,
            Self::Shown { place: own, .. } => *own < place,
        }
    }
}

/// What holds of which artifact, and why.
#[derive(Debug, Clone)]
pub(crate) struct Holding<G> {
    /// By whatever shows it all the way back, by the artifacts' places.
    plain: Vec<Option<Why<G>>>,
    /// In the other ways in which somebody waits for it.
    others: BTreeMap<Need, Why<G>>,
    /// How much was found so far.
    count: usize,
}

impl<G> Default for Holding<G> {
    fn default() -> Self {
        Self { plain: Vec::new(), others: BTreeMap::new(), count: 0 }
    }
}

impl<G> Holding<G> {
    /// Nothing yet of so many artifacts.
    fn of(artifacts: usize) -> Self {
        Self { plain: std::iter::repeat_with(|| None).take(artifacts).collect(), ..Self::default() }
    }

    /// Why it holds, if it does.
    pub(crate) fn get(&self, need: &Need) -> Option<&Why<G>> {
        if need.is_of_anything() {
            return self.plain.get(need.artifact.place())?.as_ref();
        }
        self.others.get(need)
    }

    pub(crate) fn contains(&self, need: &Need) -> bool {
        self.get(need).is_some()
    }

    /// All that holds, in the order of needs.
    pub(crate) fn in_order(&self, graph: &Graph<'_>) -> BTreeMap<Need, &Why<G>> {
        let plain = graph.nodes().filter_map(|node| {
            let need = Need::anything(node);
            self.get(&need).map(|why| (need, why))
        });
        plain.chain(self.others.iter().map(|(need, why)| (need.clone(), why))).collect()
    }

    /// Takes down why it holds.
    fn insert(&mut self, need: &Need, why: Why<G>) {
        self.count += 1;
        if !need.is_of_anything() {
            self.others.insert(need.clone(), why);
        } else if let Some(place) = self.plain.get_mut(need.artifact.place()) {
            *place = Some(why);
        }
    }
}

struct Waiting {
    candidacy: usize,
    end: End,
    missing: usize,
    /// Whether it waits for one of several as well.
    for_one_of: bool,
}

/// Somebody who waits for something.
#[derive(Debug, Clone, Copy)]
enum Waiter {
    ForThis(usize),
    ForOneOf(usize),
}

/// Who waits for what, each in the order of asking.
struct Waits {
    /// For an artifact, whatever shows it all the way back.
    plain: Lists<Waiter>,
    others: BTreeMap<Need, Vec<Waiter>>,
}

/// The same while more of them ask.
#[derive(Default)]
struct Asking {
    plain: Vec<(usize, Waiter)>,
    others: BTreeMap<Need, Vec<Waiter>>,
}

impl Asking {
    fn ask(&mut self, need: &Need, waiter: Waiter) {
        if need.is_of_anything() {
            self.plain.push((need.artifact.place(), waiter));
        } else {
            self.others.entry(need.clone()).or_default().push(waiter);
        }
    }

    fn of(self, artifacts: usize) -> Waits {
        Waits { plain: Lists::of(artifacts, &self.plain), others: self.others }
    }
}

impl Waits {
    fn for_(&self, need: &Need) -> &[Waiter] {
        if need.is_of_anything() {
            return self.plain.get(need.artifact.place());
        }
        self.others.get(need).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Where a candidacy stands.
struct Place {
    report: usize,
    artifact: Node,
    inspection: bool,
    reach: Reach,
}

/// The ways in which somebody waits for an artifact, whatever shows it all the way back first.
struct Ways(BTreeMap<Node, BTreeSet<(By, Reach)>>);

impl Ways {
    /// The others are those of these needs.
    fn of<'n>(others: impl Iterator<Item = &'n Need>) -> Self {
        let mut ways: BTreeMap<Node, BTreeSet<(By, Reach)>> = BTreeMap::new();
        for need in others {
            ways.entry(need.artifact).or_default().insert((need.by.clone(), need.reach));
        }
        Self(ways)
    }

    /// Each way to wait for the artifact that `admits` lets be shown.
    fn to(&self, artifact: Node, admits: impl Fn(&By, Reach) -> bool) -> impl Iterator<Item = Need> {
        let others = self.0.get(&artifact).into_iter().flatten().cloned();
        let all = [(By::Anything, Reach::All)].into_iter().chain(others);
        let admitted = all.filter(move |(by, reach)| admits(by, *reach));
        admitted.map(move |(by, reach)| Need { artifact, by, reach })
    }
}

/// What holds in a graph, and why, when `given` does and each candidacy is shown as soon as `met` says so of its report and its
/// cast votes.
pub(crate) fn least<G: Clone>(
    graph: &Graph<'_>,
    given: Vec<(ArtifactDigest, G)>,
    candidacies: Vec<Candidacy>,
    mut met: impl FnMut(usize, &Ends) -> Result<bool, StepsExhausted>,
) -> Result<Holding<G>, StepsExhausted> {
    let (mut asking, mut waiting) = (Asking::default(), Vec::new());
    let mut cast: Vec<Ends> = Vec::with_capacity(candidacies.len());
    let mut due: VecDeque<usize> = VecDeque::new();
    let place = |one: &Candidacy| {
        let Candidacy { report, artifact, inspection, reach, .. } = *one;
        Place { report, artifact, inspection, reach }
    };
    let places: Vec<Place> = candidacies.iter().map(place).collect();
    for (position, candidacy) in candidacies.into_iter().enumerate() {
        let mut at_once = Ends::default();
        for Vote { end, needs } in candidacy.votes {
            if needs.is_empty() {
                at_once.insert(end);
                continue;
            }
            let (place, for_one_of) = (waiting.len(), !needs.one_of().is_empty());
            needs.all().iter().for_each(|need| asking.ask(need, Waiter::ForThis(place)));
            needs.one_of().iter().for_each(|need| asking.ask(need, Waiter::ForOneOf(place)));
            let missing = needs.all().len() + usize::from(for_one_of);
            waiting.push(Waiting { candidacy: position, end, missing, for_one_of });
        }
        if !at_once.is_empty() {
            due.push_back(position);
        }
        cast.push(at_once);
    }
    let waits = asking.of(graph.reached());
    let ways = Ways::of(waits.others.keys());
    let mut holds = Holding::of(graph.reached());
    let mut fresh: Vec<Need> = Vec::new();
    // What the artifact does not hang on matters to nobody.
    for (artifact, ground) in
        given.into_iter().filter_map(|(digest, ground)| Some((graph.node(digest)?, ground)))
    {
        for need in ways.to(artifact, |_, _| true) {
            if !holds.contains(&need) {
                holds.insert(&need, Why::Given(ground.clone()));
                fresh.push(need);
            }
        }
    }
    loop {
        for need in fresh.drain(..) {
            for waiter in waits.for_(&need) {
                let (Waiter::ForThis(place) | Waiter::ForOneOf(place)) = *waiter;
                let Some(vote) = waiting.get_mut(place) else { continue };
                if matches!(waiter, Waiter::ForOneOf(_)) && !std::mem::take(&mut vote.for_one_of) {
                    continue;
                }
                vote.missing = vote.missing.saturating_sub(1);
                if vote.missing == 0
                    && let Some(ends) = cast.get_mut(vote.candidacy)
                {
                    ends.insert(vote.end.clone());
                    due.push_back(vote.candidacy);
                }
            }
        }
        let Some(position) = due.pop_front() else { return Ok(holds) };
        let (Some(at), Some(ends)) = (places.get(position), cast.get(position)) else { continue };
        let Place { report, artifact, inspection, reach: so_far } = *at;
        fresh.extend(ways.to(artifact, |by, reach| reach == so_far && by.admits(report, inspection)));
        fresh.retain(|need| !holds.contains(need));
        if fresh.is_empty() || !met(report, ends)? {
            fresh.clear();
            continue;
        }
        let (place, ends) = (holds.count, Rc::new(ends.clone()));
        for need in &fresh {
            holds.insert(need, Why::Shown { report, ends: Rc::clone(&ends), place });
        }
    }
}
