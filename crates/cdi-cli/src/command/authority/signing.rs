//! What the commands that sign as an authority have in common: their arguments, the order in which things happen, and
//! what they say at their end.
//!
//! Whatever can fail without the key fails before it is opened. Records are read and written under the folder's lock,
//! and what was signed is in them before it is anywhere else.

use std::path::PathBuf;

use cdi_authority::{Records, Window};
use cdi_keys::{Sealed, Signer};
use cdi_types::Duration;
use clap::Args;

use super::folder::{Folder, LockedFolder};
use super::outcome::Outcome;
use super::{At, files};
use crate::answer::{Outputs, VALUES};
use crate::failure::Failure;
use crate::passphrase::PassphraseSource;

/// The arguments of every command that signs.
#[derive(Args)]
pub(super) struct Signing {
    /// The authority's folder
    pub(super) dir: PathBuf,
    /// Where to write what was signed; of files that are there already only an older list of this authority is replaced
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) at: At,
    #[command(flatten)]
    pub(super) output: Outputs<VALUES>,
    #[command(flatten)]
    pub(super) passphrase: PassphraseSource,
}

/// What was signed, with what to say of it.
pub(super) type Done = (String, Sealed);

impl Signing {
    /// Signs a certification or an endorsement: into the journal, then into a new file, with the endorsements above.
    pub(super) fn statement(
        &self,
        window: Window,
        sign: impl FnOnce(&Records, &dyn Signer) -> Result<Done, Failure>,
    ) -> Result<(), Failure> {
        let folder = self.folder()?;
        files::refuse_existing(&self.out)?;
        let signer = folder.signer(&self.passphrase)?;
        let locked = folder.lock()?;
        let records = locked.records()?;
        let (done, sealed) = sign(&records, signer.as_ref())?;
        locked.write_journal(&records, &sealed)?;
        drop(locked);
        cdi_store::write_new(&self.out, &records.with_chain(&sealed.line), 0o644).map_err(|error| {
            let id = sealed.id;
            Failure::from(error).hint(format!(
                "it is signed and in the journal; `cdi authority show DIR {id} --out FILE` writes it"
            ))
        })?;
        self.say(done, &sealed, records.journal().next_serial(), window)
    }

    /// Signs the next revocation list: into the record of lists, then in place of an older one. It lasts for `length`, or
    /// as the authority's settings have it.
    pub(super) fn list(
        &self,
        length: Option<Duration>,
        sign: impl FnOnce(&Records, Window, &dyn Signer) -> Result<Done, Failure>,
    ) -> Result<(), Failure> {
        let folder = self.folder()?;
        files::refuse_foreign_output(&self.out, folder.key.key_id())?;
        let window = Window::lasting(self.at.time()?, folder.list_for(length)?)?;
        let signer = folder.signer(&self.passphrase)?;
        let locked = folder.lock()?;
        let records = locked.records()?;
        files::refuse_older_records(&self.out, &records)?;
        let (done, sealed) = sign(&records, window, signer.as_ref())?;
        self.deliver(&locked, &records, &sealed)?;
        self.say(done, &sealed, records.lists().newest().serial.saturating_add(1), window)
    }

    pub(super) fn folder(&self) -> Result<Folder, Failure> {
        let folder = Folder::open(&self.dir)?;
        folder.refuse_as_output(&self.out)?;
        Ok(folder)
    }

    /// The lock is held until the end, so that an older list never replaces a newer one.
    fn deliver(&self, locked: &LockedFolder<'_>, records: &Records, sealed: &Sealed) -> Result<(), Failure> {
        locked.write_lists(records, sealed)?;
        cdi_store::replace(&self.out, &[sealed.line.as_slice(), b"\n"].concat(), 0o644).map_err(|error| {
            Failure::from(error)
                .hint("the list is signed and recorded; `cdi authority publish` writes its successor")
        })
    }

    fn say(&self, done: String, sealed: &Sealed, serial: u64, window: Window) -> Result<(), Failure> {
        self.output.say(&Outcome::new(done, sealed, serial, window, Some(&self.out)))
    }
}
