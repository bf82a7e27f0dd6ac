//! What is done to a process before its program begins, one system call or two a step.
//!
//! A step is made, with all that it needs, before the process exists: after fork(2) nothing may allocate.

use std::ffi::{CString, c_int, c_void};
use std::os::fd::{AsRawFd as _, BorrowedFd, RawFd};
use std::ptr;

use libc::sock_filter;

use super::file;
use crate::newborn::Done;

/// How many trees one launch can carry from the old root to the new one.
pub const TREES: usize = 64;

/// What may be done with a tree that is carried along. Nothing in it is ever a device, nor gives rights by its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeAccess {
    /// Read, and never executed.
    Read,
    /// Read and written, and never executed.
    ReadWrite,
    /// Read and executed, and never written.
    ReadExecute,
}

/// What a process and those that it starts may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Address space of a process, in bytes.
    AddressSpace,
    /// Memory of its own of a process, in bytes: what is reserved and out of reach does not count.
    Data,
    /// Bytes of a core dump.
    Core,
    /// Open files of a process.
    Files,
}

/// A standard stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard input.
    Input,
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// One step.
#[derive(Debug)]
pub enum Step<'a> {
    /// Writes a file of the kernel's.
    Write {
        /// The file.
        file: CString,
        /// All of it, in one write.
        text: Vec<u8>,
    },
    /// No mount of this process is seen by others, nor the other way round.
    KeepMountsPrivate,
    /// Mounts a file system.
    Mount {
        /// Its type, as mount(2) has it, which is its source also.
        kind: CString,
        /// Where.
        target: CString,
        /// Its options.
        options: CString,
    },
    /// Puts a mount that nobody else can name in its place.
    PlaceMount {
        /// What fsmount(2) gave.
        mount: BorrowedFd<'a>,
        /// Where.
        target: CString,
    },
    /// Takes hold of a tree by its path.
    TakeTree {
        /// The tree.
        path: CString,
        /// What may be done with it.
        access: TreeAccess,
        /// Below [`TREES`].
        number: usize,
    },
    /// Puts a tree that was taken hold of in its place.
    PlaceTree {
        /// Which one.
        number: usize,
        /// Where.
        target: CString,
    },
    /// Makes a directory.
    MakeDirectory(CString),
    /// Makes a file that is read and never written.
    MakeFile {
        /// Whose bytes it gets, from the first on.
        content: BorrowedFd<'a>,
        /// Where.
        target: CString,
    },
    /// A file may be read under a ruleset of Landlock, wherever it is mounted.
    LetRead {
        /// The ruleset.
        ruleset: BorrowedFd<'a>,
        /// The file.
        file: CString,
    },
    /// A mount is read-only from here on.
    MakeReadOnly(CString),
    /// A mount is no longer seen.
    Unmount(CString),
    /// A mount is the root, and nothing of the old root is in reach.
    EnterRoot(CString),
    /// The working directory.
    ChangeDirectory(CString),
    /// A standard stream is another open file from here on.
    Lead {
        /// Which.
        stream: Stream,
        /// The file.
        to: BorrowedFd<'a>,
    },
    /// A descriptor is closed, by its number in whoever launches, who has it open at that moment. Of the first process, which
    /// executes nothing, nothing else closes it: a pipe whose end it kept would not end.
    Close(RawFd),
    /// A limit, for good.
    Limit(Resource, u64),
    /// Executing a file gives no rights from here on.
    NoNewPrivileges,
    /// Files and networks are as a ruleset of Landlock has them.
    Landlock(BorrowedFd<'a>),
    /// System calls are as a filter has them.
    Filter(Vec<sock_filter>),
}

/// Trees that were taken hold of, by their numbers.
pub(super) struct Trees([c_int; TREES]);

impl Trees {
    pub(super) const NONE: Self = Self([-1; TREES]);
}

/// The attributes of mount_setattr(2).
#[repr(C)]
struct Attributes {
    set: u64,
    clear: u64,
    propagation: u64,
    userns: u64,
}

const READ_ONLY: u64 = 1;
const NO_RIGHTS: u64 = 2;
const NO_DEVICES: u64 = 4;
const NO_EXECUTION: u64 = 8;
const OPEN_TREE_CLONE: c_int = 1;
const MOVE_FROM_DESCRIPTOR: c_int = 4;
const RECURSIVE: c_int = 0x8000;

