//! What another process calls a file, as this one finds it.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use cdi_sys::Pid;
use rustix::fs::{AtFlags, Mode, OFlags, Stat, openat, statat};

use crate::FileFault;
use crate::file;
use crate::links::Way;
use crate::procfs::Proc;

/// A link of the process in `/proc`, such as `root`, `cwd` or `fd/3`, and the path from there on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Called {
    link: PathBuf,
    tail: PathBuf,
}

impl Called {
    pub(super) fn by_process(path: &Path) -> Self {
        let linked = |words: PathBuf, depth| Self {
            link: words.iter().take(depth).collect(),
            tail: words.iter().skip(depth).collect(),
        };
        for own in ["/proc/self", "/proc/thread-self"] {
            if let Ok(rest) = path.strip_prefix(own) {
                return linked(rest.to_owned(), if rest.starts_with("fd") { 2 } else { 1 });
            }
        }
        match (path.strip_prefix("/dev/fd"), path.strip_prefix("/")) {
            (Ok(rest), _) => linked(Path::new("fd").join(rest), 2),
            (_, Ok(rest)) => Self { link: "root".into(), tail: rest.to_owned() },
            (_, Err(_)) => Self { link: "cwd".into(), tail: path.to_owned() },
        }
    }

    /// Opens it.
    pub(super) fn open(&self, pid: Pid) -> Result<File, FileFault> {
        let proc = Proc::of_the_kernel().map_err(file::fault)?;
        if self.is_link() {
            return file::regular(proc.follow(pid, &self.link, file::READ).map_err(file::fault)?);
        }
        let opened = openat(self.folder(pid)?, &self.tail, file::READ, Mode::empty());
        file::regular(opened.map_err(|error| file::fault(error.into()))?)
    }

    /// What it is, without opening it.
    pub(super) fn stat(&self, pid: Pid) -> Result<Stat, FileFault> {
        if self.is_link() {
            let told = Proc::of_the_kernel().and_then(|proc| proc.stat(pid, &self.link));
            return told.map_err(file::fault);
        }
        statat(self.folder(pid)?, &self.tail, AtFlags::empty()).map_err(|error| file::fault(error.into()))
    }

    fn folder(&self, pid: Pid) -> Result<OwnedFd, FileFault> {
        let opened = Proc::of_the_kernel()
            .and_then(|proc| proc.follow(pid, &self.link, OFlags::PATH | OFlags::DIRECTORY));
        opened.map_err(file::fault)
    }

    /// The name by which this process finds the same file after the other one has gone; none for a descriptor.
    pub(super) fn way(&self, pid: Pid) -> Result<Option<Way>, FileFault> {
        if self.is_link() {
            return Ok(None);
        }
        let base = Proc::of_the_kernel().and_then(|proc| proc.link(pid, &self.link)).map_err(file::fault)?;
        Way::of(base.join(&self.tail)).map(Some)
    }

    fn is_link(&self) -> bool {
        self.tail.as_os_str().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_means_by_itself_is_not_what_this_one_means() {
        for (path, link, tail) in [
            ("/usr/bin/a", "root", "usr/bin/a"),
            ("b/a", "cwd", "b/a"),
            ("/proc/self/exe", "exe", ""),
            ("/proc/self/fd/3/a", "fd/3", "a"),
            ("/proc/thread-self/cwd/a", "cwd", "a"),
            ("/dev/fd/7", "fd/7", ""),
        ] {
            let called = Called { link: link.into(), tail: tail.into() };
            assert_eq!(Called::by_process(path.as_ref()), called, "{path}");
        }
    }
}
