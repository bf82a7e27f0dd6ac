//! What lies in a work tree, read through no link.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::Path;

use cdi_types::limits;
use rustix::fs::{self, AtFlags, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::GitError;
use crate::error::shown;

/// What is at a path.
pub(crate) enum Found {
    Nothing,
    File {
        bytes: Vec<u8>,
        executable: bool,
    },
    Link {
        leads_to: Vec<u8>,
    },
    /// A folder, a pipe, a device.
    Other,
}

/// The folder that a path is in, `None` for the top, and its last name.
type Place<'p> = (Option<OwnedFd>, &'p [u8]);

/// The top of a work tree, by an open descriptor: renaming folders above it changes nothing.
pub(crate) struct WorkTree {
    top: OwnedFd,
}

impl WorkTree {
    pub(crate) fn open(top: &Path) -> Result<Self, GitError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let failed = |error: Errno| unreadable(top.as_os_str().as_encoded_bytes(), error);
        Ok(Self { top: fs::openat(CWD, top, flags, Mode::empty()).map_err(failed)? })
    }

    /// What is at this path of plain names, of which none is followed that is a link.
    pub(crate) fn find(&self, path: &[u8]) -> Result<Found, GitError> {
        let failed = |error| unreadable(path, error);
        let Some((folder, name)) = self.folder_of(path)? else { return Ok(Found::Nothing) };
        let folder = folder.as_ref().unwrap_or(&self.top);
        let stat = match fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(error) if is_absence(error) => return Ok(Found::Nothing),
            Err(error) => return Err(failed(error)),
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Symlink => {
                let leads_to = fs::readlinkat(folder, name, Vec::new()).map_err(failed)?;
                Ok(Found::Link { leads_to: leads_to.into_bytes() })
            }
            FileType::RegularFile => {
                // Not waited for: between the look and the opening it can have become a pipe.
                let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
                let file = fs::openat(folder, name, flags, Mode::empty()).map_err(failed)?;
                read(file, path)
            }
            _ => Ok(Found::Other),
        }
    }

    /// Whether anything is at this path.
    pub(crate) fn is_there(&self, path: &[u8]) -> Result<bool, GitError> {
        let Some((folder, name)) = self.folder_of(path)? else { return Ok(false) };
        match fs::statat(folder.as_ref().unwrap_or(&self.top), name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(error) if is_absence(error) => Ok(false),
            Err(error) => Err(unreadable(path, error)),
        }
    }

    /// Where a path ends; nothing if there is no such folder.
    fn folder_of<'p>(&self, path: &'p [u8]) -> Result<Option<Place<'p>>, GitError> {
        let mut names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        let Some(last) = names.pop() else { return Ok(None) };
        let mut folder: Option<OwnedFd> = None;
        for name in names {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match fs::openat(folder.as_ref().unwrap_or(&self.top), name, flags, Mode::empty()) {
                Ok(found) => folder = Some(found),
                Err(error) if is_absence(error) => return Ok(None),
                Err(error) => return Err(unreadable(path, error)),
            }
        }
        Ok(Some((folder, last)))
    }
}

/// Bytes and mode of one open file.
fn read(file: OwnedFd, path: &[u8]) -> Result<Found, GitError> {
    let stat = fs::fstat(&file).map_err(|error| unreadable(path, error))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Ok(Found::Other);
    }
    let bound = limits::ARTIFACT_BYTES.saturating_add(1);
    let mut bytes = Vec::new();
    let source = File::from(file).take(u64::try_from(bound).unwrap_or(u64::MAX)).read_to_end(&mut bytes);
    source.map_err(|source| GitError::Unreadable { path: shown(path), source })?;
    if bytes.len() > limits::ARTIFACT_BYTES {
        return Err(GitError::TooLarge { path: shown(path) });
    }
    // As git has it: the owner's mode alone counts.
    let executable = Mode::from_raw_mode(stat.st_mode).contains(Mode::XUSR);
    Ok(Found::File { bytes, executable })
}

/// Nothing is there: no such name, or what should be a folder is a file or a link, or the name is too long for one.
fn is_absence(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NAMETOOLONG)
}

fn unreadable(path: &[u8], error: Errno) -> GitError {
    GitError::Unreadable { path: shown(path), source: error.into() }
}
