//! All revocation lists of an authority, the newest last.

use std::collections::BTreeSet;

use cdi_envelope::PublicKey;
use cdi_keys::Sealed;
use cdi_types::{AnyStatement, KeyId, Revocation, RevocationList, RevokedId, StatementId};

use crate::record::{self, RecordLine};
use crate::{RecordError, RecordKind};

/// The lists: at least one, each signed with the authority's own key, the n-th with the serial n, from 0, and each with
/// every entry of the one before it.
#[derive(Debug, Clone)]
pub struct Lists {
    before: Vec<Vec<u8>>,
    newest: RevocationList,
    newest_id: StatementId,
    newest_line: Vec<u8>,
}

impl Lists {
    /// Reads the lists of the authority with this key.
    ///
    /// # Errors
    /// [`RecordError`] for the first line that this authority did not write there, and [`RecordError::NoList`].
    pub fn parse(key: &PublicKey, file: Vec<u8>) -> Result<Self, RecordError> {
        let mut lists: Option<Self> = None;
        for line in record::lines(RecordKind::Lists, file)? {
            line.signed_by(key)?;
            let list = list(&line, key.key_id())?;
            let before = lists.map_or_else(|| Ok(Vec::new()), |earlier| earlier.followed_by(&line, &list))?;
            line.next_serial(list.serial, before.len())?;
            lists = Some(Self { before, newest: list, newest_id: line.id, newest_line: line.bytes });
        }
        lists.ok_or(RecordError::NoList)
    }

    /// All lines so far, if `list` drops nothing.
    fn followed_by(self, line: &RecordLine, list: &RevocationList) -> Result<Vec<Vec<u8>>, RecordError> {
        let still: BTreeSet<RevokedId> = list.revoked.iter().map(|entry| entry.id).collect();
        if let Some(dropped) = self.newest.revoked.iter().find(|entry| !still.contains(&entry.id)) {
            return Err(RecordError::EntryDropped { line: line.number, entry: dropped.id.to_string() });
        }
        let mut before = self.before;
        before.push(self.newest_line);
        Ok(before)
    }

    /// The newest list. It has the entries of all.
    #[must_use]
    pub const fn newest(&self) -> &RevocationList {
        &self.newest
    }

    /// The newest list's id.
    #[must_use]
    pub const fn newest_id(&self) -> StatementId {
        self.newest_id
    }

    /// The newest list's envelope, without a line feed.
    #[must_use]
    pub fn newest_line(&self) -> &[u8] {
        &self.newest_line
    }

    /// The entry about this.
    #[must_use]
    pub fn entry(&self, id: RevokedId) -> Option<&Revocation> {
        self.newest.revoked.iter().find(|entry| entry.id == id)
    }

    /// The file with one more list at its end.
    #[must_use]
    pub fn file_with(&self, sealed: &Sealed) -> Vec<u8> {
        let before = self.before.iter().map(Vec::as_slice);
        record::to_file(before.chain([self.newest_line.as_slice(), sealed.line.as_slice()]))
    }
}

fn list(line: &RecordLine, key: KeyId) -> Result<RevocationList, RecordError> {
    let AnyStatement::Revocations(statement) = &line.statement else { return Err(line.stray()) };
    let list = statement.predicate();
    if list.issuer == key {
        return Ok(list.clone());
    }
    Err(line.unusable(&format!("its issuer is `{}`", list.issuer)))
}
