//! The least fixpoint over (report, output): a cycle proves nothing (rule M-FIXPOINT). Work is linear in the votes: each
//! vote waits for the inputs it needs, and is cast when the last of them holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use cdi_types::ArtifactDigest;

use crate::search::{End, StepsExhausted};

/// What a report could show of an artifact, if its votes were cast.
pub(crate) struct Candidacy {
    /// The report's position in the graph.
    pub(crate) report: usize,
    pub(crate) artifact: ArtifactDigest,
    pub(crate) votes: Vec<Vote>,
}

/// A vote, and the artifacts of which the same must hold first.
pub(crate) struct Vote {
    pub(crate) end: End,
    pub(crate) needs: Rc<BTreeSet<ArtifactDigest>>,
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
}

/// What holds, and why, when `given` does and each candidacy is shown as soon as `met` says so of its cast votes.
pub(crate) fn least<G>(
    given: Vec<(ArtifactDigest, G)>,
    candidacies: Vec<Candidacy>,
    mut met: impl FnMut(&BTreeSet<End>) -> Result<bool, StepsExhausted>,
) -> Result<BTreeMap<ArtifactDigest, Why<G>>, StepsExhausted> {
    let mut waits: BTreeMap<ArtifactDigest, Vec<usize>> = BTreeMap::new();
    let mut waiting = Vec::new();
    let mut cast: Vec<BTreeSet<End>> = Vec::new();
    let mut due: VecDeque<usize> = VecDeque::new();
    let places: Vec<(usize, ArtifactDigest)> =
        candidacies.iter().map(|one| (one.report, one.artifact)).collect();
    for (position, candidacy) in candidacies.into_iter().enumerate() {
        let (at_once, later): (Vec<_>, Vec<_>) =
            candidacy.votes.into_iter().partition(|vote| vote.needs.is_empty());
        if !at_once.is_empty() {
            due.push_back(position);
        }
        cast.push(at_once.into_iter().map(|vote| vote.end).collect());
        for vote in later {
            vote.needs.iter().for_each(|need| waits.entry(*need).or_default().push(waiting.len()));
            waiting.push(Waiting { candidacy: position, end: vote.end, missing: vote.needs.len() });
        }
    }
    let mut holds = BTreeMap::new();
    let mut fresh: Vec<ArtifactDigest> = Vec::new();
    for (artifact, ground) in given {
        if let std::collections::btree_map::Entry::Vacant(place) = holds.entry(artifact) {
            place.insert(Why::Given(ground));
            fresh.push(artifact);
        }
    }
    loop {
        for waiter in fresh.drain(..).flat_map(|artifact| waits.remove(&artifact).unwrap_or_default()) {
            let Some(vote) = waiting.get_mut(waiter) else { continue };
            vote.missing = vote.missing.saturating_sub(1);
            if vote.missing == 0
                && let Some(ends) = cast.get_mut(vote.candidacy)
            {
                ends.insert(vote.end.clone());
                due.push_back(vote.candidacy);
            }
        }
        let Some(position) = due.pop_front() else { return Ok(holds) };
        let (Some((report, artifact)), Some(ends)) = (places.get(position), cast.get(position)) else {
            continue;
        };
        if !holds.contains_key(artifact) && met(ends)? {
            let place = holds.len();
            holds.insert(*artifact, Why::Shown { report: *report, ends: ends.clone(), place });
            fresh.push(*artifact);
        }
    }
}
