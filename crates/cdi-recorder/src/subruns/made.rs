//! What the build's tools have made so far, by digest: a copy of an object under another name has the object's reports.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use cdi_types::{ArtifactDigest, StatementId};

use crate::RecordError;
use crate::evidence::{evidence_about, reports_about};

/// A line of a bundle, kept once however many outputs rest on it.
pub(super) type Line = Arc<[u8]>;

/// An output of a run, and what it rests on.
#[derive(Debug, Clone)]
pub(super) struct Output {
    pub(super) path: PathBuf,
    pub(super) report: StatementId,
    pub(super) lines: Arc<[Line]>,
}

/// The outputs of a build.
#[derive(Debug, Default)]
pub(super) struct Made(Mutex<HashMap<ArtifactDigest, Vec<Output>>>);

impl Made {
    pub(super) fn add(&self, digest: ArtifactDigest, output: Output) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = known.entry(digest).or_default();
        // A later run has made the same file once more.
        outputs.retain(|earlier| earlier.path != output.path);
        outputs.push(output);
    }

    /// Who made these bytes: the run that made this very file, else the last one.
    fn of(&self, path: &Path, digest: ArtifactDigest) -> Option<Output> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = known.get(&digest)?;
        outputs.iter().find(|output| output.path == path).or_else(|| outputs.last()).cloned()
    }
}

/// The evidence that a run rests on, each line once.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    seen: BTreeSet<Line>,
    lines: Vec<Line>,
}

impl Gathered {
    pub(super) fn add(&mut self, line: Line) {
        if self.seen.insert(Arc::clone(&line)) {
            self.lines.push(line);
        }
    }

    /// Takes up what is behind an input, and tells the reports about it.
    pub(super) fn behind(
        &mut self,
        made: &Made,
        path: &Path,
        digest: ArtifactDigest,
    ) -> Result<Vec<StatementId>, RecordError> {
        if let Some(output) = made.of(path, digest) {
            output.lines.iter().for_each(|line| self.add(Arc::clone(line)));
            return Ok(vec![output.report]);
        }
        let lines = evidence_about(path, digest)?;
        let reports = reports_about(&lines, digest);
        lines.into_iter().for_each(|line| self.add(line.into()));
        Ok(reports)
    }

    pub(super) fn lines(self) -> Vec<Line> {
        self.lines
    }
}
