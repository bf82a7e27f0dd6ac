//! Measuring a file: its digest, and the stamp by which a later change shows.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use cdi_types::Sha256;
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Stat, StatxFlags, StatxTimestamp, fstat, openat,
    openat2, statx,
};
use rustix::io::Errno;

use crate::writers::{self, Watch};
use crate::{FileFault, filesystem};

/// The kernel's ticks last some milliseconds.
const TICK: Duration = Duration::from_millis(50);
/// Some file systems keep whole seconds (ext4 with inodes of 128 bytes), or two (FAT): no nanoseconds in either time.
const WHOLE_SECONDS: Duration = Duration::from_secs(2);

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

    /// As [`Self::of`], from the kernel's own structure.
    pub(crate) fn told(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: stat.st_size.cast_unsigned(),
            modified: (stat.st_mtime, stat.st_mtime_nsec.cast_signed()),
            changed: (stat.st_ctime, stat.st_ctime_nsec.cast_signed()),
        }
    }

    /// Reads what [`Self`] is shown as.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let stamp = Self {
            device: words.next()?.parse().ok()?,
            inode: words.next()?.parse().ok()?,
            size: words.next()?.parse().ok()?,
            modified: (words.next()?.parse().ok()?, words.next()?.parse().ok()?),
            changed: (words.next()?.parse().ok()?, words.next()?.parse().ok()?),
        };
        words.next().is_none().then_some(stamp)
    }

    pub(crate) const fn inode(&self) -> (u64, u64) {
        (self.device, self.inode)
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    pub(crate) const fn device(&self) -> u64 {
        self.device
    }

    pub(crate) const fn is_same_file(&self, other: &Self) -> bool {
        self.device == other.device && self.inode == other.inode
    }

    /// Whether the two differ at most in the time of change: the file was renamed, or it was written to and its time of
    /// modification set back.
    pub(crate) fn is_content_of(&self, then: &Self) -> bool {
        Self { changed: then.changed, ..*self } == *then
    }

    /// Whether the two are of one file of one length. Where a lease tells that nobody has written to it, times do not matter:
    /// the run itself may set them (`touch`).
    pub(crate) const fn is_of_its_length(&self, then: &Self) -> bool {
        self.is_same_file(then) && self.size == then.size
    }

    /// Whether `/proc/PID/maps` means this file by these numbers.
    pub(crate) fn is_inode(&self, device: (u32, u32), inode: u64) -> bool {
        (rustix::fs::major(self.device), rustix::fs::minor(self.device)) == device && self.inode == inode
    }

    /// Whether a change from now on shows in the stamp.
    pub(crate) fn is_settled(&self) -> bool {
        self.settles_in(SystemTime::now()).is_zero()
    }

    /// How long a change would not show in the stamp, since times of files advance in ticks: a second write within one
    /// tick leaves the same time. At most one tick, even if the file's time is ahead of the clock; then it is never zero.
    pub(crate) fn settles_in(&self, now: SystemTime) -> Duration {
        let seconds = u64::try_from(self.changed.0).unwrap_or(0);
        let nanoseconds = u32::try_from(self.changed.1).unwrap_or(0);
        let tick = self.tick();
        SystemTime::UNIX_EPOCH
            .checked_add(Duration::new(seconds, nanoseconds) + tick)
            .map_or(tick, |settled| settled.duration_since(now).unwrap_or_default().min(tick))
    }

    const fn tick(&self) -> Duration {
        match (self.modified.1, self.changed.1) {
            (0, 0) => WHOLE_SECONDS,
            _ => TICK,
        }
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ((modified, of_modified), (changed, of_changed)) = (self.modified, self.changed);
        let (device, inode, size) = (self.device, self.inode, self.size);
        write!(f, "{device} {inode} {size} {modified} {of_modified} {changed} {of_changed}")
    }
}

/// A file's digest, and its stamp while it was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) digest: Sha256,
    pub(crate) stamp: Stamp,
    pub(crate) settled: bool,
}

/// How files are opened: to be read, and without waiting for anybody.
pub(crate) const READ: OFlags =
    OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// Opens a regular file by a name that somebody gave it. Links are followed, but not those of the kernel's, which mean
/// another file to each process.
pub(crate) fn open(path: impl AsRef<Path>) -> Result<File, FileFault> {
    open_with(path.as_ref(), READ)
}

/// When a file was made, where its file system tells. The number of one that is gone is soon another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Born(i64, u32);

impl Born {
    pub(crate) fn of(file: impl AsFd) -> Option<Self> {
        Self::told(statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::BTIME))
    }

    /// Of what has a name now.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        Self::told(statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BTIME))
    }

    fn told(told: rustix::io::Result<rustix::fs::Statx>) -> Option<Self> {
        let told = told.ok().filter(|told| told.stx_mask & StatxFlags::BTIME.bits() != 0)?;
        let StatxTimestamp { tv_sec, tv_nsec, .. } = told.stx_btime;
        Some(Self(tv_sec, tv_nsec))
    }
}

