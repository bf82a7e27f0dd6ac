//! The folders that relative paths of processes start from, each opened once for as long as its process stays in it.
//!
//! The filter asks before a thread goes elsewhere (chdir(2), fchdir(2)): what its process may be in from then on is not kept
//! until it executes another program. It asks too before a process makes another one, and no thread of its own, that shares its
//! folder (`CLONE_FS` of clone(2)): then nothing is kept any more, since either could move the other. Folders of processes are
//! kept, and none of their other threads: these may have stopped to share theirs (unshare(2)).

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Default)]
struct Known {
    /// By the number of the process; none of one that moves.
    of: HashMap<i32, Option<Arc<OwnedFd>>>,
    /// Whether processes may share one.
    shared: bool,
}

/// The folders of a run. The thread that makes the calls keeps them, the tracing thread forgets those of processes that are gone.
#[derive(Debug, Default)]
pub(super) struct Folders(Mutex<Known>);

/// What is known of a process's folder.
#[derive(Debug, Clone)]
pub(super) enum Folder {
    /// It is this one.
    Kept(Arc<OwnedFd>),
    /// It may be another one each time.
    Moves,
    /// Nobody has asked yet.
    Unknown,
}

impl Folders {
    fn known(&self) -> MutexGuard<'_, Known> {
        // What is written under the lock is whole at each step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn of(&self, process: i32) -> Folder {
        let known = self.known();
        match known.of.get(&process) {
            Some(Some(folder)) => Folder::Kept(Arc::clone(folder)),
            Some(None) => Folder::Moves,
            None if known.shared => Folder::Moves,
            None => Folder::Unknown,
        }
    }

    /// Keeps the folder of a process. If that turns out to have been gone by now it is to be forgotten again.
    pub(super) fn keep(&self, process: i32, folder: &Arc<OwnedFd>) {
        self.known().of.entry(process).or_insert_with(|| Some(Arc::clone(folder)));
    }

    /// A process is gone, or executes another program.
    pub(super) fn forget(&self, process: i32) {
        self.known().of.remove(&process);
    }

    /// A thread of a process is about to go elsewhere.
    pub(super) fn moves(&self, process: i32) {
        self.known().of.insert(process, None);
    }

    /// A process is about to be made that shares its maker's.
    pub(super) fn are_shared(&self) {
        let mut known = self.known();
        known.shared = true;
        known.of.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> Arc<OwnedFd> {
        Arc::new(std::fs::File::open("/").unwrap().into())
    }

    #[test]
    fn a_process_that_moves_keeps_no_folder_until_it_executes() {
        let folders = Folders::default();
        folders.keep(7, &folder());
        assert!(matches!(folders.of(7), Folder::Kept(_)));
        folders.moves(7);
        folders.keep(7, &folder());
        assert!(matches!(folders.of(7), Folder::Moves));
        folders.forget(7);
        assert!(matches!(folders.of(7), Folder::Unknown));
    }

    #[test]
    fn where_processes_share_folders_none_is_kept() {
        let folders = Folders::default();
        folders.keep(7, &folder());
        folders.are_shared();
        folders.forget(7);
        for process in [7, 8] {
            assert!(matches!(folders.of(process), Folder::Moves));
        }
    }
}
