//! What a ledger is kept for, and what that changes: a tool of which there is to be a report, a tool within a build, or the
//! build between its tools.

use std::fs::File;
use std::path::PathBuf;

use rustix::fs::Stat;
use rustix::io::Errno;

use super::ledger::Ledger;
use super::resolve::Found;
use crate::{FileFault, FileRole, RecordError, file, writers};

/// What a ledger is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A report about the run: what cannot be measured the tool does not get.
    Run,
    /// A report about a sub-run: what cannot be measured it gets, since the build goes on, and there is no report then.
    SubRun,
    /// Nothing: what a build does between its tools is not written down.
    Build,
}

impl Ledger {
    /// Something gives bytes that nobody can measure.
    ///
    /// # Errors
    /// It is not for the tool, of whose whole run there is to be a report.
    pub(super) fn unmeasurable(&mut self, path: PathBuf, fault: FileFault) -> Result<(), Errno> {
        match self.purpose {
            Purpose::Run => Err(self.deny(path, fault)),
            Purpose::SubRun => {
                let path = path.to_string_lossy();
                self.fault.get_or_insert_with(|| RecordError::file(FileRole::Input, path, fault));
                Ok(())
            }
            Purpose::Build => Ok(()),
        }
    }

    /// A sub-run is about to write to a file that it has not read: nobody else may be writing to it.
    pub(super) fn exclude(&mut self, index: usize, found: &Found) {
        let Some(entry) = self.entries.get(index) else { return };
        if self.purpose != Purpose::SubRun || entry.version.is_some() {
            return;
        }
        let opened = self.proc().reopen(&found.file, file::READ).map_err(|errno| file::fault(errno.into()));
        if let Err(fault) = opened.and_then(|file| writers::excluded(&File::from(file))) {
            let path = entry.name.whole.to_string_lossy();
            self.fault.get_or_insert_with(|| RecordError::file(FileRole::Output, path, fault));
        }
    }

    /// A pipe gives a sub-run the bytes of others.
    pub(super) fn given_by_others(&mut self, path: PathBuf) {
        if self.purpose == Purpose::SubRun {
            let _ = self.unmeasurable(path, FileFault::NotRegular);
        }
    }

    /// Somebody who is none of this sub-run writes to a file or a pipe.
    pub(super) fn written_by_others(&mut self, stat: &Stat) {
        let index = self.index(stat);
        if let Some(given) =
            index.and_then(|index| self.entries.get_mut(index)).filter(|entry| entry.is_given())
        {
            given.uses.shared = true;
            return;
        }
        let path = match index.and_then(|index| self.entries.get(index)) {
            // What was read is kept from being written to: that shows there.
            Some(entry) if entry.is_of_the_run() => entry.name.whole.to_string_lossy().into_owned(),
            _ if self.quiet.contains(&(stat.st_dev, stat.st_ino)) => "a pipe without a name".to_owned(),
            _ => return,
        };
        self.fault.get_or_insert(RecordError::WrittenByOthers { path });
    }
}
