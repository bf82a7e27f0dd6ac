//! Changes to YAML documents that leave every other byte as it is: comments, order, spelling, line ends (ADR 0011).
//!
//! In go a document's text, a place in it and what is to be there; out comes the text with that one change. The change is a
//! piece of text that is put in or taken out, and its result is read again: unless it says exactly what the old document
//! says with the one difference, there is no change but an error. Whoever calls holds documents to their own rules,
//! before and after; nothing here knows a policy from a shopping list.

mod edit;
mod tree;

pub use edit::{append, items, remove, replace};

/// A step on the way to a place in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'p> {
    /// The member of a mapping.
    Member(&'p str),
    /// The item of a sequence whose member `name` is this.
    Named(&'p str),
}

/// A change that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The document cannot be read.
    #[error("line {line}: not YAML: {detail}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        detail: String,
    },
    /// The document has no such place, or it is written so that a change of it could not be told from another.
    #[error("`{place}` cannot be changed without changing something else: {why}")]
    NoPlace {
        /// The place.
        place: String,
        /// What stands in the way.
        why: &'static str,
    },
}

impl EditError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "edit-syntax",
            Self::NoPlace { .. } => "edit-no-place",
        }
    }

    pub(crate) fn no_place(place: &[Step<'_>], why: &'static str) -> Self {
        let steps = place.iter().map(|step| match step {
            Step::Member(name) | Step::Named(name) => name.escape_debug().to_string(),
        });
        Self::NoPlace { place: steps.collect::<Vec<_>>().join("."), why }
    }
}
