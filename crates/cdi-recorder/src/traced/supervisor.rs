//! The thread that makes a run's calls, one at a time.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::sync::Arc;
use std::thread::JoinHandle;

use cdi_sys::{Asked, Ends, Listener, Named, Notification};
use rustix::fs::{CWD, OFlags, ResolveFlags, fstat};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::caller::Caller;
use super::folders::Folder;
use super::ledger::Ledger;
use super::ledgers::{Ledgers, held};
use super::programs::{Programs, SubRun, Work};
use super::resolve::{Base, Found, Resolver};
use crate::RecordError;
use crate::observe::mappings;
use crate::procfs::Proc;
use crate::streams::{Identity, identity};

/// A call that waits, and whose it is.
pub(super) struct Call {
    pub(super) id: u64,
    pub(super) caller: Caller,
    /// The program that its thread runs.
    pub(super) program: usize,
    /// The sub-run that this is of, where tools are recorded one by one.
    pub(super) subrun: Option<SubRun>,
}

/// What becomes of a call that did not fail.
pub(super) enum Reply {
    /// It gives this number.
    Value(i64),
    /// It gives a descriptor for this file; if `alone`, no other one is left when it does.
    Given { file: OwnedFd, ends: Ends, alone: bool },
    /// The caller makes it itself: numbers alone say what it does.
    Left,
    /// Another thread answers it.
    Later,
}

pub(super) struct Supervisor {
    listener: Arc<Listener>,
    pub(super) programs: Arc<Programs>,
    pub(super) resolver: Resolver,
    /// Of the run; for as long as a call of a sub-run is made, of that.
    pub(super) ledger: Ledger,
    pub(super) ledgers: Arc<Ledgers>,
    /// Named pipes that the run has made.
    pub(super) pipes: BTreeSet<(u64, u64)>,
    /// What this process says things to: others can have put something into a pipe that it shares with the run.
    pub(super) own_streams: [Option<Identity>; 2],
    waiting: Vec<Waiting>,
}

/// A pipe that is being opened, by a thread of its own.
struct Waiting {
    pipe: Arc<OwnedFd>,
    thread: JoinHandle<()>,
}

/// The thread, at work.
#[derive(Debug)]
pub(crate) struct AtWork(JoinHandle<Result<Ledger, RecordError>>);

impl AtWork {
    /// Begins to make the calls of a run, and to write down what it does with files.
    pub(crate) fn begin(
        listener: Listener,
        programs: Arc<Programs>,
        ledger: Ledger,
        ledgers: Arc<Ledgers>,
    ) -> Self {
        Self(std::thread::spawn(move || Supervisor::begin(listener, programs, ledger, ledgers)?.work()))
    }

    /// What was written down, once no process of the run is left.
    pub(crate) fn end(self) -> Result<Ledger, RecordError> {
        let lost = |_| {
            RecordError::TraceLost(std::io::Error::other("the thread that makes the tool's calls has failed"))
        };
        self.0.join().map_err(lost)?
    }
}

impl Supervisor {
    fn begin(
        listener: Listener,
        programs: Arc<Programs>,
        ledger: Ledger,
        ledgers: Arc<Ledgers>,
    ) -> Result<Self, RecordError> {
        cdi_sys::own_surroundings().map_err(RecordError::TraceLost)?;
        // Files stay open as long as only that tells of writes. The tool has begun with its own limit.
        let limit = getrlimit(Resource::Nofile);
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
        let proc = Proc::of_the_kernel().map_err(RecordError::ProcNotTheKernels)?;
        let resolver = Resolver::new(proc).map_err(|errno| RecordError::TraceLost(errno.into()))?;
        let (listener, pipes, waiting) = (Arc::new(listener), BTreeSet::new(), Vec::new());
        let own_streams = [identity(std::io::stdout().as_fd()), identity(std::io::stderr().as_fd())];
        Ok(Self { listener, programs, resolver, ledger, ledgers, pipes, own_streams, waiting })
    }

