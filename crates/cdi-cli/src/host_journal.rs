//! The journal of this host: where it is, whose key signs it, and what is written there of a decision (J-... in
//! `docs/spec/journal.md`).
//!
//! Its folder lies beside that of the memory. The key is made when the first decision is written, and lies in the folder:
//! whoever can write there can write another journal. A head that is kept elsewhere shows that.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use cdi_envelope::{Algorithm, PublicKey};
use cdi_journal::{Journal, JournalError, Place, Record};
use cdi_keys::{Signer as _, SoftwareKey};
use cdi_store::{StoreError, make_own_folder, write_new};
use rustix::fs::OFlags;

use crate::failure::Failure;
use crate::memory::StateArguments;
use crate::passphrase::{open_kept_key, read_kept, read_secret};
use crate::terminal;

/// `O_NONBLOCK`, as open(2) takes it.
const NONBLOCK: i32 = OFlags::NONBLOCK.bits().cast_signed();

/// The journal of whoever has this memory.
pub(crate) struct HostJournal {
    folder: PathBuf,
}

impl HostJournal {
    /// The one beside the memory; nothing need be there yet.
    pub(crate) fn beside(state: &StateArguments) -> Result<Self, Failure> {
        let state = state.folder()?;
        let nameless =
            || Failure::failed("state-nowhere", "the folder of what this host remembers has no name");
        let mut name = state.path().file_name().ok_or_else(nameless)?.to_owned();
        name.push("-journal");
        Ok(Self { folder: state.path().with_file_name(name) })
    }

    /// The file.
    pub(crate) fn journal(&self) -> Journal {
        Journal::at(self.folder.join("decisions.intoto.jsonl"))
    }

    /// The file of the key by which the journal is read.
    pub(crate) fn public_key(&self) -> PathBuf {
        self.folder.join("key.pub.pem")
    }

    /// Writes a decision. On `Ok` it is on disk.
    ///
    /// # Errors
    /// Why it is not: then nothing may be run by it.
    pub(crate) fn write(&self, record: Record) -> Result<Place, Failure> {
        let failed =
            |failure: Failure| failure.about("the decision is not written down, and nothing runs by it");
        self.append(record).map_err(failed)
    }

    /// As [`Self::write`], of a decision by which nothing is run.
    ///
    /// # Errors
    /// Why it is not on disk.
    pub(crate) fn append(&self, record: Record) -> Result<Place, Failure> {
        make_own_folder(&self.folder)?;
        Ok(self.journal().append(record, &self.key()?)?.place())
    }

    /// The folder of what is known of programs that run: where their last entries are.
    pub(crate) fn notes(&self) -> PathBuf {
        self.folder.join("running")
    }

    /// Waits for the turn to look what the journal says and to add to it. It lasts as long as the file is open; the kernel ends
    /// that of whoever is killed.
    ///
    /// # Errors
    /// The folder or its lock cannot be had.
    pub(crate) fn turn(&self) -> Result<File, Failure> {
        make_own_folder(&self.folder)?;
        let path = self.folder.join("watch.lock");
        let mut how = OpenOptions::new();
        // A pipe in its place has no reader, and is told of instead of waited for.
        how.write(true).create(true).truncate(false).mode(0o600).custom_flags(NONBLOCK);
        let file = how.open(&path).and_then(|file| file.lock().map(|()| file));
        file.map_err(|error| {
            Failure::failed("file-io", format!("cannot lock `{}`: {error}", terminal::path(&path)))
        })
    }

    /// The journal's key; made, with its public half beside it, if there is none.
    fn key(&self) -> Result<SoftwareKey, Failure> {
        let path = self.folder.join("key.pem");
        if !path.exists() {
            let new = SoftwareKey::generate(Algorithm::Ed25519)?;
            match write_new(&path, new.to_pkcs8_pem(None)?.as_bytes(), 0o600) {
                // Another process was first: its key it is.
                Ok(()) | Err(StoreError::Exists { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let key = open_kept_key(&path)?;
        self.publish(key.public_key())?;
        Ok(key)
    }

    /// Whoever was killed between the two files left the private one only. Another public one is of a private key that somebody
    /// took away: by that the journal is read, and nothing is signed by a new one.
    fn publish(&self, key: &PublicKey) -> Result<(), Failure> {
        let path = self.public_key();
        if !path.exists() {
            match write_new(&path, key.to_pem().as_bytes(), 0o644) {
                // Another process was first.
                Ok(()) | Err(StoreError::Exists { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if read_public(&path)?.key_id() == key.key_id() {
            return Ok(());
        }
        let message = "the journal's private key is not the one whose public half lies beside it";
        Err(Failure::failed("key-public-mismatch", message)
            .hint("put the private key back, or move the whole folder away to begin another journal"))
    }
}

/// Reads a public key that this program keeps itself.
pub(crate) fn read_public(path: &Path) -> Result<PublicKey, Failure> {
    parsed(path, &read_kept(path)?)
}

/// Reads a public key that somebody names.
pub(crate) fn read_named_public(path: &Path) -> Result<PublicKey, Failure> {
    parsed(path, &read_secret(path)?)
}

fn parsed(path: &Path, pem: &str) -> Result<PublicKey, Failure> {
    PublicKey::from_pem(pem).map_err(|error| Failure::from(error).about(path.display()))
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let hint = match error {
            JournalError::Broken { .. } | JournalError::Cut { .. } => Some(
                "nothing is written to a journal that does not hold; keep the folder for whoever looks into it, and move it away to begin another",
            ),
            _ => None,
        };
        let failure = Self::failed(error.code(), error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
