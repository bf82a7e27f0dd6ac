//! Statements of somebody else's types, as far as a policy can ask about them (rule F-FOREIGN).
//!
//! In goes a statement whose JSON is strict, of version 1 or 0.1; out come its type, the artifacts that it is about, and its
//! predicate as text. Members and numbers may be anything. Nothing in it says whose word it is: a policy names keys.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{ArtifactDigest, Sha256, limits};

/// A statement of somebody else's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignStatement {
    /// The predicate type as it is written: whoever shows it escapes it.
    pub predicate_type: String,
    /// The artifacts that it is about: each `sha256` and each `dirHash1` of the right form. Others identify nothing.
    pub subjects: BTreeSet<ArtifactDigest>,
    /// The predicate's text, if it is an object of at most [`limits::EVIDENCE_BYTES`].
    pub predicate: Option<Box<str>>,
}

impl ForeignStatement {
    pub(crate) fn new(predicate_type: String, subjects: &[SubjectIn<'_>], predicate: Option<&str>) -> Self {
        let read = |text: &str| text.trim_start().starts_with('{') && text.len() <= limits::EVIDENCE_BYTES;
        Self {
            predicate_type,
            subjects: subjects.iter().flat_map(SubjectIn::artifacts).collect(),
            predicate: predicate.filter(|text| read(text)).map(Box::from),
        }
    }

    /// The predicate type for people: control characters escaped, and not all of one that is endless.
    #[must_use]
    pub fn shown_type(&self) -> String {
        self.predicate_type.chars().take(300).flat_map(char::escape_debug).collect()
    }
}

/// A subject, of which nothing but its digest is read.
#[derive(Deserialize)]
pub(crate) struct SubjectIn<'a> {
    #[serde(default, borrow)]
    digest: DigestSetIn<'a>,
}

#[derive(Default, Deserialize)]
struct DigestSetIn<'a> {
    #[serde(default, borrow)]
    sha256: Option<Cow<'a, str>>,
    #[serde(default, borrow, rename = "dirHash1")]
    dir_hash1: Option<Cow<'a, str>>,
}

impl SubjectIn<'_> {
    /// An archive has both: its own digest, and that of what is in it.
    fn artifacts(&self) -> impl Iterator<Item = ArtifactDigest> {
        let read = |text: &Option<Cow<'_, str>>| text.as_ref().and_then(|text| Sha256::parse(text).ok());
        let file = read(&self.digest.sha256).map(ArtifactDigest::File);
        file.into_iter().chain(read(&self.digest.dir_hash1).map(ArtifactDigest::Tree))
    }
}
