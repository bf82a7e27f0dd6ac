//! What others say in statements of their own types, and what a policy makes of it.

use super::{Digest, Id, Key, Name};
use std::collections::BTreeSet;

/// A statement of somebody else's type.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// Its id.
    pub id: Id,
    /// The key that signed it.
    pub key: Key,
    /// The type of its predicate.
    pub kind: Name,
    /// What it is about.
    pub subjects: Vec<Digest>,
    /// What it says.
    pub says: Says,
}

/// What a statement of somebody else's says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// An object with a score.
    Score(u8),
    /// An object without one: the score is inside the text of its only member.
    ScoreInText(u8),
    /// Nothing that is an object.
    NoObject,
}

/// What a policy calls evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceRule {
    /// By which name; no two of a principal have one.
    pub name: Name,
    /// The type of the predicate.
    pub kind: Name,
    /// Whose word it is; never nobody's.
    pub keys: BTreeSet<Key>,
    /// The least score; with none any predicate will do that is an object.
    pub least: Option<u8>,
}
