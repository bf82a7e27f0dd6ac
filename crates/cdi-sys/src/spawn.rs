//! Starting a program that is traced before its first instruction.

use std::ffi::{CStr, CString, c_char, c_int};
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, BorrowedFd};

use rustix::process::{Pid, Signal, WaitOptions, getgid, getuid, kill_process, waitpid};

use crate::newborn::{self, Done, errno, exit, pointers};
use crate::notify::Listener;
use crate::{filter, trace};

/// What is to be started. It has its three standard descriptors, and no other.
#[derive(Debug)]
pub struct Program<'a> {
    /// The file to execute, which is not searched for.
    pub path: &'a CStr,
    /// All arguments, argument zero included.
    pub arguments: &'a [CString],
    /// The whole environment, each entry `NAME=VALUE`.
    pub environment: &'a [CString],
    /// Standard input.
    pub stdin: BorrowedFd<'a>,
    /// Standard output, in place of this process's.
    pub stdout: Option<BorrowedFd<'a>>,
    /// Standard error, in place of this process's.
    pub stderr: Option<BorrowedFd<'a>>,
    /// What the parent is to see of it.
    pub sight: Sight,
    /// A ruleset of Landlock that is to hold for it, with [`Sight::Files`].
    pub fence: Option<BorrowedFd<'a>>,
}

/// What the parent sees of a program beside the processes that it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// The files that become executable memory, as [`crate::Event::Filtered`].
    Code,
    /// The files that it uses in any way: [`Traced::listener`] has the calls, which are the parent's to make.
    Files,
}

/// A program that was not started.
#[derive(Debug)]
pub enum SpawnError {
    /// There is no pipe or no process to be had.
    Resources(io::Error),
    /// The operating system does not let this process trace its child.
    TraceRefused(io::Error),
    /// The operating system does not let this process make its child's calls.
    ListenRefused(io::Error),
    /// The operating system does not hold the child to its ruleset.
    FenceRefused(io::Error),
}

/// How far the child came before the program itself began.
#[derive(Debug)]
pub enum Start {
    /// It executes the program under the filter.
    Filtered,
    /// It executes the program, and the operating system takes no filter: there are no [`crate::Event::Filtered`].
    Unfiltered(io::Error),
    /// It could not execute the program.
    Failed(io::Error),
}

/// A child that is traced. Its events come from [`crate::next_event`], to the thread that started it.
#[derive(Debug)]
pub struct Traced {
    /// The child's process id.
    pub pid: Pid,
    /// Its calls, with [`Sight::Files`]. To be taken before it makes the first one.
    pub listener: Option<Listener>,
    status: PipeReader,
}

impl Traced {
    /// How far the child came. To be asked once, after its first [`crate::Event::Executed`] or its end.
    ///
    /// # Errors
    /// The pipe cannot be read.
    pub fn start(mut self) -> io::Result<Start> {
        let mut messages = Vec::new();
        self.status.read_to_end(&mut messages)?;
        let last = messages.as_chunks::<MESSAGE>().0.last().copied();
        Ok(match last.map(|[stage, errno @ ..]| (stage, errno_of(errno))) {
            None => Start::Filtered,
            Some((UNFILTERED, error)) => Start::Unfiltered(error),
            Some((_, error)) => Start::Failed(error),
        })
    }
}

/// A message of the child: the stage that failed, and the error's number.
const MESSAGE: usize = 5;
const UNFILTERED: u8 = 1;
const FAILED: u8 = 2;
/// No error: the number of the listener stands in its place.
const LISTENING: u8 = 3;
const UNFENCED: u8 = 4;

fn errno_of(bytes: [u8; 4]) -> io::Error {
    io::Error::from_raw_os_error(i32::from_ne_bytes(bytes))
}

