//! Ending a program that runs, by its record (rule J-STOP).
//!
//! Anybody who can write to the folder can write a record, about any process. So the record alone ends nothing: its file
//! must belong to the user who asks, and the process that it names must be the one that holds the lock on it, by the
//! kernel's word. A process that had no part in the record never holds it.

use std::fs::{File, OpenOptions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{
    Flock, FlockType, Pid, PidfdFlags, Signal, fcntl_getlk, geteuid, pidfd_open, pidfd_send_signal,
};

use crate::StoreError;
use crate::error::{ShownPath, shown};
use crate::process::{Life, Process};
use crate::running::RunningFolder;

/// How long a process that was killed may take to be gone: the kernel may have much to clear away.
const GONE: Duration = Duration::from_secs(5);

/// How a program came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It had ended before.
    Before,
    /// It ended when it was asked to (SIGTERM).
    Asked,
    /// It did not, and was killed (SIGKILL).
    Killed,
}

/// Why a program was not ended.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// The record belongs to somebody else.
    #[error("the record `{path}` belongs to the user {owner}: nothing is stopped by it")]
    Foreign {
        /// The record.
        path: ShownPath,
        /// The number of its owner.
        owner: u32,
    },
    /// The record does not prove that the process is the program's.
    #[error("the record `{path}` is not held by the process {pid} that it names: nothing is stopped by it")]
    Unproven {
        /// The record.
        path: ShownPath,
        /// The number of the process.
        pid: u32,
    },
    /// The process is still there.
    #[error("the process {pid} cannot be stopped: {source}")]
    Refused {
        /// The number of the process.
        pid: u32,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The record, or the process, cannot be looked at.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StopError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Foreign { .. } | Self::Unproven { .. } => "running-unproven",
            Self::Refused { .. } => "running-unstopped",
            Self::Store(error) => error.code(),
        }
    }
}

impl RunningFolder {
    /// Ends a program: asks it to (SIGTERM), and kills it if it is still there after `grace`. On `Ok` its process is gone.
    ///
    /// Guarantees: no process gets a signal but the one that keeps its record, of this user's, locked. A number that was given
    /// to another process meanwhile means none (a descriptor stands for the process from before it was looked at).
    ///
    /// # Errors
    /// [`StopError`]: the process may still run.
    pub fn stop(&self, process: &Process, grace: Duration) -> Result<Stopped, StopError> {
        let pid = process.pid();
        let refused = |errno: Errno| StopError::Refused { pid, source: errno.into() };
        let path = self.file(process);
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let number = number.ok_or_else(|| StopError::Unproven { path: shown(&path), pid })?;
        let target = match pidfd_open(number, PidfdFlags::empty()) {
            Err(Errno::SRCH) => return Ok(Stopped::Before),
            other => other.map_err(refused)?,
        };
        match process.life()? {
            Life::Ended => return Ok(Stopped::Before),
            Life::Elsewhere => return Err(StoreError::RunningElsewhere { path: shown(&path) }.into()),
            Life::Runs => {}
        }
        match held(&path, pid, number) {
            // Whoever ends takes the record away, or lets go of it.
            Err(_) if ended(&target, Duration::ZERO).map_err(refused)? => return Ok(Stopped::Before),
            other => other?,
        }
        for (signal, patience, stopped) in
            [(Signal::TERM, grace, Stopped::Asked), (Signal::KILL, GONE, Stopped::Killed)]
        {
            match pidfd_send_signal(&target, signal) {
                Err(Errno::SRCH) => return Ok(stopped),
                other => other.map_err(refused)?,
            }
            if ended(&target, patience).map_err(refused)? {
                return Ok(stopped);
            }
        }
        Err(refused(Errno::TIMEDOUT))
    }
}

