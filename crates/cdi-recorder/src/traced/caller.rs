//! A thread that waits for its call to be made, and what its words mean: its memory, its folders, its mask.

use std::ffi::OsString;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::PathBuf;

use cdi_sys::{Pid, read_memory};
use rustix::fs::{Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, pidfd_open};

use crate::procfs::Proc;
use crate::text::path_at;

/// The thread. It waits, and nothing of what is its own changes meanwhile; what it shares with other threads may.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub(super) thread: Pid,
    proc: &'static Proc,
}

impl Caller {
    pub(super) const fn new(thread: Pid, proc: &'static Proc) -> Self {
        Self { thread, proc }
    }

    /// A path, copied once.
    pub(super) fn path(&self, address: u64) -> Result<OsString, Errno> {
        path_at(self.thread, address)
    }

    /// Numbers of 64 bits that follow each other.
    pub(super) fn words<const N: usize>(&self, address: u64) -> Result<[u64; N], Errno> {
        let mut bytes = vec![0; N * 8];
        if read_memory(self.thread, address, &mut bytes)? != bytes.len() {
            return Err(Errno::FAULT);
        }
        let mut words = [0; N];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_ne_bytes(*bytes);
        }
        Ok(words)
    }

    /// The folder that a relative path starts from.
    pub(super) fn folder(&self, at: i32) -> Result<OwnedFd, Errno> {
        let link = if at == rustix::fs::CWD.as_raw_fd() { PathBuf::from("cwd") } else { descriptor(at) };
        let opened = self.proc.follow(self.thread, &link, OFlags::PATH);
        opened.map_err(|error| match Errno::from_io_error(&error) {
            Some(Errno::NOENT) if link.starts_with("fd") => Errno::BADF,
            Some(errno) => errno,
            None => Errno::IO,
        })
    }

    /// Opens what one of its descriptors leads to.
    pub(super) fn descriptor(&self, number: i32, flags: OFlags) -> Result<OwnedFd, Errno> {
        let opened = self.proc.follow(self.thread, descriptor(number), flags);
        opened.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }

    /// What the kernel says of what one of its descriptors leads to.
    pub(super) fn stat(&self, number: i32) -> Result<Stat, Errno> {
        let told = self.proc.stat(self.thread, descriptor(number));
        told.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }

    /// Whether it is the first thread of its process, and has its number.
    pub(super) fn is_process(&self) -> bool {
        // Of others there are no such descriptors.
        pidfd_open(self.thread, PidfdFlags::empty()).is_ok()
    }

    /// The process that the thread is of.
    pub(super) fn process(&self) -> Result<i32, Errno> {
        self.status("Tgid:").and_then(|number| number.parse().map_err(|_| Errno::IO))
    }

    /// The permissions that a file that it makes does not get.
    pub(super) fn mask(&self) -> Result<Mode, Errno> {
        let mask = self.status("Umask:")?;
        u32::from_str_radix(&mask, 8).map(Mode::from_bits_truncate).map_err(|_| Errno::IO)
    }

    fn status(&self, name: &str) -> Result<String, Errno> {
        let status = self.proc.read(self.thread, "status").map_err(|_| Errno::SRCH)?;
        let status = String::from_utf8_lossy(&status);
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map(|value| value.trim().to_owned()).ok_or(Errno::IO)
    }
}

fn descriptor(number: i32) -> PathBuf {
    PathBuf::from(format!("fd/{number}"))
}
