//! What the arguments of a run may be.

use super::{Digest, Key, Name, OriginKind};
use std::collections::BTreeMap;

/// Whether a path is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the two words say it")]
pub enum Direction {
    Input,
    Output,
}

/// What one argument, or the value of an option, may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// This text.
    Literal(String),
    /// One of these texts.
    OneOf(Vec<String>),
    /// Any text of this kind.
    Any(Kind),
    /// Any text that begins so.
    Begins(String),
    /// The text that these pieces make.
    Equals(Vec<Piece>),
    /// A name, or `NAME=VALUE`.
    Sets(BTreeMap<Name, Setting>),
    /// The name of exactly one recorded input or output that is a file, which gets this role.
    Path {
        /// Input or output.
        direction: Direction,
        /// The role that it gets.
        role: Name,
    },
    /// The name of exactly one recorded input or output that is a tree, which gets this role.
    Tree {
        /// Input or output.
        direction: Direction,
        /// The role that it gets.
        role: Name,
    },
    /// As a path, and the file's name ends in one of these, from its last dot on.
    Named {
        /// Input or output.
        direction: Direction,
        /// The role that it gets.
        role: Name,
        /// The endings.
        endings: Vec<String>,
    },
    /// The name of exactly one recorded input of one of these digests, which gets this role.
    Known {
        /// The role that it gets.
        role: Name,
        /// The digests.
        digests: Vec<Digest>,
    },
    /// The name of exactly one recorded input that such an origin statement lists, which gets its role.
    Listed(Manifest),
}

impl Arg {
    /// It, and what its settings may be.
    pub fn with_settings(&self) -> Vec<&Self> {
        let sets = if let Self::Sets(sets) = self { Some(sets) } else { None };
        let values = sets.into_iter().flatten().filter_map(|(_, setting)| setting.value.as_ref());
        std::iter::once(self).chain(values).collect()
    }
}

/// What a text may be that nobody lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub enum Kind {
    Word,
    Tail,
    Quoted,
    Path,
}

/// What an option sets under one name, or, as `*`, under any other word.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub struct Setting {
    pub value: Option<Arg>,
    pub required: bool,
    pub repeats: Repeats,
}

/// A piece of a text that is made of what options have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub enum Piece {
    Text(String),
    Option { name: Name, set: Option<Name>, without: Option<String>, otherwise: Option<String> },
}

/// An output that is known by the path that its pieces make.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub struct Made {
    pub role: Name,
    pub path: Vec<Piece>,
}

/// What origin statements of a key and kind list may be taken for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub struct Manifest {
    pub key: Key,
    pub kind: OriginKind,
    pub role: Name,
}

/// How a name and a value are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub enum Spelling {
    Bare,
    Separate,
    Joined,
    Adjoined,
}

/// Whether an option may be there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub enum Repeats {
    Refuse,
    Same,
    Any,
}

/// An option.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub struct Opt {
    pub value: Option<Arg>,
    pub spelling: Vec<Spelling>,
    pub required: bool,
    pub repeats: Repeats,
}

/// A command line.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "named as in `tool-certification/v1`")]
pub struct Line {
    pub options: BTreeMap<Name, Opt>,
    pub positional: Vec<Arg>,
    pub rest: Option<Arg>,
    pub options_after_positional: bool,
}
