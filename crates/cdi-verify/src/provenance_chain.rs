//! One artifact and what it hangs on, for whoever asks about it.

use std::cell::OnceCell;

use cdi_types::ArtifactDigest;

use crate::graph::{Graph, TooDeep};
use crate::provenance::{Provenance, Verified};

/// An artifact, and what verified evidence says of how it was made. What does not hang on whom anybody trusts is worked out once,
/// for all principals that ask by it; each answer is what it would be if that principal were the only one.
pub struct ProvenanceChain<'p> {
    provenance: &'p Provenance,
    artifact: ArtifactDigest,
    graph: OnceCell<Result<Graph<'p>, TooDeep>>,
}

impl std::fmt::Debug for ProvenanceChain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProvenanceChain").field("artifact", &self.artifact).finish_non_exhaustive()
    }
}

impl<'p> ProvenanceChain<'p> {
    /// What this evidence says of this artifact. Nothing is worked out before somebody asks.
    #[must_use]
    pub const fn of(provenance: &'p Verified<Provenance>, artifact: ArtifactDigest) -> Self {
        Self { provenance: provenance.get(), artifact, graph: OnceCell::new() }
    }

    /// The artifact.
    #[must_use]
    pub const fn artifact(&self) -> ArtifactDigest {
        self.artifact
    }

    pub(crate) const fn provenance(&self) -> &'p Provenance {
        self.provenance
    }

    /// The part of the evidence that the artifact hangs on.
    pub(crate) fn graph(&self) -> Result<&Graph<'p>, TooDeep> {
        let graph = self.graph.get_or_init(|| Graph::back_from(self.artifact, self.provenance));
        graph.as_ref().map_err(|too_deep| *too_deep)
    }
}
