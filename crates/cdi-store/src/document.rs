//! Documents that people write: policies, configurations, claims.

use std::path::Path;

use cdi_types::limits;

use crate::StoreError;
use crate::read::read_limited;

/// Reads a document's bytes: at most one more than [`limits::POLICY_BYTES`], so that its reader sees a larger one as too
/// large without taking it into memory.
///
/// # Errors
/// [`StoreError`] names what is wrong with the file.
pub fn read_document(path: impl AsRef<Path>) -> Result<Vec<u8>, StoreError> {
    read_limited(path.as_ref(), limits::POLICY_BYTES).map(|(bytes, _)| bytes)
}
