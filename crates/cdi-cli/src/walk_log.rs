//! What a decision tells on its way, for whoever has to find out later why it came out so.

use std::time::Instant;

use cdi_store::Bundles;
use cdi_verify::{Provenance, Verified};
use serde_json::Value;

use crate::log;
use crate::verdict::Document;

/// The artifact and the evidence were read.
pub(crate) fn read(artifact: &impl ToString, evidence: &Bundles) {
    for path in evidence.sources.paths() {
        log::info("bundle-read", "read a bundle").with("bundle", path.display().to_string()).tell();
    }
    let (remembered, lines): (Vec<_>, Vec<_>) = (evidence.together.as_untrusted().lines())
        .partition(|line| evidence.sources.remembered(line.number).is_some());
    log::info("evidence-read", "read the artifact and its evidence")
        .with("artifact", artifact.to_string())
        .with("lines", lines.len())
        .with("remembered", remembered.len())
        .tell();
}

/// The signatures were verified.
pub(crate) fn verified(provenance: &Verified<Provenance>, begun: Instant) {
    let provenance = provenance.get();
    log::info("signatures-verified", "verified the signatures of the evidence")
        .with("reports", provenance.reports().len())
        .with("discarded", provenance.discarded().len())
        .with("milliseconds", milliseconds(begun))
        .tell();
}

/// It was decided.
pub(crate) fn decided(document: &Document, begun: Instant) {
    for line in &document.evidence.discarded {
        log::debug(line.code, &line.reason)
            .with("bundle", line.bundle.as_str())
            .with("line", line.line)
            .tell();
    }
    for principal in &document.principals {
        let codes: Vec<Value> =
            principal.failures.iter().map(|failure| Value::from(failure.shown.code)).collect();
        log::info("principal-decided", "a principal has decided")
            .with("principal", principal.name.as_str())
            .with("verdict", principal.verdict.as_str())
            .with("codes", codes)
            .tell();
    }
    log::info("decided", "the decision is made")
        .with("artifact", document.artifact.to_string())
        .with("verdict", document.verdict.as_str())
        .with("milliseconds", milliseconds(begun))
        .tell();
}

fn milliseconds(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
