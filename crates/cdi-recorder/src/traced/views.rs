//! Files that are none: views of the kernel's on itself, devices, pipes. Which of them a tool gets, although nobody can
//! say afterwards what was in them.
//!
//! It gets what no user of the machine can put bytes into: the kernel's account of the machine and of the run's own
//! processes, devices that give nothing or noise, pipes of its own. Whatever else gives bytes is refused, so that no
//! report leaves it out: terminals, disks, pipes that others made, what the kernel says of other processes.

use std::collections::BTreeSet;
use std::path::Path;

use rustix::fs::{FileType, major, minor};

use super::ledger::{Access, Aside};
use super::programs::Kin;
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

/// Whether a device gives nobody's bytes.
pub(super) fn is_nobodys(device: u64) -> bool {
    major(device) == MEMORY && NOBODYS.contains(&minor(device))
}

/// What a file is that is not measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// A regular file, which is measured.
    None,
    /// It may be opened, and is told as this.
    Told(Aside),
    /// It may be opened; opening it may have to wait for somebody at its other end.
    Pipe,
    /// It may be opened, and gives bytes of others of the run, where tools are recorded one by one.
    OfOthers,
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
        kin: impl Fn(i32) -> Kin,
        pipes: &BTreeSet<(u64, u64)>,
    ) -> Self {
        let inode = (found.stat.st_dev, found.stat.st_ino);
        match found.kind() {
            FileType::RegularFile => match file_system {
                PROC => Self::of_proc(path, access, kin),
                SYS | CGROUP | CGROUP_2 => Self::Told(Aside::Kernel),
                _ => Self::None,
            },
            FileType::Fifo if !access.reads || file_system == PIPES || pipes.contains(&inode) => Self::Pipe,
            FileType::CharacterDevice => {
                if is_nobodys(found.stat.st_rdev) || !access.reads {
                    Self::Told(Aside::Device)
                } else {
                    Self::Refused
                }
            }
            // Opening a socket fails by itself.
            FileType::Socket => Self::Told(Aside::Device),
            _ => Self::Refused,
        }
    }

    fn of_proc(path: &Path, access: Access, kin: impl Fn(i32) -> Kin) -> Self {
        let name = path.components().nth(2).and_then(|name| name.as_os_str().to_str()).unwrap_or_default();
        match name.parse().map(kin) {
            Ok(Kin::Own) => Self::Told(Aside::Kernel),
            // Its memory is not theirs to change.
            Ok(Kin::Other) if !access.writes => Self::OfOthers,
            Ok(Kin::Other | Kin::Stranger) => Self::Refused,
            Err(_) if OF_USERS.contains(&name) => Self::Refused,
            Err(_) => Self::Told(Aside::Kernel),
        }
    }
}
