//! The two processes of a launch, from the moment that they exist until the program is executed.
//!
//! Nothing here allocates, and nothing returns: whatever goes wrong is told through the pipe and ends the process.

use std::ffi::{c_char, c_int};
use std::io::{self, PipeReader, PipeWriter};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd as _;
use std::ptr;

use rustix::process::Pid;

use super::messenger::{HANDED_ON, Post, Ready};
use super::step::Trees;
use super::{
    BEFORE, DESCRIPTORS, EXECUTE, EXITED, FORK, LEASH, Launch, MEMORY, MESSAGE, SIGNALLED, SIGNALS, WITHIN,
};
use crate::newborn::{self, errno, exit};

/// All that the processes need, made before they exist.
pub(super) struct Child<'a> {
    pub(super) launch: &'a Launch<'a>,
    pub(super) arguments: &'a [*const c_char],
    pub(super) environment: &'a [*const c_char],
    pub(super) messenger: Option<&'a Ready<'a>>,
    pub(super) wait: &'a PipeReader,
    pub(super) go: &'a PipeWriter,
    pub(super) told: &'a PipeWriter,
}

/// The first process of new namespaces.
pub(super) fn clone(flags: c_int, child: &Child<'_>) -> io::Result<Pid> {
    let flags = flags | libc::SIGCHLD;
    // SAFETY: clone(2), signal-safety(7): without CLONE_VM and with a null stack it is fork(2); the child of a process
    // that may have threads calls only async-signal-safe functions; `Child::first` keeps to that and never returns.
    #[expect(unsafe_code, reason = "the child runs code of this process")]
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match i32::try_from(pid) {
        Ok(0) => child.first(),
        Ok(pid) if pid > 0 => Pid::from_raw(pid).ok_or_else(io::Error::last_os_error),
        _ => Err(io::Error::last_os_error()),
    }
}

