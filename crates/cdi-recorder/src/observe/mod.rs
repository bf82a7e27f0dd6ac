//! Observing a tool from its first instruction to the end of its last process.
//!
//! Expected flow: the tool's first process is traced before it begins, and so is all that it starts. Whenever one of
//! them executes a program the kernel stops it before the program's first instruction, and the executable is measured
//! through the kernel's link to it (`/proc/PID/exe`), whatever the name says. Whenever a file is about to become
//! executable memory the process is stopped too, and the file is measured through the process's own descriptor. No other
//! system call is looked at.
//!
//! Guarantees: every executable and every script that was executed is listed, the entry first; if libraries are
//! `Measured`, so is every file of which executable memory was made, for however short a time. Where that cannot be
//! vouched for they are `Unmeasured`, with a note that says why.
//!
//! Assumptions: the calling thread has no other children. Caveats: code that a tool generates or interprets is in no
//! list; setuid programs get no privileges (no_new_privs); a tool that itself traces does not work.

mod called;
mod files;
mod image;
pub(crate) mod mappings;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use cdi_sys::{Call, Ending, Event, Forwarding, Next, Pid, Program, Resume, SpawnError, Start, Traced};
use cdi_types::MeasuredTool;
use rustix::process::{Signal, kill_process, set_child_subreaper};

pub(crate) use files::{Files, Log};
pub(crate) use image::scripts;

use crate::RecordError;
use crate::digests::Digests;
use crate::subruns::{ToolRun, Workshop};
use crate::traced::{AtWork, Ledger, Ledgers, Programs, TracedRun};

/// How long processes that the tool started may outlive its first one.
const GRACE: Duration = Duration::from_secs(1);
/// How long killed processes may take to go.
const LAST_GRACE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(2);

/// A tool's run as it was observed.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) ending: Ending,
    pub(crate) tool: MeasuredTool,
    /// What the user should know, such as why libraries are not measured.
    pub(crate) notes: Vec<String>,
    /// The files that it used, if they were watched.
    pub(crate) traced: Option<TracedRun>,
}

/// A build that was observed, tool by tool.
#[derive(Debug)]
pub(crate) struct ObservedBuild {
    pub(crate) ending: Ending,
    /// Whether processes were left when it ended, and killed.
    pub(crate) left: bool,
    pub(crate) ledger: Ledger,
}

/// Runs a program to its end, and writes down what it does with files, if there is something to write that in. On `Ok` no
/// process of it is left.
pub(crate) fn observe(
    name: &str,
    program: &Program<'_>,
    digests: Arc<Digests>,
    ledger: Option<Ledger>,
) -> Result<Observed, RecordError> {
    let programs = Arc::new(Programs::default());
    let (mut observer, ledger) = follow(name, program, ledger, Arc::default(), |traced| {
        Observer::new(traced, Log::new(digests), Arc::clone(&programs), None)
    })?;
    if let Some(source) = observer.failed.take() {
        return Err(unusable(name, program, source));
    }
    let traced = ledger.map(|ledger| TracedRun { ledger, programs: programs.all(None) });
    observer.conclude(traced)
}

/// Runs a build to its end, whose tools a workshop records.
pub(crate) fn observe_build(
    name: &str,
    program: &Program<'_>,
    digests: Arc<Digests>,
    ledger: Ledger,
    workshop: Workshop<'_>,
) -> Result<ObservedBuild, RecordError> {
    let (programs, ledgers) = (workshop.programs(), workshop.ledgers());
    let (mut observer, ledger) = follow(name, program, Some(ledger), ledgers, |traced| {
        Observer::new(traced, Log::new(digests), programs, Some(workshop))
    })?;
    observer.workshop.iter_mut().for_each(Workshop::abandon);
    if let Some(source) = observer.failed {
        return Err(unusable(name, program, source));
    }
    let lost = || RecordError::TraceLost(std::io::Error::other("the build's end was not seen"));
    let (ending, ledger) = (observer.ending.ok_or_else(lost)?, ledger.ok_or_else(lost)?);
    Ok(ObservedBuild { ending, left: observer.left, ledger })
}

