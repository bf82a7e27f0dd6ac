//! The reports that count in a principal's eyes, with what each shows of what it is about.

use std::collections::BTreeMap;

use cdi_types::{ArtifactDigest, KeyId, RecordedPath, Report, StatementId, ToolCertification};
use cdi_verify::{Signed, Vote};

use super::view::{Shown, View, nothing};
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;

/// Artifacts that one export asks about: each is a whole appraisal.
pub(super) const MOST_ASKED: usize = 512;

/// A report that counts.
pub(super) struct Counted<'a> {
    pub(super) report: &'a Signed<Report>,
    /// What it shows, each with the subject that it shows it of; `STEP` too.
    pub(super) shows: Vec<(ArtifactDigest, Shown)>,
}

impl Counted<'_> {
    /// The path under which the report knows one of its subjects.
    pub(super) fn path(&self, artifact: ArtifactDigest) -> Option<&RecordedPath> {
        let mut subjects = self.report.statement().subject().iter();
        subjects.find(|subject| subject.digest == artifact)?.path.as_ref()
    }

    /// A certification by which it counts.
    pub(super) fn certification<'v>(&self, view: &View<'v>) -> Option<&'v ToolCertification> {
        let mut votes = self.shows.iter().flat_map(|(_, shown)| &shown.votes);
        certification(view, votes.next()?)
    }
}

/// The certification of a vote.
pub(super) fn certification<'v>(view: &View<'v>, vote: &Vote) -> Option<&'v ToolCertification> {
    let mut known = view.provenance().certifications().iter();
    known.find(|known| known.id() == vote.certification).map(Signed::predicate)
}

/// The reports about the artifact that count, or the one that is named, if it counts.
pub(super) fn counted<'v>(view: &View<'v>, named: Option<&IdPrefix>) -> Result<Vec<Counted<'v>>, Failure> {
    let reports = view.provenance().reports();
    let wanted: Vec<&Signed<Report>> = match named {
        Some(prefix) => {
            let missing = || {
                Failure::failed("statement-not-there", format!("no report {prefix} was verified"))
                    .hint("`cdi verify` says which lines of the bundle were discarded, and why")
            };
            let id = prefix.among(reports.iter().map(Signed::id), missing)?;
            reports.iter().filter(|report| report.id() == id).collect()
        }
        None => reports.iter().filter(|report| is_about(report, view.artifact())).collect(),
    };
    let about: BTreeMap<ArtifactDigest, ()> = match named {
        Some(_) => wanted.iter().flat_map(|report| subjects(report)).map(|digest| (digest, ())).collect(),
        None => BTreeMap::from([(view.artifact(), ())]),
    };
    if about.len() > MOST_ASKED {
        return Err(too_many());
    }
    let mut shown: BTreeMap<StatementId, Vec<(ArtifactDigest, Shown)>> = BTreeMap::new();
    for artifact in about.into_keys() {
        for found in view.shown(artifact)? {
            shown.entry(found.report).or_default().push((artifact, found));
        }
    }
    let count =
        |report: &'v Signed<Report>| shown.remove(&report.id()).map(|shows| Counted { report, shows });
    let counted: Vec<Counted<'v>> = wanted.into_iter().filter_map(count).collect();
    if counted.is_empty() {
        return Err(nothing("by this policy no such report counts"));
    }
    Ok(counted)
}

/// That an export would ask about more than it does.
pub(super) fn too_many() -> Failure {
    let message = format!("it would be asked of more than {MOST_ASKED} artifacts what is shown of them");
    Failure::failed("limit-export", message)
}

pub(super) fn subjects(report: &Signed<Report>) -> impl Iterator<Item = ArtifactDigest> {
    report.statement().subject().iter().map(|subject| subject.digest)
}

fn is_about(report: &Signed<Report>, artifact: ArtifactDigest) -> bool {
    subjects(report).any(|digest| digest == artifact)
}

/// The key of a tool as a URI of its own.
pub(super) fn tool_key(key: KeyId) -> String {
    format!("{}tool-key/v1#{key}", cdi_types::TYPE_PREFIX)
}