impl TreeAccess {
    const fn attributes(self) -> u64 {
        match self {
            Self::Read => READ_ONLY | NO_RIGHTS | NO_DEVICES | NO_EXECUTION,
            Self::ReadWrite => NO_RIGHTS | NO_DEVICES | NO_EXECUTION,
            Self::ReadExecute => READ_ONLY | NO_RIGHTS | NO_DEVICES,
        }
    }
}

impl Step<'_> {
    /// What it does, for a message that says that it cannot.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Write { .. } => "settle its users or its control group",
            Self::KeepMountsPrivate => "keep its mounts apart",
            Self::Mount { .. } => "mount a file system for it",
            Self::PlaceMount { .. } => "mount its files",
            Self::TakeTree { .. } => "open a directory for it",
            Self::PlaceTree { .. } => "give it a directory",
            Self::MakeDirectory(_) => "make a directory for it",
            Self::MakeFile { .. } => "make a file for it",
            Self::LetRead { .. } => "let it read a file",
            Self::MakeReadOnly(_) => "close its root",
            Self::Unmount(_) => "hide a mount from it",
            Self::EnterRoot(_) => "enter its root",
            Self::ChangeDirectory(_) => "enter its directory",
            Self::Lead { .. } => "lead its streams elsewhere",
            Self::Close(_) => "close a descriptor for it",
            Self::Limit(..) => "limit what it uses up",
            Self::NoNewPrivileges => "forgo new privileges",
            Self::Landlock(_) => "restrict it by Landlock",
            Self::Filter(_) => "filter its system calls",
        }
    }

    /// Whether the step was taken, in this thread.
    #[cfg(test)]
    pub(crate) fn taken(&self) -> Done {
        let mut trees = Trees::NONE;
        self.take(&mut trees)
    }

    /// Takes the step. Allocates nothing and calls only what signal-safety(7) lists, or plain system calls.
    #[expect(unsafe_code, reason = "the standard library's calls may allocate")]
    pub(super) fn take(&self, trees: &mut Trees) -> Done {
        match self {
            Self::Write { file, text } => write(file, text),
            Self::KeepMountsPrivate => {
                let flags = libc::MS_REC | libc::MS_PRIVATE;
                // SAFETY: mount(2): a change of propagation takes a target and flags, and ignores the rest.
                unsafe { libc::mount(ptr::null(), c"/".as_ptr(), ptr::null(), flags, ptr::null()) == 0 }
            }
            Self::Mount { kind, target, options } => {
                let (flags, data) = (libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC, options.as_ptr());
                // SAFETY: mount(2): all four texts end in a null byte and outlive the call.
                unsafe {
                    libc::mount(kind.as_ptr(), target.as_ptr(), kind.as_ptr(), flags, data.cast::<c_void>())
                        == 0
                }
            }
            Self::PlaceMount { mount, target } => place(mount.as_raw_fd(), target),
            Self::TakeTree { path, access, number } => take_tree(path, *access, *number, trees),
            Self::PlaceTree { number, target } => {
                trees.0.get(*number).is_some_and(|tree| place(*tree, target))
            }
            // SAFETY: mkdir(2): the text ends in a null byte.
            Self::MakeDirectory(path) => unsafe { libc::mkdir(path.as_ptr(), 0o755) == 0 },
            Self::MakeFile { content, target } => file::make(content.as_raw_fd(), target),
            Self::LetRead { ruleset, file } => file::let_read(ruleset.as_raw_fd(), file),
            Self::MakeReadOnly(path) => attributes(libc::AT_FDCWD, path, READ_ONLY, 0),
            // SAFETY: umount2(2): the text ends in a null byte.
            Self::Unmount(path) => unsafe { libc::umount2(path.as_ptr(), libc::MNT_DETACH) == 0 },
            Self::EnterRoot(path) => enter(path),
            // SAFETY: chdir(2): the text ends in a null byte.
            Self::ChangeDirectory(path) => unsafe { libc::chdir(path.as_ptr()) == 0 },
            Self::Lead { stream, to } => lead(*stream, to.as_raw_fd()),
            // SAFETY: close(2): a number, of a descriptor that nobody uses in this process.
            Self::Close(descriptor) => unsafe { libc::close(*descriptor) == 0 },
            Self::Limit(resource, most) => limit(*resource, *most),
            // SAFETY: prctl(2): this option takes the number one and zeros.
            Self::NoNewPrivileges => unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 },
            Self::Landlock(ruleset) => {
                // SAFETY: landlock_restrict_self(2): a descriptor and no flags.
                unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) == 0 }
            }
            Self::Filter(program) => filter(program),
        }
    }
}

