//! A declared runtime's executable, measured from the very bytes that are executed.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;

use cdi_types::FileDigest;

use crate::elf::{Linkage, linkage};
use crate::native::Sealed;

/// The largest that is read.
const MOST_BYTES: u64 = 256 << 20;

/// The executable, in a descriptor that nobody can change, with its digest.
#[derive(Debug)]
pub(crate) struct ExternalFile {
    sealed: Sealed,
    digest: FileDigest,
}

impl ExternalFile {
    /// Reads it once.
    ///
    /// # Errors
    /// That it is not there, cannot be read, or is not static, in words.
    pub(super) fn read(path: &str) -> Result<Self, String> {
        let bytes = read(path)?;
        match linkage(&bytes) {
            Linkage::Static => {}
            Linkage::Dynamic => {
                return Err(format!("`{path}` is not static: its digest does not cover its libraries"));
            }
            Linkage::None => return Err(format!("`{path}` is no program for this machine")),
        }
        let sealed = Sealed::of(&bytes).map_err(|error| format!("it cannot be sealed: {error}"))?;
        Ok(Self { sealed, digest: FileDigest::of(&bytes) })
    }

    pub(super) const fn sealed(&self) -> &Sealed {
        &self.sealed
    }

    pub(super) const fn digest(&self) -> FileDigest {
        self.digest
    }
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    let unread = |error| format!("`{path}` cannot be read: {error}");
    // A pipe is opened without waiting for who writes to it.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file: File = OpenOptions::new().read(true).custom_flags(nonblocking).open(path).map_err(unread)?;
    if !file.metadata().map_err(unread)?.is_file() {
        return Err(format!("`{path}` is no plain file"));
    }
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("`{path}` is larger than any runtime"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_larger_than_any_runtime_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large").display().to_string();
        let file = File::create(&path).unwrap();
        file.set_len(MOST_BYTES).unwrap();
        assert_eq!(read(&path).unwrap().len() as u64, MOST_BYTES);
        file.set_len(MOST_BYTES + 1).unwrap();
        assert!(read(&path).unwrap_err().contains("larger"));
        file.set_len(MOST_BYTES + 2).unwrap();
        assert!(read(&path).unwrap_err().contains("larger"));
    }
}
