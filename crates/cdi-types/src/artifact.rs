//! An artifact's bytes with the digest of exactly these bytes.

use crate::{ArtifactDigest, Sha256};

/// Bytes that were read once, and their digest. There is no way to have one without the other, so what is decided
/// about the digest is decided about these bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Artifact {
    bytes: Vec<u8>,
    digest: Sha256,
}

impl Artifact {
    /// Takes the bytes and computes their digest.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        let digest = Sha256::of(&bytes);
        Self { bytes, digest }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The digest of [`Self::bytes`].
    #[must_use]
    pub const fn digest(&self) -> ArtifactDigest {
        ArtifactDigest::File(self.digest)
    }

    /// The same, without saying of what.
    #[must_use]
    pub const fn sha256(&self) -> Sha256 {
        self.digest
    }
}

impl std::fmt::Debug for Artifact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Artifact({} bytes, {})", self.bytes.len(), self.digest)
    }
}