#[expect(unsafe_code, reason = "the standard library's calls may allocate")]
fn write(file: &CString, text: &[u8]) -> Done {
    // SAFETY: open(2): the text ends in a null byte.
    let descriptor = unsafe { libc::open(file.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC) };
    if descriptor < 0 {
        return false;
    }
    // SAFETY: write(2): as many bytes as the slice has.
    let written = unsafe { libc::write(descriptor, text.as_ptr().cast(), text.len()) };
    // It is closed by execve(2) too, and a `close` here would change errno.
    usize::try_from(written) == Ok(text.len())
}

#[expect(unsafe_code, reason = "there is no wrapper")]
fn place(tree: c_int, target: &CString) -> Done {
    // SAFETY: move_mount(2): both texts end in a null byte; the first is empty, as the flag allows.
    unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree,
            c"".as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            MOVE_FROM_DESCRIPTOR,
        ) == 0
    }
}

#[expect(unsafe_code, reason = "there is no wrapper")]
fn take_tree(path: &CString, access: TreeAccess, number: usize, trees: &mut Trees) -> Done {
    let Some(slot) = trees.0.get_mut(number) else { return false };
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC | RECURSIVE;
    // SAFETY: open_tree(2): the text ends in a null byte.
    let tree = unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) };
    let Ok(tree) = c_int::try_from(tree) else { return false };
    *slot = tree;
    tree >= 0 && attributes(tree, c"", access.attributes(), libc::AT_EMPTY_PATH | RECURSIVE)
}

#[expect(unsafe_code, reason = "there is no wrapper")]
fn attributes(at: c_int, path: &std::ffi::CStr, set: u64, flags: c_int) -> Done {
    let wanted = Attributes { set, clear: 0, propagation: 0, userns: 0 };
    let size = size_of::<Attributes>();
    // SAFETY: mount_setattr(2): the text ends in a null byte, and the structure has the size that is given with it.
    unsafe { libc::syscall(libc::SYS_mount_setattr, at, path.as_ptr(), flags, &raw const wanted, size) == 0 }
}

/// pivot_root(2), under NOTES: with the same directory twice the old root lies over the new one, and is taken off.
#[expect(unsafe_code, reason = "there is no wrapper")]
fn enter(path: &CString) -> Done {
    let here = c".".as_ptr();
    // SAFETY: chdir(2), pivot_root(2) and umount2(2): all texts end in a null byte.
    let entered = unsafe { libc::chdir(path.as_ptr()) } == 0
        // SAFETY: as above.
        && unsafe { libc::syscall(libc::SYS_pivot_root, here, here) } == 0;
    // SAFETY: as above.
    let left = entered && unsafe { libc::umount2(here, libc::MNT_DETACH) } == 0;
    // SAFETY: as above.
    left && unsafe { libc::chdir(c"/".as_ptr()) } == 0
}

#[expect(unsafe_code, reason = "the standard library's calls take what they lead over")]
fn lead(stream: Stream, to: c_int) -> Done {
    let number = match stream {
        Stream::Input => libc::STDIN_FILENO,
        Stream::Output => libc::STDOUT_FILENO,
        Stream::Error => libc::STDERR_FILENO,
    };
    // SAFETY: dup2(2): two numbers. The new one stays open when a file is executed.
    unsafe { libc::dup2(to, number) == number }
}

#[expect(unsafe_code, reason = "the standard library has no call for it")]
fn limit(resource: Resource, most: u64) -> Done {
    let which = match resource {
        Resource::AddressSpace => libc::RLIMIT_AS,
        Resource::Data => libc::RLIMIT_DATA,
        Resource::Core => libc::RLIMIT_CORE,
        Resource::Files => libc::RLIMIT_NOFILE,
    };
    let mut both = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit(2): the pointer comes from a reference.
    if unsafe { libc::getrlimit(which, &raw mut both) } != 0 {
        return false;
    }
    // A host that allows less is not asked for more.
    let most = most.min(both.rlim_max);
    let both = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: setrlimit(2): the pointer comes from a reference.
    unsafe { libc::setrlimit(which, &raw const both) == 0 }
}

#[expect(unsafe_code, reason = "there is no wrapper")]
fn filter(program: &[sock_filter]) -> Done {
    let Ok(len) = u16::try_from(program.len()) else { return false };
    let program = libc::sock_fprog { len, filter: program.as_ptr().cast_mut() };
    // SAFETY: seccomp(2): the length is that of the array, which outlives the call and is only read.
    unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) == 0 }
}
