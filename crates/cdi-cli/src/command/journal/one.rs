//! One entry of a journal, as people name it.

use std::str::FromStr;

use cdi_journal::Entry;

use super::Reading;
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;

/// Digits from which on a name is an id's.
const ID: usize = 8;

/// An entry by its number, or by the first digits of its id.
#[derive(Debug, Clone)]
pub(super) enum Named {
    Number(u64),
    Id(IdPrefix),
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() >= ID {
            return text.parse().map(Self::Id);
        }
        let number = text.parse().map_err(|_| {
            "expected the number of an entry, or the first 8 digits or more of its id".to_owned()
        });
        number.map(Self::Number)
    }
}

impl Reading {
    /// The entry of this name, of a journal that holds.
    ///
    /// # Errors
    /// `journal-entry-unknown`, `id-ambiguous`, or that the journal does not hold.
    pub(super) fn one(&self, named: &Named) -> Result<Entry, Failure> {
        let mut found = Vec::new();
        self.read(None, |entry| {
            let head = entry.head();
            let meant = match named {
                Named::Number(number) => head.sequence == *number,
                Named::Id(prefix) => head.id.to_string().starts_with(&prefix.to_string()),
            };
            if meant {
                found.push(entry);
            }
        })?;
        let missing = |name: &str| {
            let message = format!("the journal has no entry `{name}`");
            Failure::failed("journal-entry-unknown", message).hint("`cdi journal list` lists them")
        };
        if let Named::Id(prefix) = named {
            let ids = found.iter().map(|entry: &Entry| entry.head().id);
            prefix.among(ids, || missing(&prefix.to_string()))?;
        }
        let name = match named {
            Named::Number(number) => number.to_string(),
            Named::Id(prefix) => prefix.to_string(),
        };
        found.pop().ok_or_else(|| missing(&name))
    }
}
