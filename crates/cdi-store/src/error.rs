//! Why a file is not to be had.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use cdi_types::{BundleError, limits};
use rustix::io::Errno;

/// A path in a message: control characters and what is not UTF-8 are escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownPath(PathBuf);

impl ShownPath {
    /// The path.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for ShownPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.display().to_string().escape_debug())
    }
}

/// A file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such file, or a folder on the way to it is missing.
    #[error("there is no file `{path}`")]
    Missing {
        /// The file.
        path: ShownPath,
    },
    /// There is no folder to write a file into.
    #[error("there is no folder `{folder}` to write `{path}` into")]
    MissingFolder {
        /// The folder.
        folder: ShownPath,
        /// The file.
        path: ShownPath,
    },
    /// A folder stands where a file is expected.
    #[error("`{path}` is a folder, expected a file")]
    Folder {
        /// The folder.
        path: ShownPath,
    },
    /// A pipe, a socket or a device stands where a file is expected.
    #[error("`{path}` is not a regular file")]
    NotRegular {
        /// What is there.
        path: ShownPath,
    },
    /// A symbolic link stands where one is not followed.
    #[error("`{path}` is a symbolic link, expected the file itself")]
    Link {
        /// The link.
        path: ShownPath,
    },
    /// The operating system forbids it.
    #[error("no permission for `{path}`")]
    PermissionDenied {
        /// The file or its folder.
        path: ShownPath,
    },
    /// The file system can only be read.
    #[error("the file system of `{path}` is read-only")]
    ReadOnly {
        /// The file.
        path: ShownPath,
    },
    /// There is something of this name, and it is not to be replaced.
    #[error("`{path}` exists already")]
    Exists {
        /// What is there.
        path: ShownPath,
    },
    /// No room is left, or the quota is used up.
    #[error("no room is left for `{path}`")]
    Full {
        /// The file.
        path: ShownPath,
    },
    /// The path does not end in a file's name.
    #[error("`{path}` has no file name")]
    NoName {
        /// The path.
        path: ShownPath,
    },
    /// The artifact has more bytes than [`limits::ARTIFACT_BYTES`].
    #[error("the artifact `{path}` has more than {} bytes", limits::ARTIFACT_BYTES)]
    ArtifactTooLarge {
        /// The file.
        path: ShownPath,
    },
    /// A bundle is over a limit.
    #[error("the bundle `{path}`: {error}")]
    Bundle {
        /// The file.
        path: ShownPath,
        /// The limit.
        error: BundleError,
    },
    /// Several bundles are, taken together, over a limit.
    #[error("the bundles together: {0}")]
    Bundles(BundleError),
    /// A file that lines were to be added to is no bundle.
    #[error("`{path}` is no bundle: not one of its lines is an envelope")]
    NoBundle {
        /// The file.
        path: ShownPath,
    },
    /// The folder of a memory is there, and the memory is not.
    #[error("what this host remembers is gone: there is no file `{path}`")]
    MemoryMissing {
        /// The file.
        path: ShownPath,
    },
    /// There would be more to remember than is read again.
    #[error(
        "there is more to remember than fits into `{path}`, which has at most {limit} bytes; it stays as it was"
    )]
    MemoryFull {
        /// The file.
        path: ShownPath,
        /// How many bytes are read.
        limit: usize,
    },
    /// The file is no memory.
    #[error("what this host remembers cannot be read: `{path}`: {detail}")]
    MemoryDamaged {
        /// The file.
        path: ShownPath,
        /// What is wrong.
        detail: String,
    },
    /// What was checked before is not as it was written: it counts for nothing.
    #[error("what was checked before is not used: `{path}`: {detail}")]
    ChecksDamaged {
        /// The file.
        path: ShownPath,
        /// What is wrong.
        detail: String,
    },
    /// What stands at this name is no memory: it is left alone.
    #[error("this is no folder of what a host remembers: `{path}`: {detail}")]
    MemoryForeign {
        /// What stands there.
        path: ShownPath,
        /// Why it is none.
        detail: String,
    },
    /// A folder of this host's own into which others can put something.
    #[error("the folder `{path}` is not this user's alone: {detail}")]
    FolderOpen {
        /// The folder.
        path: ShownPath,
        /// Who can.
        detail: String,
    },
    /// The file is no record of a program that runs.
    #[error("this is no record of a program that runs: `{path}`: {detail}")]
    RunningDamaged {
        /// The file.
        path: ShownPath,
        /// What is wrong.
        detail: String,
    },
    /// The record is of a process whose number counts elsewhere: in a container, say.
    #[error("whether the program of `{path}` runs cannot be told here: its process is in another namespace")]
    RunningElsewhere {
        /// The file.
        path: ShownPath,
    },
    /// A line to be appended is blank or has a line feed in it.
    #[error("line {index} to be appended is blank or has a line feed in it")]
    NotOneLine {
        /// The line's position, from 0.
        index: usize,
    },
    /// The file system does not lock folders, so that two writers could lose each other's lines.
    #[error("the folder `{path}` cannot be locked: {source}")]
    Lock {
        /// The folder.
        path: ShownPath,
        /// What the operating system says.
        source: io::Error,
    },
    /// Any other failure of the operating system.
    #[error("cannot {action} `{path}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: ShownPath,
        /// What the operating system says.
        source: io::Error,
    },
}

