//! The part of the provenance chain that the deployed artifact hangs on, found backwards from its digest.
//!
//! What is not connected to the artifact is never looked at again (rule M-CONNECTED).

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use cdi_types::{ArtifactDigest, Report, ReportKind, StatementId, Subject, limits};

use crate::held::Held;
use crate::index::Lists;
use crate::provenance::{Provenance, Signed};

/// The chain is deeper than [`limits::GRAPH_DEPTH`] steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooDeep;

/// An artifact that the deployed one hangs on, or that one itself: its place among them, in ascending order of their digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node(usize);

impl Node {
    pub(crate) const fn place(self) -> usize {
        self.0
    }

    #[cfg(test)]
    pub(crate) const fn at(place: usize) -> Self {
        Self(place)
    }
}

/// A connected report, and a reached artifact that it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'g, 'a> {
    /// The report's position in the graph.
    pub(crate) position: usize,
    pub(crate) report: &'a Signed<Report>,
    pub(crate) node: Node,
    pub(crate) artifact: ArtifactDigest,
    /// Every subject of the report that is the artifact, under whatever path.
    pub(crate) subjects: &'g [&'a Subject],
    /// Whether the report is about no other reached artifact.
    pub(crate) is_only: bool,
}

/// What a few certifications say of a report.
type Shared<'a> = [OnceCell<Rc<Held<'a>>>; 4];

/// The connected reports, in the order of their ids.
pub(crate) struct Graph<'a> {
    pub(crate) artifact: ArtifactDigest,
    pub(crate) deployed: Node,
    pub(crate) reports: Vec<&'a Signed<Report>>,
    /// Where each of them stands in the provenance.
    numbers: Vec<usize>,
    /// Every artifact that is reached, in ascending order.
    reached: Vec<ArtifactDigest>,
    /// For each reached artifact the connected reports about it, by position, each with the number of its subjects in `subjects`.
    about: Lists<(usize, usize)>,
    /// For each of these pairs the subjects that are the artifact: a report can have as many subjects as a build has files, and
    /// nobody is to look through them again.
    subjects: Lists<&'a Subject>,
    /// For each report whether it is about one reached artifact only.
    of_one: Vec<bool>,
    /// For each run what it read, in its order; nothing for an inspection, behind which nothing is reached.
    read: Lists<Node>,
    /// For each report what the first certifications of its key say of it, whoever asks, once somebody does.
    held: Vec<OnceCell<Shared<'a>>>,
}

impl<'a> Graph<'a> {
    /// Every report about the artifact, about what the makers of those read, and so on: level by level, each artifact
    /// once, so that neither cycles nor diamonds cost more than their edges.
    pub(crate) fn back_from(artifact: ArtifactDigest, provenance: &'a Provenance) -> Result<Self, TooDeep> {
        let index = &provenance.index;
        let Some(deployed) = index.number(&artifact) else { return Ok(Self::unknown(artifact)) };
        let mut is_reached = vec![false; index.artifacts()];
        let mut is_connected = vec![false; provenance.reports.len()];
        let mut enter = |artifact: usize| {
            is_reached.get_mut(artifact).is_some_and(|known| !std::mem::replace(known, true))
        };
        let mut level = vec![deployed];
        enter(deployed);
        let mut depth = 0;
        while !level.is_empty() && depth <= limits::GRAPH_DEPTH {
            depth += 1;
            let mut next = Vec::new();
            for (number, _) in level.iter().flat_map(|artifact| index.about(*artifact)) {
                let Some(report) = provenance.reports.get(*number) else { continue };
                let connects =
                    is_connected.get_mut(*number).is_some_and(|known| !std::mem::replace(known, true));
                if connects && report.predicate().kind == ReportKind::Transform {
                    next.extend(index.read(*number).iter().copied().filter(|read| enter(*read)));
                }
            }
            level = next;
        }
        if !level.is_empty() {
            return Err(TooDeep);
        }
        Ok(Self::of((artifact, deployed), provenance, &is_connected, &is_reached))
    }

    /// Of an artifact that no report names.
    fn unknown(artifact: ArtifactDigest) -> Self {
        let (about, subjects, read) = (Lists::default(), Lists::default(), Lists::default());
        let (reports, numbers, reached) = (Vec::new(), Vec::new(), vec![artifact]);
        let (held, of_one) = (Vec::new(), Vec::new());
        Self { artifact, deployed: Node(0), reports, numbers, reached, about, subjects, of_one, read, held }
    }

