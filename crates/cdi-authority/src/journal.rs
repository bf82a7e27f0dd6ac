//! Everything that an authority has certified and endorsed, in the order of its serials.

use cdi_envelope::PublicKey;
use cdi_keys::Sealed;
use cdi_types::{AnyStatement, Endorsement, KeyId, Predicate, Statement, StatementId, ToolCertification};

use crate::record::{self, RecordLine};
use crate::{RecordError, RecordKind};

/// What an authority signed.
#[derive(Debug, Clone)]
pub enum Signed {
    /// It certified a tool.
    Certification(Box<Statement<ToolCertification>>),
    /// It endorsed an authority.
    Endorsement(Box<Statement<Endorsement>>),
}

/// One line of the journal.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The statement's id.
    pub id: StatementId,
    /// The statement.
    pub signed: Signed,
    /// Its envelope, without a line feed.
    pub line: Vec<u8>,
}

/// The journal: append-only, each entry signed with the authority's own key, the n-th with the serial n, from 0. So an
/// entry that is missing is noticed.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    entries: Vec<Entry>,
}

impl Journal {
    /// Reads the journal of the authority with this key.
    ///
    /// # Errors
    /// [`RecordError`] for the first line that this authority did not write there.
    pub fn parse(key: &PublicKey, file: Vec<u8>) -> Result<Self, RecordError> {
        Self::default().after(key, file)
    }

    /// The journal with these lines at its end.
    pub(crate) fn after(mut self, key: &PublicKey, lines: Vec<u8>) -> Result<Self, RecordError> {
        for line in record::lines(RecordKind::Journal, lines)? {
            line.signed_by(key)?;
            let signed = signed(&line, key.key_id())?;
            line.next_serial(signed.serial(), self.entries.len())?;
            self.entries.push(Entry { id: line.id, signed, line: line.bytes });
        }
        Ok(self)
    }

    /// The entries, the oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with this id.
    #[must_use]
    pub fn find(&self, id: StatementId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The serial of the next entry.
    #[must_use]
    pub fn next_serial(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The journal's file.
    #[must_use]
    pub fn file(&self) -> Vec<u8> {
        record::to_file(self.entries.iter().map(|entry| entry.line.as_slice()))
    }

    /// The journal's file with one more entry at its end.
    #[must_use]
    pub fn file_with(&self, sealed: &Sealed) -> Vec<u8> {
        let before = self.entries.iter().map(|entry| entry.line.as_slice());
        record::to_file(before.chain([sealed.line.as_slice()]))
    }

    pub(crate) fn certifications(&self) -> impl Iterator<Item = &ToolCertification> {
        self.entries.iter().filter_map(|entry| match &entry.signed {
            Signed::Certification(statement) => Some(statement.predicate()),
            Signed::Endorsement(_) => None,
        })
    }

    pub(crate) fn endorsements(&self) -> impl Iterator<Item = &Endorsement> {
        self.entries.iter().filter_map(|entry| match &entry.signed {
            Signed::Endorsement(statement) => Some(statement.predicate()),
            Signed::Certification(_) => None,
        })
    }
}

impl Signed {
    const fn serial(&self) -> u64 {
        match self {
            Self::Certification(statement) => statement.predicate().serial,
            Self::Endorsement(statement) => statement.predicate().serial,
        }
    }
}

fn signed(line: &RecordLine, key: KeyId) -> Result<Signed, RecordError> {
    let (issuer, signed) = match &line.statement {
        AnyStatement::Certification(statement) => {
            (statement.predicate().issuer(), Signed::Certification(statement.clone()))
        }
        AnyStatement::Endorsement(statement) => {
            (statement.predicate().issuer(), Signed::Endorsement(Box::new(statement.clone())))
        }
        _ => return Err(line.stray()),
    };
    if issuer == key { Ok(signed) } else { Err(line.unusable(&format!("its issuer is `{issuer}`"))) }
}
