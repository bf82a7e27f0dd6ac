//! What a call that waits is to do: system calls by what they mean, older ones as the newer ones that took their place.

use libc::c_long;

/// What a file is called: a path in the memory of the process, from one of its descriptors on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The descriptor of a folder, or `AT_FDCWD`.
    pub at: i32,
    /// Where the path stands.
    pub path: u64,
}

/// A call that a process asks its parent to make. Numbers are as the kernel takes them; addresses are the process's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// open(2), creat(2), openat(2).
    Open {
        /// The file.
        file: Named,
        /// `O_...`.
        flags: u32,
        /// Permissions of a file that it makes.
        mode: u32,
    },
    /// openat2(2).
    OpenHow {
        /// The file.
        file: Named,
        /// Where `struct open_how` stands.
        how: u64,
        /// How long it is.
        size: u64,
    },
    /// rename(2), renameat(2), renameat2(2).
    Rename {
        /// The name that goes.
        from: Named,
        /// The name that comes.
        to: Named,
        /// `RENAME_...`.
        flags: u32,
    },
    /// link(2), linkat(2).
    Link {
        /// The file.
        from: Named,
        /// Its new name.
        to: Named,
        /// `AT_...`.
        flags: u32,
    },
    /// symlink(2), symlinkat(2).
    Symlink {
        /// Where the text of the link stands.
        target: u64,
        /// The link.
        link: Named,
    },
    /// unlink(2), unlinkat(2) of what is no folder.
    Unlink {
        /// The name.
        file: Named,
    },
    /// truncate(2).
    Truncate {
        /// The file.
        file: Named,
        /// The length that it is to have.
        length: i64,
    },
    /// mknod(2), mknodat(2).
    MakeNode {
        /// The file.
        file: Named,
        /// `S_IF...` and permissions.
        mode: u32,
        /// The device.
        device: u64,
    },
    /// socket(2).
    Socket {
        /// `AF_...`.
        family: u32,
    },
    /// mmap(2) of a file, executable.
    Map {
        /// The file's descriptor in the process.
        descriptor: i32,
    },
    /// mprotect(2) that makes memory executable.
    Protect {
        /// The first address.
        start: u64,
        /// The number of bytes.
        length: u64,
    },
    /// chdir(2), fchdir(2).
    Move,
    /// clone(2) of a process that is no thread of this one and shares its working directory.
    ShareFolder,
    /// What the filter does not ask about.
    Other,
}

impl Asked {
    pub(super) fn of(number: i32, arguments: [u64; 6]) -> Self {
        let [a, b, c, d, e, _] = arguments;
        // The kernel takes an `int`: the low half, whatever stands above it.
        let number_of = |word: u64| (word as u32).cast_signed();
        let at = |at: u64, path: u64| Named { at: number_of(at), path };
        match c_long::from(number) {
            libc::SYS_openat => Self::Open { file: at(a, b), flags: c as u32, mode: d as u32 },
            libc::SYS_openat2 => Self::OpenHow { file: at(a, b), how: c, size: d },
            libc::SYS_renameat => Self::Rename { from: at(a, b), to: at(c, d), flags: 0 },
            libc::SYS_renameat2 => Self::Rename { from: at(a, b), to: at(c, d), flags: e as u32 },
            libc::SYS_linkat => Self::Link { from: at(a, b), to: at(c, d), flags: e as u32 },
            libc::SYS_symlinkat => Self::Symlink { target: a, link: at(b, c) },
            libc::SYS_unlinkat => Self::Unlink { file: at(a, b) },
            libc::SYS_truncate => Self::Truncate { file: here(a), length: b.cast_signed() },
            libc::SYS_mknodat => Self::MakeNode { file: at(a, b), mode: c as u32, device: d },
            libc::SYS_socket => Self::Socket { family: a as u32 },
            libc::SYS_mmap => Self::Map { descriptor: number_of(e) },
            libc::SYS_mprotect | libc::SYS_pkey_mprotect => Self::Protect { start: a, length: b },
            libc::SYS_chdir | libc::SYS_fchdir => Self::Move,
            libc::SYS_clone => Self::ShareFolder,
            of_old => Self::of_old(of_old, [a, b, c]),
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn of_old(number: c_long, [a, b, c]: [u64; 3]) -> Self {
        const CREATE: i32 = libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC;
        match number {
            libc::SYS_open => Self::Open { file: here(a), flags: b as u32, mode: c as u32 },
            libc::SYS_creat => Self::Open { file: here(a), flags: CREATE.unsigned_abs(), mode: b as u32 },
            libc::SYS_rename => Self::Rename { from: here(a), to: here(b), flags: 0 },
            libc::SYS_link => Self::Link { from: here(a), to: here(b), flags: 0 },
            libc::SYS_symlink => Self::Symlink { target: a, link: here(b) },
            libc::SYS_unlink => Self::Unlink { file: here(a) },
            libc::SYS_mknod => Self::MakeNode { file: here(a), mode: b as u32, device: c },
            _ => Self::Other,
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn of_old(_: c_long, _: [u64; 3]) -> Self {
        Self::Other
    }
}

const fn here(path: u64) -> Named {
    Named { at: libc::AT_FDCWD, path }
}
