//! Which file a caller means by a path, as the caller would find it.
//!
//! This process and the caller have one root and one set of mounts, so that a path leads both to the same file, but for
//! procfs: `/proc/self` and the kernel's own links (`/dev/stdin` leads through one) mean another file to each process. So
//! a path is resolved without them at first. If that fails, or ends in procfs, it is walked step by step, and each step
//! means what it means to the caller.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, Stat, StatxFlags, fstat, fstatfs,
    openat, openat2, readlinkat, statat, statx,
};
use rustix::io::Errno;

use super::caller::Caller;
use crate::procfs::Proc;

/// The kernel follows so many (path_resolution(7)).
const MAX_LINKS: usize = 40;
/// The type of procfs.
pub(super) const PROC: u32 = PROC_SUPER_MAGIC as u32;
/// The inode of the root of every procfs.
const PROC_ROOT: u64 = 1;

const WITHOUT_LINKS_OF_THE_KERNEL: ResolveFlags = ResolveFlags::NO_MAGICLINKS;
const ON_ONE_MOUNT: ResolveFlags = WITHOUT_LINKS_OF_THE_KERNEL.union(ResolveFlags::NO_XDEV);

/// What becomes of a symbolic link at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// It is followed.
    Follow,
    /// It is the file that is meant.
    Keep,
}

/// A file that was found, open without any right to its bytes.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) file: OwnedFd,
    pub(super) stat: Stat,
    /// Whether its name means the same file to everybody.
    pub(super) plain: bool,
}

impl Found {
    pub(super) fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.stat.st_mode)
    }
}

/// Where a path starts, and how it is followed.
#[derive(Debug)]
pub(super) struct Base {
    folder: Option<Arc<OwnedFd>>,
    /// As openat2(2) was asked to.
    how: ResolveFlags,
}

impl Base {
    /// Where a path starts that a caller gives from a folder on, which is opened only if it matters.
    pub(super) fn of(
        path: &OsStr,
        how: ResolveFlags,
        folder: impl FnOnce() -> Result<Arc<OwnedFd>, Errno>,
    ) -> Result<Self, Errno> {
        let from_root = path.as_bytes().starts_with(b"/") && !how.contains(ResolveFlags::IN_ROOT);
        let folder = if from_root { None } else { Some(folder()?) };
        Ok(Self { folder, how })
    }

    /// Where the text of a link starts that is in a folder.
    pub(super) fn of_link(folder: OwnedFd, text: &OsStr) -> Self {
        let from_root = text.as_bytes().starts_with(b"/");
        Self { folder: (!from_root).then(|| Arc::new(folder)), how: ResolveFlags::empty() }
    }

    /// The folder that a relative path starts from.
    pub(super) fn relative(&self) -> Option<&OwnedFd> {
        self.folder.as_deref()
    }

    fn as_fd(&self) -> BorrowedFd<'_> {
        self.folder.as_ref().map_or(CWD, |folder| folder.as_fd())
    }
}

/// A name in a folder, of a file that may not be there yet.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) folder: OwnedFd,
    pub(super) name: OsString,
}

/// What is known of file systems.
#[derive(Debug)]
pub(super) struct Resolver {
    proc: &'static Proc,
    /// The device of the procfs that this process sees, and where that is mounted.
    own: u64,
    mount: u64,
    /// The type of each file system, by its device.
    types: RefCell<HashMap<u64, u32>>,
}

impl Resolver {
    pub(super) fn new(proc: &'static Proc) -> Result<Self, Errno> {
        let (root, _) = proc.name_of(CWD);
        Ok(Self { proc, own: fstat(root)?.st_dev, mount: mount_of(root)?, types: RefCell::default() })
    }

    /// Whether a file of a procfs is of the one that this process sees, under the name that it has there. Others can have
    /// parts of it, or another one, elsewhere.
    pub(super) fn is_on_own_proc(&self, found: &Found) -> Result<bool, Errno> {
        Ok(found.stat.st_dev == self.own && mount_of(found.file.as_fd())? == self.mount)
    }

