//! All that a commit has: a walk down its trees.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, Write};

use cdi_types::GitDigest;

use crate::GitError;
use crate::hash::Kind;
use crate::object::{Entries, Entry};
use crate::objects::Objects;

/// More entries than this are a slip or an attack: a few small trees, one in the other many times, are files without end.
pub(crate) const ENTRIES: usize = 1 << 20;

/// All texts of paths together.
const BYTES: usize = 256 * 1024 * 1024;

/// What the commit has at each path, but for folders.
pub type Paths = BTreeMap<Vec<u8>, (Entry, GitDigest)>;

/// The paths of a tree, whose objects are what their ids say.
///
/// # Errors
/// [`GitError::Object`] for an object that is not what its id says or that no work tree can have, [`GitError::TooMany`].
pub fn paths<I: Write, O: BufRead>(objects: &mut Objects<I, O>, tree: GitDigest) -> Result<Paths, GitError> {
    let (mut found, mut entries, mut bytes) = (Paths::new(), 0_usize, 0_usize);
    let mut due = vec![(Vec::new(), tree)];
    while let Some((folder, tree)) = due.pop() {
        let read = objects.read(Kind::Tree, tree)?;
        let mut names = HashSet::new();
        for entry in Entries::of(tree.format(), &read) {
            let (entry, name, id) = entry.map_err(|reason| GitError::object(tree, reason))?;
            if !names.insert(name) {
                return Err(GitError::object(tree, "is a tree with one name twice"));
            }
            let mut path = folder.clone();
            path.extend_from_slice(name);
            entries += 1;
            bytes = bytes.saturating_add(path.len());
            if entries > ENTRIES || bytes > BYTES {
                return Err(GitError::TooMany);
            }
            if entry == Entry::Folder {
                path.push(b'/');
                due.push((path, id));
            } else {
                found.insert(path, (entry, id));
            }
        }
    }
    Ok(found)
}
