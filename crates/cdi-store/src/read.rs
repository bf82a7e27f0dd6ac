//! Reading a regular file once, up to a limit.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use cdi_types::{Artifact, limits};
use rustix::fs::OFlags;

use crate::StoreError;
use crate::error::shown;

/// Reads an artifact. On `Ok` bytes and digest belong together whatever becomes of the file: it was read once, and
/// is to be loaded from these bytes. Links are followed; what is no regular file is refused without waiting for it.
///
/// # Errors
/// [`StoreError`]; more than [`limits::ARTIFACT_BYTES`] are not read.
pub fn read_artifact(path: impl AsRef<Path>) -> Result<Artifact, StoreError> {
    let path = path.as_ref();
    let (bytes, _) = read_limited(path, limits::ARTIFACT_BYTES)?;
    if bytes.len() > limits::ARTIFACT_BYTES {
        return Err(StoreError::ArtifactTooLarge { path: shown(path) });
    }
    Ok(Artifact::new(bytes))
}

/// Opens a regular file to be read, and waits for nothing: a pipe has perhaps no writer, ever.
///
/// # Errors
/// [`StoreError`]; [`StoreError::NotRegular`] if it is something else.
pub fn open_file(path: impl AsRef<Path>) -> Result<File, StoreError> {
    open_regular(path.as_ref(), OFlags::empty()).map(|(file, _)| file)
}

/// The bytes of a regular file, at most `limit` and one more, which says that there are too many; and what the open
/// file says of itself.
pub(crate) fn read_limited(path: &Path, limit: usize) -> Result<(Vec<u8>, Metadata), StoreError> {
    read_open(path, open_regular(path, OFlags::empty())?, limit)
}

/// As [`read_limited`]; a symbolic link is refused. Links on the way to it are followed.
pub(crate) fn read_unlinked(path: &Path, limit: usize) -> Result<(Vec<u8>, Metadata), StoreError> {
    match open_regular(path, OFlags::NOFOLLOW) {
        Ok(open) => read_open(path, open, limit),
        Err(_) if path.is_symlink() => Err(StoreError::Link { path: shown(path) }),
        Err(error) => Err(error),
    }
}

fn read_open(
    path: &Path,
    (file, metadata): (File, Metadata),
    limit: usize,
) -> Result<(Vec<u8>, Metadata), StoreError> {
    let failed = |source| StoreError::of("read", path, source);
    let bound = limit.saturating_add(1);
    // The size is a hint: the file may grow while it is read, and some file systems say 0.
    let expected = usize::try_from(metadata.len()).unwrap_or(bound).min(bound);
    let mut bytes = Vec::with_capacity(expected.saturating_add(1));
    file.take(u64::try_from(bound).unwrap_or(u64::MAX)).read_to_end(&mut bytes).map_err(failed)?;
    Ok((bytes, metadata))
}

/// Opens without waiting (a FIFO has perhaps no writer, ever) and judges the open file, not the name: between a look
/// at a name and its opening it can come to mean something else.
pub(crate) fn open_regular(path: &Path, how: OFlags) -> Result<(File, Metadata), StoreError> {
    let failed = |source| StoreError::of("open", path, source);
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY | how).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        Err(StoreError::Folder { path: shown(path) })
    } else if metadata.is_file() {
        Ok((file, metadata))
    } else {
        Err(StoreError::NotRegular { path: shown(path) })
    }
}
