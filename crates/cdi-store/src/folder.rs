//! The bundles of a folder, and stamps by which a file is known to be as it was without reading it again.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cdi_types::{ArtifactDigest, limits};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::bundle::{SUFFIX, append_guarded};
use crate::digest;
use crate::error::shown;
use crate::read::{open_regular, read_unlinked};

/// What a file system says of a file: where it is, its size, and when its bytes and its entry last changed. The last of
/// these nobody can set but by setting the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// A file that was written in the moment that it was read may be written again with the same times.
const MOMENT: Duration = Duration::from_secs(2);

impl Stamp {
    fn new(metadata: &Metadata) -> Self {
        Self {
            place: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// The stamp of a bundle, which is no symbolic link.
    #[must_use]
    pub fn of_bundle(path: &Path) -> Option<Self> {
        path.symlink_metadata().ok().map(|metadata| Self::new(&metadata))
    }

    /// The stamp of an artifact, or of the file that a link in its place leads to.
    #[must_use]
    pub fn of_artifact(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|metadata| Self::new(&metadata))
    }

    /// Whether an equal stamp, later, means equal bytes: not if the file changed in the moment before `read`.
    #[must_use]
    pub fn tells(&self, read: SystemTime) -> bool {
        let changed = u64::try_from(self.changed.0).map(Duration::from_secs);
        let changed = changed.ok().and_then(|since| UNIX_EPOCH.checked_add(since));
        changed.and_then(|changed| changed.checked_add(MOMENT)).is_some_and(|settled| settled < read)
    }
}

/// A bundle's bytes, at most one more than the limit, and its stamp from before they were read.
///
/// # Errors
/// [`StoreError`]; a symbolic link is refused.
pub fn read_stamped_bundle(path: &Path) -> Result<(Vec<u8>, Stamp), StoreError> {
    let (bytes, metadata) = read_unlinked(path, limits::BUNDLE_BYTES)?;
    Ok((bytes, Stamp::new(&metadata)))
}

/// The digest of an artifact, and its stamp from before it was read.
///
/// # Errors
/// As [`crate::read_artifact`].
pub fn stamped_artifact_digest(path: &Path) -> Result<(ArtifactDigest, Stamp), StoreError> {
    let (file, metadata) = open_regular(path, OFlags::empty())?;
    Ok((digest::of_artifact(path, &file, metadata.len())?, Stamp::new(&metadata)))
}

/// Makes a folder for files of this user alone, and those above it; one that is there stays as it is.
///
/// # Errors
/// [`StoreError`] for what keeps it from being made.
pub fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| StoreError::of("create", folder, source))
}

/// As [`make_folder`], of a folder whose files are believed because of where they are: one that is there must be this user's, and
/// nobody else may write to it.
///
/// # Errors
/// [`StoreError::FolderOpen`]; what keeps it from being made or looked at.
pub fn make_own_folder(folder: &Path) -> Result<(), StoreError> {
    make_folder(folder)?;
    let open = open_to_others(folder)?;
    open.map_or(Ok(()), |detail| Err(StoreError::FolderOpen { path: shown(folder), detail }))
}

/// Who else can put something into a folder, in words, if anybody can: its owner, or everybody.
pub(crate) fn open_to_others(folder: &Path) -> Result<Option<String>, StoreError> {
    let found = fs::metadata(folder).map_err(|source| StoreError::of("look at", folder, source))?;
    let (own, owner) = (rustix::process::geteuid().as_raw(), found.uid());
    if owner != own {
        return Ok(Some(format!("it belongs to the user {owner}, and this one is {own}")));
    }
    Ok((found.mode() & 0o002 != 0).then(|| "others can write to it".to_owned()))
}

/// Lines of several origins as the bytes of one bundle.
#[must_use]
pub fn join_lines<'l>(parts: impl IntoIterator<Item = &'l [u8]>) -> Vec<u8> {
    let mut together = Vec::new();
    parts.into_iter().for_each(|part| append_guarded(&mut together, part));
    together
}

/// The bundles in a folder and in all folders below it.
#[derive(Debug, Default)]
pub struct FoundBundles {
    /// In the order of their paths.
    pub bundles: Vec<PathBuf>,
    /// Folders that could not be looked into.
    pub unread: Vec<StoreError>,
}

/// Finds every file whose name ends as a bundle's does. Symbolic links are not followed, so that the search ends.
///
/// # Errors
/// [`StoreError`] if the folder itself cannot be looked into.
pub fn find_bundles(folder: &Path) -> Result<FoundBundles, StoreError> {
    let mut found = FoundBundles::default();
    let mut due = look_into(folder, &mut found.bundles)?;
    while let Some(below) = due.pop() {
        match look_into(&below, &mut found.bundles) {
            Ok(folders) => due.extend(folders),
            Err(error) => found.unread.push(error),
        }
    }
    found.bundles.sort();
    Ok(found)
}

/// Adds the bundles of one folder; gives back the folders in it.
fn look_into(folder: &Path, bundles: &mut Vec<PathBuf>) -> Result<Vec<PathBuf>, StoreError> {
    let failed = |source| StoreError::of("look into", folder, source);
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            folders.push(entry.path());
        } else if kind.is_file() && entry.file_name().to_string_lossy().ends_with(SUFFIX) {
            bundles.push(entry.path());
        }
    }
    Ok(folders)
}

/// The artifact that a bundle stands beside, by its name; `None` for a name that is the suffix alone.
#[must_use]
pub fn artifact_of_bundle(bundle: &Path) -> Option<PathBuf> {
    let name = bundle.file_name()?.as_encoded_bytes().strip_suffix(SUFFIX.as_bytes())?;
    let name = OsStr::from_bytes(name);
    (!name.is_empty()).then(|| bundle.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundles_are_found_below_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        for name in ["z.intoto.jsonl", "a/b/app.intoto.jsonl", "a/app", "a/.intoto.jsonl"] {
            fs::write(at(name), b"").unwrap();
        }
        std::os::unix::fs::symlink("..", at("a/up")).unwrap();
        std::os::unix::fs::symlink("../z.intoto.jsonl", at("a/link.intoto.jsonl")).unwrap();
        let found = find_bundles(folder.path()).unwrap();
        assert_eq!(found.bundles, ["a/.intoto.jsonl", "a/b/app.intoto.jsonl", "z.intoto.jsonl"].map(at));
        assert_eq!(artifact_of_bundle(&at("z.intoto.jsonl")), Some(at("z")));
        assert_eq!(artifact_of_bundle(&at("a/.intoto.jsonl")), None);
        assert_eq!(find_bundles(&at("none")).unwrap_err().code(), "file-missing");
    }

    #[test]
    fn a_stamp_tells_nothing_of_a_file_that_was_just_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("z.intoto.jsonl");
        fs::write(&path, b"one").unwrap();
        let (bytes, stamp) = read_stamped_bundle(&path).unwrap();
        assert_eq!((bytes.as_slice(), Some(stamp)), (b"one".as_slice(), Stamp::of_bundle(&path)));
        let now = SystemTime::now();
        assert!(!stamp.tells(now) && stamp.tells(now + 2 * MOMENT));
        fs::write(&path, b"other").unwrap();
        assert_ne!(Some(stamp), Stamp::of_bundle(&path));
    }
}
