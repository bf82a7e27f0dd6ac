//! Why a commit is not to be had, and how a file differs from it.

use std::fmt;
use std::io;

use cdi_types::{GitDigest, PathError, limits};

use crate::walk;

/// A commit that cannot be compared with its work tree.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program `git` cannot be run.
    #[error("the program `git` cannot be run: {0}")]
    Unavailable(io::Error),
    /// `git` does not do it, or says what it never says.
    #[error("`git {command}`: {said}")]
    Refused {
        /// What it was asked.
        command: &'static str,
        /// What it says, control characters escaped.
        said: String,
    },
    /// The folder lies in no work tree of the repository that git finds for it.
    #[error("git takes `{top}` for the work tree, which {reason}")]
    Elsewhere {
        /// The work tree, control characters escaped.
        top: String,
        /// Why not.
        reason: &'static str,
    },
    /// An object is not what its id says, or is nothing that a work tree can have.
    #[error("the object {id} {reason}")]
    Object {
        /// The object.
        id: GitDigest,
        /// What is wrong with it.
        reason: String,
    },
    /// A file has a name that cannot be recorded (rule F-PATH).
    #[error("a file of the commit: {0}")]
    Path(#[from] PathError),
    /// A file name that is not UTF-8.
    #[error("the path `{path}` of the commit is not UTF-8")]
    NotText {
        /// The path, what is no text replaced.
        path: String,
    },
    /// More entries than are read.
    #[error("the commit has more than {} files and folders", walk::ENTRIES)]
    TooMany,
    /// More than is read of what git lists.
    #[error("git lists more than is read")]
    LongList,
    /// A file over the limit of artifacts.
    #[error("`{path}` has more than {} bytes", limits::ARTIFACT_BYTES)]
    TooLarge {
        /// The file.
        path: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Unreadable {
        /// The file, control characters escaped.
        path: String,
        /// Why not.
        source: io::Error,
    },
}

impl GitError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "git-unavailable",
            Self::Refused { .. } | Self::Elsewhere { .. } => "git-refused",
            Self::Object { .. } => "git-object",
            Self::Path(error) => error.code(),
            Self::NotText { .. } => "path-not-plain",
            Self::TooMany | Self::LongList => "limit-origin-files",
            Self::TooLarge { .. } => "limit-artifact-bytes",
            Self::Unreadable { .. } => "file-io",
        }
    }

    pub(crate) fn object(id: GitDigest, reason: impl Into<String>) -> Self {
        Self::Object { id, reason: reason.into() }
    }
}

/// How a path of the commit differs in the work tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// There is nothing at this path, or what leads to it is no folder.
    Missing,
    /// Something else is there: a link for a file, a folder, a device.
    Kind,
    /// It has other bytes: an edit, or a filter of the checkout.
    Bytes,
    /// It may be executed and should not, or the other way round.
    Mode,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is not there",
            Self::Kind => "is no file or link as in the commit",
            Self::Bytes => "has other bytes (an edit, or a filter of the checkout)",
            Self::Mode => "has another mode",
        })
    }
}

/// Text of others in a message: bounded, control characters escaped.
pub(crate) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(300).flat_map(char::escape_debug).collect()
}
