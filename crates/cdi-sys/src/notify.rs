//! The calls of a program that its parent makes for it (seccomp_unotify(2)).
//!
//! A process that makes one of these calls waits until it is answered: with a result, with a descriptor that is put among
//! its own, or with leave to make the call itself. Only a signal that kills it ends the wait earlier. What an argument
//! points to is read with [`read_memory`], once: another thread of the process may write there at any time.

mod asked;

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};
use std::ptr;

use libc::{c_int, c_void};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

pub use asked::{Asked, Named};

/// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP` of linux/seccomp.h.
const SYNC_WAKE_UP: u64 = 1;

/// Where the calls of a program and all that it starts arrive.
#[derive(Debug)]
pub struct Listener {
    file: OwnedFd,
    /// Whether waiting for a call ends when nobody is left to make one (since Linux 6.11). Before, only poll(2) tells.
    tells_end: bool,
}

/// A call that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notification {
    /// The call's number, by which it is answered.
    pub id: u64,
    /// The thread that makes it.
    pub thread: Pid,
    /// What it is to do.
    pub asked: Asked,
}

impl Listener {
    /// The listener that a child has under this number. The child and its parent then run on one processor where the
    /// kernel knows how (since 6.6): they never run at the same time anyhow.
    pub(crate) fn of_child(child: Pid, number: c_int) -> io::Result<Self> {
        let child = pidfd_open(child, PidfdFlags::empty())?;
        let listener = pidfd_getfd(child, number, PidfdGetfdFlags::empty())?;
        let flags = SYNC_WAKE_UP;
        // SAFETY: seccomp_unotify(2): this request takes a number in the place of a pointer.
        #[expect(unsafe_code, reason = "there is no safe call for it")]
        let _unknown =
            unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags) };
        Ok(Self { file: listener, tells_end: kernel_is_at_least(6, 11) })
    }

    /// Waits for the next call; `None` once no process is left that could make one.
    ///
    /// # Errors
    /// poll(2) or ioctl(2) failed, which no state of the processes causes.
    pub fn next(&self) -> io::Result<Option<Notification>> {
        loop {
            if !self.tells_end && self.is_over(None)? {
                return Ok(None);
            }
            // SAFETY: the structure is plain numbers; the kernel wants them to be zero.
            #[expect(unsafe_code, reason = "a C structure")]
            let mut told = unsafe { MaybeUninit::<libc::seccomp_notif>::zeroed().assume_init() };
            match self.request(libc::SECCOMP_IOCTL_NOTIF_RECV, ptr::from_mut(&mut told).cast()) {
                Ok(_) => {}
                // Killed before it could be asked; or nobody is left.
                Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {
                    if self.tells_end && self.is_over(Some(&Timespec::default()))? {
                        return Ok(None);
                    }
                    continue;
                }
                // A signal of ours.
                Err(error) if error.raw_os_error() == Some(libc::EINTR) => continue,
                Err(error) => return Err(error),
            }
            let thread = i32::try_from(told.pid).ok().and_then(Pid::from_raw);
            let Some(thread) = thread else {
                // Of a process namespace that this process does not see.
                self.answer(told.id, Err(Errno::PERM))?;
                continue;
            };
            let asked = Asked::of(told.data.nr, told.data.args);
            return Ok(Some(Notification { id: told.id, thread, asked }));
        }
    }

    /// Whether no process is left that could make a call; waits until that is so or a call has come, or for so long.
    fn is_over(&self, limit: Option<&Timespec>) -> io::Result<bool> {
        let mut polled = [PollFd::new(&self.file, PollFlags::IN)];
        retry_on_intr(|| poll(&mut polled, limit))?;
        let [ready] = polled;
        Ok(!ready.revents().is_empty() && !ready.revents().contains(PollFlags::IN))
    }

    /// Whether the call still waits. If not its thread is gone, and its number may be another's.
    #[must_use]
    pub fn waits(&self, id: u64) -> bool {
        let mut id = id;
        self.request(libc::SECCOMP_IOCTL_NOTIF_ID_VALID, ptr::from_mut(&mut id).cast()).is_ok()
    }

    /// Ends the call with a result. That its thread is gone is no error.
    ///
    /// # Errors
    /// ioctl(2) failed.
    pub fn answer(&self, id: u64, result: Result<i64, Errno>) -> io::Result<()> {
        let (val, error) = match result {
            Ok(value) => (value, 0),
            Err(errno) => (0, -errno.raw_os_error()),
        };
        self.respond(libc::seccomp_notif_resp { id, val, error, flags: 0 })
    }

    /// Lets the thread make the call itself. What it then does may differ from what was looked at, where memory or
    /// descriptors are among its arguments.
    ///
    /// # Errors
    /// ioctl(2) failed.
    pub fn leave(&self, id: u64) -> io::Result<()> {
        let flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32;
        self.respond(libc::seccomp_notif_resp { id, val: 0, error: 0, flags })
    }

    /// Ends the call with a new descriptor of the process for an open file. The caller's own one may live for a moment longer.
    ///
    /// # Errors
    /// The process has no room for it, in the words of open(2); it is gone (`ENOENT`). The call then still waits.
    pub fn give(&self, id: u64, file: BorrowedFd<'_>, ending: Ends) -> Result<(), Errno> {
        self.put(id, file, ending, libc::SECCOMP_ADDFD_FLAG_SEND as u32).map(drop)
    }

    /// Puts an open file among the descriptors of the process, and tells its number there; the call still waits.
    ///
    /// # Errors
    /// As [`Self::give`].
    pub fn place(&self, id: u64, file: BorrowedFd<'_>, ending: Ends) -> Result<i64, Errno> {
        self.put(id, file, ending, 0)
    }

    fn put(&self, id: u64, file: BorrowedFd<'_>, ending: Ends, flags: u32) -> Result<i64, Errno> {
        let newfd_flags = match ending {
            Ends::WhenExecuting => libc::O_CLOEXEC.unsigned_abs(),
            Ends::WhenClosed => 0,
        };
        let srcfd = file.as_raw_fd().unsigned_abs();
        let mut added = libc::seccomp_notif_addfd { id, flags, srcfd, newfd: 0, newfd_flags };
        self.request(libc::SECCOMP_IOCTL_NOTIF_ADDFD, ptr::from_mut(&mut added).cast())
            .map(i64::from)
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }

    fn respond(&self, mut response: libc::seccomp_notif_resp) -> io::Result<()> {
        match self.request(libc::SECCOMP_IOCTL_NOTIF_SEND, ptr::from_mut(&mut response).cast()) {
            Err(error) if error.raw_os_error() != Some(libc::ENOENT) => Err(error),
            _ => Ok(()),
        }
    }

    fn request(&self, request: libc::Ioctl, data: *mut c_void) -> io::Result<c_int> {
        // SAFETY: seccomp_unotify(2): each request of this module is made with a pointer to the structure that it takes,
        // from an exclusive reference that outlives the call.
        #[expect(unsafe_code, reason = "there is no safe call for it")]
        let result = unsafe { libc::ioctl(self.file.as_raw_fd(), request, data) };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
    }
}

