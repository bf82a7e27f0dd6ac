//! Writing a file whole or not at all.

use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::draft::{Draft, Hidden};
use crate::error::shown;

/// Writes a file that is not there yet. On `Ok` it has all the bytes, on disk; it appeared at once and whole. `mode` is
/// an upper bound of its permission bits (0o600 for a private key): the process's umask takes away from them.
///
/// Caveat: where a file system has no nameless files, a process that is killed on the way leaves a hidden `.tmp` file
/// beside it.
///
/// # Errors
/// [`StoreError::Exists`] if anything has this name, a link that leads nowhere included: nothing is ever replaced.
pub fn write_new(path: impl AsRef<Path>, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    let place = Place::of(path.as_ref())?;
    let named = place.draft(bytes, mode)?.name(&place.path);
    named.map_err(|source| StoreError::of("create", &place.path, source))?;
    place.sync()
}

/// Gives a file a second name that nothing has yet. Every writer of this crate makes a new file in place of the old one, so that
/// what is written under one of the names later is not under the other.
///
/// # Errors
/// [`StoreError::Exists`] if anything has the name; others where file systems have no second names, or these are two.
pub fn link_new(file: impl AsRef<Path>, path: impl AsRef<Path>) -> Result<(), StoreError> {
    let place = Place::of(path.as_ref())?;
    std::fs::hard_link(file, &place.path).map_err(|source| StoreError::of("create", &place.path, source))?;
    place.sync()
}

/// Says beforehand what [`write_new`] would say of a name: that something has it, or that its folder is missing.
///
/// # Errors
/// [`StoreError::Exists`], [`StoreError::MissingFolder`]. On `Ok` writing may still fail.
pub fn foresee_new(path: impl AsRef<Path>) -> Result<(), StoreError> {
    let place = Place::of(path.as_ref())?;
    if place.path.symlink_metadata().is_ok() {
        return Err(StoreError::Exists { path: shown(&place.path) });
    }
    Ok(())
}

/// Writes a file, in place of another if there is one. On `Ok` it has all the bytes, on disk; whoever opens the name at
/// any time sees all of the old file or all of the new one. A link is followed: what it leads to is replaced. `mode` is
/// as in [`write_new`].
///
/// # Errors
/// [`StoreError`]; the old file is then as it was.
pub fn replace(path: impl AsRef<Path>, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    let place = Place::behind_links(path.as_ref())?;
    let draft = place.draft(bytes, mode)?;
    place.put(draft)
}

/// As [`replace`] of the name itself: if it is a link, the link is replaced, and what it leads to stays as it was.
///
/// # Errors
/// [`StoreError`]; what had the name has it still.
pub fn replace_name(path: impl AsRef<Path>, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
    let place = Place::of(path.as_ref())?;
    let draft = place.draft(bytes, mode)?;
    place.put(draft)
}

/// A file's name in its folder.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    pub(crate) folder: PathBuf,
    name: String,
}

impl Place {
    pub(crate) fn of(path: &Path) -> Result<Self, StoreError> {
        let no_name = || StoreError::NoName { path: shown(path) };
        let name = path.file_name().ok_or_else(no_name)?.to_string_lossy().into_owned();
        let folder = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        match folder.metadata() {
            Ok(metadata) if metadata.is_dir() => Ok(Self { path: path.to_owned(), folder, name }),
            Err(source) if !matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Err(StoreError::of("look for the folder of", path, source))
            }
            _ => Err(StoreError::MissingFolder { folder: shown(&folder), path: shown(path) }),
        }
    }

    /// As [`Self::of`], of the file that a link leads to. A link that leads nowhere is an error: what should be made
    /// there?
    pub(crate) fn behind_links(path: &Path) -> Result<Self, StoreError> {
        if !path.is_symlink() {
            return Self::of(path);
        }
        let target = path.canonicalize().map_err(|source| StoreError::of("follow", path, source))?;
        Self::of(&target)
    }

    /// Writes a file that is to be here, and has no name yet.
    fn draft(&self, bytes: &[u8], mode: u32) -> Result<Draft, StoreError> {
        self.write(Hidden { random: 6, ..self.hidden("") }, bytes, mode)
    }

    /// As [`Self::draft`] for the one writer that holds the folder's lock: a hidden name is always the same, so what a
    /// killed writer has left is cleared away by the next.
    pub(crate) fn draft_locked(&self, bytes: &[u8], mode: u32) -> Result<Draft, StoreError> {
        let hidden = self.hidden("append");
        let stale = self.folder.join(format!("{}.tmp", hidden.prefix));
        if let Err(source) = std::fs::remove_file(&stale)
            && source.kind() != ErrorKind::NotFound
        {
            return Err(StoreError::of("clear away", &stale, source));
        }
        self.write(hidden, bytes, mode)
    }

    fn write(&self, hidden: Hidden, bytes: &[u8], mode: u32) -> Result<Draft, StoreError> {
        Draft::write(hidden, bytes, mode).map_err(|source| StoreError::of("write", &self.path, source))
    }

    fn hidden(&self, word: &str) -> Hidden {
        // Short enough that what follows still fits into the 255 bytes of a file name.
        let short: String = self.name.chars().take(50).collect();
        Hidden { folder: self.folder.clone(), prefix: format!(".{short}.{word}"), random: 0 }
    }

    /// Puts bytes in place of what is there, with exactly these permission bits.
    pub(crate) fn put_with_mode(&self, bytes: &[u8], mode: u32) -> Result<(), StoreError> {
        let draft = self.draft_locked(bytes, mode)?;
        let kept = draft.file().set_permissions(Permissions::from_mode(mode & 0o7777));
        kept.map_err(|source| StoreError::of("set the mode of", &self.path, source))?;
        self.put(draft)
    }

    /// Puts a draft in place of what is there.
    pub(crate) fn put(&self, draft: Draft) -> Result<(), StoreError> {
        draft.rename(&self.path).map_err(|source| StoreError::of("replace", &self.path, source))?;
        self.sync()
    }

    /// Brings the folder's change of names to disk.
    fn sync(&self) -> Result<(), StoreError> {
        let failed = |source| StoreError::of("sync the folder of", &self.path, source);
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}
