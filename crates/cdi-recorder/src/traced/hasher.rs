//! Digests are worked out while the tool goes on: by a thread of their own.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use crate::FileFault;
use crate::digests::Digests;
use crate::file::{self, Measured, Stamp};

struct Job {
    file: Arc<File>,
    stamp: Stamp,
    settled: bool,
    lasting: bool,
    done: SyncSender<Result<Measured, FileFault>>,
}

/// The thread.
#[derive(Debug)]
pub(super) struct Hasher {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    digests: Arc<Digests>,
}

/// A file's digest, by and by.
#[derive(Debug)]
pub(super) enum Version {
    Pending(Receiver<Result<Measured, FileFault>>),
    Known(Measured),
    Faulty(FileFault),
}

impl Hasher {
    pub(super) fn begin(digests: Arc<Digests>) -> Self {
        let (jobs, queue) = channel::<Job>();
        let known = Arc::clone(&digests);
        let thread = std::thread::spawn(move || {
            for job in queue {
                let measured = measure(&job);
                if let Ok(measured) = &measured
                    && job.lasting
                {
                    known.remember(measured, &job.file);
                }
                // Whoever waits may open the file for writing next. A lease on it that is still there then is broken by a signal that
                // names a number, which can be another file's by the time it comes.
                let Job { file, done, .. } = job;
                drop(file);
                // Nobody waits for it if the run was given up.
                let _ = done.send(measured);
            }
        });
        Self { jobs: Some(jobs), thread: Some(thread), digests }
    }

    /// Begins to measure a file that nobody can write to without a trace, and that had this stamp when it was given out.
    /// `lasting`: as long as its stamp stays the same so do its bytes.
    pub(super) fn measure(&self, file: &Arc<File>, stamp: Stamp, settled: bool, lasting: bool) -> Version {
        if let Some(digest) = self.digests.recall(&stamp).filter(|_| lasting && settled) {
            return Version::Known(Measured { digest, stamp, settled });
        }
        let (done, result) = sync_channel(1);
        let job = Job { file: Arc::clone(file), stamp, settled, lasting, done };
        match self.jobs.as_ref().map(|jobs| jobs.send(job)) {
            Some(Ok(())) => Version::Pending(result),
            _ => Version::Faulty(FileFault::Changed),
        }
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        drop(self.jobs.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// So often the run itself may change permissions, times or names of a file while it is read.
const TRIES: usize = 8;

fn measure(job: &Job) -> Result<Measured, FileFault> {
    for _ in 0..TRIES {
        match file::measure(&job.file) {
            Ok(measured) if measured.stamp == job.stamp => {
                return Ok(Measured { settled: job.settled && measured.settled, ..measured });
            }
            // Nobody has written to it: that would have ended the lease.
            Ok(measured)
                if measured.stamp.is_of_its_length(&job.stamp) && cdi_sys::lease_lasts(&*job.file) =>
            {
                return Ok(Measured { stamp: job.stamp, settled: false, ..measured });
            }
            Err(FileFault::Changed) if cdi_sys::lease_lasts(&*job.file) => {}
            Ok(_) => return Err(FileFault::Changed),
            Err(fault) => return Err(fault),
        }
    }
    Err(FileFault::Changed)
}

impl Version {
    /// The digest, waited for; or why there is none, which is told once.
    pub(super) fn measured(&mut self) -> Result<Measured, FileFault> {
        if let Self::Pending(result) = self {
            *self = match result.recv().unwrap_or(Err(FileFault::Changed)) {
                Ok(measured) => Self::Known(measured),
                Err(fault) => Self::Faulty(fault),
            };
        }
        match self {
            Self::Known(measured) => Ok(*measured),
            Self::Faulty(fault) => Err(std::mem::replace(fault, FileFault::Changed)),
            Self::Pending(_) => Err(FileFault::Changed),
        }
    }
}
