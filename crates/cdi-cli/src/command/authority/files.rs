//! Files that the commands of an authority read and write.

use std::path::Path;

use cdi_authority::{Records, Request, VerifiedRequest};
use cdi_store::StoreError;
use cdi_types::{AnyStatement, Bundle, KeyId, parse_statement};

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
    match cdi_store::read_bundle(out) {
        Ok(bundle) if lists(bundle.as_untrusted(), authority).is_some_and(|lists| !lists.is_empty()) => {
            Ok(())
        }
        _ => refuse_existing(out),
    }
}

/// Refuses to sign a list where a newer one of this authority lies already: the records are an older copy then, and what was
/// revoked since is not in them.
pub(super) fn refuse_older_records(out: &Path, records: &Records) -> Result<(), Failure> {
    let newest = records.lists().newest();
    let Ok(bundle) = cdi_store::read_bundle(out) else { return Ok(()) };
    let lists = lists(bundle.as_untrusted(), newest.issuer).unwrap_or_default();
    let Some(published) = lists.into_iter().max().filter(|serial| *serial > newest.serial) else {
        return Ok(());
    };
    let message = format!(
        "`{}` has list {published} of this authority, and its records end with list {}",
        out.display(),
        newest.serial
    );
    Err(Failure::failed("records-behind-output", message)
        .hint("nothing was signed; the folder is an older copy: restore the newest one"))
}

/// The serials of the revocation lists of `authority` in a bundle; `None` if anything else is there.
fn lists(bundle: &Bundle, authority: KeyId) -> Option<Vec<u64>> {
    let serial = |line: &[u8]| {
        let envelope = cdi_envelope::Envelope::parse(line).ok()?.into_untrusted();
        match parse_statement(envelope.payload()).ok()? {
            (_, AnyStatement::Revocations(list)) if list.predicate().issuer == authority => {
                Some(list.predicate().serial)
            }
            _ => None,
        }
    };
    bundle.lines().map(|line| serial(line.bytes)).collect()
}
