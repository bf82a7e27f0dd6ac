//! The least fixpoint over (report, output): a cycle proves nothing (rule M-FIXPOINT). Work is linear in the votes: each
//! vote waits for the inputs it needs, and is cast when the last of them holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use cdi_types::{ArtifactDigest, ReportKind};

use crate::depth::Reach;
use crate::graph::Pair;
use crate::need::{By, Need, Needs};
use crate::search::{End, StepsExhausted};

/// What a report could show of an artifact, if its votes were cast.
pub(crate) struct Candidacy {
    /// The report's position in the graph.
    pub(crate) report: usize,
    pub(crate) artifact: ArtifactDigest,
    /// Whether the report is an inspection.
    pub(crate) inspection: bool,
    /// How far back it is shown.
    pub(crate) reach: Reach,
    pub(crate) votes: Vec<Vote>,
}

impl Candidacy {
    pub(crate) fn of(pair: Pair<'_, '_>, reach: Reach, votes: Vec<Vote>) -> Self {
        let inspection = pair.report.predicate().kind == ReportKind::Inspection;
        Self { report: pair.position, artifact: pair.artifact, inspection, reach, votes }
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
    Shown { report: usize, ends: BTreeSet<End>, place: usize },
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

struct Waiting {
    candidacy: usize,
    end: End,
    missing: usize,
    /// Whether it waits for one of several as well.
    for_one_of: bool,
}

/// Somebody who waits for something.
#[derive(Clone, Copy)]
enum Waiter {
    ForThis(usize),
    ForOneOf(usize),
}

/// Where a candidacy stands.
struct Place {
    report: usize,
    artifact: ArtifactDigest,
    inspection: bool,
    reach: Reach,
}

/// The ways in which somebody waits for an artifact, whatever shows it all the way back first.
struct Ways(BTreeMap<ArtifactDigest, BTreeSet<(By, Reach)>>);

impl Ways {
    fn of<'n>(needs: impl Iterator<Item = &'n Need>) -> Self {
        let mut ways: BTreeMap<ArtifactDigest, BTreeSet<(By, Reach)>> = BTreeMap::new();
        for need in needs.filter(|need| **need != Need::anything(need.artifact)) {
            ways.entry(need.artifact).or_default().insert((need.by.clone(), need.reach));
        }
        Self(ways)
    }

    /// Each way to wait for the artifact that `admits` lets be shown.
    fn to(&self, artifact: ArtifactDigest, admits: impl Fn(&By, Reach) -> bool) -> Vec<Need> {
        let others = self.0.get(&artifact).into_iter().flatten().cloned();
        let all = [(By::Anything, Reach::All)].into_iter().chain(others);
        all.filter(|(by, reach)| admits(by, *reach)).map(|(by, reach)| Need { artifact, by, reach }).collect()
    }
}

/// What holds, and why, when `given` does and each candidacy is shown as soon as `met` says so of its report and its cast
/// votes.
pub(crate) fn least<G: Clone>(
    given: Vec<(ArtifactDigest, G)>,
    candidacies: Vec<Candidacy>,
    mut met: impl FnMut(usize, &BTreeSet<End>) -> Result<bool, StepsExhausted>,
) -> Result<BTreeMap<Need, Why<G>>, StepsExhausted> {
    let mut waits: BTreeMap<Need, Vec<Waiter>> = BTreeMap::new();
    let mut waiting = Vec::new();
    let mut cast: Vec<BTreeSet<End>> = Vec::new();
    let mut due: VecDeque<usize> = VecDeque::new();
    let place = |one: &Candidacy| {
        let Candidacy { report, artifact, inspection, reach, .. } = *one;
        Place { report, artifact, inspection, reach }
    };
    let places: Vec<Place> = candidacies.iter().map(place).collect();
    for (position, candidacy) in candidacies.into_iter().enumerate() {
        let (at_once, later): (Vec<_>, Vec<_>) =
            candidacy.votes.into_iter().partition(|vote| vote.needs.is_empty());
        if !at_once.is_empty() {
            due.push_back(position);
        }
        cast.push(at_once.into_iter().map(|vote| vote.end).collect());
        for vote in later {
            let Needs { all, one_of } = &*vote.needs;
            let place = waiting.len();
            let mut wait = |need: &Need, waiter| waits.entry(need.clone()).or_default().push(waiter);
            all.iter().for_each(|need| wait(need, Waiter::ForThis(place)));
            one_of.iter().for_each(|need| wait(need, Waiter::ForOneOf(place)));
            let for_one_of = !one_of.is_empty();
            let missing = all.len() + usize::from(for_one_of);
            waiting.push(Waiting { candidacy: position, end: vote.end, missing, for_one_of });
        }
    }
    let ways = Ways::of(waits.keys());
    let mut holds = BTreeMap::new();
    let mut fresh: Vec<Need> = Vec::new();
    for (artifact, ground) in given {
        for need in ways.to(artifact, |_, _| true) {
            if let std::collections::btree_map::Entry::Vacant(place) = holds.entry(need.clone()) {
                place.insert(Why::Given(ground.clone()));
                fresh.push(need);
            }
        }
    }
    loop {
        for waiter in fresh.drain(..).flat_map(|need| waits.remove(&need).unwrap_or_default()) {
            let (Waiter::ForThis(place) | Waiter::ForOneOf(place)) = waiter;
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
        let Some(position) = due.pop_front() else { return Ok(holds) };
        let (Some(at), Some(ends)) = (places.get(position), cast.get(position)) else { continue };
        let Place { report, artifact, inspection, reach: so_far } = *at;
        let mut shows = ways.to(artifact, |by, reach| reach == so_far && by.admits(report, inspection));
        shows.retain(|need| !holds.contains_key(need));
        if !shows.is_empty() && met(report, ends)? {
            let place = holds.len();
            for need in shows {
                holds.insert(need.clone(), Why::Shown { report, ends: ends.clone(), place });
                fresh.push(need);
            }
        }
    }
}
