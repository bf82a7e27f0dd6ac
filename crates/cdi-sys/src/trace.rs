//! The events of traced processes (ptrace(2), the `PTRACE_SEIZE` way).

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use libc::{c_int, c_long, c_uint, c_void, id_t, idtype_t};
use rustix::process::Pid;

use crate::filter;

/// What happened to a traced process or thread. Each one but [`Event::Ended`] leaves it stopped, to be [`resume`]d.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It is no more. A whole process ends with its first thread, whose id is the process's. Whoever made it learns of that
    /// only when it is [`reap`]ed, which is to be done before the next event is waited for.
    Ended {
        /// Which.
        pid: Pid,
        /// How.
        ending: Ending,
    },
    /// It executes another program; nothing of that has run yet.
    Executed {
        /// The process.
        pid: Pid,
        /// The thread that executed: it has the process's id now.
        former: Option<Pid>,
    },
    /// It has made a process or a thread, which is traced from its first instruction.
    Created {
        /// The maker.
        pid: Pid,
        /// What it made.
        child: Pid,
    },
    /// It is about to make a call that the filter stops.
    Filtered {
        /// The process or thread.
        pid: Pid,
        /// The call.
        call: Call,
    },
    /// Something without meaning for a report.
    Stopped {
        /// The process or thread.
        pid: Pid,
        /// How it goes on.
        resume: Resume,
    },
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this code.
    Code(u8),
    /// By this signal.
    Signal(u8),
}

/// A call that the filter stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// mmap(2) of a file, executable.
    Map {
        /// The file's descriptor in the process.
        descriptor: i32,
    },
    /// mprotect(2) or pkey_mprotect(2) that makes memory executable.
    Protect {
        /// The first address.
        start: u64,
        /// The number of bytes.
        length: u64,
    },
    /// personality(2) that makes all readable memory executable.
    ReadImpliesExec,
    /// Any call through an interface that the filter does not understand: 32 bits, x32.
    Foreign,
}

/// How a stopped process goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// It runs.
    Run,
    /// It gets this signal.
    Deliver(i32),
    /// It stays stopped, as its user's shell asked, until it is continued.
    Stay,
}

/// What waiting for an event gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// An event.
    Event(Event),
    /// Nothing has happened.
    Quiet,
    /// There is no child any more.
    NoChild,
}

const OPTIONS: c_int = libc::PTRACE_O_EXITKILL
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACESECCOMP;

/// Begins to trace a child, and all that it starts.
pub(crate) fn seize(pid: Pid) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, pid, ptr::null_mut(), OPTIONS as usize as *mut c_void).map(drop)
}

/// Waits for the next event of this thread's children; without `block` it does not wait. The thread must have no
/// other children: their ends would be taken for those of traced ones.
///
/// # Errors
/// waitid(2) failed, which no state of the children causes.
pub fn next_event(block: bool) -> io::Result<Next> {
    let wait_for = if block { 0 } else { libc::WNOHANG };
    next(libc::WEXITED | libc::WSTOPPED | wait_for)
}

/// The next event that has happened and is no end: for as long as an end waits to be [`reap`]ed.
///
/// # Errors
/// As [`next_event`].
pub fn next_stop() -> io::Result<Next> {
    next(libc::WSTOPPED | libc::WNOHANG)
}

/// Takes the end of a process or thread out of the kernel's list, which tells it to whoever made that.
///
/// # Errors
/// It has not ended, or is no child of this thread's.
pub fn reap(pid: Pid) -> io::Result<()> {
    wait(libc::P_PID, id(pid), libc::WEXITED).map(drop)
}

/// Whether a traced process or thread is no more, reaped or not.
pub fn has_ended(pid: Pid) -> bool {
    match wait(libc::P_PID, id(pid), libc::WEXITED | libc::WNOHANG | libc::WNOWAIT) {
        Ok(change) => change.is_some(),
        Err(error) => error.raw_os_error() == Some(libc::ECHILD),
    }
}

fn next(options: c_int) -> io::Result<Next> {
    loop {
        let change = match wait(libc::P_ALL, 0, options | libc::WNOWAIT) {
            Ok(Some(change)) => change,
            Ok(None) => return Ok(Next::Quiet),
            Err(error) if error.raw_os_error() == Some(libc::ECHILD) => return Ok(Next::NoChild),
            Err(error) => return Err(error),
        };
        if let Some(ending) = change.ending() {
            return Ok(Next::Event(Event::Ended { pid: change.pid, ending }));
        }
        // One that was killed meanwhile is no longer stopped.
        if let Ok(Some(stop)) = wait(libc::P_PID, id(change.pid), libc::WSTOPPED | libc::WNOHANG) {
            return Ok(Next::Event(event(stop.pid, stop.status)?));
        }
    }
}

/// What became of a child, in the words of `siginfo_t`.
struct Change {
    pid: Pid,
    code: c_int,
    status: c_int,
}

impl Change {
    fn ending(&self) -> Option<Ending> {
        let byte = u8::try_from(self.status & 0xff).unwrap_or(u8::MAX);
        match self.code {
            libc::CLD_EXITED => Some(Ending::Code(byte)),
            libc::CLD_KILLED | libc::CLD_DUMPED => Some(Ending::Signal(byte & 0x7f)),
            _ => None,
        }
    }
}

fn id(pid: Pid) -> id_t {
    pid.as_raw_nonzero().get().unsigned_abs()
}

