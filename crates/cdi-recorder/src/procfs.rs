//! What the kernel says of processes (proc(5)), from its own mouth.
//!
//! Whoever may mount, if only in a namespace of its own, can put any folder in the place of `/proc`, or a file over one in
//! it. So `/proc` is opened once, shown to be the root of the kernel's file system for the process namespace that this
//! process lives in, and everything in it is reached from there without crossing a mount. What does not follow: that the
//! files that its links lead to are of any kind.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cdi_sys::Pid;
use rustix::buffer::spare_capacity;
use rustix::fs::{
    AtFlags, CWD, Dir, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, Stat, fstat, fstatfs, openat, openat2,
    readlinkat, statat,
};
use rustix::io::retry_on_intr;

/// The inode of the root of every procfs (`PROC_ROOT_INO` of the kernel), and of nothing else in one.
const ROOT: u64 = 1;
/// Nothing in procfs is reached past a mount, or past a link that leads out of it.
const INSIDE: ResolveFlags = ResolveFlags::NO_XDEV.union(ResolveFlags::NO_MAGICLINKS);
/// Most files of a process are shorter.
const PIECE: usize = 4096;

/// The kernel's `/proc`.
#[derive(Debug)]
pub(crate) struct Proc {
    root: OwnedFd,
}

static PROC: OnceLock<Proc> = OnceLock::new();

impl Proc {
    /// What stands at `/proc`, if it is the kernel's.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of_the_kernel() -> io::Result<&'static Self> {
        if let Some(known) = PROC.get() {
            return Ok(known);
        }
        let opened = Self::open(Path::new("/proc"))?;
        Ok(PROC.get_or_init(|| opened))
    }

    fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let root = openat(CWD, path, flags, Mode::empty())?;
        if fstatfs(&root)?.f_type != PROC_SUPER_MAGIC || fstat(&root)?.st_ino != ROOT {
            return Err(io::Error::other("something else stands in the place of procfs"));
        }
        let proc = Self { root };
        match proc.numbers_of_self()?.as_slice() {
            [number] if *number == rustix::process::getpid().as_raw_nonzero().get() => Ok(proc),
            _ => Err(io::Error::other("it is of another process namespace")),
        }
    }

    /// The numbers of this process in the namespace that the procfs is of, and in all below that one it is also in.
    fn numbers_of_self(&self) -> io::Result<Vec<i32>> {
        let mut status = String::new();
        File::from(self.inside("self/status".as_ref(), OFlags::RDONLY)?).read_to_string(&mut status)?;
        let words = |name| status.lines().find_map(|line| line.strip_prefix(name));
        // A kernel without namespaces does not tell of them.
        let numbers = words("NSpid:").or_else(|| words("Pid:")).unwrap_or_default();
        Ok(numbers.split_ascii_whitespace().filter_map(|number| number.parse().ok()).collect())
    }

    /// A file of a process that is procfs's own.
    pub(crate) fn file(&self, pid: Pid, name: &str) -> io::Result<File> {
        self.inside(&of(pid, name.as_ref()), OFlags::RDONLY).map(File::from)
    }

    /// The whole of such a file. Its size, which [`io::Read::read_to_end`] would ask for, is told as none.
    pub(crate) fn read(&self, pid: Pid, name: &str) -> io::Result<Vec<u8>> {
        let file = self.file(pid, name)?;
        let mut bytes = Vec::with_capacity(PIECE);
        while retry_on_intr(|| rustix::io::read(&file, spare_capacity(&mut bytes)))? > 0 {
            bytes.reserve(PIECE);
        }
        Ok(bytes)
    }

    /// The descriptors of a process.
    pub(crate) fn descriptors(&self, pid: Pid) -> io::Result<Vec<i32>> {
        let folder = self.inside(&of(pid, "fd".as_ref()), OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut numbers = Vec::new();
        for entry in Dir::read_from(folder)? {
            // Beside numbers there are only the two names of folders.
            numbers.extend(entry?.file_name().to_str().ok().and_then(|name| name.parse::<i32>().ok()));
        }
        Ok(numbers)
    }

    /// Where a link of a process leads to, in words.
    pub(crate) fn link(&self, pid: Pid, name: impl AsRef<Path>) -> io::Result<PathBuf> {
        let link = self.inside(&of(pid, name.as_ref()), OFlags::PATH | OFlags::NOFOLLOW)?;
        let target = readlinkat(&link, "", Vec::new())?;
        Ok(PathBuf::from(std::ffi::OsString::from_vec(target.into_bytes())))
    }

    /// Opens what a link of a process leads to, wherever that is.
    pub(crate) fn follow(&self, pid: Pid, name: impl AsRef<Path>, flags: OFlags) -> io::Result<OwnedFd> {
        let path = of(pid, name.as_ref());
        // It is the kernel's own link, and nothing is mounted over it.
        self.inside(&path, OFlags::PATH | OFlags::NOFOLLOW)?;
        Ok(openat(&self.root, &path, flags | OFlags::CLOEXEC, Mode::empty())?)
    }

    /// What the kernel says of the file that a link of a process leads to.
    pub(crate) fn stat(&self, pid: Pid, name: impl AsRef<Path>) -> io::Result<Stat> {
        let path = of(pid, name.as_ref());
        self.inside(&path, OFlags::PATH | OFlags::NOFOLLOW)?;
        Ok(statat(&self.root, &path, AtFlags::empty())?)
    }

    /// Opens once more what this process has open. That the same file is opened is for the caller to see: a link of this
    /// process's own is not looked at first.
    pub(crate) fn reopen(&self, file: impl AsFd, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        openat(&self.root, own_descriptor(file), flags | OFlags::CLOEXEC, Mode::empty())
    }

    /// The path by which the kernel knows what this process has open.
    pub(crate) fn path_of(&self, file: impl AsFd) -> rustix::io::Result<PathBuf> {
        let target = readlinkat(&self.root, own_descriptor(file), Vec::new())?;
        Ok(PathBuf::from(std::ffi::OsString::from_vec(target.into_bytes())))
    }

    /// The link of this process to what it has open, from the root of the file system on, for calls that take a name.
    pub(crate) fn name_of(&self, file: impl AsFd) -> (BorrowedFd<'_>, PathBuf) {
        (self.root.as_fd(), own_descriptor(file))
    }

    fn inside(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        Ok(openat2(&self.root, path, flags | OFlags::CLOEXEC, Mode::empty(), INSIDE)?)
    }
}

fn own_descriptor(file: impl AsFd) -> PathBuf {
    Path::new("self/fd").join(file.as_fd().as_raw_fd().to_string())
}

fn of(pid: Pid, name: &Path) -> PathBuf {
    Path::new(&pid.as_raw_nonzero().to_string()).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_own_is_found() {
        let own = rustix::process::getpid();
        let proc = Proc::of_the_kernel().unwrap();
        assert_eq!(proc.link(own, "exe").unwrap(), std::env::current_exe().unwrap());
        assert!(!proc.read(own, "maps").unwrap().is_empty());
        assert!(proc.follow(own, "exe", OFlags::RDONLY).is_ok());
    }

    #[test]
    fn what_is_no_root_of_procfs_is_rejected() {
        for other in ["/", "/proc/self", "/proc/1", "/sys"] {
            assert!(Proc::open(other.as_ref()).is_err(), "{other}");
        }
    }
}
