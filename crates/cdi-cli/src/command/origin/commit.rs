//! The files that an origin is about, as a commit of git has them.

use std::path::Path;

use cdi_git::{Compared, compare};
use cdi_types::{Commit, Leaves, RecordedPath, Subject};

use super::sign::SignedTree;
use crate::count;
use crate::failure::Failure;
use crate::terminal::plain;

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
    pub(super) links: Vec<String>,
    pub(super) submodules: Vec<String>,
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

impl Committed {
    /// The files of the commit in a folder, from the top of the work tree on, as one tree. That the work tree has all of them as
    /// the commit does is known already.
    pub(super) fn tree(&self, folder: &Path) -> Result<SignedTree, Failure> {
        let text = folder.to_str().unwrap_or_default();
        let path = if matches!(text.trim_end_matches('/'), "" | ".") {
            None
        } else {
            Some(RecordedPath::normalise(text)?)
        };
        let inside = |name: &str| match &path {
            None => true,
            Some(path) => below(path, name).is_some(),
        };
        let about = || format!("`{}`", plain(&folder.display().to_string()));
        let refused = |code, what: &str, name: &String| {
            Failure::failed(code, format!("has {what} `{name}` in it, and a tree is of files alone"))
                .about(about())
        };
        if let Some(link) = self.links.iter().find(|name| inside(name)) {
            return Err(refused("tree-link", "the symbolic link", link));
        }
        if let Some(submodule) = self.submodules.iter().find(|name| inside(name)) {
            return Err(refused("tree-special", "the submodule", submodule));
        }
        let mut leaves = Leaves::default();
        for Subject { path: file, digest } in &self.subjects {
            let (Some(file), Some(digest)) = (file, digest.file()) else { continue };
            let name = match &path {
                None => Some(file.as_str()),
                Some(path) => below(path, file.as_str()),
            };
            if let Some(name) = name {
                let named = leaves.add(name.as_bytes(), digest);
                named.map_err(|error| Failure::failed("tree-name", error).about(about()))?;
            }
        }
        if leaves.files() == 0 {
            let message = format!("no file of the commit {} is in it", self.commit.id.short());
            return Err(Failure::failed("origin-empty", message).about(about()));
        }
        Ok(SignedTree { path, files: leaves.files(), digest: leaves.digest() })
    }
}

/// The rest of a path below a folder.
fn below<'p>(folder: &RecordedPath, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(folder.as_str())?.strip_prefix('/')
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
