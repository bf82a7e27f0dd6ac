//! Reading an input whole, and writing an output whole or not at all.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The input.
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// The output.
    #[error("cannot write `{}`: {source}", path.display())]
    Unwritable {
        /// Where.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
}

impl FileError {
    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "input-unreadable",
            Self::Unwritable { .. } => "output-unwritable",
        }
    }
}

/// The bytes of `path`, read once; of a file with more than `limit` bytes the first `limit` and one, for the caller to
/// refuse.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|source| FileError::Unreadable { path: path.to_owned(), source })
}

/// `path` holds exactly `bytes`, also after a power failure; on error it holds what it held before.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let write = || {
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        // A temporary file is the owner's alone; an output is for others to read, like any compiler's.
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|source| FileError::Unwritable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beyond_the_limit_is_read_no_further() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read(&path, 10).unwrap().len(), 11);
    }

    #[test]
    fn an_output_replaces_what_stood_there_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("output");
        std::fs::write(&path, "old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_output_in_an_absent_folder_is_an_error() {
        assert_eq!(write(Path::new("/nonexistent/cdi/x"), b"x").unwrap_err().code(), "output-unwritable");
    }
}