/// As [`open`]; a symbolic link is refused.
pub(crate) fn open_unlinked(path: impl AsRef<Path>) -> Result<File, FileFault> {
    open_with(path.as_ref(), READ | OFlags::NOFOLLOW)
}

fn open_with(path: &Path, flags: OFlags) -> Result<File, FileFault> {
    match openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS) {
        Ok(opened) => regular(opened),
        // The kernel has one error for a link of its own, for too many links, and for one where none is followed.
        Err(Errno::LOOP) if openat(CWD, path, flags | OFlags::PATH, Mode::empty()).is_ok_and(is_no_link) => {
            Err(FileFault::ByDescriptor)
        }
        Err(Errno::LOOP) if !flags.contains(OFlags::NOFOLLOW) => {
            Err(FileFault::Unreadable(Errno::LOOP.into()))
        }
        Err(error) => Err(fault(error.into())),
    }
}

fn is_no_link(opened: OwnedFd) -> bool {
    fstat(opened).is_ok_and(|stat| !FileType::from_raw_mode(stat.st_mode).is_symlink())
}

/// An open file, if it is a regular one, and its bytes are the same to every reader.
pub(crate) fn regular(opened: OwnedFd) -> Result<File, FileFault> {
    let file = File::from(opened);
    let metadata = file.metadata().map_err(fault)?;
    if metadata.is_dir() {
        Err(FileFault::Folder)
    } else if metadata.is_file() {
        filesystem::local(&file)?;
        Ok(file)
    } else {
        Err(FileFault::NotRegular)
    }
}

pub(crate) fn fault(error: io::Error) -> FileFault {
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
    let (digest, size) = cdi_store::digest_of_file(file, before.size).map_err(fault)?;
    let after = Stamp::of(&file.metadata().map_err(fault)?);
    if before == after && size == before.size {
        Ok(Measured { digest, stamp: before, settled })
    } else {
        Err(FileFault::Changed)
    }
}

/// As [`measure`], of a file that the tool is about to use, and that nobody can write to.
pub(crate) fn measure_for_use(file: &File) -> Result<Measured, FileFault> {
    let (stamp, _) = steady(file)?;
    let measured = measure(file)?;
    if measured.stamp == stamp { Ok(measured) } else { Err(FileFault::Changed) }
}

/// As [`measure`], of a file that the tool is about to use, with what tells of a write from now on.
pub(crate) fn measure_watched(
    file: &File,
    measure: impl FnOnce(Watch) -> Result<Measured, FileFault>,
) -> Result<(Measured, Watch), FileFault> {
    // Times are asked for before writers are excluded, and afterwards: a store between shows in them, one before does not
    // matter.
    let (stamp, settled) = steady(file)?;
    let watch = writers::excluded(file)?;
    let measured = measure(watch)?;
    if measured.stamp != stamp {
        return Err(FileFault::Changed);
    }
    Ok((Measured { settled: settled && measured.settled, ..measured }, watch))
}

/// The stamp of a file, and whether each change from now on shows in it. Where its times are whole seconds they are waited
/// for: within one of them bytes could be replaced and put back while the tool reads, and hashing again would not tell.
pub(crate) fn steady(file: &File) -> Result<(Stamp, bool), FileFault> {
    let stamp = Stamp::of(&file.metadata().map_err(fault)?);
    if stamp.tick() == WHOLE_SECONDS {
        std::thread::sleep(stamp.settles_in(SystemTime::now()));
    }
    Ok((stamp, stamp.is_settled()))
}

/// Whether a file is what it was when it was measured.
pub(crate) fn unchanged(path: impl AsRef<Path>, then: &Measured) -> Result<(), FileFault> {
    let file = open(path)?;
    let stamp = Stamp::of(&file.metadata().map_err(fault)?);
    let same = stamp == then.stamp && (then.settled || measure(&file)?.digest == then.digest);
    if same { Ok(()) } else { Err(FileFault::Changed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settles_after(nanoseconds: i64, age: Duration) -> Duration {
        let times = (100, nanoseconds);
        let stamp = Stamp { device: 1, inode: 1, size: 1, modified: times, changed: times };
        let changed = Duration::new(100, u32::try_from(nanoseconds).unwrap());
        stamp.settles_in(SystemTime::UNIX_EPOCH + changed + age)
    }

    #[test]
    fn a_fine_time_settles_after_a_tick_of_the_kernel() {
        assert_eq!(settles_after(7, Duration::from_millis(10)), Duration::from_millis(40));
        assert_eq!(settles_after(7, Duration::from_millis(50)), Duration::ZERO);
    }

    #[test]
    fn a_time_in_whole_seconds_settles_after_two_of_them() {
        assert_eq!(settles_after(0, Duration::from_millis(1500)), Duration::from_millis(500));
        assert_eq!(settles_after(0, Duration::from_secs(2)), Duration::ZERO);
    }

    #[test]
    fn a_time_ahead_of_the_clock_is_waited_for_no_longer_than_a_tick() {
        let stamp = Stamp { device: 1, inode: 1, size: 1, modified: (900, 0), changed: (900, 0) };
        assert_eq!(stamp.settles_in(SystemTime::UNIX_EPOCH), Duration::from_secs(2));
    }
}
