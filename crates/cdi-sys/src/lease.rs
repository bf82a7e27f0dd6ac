//! Read leases (fcntl(2)): the kernel's word that nobody writes to a file, neither by a descriptor nor by memory.
//!
//! A lease is to be had only while nobody has the file open for writing, and a writable shared mapping counts. Whoever opens
//! it for writing later has to wait until the lease is given up; that is done at once, so that nobody is held up, and
//! afterwards the file tells that it happened.

use std::ffi::{c_int, c_long, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd as _};
use std::ptr;
use std::sync::OnceLock;

use libc::siginfo_t;

/// `F_SETSIG` of asm-generic/fcntl.h: the signal tells which file it is about.
const F_SETSIG: c_int = 10;

/// Of the signals that mean nothing to the kernel or the C library the last: each breach of a lease queues one.
fn signal() -> c_int {
    libc::SIGRTMAX()
}

/// Takes a read lease. On `Ok` nobody has the file open for writing, or did since; it lasts as long as the file is open in
/// any process, or until somebody opens it for writing, which [`lease_lasts`] tells.
///
/// Caveat: from the first lease on this process answers one signal (the last of real time) and SIGIO.
///
/// # Errors
/// `EAGAIN`: somebody has it open for writing. `EACCES`: it belongs to somebody else. `EINVAL`: there are no leases here.
pub fn take_lease(file: impl AsFd) -> io::Result<()> {
    static ANSWERED: OnceLock<bool> = OnceLock::new();
    if !ANSWERED.get_or_init(|| answer(signal()) && answer(libc::SIGIO)) {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    let file = file.as_fd().as_raw_fd();
    control(file, F_SETSIG, signal())?;
    control(file, libc::F_SETLEASE, libc::F_RDLCK).map(drop)
}

/// Whether nobody has opened the file for writing, or changed its length, since a lease was taken on it.
pub fn lease_lasts(file: impl AsFd) -> bool {
    control(file.as_fd().as_raw_fd(), libc::F_GETLEASE, 0).is_ok_and(|held| held == libc::F_RDLCK)
}

fn control(file: c_int, command: c_int, value: c_int) -> io::Result<c_int> {
    // SAFETY: fcntl(2): the three commands of this module take a number, or ignore it, and no pointer.
    #[expect(unsafe_code, reason = "there is no safe call for leases")]
    let result = unsafe { libc::fcntl(file, command, value) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Has a signal answered by [`give_up`]; whether that is so now.
fn answer(signal: c_int) -> bool {
    // SAFETY: sigaction(2): all zeros are an empty mask, no flags, and the default action, which is replaced below.
    #[expect(unsafe_code, reason = "a C structure with private members")]
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = give_up;
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    // SAFETY: sigaction(2): the action comes from a reference, the old one is not asked for; the handler calls only what
    // signal-safety(7) lists.
    #[expect(unsafe_code, reason = "a handler runs in the middle of anything")]
    let done = unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
    done == 0
}

/// `siginfo_t` of a signal that F_SETSIG asked for, on machines of 64 bits (asm-generic/siginfo.h).
#[repr(C)]
struct Told {
    signal: c_int,
    errno: c_int,
    code: c_int,
    padding: c_int,
    band: c_long,
    file: c_int,
}

/// The handler: gives up the lease on the file that the signal is about. Whoever sends such a signal without the kernel
/// makes a lease end, which only makes the recorder distrust the file.
#[expect(
    unsafe_code,
    reason = "what a handler is given and what it may call are matters of the kernel's contract"
)]
extern "C" fn give_up(_: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: sigaction(2): with SA_SIGINFO the kernel gives a valid siginfo_t, which is larger than `Told`, is aligned as
    // it, and has no bytes that are no numbers.
    let file = unsafe { (*info.cast::<Told>()).file };
    // SAFETY: errno(3): the function gives the address of this thread's errno.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: errno(3): that address is valid as long as the thread lives.
    let saved = unsafe { errno.read() };
    // SAFETY: fcntl(2), signal-safety(7): three numbers; of a descriptor without a lease it only fails.
    unsafe { libc::fcntl(file, libc::F_SETLEASE, libc::F_UNLCK) };
    // SAFETY: as above. Whatever was interrupted finds its errno as it was.
    unsafe { errno.write(saved) };
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_writer_is_not_held_up_and_shows() {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let reader = File::open(&path).unwrap();
        let begun = Instant::now();
        // A child of another test may have the descriptor for a moment.
        while take_lease(&reader).is_err() && begun.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(lease_lasts(&reader));
        drop(File::open(&path).unwrap());
        assert!(lease_lasts(&reader));
        let begun = Instant::now();
        let writer = OpenOptions::new().write(true).open(&path).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(!lease_lasts(&reader));
        let error = take_lease(File::open(&path).unwrap()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EAGAIN));
        drop(writer);
    }
}