    fn of(
        (artifact, deployed): (ArtifactDigest, usize),
        provenance: &'a Provenance,
        is_connected: &[bool],
        is_reached: &[bool],
    ) -> Self {
        let index = &provenance.index;
        let (numbers, position) = places(is_connected);
        let (artifacts, node) = places(is_reached);
        let reports: Vec<_> = numbers.iter().filter_map(|number| provenance.reports.get(*number)).collect();
        let reached = artifacts.iter().filter_map(|artifact| index.artifact(*artifact)).collect();
        let (mut about, mut subjects, mut pairs) = (Lists::default(), Lists::default(), 0);
        let mut of = vec![0_usize; reports.len()];
        for artifact in &artifacts {
            // Whoever makes a reached artifact is connected.
            let of_artifact = index.about(*artifact).chunk_by(|(one, _), (other, _)| one == other);
            about.push(of_artifact.filter_map(|places| {
                let (number, _) = places.first()?;
                let (report, at) = (provenance.reports.get(*number)?, *position.get(*number)?);
                let all = report.statement().subject();
                subjects.push(places.iter().filter_map(|(_, place)| all.get(*place)));
                pairs += 1;
                of.get_mut(at).into_iter().for_each(|artifacts| *artifacts += 1);
                Some((at, pairs - 1))
            }));
        }
        let mut read = Lists::default();
        for (number, report) in numbers.iter().zip(&reports) {
            let is_run = report.predicate().kind == ReportKind::Transform;
            let inputs = index.read(*number).iter().filter(|_| is_run);
            read.push(inputs.filter_map(|input| node.get(*input).copied().map(Node)));
        }
        let held = reports.iter().map(|_| OnceCell::new()).collect();
        let deployed = Node(node.get(deployed).copied().unwrap_or_default());
        let of_one = of.into_iter().map(|artifacts| artifacts == 1).collect();
        Self { artifact, deployed, reports, numbers, reached, about, subjects, of_one, read, held }
    }

    /// What the connected reports read.
    pub(crate) fn read(&self) -> BTreeSet<ArtifactDigest> {
        let inputs = self.reports.iter().flat_map(|report| &report.predicate().inputs);
        inputs.map(|input| input.digest).collect()
    }

    /// How many artifacts are reached: each has a place below it.
    pub(crate) const fn reached(&self) -> usize {
        self.reached.len()
    }

    /// Their places.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Node> + use<> {
        (0..self.reached.len()).map(Node)
    }

    /// The artifact at a place.
    pub(crate) fn digest(&self, node: Node) -> ArtifactDigest {
        self.reached.get(node.0).copied().unwrap_or(self.artifact)
    }

    /// The place of an artifact, if the deployed one hangs on it or is it.
    pub(crate) fn node(&self, artifact: ArtifactDigest) -> Option<Node> {
        self.reached.binary_search(&artifact).ok().map(Node)
    }

    /// Where the report at this position stands in the provenance.
    pub(crate) fn number(&self, position: usize) -> Option<usize> {
        self.numbers.get(position).copied()
    }

    /// What a run has read, in its order.
    pub(crate) fn read_by(&self, position: usize) -> &[Node] {
        self.read.get(position)
    }

    /// What the certification at this place of a report's says of it: of the first few worked out once, of others each time. Anybody
    /// can certify a key any number of times, and what is kept for each report must not grow with it.
    pub(crate) fn held(
        &self,
        (position, place): (usize, usize),
        hold: impl FnOnce() -> Held<'a>,
    ) -> Rc<Held<'a>> {
        let of_report = self.held.get(position).map(|of_report| of_report.get_or_init(Shared::default));
        match of_report.and_then(|of_report| of_report.get(place)) {
            Some(shared) => Rc::clone(shared.get_or_init(|| Rc::new(hold()))),
            None => Rc::new(hold()),
        }
    }

    /// Every pair of a connected report and a reached artifact that it is about.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = Pair<'_, 'a>> {
        self.nodes().flat_map(|node| self.pairs_at(node))
    }

    /// The pairs of one artifact.
    pub(crate) fn pairs_of(&self, artifact: ArtifactDigest) -> impl Iterator<Item = Pair<'_, 'a>> {
        self.node(artifact).into_iter().flat_map(|node| self.pairs_at(node))
    }

    fn pairs_at(&self, node: Node) -> impl Iterator<Item = Pair<'_, 'a>> {
        let artifact = self.digest(node);
        self.about
            .get(node.0)
            .iter()
            .filter_map(move |(position, subjects)| self.paired(*position, (node, artifact), *subjects))
    }

    fn paired(
        &self,
        position: usize,
        (node, artifact): (Node, ArtifactDigest),
        subjects: usize,
    ) -> Option<Pair<'_, 'a>> {
        let (report, is_only) = (*self.reports.get(position)?, *self.of_one.get(position)?);
        Some(Pair { position, report, node, artifact, subjects: self.subjects.get(subjects), is_only })
    }

    /// Whether the deployed artifact hangs on this one.
    pub(crate) fn reaches(&self, artifact: ArtifactDigest) -> bool {
        self.node(artifact).is_some()
    }

    /// The position of the report with this id. Reports are in the order of their ids.
    pub(crate) fn position(&self, report: StatementId) -> Option<usize> {
        self.reports.binary_search_by_key(&report, |signed| signed.id()).ok()
    }

    /// The pair of the report at this position and one artifact.
    pub(crate) fn pair(&self, position: usize, node: Node) -> Option<Pair<'_, 'a>> {
        let about = self.about.get(node.0);
        let place = about.binary_search_by_key(&position, |(position, _)| *position).ok()?;
        let (_, subjects) = about.get(place)?;
        self.paired(position, (node, self.digest(node)), *subjects)
    }
}

/// The numbers that are chosen, in ascending order, and for every number how many chosen ones stand before it.
fn places(chosen: &[bool]) -> (Vec<usize>, Vec<usize>) {
    let (mut numbers, mut before) = (Vec::new(), Vec::with_capacity(chosen.len()));
    for (number, is_chosen) in chosen.iter().enumerate() {
        before.push(numbers.len());
        if *is_chosen {
            numbers.push(number);
        }
    }
    (numbers, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_among_the_chosen() {
        assert_eq!(places(&[false, true, false, true]), (vec![1, 3], vec![0, 0, 1, 1]));
    }
}
