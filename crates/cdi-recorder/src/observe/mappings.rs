//! What files a process has in its memory (proc_pid_maps(5)).

use std::fs::File;
use std::io;

use cdi_sys::Pid;

use super::called::Called;
use crate::FileFault;
use crate::file::{self, Stamp};
use crate::procfs::Proc;

/// One line of `/proc/PID/maps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mapping {
    process: Pid,
    start: u64,
    end: u64,
    executable: bool,
    device: (u32, u32),
    inode: u64,
    pub(crate) path: String,
}

/// The mappings of a stopped process.
pub(crate) fn of(pid: Pid) -> io::Result<Vec<Mapping>> {
    read(pid)
}

/// The mappings of this process.
pub(crate) fn of_self() -> io::Result<Vec<Mapping>> {
    read(rustix::process::getpid())
}

fn read(process: Pid) -> io::Result<Vec<Mapping>> {
    // A path in it may be in any encoding; only what is shown suffers.
    let text = Proc::of_the_kernel()?.read(process, "maps")?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().map(|line| {
        Mapping::parse(process, line)
            .ok_or_else(|| io::Error::other(format!("the kernel's `{line}` is not understood")))
    });
    lines.collect()
}

impl Mapping {
    /// `559c...000-559c...000 r-xp 00002000 08:01 1835021    /usr/bin/true`
    fn parse(process: Pid, line: &str) -> Option<Self> {
        let mut fields = line.splitn(6, ' ');
        let (range, permissions, _offset) = (fields.next()?, fields.next()?, fields.next()?);
        let (device, inode) = (fields.next()?, fields.next()?);
        let path = fields.next().unwrap_or_default().trim_start_matches(' ').to_owned();
        let (start, end) = range.split_once('-')?;
        let (major, minor) = device.split_once(':')?;
        let hex = |digits| u64::from_str_radix(digits, 16).ok();
        let device = (u32::try_from(hex(major)?).ok()?, u32::try_from(hex(minor)?).ok()?);
        Some(Self {
            process,
            start: hex(start)?,
            end: hex(end)?,
            executable: permissions.contains('x'),
            device,
            inode: inode.parse().ok()?,
            path,
        })
    }

    /// Whether there is a file behind it: all others have no inode.
    pub(crate) const fn is_file(&self) -> bool {
        self.inode != 0
    }

    pub(crate) const fn is_executable_file(&self) -> bool {
        self.executable && self.is_file()
    }

    pub(crate) const fn overlaps(&self, start: u64, length: u64) -> bool {
        self.start < start.saturating_add(length) && start < self.end
    }

    /// Whether it is of this file.
    pub(crate) fn is_of(&self, file: &Stamp) -> bool {
        file.is_inode(self.device, self.inode)
    }

    /// Opens the file behind the mapping: by the kernel's own link where that is permitted, else by its path, and then
    /// only if device and inode are those of the mapping.
    pub(crate) fn open(&self) -> Result<File, FileFault> {
        let proc = Proc::of_the_kernel().map_err(file::fault)?;
        let link = format!("map_files/{:x}-{:x}", self.start, self.end);
        if let Ok(opened) = proc.follow(self.process, link, file::READ) {
            return file::regular(opened);
        }
        let file = Called::by_process(self.path.as_ref()).open(self.process)?;
        let metadata = file.metadata().map_err(file::fault)?;
        if self.is_of(&Stamp::of(&metadata)) { Ok(file) } else { Err(FileFault::Changed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Mapping> {
        Mapping::parse(rustix::process::getpid(), line)
    }

    #[test]
    fn lines_of_the_kernel_are_read_with_spaces_in_paths() {
        let line = "7f00-7f10 r-xp 00002000 fe:01 1835021                    /opt/a b/lib.so (deleted)";
        let mapping = parse(line).unwrap();
        assert_eq!((mapping.start, mapping.end, mapping.inode), (0x7f00, 0x7f10, 1_835_021));
        assert_eq!((mapping.device, mapping.path.as_str()), ((0xfe, 1), "/opt/a b/lib.so (deleted)"));
        assert!(mapping.is_executable_file() && mapping.overlaps(0x7f0f, 1) && !mapping.overlaps(0x7f10, 9));
        let vdso = parse("7f00-7f10 r-xp 00000000 00:00 0          [vdso]").unwrap();
        assert!(!vdso.is_executable_file());
        assert!(parse("nonsense").is_none());
    }
}