/// Starts a program and follows it to its end. On `Ok` no process of it is left.
fn follow<'w>(
    name: &str,
    program: &Program<'_>,
    ledger: Option<Ledger>,
    ledgers: Arc<Ledgers>,
    observer: impl FnOnce(Traced) -> Observer<'w>,
) -> Result<(Observer<'w>, Option<Ledger>), RecordError> {
    let _orphans = Orphans::adopt();
    let mut traced = cdi_sys::spawn_traced(program).map_err(|error| match error {
        SpawnError::Resources(source) => unusable(name, program, source),
        SpawnError::TraceRefused(source) => RecordError::TraceRefused(source),
        SpawnError::ListenRefused(source) => RecordError::ListenRefused(source),
        SpawnError::FenceRefused(source) => RecordError::FenceRefused(source),
    })?;
    // Where there is nothing to forward with, signals end this process, and thereby the tool.
    let _signals = Forwarding::to(traced.pid).ok();
    let listener = traced.listener.take();
    let mut observer = observer(traced);
    let at_work = match (listener, ledger) {
        (Some(listener), Some(ledger)) => {
            Some(AtWork::begin(listener, Arc::clone(&observer.programs), ledger, ledgers))
        }
        _ => None,
    };
    let watched = observer.watch();
    if watched.is_err() {
        observer.kill_all();
    }
    // With the last process of the run its calls have ended.
    let ledger = at_work.map(AtWork::end);
    watched?;
    Ok((observer, ledger.transpose()?))
}

fn unusable(name: &str, program: &Program<'_>, source: std::io::Error) -> RecordError {
    let confined = program.fence.is_some() && source.kind() == std::io::ErrorKind::PermissionDenied;
    RecordError::ProgramUnusable { program: name.to_owned(), source, confined }
}

/// Orphans of the run become children of this process while this lives, so that none is overlooked.
struct Orphans;

impl Orphans {
    fn adopt() -> Self {
        // Linux since 3.4; where it fails, only a process that hides from the tracer goes unseen.
        let _ = set_child_subreaper(Some(rustix::process::getpid()));
        Self
    }
}

impl Drop for Orphans {
    fn drop(&mut self) {
        let _ = set_child_subreaper(None);
    }
}

struct Observer<'w> {
    entry: Pid,
    alive: BTreeSet<std::num::NonZeroI32>,
    /// The entry, until it has executed the program.
    starting: Option<Traced>,
    /// Why it did not.
    failed: Option<std::io::Error>,
    ending: Option<Ending>,
    log: Log,
    programs: Arc<Programs>,
    /// What records the tools one by one, in place of the log.
    workshop: Option<Workshop<'w>>,
    /// Whether processes were left when a build ended.
    left: bool,
}

impl<'w> Observer<'w> {
    fn new(traced: Traced, log: Log, programs: Arc<Programs>, workshop: Option<Workshop<'w>>) -> Self {
        Self {
            entry: traced.pid,
            alive: BTreeSet::from([traced.pid.as_raw_nonzero()]),
            starting: Some(traced),
            failed: None,
            ending: None,
            log,
            programs,
            workshop,
            left: false,
        }
    }

