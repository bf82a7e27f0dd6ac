//! What no tree can have in it.

use cdi_types::LeafError;

/// What is wrong with a folder that has no other fault than what is in it.
#[derive(Debug, thiserror::Error)]
pub enum TreeFault {
    /// A symbolic link.
    #[error("has the symbolic link `{name}` in it, and a tree is of files alone")]
    Link {
        /// Its name from the folder on.
        name: String,
    },
    /// A pipe, a device or a socket.
    #[error("has `{name}` in it, which is no regular file and no folder")]
    Special {
        /// Its name from the folder on.
        name: String,
    },
    /// What another file system, or another folder, shows below it.
    #[error("has `{name}` in it, where another file system or folder is mounted")]
    Mounted {
        /// Its name from the folder on.
        name: String,
    },
    /// A name that no list can have.
    #[error("has a file in it that no list can name: {0}")]
    Name(#[from] LeafError),
    /// It has no files, so that it would say nothing.
    #[error("has no files in it")]
    Empty,
    /// More than is listed.
    #[error("has more than {most} {of}")]
    TooLarge {
        /// How many are listed.
        most: usize,
        /// Of what.
        of: &'static str,
    },
    /// It has more to it than what was declared.
    #[error("shares `{other}` with something else that is declared")]
    Overlaps {
        /// A name in it.
        other: String,
    },
}

impl TreeFault {
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Link { .. } => "tree-link",
            Self::Special { .. } => "tree-special",
            Self::Mounted { .. } => "tree-mounted",
            Self::Name(_) => "tree-name",
            Self::Empty => "tree-empty",
            Self::TooLarge { .. } => "limit-tree",
            Self::Overlaps { .. } => "path-overlaps",
        }
    }

    pub(crate) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Link { .. } => {
                Some("put the file itself in the link's place, or declare the files one by one")
            }
            Self::Special { .. } => Some("remove it, or declare the files one by one"),
            Self::Mounted { .. } => Some("unmount it, or declare both folders"),
            Self::Name(_) => Some("give the file another name"),
            Self::Empty => Some("leave it out"),
            Self::TooLarge { .. } => Some("declare folders further down"),
            Self::Overlaps { .. } => Some("declare the larger folder only, or folders beside each other"),
        }
    }
}
