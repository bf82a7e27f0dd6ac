//! The files that an origin is about, as a commit of git has them.

use std::path::Path;

use cdi_git::{Compared, compare};
use cdi_types::{Commit, Subject};

use crate::count;
use crate::failure::Failure;

/// What to do where the work tree is not as its commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfDirty {
    Refuse,
    /// Sign what is as in the commit, and say that the rest is not.
    SignTheRest,
}

/// Files of a commit to sign, and what is not signed.
pub(super) struct Committed {
    pub(super) commit: Commit,
    pub(super) subjects: Vec<Subject>,
    /// The paths of the commit that are otherwise in the work tree.
    pub(super) changed: Vec<String>,
    pub(super) links: usize,
    pub(super) submodules: usize,
}

impl Committed {
    /// The files of the commit that is checked out where the folder is, each of which is as in the commit.
    pub(super) fn of(folder: &Path, if_dirty: IfDirty) -> Result<Self, Failure> {
        let compared = compare(folder).map_err(|error| Failure::failed(error.code(), error))?;
        if if_dirty == IfDirty::Refuse && !compared.changes.is_empty() {
            return Err(dirty(&compared));
        }
        let Compared { commit, files, changes, links, submodules } = compared;
        if files.is_empty() {
            let message = format!("no file of the commit {} is there to be signed", commit.id.short());
            return Err(Failure::failed("origin-empty", message));
        }
        let subject = |file: cdi_git::Committed| Subject { path: Some(file.path), digest: file.digest };
        let subjects = files.into_iter().map(subject).collect();
        let changed = changes.into_iter().map(|change| change.path).collect();
        Ok(Self { commit, subjects, changed, links, submodules })
    }
}

/// At most so many changes are told of one by one.
const TOLD: usize = 3;

fn dirty(compared: &Compared) -> Failure {
    let changes = &compared.changes;
    let mut told: Vec<String> =
        changes.iter().take(TOLD).map(|change| format!("`{}` {}", change.path, change.how)).collect();
    if changes.len() > TOLD {
        told.push(format!("and {} more", count::of(changes.len() - TOLD, "path")));
    }
    let commit = compared.commit.id.short();
    let message = format!("the work tree is not as its commit {commit}: {}", told.join(", "));
    Failure::failed("git-dirty", message)
        .hint("commit the change, or take it back; `--allow-dirty` signs the files that are as in the commit")
}
