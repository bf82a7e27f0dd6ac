//! Starting a program that is traced before its first instruction.

use std::ffi::{CStr, CString, c_char, c_int};
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::ptr;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::{filter, trace};

/// What is to be started. Standard output and error are inherited; every other descriptor is closed.
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
}

/// A program that was not started.
#[derive(Debug)]
pub enum SpawnError {
    /// There is no pipe or no process to be had.
    Resources(io::Error),
    /// The operating system does not let this process trace its child.
    TraceRefused(io::Error),
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
    let (status, report) = io::pipe().map_err(SpawnError::Resources)?;
    let (wait, mut go) = io::pipe().map_err(SpawnError::Resources)?;
    let filter = filter::program();
    let child = Child {
        path: program.path,
        arguments: &pointers(program.arguments),
        environment: &pointers(program.environment),
        stdin: program.stdin.as_raw_fd(),
        parent: rustix::process::getpid().as_raw_nonzero().get(),
        filter: libc::sock_fprog {
            len: u16::try_from(filter.len()).unwrap_or(u16::MAX),
            filter: filter.as_ptr().cast_mut(),
        },
        wait: &wait,
        report: &report,
    };
    let pid = fork(&child).map_err(SpawnError::Resources)?;
    let begun = trace::seize(pid)
        .map_err(SpawnError::TraceRefused)
        .and_then(|()| go.write_all(&[1]).map_err(SpawnError::Resources));
    if let Err(error) = begun {
        // It waits for the byte that does not come.
        let _ = kill_process(pid, Signal::KILL);
        let _ = waitpid(Some(pid), WaitOptions::empty());
        return Err(error);
    }
    Ok(Traced { pid, status })
}

/// A null-terminated array of pointers, as execve(2) takes it; valid as long as `texts`.
fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

/// All that the child needs, made before it exists: after fork(2) it must not allocate.
struct Child<'a> {
    path: &'a CStr,
    arguments: &'a [*const c_char],
    environment: &'a [*const c_char],
    stdin: c_int,
    parent: c_int,
    filter: libc::sock_fprog,
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
    /// Prepares the child, waits until it is traced, and executes the program.
    fn run(&self) -> ! {
        self.prepare();
        self.wait_for_the_tracer();
        if !self.filter_calls() {
            self.tell(UNFILTERED);
        }
        let (path, arguments, environment) =
            (self.path.as_ptr(), self.arguments.as_ptr(), self.environment.as_ptr());
        // SAFETY: execve(2): `path` ends in a null byte, both arrays in a null pointer, and all that they point to lives
        // as long as `self`. It returns only if it failed.
        #[expect(unsafe_code, reason = "there is no safe call that does not allocate")]
        let _failed: c_int = unsafe { libc::execve(path, arguments, environment) };
        self.tell(FAILED);
        exit()
    }

    /// Dies with its parent; has standard input, no descriptors but the first three, and no blocked signals.
    #[expect(unsafe_code, reason = "each call is async-signal-safe")]
    fn prepare(&self) {
        // SAFETY: prctl(2): this option takes a signal and no pointer.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        // SAFETY: getppid(2) always succeeds.
        if unsafe { libc::getppid() } != self.parent {
            exit();
        }
        // SAFETY: dup2(2): two numbers; a failure shows in its result.
        if unsafe { libc::dup2(self.stdin, 0) } < 0 {
            self.tell(FAILED);
            exit();
        }
        // SAFETY: close_range(2): marks descriptors to be closed by execve(2), the two pipes among them, and closes none.
        unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
        // SAFETY: signal(2): the default action is no handler. Rust ignores SIGPIPE, programs expect that it ends them.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        let mut none = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: sigemptyset(3) initialises the set that the pointer leads to.
        unsafe { libc::sigemptyset(none.as_mut_ptr()) };
        // SAFETY: sigprocmask(2): the set was initialised in the line above; the old one is not asked for.
        unsafe { libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), ptr::null_mut()) };
    }

    fn wait_for_the_tracer(&self) {
        let mut byte = 0_u8;
        // SAFETY: read(2): the buffer is one byte long and is written to by nobody else.
        #[expect(unsafe_code, reason = "async-signal-safe, unlike the standard library's promises")]
        let read = unsafe { libc::read(self.wait.as_raw_fd(), ptr::from_mut(&mut byte).cast(), 1) };
        if read != 1 {
            exit();
        }
    }

    /// Puts the filter in place; whether that is so now.
    #[expect(unsafe_code, reason = "both calls are async-signal-safe")]
    fn filter_calls(&self) -> bool {
        // SAFETY: prctl(2): this option takes the number one and zeros. It is what lets anybody use a filter.
        if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } != 0 {
            return false;
        }
        // The filter confines nothing, so that the kernel need not guard against speculation around it.
        let flags = libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW;
        // SAFETY: seccomp(2): the program's length is that of the array it points to, which outlives the call.
        unsafe {
            libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const self.filter)
                == 0
        }
    }

    /// Tells the parent that a stage failed, with the error of the last call.
    fn tell(&self, stage: u8) {
        // `last_os_error` reads errno and allocates nothing.
        let errno = io::Error::last_os_error().raw_os_error().unwrap_or(0).to_ne_bytes();
        let [a, b, c, d] = errno;
        let message: [u8; MESSAGE] = [stage, a, b, c, d];
        // SAFETY: write(2): as many bytes as the array has. Fewer than PIPE_BUF are written whole or not at all.
        #[expect(unsafe_code, reason = "async-signal-safe, unlike the standard library's promises")]
        let _ = unsafe { libc::write(self.report.as_raw_fd(), message.as_ptr().cast(), MESSAGE) };
    }
}

fn exit() -> ! {
    // SAFETY: _exit(2) ends the process at once, without running anything of the parent's.
    #[expect(unsafe_code, reason = "exit handlers of the parent must not run in the child")]
    unsafe {
        libc::_exit(127)
    }
}
