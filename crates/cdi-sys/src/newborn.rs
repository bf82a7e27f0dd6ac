//! What a process does that was just forked, whoever forked it, until it executes a program.
//!
//! Nothing here allocates; each call is one that signal-safety(7) lists, or a plain system call. What a call does not do the
//! program would have, so that each result is told.

use std::ffi::{CString, c_char, c_int, c_uint};
use std::io::{self, PipeReader, PipeWriter};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd as _;
use std::ptr;

/// Whether the last call did what it was asked; what kept it from that is in errno.
pub(crate) type Done = bool;

/// A null-terminated array of pointers, as execve(2) takes it; valid as long as `texts`.
pub(crate) fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

/// This process is killed when the thread that made it ends.
#[must_use]
pub(crate) fn tie_to_parent() -> Done {
    // SAFETY: prctl(2): this option takes a signal and no pointer.
    #[expect(unsafe_code, reason = "async-signal-safe, unlike the standard library's promises")]
    let tied = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    tied == 0
}

/// No descriptor but the first three outlives execve(2). None is closed before: the pipe to the parent is among them.
#[must_use]
pub(crate) fn keep_descriptors() -> Done {
    // SAFETY: close_range(2): three numbers.
    #[expect(unsafe_code, reason = "there is no wrapper that allocates nothing")]
    let marked = unsafe { libc::syscall(libc::SYS_close_range, 3, c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    marked == 0
}

/// Signals mean what programs expect: none is blocked, and a broken pipe or a file that outgrows its limit ends them, which Rust
/// or this program ignore.
#[must_use]
#[expect(unsafe_code, reason = "each call is async-signal-safe")]
pub(crate) fn forget_signals() -> Done {
    for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
        // SAFETY: signal(2): the default action is no handler.
        if unsafe { libc::signal(signal, libc::SIG_DFL) } == libc::SIG_ERR {
            return false;
        }
    }
    let mut none = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset(3) initialises the set that the pointer leads to.
    unsafe { libc::sigemptyset(none.as_mut_ptr()) };
    // SAFETY: sigprocmask(2): the set was initialised in the line above; the old one is not asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut()) == 0 }
}

/// Executes the file of a descriptor, with arrays of [`pointers`]. It returns only if that failed.
pub(crate) fn execute(file: c_int, arguments: &[*const c_char], environment: &[*const c_char]) {
    let (arguments, environment) = (arguments.as_ptr(), environment.as_ptr());
    // SAFETY: execveat(2): the empty path with its flag means the descriptor; both arrays end in a null pointer, and what
    // they point to lives as long as the texts that they were made of.
    #[expect(unsafe_code, reason = "there is no wrapper that allocates nothing")]
    unsafe {
        libc::syscall(libc::SYS_execveat, file, c"".as_ptr(), arguments, environment, libc::AT_EMPTY_PATH)
    };
}

/// Waits until the parent sends a byte. If it never will, this process ends.
pub(crate) fn wait_for_a_byte(from: &PipeReader) {
    let mut byte = 0_u8;
    // SAFETY: read(2): the buffer is one byte long and is written to by nobody else.
    #[expect(unsafe_code, reason = "async-signal-safe, unlike the standard library's promises")]
    let read = unsafe { libc::read(from.as_raw_fd(), ptr::from_mut(&mut byte).cast(), 1) };
    if read != 1 {
        exit();
    }
}

/// The number of the last call's error.
pub(crate) fn errno() -> c_int {
    // `last_os_error` reads errno and allocates nothing.
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Tells the parent. What cannot be told is told by the end of the pipe.
pub(crate) fn tell<const N: usize>(to: &PipeWriter, message: [u8; N]) {
    // SAFETY: write(2): as many bytes as the array has. Fewer than PIPE_BUF are written whole or not at all.
    #[expect(unsafe_code, reason = "async-signal-safe, unlike the standard library's promises")]
    let _ = unsafe { libc::write(to.as_raw_fd(), message.as_ptr().cast(), N) };
}

pub(crate) fn exit() -> ! {
    // SAFETY: _exit(2) ends the process at once, without running anything of the parent's.
    #[expect(unsafe_code, reason = "exit handlers of the parent must not run in the child")]
    unsafe {
        libc::_exit(127)
    }
}
