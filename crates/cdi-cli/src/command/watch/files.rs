//! The files that decisions rest on, and whether they have changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cdi_store::Stamp;

/// What changes is seen within this time.
const BETWEEN: Duration = Duration::from_millis(500);

/// Files as they were before they were read.
pub(super) struct Noticed(Vec<(PathBuf, Option<Stamp>)>);

impl Noticed {
    pub(super) fn now(files: BTreeSet<PathBuf>) -> Self {
        let stamped = |path: PathBuf| {
            let stamp = stamp(&path);
            (path, stamp)
        };
        Self(files.into_iter().map(stamped).collect())
    }

    /// Waits until one is another, or comes, or goes, but no longer than this.
    pub(super) fn wait(&self, most: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < most {
            std::thread::sleep(BETWEEN.min(most.saturating_sub(begun.elapsed())));
            if self.0.iter().any(|(path, before)| stamp(path) != *before) {
                return;
            }
        }
    }
}

/// Of what a link leads to: that is what is read.
fn stamp(path: &Path) -> Option<Stamp> {
    Stamp::of_artifact(path)
}