    fn work(mut self) -> Result<Ledger, RecordError> {
        while let Some(notification) = self.listener.next().map_err(RecordError::TraceLost)? {
            let Notification { id, thread, asked } = notification;
            let caller = Caller::new(thread, self.resolver.proc());
            let Work { subrun, program } = self.programs.of(thread);
            let reply = self.make_within(&Call { id, caller, program, subrun }, asked);
            self.reply(id, reply).map_err(RecordError::TraceLost)?;
        }
        for Waiting { pipe, thread } in self.waiting {
            // Whoever opened it is gone; both ends at once wait for nobody, and let the thread go on.
            let _ends = self.resolver.proc().reopen(&*pipe, OFlags::RDWR | OFlags::NONBLOCK);
            let _ = thread.join();
        }
        Ok(self.ledger)
    }

    /// Makes a call, with the ledger of the sub-run that it is of.
    fn make_within(&mut self, call: &Call, asked: Asked) -> Result<Reply, Errno> {
        let shared = call.subrun.and_then(|subrun| self.ledgers.of(subrun));
        let mut held = shared.as_ref().map(held);
        match held.as_deref_mut() {
            Some(Some(own)) => {
                std::mem::swap(own, &mut self.ledger);
                let made = self.make(call, asked);
                std::mem::swap(own, &mut self.ledger);
                made
            }
            // What is left of a sub-run that is over is the build's.
            _ => self.make(call, asked),
        }
    }

    fn make(&mut self, call: &Call, asked: Asked) -> Result<Reply, Errno> {
        match asked {
            Asked::Open { file, flags, mode } => self.open(call, file, flags, mode),
            Asked::OpenHow { file, how, size } => self.open_how(call, file, how, size),
            Asked::Rename { from, to, flags } => self.rename(call, from, to, flags),
            Asked::Link { from, to, flags } => self.link(call, from, to, flags),
            Asked::Symlink { target, link } => self.symlink(call, target, link),
            Asked::Unlink { file } => self.unlink(call, file),
            Asked::Truncate { file, length } => self.truncate(call, file, length),
            Asked::MakeNode { file, mode, .. } => self.make_node(call, file, mode),
            Asked::Socket { family } => {
                // What comes through it is in no file.
                self.ledger.network.insert(family);
                Err(Errno::ACCESS)
            }
            Asked::Map { descriptor } => {
                let caller = &call.caller;
                // One that is not there makes the call fail.
                if let Ok(stat) = caller.stat(descriptor)
                    && !self.ledger.mapped_again(&stat, call.program)
                    && let Ok(file) = caller.descriptor(descriptor, OFlags::PATH)
                {
                    self.ledger.mapped(file, call.program)?;
                }
                Ok(Reply::Left)
            }
            Asked::Protect { start, length } => {
                self.protected(call, start, length);
                Ok(Reply::Left)
            }
            Asked::Move => {
                self.programs.folders.moves(call.caller.process()?);
                Ok(Reply::Left)
            }
            Asked::ShareFolder => {
                self.programs.folders.are_shared();
                Ok(Reply::Left)
            }
            Asked::Other => Err(Errno::NOSYS),
        }
    }

    /// What of the memory that becomes executable is of a file counts as a library.
    fn protected(&mut self, call: &Call, start: u64, length: u64) {
        let mappings = match mappings::of(call.caller.thread) {
            Ok(mappings) => mappings,
            Err(error) => return self.ledger.not_measured(&error.to_string()),
        };
        let touched = mappings.iter().filter(|mapping| mapping.is_file() && mapping.overlaps(start, length));
        for mapping in touched {
            let opened = mapping.open().map_err(|fault| fault.to_string());
            let mapped = opened.and_then(|file| {
                self.ledger.mapped(file.into(), call.program).map_err(|errno| errno.to_string())
            });
            if let Err(why) = mapped {
                self.ledger.not_measured(&why);
            }
        }
    }

