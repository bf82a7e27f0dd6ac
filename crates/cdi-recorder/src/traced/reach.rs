//! What a confined run may have of the files that it asks for (`confined`). What it may not is not there for it, so that tools that
//! look for a file in several places go on looking; making something out of reach is not permitted.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::entry::Entry;
use super::ledger::{Access, Ledger};
use super::resolve::{Found, Place};
use crate::confined::Fence;
use crate::file::Stamp;

/// So many files are told.
const TOLD: usize = 64;

/// A file that a confined tool asked for, and that nobody had declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfReach {
    /// The kernel's name of it.
    pub path: PathBuf,
    /// What it was asked for.
    pub way: Way,
}

/// What a tool asks for a file for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To have its bytes, or the names in it.
    Read,
    /// To make, change or remove it.
    Write,
}

impl Ledger {
    /// Holds if the run may open a file like this. Each regular file comes by here ([`Ledger::foresee`]).
    pub(super) fn may_open(&mut self, found: &Found, access: Access) -> Result<(), Errno> {
        if self.fence.is_none() {
            return Ok(());
        }
        let known = self.entry_of(&found.stat);
        let own = known.is_some_and(Entry::is_within_reach);
        // Nor has a file to be found within reach again whose bytes the run has had, as they are.
        let had = known.is_some_and(|entry| entry.has_been_read() && entry.stamp == Stamp::told(&found.stat));
        if !access.writes && (own || had) {
            return Ok(());
        }
        let path = self.proc().path_of(&found.file)?;
        let own = own || is_memory(found, &path);
        if access.writes {
            self.permit(&path, Way::Write, Errno::ACCESS, |fence| fence.writes(&path))?;
        }
        if access.reads && !own && !is_of_a_process(&path) {
            let errno = if access.writes { Errno::ACCESS } else { Errno::NOENT };
            self.permit(&path, Way::Read, errno, |fence| fence.reads(&path))?;
        }
        Ok(())
    }

    /// Holds if the run may give its bytes another name.
    pub(super) fn may_pass_on(&mut self, found: &Found) -> Result<(), Errno> {
        self.may_open(found, Access::READ)
    }

    /// Holds if the run may open a pipe with a name. Its own it made within reach.
    pub(super) fn may_open_pipe(&mut self, found: &Found, access: Access) -> Result<(), Errno> {
        let own = self.pipes.contains(&(found.stat.st_dev, found.stat.st_ino));
        // One without a name is no file's: the run has a descriptor of it already.
        if own || found.stat.st_nlink == 0 || !found.plain { Ok(()) } else { self.may_open(found, access) }
    }

    /// Holds if the run may move a folder: what is in it would be within reach by its new name.
    pub(super) fn may_move(&mut self, folder: &Found, to: &Place) -> Result<(), Errno> {
        let (Some(from), Some(parent)) = (self.fenced(&folder.file)?, self.fenced(&to.folder)?) else {
            return Ok(());
        };
        let to = parent.join(Path::new(&to.name).components().as_path());
        self.permit(&from, Way::Read, Errno::ACCESS, |fence| fence.reads(&from) || !fence.reads_into(&to))
    }

    /// Holds if the run may read the names in a folder.
    pub(super) fn may_list(&mut self, path: &Path) -> Result<(), Errno> {
        if is_of_a_process(path) {
            return Ok(());
        }
        self.permit(path, Way::Read, Errno::NOENT, |fence| fence.lists(path))
    }

    /// Holds if the run may make, change or remove what has this name.
    pub(super) fn may_change(&mut self, place: &Place) -> Result<(), Errno> {
        let Some(folder) = self.fenced(&place.folder)? else { return Ok(()) };
        // Without slashes behind it.
        let path = folder.join(Path::new(&place.name).components().as_path());
        self.permit(&path, Way::Write, Errno::ACCESS, |fence| fence.writes(&path))
    }

    /// Holds if the run may make a file without a name in a folder.
    pub(super) fn may_make_in(&mut self, folder: &Found) -> Result<(), Errno> {
        let Some(path) = self.fenced(&folder.file)? else { return Ok(()) };
        self.permit(&path, Way::Write, Errno::ACCESS, |fence| fence.writes(&path.join("nameless")))
    }

    /// The kernel's name of a file, if it matters.
    fn fenced(&self, file: impl AsFd) -> Result<Option<PathBuf>, Errno> {
        self.fence.as_ref().map(|_| self.proc().path_of(file)).transpose()
    }

    fn permit(
        &mut self,
        path: &Path,
        way: Way,
        errno: Errno,
        permits: impl FnOnce(&Fence) -> bool,
    ) -> Result<(), Errno> {
        if self.fence.as_ref().is_none_or(permits) {
            return Ok(());
        }
        self.denied = self.denied.saturating_add(1);
        let this = OutOfReach { path: path.to_owned(), way };
        if self.out_of_reach.len() < TOLD && !self.out_of_reach.contains(&this) {
            self.out_of_reach.push(this);
        }
        Err(errno)
    }
}

/// Whether it is a file in memory (memfd_create(2)): the run's own, since it brings none along and gets none sent.
fn is_memory(found: &Found, path: &Path) -> bool {
    found.stat.st_nlink == 0 && path.as_os_str().as_encoded_bytes().starts_with(b"/memfd:")
}

/// Whether procfs tells it of a process; which ones the run may look at is decided elsewhere.
fn is_of_a_process(path: &Path) -> bool {
    path.strip_prefix("/proc").is_ok_and(|rest| {
        let first = rest.components().next().and_then(|name| name.as_os_str().to_str());
        first.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
    })
}
