//! A file for the new root, of bytes that are in a descriptor.

use std::ffi::{CStr, c_int};
use std::ptr;

use crate::newborn::Done;

/// LANDLOCK_ACCESS_FS_READ_FILE of landlock_add_rule(2).
const READ_FILE: u64 = 1 << 2;
/// LANDLOCK_RULE_PATH_BENEATH of landlock_add_rule(2).
const PATH_BENEATH: c_int = 1;
/// What one sendfile(2) is asked for; it gives less where it likes.
const AT_ONCE: usize = 1 << 24;

/// `struct landlock_path_beneath_attr`, which the kernel has packed.
#[repr(C, packed)]
struct PathBeneath {
    allowed: u64,
    parent: c_int,
}

/// The file is there with all bytes of the descriptor, and nobody has it open: a mount with a writer in it cannot be made
/// read-only.
#[expect(unsafe_code, reason = "the standard library's calls may allocate")]
pub(super) fn make(content: c_int, target: &CStr) -> Done {
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    // SAFETY: open(2): the text ends in a null byte, and a mode stands behind O_CREAT.
    let file = unsafe { libc::open(target.as_ptr(), flags, 0o444) };
    if file < 0 {
        return false;
    }
    let mut offset: libc::off_t = 0;
    loop {
        // SAFETY: sendfile(2): two descriptors, and a pointer that comes from a reference.
        match unsafe { libc::sendfile(file, content, ptr::from_mut(&mut offset), AT_ONCE) } {
            0 => break,
            1.. => {}
            _ => return false,
        }
    }
    // SAFETY: fchmod(2): a descriptor of this function's own. Whatever the mask is, it is to be read.
    let readable = unsafe { libc::fchmod(file, 0o444) == 0 };
    // SAFETY: close(2): a descriptor of this function's own, which nothing uses behind this.
    readable && unsafe { libc::close(file) == 0 }
}

/// The ruleset allows the file to be read.
#[expect(unsafe_code, reason = "there is no wrapper that does not allocate")]
pub(super) fn let_read(ruleset: c_int, file: &CStr) -> Done {
    // SAFETY: open(2): the text ends in a null byte.
    let parent = unsafe { libc::open(file.as_ptr(), libc::O_PATH | libc::O_NOFOLLOW | libc::O_CLOEXEC) };
    let rule = PathBeneath { allowed: READ_FILE, parent };
    // SAFETY: landlock_add_rule(2): the structure is of the kind that is named with it, and no flags are set. The
    // descriptor is closed by execve(2): a `close` here would change errno.
    parent >= 0
        && unsafe {
            libc::syscall(libc::SYS_landlock_add_rule, ruleset, PATH_BENEATH, &raw const rule, 0) == 0
        }
}