    /// The file that a path leads to.
    pub(super) fn find(
        &self,
        caller: &Caller,
        base: &Base,
        path: &OsStr,
        last: Last,
    ) -> Result<Found, Errno> {
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        if !base.how.is_empty() {
            return self.find_as_asked(base, path, last);
        }
        let flags = match last {
            Last::Follow => OFlags::PATH | OFlags::CLOEXEC,
            Last::Keep => OFlags::PATH | OFlags::CLOEXEC | OFlags::NOFOLLOW,
        };
        let open = |how| openat2(base.as_fd(), path, flags, Mode::empty(), how);
        match open(ON_ONE_MOUNT) {
            Ok(file) => self.plain(file)?.map_or_else(|| self.walk(caller, base, path, last), Ok),
            Err(Errno::XDEV) => match open(WITHOUT_LINKS_OF_THE_KERNEL).ok().map(|file| self.plain(file)) {
                Some(Ok(Some(found))) => Ok(found),
                _ => self.walk(caller, base, path, last),
            },
            Err(Errno::LOOP) => self.walk(caller, base, path, last),
            Err(errno) => match base.relative() {
                Some(folder) if self.may_be_proc(folder) => self.walk(caller, base, path, last),
                _ => Err(errno),
            },
        }
    }

    /// Opens a path in one step, if it leads to a file outside of procfs without leaving the mount that it starts on; `None`
    /// if that does not show so.
    pub(super) fn open_at_once(
        &self,
        base: &Base,
        path: &OsStr,
        flags: OFlags,
    ) -> Option<Result<Found, Errno>> {
        if path.is_empty() || !base.how.is_empty() {
            return None;
        }
        match openat2(base.as_fd(), path, flags | OFlags::CLOEXEC, Mode::empty(), ON_ONE_MOUNT) {
            Ok(file) => self.plain(file).transpose(),
            Err(Errno::XDEV | Errno::LOOP | Errno::AGAIN) => None,
            Err(errno) => match base.relative() {
                Some(folder) if self.may_be_proc(folder) => None,
                _ => Some(Err(errno)),
            },
        }
    }

    fn may_be_proc(&self, folder: &OwnedFd) -> bool {
        fstat(folder).and_then(|stat| self.is_proc(folder, stat.st_dev)).unwrap_or(true)
    }

    /// As [`Self::find`], the way that openat2(2) was asked to.
    fn find_as_asked(&self, base: &Base, path: &OsStr, last: Last) -> Result<Found, Errno> {
        let mut flags = OFlags::PATH | OFlags::CLOEXEC;
        flags.set(OFlags::NOFOLLOW, last == Last::Keep);
        let file = openat2(base.as_fd(), path, flags, Mode::empty(), base.how | WITHOUT_LINKS_OF_THE_KERNEL)?;
        // What is in procfs cannot be told apart from the caller's there.
        self.plain(file)?.ok_or(Errno::LOOP)
    }

    /// The folder that a path's last name is in, and that name, with a slash behind it if there was one.
    pub(super) fn place(&self, caller: &Caller, base: &Base, path: &OsStr) -> Result<Place, Errno> {
        let (folder, name) = split(path);
        if name.is_empty() && folder.is_empty() {
            return Err(Errno::NOENT);
        }
        let folder = match folder {
            b"" => OsStr::new("."),
            some => OsStr::from_bytes(some),
        };
        let found = self.find(caller, base, folder, Last::Follow)?;
        let name = if name.is_empty() { b"." } else { name };
        Ok(Place { folder: found.file, name: OsString::from_vec(name.to_vec()) })
    }

    /// A file with what the kernel says of it; none if it is in procfs.
    fn plain(&self, file: OwnedFd) -> Result<Option<Found>, Errno> {
        let stat = fstat(&file)?;
        let in_proc = self.is_proc(&file, stat.st_dev)?;
        Ok((!in_proc).then_some(Found { file, stat, plain: true }))
    }

    fn is_proc(&self, file: &OwnedFd, device: u64) -> Result<bool, Errno> {
        Ok(self.file_system(file, device)? == PROC)
    }

    /// The type of the file system that a file is on.
    pub(super) fn file_system(&self, file: &OwnedFd, device: u64) -> Result<u32, Errno> {
        if let Some(&known) = self.types.borrow().get(&device) {
            return Ok(known);
        }
        let told = fstatfs(file)?.f_type as u32;
        self.types.borrow_mut().insert(device, told);
        Ok(told)
    }

