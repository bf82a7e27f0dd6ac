//! What an artifact hangs on: the steps that made it, what those read, and so on back.
//!
//! Level by level, each artifact once, so that neither cycles nor diamonds cost more than their edges. What strangers report
//! is counted and not followed: they can report what they like.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use cdi_types::{ArtifactDigest, Origin, Predicate, Report, ReportKind, Statement, StatementId, Subject};

use crate::evidence::{All, Evidence};

/// A step of a chain.
#[derive(Clone, Copy)]
pub(crate) enum Step<'a> {
    Report(&'a Statement<Report>),
    Origin(&'a Statement<Origin>),
}

impl<'a> Step<'a> {
    /// What it is about.
    pub(crate) fn subjects(self) -> &'a [Subject] {
        match self {
            Self::Report(report) => report.subject(),
            Self::Origin(origin) => origin.subject(),
        }
    }
}

/// The chain of an artifact.
pub(crate) struct Chain<'a> {
    /// The artifacts, the deployed one first, each behind what was made of it.
    pub(crate) artifacts: Vec<ArtifactDigest>,
    /// The steps, each behind what was made of it.
    pub(crate) steps: Vec<(StatementId, Step<'a>)>,
    /// How many strangers' reports there are about an artifact.
    pub(crate) strangers: BTreeMap<ArtifactDigest, usize>,
    /// The names under which the artifacts were recorded.
    pub(crate) names: BTreeMap<ArtifactDigest, &'a str>,
}

/// For each artifact the places of the statements about it, in the order of their ids.
type Index<'a, P> = HashMap<ArtifactDigest, Vec<(StatementId, &'a Statement<P>)>>;

fn index<'a, P: Predicate>(statements: &All<'a, P>) -> Index<'a, P> {
    let mut index = Index::new();
    for (id, statement) in statements {
        let about: BTreeSet<ArtifactDigest> = statement.subject().iter().map(|one| one.digest).collect();
        for digest in about {
            index.entry(digest).or_default().push((*id, *statement));
        }
    }
    index
}

impl<'a> Chain<'a> {
    /// Goes back from the artifact over the reports that are `known`.
    pub(crate) fn back_from(
        artifact: ArtifactDigest,
        evidence: &Evidence<'a>,
        known: impl Fn(StatementId) -> bool,
    ) -> Self {
        let (reports, origins) = (index(&evidence.reports), index(&evidence.origins));
        let mut chain = Self {
            artifacts: Vec::new(),
            steps: Vec::new(),
            strangers: BTreeMap::new(),
            names: BTreeMap::new(),
        };
        let (mut reached, mut seen) = (BTreeSet::from([artifact]), BTreeSet::new());
        let mut due = VecDeque::from([artifact]);
        while let Some(digest) = due.pop_front() {
            chain.artifacts.push(digest);
            for (id, report) in reports.get(&digest).into_iter().flatten() {
                if !known(*id) {
                    *chain.strangers.entry(digest).or_default() += 1;
                    continue;
                }
                if !seen.insert(*id) {
                    continue;
                }
                chain.name(report.subject().iter().map(|one| (one.digest, one.path.as_ref())));
                chain.steps.push((*id, Step::Report(report)));
                if report.predicate().kind == ReportKind::Transform {
                    let inputs = &report.predicate().inputs;
                    chain.name(inputs.iter().map(|input| (input.digest, Some(&input.path))));
                    due.extend(inputs.iter().map(|one| one.digest).filter(|one| reached.insert(*one)));
                }
            }
            for (id, origin) in origins.get(&digest).into_iter().flatten() {
                if seen.insert(*id) {
                    chain.name(origin.subject().iter().map(|one| (one.digest, one.path.as_ref())));
                    chain.steps.push((*id, Step::Origin(origin)));
                }
            }
        }
        chain.names.retain(|digest, _| reached.contains(digest));
        chain
    }

    /// The first name stays: of what was made nearest to the artifact.
    fn name(&mut self, named: impl Iterator<Item = (ArtifactDigest, Option<&'a cdi_types::RecordedPath>)>) {
        for (digest, path) in named {
            if let Some(path) = path {
                self.names.entry(digest).or_insert(path.as_str());
            }
        }
    }
}
