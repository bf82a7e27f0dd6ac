//! Signals that ask this process to end are the child's to answer.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use libc::{c_int, c_void, siginfo_t};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

const FORWARDED: [c_int; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];
const NOBODY: i32 = -1;

/// The descriptor of the process that gets the signals. A descriptor, unlike a number, never comes to mean another
/// process.
static TARGET: AtomicI32 = AtomicI32::new(NOBODY);

/// While this lives, signals that ask this process to end go to a child instead; after that they mean what they meant.
///
/// A signal that the terminal sends (Ctrl-C) goes to the child by itself and is not sent a second time. What this
/// process was told to ignore (`nohup`) stays ignored.
///
/// Caveat: signals belong to the whole process, so one `Forwarding` at a time has an effect; a second one has none.
#[derive(Debug)]
#[must_use]
pub struct Forwarding {
    target: Option<OwnedFd>,
    before: Vec<(c_int, libc::sigaction)>,
}

impl Forwarding {
    /// Begins to forward to `pid`, a child of this process that has not been waited for.
    ///
    /// # Errors
    /// There is no descriptor for the child to be had.
    pub fn to(pid: Pid) -> io::Result<Self> {
        let target = pidfd_open(pid, PidfdFlags::empty())?;
        let free = TARGET.compare_exchange(NOBODY, target.as_raw_fd(), Ordering::AcqRel, Ordering::Acquire);
        if free.is_err() {
            return Ok(Self { target: None, before: Vec::new() });
        }
        let mut forwarding = Self { target: Some(target), before: Vec::new() };
        for signal in FORWARDED {
            let before = install(signal, &action(forward))?;
            forwarding.before.push((signal, before));
            if before.sa_sigaction == libc::SIG_IGN {
                install(signal, &before)?;
            }
        }
        Ok(forwarding)
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        for (signal, before) in &self.before {
            // What was read from the kernel is taken by the kernel.
            let _ = install(*signal, before);
        }
        if self.target.is_some() {
            TARGET.store(NOBODY, Ordering::Release);
        }
    }
}

type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

fn action(handler: Handler) -> libc::sigaction {
    // SAFETY: sigaction(2): all zeros are an empty mask, no flags, and the default action, which is replaced below.
    #[expect(unsafe_code, reason = "a C structure with private members")]
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
    action
}

fn install(signal: c_int, action: &libc::sigaction) -> io::Result<libc::sigaction> {
    // SAFETY: as in `action`.
    #[expect(unsafe_code, reason = "a C structure with private members")]
    let mut before = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    // SAFETY: sigaction(2): both pointers come from references; the handler, where there is one, is `forward`, which
    // calls only what signal-safety(7) lists, or one that this process had before.
    #[expect(unsafe_code, reason = "a handler runs in the middle of anything")]
    let done = unsafe { libc::sigaction(signal, action, ptr::from_mut(&mut before)) };
    if done == 0 { Ok(before) } else { Err(io::Error::last_os_error()) }
}

/// The handler: sends the signal on, unless the kernel itself (a terminal) sent it to the whole process group.
#[expect(
    unsafe_code,
    reason = "what a handler is given and what it may call are matters of the kernel's contract"
)]
extern "C" fn forward(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: sigaction(2): with SA_SIGINFO the kernel gives a valid siginfo_t.
    let code = unsafe { (*info).si_code };
    let target = TARGET.load(Ordering::Acquire);
    if code == libc::SI_KERNEL || target == NOBODY {
        return;
    }
    // SAFETY: errno(3): the function gives the address of this thread's errno.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: errno(3): that address is valid as long as the thread lives.
    let saved = unsafe { errno.read() };
    // SAFETY: pidfd_send_signal(2): two numbers, a null pointer that it allows, and no flags; a plain system call.
    unsafe { libc::syscall(libc::SYS_pidfd_send_signal, target, signal, ptr::null::<siginfo_t>(), 0) };
    // SAFETY: as above. Whatever was interrupted finds its errno as it was.
    unsafe { errno.write(saved) };
}
