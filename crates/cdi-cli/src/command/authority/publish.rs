//! `cdi authority publish`.

use std::path::{Path, PathBuf};

use cdi_authority::{Records, Window, publish};
use cdi_keys::Sealed;
use cdi_types::Duration;
use clap::Args;

use super::folder::{Folder, LockedFolder};
use super::outcome::Outcome;
use super::{At, files};
use crate::arguments::Output;
use crate::failure::Failure;
use crate::passphrase::PassphraseSource;

/// Sign a fresh revocation list with the same entries.
///
/// Policies ask for a list that is not older than they allow. Publishing says: what was revoked so far is all that was
/// to be revoked until now. Do it by a timer, more often than lists end.
///
///   cdi authority publish acme --out revocations.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Publish {
    /// The authority's folder
    dir: PathBuf,
    /// How long the list lasts, at most 30d; by default as the authority was created with
    #[arg(long = "for", value_name = "TIME")]
    length: Option<Duration>,
    /// Where to write the list; an older list of this authority is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    at: At,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

impl Publish {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let folder = Folder::open(&self.dir)?;
        folder.refuse_as_output(&self.out)?;
        files::refuse_foreign_output(&self.out, folder.key.key_id())?;
        let window = Window::lasting(self.at.time(), folder.list_for(self.length)?)?;
        let signer = folder.signer(&self.passphrase)?;
        let locked = folder.lock()?;
        let records = locked.records()?;
        let sealed = publish(&records, window, &signer)?;
        deliver(&locked, &records, &sealed, &self.out)?;
        let list = records.lists().newest();
        let done = format!("published a revocation list with {} entries", list.revoked.len());
        Outcome::new(done, &sealed, list.serial.saturating_add(1), window, Some(&self.out)).say(self.output)
    }
}

/// Writes a new list into the record of lists, then where it was asked for. The lock is held until the end, so that
/// an older list never replaces a newer one.
pub(super) fn deliver(
    locked: &LockedFolder<'_>,
    records: &Records,
    sealed: &Sealed,
    out: &Path,
) -> Result<(), Failure> {
    locked.write_lists(records, sealed)?;
    cdi_store::replace(out, &[sealed.line.as_slice(), b"\n"].concat(), 0o644).map_err(|error| {
        Failure::from(error)
            .hint("the list is signed and recorded; `cdi authority publish` writes its successor")
    })
}
