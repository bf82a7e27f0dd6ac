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
                // Nobody waits for it if the run was given up.
                let _ = job.done.send(measured);
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

fn measure(job: &Job) -> Result<Measured, FileFault> {
    let measured = file::measure(&job.file)?;
    if measured.stamp != job.stamp {
        return Err(FileFault::Changed);
    }
    Ok(Measured { settled: job.settled && measured.settled, ..measured })
}

impl Version {
    /// The digest, waited for.
    pub(super) fn measured(&mut self) -> Option<Measured> {
        if let Self::Pending(result) = self {
            let result = result.recv().unwrap_or(Err(FileFault::Changed));
            *self = match result {
                Ok(measured) => Self::Known(measured),
                Err(fault) => Self::Faulty(fault),
            };
        }
        match self {
            Self::Known(measured) => Some(*measured),
            Self::Pending(_) | Self::Faulty(_) => None,
        }
    }
}