    /// Follows all processes until there is none.
    fn watch(&mut self) -> Result<(), RecordError> {
        let mut deadline = None;
        loop {
            match cdi_sys::next_event(self.ending.is_none()).map_err(RecordError::TraceLost)? {
                Next::Event(event) => self.follow(event)?,
                Next::NoChild => return Ok(()),
                Next::Quiet => {
                    let deadline = *deadline.get_or_insert_with(|| Instant::now() + GRACE);
                    if Instant::now() > deadline && self.workshop.is_some() {
                        self.left = true;
                        self.kill_all();
                        return Ok(());
                    }
                    if Instant::now() > deadline {
                        return Err(RecordError::ToolStillRunning { count: self.alive.len().max(1) });
                    }
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }

    fn follow(&mut self, event: Event) -> Result<(), RecordError> {
        let (pid, how) = match event {
            Event::Ended { pid, ending } => {
                self.ended(pid, ending)?;
                return cdi_sys::reap(pid).map_err(RecordError::TraceLost);
            }
            Event::Executed { pid, former } => {
                if let Some(former) = former {
                    self.alive.remove(&former.as_raw_nonzero());
                }
                self.started()?;
                match &mut self.workshop {
                    Some(workshop) => workshop.executed(pid, former),
                    None => {
                        let executable = self.log.executed(pid)?;
                        self.programs.executed(pid, former, None, Some(executable));
                    }
                }
                (pid, Resume::Run)
            }
            Event::Created { pid, child } => {
                // What a child does can be told before that it was made, and that it has ended too.
                if !cdi_sys::has_ended(child) {
                    self.alive.insert(child.as_raw_nonzero());
                    self.programs.created(pid, child);
                }
                (pid, Resume::Run)
            }
            Event::Filtered { pid, call } => {
                self.called(pid, call);
                (pid, Resume::Run)
            }
            Event::Stopped { pid, resume } => (pid, resume),
        };
        self.alive.insert(pid.as_raw_nonzero());
        cdi_sys::resume(pid, how).map_err(RecordError::TraceLost)
    }

    fn ended(&mut self, pid: Pid, ending: Ending) -> Result<(), RecordError> {
        self.alive.remove(&pid.as_raw_nonzero());
        self.programs.ended(pid, ending);
        if let Some(result) = self.workshop.as_mut().and_then(|workshop| workshop.ended(pid, ending)) {
            self.wait_for(&result)?;
        }
        if pid == self.entry {
            self.ending = Some(ending);
            return self.started();
        }
        Ok(())
    }

    /// Waits until it is settled what becomes of a sub-run. Meanwhile other processes execute and make processes, and none
    /// learns of another's end.
    fn wait_for(&mut self, result: &Receiver<ToolRun>) -> Result<(), RecordError> {
        loop {
            match result.recv_timeout(PAUSE) {
                Ok(run) => {
                    if let Some(workshop) = &mut self.workshop {
                        workshop.tell(run);
                    }
                    return Ok(());
                }
                Err(RecvTimeoutError::Timeout) => {
                    while let Next::Event(event) = cdi_sys::next_stop().map_err(RecordError::TraceLost)? {
                        self.follow(event)?;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let lost = std::io::Error::other("the thread that makes a tool's report has failed");
                    return Err(RecordError::TraceLost(lost));
                }
            }
        }
    }

    fn called(&mut self, pid: Pid, call: Call) {
        match call {
            Call::Map { descriptor } => self.log.mapped(pid, descriptor),
            Call::Protect { start, length } => self.log.protected(pid, start, length),
            Call::ReadImpliesExec => self.log.unmeasured("the tool made all readable memory executable"),
            Call::Foreign => self.log.unmeasured("the tool made system calls of another architecture"),
        }
    }

    /// Asks, once, how far the entry came.
    fn started(&mut self) -> Result<(), RecordError> {
        let Some(starting) = self.starting.take() else { return Ok(()) };
        match starting.start().map_err(RecordError::TraceLost)? {
            Start::Filtered => {}
            Start::Unfiltered(error) => {
                self.log.unmeasured(&format!("the operating system takes no system call filter ({error})"));
            }
            Start::Failed(error) => self.failed = Some(error),
        }
        Ok(())
    }

    /// Kills what is left, and waits until it is gone.
    fn kill_all(&mut self) {
        let deadline = Instant::now() + LAST_GRACE;
        while Instant::now() < deadline {
            for pid in &self.alive {
                // One that is gone already is none to care about.
                let _ = Pid::from_raw(pid.get()).map(|pid| kill_process(pid, Signal::KILL));
            }
            match cdi_sys::next_event(false) {
                Ok(Next::Event(Event::Ended { pid, .. })) => {
                    self.alive.remove(&pid.as_raw_nonzero());
                    if cdi_sys::reap(pid).is_err() {
                        return;
                    }
                }
                Ok(Next::Event(Event::Created { child, .. })) if !cdi_sys::has_ended(child) => {
                    self.alive.insert(child.as_raw_nonzero());
                }
                Ok(Next::Event(_)) => {}
                Ok(Next::Quiet) => std::thread::sleep(PAUSE),
                Ok(Next::NoChild) | Err(_) => return,
            }
        }
    }

    fn conclude(mut self, mut traced: Option<TracedRun>) -> Result<Observed, RecordError> {
        let lost = || RecordError::TraceLost(std::io::Error::other("the tool's end was not seen"));
        let ending = self.ending.ok_or_else(lost)?;
        if let Some(why) = traced.as_ref().and_then(TracedRun::unmeasured) {
            self.log.unmeasured(why);
        }
        let mapped = traced.as_mut().map(TracedRun::libraries).transpose()?.unwrap_or_default();
        let (tool, notes) = self.log.conclude(mapped)?;
        if tool.executables.is_empty() {
            // Killed before it executed the program.
            return Err(lost());
        }
        Ok(Observed { ending, tool, notes, traced })
    }
}