/// waitid(2) for children of this thread, threads of theirs included; none if there is nothing to tell.
fn wait(kind: idtype_t, id: id_t, options: c_int) -> io::Result<Option<Change>> {
    // SAFETY: waitid(2): all zeros are a `siginfo_t`.
    #[expect(unsafe_code, reason = "a C structure with private members")]
    let mut info = unsafe { MaybeUninit::<libc::siginfo_t>::zeroed().assume_init() };
    let options = options | libc::__WALL | libc::__WNOTHREAD;
    // SAFETY: waitid(2): numbers, and a structure that outlives the call and is nobody else's.
    #[expect(unsafe_code, reason = "no safe call tells whom it is about")]
    while unsafe { libc::waitid(kind, id, &raw mut info, options) } != 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    // SAFETY: waitid(2) fills in the number, or leaves it zero if there is nothing to tell.
    #[expect(unsafe_code, reason = "a member of a C union")]
    let pid = unsafe { info.si_pid() };
    // SAFETY: waitid(2) fills in the status as well.
    #[expect(unsafe_code, reason = "a member of a C union")]
    let status = unsafe { info.si_status() };
    Ok(Pid::from_raw(pid).map(|pid| Change { pid, code: info.si_code, status }))
}

/// Lets a stopped process go on. One that was killed meanwhile is none to care about: its end will be an event.
///
/// # Errors
/// The process is not stopped or not traced by this thread.
pub fn resume(pid: Pid, how: Resume) -> io::Result<()> {
    let (call, signal) = match how {
        Resume::Run => (libc::PTRACE_CONT, 0),
        Resume::Deliver(signal) => (libc::PTRACE_CONT, signal),
        Resume::Stay => (libc::PTRACE_LISTEN, 0),
    };
    let signal = usize::try_from(signal).unwrap_or(0) as *mut c_void;
    match request(call, pid, ptr::null_mut(), signal) {
        Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Err(error),
        _ => Ok(()),
    }
}

/// What a stop means. Its status is the signal, with the event of ptrace(2) above it.
fn event(pid: Pid, status: c_int) -> io::Result<Event> {
    let (signal, what) = (status & 0xff, status >> 8);
    match what {
        libc::PTRACE_EVENT_EXEC => Ok(Event::Executed { pid, former: message(pid)? }),
        libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
            Ok(match message(pid)? {
                Some(child) => Event::Created { pid, child },
                None => Event::Stopped { pid, resume: Resume::Run },
            })
        }
        libc::PTRACE_EVENT_SECCOMP => filtered(pid),
        libc::PTRACE_EVENT_STOP if signal != libc::SIGTRAP => {
            Ok(Event::Stopped { pid, resume: Resume::Stay })
        }
        0 => Ok(Event::Stopped { pid, resume: Resume::Deliver(signal) }),
        _ => Ok(Event::Stopped { pid, resume: Resume::Run }),
    }
}

/// The process id that comes with an event; `None` if the process was killed meanwhile, or the id is another namespace's.
fn message(pid: Pid) -> io::Result<Option<Pid>> {
    let mut message: libc::c_ulong = 0;
    let asked = request(libc::PTRACE_GETEVENTMSG, pid, ptr::null_mut(), ptr::from_mut(&mut message).cast());
    match asked {
        Ok(_) => Ok(i32::try_from(message).ok().and_then(Pid::from_raw)),
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `struct ptrace_syscall_info` of linux/ptrace.h, with the part that a filter's stop fills in.
#[repr(C)]
#[derive(Default)]
struct CallInfo {
    op: u8,
    padding: [u8; 3],
    arch: u32,
    instruction_pointer: u64,
    stack_pointer: u64,
    number: u64,
    arguments: [u64; 6],
    data: u32,
    padding_2: u32,
}

/// `PTRACE_GET_SYSCALL_INFO` and the `op` of a filter's stop (since Linux 5.3).
const GET_SYSCALL_INFO: c_uint = 0x420e;
const OF_A_FILTER: u8 = 3;

fn filtered(pid: Pid) -> io::Result<Event> {
    let mut info = CallInfo::default();
    let size = size_of::<CallInfo>() as *mut c_void;
    match request(GET_SYSCALL_INFO, pid, size, ptr::from_mut(&mut info).cast()) {
        Ok(_) => {}
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {
            return Ok(Event::Stopped { pid, resume: Resume::Run });
        }
        Err(error) => return Err(error),
    }
    let [start, length, _, _, descriptor, _] = info.arguments;
    let call = match u16::try_from(info.data).unwrap_or(filter::FOREIGN) {
        _ if info.op != OF_A_FILTER => Call::Foreign,
        // The kernel takes an `int`: the low half, whatever stands above it.
        filter::MAP => Call::Map { descriptor: (descriptor as u32).cast_signed() },
        filter::PROTECT => Call::Protect { start, length },
        // All ones only ask for the present value.
        filter::PERSONALITY if start as u32 == u32::MAX => {
            return Ok(Event::Stopped { pid, resume: Resume::Run });
        }
        filter::PERSONALITY => Call::ReadImpliesExec,
        _ => Call::Foreign,
    };
    Ok(Event::Filtered { pid, call })
}

fn request(call: c_uint, pid: Pid, address: *mut c_void, data: *mut c_void) -> io::Result<c_long> {
    // SAFETY: ptrace(2): the requests made in this module take numbers in the place of pointers, but for
    // PTRACE_GETEVENTMSG (`data` leads to an unsigned long) and PTRACE_GET_SYSCALL_INFO (`data` leads to `address`
    // bytes); both are given exclusive references to values of that size that outlive the call.
    #[expect(unsafe_code, reason = "there is no safe call for it")]
    let result = unsafe { libc::ptrace(call, pid.as_raw_nonzero().get(), address, data) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
