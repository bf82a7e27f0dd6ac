//! What a vote waits for: that the same holds of an input, by whatever shows it or by certain runs only (rule M-LINKED).

use std::collections::BTreeSet;
use std::rc::Rc;

use cdi_types::{ArtifactDigest, Input, ReportKind};

use crate::depth::Reach;
use crate::graph::{Graph, Node};
use crate::way::Way;

/// What may show it of the input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    /// Whatever does.
    Anything,
    /// One of the runs at these places, an inspection, or the policy itself.
    Runs(Rc<BTreeSet<usize>>),
    /// The policy itself.
    Policy,
}

impl By {
    /// Whether a report, an inspection or not, may show it.
    pub(crate) fn admits(&self, report: usize, is_inspection: bool) -> bool {
        match self {
            Self::Anything => true,
            Self::Runs(runs) => is_inspection || runs.contains(&report),
            Self::Policy => false,
        }
    }
}

/// An artifact of which the same must hold first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Need {
    pub(crate) artifact: Node,
    pub(crate) by: By,
    /// How far back it is asked; of properties always all the way.
    pub(crate) reach: Reach,
}

impl Need {
    pub(crate) const fn anything(artifact: Node) -> Self {
        Self { artifact, by: By::Anything, reach: Reach::All }
    }

    /// Whether it may be shown by whatever shows it, all the way back.
    pub(crate) const fn is_of_anything(&self) -> bool {
        matches!((&self.by, self.reach), (By::Anything, Reach::All))
    }

    /// Whether nothing is asked of the artifact.
    pub(crate) fn is_nothing(&self) -> bool {
        self.reach == Reach::NOTHING
    }
}

/// What a vote waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Needs {
    /// All of these, in ascending order, each once.
    all: Vec<Need>,
    /// One of these too, if there are any, in the order in which the run lists them.
    one_of: Vec<Need>,
}

impl Needs {
    fn new(mut all: Vec<Need>, one_of: Vec<Need>) -> Self {
        all.sort_unstable();
        all.dedup();
        Self { all, one_of }
    }

    /// All of these are waited for.
    pub(crate) fn all(&self) -> &[Need] {
        &self.all
    }

    /// One of these is, if there are any.
    pub(crate) fn one_of(&self) -> &[Need] {
        &self.one_of
    }

    /// How many things are waited for.
    pub(crate) fn len(&self) -> usize {
        self.all.len().saturating_add(self.one_of.len())
    }

    /// Whether it waits for nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty() && self.one_of.is_empty()
    }

    /// Everything that is named in it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Need> {
        self.all.iter().chain(&self.one_of)
    }

    /// The same, of so much of a history.
    pub(crate) fn so_far(&self, reach: Reach) -> Self {
        let short = |need: &Need| Need { reach, ..need.clone() };
        Self::new(self.all.iter().map(short).collect(), self.one_of.iter().map(short).collect())
    }

    /// What it rests on where these hold: as little as there is. `None` where something is missing.
    pub(crate) fn met(&self, holds: impl Fn(&Need) -> bool) -> Option<Vec<Need>> {
        let Self { all, one_of } = self;
        if !all.iter().all(&holds) {
            return None;
        }
        let mut all = all.clone();
        if !one_of.is_empty() && !one_of.iter().any(|need| all.contains(need)) {
            all.push(one_of.iter().find(|need| holds(need))?.clone());
            all.sort_unstable();
        }
        Some(all)
    }

    /// What is missing where these hold: as little as would do.
    pub(crate) fn lacking(&self, holds: impl Fn(&Need) -> bool) -> BTreeSet<Need> {
        let Self { all, one_of } = self;
        let met = one_of.is_empty() || one_of.iter().any(|need| all.contains(need) || holds(need));
        let mut lacking: BTreeSet<Need> = all.iter().filter(|need| !holds(need)).cloned().collect();
        if !met {
            lacking.extend(one_of.first().cloned());
        }
        lacking
    }
}

/// For each connected report and each of its inputs, what may show something of the input under `linked`.
#[derive(Debug)]
pub(crate) struct Links(Vec<Vec<By>>);

impl Links {
    /// `survives` says of a place whether its report is still there; `origins` are those that the policy accepts.
    pub(crate) fn of(
        graph: &Graph<'_>,
        origins: &BTreeSet<ArtifactDigest>,
        survives: impl Fn(usize) -> bool,
    ) -> Self {
        let runs = |input: &Input| -> BTreeSet<usize> {
            let named = input.reports.iter().filter_map(|id| graph.position(*id));
            let Some(node) = graph.node(input.digest).filter(|_| !input.reports.is_empty()) else {
                return BTreeSet::new();
            };
            named.filter(|place| survives(*place) && graph.pair(*place, node).is_some_and(is_a_run)).collect()
        };
        let by = |input: &Input| {
            let runs = runs(input);
            let known = !runs.is_empty() || origins.contains(&input.digest);
            if known { By::Runs(Rc::new(runs)) } else { By::Policy }
        };
        Self(graph.reports.iter().map(|report| report.predicate().inputs.iter().map(by).collect()).collect())
    }

    /// How many names of reports there are to look up.
    pub(crate) fn size(graph: &Graph<'_>) -> usize {
        let inputs = graph.reports.iter().flat_map(|report| &report.predicate().inputs);
        inputs.map(|input| 1 + input.reports.len()).sum()
    }

    fn by(&self, report: usize, input: usize) -> By {
        self.0.get(report).and_then(|inputs| inputs.get(input)).cloned().unwrap_or(By::Policy)
    }
}

fn is_a_run(pair: crate::graph::Pair<'_, '_>) -> bool {
    pair.report.predicate().kind == ReportKind::Transform
}

/// What the inputs of the run at this position wait for, at the places of a way, so far back; linked where there are links and
/// anything is asked.
pub(crate) fn needs(
    links: Option<&Links>,
    (report, read): (usize, &[Node]),
    reach: Reach,
    way: &Way,
) -> Needs {
    let links = links.filter(|_| reach != Reach::NOTHING);
    let need = |place: usize| {
        let artifact = *read.get(place)?;
        let by = links.map_or(By::Anything, |links| links.by(report, place));
        Some(Need { artifact, by, reach })
    };
    let at = |places: &[usize]| places.iter().copied().filter_map(need).collect();
    Needs::new(at(&way.inputs), at(&way.one_of))
}
