//! The files that decisions rest on, and whether they have changed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cdi_store::Stamp;
use cdi_types::Timestamp;

use crate::command::verify::now;

/// What changes is seen within this time: well within a second with what it takes to decide.
const BETWEEN: Duration = Duration::from_millis(200);

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

    /// Waits until one is another, or comes, or goes, or the clock has come to `until`, or there is news, but no longer than `most`.
    pub(super) fn wait(&self, most: Duration, until: Option<Timestamp>, is_news: impl Fn() -> bool) {
        let begun = Instant::now();
        let is_due = || until.is_some_and(|until| now().is_ok_and(|now| now >= until));
        while begun.elapsed() < most {
            std::thread::sleep(BETWEEN.min(most.saturating_sub(begun.elapsed())));
            if is_due() || is_news() || self.0.iter().any(|(path, before)| stamp(path) != *before) {
                return;
            }
        }
    }
}

/// Of what a link leads to: that is what is read.
fn stamp(path: &Path) -> Option<Stamp> {
    Stamp::of_artifact(path)
}
