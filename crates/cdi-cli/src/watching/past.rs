//! What the journal says already of a program that runs.

use cdi_journal::{Entry, Occasion, Verdict};
use cdi_store::{Process, Running};

use crate::failure::Failure;
use crate::host_journal::{HostJournal, read_public};

/// Decisions about programs that ran, the oldest first.
pub(super) struct Past(Vec<Entry>);

impl Past {
    /// Reads the journal, if there is one. All of it holds when this returns.
    pub(super) fn read(journal: &HostJournal) -> Result<Self, Failure> {
        let (file, mut entries) = (journal.journal(), Vec::new());
        if file.path().exists() {
            let key = read_public(&journal.public_key())?;
            file.read(&key, None, |entry| {
                if entry.verified().decision().occasion == Occasion::Watch {
                    entries.push(entry);
                }
            })?;
        }
        Ok(Self(entries))
    }

    /// The last verdict about this process, which runs one program; without one it is that by which it was let in.
    pub(super) fn verdict(&self, process: &Process, record: &Running) -> Verdict {
        let name = process.name();
        let about = |entry: &&Entry| {
            let of = entry.verified().decision().process.as_ref();
            of == Some(&name) && entry.artifact() == record.artifact
        };
        self.0.iter().rev().find(about).map_or(Verdict::Allow, |entry| entry.verified().decision().verdict)
    }
}
