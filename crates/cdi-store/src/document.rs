//! Documents that people write: policies, configurations, claims.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cdi_types::limits;

use crate::StoreError;
use crate::append::lock;
use crate::read::read_limited;
use crate::write::Place;

/// Reads a document's bytes: at most one more than [`limits::POLICY_BYTES`], so that its reader sees a larger one as too
/// large without taking it into memory.
///
/// # Errors
/// [`StoreError`] names what is wrong with the file.
pub fn read_document(path: impl AsRef<Path>) -> Result<Vec<u8>, StoreError> {
    read_limited(path.as_ref(), limits::POLICY_BYTES).map(|(bytes, _)| bytes)
}

/// Reads the bytes of a run's summary: at most one more than [`limits::SUMMARY_BYTES`], as [`read_document`] does.
///
/// # Errors
/// [`StoreError`] names what is wrong with the file.
pub fn read_summary(path: impl AsRef<Path>) -> Result<Vec<u8>, StoreError> {
    read_limited(path.as_ref(), limits::SUMMARY_BYTES).map(|(bytes, _)| bytes)
}

/// Puts what `change` makes of a document in its place. Other processes that come through here wait; whoever reads the
/// document sees the old one or the new one. A link is followed: the document that it leads to is replaced. Permission bits
/// are kept.
///
/// # Errors
/// [`StoreError`], or what `change` says; the document is then as it was.
pub fn rewrite_document<T, E: From<StoreError>>(
    path: impl AsRef<Path>,
    change: impl FnOnce(&[u8]) -> Result<(Vec<u8>, T), E>,
) -> Result<T, E> {
    let place = Place::behind_links(path.as_ref())?;
    let _lock = lock(&place.folder)?;
    let (bytes, metadata) = read_limited(&place.path, limits::POLICY_BYTES)?;
    let (changed, said) = change(&bytes)?;
    if changed != bytes {
        place.put_with_mode(&changed, metadata.permissions().mode())?;
    }
    Ok(said)
}
