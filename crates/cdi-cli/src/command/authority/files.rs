//! Files that the commands of an authority read and write.

use std::path::Path;

use cdi_authority::{Request, VerifiedRequest};
use cdi_store::StoreError;
use cdi_types::{AnyStatement, KeyId, parse_statement};

pub(super) use crate::command::key::refuse_existing;
use crate::failure::Failure;

/// A file's bytes, if there is such a file.
pub(super) fn present(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    match cdi_store::read_artifact(path) {
        Ok(artifact) => Ok(Some(artifact.bytes().to_vec())),
        Err(StoreError::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A file's bytes.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    Ok(cdi_store::read_artifact(path)?.bytes().to_vec())
}

/// A request, whose signer proved to hold the key that it is about.
pub(super) fn request<P: Request>(path: &Path) -> Result<VerifiedRequest<P>, Failure> {
    VerifiedRequest::verify(bytes(path)?)
        .map_err(|error| Failure::from(error).about(format!("`{}`", path.display())))
}

/// A file's text.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?)
        .map_err(|_| Failure::failed("file-not-text", format!("`{}` is not UTF-8 text", path.display())))
}

/// Refuses an output that is there already, unless it has nothing but revocation lists of the authority with this key:
/// the newest takes the place of an older one.
pub(super) fn refuse_foreign_output(out: &Path, authority: KeyId) -> Result<(), Failure> {
    let own = |line: &[u8]| {
        let envelope = cdi_envelope::Envelope::parse(line).ok()?.into_untrusted();
        let (_, statement) = parse_statement(envelope.payload()).ok()?;
        Some(matches!(statement, AnyStatement::Revocations(list) if list.predicate().issuer == authority))
    };
    match cdi_store::read_bundle(out) {
        Ok(bundle) if bundle.as_untrusted().lines().all(|line| own(line.bytes) == Some(true)) => Ok(()),
        _ => refuse_existing(out),
    }
}
