//! What was checked about an artifact before, and the threads that check the rest. Both save time, and change nothing of what
//! comes of a decision.

use cdi_crew::Threads;
use cdi_envelope::CheckId;
use cdi_store::{Checks, ChecksFolder, StoreError};
use cdi_types::ArtifactDigest;
use cdi_verify::{CheckedBefore, Help};

use crate::failure::Failure;
use crate::terminal;

/// Help with verifying the evidence about an artifact.
#[derive(Debug)]
pub(crate) struct Checked {
    artifact: ArtifactDigest,
    before: Before,
    threads: Threads,
}

#[derive(Debug)]
struct Before(Checks);

impl CheckedBefore for Before {
    fn verified(&self, check: &CheckId) -> bool {
        self.0.holds(check)
    }
}

impl Checked {
    /// What is kept about an artifact. What cannot be used is told of, and counts for nothing.
    pub(crate) fn about(artifact: ArtifactDigest, folder: Option<&ChecksFolder>) -> Self {
        let found = folder.map_or_else(|| Ok(Checks::default()), |folder| folder.read(artifact));
        let before = found.unwrap_or_else(|error| {
            tell(error, "all signatures are checked anew");
            Checks::default()
        });
        Self { artifact, before: Before(before), threads: Threads::of_processors() }
    }

    pub(crate) const fn help(&self) -> Help<'_> {
        Help { crew: &self.threads, before: Some(&self.before) }
    }

    /// What was checked this time.
    pub(crate) fn made(self, made: Vec<CheckId>) -> Made {
        Made { artifact: self.artifact, before: self.before.0, made }
    }
}

/// What was checked, before and now.
#[derive(Debug)]
pub(crate) struct Made {
    artifact: ArtifactDigest,
    before: Checks,
    made: Vec<CheckId>,
}

impl Made {
    /// Keeps it, if anything of it is new. That it cannot be kept is told, and changes no decision.
    pub(crate) fn keep(&self, folder: Option<&ChecksFolder>) {
        let kept = folder.map_or(Ok(()), |folder| folder.keep(self.artifact, &self.before, &self.made));
        if let Err(error) = kept {
            tell(error, "what was checked is not kept");
        }
    }
}

fn tell(error: StoreError, what: &str) {
    terminal::warning(&Failure::from(error).about(what));
}
