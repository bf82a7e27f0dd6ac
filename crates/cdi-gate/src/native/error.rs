//! Why a program of its own process did not begin, or did not come to a regular end.

use std::io;
use std::path::PathBuf;

use crate::container::ArchiveError;

/// What kept a program from a regular exit.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// Something that the host must have is not to be had.
    #[error("cannot make {what}: {error}")]
    Resources {
        /// What was to be made.
        what: &'static str,
        /// What the operating system says.
        error: io::Error,
    },
    /// Something on the way to the program's first instruction failed.
    #[error("the program did not begin: cannot {what}: {error}")]
    NotStarted {
        /// What was to be done.
        what: &'static str,
        /// What the operating system says.
        error: io::Error,
    },
    /// An argument, a variable or a directory cannot be passed without changing its meaning.
    #[error("cannot pass {what} `{value}` to the program: {reason}")]
    RequestRefused {
        /// Which part of the request.
        what: &'static str,
        /// The value, with control characters escaped.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A granted directory could not be opened.
    #[error("granted directory `{}` could not be opened: {detail}", host.display())]
    DirectoryUnavailable {
        /// The directory on the host.
        host: PathBuf,
        /// What the operating system says.
        detail: String,
    },
    /// The environment has no view of its own, so that a directory cannot be given in it.
    #[error("a plain process sees the host's files as they are: no directory can be given to it")]
    NoDirectories,
    /// A means of confinement is not there.
    #[error("cannot confine the program: {detail}")]
    Unconfined {
        /// Which, and why not.
        detail: String,
    },
    /// An archive is no root file system.
    #[error("the archive is no root file system: {0}")]
    Archive(#[from] ArchiveError),
    /// An archive, and no program in it that is to be started.
    #[error("the first argument must be the path of the program in the archive, as `/bin/app`")]
    NoEntry,
    /// An archive without the program that its first argument names.
    #[error("the archive has no program `{path}`, which the first argument names")]
    NoProgram {
        /// The path.
        path: String,
    },
    /// A signal ended the program.
    #[error("the program was ended by signal {signal}")]
    Signalled {
        /// The signal.
        signal: u8,
    },
    /// Its time was up.
    #[error("the program ran longer than {milliseconds} ms")]
    TimeUp {
        /// How long it was allowed.
        milliseconds: u128,
    },
    /// Somebody killed what watches over the program, and the program with it.
    #[error("the program was killed with what watches over it")]
    Killed,
    /// The runtime itself failed.
    #[error("the runtime failed: {detail}")]
    RuntimeFailed {
        /// Its own words.
        detail: String,
    },
}

impl LaunchError {
    pub(crate) const fn resources(what: &'static str, error: io::Error) -> Self {
        Self::Resources { what, error }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Resources { .. } => "gate-resources",
            Self::NotStarted { .. } => "program-not-started",
            Self::RequestRefused { .. } => "guest-request-refused",
            Self::DirectoryUnavailable { .. } => "directory-unavailable",
            Self::NoDirectories => "environment-without-directories",
            Self::Unconfined { .. } => "confinement-unavailable",
            Self::Archive(_) => "archive-refused",
            Self::NoEntry | Self::NoProgram { .. } => "archive-without-program",
            Self::Signalled { .. } => "program-killed",
            Self::TimeUp { .. } => "time-limit-exceeded",
            Self::Killed => "watcher-killed",
            Self::RuntimeFailed { .. } => "runtime-failed",
        }
    }
}
