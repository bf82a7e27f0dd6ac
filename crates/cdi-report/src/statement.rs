//! A line of the evidence, as it was received.

use cdi_types::{Sha256, StatementId};

use crate::limits;

/// What the verifier made of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Its signature was verified; who signed is trusted by whoever says so, not by that.
    Verified,
    /// It proves nothing.
    Discarded {
        /// The stable code.
        code: &'static str,
        /// Why.
        reason: String,
    },
    /// It is no evidence to any decision.
    NoEvidence,
}

/// A line of the evidence.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The statement's id, if the line has a statement.
    pub id: Option<StatementId>,
    /// What it is, in a word.
    pub kind: String,
    /// What it says of itself, in a line.
    pub summary: String,
    /// What it is about: the digests of its subjects, and of the keys that sign it and that it brings.
    pub about: Vec<Sha256>,
    /// Where it stands: a file and a line of it.
    pub source: String,
    /// What the verifier made of it.
    pub mark: Mark,
    /// The decoded payload.
    pub payload: Option<Excerpt>,
    /// The line itself.
    pub envelope: Excerpt,
}

/// The beginning of some bytes, as text.
#[derive(Debug, Clone)]
pub struct Excerpt {
    pub(crate) text: String,
    pub(crate) left_out: usize,
}

impl Excerpt {
    /// As much of these bytes as a page takes ([`limits::EXCERPT`]). What is not UTF-8 is seen to be none.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let cut = bytes.len().min(limits::EXCERPT);
        let (start, rest) = bytes.split_at_checked(cut).unwrap_or((bytes, &[]));
        Self { text: String::from_utf8_lossy(start).into_owned(), left_out: rest.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted() {
        let excerpt = Excerpt::of(&vec![b'x'; limits::EXCERPT + 3]);
        assert_eq!((excerpt.text.len(), excerpt.left_out), (limits::EXCERPT, 3));
        assert_eq!(Excerpt::of(b"a\xff").text, "a\u{fffd}");
    }
}
