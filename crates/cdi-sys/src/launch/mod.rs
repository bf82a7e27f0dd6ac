//! Starting a program in namespaces of its own, from a descriptor, and its end.
//!
//! Two processes begin: the *first* of the new namespaces, which prepares them and waits, and the program's. When the
//! program ends, or the first is killed, or the process that launched dies in whatever way, the kernel ends all processes
//! of the namespace: nothing that the program started outlives it.

mod child;
mod file;
mod messenger;
mod step;

pub use messenger::Messenger;
pub use step::{Resource, Step, Stream, TREES, TreeAccess};

use std::ffi::{CString, c_int};
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, pidfd_open, pidfd_send_signal, waitpid};

use self::child::Child;
use crate::Ending;
use crate::newborn::pointers;

/// A namespace that is the program's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// Users and rights.
    Users,
    /// Mounts.
    Mounts,
    /// Networks.
    Network,
    /// Message queues and shared memory.
    Ipc,
    /// The host's name.
    Host,
    /// Control groups.
    ControlGroups,
}

impl Namespace {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Users, Self::Mounts, Self::Network, Self::Ipc, Self::Host, Self::ControlGroups];

    const fn flag(self) -> c_int {
        match self {
            Self::Users => libc::CLONE_NEWUSER,
            Self::Mounts => libc::CLONE_NEWNS,
            Self::Network => libc::CLONE_NEWNET,
            Self::Ipc => libc::CLONE_NEWIPC,
            Self::Host => libc::CLONE_NEWUTS,
            Self::ControlGroups => libc::CLONE_NEWCGROUP,
        }
    }
}

/// What is to be started, and how. Standard input, output and error are inherited, if no step leads them elsewhere, and no
/// other descriptor is.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The file to execute. It is executed itself: no path is looked up.
    pub executable: BorrowedFd<'a>,
    /// All arguments, argument zero included.
    pub arguments: Vec<CString>,
    /// The whole environment, each entry `NAME=VALUE`.
    pub environment: Vec<CString>,
    /// Namespaces of its own, beside that of processes.
    pub namespaces: &'a [Namespace],
    /// Taken by the first process of the namespaces, before there is another.
    pub before: Vec<Step<'a>>,
    /// Taken by the program's process, before it is the program.
    pub within: Vec<Step<'a>>,
    /// Who hands signals on, if they are not simply sent to the program's process. Then that has a process group of its own, and
    /// gets none that a terminal or somebody else sends to the group of whoever launches.
    pub messenger: Option<Messenger<'a>>,
}

/// A program that was launched.
#[derive(Debug)]
#[must_use]
pub struct Launched {
    first: Pid,
    handle: OwnedFd,
    report: PipeReader,
}

/// How it came to its end.
#[derive(Debug)]
pub enum Outcome {
    /// The program ended by itself.
    Ended(Ending),
    /// Its time was up, and it was killed with all that it had started.
    TimeUp,
    /// It never began.
    NotStarted(Hindrance, io::Error),
    /// Somebody killed the first process of its namespaces, and all with it.
    Killed,
}

/// At what a start failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// A step of [`Launch::before`], by its number.
    Before(usize),
    /// A step of [`Launch::within`], by its number.
    Within(usize),
    /// It would outlive whoever launched it.
    Leash,
    /// It could read the memory of whoever prepared it.
    Memory,
    /// It would inherit descriptors.
    Descriptors,
    /// It would inherit what signals mean to whoever launched it.
    Signals,
    /// There was no process for it.
    Fork,
    /// The file was not executed.
    Execute,
    /// What its process told has no meaning.
    Unknown(u8),
}

/// Starts a program. On `Ok` it is under way, and what it is to be is settled; whether it begins, [`Launched::wait`] tells.
///
/// # Errors
/// There are no pipes, no processes or no such namespaces to be had.
pub fn launch(launch: &Launch<'_>) -> io::Result<Launched> {
    let (report, told) = io::pipe()?;
    let (wait, mut go) = io::pipe()?;
    let messenger = launch.messenger.as_ref().map(Messenger::ready);
    let flags = launch.namespaces.iter().fold(libc::CLONE_NEWPID, |flags, one| flags | one.flag());
    let child = Child {
        launch,
        arguments: &pointers(&launch.arguments),
        environment: &pointers(&launch.environment),
        messenger: messenger.as_ref(),
        wait: &wait,
        go: &go,
        told: &told,
    };
    let first = child::clone(flags, &child)?;
    drop((told, wait));
    let handle = match pidfd_open(first, PidfdFlags::empty()) {
        Ok(handle) => handle,
        Err(error) => {
            // It waits for a byte, and ends at the end of the pipe.
            drop(go);
            let _ = waitpid(Some(first), WaitOptions::empty());
            return Err(error.into());
        }
    };
    let launched = Launched { first, handle, report };
    go.write_all(&[1])?;
    Ok(launched)
}

/// A message of a child: what it is about, a number, and an error's or a status's.
const MESSAGE: usize = 8;
const BEFORE: u8 = 1;
const WITHIN: u8 = 2;
const FORK: u8 = 3;
const EXECUTE: u8 = 4;
const EXITED: u8 = 5;
const SIGNALLED: u8 = 6;
const LEASH: u8 = 7;
const MEMORY: u8 = 8;
const DESCRIPTORS: u8 = 9;
const SIGNALS: u8 = 10;

