//! Which program each thread of the run executes, and how the programs came to be: the tree of the run.
//!
//! A program begins where a process executes it, and is what its threads and the processes that it makes run until they
//! execute another. The tracing thread writes, the thread that makes the calls reads.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cdi_sys::{Ending, Pid};
use cdi_types::MeasuredFile;

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

#[derive(Debug, Default)]
struct Known {
    programs: Vec<Program>,
    of_threads: HashMap<i32, usize>,
}

/// The programs of a run.
#[derive(Debug, Default)]
pub(crate) struct Programs(Mutex<Known>);

impl Programs {
    fn known(&self) -> MutexGuard<'_, Known> {
        // What is written under the lock is whole at each step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn executed(&self, process: Pid, former: Option<Pid>, executable: MeasuredFile) {
        let (process, former) = (number(process), former.map(number));
        let mut known = self.known();
        let parent = former.and_then(|former| known.of_threads.remove(&former));
        let parent = known.of_threads.get(&process).copied().or(parent);
        let parent = parent.or_else(|| known.of_ancestor(process)).filter(|_| !known.programs.is_empty());
        let program = known.programs.len();
        known.programs.push(Program { executable, parent, ending: None, process });
        known.of_threads.insert(process, program);
    }

    pub(crate) fn created(&self, maker: Pid, child: Pid) {
        let (maker, child) = (number(maker), number(child));
        let mut known = self.known();
        // One that has begun already may have executed a program by now, and its maker may be one that is not told of yet.
        if let (Some(program), false) = (known.of_thread(maker), known.of_threads.contains_key(&child)) {
            known.of_threads.insert(child, program);
        }
    }

    pub(crate) fn ended(&self, thread: Pid, ending: Ending) {
        let thread = number(thread);
        let mut known = self.known();
        let Some(program) = known.of_threads.remove(&thread) else { return };
        // Not of a thread, or of a process that was made and executed nothing.
        if let Some(program) = known.programs.get_mut(program).filter(|program| program.process == thread) {
            program.ending = Some(ending);
        }
    }

    /// The program that a thread runs. One that has just begun may not have been told of: it runs its maker's.
    pub(crate) fn of(&self, thread: Pid) -> usize {
        let thread = number(thread);
        let mut known = self.known();
        let program = known.of_thread(thread).unwrap_or(0);
        known.of_threads.insert(thread, program);
        program
    }

    /// Whether a process, by its number, is one of the run's.
    pub(crate) fn has(&self, process: i32) -> bool {
        self.known().of_threads.contains_key(&process)
    }

    /// All of them, in the order in which they began.
    pub(crate) fn all(&self) -> Vec<Program> {
        self.known().programs.clone()
    }
}

impl Known {
    /// The program of a thread, which is known from then on.
    fn of_thread(&mut self, thread: i32) -> Option<usize> {
        let told = self.of_threads.get(&thread).copied();
        let program = told.or_else(|| self.of_ancestor(thread))?;
        self.of_threads.insert(thread, program);
        Some(program)
    }

    /// The program of the nearest process above a thread that one is known of: of its own process, of the process that made
    /// it, and so on. A maker stands still until the tracer has been told of what it made, so none of these is gone.
    fn of_ancestor(&self, thread: i32) -> Option<usize> {
        let mut next = above(thread);
        while let Some(process) = next {
            if let Some(&program) = self.of_threads.get(&process) {
                return Some(program);
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
