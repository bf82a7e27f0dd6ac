//! Why a catalogue cannot be used (rule P-EXTENSION).

use cdi_types::{CatalogueDigest, limits};

/// A catalogue that breaks a rule of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// A word that means both a tag and a property.
    #[error("`{word}` is both a property and a tag")]
    WordTwice {
        /// The word.
        word: String,
    },
    /// A property whose description leaves open, or says twice, what it is.
    #[error("`{word}` {wrong}")]
    IllDescribed {
        /// The word.
        word: String,
        /// What is wrong.
        wrong: &'static str,
    },
    /// A tag that names too much.
    #[error("the formula of `{word}` has more than {} words, with its tags written out", limits::TAG_WORDS)]
    TagWords {
        /// The tag.
        word: String,
    },
    /// The document extends what nobody knows.
    #[error(
        "it extends the catalogue {found}, which is neither the one that ships nor one that is read before it"
    )]
    UnknownBase {
        /// The digest that it names.
        found: CatalogueDigest,
    },
    /// The document is there already.
    #[error("the catalogue {digest} is there already")]
    Twice {
        /// Its digest.
        digest: CatalogueDigest,
    },
    /// Too many documents.
    #[error("more than {} catalogues", limits::CATALOGUES)]
    TooMany,
    /// A prefix that is none.
    #[error("the prefix `{prefix}` is not a capital letter, up to 30 more or digits, and `_`")]
    Prefix {
        /// What was found.
        prefix: String,
    },
    /// A prefix with which words of the catalogue that ships begin.
    #[error("the prefix `{prefix}` is taken: the catalogue that ships has `{word}`")]
    PrefixTaken {
        /// The prefix.
        prefix: String,
        /// A word that begins like it.
        word: String,
    },
    /// A word outside the prefix.
    #[error("`{word}` does not begin with the prefix `{prefix}`")]
    NotPrefixed {
        /// The word.
        word: String,
        /// The prefix.
        prefix: String,
    },
    /// A word that has a meaning already.
    #[error("`{word}` has a meaning already, in the catalogue `{catalogue}`")]
    Redefined {
        /// The word.
        word: String,
        /// The name of the catalogue that has it.
        catalogue: String,
    },
    /// An extension without a word of its own.
    #[error("it adds no word to what it extends")]
    AddsNothing,
}

impl CatalogueError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WordTwice { .. } => "word-twice",
            Self::IllDescribed { .. } => "word-ill-described",
            Self::TagWords { .. } => "limit-tag-words",
            Self::UnknownBase { .. } => "catalogue-base-unknown",
            Self::Twice { .. } => "catalogue-twice",
            Self::TooMany => "limit-catalogues",
            Self::Prefix { .. } => "catalogue-prefix",
            Self::PrefixTaken { .. } => "catalogue-prefix-taken",
            Self::NotPrefixed { .. } => "word-not-prefixed",
            Self::Redefined { .. } => "word-redefined",
            Self::AddsNothing => "catalogue-adds-nothing",
        }
    }
}