impl Launched {
    /// The process to which signals are sent that are meant for the program: it hands them on.
    #[must_use]
    pub const fn pid(&self) -> Pid {
        self.first
    }

    /// Waits for the end, but not beyond `time`: then everything is killed. When it returns there is no process left.
    ///
    /// # Errors
    /// The kernel does not tell of it. It was killed then.
    pub fn wait(mut self, time: Option<Duration>) -> io::Result<Outcome> {
        let ended = self.ended(time)?;
        if !ended {
            self.kill();
        }
        let _ = waitpid(Some(self.first), WaitOptions::empty())?;
        let mut messages = Vec::new();
        // Whoever writes has been waited for, so that all is there; another launch of this process may hold the pipe open.
        rustix::io::ioctl_fionbio(&self.report, true)?;
        match self.report.read_to_end(&mut messages) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => drop(read?),
        }
        // What went wrong stands before what came of it.
        let first = messages.as_chunks::<MESSAGE>().0.first().copied();
        Ok(match first {
            Some(message) => outcome(message),
            None if ended => Outcome::Killed,
            None => Outcome::TimeUp,
        })
    }

    fn ended(&self, time: Option<Duration>) -> io::Result<bool> {
        let begun = Instant::now();
        loop {
            let left = time.map(|time| time.saturating_sub(begun.elapsed()));
            let left = left.map(|left| Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            });
            let mut ends = [PollFd::from_borrowed_fd(self.handle.as_fd(), PollFlags::IN)];
            match poll(&mut ends, left.as_ref()) {
                Ok(0) => return Ok(false),
                Ok(_) => return Ok(true),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    self.kill();
                    return Err(error.into());
                }
            }
        }
    }

    /// The first process of a namespace takes all others with it.
    fn kill(&self) {
        // It has not been waited for, so that the descriptor means it; if it has just ended, all is well.
        let _ = pidfd_send_signal(&self.handle, Signal::KILL);
    }
}

fn outcome(message: [u8; MESSAGE]) -> Outcome {
    let [about, _, low, high, a, b, c, d] = message;
    let (number, value) = (usize::from(u16::from_le_bytes([low, high])), i32::from_le_bytes([a, b, c, d]));
    let byte = u8::try_from(value).unwrap_or(u8::MAX);
    let hindrance = match about {
        EXITED => return Outcome::Ended(Ending::Code(byte)),
        SIGNALLED => return Outcome::Ended(Ending::Signal(byte)),
        BEFORE => Hindrance::Before(number),
        WITHIN => Hindrance::Within(number),
        FORK => Hindrance::Fork,
        EXECUTE => Hindrance::Execute,
        LEASH => Hindrance::Leash,
        MEMORY => Hindrance::Memory,
        DESCRIPTORS => Hindrance::Descriptors,
        SIGNALS => Hindrance::Signals,
        other => Hindrance::Unknown(other),
    };
    Outcome::NotStarted(hindrance, io::Error::from_raw_os_error(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::without;

    /// What becomes of a program that is launched under a filter of somebody else's.
    fn under(filter: Option<Vec<libc::sock_filter>>) -> Outcome {
        std::thread::spawn(move || {
            assert!(Step::NoNewPrivileges.taken());
            assert!(filter.is_none_or(|filter| Step::Filter(filter).taken()));
            let executable = std::fs::File::open("/bin/true").unwrap();
            let root = rustix::process::geteuid().is_root();
            let wanted = Launch {
                executable: executable.as_fd(),
                arguments: vec![c"true".to_owned()],
                environment: Vec::new(),
                namespaces: if root { &[] } else { &[Namespace::Users] },
                before: Vec::new(),
                within: Vec::new(),
                messenger: None,
            };
            launch(&wanted).unwrap().wait(Some(Duration::from_secs(20))).unwrap()
        })
        .join()
        .unwrap()
    }

    #[test]
    fn what_cannot_be_kept_from_a_program_keeps_it_from_beginning() {
        assert!(matches!(under(None), Outcome::Ended(Ending::Code(0))));
        for (call, first, expected) in [
            (libc::SYS_close_range, 3, Hindrance::Descriptors),
            (libc::SYS_prctl, libc::PR_SET_PDEATHSIG.unsigned_abs(), Hindrance::Leash),
            (libc::SYS_prctl, libc::PR_SET_DUMPABLE.unsigned_abs(), Hindrance::Memory),
        ] {
            let outcome = under(Some(without(call, first)));
            assert!(
                matches!(&outcome, Outcome::NotStarted(found, error)
                    if *found == expected && error.raw_os_error() == Some(libc::ENOSYS)),
                "{expected:?}: {outcome:?}"
            );
        }
    }

    #[test]
    fn a_message_that_has_no_meaning_is_no_failed_execution() {
        let outcome = outcome([77, 0, 0, 0, 0, 0, 0, 0]);
        assert!(matches!(outcome, Outcome::NotStarted(Hindrance::Unknown(77), _)), "{outcome:?}");
    }
}
