//! Measuring a file: its digest, and the stamp by which a later change shows.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use cdi_types::Sha256;
use rustix::fs::OFlags;
use sha2::Digest as _;

use crate::FileFault;

/// What a file system says of a file's identity and state. Whoever writes to a file or renames it changes its `ctime`,
/// which no program can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    pub(crate) const fn is_same_file(&self, other: &Self) -> bool {
        self.device == other.device && self.inode == other.inode
    }

    /// Whether the two differ at most in the time of change: the file was renamed, or it was written to and its time of
    /// modification set back.
    pub(crate) fn is_content_of(&self, then: &Self) -> bool {
        Self { changed: then.changed, ..*self } == *then
    }

    /// Whether `/proc/PID/maps` means this file by these numbers.
    pub(crate) fn is_inode(&self, device: (u32, u32), inode: u64) -> bool {
        (rustix::fs::major(self.device), rustix::fs::minor(self.device)) == device && self.inode == inode
    }

    /// Whether a change from now on shows in the stamp. Times of files advance in ticks of some milliseconds, so that
    /// a second write within one tick would not show.
    pub(crate) fn is_settled(&self) -> bool {
        const TICKS: Duration = Duration::from_millis(50);
        let seconds = u64::try_from(self.changed.0).unwrap_or(0);
        let nanoseconds = u32::try_from(self.changed.1).unwrap_or(0);
        SystemTime::UNIX_EPOCH
            .checked_add(Duration::new(seconds, nanoseconds) + TICKS)
            .is_some_and(|settled| settled < SystemTime::now())
    }
}

/// A file's digest, and its stamp while it was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) digest: Sha256,
    pub(crate) stamp: Stamp,
    pub(crate) settled: bool,
}

/// Opens a regular file without waiting for anybody. Links are followed.
pub(crate) fn open(path: impl AsRef<Path>) -> Result<File, FileFault> {
    open_with(path.as_ref(), OFlags::NONBLOCK | OFlags::NOCTTY)
}

/// As [`open`]; a symbolic link is refused.
pub(crate) fn open_unlinked(path: impl AsRef<Path>) -> Result<File, FileFault> {
    open_with(path.as_ref(), OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW)
}

fn open_with(path: &Path, flags: OFlags) -> Result<File, FileFault> {
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file = file.map_err(fault)?;
    let metadata = file.metadata().map_err(fault)?;
    if metadata.is_dir() {
        Err(FileFault::Folder)
    } else if metadata.is_file() {
        Ok(file)
    } else {
        Err(FileFault::NotRegular)
    }
}

pub(crate) fn fault(error: io::Error) -> FileFault {
    use rustix::io::Errno;
    match Errno::from_io_error(&error) {
        Some(Errno::NOENT | Errno::NOTDIR) => FileFault::Missing,
        // A link where none is followed; a socket.
        Some(Errno::LOOP | Errno::NXIO) => FileFault::NotRegular,
        _ => FileFault::Unreadable(error),
    }
}

/// Reads an open file once, from its first byte. On `Ok` it did not change while it was read.
pub(crate) fn measure(file: &File) -> Result<Measured, FileFault> {
    let before = Stamp::of(&file.metadata().map_err(fault)?);
    let settled = before.is_settled();
    let digest = digest(file).map_err(fault)?;
    let after = Stamp::of(&file.metadata().map_err(fault)?);
    if before == after { Ok(Measured { digest, stamp: before, settled }) } else { Err(FileFault::Changed) }
}

fn digest(file: &File) -> io::Result<Sha256> {
    let mut hasher = sha2::Sha256::new();
    // Larger ones gain nothing beyond this.
    let mut buffer = vec![0_u8; 128 << 10];
    let mut at = 0_u64;
    loop {
        // The descriptor's own position plays no part: it may be read again, or go to a tool.
        match file.read_at(&mut buffer, at) {
            Ok(0) => return Ok(Sha256::from_bytes(hasher.finalize().into())),
            Ok(read) => {
                hasher.update(buffer.get(..read).unwrap_or_default());
                at = at.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether a file is what it was when it was measured.
pub(crate) fn unchanged(path: impl AsRef<Path>, then: &Measured) -> Result<(), FileFault> {
    let file = open(path)?;
    let stamp = Stamp::of(&file.metadata().map_err(fault)?);
    let same = stamp == then.stamp && (then.settled || measure(&file)?.digest == then.digest);
    if same { Ok(()) } else { Err(FileFault::Changed) }
}
