//! Capture level `confined`: the run reaches what was declared, and nothing else.
//!
//! Two walls stand there. The recorder, which makes the run's calls (`traced`), gives out no file outside of what was declared,
//! and makes none there. And the kernel holds the run to a ruleset of Landlock, under which it can open nothing by itself
//! and execute only what was declared; that needs no trust in the recorder's reading of paths.
//!
//! What is declared: each input and output, what else may be read and executed, and folders that may be written. The
//! run has a temporary folder of its own besides. A file that is not within reach is not there for the run, and the user is told
//! of it.

mod fence;
mod ruleset;
mod temporary;

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use cdi_types::{RecordedPath, limits};
use rustix::fs::{CWD, Mode, OFlags, fstat, openat};

use crate::RecordError;
use crate::procfs::Proc;

pub(crate) use fence::Fence;
pub(crate) use ruleset::ruleset;
pub(crate) use temporary::Temporary;

/// What a confined run may reach besides its inputs and outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Files, and folders with all that is below them, that it may read and execute.
    pub reads: Vec<String>,
    /// Folders in which it may make, change and remove whatever it likes.
    pub writes: Vec<String>,
}

/// Something that was declared, as the kernel knows it.
#[derive(Debug)]
pub(crate) struct Reached {
    pub(crate) file: OwnedFd,
    pub(crate) path: PathBuf,
    pub(crate) is_folder: bool,
}

impl Reached {
    /// # Errors
    /// [`RecordError::OutOfReach`]: it is not there, or is no folder and has to be one.
    pub(crate) fn open(typed: &str, must_be_folder: bool) -> Result<Self, RecordError> {
        let failed = |errno: rustix::io::Errno| RecordError::OutOfReach {
            path: typed.to_owned(),
            source: errno.into(),
        };
        let proc = Proc::of_the_kernel().map_err(RecordError::ProcNotTheKernels)?;
        let mut flags = OFlags::PATH | OFlags::CLOEXEC;
        flags.set(OFlags::DIRECTORY, must_be_folder);
        let file = openat(CWD, typed, flags, Mode::empty()).map_err(failed)?;
        let stat = fstat(&file).map_err(failed)?;
        let is_folder = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir();
        let path = proc.path_of(&file).map_err(failed)?;
        Ok(Self { file, path, is_folder })
    }
}

/// As a report tells it: by the kernel's names, which hold wherever the command was typed.
fn recorded(reached: &[Reached]) -> Result<Vec<RecordedPath>, RecordError> {
    let refused =
        |path: String, why: String| RecordError::OutOfReach { path, source: std::io::Error::other(why) };
    let mut paths = Vec::new();
    for Reached { path, .. } in reached {
        let shown = path.to_string_lossy();
        let whole = path.to_str().ok_or_else(|| "it is not UTF-8".to_owned());
        let parsed = whole.and_then(|path| RecordedPath::parse(path).map_err(|error| error.to_string()));
        paths.push(
            parsed.map_err(|why| {
                refused(shown.clone().into_owned(), format!("no report can carry it: {why}"))
            })?,
        );
    }
    paths.sort();
    paths.dedup();
    match paths.get(limits::TRACE_REACH) {
        None => Ok(paths),
        Some(path) => Err(refused(path.to_string(), format!("{} paths are the most", limits::TRACE_REACH))),
    }
}
