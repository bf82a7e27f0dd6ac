//! Folders that are inputs or outputs as a whole: all files below them, by one digest (rules F-TREE, F-RECORD).
//!
//! In goes a folder's name; out comes its digest, with the list of its files that it is made from. The list has names and
//! bytes, and nothing else: permissions, times and empty folders are in no tree. What a list cannot tell apart from a file,
//! a link or a device, is refused, and so is what another file system shows below the folder.
//!
//! Expected flow of an input: [`Tree::read`] before the run, [`Tree::unchanged`] after it. Guarantees: on `Ok` of both, each
//! file had the listed bytes all along, and there were no others, not for a moment: each folder's times tell of names that
//! came and went. Of an output: [`Tree::made`] after the run.

mod fault;
mod hash;
mod walk;
mod watch;

use std::collections::HashMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use cdi_store::two;
use cdi_types::{ArtifactDigest, LeafError, Leaves};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, openat2, statat};
use rustix::io::Errno;

use crate::file::{self, Measured, Stamp};
use crate::links::Links;
use crate::writers;
use crate::{FileFault, FileRole, RecordError, filesystem};
pub use fault::TreeFault;
use watch::FolderWatch;

/// A file of a tree.
#[derive(Debug)]
pub(crate) struct Leaf {
    /// Its path from the top, as bytes.
    pub(crate) name: Box<[u8]>,
    pub(crate) measured: Measured,
}

/// The kernel's numbers of files and folders, each with a name.
pub(crate) type Inodes = HashMap<(u64, u64), String>;

/// A folder as it was measured.
#[derive(Debug)]
pub struct Tree {
    typed: String,
    links: Links,
    /// The top first.
    folders: Vec<(PathBuf, Stamp)>,
    leaves: Vec<Leaf>,
    digest: ArtifactDigest,
    /// What tells of writes where times do not.
    watch: Option<FolderWatch>,
}

/// Whether a declared name is one of a folder.
pub(crate) fn is_folder(typed: &str) -> bool {
    typed.ends_with('/')
}