impl Child<'_> {
    /// Prepares the namespaces, starts the program's process, and waits for its end.
    #[expect(unsafe_code, reason = "each call is async-signal-safe")]
    fn first(&self) -> ! {
        // SAFETY: close(2): the descriptor is this process's own copy, and nobody uses it here.
        unsafe { libc::close(self.go.as_raw_fd()) };
        let tied = newborn::tie_to_parent();
        let untied = errno();
        // SAFETY: signal(2): the default action is no handler. Where it is ignored, no child can be waited for.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
        // Whoever launched may have died before the line above: then nobody sends the byte.
        newborn::wait_for_a_byte(self.wait);
        if !tied {
            self.tell(LEASH, 0, untied);
            exit();
        }
        let signals = self.block_signals();
        let mut trees = Trees::NONE;
        for (number, step) in self.launch.before.iter().enumerate() {
            if !step.take(&mut trees) {
                self.fail(BEFORE, number);
            }
        }
        // SAFETY: prctl(2): this option takes a zero. The program must not read what this process has in its memory.
        if unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0) } != 0 {
            self.fail(MEMORY, 0);
        }
        // SAFETY: clone(2): as in `clone`. The library's fork(3) takes locks, which a thread of the parent may have held.
        let pid = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
        match c_int::try_from(pid) {
            Ok(0) => self.program(),
            Ok(pid) if pid > 0 => self.wait_for_the_program(pid, &signals),
            _ => self.fail(FORK, 0),
        }
    }

    /// The program's process.
    #[expect(unsafe_code, reason = "each call is async-signal-safe")]
    fn program(&self) -> ! {
        // What is not marked the program would inherit.
        if !newborn::keep_descriptors() {
            self.fail(DESCRIPTORS, 0);
        }
        if !newborn::forget_signals() {
            self.fail(SIGNALS, 0);
        }
        // SAFETY: setpgid(2): two zeros mean this process. It leads no session, so that it cannot fail.
        if self.messenger.is_some() && unsafe { libc::setpgid(0, 0) } != 0 {
            self.fail(SIGNALS, 0);
        }
        let mut trees = Trees::NONE;
        for (number, step) in self.launch.within.iter().enumerate() {
            if !step.take(&mut trees) {
                self.fail(WITHIN, number);
            }
        }
        newborn::execute(self.launch.executable.as_raw_fd(), self.arguments, self.environment);
        self.fail(EXECUTE, 0)
    }

    /// Waits for the program's end, hands signals on to it meanwhile, and tells how it ended.
    #[expect(unsafe_code, reason = "each call is async-signal-safe, or a plain system call")]
    fn wait_for_the_program(&self, program: c_int, signals: &libc::sigset_t) -> ! {
        let mut post = Post::default();
        loop {
            let pause = post.pause();
            let patience = pause.as_ref().map_or(ptr::null(), ptr::from_ref);
            let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
            // SAFETY: sigtimedwait(2): pointers from references to values of these types; a null one means no end of patience.
            let signal = unsafe { libc::sigtimedwait(signals, info.as_mut_ptr(), patience) };
            // SAFETY: it is zeros or what the kernel wrote, and any bytes are a `siginfo_t`.
            let from_a_terminal = unsafe { info.assume_init() }.si_code == libc::SI_KERNEL;
            match (signal, self.messenger) {
                (libc::SIGCHLD, _) => self.reap(program, &mut post),
                (1.., Some(_)) => post.take(signal),
                // The terminal has sent it to the program, too.
                (1.., None) if from_a_terminal => {}
                (1.., None) => {
                    // SAFETY: kill(2): two numbers. The program has not been waited for, so that its number is its own.
                    unsafe { libc::kill(program, signal) };
                }
                _ => post.rested(),
            }
            if let Some(messenger) = self.messenger {
                post.send(messenger);
            }
        }
    }

    /// Waits for whoever has ended; if it was the program, so does this process.
    #[expect(unsafe_code, reason = "the call is async-signal-safe")]
    fn reap(&self, program: c_int, post: &mut Post) {
        loop {
            let mut status: c_int = 0;
            // SAFETY: waitpid(2): the pointer comes from a reference.
            let ended = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
            if ended <= 0 {
                return;
            }
            if ended == program {
                let (about, value) = if libc::WIFEXITED(status) {
                    (EXITED, libc::WEXITSTATUS(status))
                } else {
                    (SIGNALLED, libc::WTERMSIG(status))
                };
                self.tell(about, 0, value);
                exit();
            }
            post.returned(ended, libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0);
        }
    }

    /// Blocks the signals that this process answers, those that are handed on and that of a child that has ended: the first process
    /// of a namespace gets no others.
    #[expect(unsafe_code, reason = "each call is async-signal-safe")]
    fn block_signals(&self) -> libc::sigset_t {
        let mut answered = MaybeUninit::<libc::sigset_t>::zeroed();
        // SAFETY: sigemptyset(3) initialises the set that the pointer leads to.
        unsafe { libc::sigemptyset(answered.as_mut_ptr()) };
        for signal in HANDED_ON.map(|(signal, _)| signal).into_iter().chain([libc::SIGCHLD]) {
            // SAFETY: sigaddset(3): the set was initialised above.
            unsafe { libc::sigaddset(answered.as_mut_ptr(), signal) };
        }
        // SAFETY: sigprocmask(2): the set was initialised above; the old one is not asked for.
        unsafe { libc::sigprocmask(libc::SIG_BLOCK, answered.as_ptr(), ptr::null_mut()) };
        // SAFETY: it was initialised above.
        unsafe { answered.assume_init() }
    }

    /// Tells at what it failed, with the error of the last call, and ends the process.
    fn fail(&self, about: u8, number: usize) -> ! {
        self.tell(about, number, errno());
        exit()
    }

    fn tell(&self, about: u8, number: usize, value: i32) {
        let [low, high] = u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes();
        let [a, b, c, d] = value.to_le_bytes();
        let message: [u8; MESSAGE] = [about, 0, low, high, a, b, c, d];
        newborn::tell(self.told, message);
    }
}
