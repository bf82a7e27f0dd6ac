//! Whether somebody opens a file of a folder to write to it, where times do not tell: in memory file systems.
//!
//! One descriptor a file, with a lease on it, would be one too many for a tree. The kernel tells of folders instead
//! (inotify(7)): whoever has had a file open for writing, a writable mapping included, is told when it is closed; who has it
//! open still is found by a lease at the end. A file with a second name could be opened by that one: it is refused.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;

use crate::FileFault;

/// What writes to files of a folder, or to the folder, bring about.
const WRITES: WatchFlags = WatchFlags::CLOSE_WRITE
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR);

/// Folders that are looked after.
#[derive(Debug)]
pub(super) struct FolderWatch(OwnedFd);

impl FolderWatch {
    pub(super) fn begin() -> Result<Self, FileFault> {
        let flags = CreateFlags::CLOEXEC | CreateFlags::NONBLOCK;
        inotify::init(flags).map(Self).map_err(unwatched)
    }

    /// From now on writes to files of this folder are told of.
    pub(super) fn add(&mut self, folder: &OwnedFd) -> Result<(), FileFault> {
        let path = format!("/proc/self/fd/{}", folder.as_raw_fd());
        inotify::add_watch(&self.0, path, WRITES).map(drop).map_err(unwatched)
    }

    /// Whether nothing has been told of: nor that there was more than could be told.
    pub(super) fn is_quiet(&self) -> bool {
        let mut room = [MaybeUninit::uninit(); 4096];
        let mut told = inotify::Reader::new(&self.0, &mut room);
        matches!(told.next(), Err(Errno::WOULDBLOCK))
    }
}

/// There are only so many watches on a machine.
fn unwatched(errno: Errno) -> FileFault {
    FileFault::Unfollowed(errno.into())
}
