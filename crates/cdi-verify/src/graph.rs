//! The part of the provenance chain that the deployed artifact hangs on, found backwards from its digest.
//!
//! What is not connected to the artifact is never looked at again (rule M-CONNECTED).

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{ArtifactDigest, Report, ReportKind, limits};

use crate::provenance::{Provenance, Signed};

/// The chain is deeper than [`limits::GRAPH_DEPTH`] steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooDeep;

/// The connected reports, in the order of their ids.
pub(crate) struct Graph<'a> {
    pub(crate) artifact: ArtifactDigest,
    pub(crate) reports: Vec<&'a Signed<Report>>,
    /// For each reached artifact the connected reports about it, by position.
    pub(crate) about: BTreeMap<ArtifactDigest, Vec<usize>>,
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
        for _ in 0..=limits::GRAPH_DEPTH {
            let mut next = Vec::new();
            for position in level.iter().filter_map(|digest| index.get(digest)).flatten() {
                let Some(report) = provenance.reports.get(*position) else { continue };
                if connected.insert(*position) && report.predicate().kind == ReportKind::Transform {
                    let inputs = report.predicate().inputs.iter().map(|input| input.sha256);
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
        let mut about: BTreeMap<ArtifactDigest, Vec<usize>> =
            reached.iter().map(|digest| (*digest, Vec::new())).collect();
        for (position, report) in reports.iter().enumerate() {
            let subjects: BTreeSet<_> =
                report.statement().subject().iter().map(|subject| subject.digest).collect();
            for digest in subjects {
                if let Some(positions) = about.get_mut(&digest) {
                    positions.push(position);
                }
            }
        }
        Self { artifact, reports, about }
    }

    /// Every pair of a connected report and a reached artifact that it is about.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (usize, &'a Signed<Report>, ArtifactDigest)> + '_ {
        self.about.iter().flat_map(move |(digest, positions)| {
            positions
                .iter()
                .filter_map(move |position| Some((*position, *self.reports.get(*position)?, *digest)))
        })
    }
}
