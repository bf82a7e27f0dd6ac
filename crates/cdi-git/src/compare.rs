//! The comparison: each path of the commit, and what lies there.

use std::path::Path;

use cdi_types::{ArtifactDigest, Commit, CommitId, GitDigest, RecordedPath, TreeId, WorkTree as State};

use crate::error::shown;
use crate::hash::{Kind, id_of};
use crate::object::{Entry, tree_of};
use crate::objects::Objects;
use crate::program;
use crate::walk::{self, Paths};
use crate::work_tree::{Found, WorkTree};
use crate::{GitError, How};

/// A file of the commit that lies in the work tree as the commit has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Where it is, from the top of the work tree.
    pub path: RecordedPath,
    /// Its bytes.
    pub digest: ArtifactDigest,
}

/// A path of the commit that is otherwise in the work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which, control characters escaped.
    pub path: String,
    /// How.
    pub how: How,
}

/// A commit beside the work tree that it is checked out in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// The commit, its tree and how the work tree was.
    pub commit: Commit,
    /// The files that are as in the commit, in the order of their paths.
    pub files: Vec<Committed>,
    /// What is otherwise: if there is any, the work tree is dirty.
    pub changes: Vec<Change>,
    /// Where symbolic links are as in the commit, control characters escaped: no artifacts.
    pub links: Vec<String>,
    /// Where submodules are: commits of other repositories, into which nobody looks here.
    pub submodules: Vec<String>,
}

/// Compares the commit that is checked out with the work tree that the folder is in.
///
/// On `Ok` the tree is the commit's and each of the files is the tree's, by digests that were computed here; and the
/// state is clean only if every file and link of the commit was there with its bytes and its mode. It does not follow that
/// the files were so at one moment, nor who made the commit.
///
/// # Errors
/// [`GitError`] if git does not answer, or the repository is none that a work tree can have.
pub fn compare(folder: &Path) -> Result<Compared, GitError> {
    let top = program::top(folder)?;
    let id = program::head(&top)?;
    let mut objects = Objects::open(&top)?;
    let commit = objects.read(Kind::Commit, id)?;
    let tree = tree_of(id.format(), &commit)
        .ok_or_else(|| GitError::object(id, "is a commit that does not begin with its tree"))?;
    let paths = walk::paths(&mut objects, tree)?;
    let work_tree = WorkTree::open(&top)?;
    let (id, tree) = (CommitId::new(id), TreeId::new(tree));
    let untracked = untracked(&top, &paths, &work_tree)?;
    let commit = Commit { id, tree, work_tree: State::Clean, untracked };
    let mut compared = Compared {
        commit,
        files: Vec::new(),
        changes: Vec::new(),
        links: Vec::new(),
        submodules: Vec::new(),
    };
    for (path, (entry, id)) in &paths {
        compared.one(path, *entry, *id, &work_tree)?;
    }
    if !compared.changes.is_empty() {
        compared.commit.work_tree = State::Dirty;
    }
    Ok(compared)
}

impl Compared {
    fn one(&mut self, path: &[u8], entry: Entry, id: GitDigest, tree: &WorkTree) -> Result<(), GitError> {
        let is = |bytes: &[u8]| id_of(id.format(), Kind::Blob, bytes) == Some(id);
        let how = match (entry, tree.find(path)?) {
            (Entry::Submodule, _) => {
                self.submodules.push(shown(path));
                return Ok(());
            }
            (_, Found::Nothing) => How::Missing,
            (Entry::File { .. }, Found::File { bytes, .. }) if !is(&bytes) => How::Bytes,
            (Entry::File { executable: said }, Found::File { executable, .. }) if said != executable => {
                How::Mode
            }
            (Entry::File { .. }, Found::File { bytes, .. }) => {
                let text = std::str::from_utf8(path).map_err(|_| GitError::NotText { path: shown(path) })?;
                let path = RecordedPath::parse(text)?;
                self.files.push(Committed { path, digest: ArtifactDigest::of(&bytes) });
                return Ok(());
            }
            (Entry::Link, Found::Link { leads_to }) if is(&leads_to) => {
                self.links.push(shown(path));
                return Ok(());
            }
            (Entry::Link, Found::Link { .. }) => How::Bytes,
            _ => How::Kind,
        };
        self.changes.push(Change { path: shown(path), how });
        Ok(())
    }
}

/// How many files are in the work tree that the commit does not have and git does not ignore; staged ones too.
fn untracked(top: &Path, paths: &Paths, tree: &WorkTree) -> Result<u64, GitError> {
    let (mut besides, mut listed) = (0_u64, Ok(()));
    program::listed(top, |path| {
        // A repository inside stands with a `/` behind it.
        let name = path.strip_suffix(b"/").unwrap_or(path);
        if listed.is_ok() && !paths.contains_key(name) {
            match tree.is_there(name) {
                Ok(there) => besides += u64::from(there),
                Err(error) => listed = Err(error),
            }
        }
    })?;
    listed.map(|()| besides)
}