/// Whether the kernel that runs is of this version or a later one; not if it does not say.
fn kernel_is_at_least(major: u32, minor: u32) -> bool {
    let mut told = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: uname(2): the structure outlives the call and is nobody else's.
    #[expect(unsafe_code, reason = "there is no safe call for it")]
    let failed = unsafe { libc::uname(told.as_mut_ptr()) };
    // SAFETY: all zeros are a `utsname`, and the kernel fills in texts.
    #[expect(unsafe_code, reason = "a C structure")]
    let told = unsafe { told.assume_init() };
    let release = told.release.iter().map(|&letter| char::from(letter.cast_unsigned()));
    let release: String = release.take_while(|&letter| letter != '\0').collect();
    failed == 0 && version(&release).is_some_and(|version| version >= (major, minor))
}

/// The first two numbers of a kernel's release.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Until when a process keeps a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Until it executes another program.
    WhenExecuting,
    /// Until it closes it.
    WhenClosed,
}

/// Reads memory of another process, as far as it is there, into a buffer; how many bytes.
///
/// # Errors
/// Nothing is there (`EFAULT`), or the process may not be read.
pub fn read_memory(thread: Pid, address: u64, buffer: &mut [u8]) -> Result<usize, Errno> {
    let local = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let base = usize::try_from(address).map_err(|_| Errno::FAULT)?;
    let remote = libc::iovec { iov_base: ptr::without_provenance_mut(base), iov_len: buffer.len() };
    let pid = thread.as_raw_nonzero().get();
    // SAFETY: process_vm_readv(2): one local buffer, from an exclusive reference; the kernel looks whether the remote one
    // is there.
    #[expect(unsafe_code, reason = "there is no safe call for it")]
    let read = unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(read)
        .map_err(|_| Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::FAULT))
}

/// From now on this thread has a working directory and a mask of permissions of its own, and no signal interrupts it.
///
/// # Errors
/// unshare(2) or pthread_sigmask(3) failed.
pub fn own_surroundings() -> io::Result<()> {
    // SAFETY: unshare(2): one flag, which lets this thread stop sharing what it has with others.
    #[expect(unsafe_code, reason = "there is no safe call for it")]
    let done = unsafe { libc::unshare(libc::CLONE_FS) };
    if done != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset(3) initialises the set that the pointer leads to.
    #[expect(unsafe_code, reason = "there is no safe call for it")]
    unsafe {
        libc::sigfillset(all.as_mut_ptr())
    };
    // SAFETY: pthread_sigmask(3): the set was initialised in the lines above; the old one is not asked for.
    #[expect(unsafe_code, reason = "there is no safe call for it")]
    let failed = unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), ptr::null_mut()) };
    if failed == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(failed)) }
}

#[cfg(test)]
mod tests;
