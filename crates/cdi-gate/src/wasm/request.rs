//! What a guest is given, what it may use up, and how it ended.

use std::path::PathBuf;
use std::time::Duration;

/// Everything that a guest can see of the host, besides clocks, random numbers and the three inherited streams
/// (standard input, output and error). There is no network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WasiRequest {
    /// The arguments, the program's own name first.
    pub arguments: Vec<String>,
    /// The whole environment; nothing is inherited.
    pub environment: Vec<(String, String)>,
    /// The directories that the guest may open, and all below them.
    pub directories: Vec<Grant>,
}

/// A directory lent to the guest. Paths and symbolic links that lead out of it do not resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The directory on the host.
    pub host: PathBuf,
    /// The name under which the guest finds it.
    pub guest: String,
    /// What the guest may do in it.
    pub access: Access,
}

/// What a guest may do in a granted directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// List and read.
    Read,
    /// List, read, write, create, rename and remove.
    ReadWrite,
}

/// What one run may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestLimits {
    /// The largest linear memory, in bytes; a multiple of 64 KiB is not required.
    pub memory_bytes: u64,
    /// Wall-clock time from the call to the end of the guest, loading included.
    pub time: Duration,
}

/// How a guest ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct GuestExit {
    /// The status that it gave to `proc_exit`, 0 to 125; 0 if it returned from `_start`.
    pub status: u8,
}
