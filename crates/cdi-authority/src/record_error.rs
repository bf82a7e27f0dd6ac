//! Why an authority's records cannot be relied on.

use cdi_types::{BundleError, KeyId, Timestamp};

/// One of the records that an authority keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// The certifications and endorsements that it signed.
    Journal,
    /// Its revocation lists.
    Lists,
    /// The endorsements that make it an authority.
    Lineage,
}

impl std::fmt::Display for RecordKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Journal => "journal",
            Self::Lists => "record of revocation lists",
            Self::Lineage => "record of endorsements",
        })
    }
}

/// Records that are not what one authority wrote, one after the other. Nothing may be signed on such a ground: a serial
/// could be given twice, an entry dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A record is over a limit.
    #[error("the {record} cannot be read: {error}")]
    Bundle {
        /// The record.
        record: RecordKind,
        /// The limit.
        error: BundleError,
    },
    /// A line cannot be read or is not signed as it should be.
    #[error("line {line} of the {record} cannot be used: {detail}")]
    Line {
        /// The record.
        record: RecordKind,
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// A line is a statement that has no place in this record.
    #[error("line {line} of the {record} is another kind of statement")]
    StrayStatement {
        /// The record.
        record: RecordKind,
        /// The line's number, from 1.
        line: usize,
    },
    /// The serials of a record do not count up from 0.
    #[error("line {line} of the {record} has the serial {found}, expected {expected}")]
    Serial {
        /// The record.
        record: RecordKind,
        /// The line's number, from 1.
        line: usize,
        /// The serial that was found.
        found: u64,
        /// The serial that comes next.
        expected: u64,
    },
    /// A list leaves out what an earlier one revoked.
    #[error("line {line} of the record of revocation lists drops the {entry}")]
    EntryDropped {
        /// The line's number, from 1.
        line: usize,
        /// What was revoked.
        entry: String,
    },
    /// There is no revocation list, not even the first, empty one.
    #[error("the record of revocation lists is empty")]
    NoList,
    /// An endorsement whose chain does not begin at a root that was given.
    #[error("the endorsement of `{name}` leads to none of the roots that were given")]
    Unrooted {
        /// The name of the endorsed authority.
        name: String,
    },
    /// None of the endorsements leads to this authority.
    #[error("none of the endorsements is for this authority's key `{key}`")]
    NotForThisAuthority {
        /// This authority's key.
        key: KeyId,
    },
    /// An endorsement that is over cannot make anybody an authority.
    #[error("the endorsement of `{name}` ended at {not_after}")]
    Expired {
        /// The name of the endorsed authority.
        name: String,
        /// When.
        not_after: Timestamp,
    },
}

impl RecordError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bundle { error, .. } => error.code(),
            Self::Line { .. } => "record-line-unusable",
            Self::StrayStatement { .. } => "record-stray-statement",
            Self::Serial { .. } => "record-serial",
            Self::EntryDropped { .. } => "record-entry-dropped",
            Self::NoList => "record-without-list",
            Self::Unrooted { .. } => "endorsement-unrooted",
            Self::NotForThisAuthority { .. } => "endorsement-of-another",
            Self::Expired { .. } => "endorsement-expired",
        }
    }
}
