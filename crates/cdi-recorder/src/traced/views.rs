//! Files that are none: views of the kernel's on itself, devices, pipes. Which of them a tool gets, although nobody can
//! say afterwards what was in them.
//!
//! It gets what no user of the machine can put bytes into: the kernel's account of the machine and of the run's own
//! processes, devices that give nothing or noise, pipes of its own. Whatever else gives bytes is refused, so that no
//! report leaves it out: terminals, disks, pipes that others made, what the kernel says of other processes.

use std::path::Path;

use rustix::fs::{FileType, major, minor};

use super::ledger::{Access, Aside, Ledger};
use super::programs::Programs;
use super::resolve::{Found, PROC};

const SYS: u32 = 0x6265_6572;
const CGROUP: u32 = 0x0027_e0eb;
const CGROUP_2: u32 = 0x6367_7270;
/// Pipes without a name.
const PIPES: u32 = 0x5049_5045;
/// The device of `/dev/null` and its like, and which of them give nobody's bytes: null, zero, full, random, urandom.
const MEMORY: u32 = 1;
const NOBODYS: [u32; 5] = [3, 5, 7, 8, 9];
/// In the root of procfs, what users can put bytes into, or what memory holds.
const OF_USERS: [&str; 6] = ["sysvipc", "keys", "key-users", "kmsg", "kcore", "kallsyms"];

/// What a file is that is not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// A regular file, which is measured.
    None,
    /// It may be opened, and is told as this.
    Told(Aside),
    /// It may be opened; opening it may have to wait for somebody at its other end.
    Pipe,
    /// It is refused.
    Refused,
}

impl View {
    /// What a file is to a tool that wants this of it; it is no folder and no link.
    pub(super) fn of(
        found: &Found,
        path: &Path,
        file_system: u32,
        access: Access,
        programs: &Programs,
        ledger: &Ledger,
    ) -> Self {
        let inode = (found.stat.st_dev, found.stat.st_ino);
        match found.kind() {
            FileType::RegularFile => match file_system {
                PROC => Self::of_proc(path, programs),
                SYS | CGROUP | CGROUP_2 => Self::Told(Aside::Kernel),
                _ => Self::None,
            },
            FileType::Fifo if !access.reads || file_system == PIPES || ledger.pipes.contains(&inode) => {
                Self::Pipe
            }
            FileType::CharacterDevice => {
                let device = found.stat.st_rdev;
                let nobodys = major(device) == MEMORY && NOBODYS.contains(&minor(device));
                if nobodys || !access.reads { Self::Told(Aside::Device) } else { Self::Refused }
            }
            // Opening a socket fails by itself.
            FileType::Socket => Self::Told(Aside::Device),
            _ => Self::Refused,
        }
    }

    fn of_proc(path: &Path, programs: &Programs) -> Self {
        let name = path.components().nth(2).and_then(|name| name.as_os_str().to_str()).unwrap_or_default();
        let allowed = match name.parse() {
            Ok(process) => programs.has(process),
            Err(_) => !OF_USERS.contains(&name),
        };
        if allowed { Self::Told(Aside::Kernel) } else { Self::Refused }
    }
}
