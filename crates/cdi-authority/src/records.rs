//! What an authority knows before it signs: who it is, what it has signed, and who made it an authority.

use cdi_envelope::PublicKey;
use cdi_keys::{Sealed, Signer};
use cdi_types::{KeyId, PropertyPattern, RevokedId, StatementId, Timestamp, ToolIdentity};

use crate::{AuthorityError, Journal, Lineage, Lists, RecordError, record};

/// The records of one authority. Whoever holds them must hold a lock as well: two statements made from the same records
/// have the same serial.
#[derive(Debug, Clone)]
pub struct Records {
    key: PublicKey,
    journal: Journal,
    lists: Lists,
    lineage: Lineage,
}

impl Records {
    /// Reads the records of the authority with this key, as files.
    ///
    /// # Errors
    /// [`RecordError`] if one of them is not what this authority wrote.
    pub fn parse(
        key: PublicKey,
        journal: Vec<u8>,
        lists: Vec<u8>,
        lineage: Vec<u8>,
    ) -> Result<Self, RecordError> {
        let journal = Journal::parse(&key, journal)?;
        let lists = Lists::parse(&key, lists)?;
        Ok(Self { key, journal, lists, lineage: Lineage::parse(lineage)? })
    }

    /// The authority's key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// What it has certified and endorsed.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What it has revoked.
    #[must_use]
    pub const fn lists(&self) -> &Lists {
        &self.lists
    }

    /// Who made it an authority.
    #[must_use]
    pub const fn lineage(&self) -> &Lineage {
        &self.lineage
    }

    /// The records once a statement is in the journal.
    ///
    /// # Errors
    /// [`RecordError`] if it does not belong there.
    pub fn after(mut self, sealed: &Sealed) -> Result<Self, RecordError> {
        let journal = std::mem::take(&mut self.journal);
        Ok(Self { journal: journal.after(&self.key, sealed.line.clone())?, ..self })
    }

    /// Statements and the endorsements above this authority, as a file that a bundle can take in.
    #[must_use]
    pub fn all_with_chain(&self, lines: &[&[u8]]) -> Vec<u8> {
        record::to_file(lines.iter().copied().chain(self.lineage.lines()))
    }

    /// A statement and the endorsements above this authority, as a file that a bundle can take in.
    #[must_use]
    pub fn with_chain(&self, line: &[u8]) -> Vec<u8> {
        record::to_file([line].into_iter().chain(self.lineage.lines()))
    }

    /// The ids of the endorsements above this authority, its own one first.
    pub(crate) fn chain(&self, at: Timestamp) -> Vec<StatementId> {
        let own: Vec<_> = self.lineage.of(self.key.key_id(), at).map(|(id, _)| id).collect();
        let others = self.lineage.endorsements().map(|(id, _)| id).filter(|id| !own.contains(id));
        own.iter().copied().chain(others).collect()
    }

    /// Holds the signer to being this authority.
    pub(crate) fn belong_to(&self, signer: &dyn Signer) -> Result<(), AuthorityError> {
        let (signer, authority) = (signer.public_key().key_id(), self.key.key_id());
        if signer == authority { Ok(()) } else { Err(AuthorityError::ForeignSigner { signer, authority }) }
    }

    /// Holds a key to not being revoked here.
    pub(crate) fn not_revoked(&self, key: KeyId) -> Result<(), AuthorityError> {
        match self.lists.entry(RevokedId::Key(key)) {
            None => Ok(()),
            // Some of its runs are, and the key is not.
            Some(entry) if entry.runs.is_some() => Ok(()),
            Some(entry) => Err(AuthorityError::KeyRevoked { key, date: entry.date, reason: entry.reason }),
        }
    }

    /// Which authority has this key, as far as is known here.
    pub(crate) fn authority_with(&self, key: KeyId) -> Option<String> {
        if key == self.key.key_id() {
            return Some("this one".to_owned());
        }
        let endorsed = self.journal.endorsements().chain(self.lineage.endorsements().map(|(_, e)| e));
        let known = endorsed.filter(|e| e.public_key.key_id() == key).map(|e| format!("`{}`", e.name)).next();
        let above = self.lineage.endorsements().any(|(_, e)| e.issuer == key);
        known.or_else(|| above.then(|| "a root of this one".to_owned()))
    }

    /// The tools that were certified with this report key.
    pub(crate) fn tools_with(&self, key: KeyId) -> impl Iterator<Item = &ToolIdentity> {
        self.journal.certifications().filter(move |c| c.report_key.key_id() == key).map(|c| &c.tool)
    }

    /// Holds a pattern to this authority's own scope, with so many endorsements to follow.
    pub(crate) fn may_speak_about(
        &self,
        pattern: &PropertyPattern,
        at: Timestamp,
    ) -> Result<(), AuthorityError> {
        let own = self.key.key_id();
        if self.lineage.allows(own, pattern, 0, at) {
            return Ok(());
        }
        let patterns: Vec<_> = self
            .lineage
            .of(own, at)
            .flat_map(|(_, e)| &e.scope.properties)
            .map(ToString::to_string)
            .collect();
        if patterns.is_empty() {
            return Err(AuthorityError::NotEndorsed { at });
        }
        Err(AuthorityError::OutsideOwnScope { found: pattern.clone(), scope: patterns.join(", "), at })
    }
}

/// A tool as one line for people.
pub(crate) fn named(tool: &ToolIdentity) -> String {
    format!("{} by {}", tool.name, tool.supplier)
}