/// Starts a program as a traced child. On `Ok` the child and all that it will start are traced by this thread, and are
/// killed when this process ends in whatever way. That the program could be executed does not follow:
/// [`Traced::start`] tells.
///
/// # Errors
/// [`SpawnError`]; there is no child then.
pub fn spawn_traced(program: &Program<'_>) -> Result<Traced, SpawnError> {
    let (mut status, report) = io::pipe().map_err(SpawnError::Resources)?;
    let (wait, mut go) = io::pipe().map_err(SpawnError::Resources)?;
    let filter = match program.sight {
        Sight::Code => filter::program(),
        Sight::Files => filter::asking::program(getuid().as_raw(), getgid().as_raw()),
    };
    let child = Child {
        path: program.path,
        arguments: &pointers(program.arguments),
        environment: &pointers(program.environment),
        standard: [Some(program.stdin), program.stdout, program.stderr]
            .map(|own| own.map(|own| own.as_raw_fd())),
        parent: rustix::process::getpid().as_raw_nonzero().get(),
        filter: libc::sock_fprog {
            len: u16::try_from(filter.len()).unwrap_or(u16::MAX),
            filter: filter.as_ptr().cast_mut(),
        },
        sight: program.sight,
        fence: program.fence.map(|ruleset| ruleset.as_raw_fd()),
        wait: &wait,
        report: &report,
    };
    let pid = fork(&child).map_err(SpawnError::Resources)?;
    // Or its end would not be the end of what it tells.
    drop(report);
    let begun = listen(pid, program.sight, &mut status).and_then(|listener| {
        trace::seize(pid).map_err(SpawnError::TraceRefused)?;
        go.write_all(&[1]).map_err(SpawnError::Resources)?;
        Ok(listener)
    });
    match begun {
        Ok(listener) => Ok(Traced { pid, listener, status }),
        Err(error) => {
            // It waits for the byte that does not come.
            let _ = kill_process(pid, Signal::KILL);
            let _ = waitpid(Some(pid), WaitOptions::empty());
            Err(error)
        }
    }
}

/// Takes the listener that the child has made. It is not traced yet, so that no signal stops it on the way.
fn listen(pid: Pid, sight: Sight, status: &mut PipeReader) -> Result<Option<Listener>, SpawnError> {
    if sight == Sight::Code {
        return Ok(None);
    }
    let mut message = [0; MESSAGE];
    status.read_exact(&mut message).map_err(SpawnError::Resources)?;
    let [stage, number @ ..] = message;
    match stage {
        LISTENING => {
            Listener::of_child(pid, i32::from_ne_bytes(number)).map(Some).map_err(SpawnError::ListenRefused)
        }
        UNFENCED => Err(SpawnError::FenceRefused(errno_of(number))),
        _ => Err(SpawnError::ListenRefused(errno_of(number))),
    }
}

/// All that the child needs, made before it exists: after fork(2) it must not allocate.
struct Child<'a> {
    path: &'a CStr,
    arguments: &'a [*const c_char],
    environment: &'a [*const c_char],
    /// What its standard descriptors are to be; none stays what it is.
    standard: [Option<c_int>; 3],
    parent: c_int,
    filter: libc::sock_fprog,
    sight: Sight,
    fence: Option<c_int>,
    wait: &'a PipeReader,
    report: &'a PipeWriter,
}

fn fork(child: &Child<'_>) -> io::Result<Pid> {
    // SAFETY: fork(2), signal-safety(7): the child of a process that may have threads calls only async-signal-safe
    // functions until it executes or exits; `Child::run` keeps to that and never returns.
    #[expect(unsafe_code, reason = "the child runs code of this process")]
    let pid = unsafe { libc::fork() };
    match pid {
        0 => child.run(),
        pid => Pid::from_raw(pid).filter(|_| pid > 0).ok_or_else(io::Error::last_os_error),
    }
}

