//! Programs that are being stopped, each by a thread of its own: one that takes its time holds up nobody (rule J-STOP).

use std::io;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cdi_store::{Process, Running, RunningFolder, StopError, Stopped};

use super::watcher::Change;
use crate::verdict::Word;

/// How often it is looked whether one has come to its end.
const BETWEEN: Duration = Duration::from_millis(5);

/// Those that are being stopped.
#[derive(Default)]
pub(super) struct Endings(Vec<Ending>);

/// A program that is being stopped.
struct Ending {
    of: Condemned,
    thread: JoinHandle<Result<Stopped, StopError>>,
}

/// A program that is to be stopped, and for what.
pub(super) struct Condemned {
    pub(super) process: Process,
    pub(super) record: Running,
    pub(super) verdict: Word,
    /// The entry of its end, if there can be one.
    pub(super) entry: Change,
}

impl Endings {
    /// Whether one is being stopped.
    pub(super) fn has(&self, process: &Process) -> bool {
        self.0.iter().any(|ending| ending.of.process == *process)
    }

    /// Whether any is.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Begins to stop one.
    pub(super) fn begin(&mut self, of: Condemned, folder: &RunningFolder, grace: Duration) {
        let (folder, process) = (folder.clone(), of.process.clone());
        let thread = std::thread::spawn(move || folder.stop(&process, grace));
        self.0.push(Ending { of, thread });
    }

    /// Waits until nothing is left to be waited for, but no longer than this.
    pub(super) fn wait(&self, most: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < most && self.0.iter().any(|ending| !ending.thread.is_finished()) {
            std::thread::sleep(BETWEEN);
        }
    }

    /// Whether something has come to its end that was not told yet.
    pub(super) fn is_news(&self) -> bool {
        self.0.iter().any(|ending| ending.thread.is_finished())
    }

    /// What has come to its end, and how, each once.
    pub(super) fn ended(&mut self) -> Vec<(Condemned, Result<Stopped, StopError>)> {
        let ended = self.0.extract_if(.., |ending| ending.thread.is_finished());
        let how = |Ending { of, thread }: Ending| {
            let (pid, source) =
                (of.process.pid(), || io::Error::other("the thread that stopped it has a fault"));
            let how = thread.join().unwrap_or_else(|_| Err(StopError::Refused { pid, source: source() }));
            (of, how)
        };
        ended.map(how).collect()
    }
}