/// Holds if the record belongs to this user and the process holds the lock on it.
fn held(path: &Path, pid: u32, number: Pid) -> Result<(), StopError> {
    let flags = (OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK).bits().cast_signed();
    let open: std::io::Result<File> = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let failed = |source| StoreError::of("look at", path, source);
    let file = open.map_err(failed)?;
    let owner = file.metadata().map_err(failed)?.uid();
    if owner != geteuid().as_raw() {
        return Err(StopError::Foreign { path: shown(path), owner });
    }
    let wanted = Flock::from(FlockType::WriteLock);
    let holder = fcntl_getlk(&file, &wanted).map_err(|errno| failed(errno.into()))?;
    match holder.and_then(|lock| lock.pid) {
        Some(holder) if holder == number => Ok(()),
        _ => Err(StopError::Unproven { path: shown(path), pid }),
    }
}

/// Whether the process is gone before so much time has passed.
fn ended(target: &OwnedFd, within: Duration) -> Result<bool, Errno> {
    let until = Instant::now() + within;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos()),
        };
        match poll(&mut [PollFd::new(target, PollFlags::IN)], Some(&left)) {
            Err(Errno::INTR) => {}
            other => return other.map(|ready| ready > 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use cdi_types::{ArtifactDigest, Timestamp};

    use super::*;
    use crate::running::Running;

    /// A process that has nothing to do with any record, and a record that names it.
    fn forged() -> (tempfile::TempDir, RunningFolder, Child, Process) {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunningFolder::beside(&parent.path().join("cdi")).unwrap();
        let running = Running::of(ArtifactDigest::of(b"app"), Timestamp::from_unix(7));
        let kept = folder.keep(&running).unwrap();
        let child = Command::new("sleep").arg("1000").spawn().unwrap();
        let process = Process::of(child.id()).unwrap();
        std::fs::copy(folder.file(&Process::this().unwrap()), folder.file(&process)).unwrap();
        kept.end().unwrap();
        (parent, folder, child, process)
    }

    #[test]
    fn a_record_that_its_process_does_not_hold_stops_nothing() {
        let (_parent, folder, mut child, process) = forged();
        assert_eq!(folder.read().unwrap().running.len(), 1, "it looks as if it ran");
        let error = folder.stop(&process, Duration::ZERO).unwrap_err();
        assert_eq!(error.code(), "running-unproven", "{error}");
        // Somebody else's lock is not the process's.
        let holder = Command::new("python3")
            .args(["-c", "import fcntl,sys,time\nf=open(sys.argv[1],'r+')\nfcntl.lockf(f,fcntl.LOCK_EX)\nprint(flush=True)\ntime.sleep(1000)"])
            .arg(folder.file(&process))
            .stdout(std::process::Stdio::piped())
            .spawn();
        if let Ok(mut holder) = holder {
            std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut [0]).unwrap();
            assert_eq!(folder.stop(&process, Duration::ZERO).unwrap_err().code(), "running-unproven");
            holder.kill().unwrap();
            holder.wait().unwrap();
        }
        assert_eq!(child.try_wait().unwrap(), None, "it has got no signal");
        std::fs::remove_file(folder.file(&process)).unwrap();
        assert_eq!(folder.stop(&process, Duration::ZERO).unwrap_err().code(), "file-missing");
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(folder.stop(&process, Duration::ZERO).unwrap(), Stopped::Before);
    }

    #[test]
    fn a_number_that_another_process_has_now_stops_nothing() {
        let (_parent, folder, mut child, process) = forged();
        let earlier =
            Process::named(&process.name().replace(&format!("-{}-", process.pid()), "-1-")).unwrap();
        assert_eq!(folder.stop(&earlier, Duration::ZERO).unwrap(), Stopped::Before);
        let (name, start) = (process.name(), process.name().rsplit('-').next().unwrap().len());
        let earlier = Process::named(&format!("{}7", &name[..name.len() - start])).unwrap();
        std::fs::copy(folder.file(&process), folder.file(&earlier)).unwrap();
        assert_eq!(folder.stop(&earlier, Duration::ZERO).unwrap(), Stopped::Before);
        assert_eq!(child.try_wait().unwrap(), None);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
