//! Digests of files by their stamps: what need not be read twice, within a run, and from one run to the next.
//!
//! From one run to the next only digests are kept of files that nobody but the superuser can write to, on file systems
//! whose times tell of each write, and that had not changed for a while. They are kept in a file that the report key
//! signs, for this machine. So whoever can put a false digest there can sign a false report without it; what anybody else
//! writes there is passed over, and costs a hash.

mod kept;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cdi_envelope::PublicKey;
use cdi_keys::Signer;
use cdi_types::Sha256;

use crate::file::{Measured, Stamp};
use crate::{RecordError, own};

#[derive(Debug, Default)]
struct Known {
    digests: HashMap<Stamp, Sha256>,
    /// Those that may be kept for another run.
    lasting: HashSet<Stamp>,
    /// Whether there are some that are not kept yet.
    grown: bool,
}

/// Digests, each for as long as its file's stamp stays the same.
#[derive(Debug, Default)]
pub(crate) struct Digests(Mutex<Known>);

impl Digests {
    fn known(&self) -> MutexGuard<'_, Known> {
        // What is written under the lock is whole at each step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The digest of the file that has this stamp.
    pub(crate) fn recall(&self, stamp: &Stamp) -> Option<Sha256> {
        self.known().digests.get(stamp).copied()
    }

    /// Remembers a digest, if each change of the file from then on shows in its stamp.
    pub(crate) fn remember(&self, measured: &Measured, file: &File) {
        if !measured.settled {
            return;
        }
        let superusers = file.metadata().is_ok_and(|of| of.uid() == 0 && of.mode() & 0o022 == 0);
        let mut known = self.known();
        known.digests.insert(measured.stamp, measured.digest);
        if superusers && known.lasting.insert(measured.stamp) {
            known.grown = true;
        }
    }
}

/// Digests that are kept from one run to the next, for one report key.
#[derive(Debug)]
pub struct DigestCache {
    path: PathBuf,
    digests: Arc<Digests>,
}

impl DigestCache {
    /// What is kept in a folder for a report key. What is not there, or not signed by that key for this machine, is as if it
    /// had never been kept.
    #[must_use]
    pub fn open(folder: impl AsRef<Path>, key: &PublicKey) -> Self {
        let path = folder.as_ref().join(format!("digests-{}", key.key_id()));
        let digests = kept::read(&path, key).unwrap_or_default();
        let known = Known { lasting: digests.keys().copied().collect(), digests, grown: false };
        Self { path, digests: Arc::new(Digests(Mutex::new(known))) }
    }

    /// Keeps what has come to be known since, the recorder's own digest with it, readable by its owner only. Nothing is written if nothing has.
    ///
    /// # Errors
    /// [`RecordError::Store`], [`RecordError::Seal`]; what was kept before still is.
    pub fn keep(&self, signer: &dyn Signer) -> Result<(), RecordError> {
        // It is told in each report, and is larger than most of a toolchain. Where it cannot be measured, nor can a report be made.
        let _ = own::remembered_recorder(&self.digests);
        let known = self.digests.known();
        if !known.grown {
            return Ok(());
        }
        let lasting = known.lasting.iter().filter_map(|stamp| Some((*stamp, *known.digests.get(stamp)?)));
        kept::write(&self.path, lasting, signer)
    }

    pub(crate) fn digests(&self) -> Arc<Digests> {
        Arc::clone(&self.digests)
    }
}
