//! The digests of a tree's files.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;

use cdi_store::two;
use rustix::fs::{Mode, OFlags, openat2};
use rustix::io::Errno;

use super::walk::INSIDE;
use super::{below, shown};
use crate::file::{self, Measured};
use crate::{FileFault, FileRole, RecordError};

/// Measures each of these files, which are below a folder.
pub(super) fn all(
    top: &OwnedFd,
    role: FileRole,
    typed: &str,
    files: &[Box<[u8]>],
    how: fn(&File) -> Result<Measured, FileFault>,
) -> Result<Vec<Measured>, RecordError> {
    two::each(files, |name| {
        open(top, name)
            .and_then(|file| how(&file))
            .map_err(|fault| RecordError::file(role, below(typed, &shown(name)), fault))
    })
}

/// Opens a file of a tree by its name from the top on: past no link, and on the same mount, whose file system is known.
pub(super) fn open(top: &OwnedFd, name: &[u8]) -> Result<File, FileFault> {
    let opened = openat2(top, OsStr::from_bytes(name), file::READ | OFlags::NOFOLLOW, Mode::empty(), INSIDE);
    let opened = File::from(opened.map_err(|errno| match errno {
        // It was a file when its name was read.
        Errno::LOOP | Errno::XDEV | Errno::NOENT | Errno::NOTDIR | Errno::NXIO => FileFault::Changed,
        errno => file::fault(errno.into()),
    })?);
    if opened.metadata().map_err(file::fault)?.is_file() { Ok(opened) } else { Err(FileFault::Changed) }
}

/// Of an input whose times tell of each write from now on.
pub(super) fn of_input(file: &File) -> Result<Measured, FileFault> {
    file::measure_watched(file, |_| file::measure(file)).map(|(measured, _)| measured)
}

/// Of an input where they do not, and the folder is watched: by another name somebody could write to it unseen.
pub(super) fn of_input_in_memory(file: &File) -> Result<Measured, FileFault> {
    alone(file)?;
    of_input(file)
}

/// Of an output.
pub(super) fn of_output(file: &File) -> Result<Measured, FileFault> {
    alone(file)?;
    file::measure(file)
}

fn alone(file: &File) -> Result<(), FileFault> {
    match file.metadata().map_err(file::fault)?.nlink() {
        1 => Ok(()),
        names => Err(FileFault::Linked { names }),
    }
}
