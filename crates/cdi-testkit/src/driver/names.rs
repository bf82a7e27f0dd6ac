//! Real keys and digests for the abstract names of a world: always the same for the same name and salt.

use super::Fault;
use cdi_envelope::{Algorithm, PublicKey};
use cdi_keys::{Signer, SoftwareKey};
use cdi_types::{ArtifactDigest, FileDigest, KeyId, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A way of giving names their keys and digests. Two salts share no key and no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    salt: u64,
}

/// Keys by their seed: most worlds use the same few names.
static KEYS: LazyLock<Mutex<HashMap<Sha256, Arc<SoftwareKey>>>> = LazyLock::new(Mutex::default);

impl Names {
    /// The names under this salt.
    pub const fn salted(salt: u64) -> Self {
        Self { salt }
    }

    /// The key of this name: P-256 for about one name in three, Ed25519 for the others.
    ///
    /// # Errors
    /// [`Fault::Key`], which no seed in use gives.
    pub fn key(&self, name: &str) -> Result<Arc<SoftwareKey>, Fault> {
        let seed = self.hash("key", name);
        let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&seed) {
            return Ok(Arc::clone(key));
        }
        let [first, ..] = seed.as_bytes();
        let algorithm = if first % 3 == 0 { Algorithm::EcdsaP256Sha256 } else { Algorithm::Ed25519 };
        let key = SoftwareKey::dangerously_from_seed(algorithm, seed.as_bytes())?;
        let key = Arc::new(key);
        keys.insert(seed, Arc::clone(&key));
        Ok(key)
    }

    /// The public half of [`Self::key`].
    ///
    /// # Errors
    /// As [`Self::key`].
    pub fn public_key(&self, name: &str) -> Result<PublicKey, Fault> {
        self.key(name).map(|key| key.public_key().clone())
    }

    /// The id of [`Self::key`].
    ///
    /// # Errors
    /// As [`Self::key`].
    pub fn key_id(&self, name: &str) -> Result<KeyId, Fault> {
        self.key(name).map(|key| key.public_key().key_id())
    }

    /// The artifact of this name: a tree's ends in `/`, and what has the name before that is a file of the same digits.
    pub fn artifact(&self, name: &str) -> ArtifactDigest {
        match name.strip_suffix('/') {
            Some(list) => ArtifactDigest::Tree(self.hash("file", list)),
            None => ArtifactDigest::File(self.hash("file", name)),
        }
    }

    /// The executable, library or recorder of this name.
    pub fn file(&self, name: &str) -> FileDigest {
        FileDigest::new(self.hash("file", name))
    }

    /// What stands for a name that is no file and no key.
    pub fn hash(&self, kind: &str, name: &str) -> Sha256 {
        Sha256::of(format!("{kind} {} {name}", self.salt).as_bytes())
    }
}
