//! Policies in files: a document, or the editions of a bundle as they say of themselves.

use std::path::Path;

use cdi_envelope::Envelope;
use cdi_policy::{Catalogues, Policy};
use cdi_types::{AnyStatement, PolicyEdition, Unverified, parse_statement};

use crate::failure::Failure;
use crate::words;

/// A policy, with the bytes of its document.
pub(super) struct Source {
    pub(super) bytes: Vec<u8>,
    pub(super) policy: Policy,
    /// What its principal signed; the signature is not verified.
    pub(super) edition: Option<Box<PolicyEdition>>,
}

/// The policies of a file, at least one. No signature is verified: what an edition says is shown, not trusted.
pub(super) fn sources(path: &Path, catalogues: &Catalogues) -> Result<Vec<Source>, Failure> {
    let about = |failure: Failure| failure.about(path.display());
    let load = |bytes: &[u8]| {
        Policy::load(bytes, catalogues).map_err(|error| about(words::unread(error.into(), catalogues)))
    };
    let editions = editions(path)?;
    if editions.is_empty() {
        let bytes = cdi_store::read_document(path)?;
        let policy = load(&bytes)?;
        return Ok(vec![Source { bytes, policy, edition: None }]);
    }
    let source = |edition: PolicyEdition| {
        let bytes = edition.document.as_bytes().to_vec();
        Ok(Source { policy: load(&bytes)?, bytes, edition: Some(Box::new(edition)) })
    };
    editions.into_iter().map(source).collect()
}

/// The editions in a file, if it is a bundle.
fn editions(path: &Path) -> Result<Vec<PolicyEdition>, Failure> {
    let bundle = match cdi_store::read_bundle(path) {
        Ok(bundle) => bundle,
        // What is no bundle, by its form or size, can still be a document.
        Err(error) if error.code().starts_with("file-") => return Err(error.into()),
        Err(_) => return Ok(Vec::new()),
    };
    let edition = |line: cdi_types::Line<'_>| {
        let envelope = Envelope::parse(line.bytes).map(Unverified::into_untrusted).ok()?;
        match parse_statement(envelope.payload()).ok()? {
            (_, AnyStatement::Policy(statement)) => Some(statement.predicate().clone()),
            _ => None,
        }
    };
    Ok(bundle.as_untrusted().lines().filter_map(edition).collect())
}
