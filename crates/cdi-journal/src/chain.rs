//! The order of entries, and what holds them together (rules J-LINE, J-CHAIN). No files here.

use cdi_envelope::{Budget, Envelope, PublicKey};
use cdi_types::json::{strict, typed};
use cdi_types::{ArtifactDigest, StatementId};
use serde::{Deserialize, Serialize};

use crate::error::{Broken, said};
use crate::statement::{Statement, Verified};

/// Which entry one is, and which came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Link {
    /// Its number, from 0 without a gap.
    pub sequence: u64,
    /// The entry before it, by the digest of its payload; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<StatementId>,
}

/// The last entry of a journal. Whoever keeps one elsewhere can tell later that everything up to it is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    /// The entry's number.
    pub sequence: u64,
    /// The digest of its payload.
    pub id: StatementId,
}

/// An entry whose signature and place in the journal hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    id: StatementId,
    name: String,
    artifact: ArtifactDigest,
    verified: Verified,
    line: Vec<u8>,
}

impl Entry {
    /// Its number and digest.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head { sequence: self.verified.link.sequence, id: self.id }
    }

    /// The artifact's file name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was decided about.
    #[must_use]
    pub const fn artifact(&self) -> ArtifactDigest {
        self.artifact
    }

    /// The envelope, as the line that stands in the journal.
    #[must_use]
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// What it says.
    #[must_use]
    pub const fn verified(&self) -> &Verified {
        &self.verified
    }
}

/// A journal as far as it has been read, from its first entry.
#[derive(Debug)]
pub struct Chain<'k> {
    key: &'k PublicKey,
    head: Option<Head>,
}

impl<'k> Chain<'k> {
    /// A journal that this key signs, before its first entry.
    #[must_use]
    pub const fn before_the_first(key: &'k PublicKey) -> Self {
        Self { key, head: None }
    }

    /// The last entry that was read.
    #[must_use]
    pub const fn head(&self) -> Option<Head> {
        self.head
    }

    /// The place of the entry that comes next.
    #[must_use]
    pub fn next(&self) -> Link {
        next(self.head)
    }

    /// Reads the next line. When this returns, the line is an entry that the journal's key has signed, and it follows the
    /// one before it.
    ///
    /// # Errors
    /// [`Broken`] says what does not hold; nothing after that line says anything.
    pub fn follow(&mut self, line: &[u8]) -> Result<Entry, Broken> {
        let entry = read(line, self.key)?;
        let (expected, found) = (self.next(), entry.verified.link);
        if expected != found {
            return Err(Broken::Chain { expected, found });
        }
        self.head = Some(entry.head());
        Ok(entry)
    }
}

/// The place after a head.
pub(crate) fn next(head: Option<Head>) -> Link {
    match head {
        None => Link { sequence: 0, previous: None },
        Some(Head { sequence, id }) => Link { sequence: sequence.saturating_add(1), previous: Some(id) },
    }
}

/// Reads one entry for itself: its signature holds, its place is not looked at.
pub(crate) fn read(line: &[u8], key: &PublicKey) -> Result<Entry, Broken> {
    let envelope = Envelope::parse(line)?.into_untrusted();
    envelope.verify_by(key, &mut Budget::new(cdi_types::limits::ENVELOPE_SIGNATURES))?;
    let malformed = |detail: String| Broken::Entry { detail };
    let payload = envelope.payload();
    let text = strict(payload).map_err(|error| malformed(said(&error)))?;
    let written: Statement<Verified> = typed(text).map_err(|error| malformed(said(&error)))?;
    if !written.is_one_decision() {
        return Err(malformed("it is no verification summary of one decision".to_owned()));
    }
    let id = StatementId::of(payload);
    let [subject] = written.subject.as_slice() else {
        return Err(malformed("it is about several artifacts".to_owned()));
    };
    let identified = subject.artifact();
    let artifact = identified.ok_or_else(|| malformed("its subject is identified by nothing".to_owned()))?;
    let name = subject.name.clone();
    Ok(Entry { id, name, artifact, verified: written.predicate, line: line.to_vec() })
}