    fn walk(&self, caller: &Caller, base: &Base, path: &OsStr, last: Last) -> Result<Found, Errno> {
        let mut at = match base.relative() {
            Some(folder) => folder.try_clone().map_err(|_| Errno::MFILE)?,
            None => open(CWD, OsStr::new("/"))?,
        };
        let mut ahead = Vec::new();
        push(&mut ahead, path);
        let (mut links, mut plain) = (0, true);
        while let Some(name) = ahead.pop() {
            if name == "/" {
                at = open(CWD, &name)?;
                continue;
            }
            let step = open(at.as_fd(), &name)?;
            let stat = fstat(&step)?;
            let in_proc = self.is_proc(&step, stat.st_dev)?;
            plain &= !in_proc;
            if in_proc && self.is_ours(&at, &name)? {
                return Err(Errno::ACCESS);
            }
            let is_link = FileType::from_raw_mode(stat.st_mode).is_symlink();
            if !is_link || (ahead.is_empty() && last == Last::Keep && !path.as_bytes().ends_with(b"/")) {
                at = step;
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                return Err(Errno::LOOP);
            }
            let target = if in_proc {
                self.link_of_proc(caller, &at, &name, stat.st_dev)?
            } else {
                Step::text(&step)?
            };
            match target {
                Step::Text(target) => push(&mut ahead, &target),
                Step::Leads(file) => at = file,
            }
        }
        let stat = fstat(&at)?;
        let is_folder = FileType::from_raw_mode(stat.st_mode).is_dir();
        if path.as_bytes().ends_with(b"/") && !is_folder {
            return Err(Errno::NOTDIR);
        }
        Ok(Found { file: at, stat, plain })
    }

    /// Whether a name in the root of procfs is this process itself: what it has open and in memory is none of a tool's.
    fn is_ours(&self, at: &OwnedFd, name: &OsStr) -> Result<bool, Errno> {
        if !name.as_bytes().first().is_some_and(u8::is_ascii_digit) || fstat(at)?.st_ino != PROC_ROOT {
            return Ok(false);
        }
        // Its threads have names there too.
        let (root, _) = self.proc.name_of(CWD);
        Ok(statat(root, Path::new("self/task").join(name), AtFlags::SYMLINK_NOFOLLOW).is_ok())
    }

    /// Where a link of procfs leads the caller.
    fn link_of_proc(&self, caller: &Caller, at: &OwnedFd, name: &OsStr, device: u64) -> Result<Step, Errno> {
        if device != self.own {
            // Another procfs may be of another process namespace, where the caller has another number.
            return Err(Errno::ACCESS);
        }
        if fstat(at)?.st_ino == PROC_ROOT {
            let thread = caller.thread.as_raw_nonzero();
            match name.as_bytes() {
                b"self" => return Ok(Step::Text(caller.process()?.to_string().into())),
                b"thread-self" => {
                    return Ok(Step::Text(format!("{}/task/{thread}", caller.process()?).into()));
                }
                _ => {}
            }
        }
        let (path, keep) = (OFlags::PATH | OFlags::CLOEXEC, OFlags::NOFOLLOW);
        match openat2(at, name, path, Mode::empty(), WITHOUT_LINKS_OF_THE_KERNEL) {
            Err(Errno::LOOP) => Ok(Step::Leads(openat(at, name, path, Mode::empty())?)),
            _ => Step::text(&openat(at, name, path | keep, Mode::empty())?),
        }
    }

    pub(super) const fn proc(&self) -> &'static Proc {
        self.proc
    }
}

/// The number of the mount that a file was found on.
fn mount_of(file: BorrowedFd<'_>) -> Result<u64, Errno> {
    let told = statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)?;
    if told.stx_mask & StatxFlags::MNT_ID.bits() == 0 { Err(Errno::ACCESS) } else { Ok(told.stx_mnt_id) }
}

enum Step {
    Text(OsString),
    Leads(OwnedFd),
}

impl Step {
    fn text(link: &OwnedFd) -> Result<Self, Errno> {
        Ok(Self::Text(OsString::from_vec(readlinkat(link, "", Vec::new())?.into_bytes())))
    }
}

fn open(at: BorrowedFd<'_>, name: &OsStr) -> Result<OwnedFd, Errno> {
    openat(at, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// Puts the names of a path on top of those that are still ahead, the first one last.
fn push(ahead: &mut Vec<OsString>, path: &OsStr) {
    ahead.extend(Path::new(path).components().rev().map(|component| component.as_os_str().to_owned()));
}

/// A path without its last name, and that name with the slashes behind it.
fn split(path: &OsStr) -> (&[u8], &[u8]) {
    let bytes = path.as_bytes();
    let end = bytes.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    let start =
        bytes.get(..end).unwrap_or_default().iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
    match end {
        // Nothing but slashes.
        0 => (bytes, b""),
        _ => (bytes.get(..start).unwrap_or_default(), bytes.get(start..).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_folder_and_a_name() {
        for (path, folder, name) in [
            ("a", "", "a"),
            ("a/b", "a/", "b"),
            ("/a", "/", "a"),
            ("a/b/", "a/", "b/"),
            ("a//b//", "a//", "b//"),
            ("/", "/", ""),
            ("..", "", ".."),
        ] {
            let (found, last) = split(path.as_ref());
            assert_eq!((found, last), (folder.as_bytes(), name.as_bytes()), "{path}");
        }
    }
}