    fn reply(&self, id: u64, reply: Result<Reply, Errno>) -> std::io::Result<()> {
        let result = match reply {
            Ok(Reply::Value(value)) => Ok(value),
            Ok(Reply::Left) => return self.listener.leave(id),
            Ok(Reply::Later) => return Ok(()),
            Ok(Reply::Given { file, ends, alone }) => return give(&self.listener, id, file, ends, alone),
            Err(errno) => Err(errno),
        };
        self.listener.answer(id, result)
    }

    /// What a caller means by a path. It still waits: what was read is its own.
    pub(super) fn named(
        &self,
        call: &Call,
        file: Named,
        how: ResolveFlags,
    ) -> Result<(Base, OsString), Errno> {
        let named = self.spelled(call, file, how)?;
        self.still_waits(call).map(|()| named)
    }

    /// As [`Self::named`], unless the caller is gone: then it is whatever has its number that was read. Nothing is to be
    /// written down or changed before [`Self::still_waits`] says.
    pub(super) fn spelled(
        &self,
        call: &Call,
        file: Named,
        how: ResolveFlags,
    ) -> Result<(Base, OsString), Errno> {
        let path = call.caller.path(file.path)?;
        let base = Base::of(&path, how, || self.folder(call, file.at))?;
        Ok((base, path))
    }

    /// The folder that a relative path starts from.
    fn folder(&self, call: &Call, at: i32) -> Result<Arc<OwnedFd>, Errno> {
        let opened = || call.caller.folder(at).map(Arc::new);
        if at != CWD.as_raw_fd() {
            return opened();
        }
        let (folders, number) = (&self.programs.folders, call.caller.thread.as_raw_nonzero().get());
        match folders.of(number) {
            Folder::Kept(folder) => Ok(folder),
            Folder::Moves => opened(),
            Folder::Unknown => {
                let folder = opened()?;
                if call.caller.is_process() {
                    folders.keep(number, &folder);
                    // Asked afterwards: had it gone before, nobody would forget it.
                    if self.still_waits(call).is_err() {
                        folders.forget(number);
                    }
                }
                Ok(folder)
            }
        }
    }

    /// Holds if the caller still waits, so that its number has been its own until now.
    pub(super) fn still_waits(&self, call: &Call) -> Result<(), Errno> {
        if self.listener.waits(call.id) { Ok(()) } else { Err(Errno::SRCH) }
    }

    /// Opens a pipe as soon as somebody opens its other end: meanwhile other calls are made.
    pub(super) fn wait_for_other_end(
        &mut self,
        call: &Call,
        found: Found,
        flags: OFlags,
        ends: Ends,
    ) -> Result<Reply, Errno> {
        let (pipe, id, proc) = (Arc::new(found.file), call.id, self.resolver.proc());
        let (listener, own) = (Arc::clone(&self.listener), Arc::clone(&pipe));
        let inode = (found.stat.st_dev, found.stat.st_ino);
        let flags = flags.difference(OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW);
        let thread = std::thread::spawn(move || {
            let opened = proc.reopen(&*own, flags).and_then(|file| {
                let stat = fstat(&file)?;
                if (stat.st_dev, stat.st_ino) == inode { Ok(file) } else { Err(Errno::IO) }
            });
            // Whatever cannot be told leaves the caller waiting until the run is given up.
            let _ = match opened {
                Ok(file) => give(&listener, id, file, ends, true),
                Err(errno) => listener.answer(id, Err(errno)),
            };
        });
        self.waiting.retain(|waiting| !waiting.thread.is_finished());
        self.waiting.push(Waiting { pipe, thread });
        Ok(Reply::Later)
    }
}

fn give(listener: &Listener, id: u64, file: OwnedFd, ends: Ends, alone: bool) -> std::io::Result<()> {
    let given = if alone {
        let placed = listener.place(id, file.as_fd(), ends);
        drop(file);
        placed.map(|number| Some(Ok(number)))
    } else {
        listener.give(id, file.as_fd(), ends).map(|()| None)
    };
    match given {
        Ok(None) => Ok(()),
        Ok(Some(result)) => listener.answer(id, result),
        Err(errno) => listener.answer(id, Err(errno)),
    }
}
