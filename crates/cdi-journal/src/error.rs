//! Why a journal does not hold, or cannot be written.

use cdi_envelope::EnvelopeError;
use cdi_keys::SealError;
use cdi_store::StoreError;

use crate::chain::{Head, Link};

/// What does not hold of one line.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It is no envelope, or the journal's key has not signed it.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// What was signed is no entry of a journal.
    #[error("what was signed is no entry of a journal: {detail}")]
    Entry {
        /// What is wrong with it.
        detail: String,
    },
    /// It does not follow the one before it: something was taken out, put in or moved.
    #[error("it is {}, expected {}", shown(.found), shown(.expected))]
    Chain {
        /// The place that comes next.
        expected: Link,
        /// The place that the entry says it has.
        found: Link,
    },
}

/// A journal that does not hold, or an entry that was not written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A line does not hold.
    #[error("entry {line} does not hold: {broken}")]
    Broken {
        /// The line, from 1.
        line: u64,
        /// What does not hold of it.
        broken: Broken,
    },
    /// An entry that was written, or that somebody has kept the digest of, is not there any more.
    #[error("it had entry {} ({}), which is not there any more: its end was cut off, or it is another journal", .kept.sequence, .kept.id.short())]
    Cut {
        /// The entry that was there.
        kept: Head,
    },
    /// The entry cannot be put into words.
    #[error("the entry cannot be written: {detail}")]
    Unwritable {
        /// Why.
        detail: String,
    },
    /// More is to be set apart than an entry may have.
    #[error(
        "the lists of the entry have {found} bytes, at most {} are written down",
        crate::annex::ANNEX_BYTES
    )]
    LargeAnnex {
        /// How many bytes they have.
        found: usize,
    },
    /// What an entry has set apart is not there, or is something else.
    #[error("what entry {sequence} has set apart is not there as it was: {detail}")]
    Annex {
        /// The entry's number.
        sequence: u64,
        /// What is wrong.
        detail: String,
    },
    /// A line is longer than any entry.
    #[error("entry {line} has more than {} bytes", cdi_types::limits::LINE_BYTES)]
    LongLine {
        /// The line, from 1.
        line: u64,
    },
    /// The entry was not signed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A file is not to be had.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be read, written or locked.
    #[error("cannot {action} `{path}`: {source}")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

impl JournalError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Broken { broken: Broken::Envelope(_), .. } => "journal-signature",
            Self::Broken { broken: Broken::Entry { .. }, .. } => "journal-entry",
            Self::Broken { broken: Broken::Chain { .. }, .. } => "journal-chain",
            Self::Cut { .. } => "journal-cut",
            Self::LargeAnnex { .. } => "limit-journal-annex",
            Self::Annex { .. } => "journal-annex",
            Self::LongLine { .. } => "limit-line-bytes",
            Self::Unwritable { .. } | Self::File { .. } => "journal-file",
            Self::Seal(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

/// What a reader says of a file, which quotes what is in it.
pub(crate) fn said(error: &dyn std::fmt::Display) -> String {
    error.to_string().chars().take(300).flat_map(char::escape_debug).collect()
}

fn shown(link: &Link) -> String {
    match link.previous {
        None => format!("entry {} after none", link.sequence),
        Some(previous) => format!("entry {} after {}", link.sequence, previous.short()),
    }
}