/// The files of a folder that a run is to write, as they are before it; none if it is not there.
pub(crate) fn before(typed: &str) -> Result<HashMap<Box<[u8]>, Stamp>, RecordError> {
    let role = FileRole::Output;
    let top = match open_top(Path::new(typed), role) {
        Ok(top) => top,
        // What is no folder will be refused after the run, if it is still there.
        Err(FileFault::Missing | FileFault::NoFolder) => return Ok(HashMap::new()),
        Err(fault) => return Err(RecordError::file(role, typed, fault)),
    };
    let found = walk::all(&top, role, typed, None)?;
    let stamped = found.files.into_iter().filter_map(|name| {
        let stat = statat(&top, &*name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some((name, Stamp::told(&stat)))
    });
    Ok(stamped.collect())
}

impl Tree {
    /// Measures a folder by itself, apart from any run.
    ///
    /// # Errors
    /// [`RecordError::Tree`], [`RecordError::File`] with the first file that cannot serve.
    pub fn measure(folder: &Path) -> Result<Self, RecordError> {
        let tree = Self::of(FileRole::Input, &folder.to_string_lossy(), folder, None, file::measure)?;
        tree.folders_stay(FileRole::Input)?;
        Ok(tree)
    }

    /// Measures a folder that a run is to read.
    pub(crate) fn read(typed: &str) -> Result<Self, RecordError> {
        let (role, path) = (FileRole::Input, Path::new(typed));
        let failed = |fault| RecordError::file(role, typed, fault);
        if filesystem::tells_of_stores(open_top(path, role).map_err(failed)?).map_err(failed)? {
            return Self::of(role, typed, path, None, hash::of_input);
        }
        let watch = FolderWatch::begin().map_err(failed)?;
        Self::of(role, typed, path, Some(watch), hash::of_input_in_memory)
    }

    /// Measures a folder that a run has written.
    pub(crate) fn made(typed: &str) -> Result<Self, RecordError> {
        let tree = Self::of(FileRole::Output, typed, Path::new(typed), None, hash::of_output)?;
        // Nobody has the files open any more: a file that came or went while they were hashed is somebody else's.
        tree.folders_stay(FileRole::Output)?;
        Ok(tree)
    }

    fn of(
        role: FileRole,
        typed: &str,
        path: &Path,
        mut watch: Option<FolderWatch>,
        how: fn(&File) -> Result<Measured, FileFault>,
    ) -> Result<Self, RecordError> {
        let failed = |fault| RecordError::file(role, typed, fault);
        let top = open_top(path, role).map_err(failed)?;
        let links = Links::on(path).map_err(failed)?;
        let found = walk::all(&top, role, typed, watch.as_mut())?;
        let measured = hash::all(&top, role, typed, &found.files, how)?;
        let mut list = Leaves::default();
        let named = |error: LeafError| RecordError::tree(role, typed, error.into());
        for (name, measured) in found.files.iter().zip(&measured) {
            list.add(name, measured.digest).map_err(named)?;
        }
        let leaves = found.files.into_iter().zip(measured).map(|(name, measured)| Leaf { name, measured });
        let leaves: Vec<Leaf> = leaves.collect();
        if leaves.is_empty() {
            return Err(RecordError::tree(role, typed, TreeFault::Empty));
        }
        let (typed, folders) = (typed.to_owned(), found.folders);
        Ok(Self { typed, links, folders, leaves, digest: list.digest(), watch })
    }

    /// The digest.
    #[must_use]
    pub const fn digest(&self) -> ArtifactDigest {
        self.digest
    }

    /// How many files it has.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// The list of its files: the SHA-256 of all of it is the digest.
    #[must_use]
    pub fn list(&self) -> Vec<u8> {
        self.leaves.iter().flat_map(|leaf| Leaves::line(&leaf.name, leaf.measured.digest)).collect()
    }

    pub(crate) fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// What the top is.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        self.folders.first().map(|(_, stamp)| *stamp)
    }

    /// The numbers of its files and folders, each with its name.
    pub(crate) fn inodes(&self) -> Inodes {
        let folders = self.folders.iter().map(|(path, stamp)| (stamp.inode(), path.display().to_string()));
        let leaves = self.leaves.iter().map(|leaf| (leaf.measured.stamp.inode(), shown(&leaf.name)));
        folders.chain(leaves).collect()
    }

    /// Whether it has been what it is since it was measured.
    pub(crate) fn unchanged(&self) -> Result<(), RecordError> {
        let changed = |name: &str| {
            let path = if name.is_empty() { self.typed.clone() } else { below(&self.typed, name) };
            RecordError::file(FileRole::Input, path, FileFault::Changed)
        };
        let path = Path::new(&self.typed);
        let top = open_top(path, FileRole::Input).map_err(|_| changed(""))?;
        if Links::on(path).ok().as_ref() != Some(&self.links) {
            return Err(changed(""));
        }
        let same = |leaf: &Leaf| {
            let stat = statat(&top, &*leaf.name, AtFlags::SYMLINK_NOFOLLOW);
            let then = &leaf.measured;
            if stat.ok().map(|stat| Stamp::told(&stat)) != Some(then.stamp) {
                return false;
            }
            // Its times tell, unless they were too young, or tell nothing.
            then.settled && self.watch.is_none() || self.is_still(&top, leaf)
        };
        let first = two::find(&self.leaves, |leaf| !same(leaf));
        if let Some(leaf) = first {
            return Err(changed(&shown(&leaf.name)));
        }
        // What was looked at last has been so all the while.
        if self.watch.as_ref().is_some_and(|watch| !watch.is_quiet()) {
            return Err(changed(""));
        }
        self.folders_stay(FileRole::Input)
    }

    fn is_still(&self, top: &OwnedFd, leaf: &Leaf) -> bool {
        let Ok(file) = hash::open(top, &leaf.name) else { return false };
        // Whoever has it in memory to write to has it open.
        (self.watch.is_none() || writers::excluded(&file).is_ok())
            && (leaf.measured.settled
                || file::measure(&file).is_ok_and(|now| now.digest == leaf.measured.digest))
    }

    /// Whether no name has come or gone.
    fn folders_stay(&self, role: FileRole) -> Result<(), RecordError> {
        let changed = |path: &Path| {
            let path = Path::new(&self.typed).join(path);
            RecordError::file(role, path.to_string_lossy(), FileFault::Changed)
        };
        let top = open_top(Path::new(&self.typed), role).map_err(|_| changed(Path::new("")))?;
        let moved = self.folders.iter().find(|(path, then)| {
            let name = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            let now = statat(&top, name, AtFlags::SYMLINK_NOFOLLOW).map(|stat| Stamp::told(&stat));
            now != Ok(*then)
        });
        moved.map_or(Ok(()), |(path, _)| Err(changed(path)))
    }
}

/// Opens a folder that was named. The way to an input may lead past links; an output is none.
fn open_top(path: &Path, role: FileRole) -> Result<OwnedFd, FileFault> {
    let mut flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    flags.set(OFlags::NOFOLLOW, role == FileRole::Output);
    // Of `out/` the kernel follows a link whatever it is told.
    let bare = path.to_string_lossy();
    let bare = match (role, bare.trim_end_matches('/')) {
        (FileRole::Output, bare) if !bare.is_empty() => Path::new(bare),
        _ => path,
    };
    let opened = openat2(CWD, bare, flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS);
    let top = opened.map_err(|errno| match errno {
        Errno::NOTDIR => FileFault::NoFolder,
        // Of the kernel's own; or one of too many.
        Errno::LOOP => FileFault::ByDescriptor,
        errno => file::fault(errno.into()),
    })?;
    filesystem::local(&top)?;
    Ok(top)
}

/// A file of a folder, as people read it.
pub(crate) fn below(typed: &str, name: &str) -> String {
    format!("{}/{name}", typed.trim_end_matches('/'))
}

pub(crate) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
