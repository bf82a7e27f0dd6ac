//! The symbolic links on the way to a file, by which its name can come to mean another file for a while.
//!
//! A link cannot be written to: whoever turns it puts another one in its place, and that shows in its stamp. What does
//! not show is a folder that is renamed away and back again, so that its files are read elsewhere meanwhile.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

use crate::file::{Stamp, fault};
use crate::{FileFault, filesystem};

/// The kernel follows so many (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// The links that the kernel follows on the way to a file, each with its stamp, in the order in which it meets them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Links(Vec<(PathBuf, Stamp)>);

impl Links {
    /// Follows a path. On `Ok` all that stands on it is on local file systems: elsewhere folders and links may be others
    /// to each process. That there is a file at its end does not follow.
    pub(crate) fn on(path: &Path) -> Result<Self, FileFault> {
        let mut devices = Vec::new();
        let mut links = Vec::new();
        let mut at = PathBuf::new();
        let mut ahead: Vec<OsString> = Vec::new();
        walk(&mut ahead, path);
        while let Some(name) = ahead.pop() {
            // An absolute name replaces what is there; `..` is the kernel's to read: no link is left in `at`.
            at.push(&name);
            let metadata = at.symlink_metadata().map_err(fault)?;
            let stamp = Stamp::of(&metadata);
            if !devices.contains(&stamp.device()) {
                local(&at)?;
                devices.push(stamp.device());
            }
            if metadata.is_symlink() {
                if links.len() == MAX_LINKS {
                    return Err(fault(Errno::LOOP.into()));
                }
                let target = at.read_link().map_err(fault)?;
                links.push((at.clone(), stamp));
                at.pop();
                walk(&mut ahead, &target);
            }
        }
        settle(&links);
        Ok(Self(links))
    }
}

/// A name by which a file is opened more than once, so that it must lead to the same file all along.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Way {
    path: PathBuf,
    links: Links,
}

impl Way {
    pub(crate) fn of(path: PathBuf) -> Result<Self, FileFault> {
        Ok(Self { links: Links::on(&path)?, path })
    }

    /// Whether it leads to the file with this stamp, past the same links as at first.
    pub(crate) fn leads_to(&self, file: &Stamp) -> bool {
        self.path.metadata().is_ok_and(|metadata| Stamp::of(&metadata) == *file)
            && Links::on(&self.path).is_ok_and(|links| links == self.links)
    }
}

/// Holds if a file, folder or link, itself, is on a local file system.
fn local(path: &Path) -> Result<(), FileFault> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    filesystem::local(openat(CWD, path, flags, Mode::empty()).map_err(|error| fault(error.into()))?)
}

fn walk(ahead: &mut Vec<OsString>, path: &Path) {
    ahead.extend(path.components().rev().map(|component| component.as_os_str().to_owned()));
}

/// A link that was made just now could be replaced without a trace: that is waited for.
fn settle(links: &[(PathBuf, Stamp)]) {
    let now = SystemTime::now();
    let longest = links.iter().map(|(_, stamp)| stamp.settles_in(now)).max();
    std::thread::sleep(longest.unwrap_or_default());
}
