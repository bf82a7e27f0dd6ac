//! Which program each thread of the run executes, and how the programs came to be: the tree of the run.
//!
//! A program begins where a process executes it, and is what its threads and the processes that it makes run until they
//! execute another. Of a build whose tools are recorded one by one, each sub-run has a tree of its own, and nothing is told
//! of the programs of the build itself. The tracing thread writes, the thread that makes the calls reads.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cdi_sys::{Ending, Pid};
use cdi_types::MeasuredFile;

use super::folders::Folders;
use crate::procfs::Proc;

/// One program of a run.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) executable: MeasuredFile,
    /// The program that executed it; none for the tool itself.
    pub(crate) parent: Option<usize>,
    /// How its process ended, unless that executed another program.
    pub(crate) ending: Option<Ending>,
    process: i32,
}

/// A sub-run, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SubRun(pub(crate) usize);

/// What a thread is at: a program of the run or, with a number, of one of its sub-runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) subrun: Option<SubRun>,
    pub(crate) program: usize,
}

/// Whose a process is, from where another one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kin {
    /// Of the same run or sub-run.
    Own,
    /// Of the run, and not of the same sub-run.
    Other,
    /// None of the run's.
    Stranger,
}

#[derive(Debug, Default)]
struct Known {
    trees: HashMap<Option<SubRun>, Vec<Program>>,
    of_threads: HashMap<i32, Work>,
}

/// The programs of a run.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    known: Mutex<Known>,
    /// Where their processes are.
    pub(super) folders: Folders,
}

impl Programs {
    fn known(&self) -> MutexGuard<'_, Known> {
        // What is written under the lock is whole at each step.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sub-run of a process that has just executed a program, as what it was before.
    pub(crate) fn subrun_of(&self, process: Pid, former: Option<Pid>) -> Option<SubRun> {
        self.known().before(number(process), former.map(number))?.subrun
    }

    /// A process executes a program of the run or a sub-run. Nothing is told of one that was not measured.
    pub(crate) fn executed(
        &self,
        process: Pid,
        former: Option<Pid>,
        subrun: Option<SubRun>,
        executable: Option<MeasuredFile>,
    ) {
        let (process, former) = (number(process), former.map(number));
        self.folders.forget(process);
        let mut known = self.known();
        let before = known.before(process, former).filter(|before| before.subrun == subrun);
        if let Some(former) = former {
            known.of_threads.remove(&former);
        }
        let tree = known.trees.entry(subrun).or_default();
        let program = match executable {
            Some(executable) => {
                let parent = before.map(|before| before.program).filter(|_| !tree.is_empty());
                tree.push(Program { executable, parent, ending: None, process });
                tree.len() - 1
            }
            None => before.map_or(0, |before| before.program),
        };
        known.of_threads.insert(process, Work { subrun, program });
    }

    pub(crate) fn created(&self, maker: Pid, child: Pid) {
        let (maker, child) = (number(maker), number(child));
        let mut known = self.known();
        // One that has begun already may have executed a program by now, and its maker may be one that is not told of yet.
        if let (Some(work), false) = (known.of_thread(maker), known.of_threads.contains_key(&child)) {
            known.of_threads.insert(child, work);
        }
    }

    pub(crate) fn ended(&self, thread: Pid, ending: Ending) {
        let thread = number(thread);
        self.folders.forget(thread);
        let mut known = self.known();
        let Some(Work { subrun, program }) = known.of_threads.remove(&thread) else { return };
        let tree = known.trees.entry(subrun).or_default();
        // Not of a thread, or of a process that was made and executed nothing.
        if let Some(program) = tree.get_mut(program).filter(|program| program.process == thread) {
            program.ending = Some(ending);
        }
    }

    /// What a thread is at. One that has just begun may not have been told of: it runs its maker's program.
    pub(crate) fn of(&self, thread: Pid) -> Work {
        let thread = number(thread);
        let mut known = self.known();
        let work = known.of_thread(thread).unwrap_or_default();
        known.of_threads.insert(thread, work);
        work
    }

    /// Whose a process is, by its number.
    pub(crate) fn kin(&self, process: i32, subrun: Option<SubRun>) -> Kin {
        match self.known().of_threads.get(&process) {
            Some(work) if work.subrun == subrun => Kin::Own,
            Some(_) => Kin::Other,
            None => Kin::Stranger,
        }
    }

    /// The programs of the run or of a sub-run, in the order in which they began.
    pub(crate) fn all(&self, subrun: Option<SubRun>) -> Vec<Program> {
        self.known().trees.get(&subrun).cloned().unwrap_or_default()
    }

    /// A sub-run is over: the programs that it had, and how many of its threads live on. These are the build's from now on.
    pub(crate) fn over(&self, subrun: SubRun) -> (Vec<Program>, usize) {
        let mut known = self.known();
        let mut left = 0;
        for (thread, work) in &mut known.of_threads {
            if work.subrun == Some(subrun) {
                *work = Work::default();
                left += usize::from(Pid::from_raw(*thread).is_some_and(|thread| !cdi_sys::has_ended(thread)));
            }
        }
        (known.trees.remove(&Some(subrun)).unwrap_or_default(), left)
    }
}

impl Known {
    /// What a process was at before it executed a program: in place of it, or in place of the thread that executed.
    fn before(&self, process: i32, former: Option<i32>) -> Option<Work> {
        let own = self.of_threads.get(&process).copied();
        own.or_else(|| self.of_threads.get(&former?).copied()).or_else(|| self.of_ancestor(process))
    }

    /// What a thread is at, which is known from then on.
    fn of_thread(&mut self, thread: i32) -> Option<Work> {
        let told = self.of_threads.get(&thread).copied();
        let work = told.or_else(|| self.of_ancestor(thread))?;
        self.of_threads.insert(thread, work);
        Some(work)
    }

    /// What the nearest process above a thread is at that this is known of: its own process, the process that made it, and
    /// so on. A maker stands still until the tracer has been told of what it made, so none of these is gone.
    fn of_ancestor(&self, thread: i32) -> Option<Work> {
        let mut next = above(thread);
        while let Some(process) = next {
            if let Some(&work) = self.of_threads.get(&process) {
                return Some(work);
            }
            next = above(process);
        }
        None
    }
}

/// The process that a thread is of or, of a process, the one that made it.
fn above(thread: i32) -> Option<i32> {
    let status = Proc::of_the_kernel().ok()?.read(Pid::from_raw(thread)?, "status").ok()?;
    let status = String::from_utf8_lossy(&status);
    let number = |name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().parse::<i32>().ok()
    };
    let process = number("Tgid:").filter(|&process| process != thread);
    process.or_else(|| number("PPid:")).filter(|&above| above > 0)
}

fn number(pid: Pid) -> i32 {
    pid.as_raw_nonzero().get()
}
