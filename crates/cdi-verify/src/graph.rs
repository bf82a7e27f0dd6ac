//! The part of the provenance chain that the deployed artifact hangs on, found backwards from its digest.
//!
//! What is not connected to the artifact is never looked at again (rule M-CONNECTED).

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{ArtifactDigest, Report, ReportKind, StatementId, Subject, limits};

use crate::provenance::{Provenance, Signed};

/// The chain is deeper than [`limits::GRAPH_DEPTH`] steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooDeep;

/// A connected report, and a reached artifact that it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'g, 'a> {
    /// The report's position in the graph.
    pub(crate) position: usize,
    pub(crate) report: &'a Signed<Report>,
    pub(crate) artifact: ArtifactDigest,
    /// Every subject of the report that is the artifact, under whatever path.
    pub(crate) subjects: &'g [&'a Subject],
}

/// The connected reports, in the order of their ids.
pub(crate) struct Graph<'a> {
    pub(crate) artifact: ArtifactDigest,
    pub(crate) reports: Vec<&'a Signed<Report>>,
    /// For each reached artifact the connected reports about it, by position, each with the subjects that are the artifact:
    /// a report can have as many subjects as a build has files, and nobody is to look through them again.
    about: BTreeMap<ArtifactDigest, BTreeMap<usize, Vec<&'a Subject>>>,
}

impl<'a> Graph<'a> {
    /// Every report about the artifact, about what the makers of those read, and so on: level by level, each artifact
    /// once, so that neither cycles nor diamonds cost more than their edges.
    pub(crate) fn back_from(artifact: ArtifactDigest, provenance: &'a Provenance) -> Result<Self, TooDeep> {
        let mut index: BTreeMap<ArtifactDigest, BTreeSet<usize>> = BTreeMap::new();
        for (position, report) in provenance.reports.iter().enumerate() {
            for subject in report.statement().subject() {
                index.entry(subject.digest).or_default().insert(position);
            }
        }
        let mut reached = BTreeSet::from([artifact]);
        let mut level = vec![artifact];
        let mut connected = BTreeSet::new();
        let mut depth = 0;
        while !level.is_empty() && depth <= limits::GRAPH_DEPTH {
            depth += 1;
            let mut next = Vec::new();
            for position in level.iter().filter_map(|digest| index.get(digest)).flatten() {
                let Some(report) = provenance.reports.get(*position) else { continue };
                if connected.insert(*position) && report.predicate().kind == ReportKind::Transform {
                    let inputs = report.predicate().inputs.iter().map(|input| input.digest);
                    next.extend(inputs.filter(|digest| reached.insert(*digest)));
                }
            }
            level = next;
        }
        if !level.is_empty() {
            return Err(TooDeep);
        }
        Ok(Self::of(artifact, provenance, &connected, &reached))
    }

    fn of(
        artifact: ArtifactDigest,
        provenance: &'a Provenance,
        connected: &BTreeSet<usize>,
        reached: &BTreeSet<ArtifactDigest>,
    ) -> Self {
        let reports: Vec<_> =
            connected.iter().filter_map(|position| provenance.reports.get(*position)).collect();
        let mut about: BTreeMap<ArtifactDigest, BTreeMap<usize, Vec<&'a Subject>>> =
            reached.iter().map(|digest| (*digest, BTreeMap::new())).collect();
        for (position, report) in reports.iter().enumerate() {
            for subject in report.statement().subject() {
                if let Some(positions) = about.get_mut(&subject.digest) {
                    positions.entry(position).or_default().push(subject);
                }
            }
        }
        Self { artifact, reports, about }
    }

    /// What the connected reports read.
    pub(crate) fn read(&self) -> BTreeSet<ArtifactDigest> {
        let inputs = self.reports.iter().flat_map(|report| &report.predicate().inputs);
        inputs.map(|input| input.digest).collect()
    }

    /// Every pair of a connected report and a reached artifact that it is about.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = Pair<'_, 'a>> {
        self.about.keys().flat_map(move |digest| self.pairs_of(*digest))
    }

    /// The pairs of one artifact.
    pub(crate) fn pairs_of(&self, artifact: ArtifactDigest) -> impl Iterator<Item = Pair<'_, 'a>> {
        self.about.get(&artifact).into_iter().flatten().filter_map(move |(position, subjects)| {
            let report = *self.reports.get(*position)?;
            Some(Pair { position: *position, report, artifact, subjects })
        })
    }

    /// Whether the deployed artifact hangs on this one.
    pub(crate) fn reaches(&self, artifact: ArtifactDigest) -> bool {
        self.about.contains_key(&artifact)
    }

    /// The position of the report with this id. Reports are in the order of their ids.
    pub(crate) fn position(&self, report: StatementId) -> Option<usize> {
        self.reports.binary_search_by_key(&report, |signed| signed.id()).ok()
    }

    /// The pair of the report at this position and one artifact.
    pub(crate) fn pair(&self, position: usize, artifact: ArtifactDigest) -> Option<Pair<'_, 'a>> {
        let subjects = self.about.get(&artifact)?.get(&position)?;
        Some(Pair { position, report: *self.reports.get(position)?, artifact, subjects })
    }
}