impl Child<'_> {
    /// Waits until it is traced, prepares itself, and executes the program.
    fn run(&self) -> ! {
        let tied = newborn::tie_to_parent();
        let untied = errno();
        // SAFETY: getppid(2) always succeeds.
        #[expect(unsafe_code, reason = "async-signal-safe")]
        let parent = unsafe { libc::getppid() };
        if parent != self.parent {
            exit();
        }
        if self.sight == Sight::Files && !(self.stay_within() && self.listen()) {
            exit();
        }
        // Before it is traced its end would be told as a refusal to trace it.
        newborn::wait_for_a_byte(self.wait);
        if !tied {
            self.tell(FAILED, untied);
            exit();
        }
        if !(self.take_standard_descriptors() && newborn::keep_descriptors() && newborn::forget_signals()) {
            self.tell(FAILED, errno());
            exit();
        }
        if self.sight == Sight::Code && self.filter_calls(0) < 0 {
            self.tell(UNFILTERED, errno());
        }
        let (path, arguments, environment) =
            (self.path.as_ptr(), self.arguments.as_ptr(), self.environment.as_ptr());
        // SAFETY: execve(2): `path` ends in a null byte, both arrays in a null pointer, and all that they point to lives
        // as long as `self`. It returns only if it failed.
        #[expect(unsafe_code, reason = "there is no safe call that does not allocate")]
        let _failed: c_int = unsafe { libc::execve(path, arguments, environment) };
        self.tell(FAILED, errno());
        exit()
    }

    fn take_standard_descriptors(&self) -> Done {
        // None of them is a standard one itself: whoever opened it has these three.
        (0..).zip(self.standard).all(|(number, own)| {
            // SAFETY: dup2(2): two numbers.
            #[expect(unsafe_code, reason = "async-signal-safe")]
            let taken = |own| unsafe { libc::dup2(own, number) };
            own.is_none_or(|own| taken(own) == number)
        })
    }

    /// Takes the ruleset upon itself, if there is one. The filter lets nobody make another.
    #[expect(unsafe_code, reason = "both calls are async-signal-safe")]
    fn stay_within(&self) -> Done {
        let Some(ruleset) = self.fence else { return true };
        // SAFETY: prctl(2): this option takes the number one and zeros.
        let held = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 }
            // SAFETY: landlock_restrict_self(2): a descriptor and no flags.
            && unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0) == 0 };
        if !held {
            self.tell(UNFENCED, errno());
        }
        held
    }

    /// Puts the filter in place, and tells the number of the listener that comes with it.
    fn listen(&self) -> Done {
        // Only a signal that kills ends the wait for an answer: a call is never made twice.
        let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
        let listener = self.filter_calls(flags);
        let (stage, number) = if listener < 0 { (UNFILTERED, errno()) } else { (LISTENING, listener) };
        self.tell(stage, number);
        listener >= 0
    }

    /// Puts the filter in place; a negative number if that failed.
    #[expect(unsafe_code, reason = "both calls are async-signal-safe")]
    fn filter_calls(&self, flags: libc::c_ulong) -> c_int {
        // SAFETY: prctl(2): this option takes the number one and zeros. It is what lets anybody use a filter.
        if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
            return -1;
        }
        // The filter guards no secret, so that the kernel need not guard against speculation around it.
        let flags = libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW | flags;
        // SAFETY: seccomp(2): the program's length is that of the array it points to, which outlives the call.
        let result = unsafe {
            libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const self.filter)
        };
        c_int::try_from(result).unwrap_or(-1)
    }

    /// Tells the parent of a stage, with a number: of the error, if it failed.
    fn tell(&self, stage: u8, number: c_int) {
        let [a, b, c, d] = number.to_ne_bytes();
        let message: [u8; MESSAGE] = [stage, a, b, c, d];
        newborn::tell(self.report, message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::without;
    use crate::{Ending, Event, Next, Step, next_event};
    use std::os::fd::AsFd as _;

    /// What becomes of a program that is started under a filter of somebody else's.
    fn under(filter: Vec<libc::sock_filter>) -> Start {
        std::thread::spawn(move || {
            assert!(Step::NoNewPrivileges.taken() && Step::Filter(filter).taken());
            let stdin = std::fs::File::open("/dev/null").unwrap();
            let program = Program {
                path: c"/bin/true",
                arguments: &[c"true".to_owned()],
                environment: &[],
                stdin: stdin.as_fd(),
                stdout: None,
                stderr: None,
                sight: Sight::Code,
                fence: None,
            };
            let traced = spawn_traced(&program).unwrap();
            let ended = Event::Ended { pid: traced.pid, ending: Ending::Code(127) };
            assert_eq!(next_event(true).unwrap(), Next::Event(ended));
            traced.start().unwrap()
        })
        .join()
        .unwrap()
    }

    #[test]
    fn what_cannot_be_kept_from_a_program_keeps_it_from_beginning() {
        let first = libc::PR_SET_PDEATHSIG.unsigned_abs();
        for (call, first) in [(libc::SYS_close_range, 3), (libc::SYS_prctl, first)] {
            let start = under(without(call, first));
            assert!(
                matches!(&start, Start::Failed(error) if error.raw_os_error() == Some(libc::ENOSYS)),
                "{start:?}"
            );
        }
    }
}
