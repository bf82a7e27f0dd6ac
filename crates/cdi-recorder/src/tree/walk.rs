//! What is below a folder: files and folders, and nothing else.
//!
//! Each folder is opened from the top on, past no link and no mount, so that all of it is on one file system. Its stamp is
//! asked for before its names are read, and once it is old enough for a later change to show in it.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cdi_types::{LeafError, limits};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, fstat, openat2, statat};
use rustix::io::Errno;

use super::watch::FolderWatch;
use super::{TreeFault, below, shown};
use crate::file::{self, Stamp};
use crate::{FileFault, FileRole, RecordError};

/// From the top on, and on the same mount.
pub(super) const INSIDE: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS)
    .union(ResolveFlags::NO_XDEV);

/// All that is below a folder.
pub(super) struct Found {
    /// The folder itself first.
    pub(super) folders: Vec<(PathBuf, Stamp)>,
    /// In the order of their names' bytes.
    pub(super) files: Vec<Box<[u8]>>,
}

struct Walk<'a> {
    top: &'a OwnedFd,
    role: FileRole,
    typed: &'a str,
    found: Found,
    /// Folders that have been seen and not read.
    ahead: Vec<PathBuf>,
    bytes: usize,
}

/// Finds all that is below a folder. A watch is told of each folder before its names are read.
pub(super) fn all(
    top: &OwnedFd,
    role: FileRole,
    typed: &str,
    mut watch: Option<&mut FolderWatch>,
) -> Result<Found, RecordError> {
    let found = Found { folders: Vec::new(), files: Vec::new() };
    let mut walk = Walk { top, role, typed, found, ahead: vec![PathBuf::new()], bytes: 0 };
    while let Some(folder) = walk.ahead.pop() {
        walk.read(folder, watch.as_deref_mut())?;
    }
    let mut found = walk.found;
    found.files.sort_unstable();
    Ok(found)
}

impl Walk<'_> {
    fn read(&mut self, folder: PathBuf, watch: Option<&mut FolderWatch>) -> Result<(), RecordError> {
        let opened = self.open(&folder)?;
        if let Some(watch) = watch {
            watch.add(&opened).map_err(|fault| self.faulty(&folder, fault))?;
        }
        let stamp = self.steady(&folder, &opened)?;
        let unreadable = |errno: Errno| file::fault(errno.into());
        let entries = Dir::read_from(&opened).map_err(|errno| self.faulty(&folder, unreadable(errno)))?;
        for entry in entries {
            let entry = entry.map_err(|errno| self.faulty(&folder, unreadable(errno)))?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let path = folder.join(OsStr::from_bytes(name));
            let kind = match entry.file_type() {
                FileType::Unknown => self.kind(&opened, name, &path)?,
                kind => kind,
            };
            self.entry(path, kind)?;
        }
        self.found.folders.push((folder, stamp));
        self.within(self.found.folders.len() + self.ahead.len(), limits::TREE_FILES, "folders")
    }

    fn entry(&mut self, path: PathBuf, kind: FileType) -> Result<(), RecordError> {
        let bytes = path.as_os_str().as_bytes();
        let name = || shown(bytes);
        match kind {
            FileType::Directory => self.ahead.push(path),
            FileType::RegularFile => {
                if bytes.contains(&b'\n') {
                    let found = name().escape_debug().to_string();
                    return Err(self.fault(LeafError::LineFeed { found }.into()));
                }
                self.bytes = self.bytes.saturating_add(bytes.len());
                self.within(self.bytes, limits::TREE_NAME_BYTES, "bytes of names")?;
                self.found.files.push(bytes.into());
                self.within(self.found.files.len(), limits::TREE_FILES, "files")?;
            }
            FileType::Symlink => return Err(self.fault(TreeFault::Link { name: name() })),
            _ => return Err(self.fault(TreeFault::Special { name: name() })),
        }
        Ok(())
    }

    fn open(&self, folder: &Path) -> Result<OwnedFd, RecordError> {
        let path = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat2(self.top, path, flags, Mode::empty(), INSIDE).map_err(|errno| match errno {
            Errno::XDEV => self.fault(TreeFault::Mounted { name: folder.display().to_string() }),
            // It was a folder when its name was read.
            Errno::LOOP | Errno::NOTDIR | Errno::NOENT => self.faulty(folder, FileFault::Changed),
            errno => self.faulty(folder, file::fault(errno.into())),
        })
    }

    /// The folder's stamp, once a change from now on would show in it.
    fn steady(&self, folder: &Path, opened: &OwnedFd) -> Result<Stamp, RecordError> {
        let stamp = || {
            let stat = fstat(opened).map_err(|errno| self.faulty(folder, file::fault(errno.into())))?;
            Ok(Stamp::told(&stat))
        };
        let wait = stamp()?.settles_in(SystemTime::now());
        if wait.is_zero() {
            return stamp();
        }
        std::thread::sleep(wait);
        stamp()
    }

    fn kind(&self, folder: &OwnedFd, name: &[u8], path: &Path) -> Result<FileType, RecordError> {
        let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
        let stat = stat.map_err(|errno| self.faulty(path, file::fault(errno.into())))?;
        Ok(FileType::from_raw_mode(stat.st_mode))
    }

    fn within(&self, found: usize, most: usize, of: &'static str) -> Result<(), RecordError> {
        if found <= most { Ok(()) } else { Err(self.fault(TreeFault::TooLarge { most, of })) }
    }

    fn fault(&self, fault: TreeFault) -> RecordError {
        RecordError::tree(self.role, self.typed, fault)
    }

    fn faulty(&self, path: &Path, fault: FileFault) -> RecordError {
        RecordError::file(self.role, below(self.typed, &path.to_string_lossy()), fault)
    }
}
