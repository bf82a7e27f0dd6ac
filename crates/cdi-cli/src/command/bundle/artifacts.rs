//! Artifacts as people name them: by their files or folders, or by their digests.

use std::path::PathBuf;

use cdi_recorder::Tree;
use cdi_types::ArtifactDigest;

use crate::failure::Failure;

/// An artifact's digest, or the file or folder that has it.
#[derive(Debug, Clone)]
pub(super) enum NamedArtifact {
    Digest(ArtifactDigest),
    File(PathBuf),
}

impl NamedArtifact {
    /// 64 hexadecimal digits are a digest, with `dirHash1:` before them a tree's; a file that is called so is named as `./FILE`.
    pub(super) fn parse(text: &str) -> Result<Self, std::convert::Infallible> {
        Ok(ArtifactDigest::parse(text).map_or_else(|_| Self::File(PathBuf::from(text)), Self::Digest))
    }

    fn digest(&self) -> Result<ArtifactDigest, Failure> {
        match self {
            Self::Digest(digest) => Ok(*digest),
            Self::File(path) if path.is_dir() => Ok(Tree::measure(path)?.digest()),
            Self::File(path) => Ok(cdi_store::artifact_digest(path)?),
        }
    }
}

/// The digests of artifacts.
pub(super) fn digests(named: &[NamedArtifact]) -> Result<Vec<ArtifactDigest>, Failure> {
    named.iter().map(NamedArtifact::digest).collect()
}

/// Why nothing is written for an artifact that no line is about: the other one was meant.
pub(super) fn unknown(artifact: &ArtifactDigest) -> Failure {
    Failure::failed("bundle-without-artifact", format!("no line is about the artifact {artifact}"))
        .hint("nothing was written; a digest is that of the very bytes")
}
