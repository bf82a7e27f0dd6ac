//! Files that are none: views of the kernel's on itself, devices, pipes. Which of them a tool gets, although nobody can
//! say afterwards what was in them.
//!
//! It gets what no user of the machine can put bytes into: of the kernel's account of the machine and of the run's own
//! processes what is listed here, devices that give nothing or noise, pipes of its own. Whatever else gives bytes is refused, so
//! that no report leaves it out: terminals, disks, pipes that others made, what the kernel says of other processes, and the
//! arguments and variables of its own, which a source could take for code.

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
/// What procfs says of the machine, and no user can put bytes into.
const OF_THE_MACHINE: [&str; 24] = [
    "buddyinfo",
    "cgroups",
    "cmdline",
    "config.gz",
    "cpuinfo",
    "crypto",
    "devices",
    "diskstats",
    "filesystems",
    "interrupts",
    "loadavg",
    "meminfo",
    "misc",
    "modules",
    "partitions",
    "pressure",
    "schedstat",
    "softirqs",
    "stat",
    "swaps",
    "uptime",
    "version",
    "vmstat",
    "zoneinfo",
];
/// What it says of a process, and of each of its threads: numbers, and names of files. Neither the arguments nor the variables
/// that it was given, which can be any bytes and are in a report elsewhere; nor what it says of a network.
const OF_A_PROCESS: [&str; 33] = [
    "attr",
    "auxv",
    "cgroup",
    "clear_refs",
    "comm",
    "coredump_filter",
    "fdinfo",
    "gid_map",
    "io",
    "limits",
    "loginuid",
    "maps",
    "mem",
    "mountinfo",
    "mounts",
    "mountstats",
    "numa_maps",
    "oom_adj",
    "oom_score",
    "oom_score_adj",
    "pagemap",
    "personality",
    "sched",
    "schedstat",
    "sessionid",
    "setgroups",
    "smaps",
    "smaps_rollup",
    "stat",
    "statm",
    "status",
    "uid_map",
    "wchan",
];
/// Of the settings of the machine, those that give noise.
const NOISE: [&str; 2] = ["kernel/random/uuid", "kernel/random/boot_id"];

/// Whether a device gives nobody's bytes.
pub(crate) fn is_nobodys(device: u64) -> bool {
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
        // The name that the kernel gives is that of the mount where procfs is looked for.
        let names: Vec<&str> =
            path.components().skip(2).filter_map(|name| name.as_os_str().to_str()).collect();
        let (&first, rest) = names.split_first().unwrap_or((&"", &[]));
        let Ok(process) = first.parse::<i32>() else {
            let is_setting = first == "sys" && !NOISE.contains(&rest.join("/").as_str());
            let told = is_setting || OF_THE_MACHINE.contains(&first);
            return if told { Self::Told(Aside::Kernel) } else { Self::Refused };
        };
        let of_process = match rest {
            ["task", _, name, ..] | [name, ..] => OF_A_PROCESS.contains(name),
            [] => false,
        };
        match kin(process) {
            Kin::Own if of_process => Self::Told(Aside::Kernel),
            // Its memory is not theirs to change.
            Kin::Other if of_process && !access.writes => Self::OfOthers,
            Kin::Own | Kin::Other | Kin::Stranger => Self::Refused,
        }
    }
}