/// What the system says when it, and not the file, is what fails: no memory, no descriptors, a disk that does not answer.
const OF_THE_SYSTEM: [Errno; 9] = [
    Errno::IO,
    Errno::NOMEM,
    Errno::MFILE,
    Errno::NFILE,
    Errno::NOBUFS,
    Errno::INTR,
    Errno::AGAIN,
    Errno::TIMEDOUT,
    Errno::STALE,
];

impl StoreError {
    /// Whether whoever reads has failed, and not the file: it says nothing about what is there.
    #[must_use]
    pub fn is_of_the_system(&self) -> bool {
        let Self::Io { source, .. } = self else { return false };
        let number = source.raw_os_error();
        source.kind() == ErrorKind::OutOfMemory
            || OF_THE_SYSTEM.iter().any(|one| Some(one.raw_os_error()) == number)
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "file-missing",
            Self::MissingFolder { .. } => "folder-missing",
            Self::Folder { .. } => "file-is-folder",
            Self::NotRegular { .. } => "file-not-regular",
            Self::Link { .. } => "file-is-link",
            Self::PermissionDenied { .. } => "file-permission-denied",
            Self::ReadOnly { .. } => "file-system-read-only",
            Self::Exists { .. } => "file-exists",
            Self::Full { .. } => "file-system-full",
            Self::NoName { .. } => "file-without-name",
            Self::ArtifactTooLarge { .. } => "limit-artifact-bytes",
            Self::Bundle { error, .. } | Self::Bundles(error) => error.code(),
            Self::NoBundle { .. } => "bundle-none",
            Self::MemoryMissing { .. } => "memory-missing",
            Self::MemoryFull { .. } => "memory-full",
            Self::FolderOpen { .. } => "folder-not-own",
            Self::RunningDamaged { .. } => "running-damaged",
            Self::RunningElsewhere { .. } => "running-elsewhere",
            Self::MemoryDamaged { .. } => "memory-damaged",
            Self::ChecksDamaged { .. } => "checks-damaged",
            Self::MemoryForeign { .. } => "memory-foreign",
            Self::NotOneLine { .. } => "line-malformed",
            Self::Lock { .. } => "folder-lock-unavailable",
            Self::Io { .. } => "file-io",
        }
    }

    /// The variant for what the operating system said.
    pub(crate) fn of(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = shown(path);
        match source.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Missing { path },
            ErrorKind::IsADirectory => Self::Folder { path },
            ErrorKind::PermissionDenied => Self::PermissionDenied { path },
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            ErrorKind::AlreadyExists => Self::Exists { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { path },
            // A socket, or a device without a driver, does not even open.
            _ if matches!(Errno::from_io_error(&source), Some(Errno::NXIO | Errno::NODEV)) => {
                Self::NotRegular { path }
            }
            _ => Self::Io { action, path, source },
        }
    }
}

pub(crate) fn shown(path: &Path) -> ShownPath {
    ShownPath(path.to_owned())
}

/// What a reader says of a file, which quotes what is in it.
pub(crate) fn said(error: &dyn fmt::Display) -> String {
    error.to_string().chars().take(300).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_common_failure_has_a_code_of_its_own() {
        let code = |errno: Errno| StoreError::of("write", Path::new("x"), errno.into()).code();
        assert_eq!(code(Errno::NOENT), "file-missing");
        assert_eq!(code(Errno::NOSPC), "file-system-full");
        assert_eq!(code(Errno::DQUOT), "file-system-full");
        assert_eq!(code(Errno::ROFS), "file-system-read-only");
        assert_eq!(code(Errno::ACCESS), "file-permission-denied");
        assert_eq!(code(Errno::EXIST), "file-exists");
        assert_eq!(code(Errno::IO), "file-io");
        assert_eq!(code(Errno::NXIO), "file-not-regular");
        let wrapped = io::Error::new(ErrorKind::StorageFull, "in another error");
        assert_eq!(StoreError::of("write", Path::new("x"), wrapped).code(), "file-system-full");
    }

    #[test]
    fn control_characters_of_a_path_are_escaped() {
        let error = StoreError::of("read", Path::new("a\u{1b}[2Jb\n"), Errno::NOENT.into());
        assert_eq!(error.to_string(), "there is no file `a\\u{1b}[2Jb\\n`");
    }
}
