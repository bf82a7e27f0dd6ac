//! Whether somebody can write to a file while a run uses it.
//!
//! The times of a file do not tell all of it: a store into memory that maps the file moves them only where the page was
//! clean, and in memory file systems not even then. So the kernel is asked for a lease, which it gives only while nobody has
//! the file open for writing. On disks a writer who comes later shows in the times; in memory the lease alone tells.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use crate::file::fault;
use crate::{FileFault, filesystem};

/// How long a file may stay open for writing: a process that is being started has copies of all descriptors for a moment.
const GRACE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(5);

/// How a write to a file would show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watch {
    /// A writer ends the lease.
    Leased,
    /// Writes move the file's times: no lease is to be had, and nobody had written to it through memory.
    Timed,
}

/// On `Ok` nobody has a file open for writing that is about to be measured; it is to be kept open as long as it is used.
pub(crate) fn excluded(file: &File) -> Result<Watch, FileFault> {
    let begun = Instant::now();
    loop {
        match excluded_now(file) {
            Err(FileFault::OpenForWriting) if begun.elapsed() <= GRACE => std::thread::sleep(PAUSE),
            otherwise => return otherwise,
        }
    }
}

/// As [`excluded`], of a file that nobody can be about to close.
pub(crate) fn excluded_now(file: &File) -> Result<Watch, FileFault> {
    match cdi_sys::take_lease(file) {
        Ok(()) => Ok(Watch::Leased),
        Err(error) if Errno::from_io_error(&error) == Some(Errno::AGAIN) => Err(FileFault::OpenForWriting),
        Err(_) => timed(file),
    }
}

/// A file of somebody else's, or on a file system without leases. Once all is on disk a store into a mapping moves its times
/// again.
fn timed(file: &File) -> Result<Watch, FileFault> {
    let metadata = file.metadata().map_err(fault)?;
    if metadata.uid() == 0 && metadata.mode() & 0o022 == 0 {
        return Ok(Watch::Timed);
    }
    if !filesystem::tells_of_stores(file)? {
        return Err(FileFault::Unwatched);
    }
    match rustix::fs::fdatasync(file) {
        // What cannot be written to has nothing to be written out.
        Ok(()) | Err(Errno::INVAL | Errno::ROFS) => Ok(Watch::Timed),
        Err(error) => Err(fault(io::Error::from(error))),
    }
}

/// Whether somebody may have written to a file without a trace in its times, which is about to be let go. `traced`: its times
/// are what they were when it was measured, and had been for long enough that each change would show in them.
pub(crate) fn hidden(file: &File, watch: Watch, traced: bool) -> Result<bool, FileFault> {
    match watch {
        Watch::Timed => Ok(false),
        Watch::Leased if cdi_sys::lease_lasts(file) => Ok(false),
        Watch::Leased => Ok(!traced || !filesystem::tells_of_stores(file)?),
    }
}
