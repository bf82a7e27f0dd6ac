//! Whoever hands signals on to a program that is no child of the launch's first process, as the one in a container is.
//!
//! A runtime that ends by a signal instead of handing it on would take the program with it. So each signal is carried by a
//! program of its own, in the namespaces of the first process: what the runtime offers for that.

use std::ffi::{CString, c_char, c_int};
use std::os::fd::{AsRawFd as _, BorrowedFd};

use super::step::{Step, Trees};
use crate::newborn::{self, pointers};

/// Signals that are handed on to a program, with the names by which a messenger is told of them.
pub(super) const HANDED_ON: [(c_int, &str); 4] =
    [(libc::SIGHUP, "HUP"), (libc::SIGINT, "INT"), (libc::SIGQUIT, "QUIT"), (libc::SIGTERM, "TERM")];

/// How long it takes until another is sent, if one has failed, in nanoseconds: the container may not be there yet.
const PAUSE: i64 = 50_000_000;

/// A program that hands one signal on. It is sent again until it ends with 0, or the program has ended.
#[derive(Debug)]
pub struct Messenger<'a> {
    executable: BorrowedFd<'a>,
    environment: Vec<CString>,
    within: Vec<Step<'a>>,
    arguments: [Vec<CString>; HANDED_ON.len()],
}

impl<'a> Messenger<'a> {
    /// What `executable` is told of a signal are the arguments of its name (`TERM`), argument zero included; `within` is taken by
    /// its process before.
    ///
    /// # Errors
    /// The first that `arguments` gives.
    pub fn new<E>(
        executable: BorrowedFd<'a>,
        environment: Vec<CString>,
        within: Vec<Step<'a>>,
        arguments: impl Fn(&'static str) -> Result<Vec<CString>, E>,
    ) -> Result<Self, E> {
        let [hup, int, quit, term] = HANDED_ON.map(|(_, name)| arguments(name));
        Ok(Self { executable, environment, within, arguments: [hup?, int?, quit?, term?] })
    }

    /// All that its processes need, made before they exist.
    pub(super) fn ready(&self) -> Ready<'_> {
        let arguments = self.arguments.each_ref().map(|texts| pointers(texts));
        Ready { messenger: self, environment: pointers(&self.environment), arguments }
    }
}

/// A messenger with what execveat(2) takes.
pub(super) struct Ready<'m> {
    messenger: &'m Messenger<'m>,
    environment: Vec<*const c_char>,
    arguments: [Vec<*const c_char>; HANDED_ON.len()],
}

/// Signals that are on their way.
#[derive(Default)]
pub(super) struct Post {
    waiting: [bool; HANDED_ON.len()],
    under_way: Option<(c_int, usize)>,
    pausing: bool,
}

impl Post {
    /// A signal has come.
    pub(super) fn take(&mut self, signal: c_int) {
        for (waiting, (number, _)) in self.waiting.iter_mut().zip(HANDED_ON) {
            *waiting |= number == signal;
        }
    }

    /// How long nothing is to be sent, if something waits for that.
    pub(super) fn pause(&self) -> Option<libc::timespec> {
        self.pausing.then_some(libc::timespec { tv_sec: 0, tv_nsec: PAUSE })
    }

    /// The pause is over.
    pub(super) fn rested(&mut self) {
        self.pausing = false;
    }

    /// A process has ended; whether it was the messenger that was under way.
    pub(super) fn returned(&mut self, pid: c_int, delivered: bool) {
        if let Some((_, number)) = self.under_way.take_if(|(messenger, _)| *messenger == pid) {
            self.again(number, delivered);
        }
    }

    fn again(&mut self, number: usize, delivered: bool) {
        if let Some(waiting) = self.waiting.get_mut(number) {
            *waiting |= !delivered;
        }
        self.pausing |= !delivered;
    }

    /// Sends a messenger with the first signal that waits, one at a time.
    pub(super) fn send(&mut self, ready: &Ready<'_>) {
        if self.pausing || self.under_way.is_some() {
            return;
        }
        let Some(number) = self.waiting.iter().position(|waits| *waits) else { return };
        if let Some(waiting) = self.waiting.get_mut(number) {
            *waiting = false;
        }
        // SAFETY: clone(2), signal-safety(7): without CLONE_VM and with a null stack it is fork(2), without the library's
        // locks; the child calls only async-signal-safe functions and never returns.
        #[expect(unsafe_code, reason = "the child runs code of this process")]
        let pid = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
        match c_int::try_from(pid) {
            Ok(0) => ready.go(number),
            Ok(pid) if pid > 0 => self.under_way = Some((pid, number)),
            _ => self.again(number, false),
        }
    }
}

impl Ready<'_> {
    /// Becomes the messenger. Whatever goes wrong ends the process, with a status that is not 0.
    fn go(&self, number: usize) -> ! {
        let Some(arguments) = self.arguments.get(number) else { newborn::exit() };
        let mut trees = Trees::NONE;
        let ready = newborn::keep_descriptors() && newborn::forget_signals();
        if !ready || !self.messenger.within.iter().all(|step| step.take(&mut trees)) {
            newborn::exit();
        }
        newborn::execute(self.messenger.executable.as_raw_fd(), arguments, &self.environment);
        newborn::exit()
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;
    use std::time::Duration;

    use rustix::process::{Signal, kill_process};

    use super::super::{Launch, Namespace, Outcome, Stream, launch};
    use super::*;
    use crate::Ending;

    /// A program that waits to be told by a messenger, which fails the first time.
    #[test]
    fn a_signal_is_carried_until_it_has_arrived() {
        let shell = std::fs::File::open("/bin/sh").unwrap();
        let folder = std::env::temp_dir().join(format!("cdi-messenger-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let words = |script: String| -> Vec<CString> {
            ["sh".to_owned(), "-c".to_owned(), script].map(|text| CString::new(text).unwrap()).into()
        };
        let path = |name: &str| folder.join(name).display().to_string();
        let (ready, tried) = (path("ready"), path("tried"));
        let messenger = Messenger::new(shell.as_fd(), vec![], vec![], |name| {
            let script = format!("[ -e {tried} ] && kill -{name} 2; s=$?; : > {tried}; exit $s");
            Ok::<_, std::convert::Infallible>(words(script))
        });
        let wait = format!("trap 'exit 7' TERM; : > {ready}; while :; do read x; done");
        let (input, _writer) = std::io::pipe().unwrap();
        let root = rustix::process::geteuid().is_root();
        let Ok(messenger) = messenger;
        let wanted = Launch {
            executable: shell.as_fd(),
            arguments: words(wait),
            environment: Vec::new(),
            namespaces: if root { &[] } else { &[Namespace::Users] },
            before: Vec::new(),
            within: vec![Step::Lead { stream: Stream::Input, to: input.as_fd() }],
            messenger: Some(messenger),
        };
        let launched = launch(&wanted).unwrap();
        while !folder.join("ready").exists() {
            std::thread::yield_now();
        }
        kill_process(launched.pid(), Signal::TERM).unwrap();
        let outcome = launched.wait(Some(Duration::from_secs(20))).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(matches!(outcome, Outcome::Ended(Ending::Code(7))), "{outcome:?}");
    }
}
