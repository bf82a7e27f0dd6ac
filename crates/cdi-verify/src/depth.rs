//! How far back a history is asked behind the runs of single tools (rule M-DEPTH).
//!
//! In go the steps of a chain with the votes that call them so, each with what it reads; out come candidacies for the
//! fixpoint: each step as often as its artifact is asked for differently far back. Without an entry in the policy that is once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use cdi_types::{Name, limits};

use crate::fixpoint::{Candidacy, Vote};
use crate::graph::{Node, Pair};
use crate::need::Needs;
use crate::search::{Steps, StepsExhausted};

/// How far back the history of what goes into the runs of one tool is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// The tool's name, as the certification that votes says.
    pub tool: Name,
    /// How many steps behind a run of it; 0 asks for no history of what goes into one.
    pub steps: u8,
}

/// Depths that contradict each other, or reach too far.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DepthError {
    /// Two entries are about one tool.
    #[error("two depths of a history are about the tool `{tool}`")]
    Twice {
        /// The tool.
        tool: Name,
    },
    /// More steps than [`limits::HISTORY_DEPTH`].
    #[error("a depth of {found} steps behind `{tool}`, expected 0 to {}", limits::HISTORY_DEPTH)]
    OutOfRange {
        /// The tool.
        tool: Name,
        /// The number that was found.
        found: u8,
    },
}

impl DepthError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Twice { .. } => "depth-tool-twice",
            Self::OutOfRange { .. } => "depth-out-of-range",
        }
    }
}

/// The depths by the names of their tools.
///
/// # Errors
/// [`DepthError`] names the rule that they break.
pub(crate) fn by_tool(depths: &[Depth]) -> Result<BTreeMap<Name, u8>, DepthError> {
    let mut by_tool = BTreeMap::new();
    for Depth { tool, steps } in depths {
        if *steps > limits::HISTORY_DEPTH {
            return Err(DepthError::OutOfRange { tool: tool.clone(), found: *steps });
        }
        if by_tool.insert(tool.clone(), *steps).is_some() {
            return Err(DepthError::Twice { tool: tool.clone() });
        }
    }
    Ok(by_tool)
}

/// How much of its own history is asked of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// At most so many steps.
    Steps(u8),
    /// All of it, back to origins.
    All,
}

impl Reach {
    /// None of it.
    pub(crate) const NOTHING: Self = Self::Steps(0);

    /// How much is asked of what goes into a step to such an artifact, if the policy has this entry for the step's tool: never
    /// more than is left.
    pub(crate) fn behind(self, entry: Option<u8>) -> Self {
        let left = match self {
            Self::All => Self::All,
            Self::Steps(steps) => Self::Steps(steps.saturating_sub(1)),
        };
        entry.map_or(left, |steps| left.min(Self::Steps(steps)))
    }
}

/// A vote for a step, waiting for all inputs in full; and the policy's entry for its tool.
pub(crate) struct StepVote {
    pub(crate) entry: Option<u8>,
    pub(crate) vote: Vote,
}

/// A run that may be a step to an artifact, and the votes that call it so.
pub(crate) type Step<'g, 'a> = (Pair<'g, 'a>, Vec<StepVote>);

/// What a vote costs for each way in which its artifact is asked for.
const VOTE: usize = 2;

/// The candidacies of all steps, which are in the order of their artifacts: each for the whole history, and for less where
/// something asks for less.
///
/// There are at most [`limits::HISTORY_DEPTH`] + 1 ways to ask for one artifact, and each is looked at once.
pub(crate) fn candidacies(
    steps: Vec<Step<'_, '_>>,
    taken: &mut Steps,
) -> Result<Vec<Candidacy>, StepsExhausted> {
    if steps.iter().flat_map(|(_, votes)| votes).all(|vote| vote.entry.is_none()) {
        let whole = |(pair, votes): (Pair<'_, '_>, Vec<StepVote>)| {
            Candidacy::of(pair, Reach::All, votes.into_iter().map(|vote| vote.vote).collect())
        };
        return Ok(steps.into_iter().map(whole).collect());
    }
    // Steps come in the order of their artifacts.
    let makers = |node: Node| {
        let first = steps.partition_point(|(pair, _)| pair.node < node);
        first..steps.partition_point(|(pair, _)| pair.node <= node)
    };
    let mut asked: BTreeSet<(Node, Reach)> = BTreeSet::new();
    let mut due: VecDeque<(usize, Reach)> = (0..steps.len()).map(|place| (place, Reach::All)).collect();
    let mut candidacies = Vec::new();
    while let Some((place, reach)) = due.pop_front() {
        let Some((pair, called)) = steps.get(place) else { continue };
        let mut known: BTreeMap<(*const Needs, Reach), Rc<Needs>> = BTreeMap::new();
        let mut votes = Vec::new();
        for StepVote { entry, vote } in called {
            taken.take(if reach == Reach::All { 0 } else { VOTE })?;
            let behind = reach.behind(*entry);
            let needs = match behind {
                Reach::All => Rc::clone(&vote.needs),
                Reach::NOTHING => Rc::default(),
                Reach::Steps(_) => {
                    let key = (Rc::as_ptr(&vote.needs), behind);
                    if let Some(known) = known.get(&key) {
                        Rc::clone(known)
                    } else {
                        taken.take(vote.needs.len())?;
                        let shorter = Rc::new(vote.needs.so_far(behind));
                        for need in shorter.iter().filter(|need| asked.insert((need.artifact, behind))) {
                            due.extend(makers(need.artifact).map(|place| (place, behind)));
                        }
                        known.insert(key, Rc::clone(&shorter));
                        shorter
                    }
                }
            };
            votes.push(Vote { end: vote.end.clone(), needs });
        }
        candidacies.push(Candidacy::of(*pair, reach, votes));
    }
    Ok(candidacies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_step_never_more_is_asked_than_is_left() {
        assert_eq!(Reach::All.behind(None), Reach::All);
        assert_eq!(Reach::All.behind(Some(3)), Reach::Steps(3));
        assert_eq!(Reach::Steps(3).behind(None), Reach::Steps(2));
        assert_eq!(Reach::Steps(3).behind(Some(5)), Reach::Steps(2));
        assert_eq!(Reach::Steps(3).behind(Some(1)), Reach::Steps(1));
        assert_eq!(Reach::Steps(1).behind(None), Reach::NOTHING);
        assert_eq!(Reach::All.behind(Some(0)), Reach::NOTHING);
    }
}
