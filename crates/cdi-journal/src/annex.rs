//! What an entry sets apart: lists that somebody else can make as long as they like lie beside the journal, each content once, and
//! the entry has its digest (rule J-ANNEX).

use cdi_types::{Sha256, StatementId};
use serde::{Deserialize, Serialize};

use crate::error::JournalError;
use crate::record::{GivenBundle, GivenDirectory, ListSerial, Record};

/// The bytes of what is signed of an entry, beyond which its lists are set apart: some hundred statements, and no journal that one
/// writer makes slow to read for all others.
pub const ENTRY_BYTES: usize = 64 << 10;
/// The bytes of what is set apart: as many statements as are verified for one decision, with the bundles that they came in.
pub const ANNEX_BYTES: usize = 8 << 20;

/// Where the lists of an entry are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetApart {
    /// The digest of the annex, by which its file is named.
    pub sha256: Sha256,
    /// How many bytes it has.
    pub bytes: u64,
}

/// The lists of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Annex {
    /// The program's arguments.
    pub arguments: Vec<String>,
    /// The names of the variables that it was given.
    pub variables: Vec<String>,
    /// The directories that it was given.
    pub directories: Vec<GivenDirectory>,
    /// The files of evidence that were read.
    pub bundles: Vec<GivenBundle>,
    /// The newest revocation lists that were looked at.
    pub lists: Vec<ListSerial>,
    /// Every statement that was verified.
    pub statements: Vec<StatementId>,
}

impl Annex {
    /// Takes the lists out of a record, which has their digest then; gives them as the bytes that are written.
    pub(crate) fn of(record: &mut Record) -> Result<Vec<u8>, JournalError> {
        let decision = &mut record.decision;
        let annex = Self {
            arguments: std::mem::take(&mut decision.arguments),
            variables: std::mem::take(&mut decision.variables),
            directories: std::mem::take(&mut decision.directories),
            bundles: std::mem::take(&mut decision.bundles),
            lists: std::mem::take(&mut decision.lists),
            statements: std::mem::take(&mut record.evidence),
        };
        let bytes = serde_json::to_vec(&annex)
            .map_err(|error| JournalError::Unwritable { detail: error.to_string() })?;
        if bytes.len() > ANNEX_BYTES {
            return Err(JournalError::LargeAnnex { found: bytes.len() });
        }
        let written = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        decision.annex = Some(SetApart { sha256: Sha256::of(&bytes), bytes: written });
        Ok(bytes)
    }
}
