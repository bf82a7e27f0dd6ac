//! Where chains may begin (origins) and what ends them (revocation lists).

use super::{Digest, Id, Key, Name};
use std::collections::BTreeSet;

/// What a developer or supplier says that an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as in `origin/v1`")]
pub enum OriginKind {
    Source,
    Library,
    Toolchain,
    Binary,
}

/// A developer or supplier names artifacts as its own.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `origin/v1`")]
pub struct Origin {
    pub id: Id,
    pub key: Key,
    pub kind: OriginKind,
    pub digests: Vec<Digest>,
}

/// A verifier says of artifacts that it has verified them.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `verification_summary/v1`")]
pub struct Summary {
    pub id: Id,
    /// The key that signed it.
    pub key: Key,
    pub verifier: Name,
    pub subjects: Vec<Digest>,
    pub passed: bool,
    /// The highest level of SLSA's track of builds (0 to 9).
    pub level: u8,
    /// The name of the policy by which it was verified.
    pub policy: Name,
    pub time: u64,
}

/// An authority's list of what it takes back.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `revocations/v1`")]
pub struct RevocationList {
    pub id: Id,
    pub issuer: Key,
    pub serial: u64,
    pub not_before: u64,
    pub not_after: u64,
    pub entries: Vec<Entry>,
}

/// One revoked thing. A generated list has at most one entry for each target.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What is revoked.
    pub target: Target,
    /// Why.
    pub reason: Reason,
    /// Of a key: only its runs of this time, the end not included.
    pub runs: Option<(u64, u64)>,
    /// Of a compromised key: from when on somebody else may have had it, if that is known.
    pub since: Option<u64>,
    /// Ids of reports that a key compromise leaves standing.
    pub survivors: BTreeSet<Id>,
}

/// What an entry revokes.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Target {
    Certification(Id),
    Endorsement(Id),
    Key(Key),
    Report(Id),
}

/// Why an entry revokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Reason {
    KeyCompromise,
    Other,
}
