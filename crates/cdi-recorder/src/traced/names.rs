//! What a file of a run is called: as the tool spells it where that can be recorded, else as the kernel does.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use cdi_sys::Pid;
use cdi_types::RecordedPath;
use rustix::fs::{AtFlags, CWD, OFlags, fstat, statat};
use rustix::io::Errno;

use super::resolve::Base;
use crate::procfs::Proc;

/// The folder that the tool or a sub-run was started in: what relative paths of a report start from.
#[derive(Debug)]
pub(super) struct Start {
    path: PathBuf,
    inode: (u64, u64),
    proc: &'static Proc,
}

/// The name of a file.
#[derive(Debug, Clone)]
pub(super) struct Name {
    /// As a report has it; none if no report can.
    pub(super) recorded: Option<RecordedPath>,
    /// The kernel's name, by which this process finds it.
    pub(super) whole: PathBuf,
}

impl Start {
    pub(super) fn here(proc: &'static Proc) -> Result<Self, Errno> {
        let stat = statat(CWD, ".", AtFlags::empty())?;
        let path =
            std::env::current_dir().map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        Ok(Self { path, inode: (stat.st_dev, stat.st_ino), proc })
    }

    /// Where a process is that has just executed a program.
    pub(super) fn of(process: Pid, proc: &'static Proc) -> io::Result<Self> {
        let path = proc.link(process, "cwd")?;
        let stat = fstat(proc.follow(process, "cwd", OFlags::PATH)?)?;
        Ok(Self { path, inode: (stat.st_dev, stat.st_ino), proc })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The name of a file that this process has open, and that the tool called `spelled` from `base` on, if that name
    /// means the same to everybody.
    pub(super) fn name(
        &self,
        file: impl std::os::fd::AsFd,
        spelled: Option<(&Base, &OsStr)>,
    ) -> Result<Name, Errno> {
        let nameless = fstat(&file)?.st_nlink == 0;
        let mut whole = self.proc.path_of(file)?;
        if nameless && let Some(shown) = whole.to_str().and_then(|path| path.strip_suffix(" (deleted)")) {
            whole = PathBuf::from(shown);
        }
        Ok(Name { recorded: self.spelled(spelled).or_else(|| self.recorded(&whole)), whole })
    }

    /// A whole path as a report has it: from the start on, if it is below.
    pub(super) fn recorded(&self, whole: &Path) -> Option<RecordedPath> {
        let shown = whole.strip_prefix(&self.path).unwrap_or(whole);
        RecordedPath::parse(shown.to_str()?).ok()
    }

    fn spelled(&self, spelled: Option<(&Base, &OsStr)>) -> Option<RecordedPath> {
        let (base, path) = spelled?;
        if let Some(folder) = base.relative() {
            let stat = fstat(folder).ok()?;
            if (stat.st_dev, stat.st_ino) != self.inode {
                return None;
            }
        }
        RecordedPath::normalise(path.to_str()?).ok()
    }

    pub(super) fn is_above(&self, path: &Path) -> bool {
        path.starts_with(&self.path)
    }
}
