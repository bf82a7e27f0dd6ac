//! Signature checks that have succeeded, kept from one decision to the next: for each artifact a file, beside a key that only
//! this user can read.
//!
//! A file holds the names of checks in ascending order, behind a code over them all by that key. One that is not as it was
//! written is passed over and told of, and costs time: its checks are made again. So are those that another program wrote, one
//! of the same version too: what it took for a signature, a later one may know better. No trust is kept here, and no decision: a
//! check says that a signature is one, of a key over a message, and nothing of whom to believe.

use std::fs::{self, DirBuilder, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use cdi_envelope::CheckId;
use cdi_types::{ArtifactDigest, Sha256, limits};

use crate::StoreError;
use crate::error::shown;
use crate::read::read_unlinked;
use crate::write::{replace_name, write_new};

/// The form of a file, at its beginning; the program that wrote it follows, and the code.
const FORM: &str = "https://code-deployment-integrity.io/checks/v2\n";
const PROGRAM: usize = 32;
const CODE: usize = 32;
const NAME: usize = 32;
/// Checks of one artifact: as many as a decision may make.
const CHECKS: usize = limits::SIGNATURE_VERIFICATIONS;
/// Bytes of all files together. Of more, those that were written first are removed.
const ALL_BYTES: u64 = 16 << 20;
const KEY: &str = "key";
const KEY_BYTES: usize = 32;
/// Whoever could read the key could make a file.
const OPEN_TO_OTHERS: u32 = 0o077;

/// The folder of what was checked, below that of a memory.
#[derive(Debug, Clone)]
pub struct ChecksFolder(PathBuf);

/// The checks about one artifact, as they were read.
#[derive(Debug, Default)]
pub struct Checks {
    /// Names in ascending order, one after the other.
    names: Vec<[u8; NAME]>,
}

impl Checks {
    /// Whether this check has succeeded.
    #[must_use]
    pub fn holds(&self, check: &CheckId) -> bool {
        self.names.binary_search(check.as_bytes()).is_ok()
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.names.len()
    }

    /// With these besides, if any of them is news. If they are too many together, what was there goes.
    fn with(&self, made: &[CheckId]) -> Option<Self> {
        let mut fresh: Vec<[u8; NAME]> =
            made.iter().filter(|check| !self.holds(check)).map(|check| *check.as_bytes()).collect();
        fresh.sort_unstable();
        fresh.dedup();
        if fresh.is_empty() {
            return None;
        }
        let mut names = [self.names.as_slice(), &fresh].concat();
        if names.len() > CHECKS {
            names = made.iter().take(CHECKS).map(|check| *check.as_bytes()).collect();
        }
        names.sort_unstable();
        names.dedup();
        Some(Self { names })
    }
}

impl ChecksFolder {
    /// The checks in this folder, which need not be there.
    pub(crate) const fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    fn file(&self, artifact: ArtifactDigest) -> PathBuf {
        self.0.join(artifact.to_string())
    }

    /// What this very program checked about an artifact before; nothing if nothing is kept.
    ///
    /// # Errors
    /// [`StoreError::ChecksDamaged`] for a file that is not as this user wrote it, or that others could have written. Otherwise what
    /// keeps it from being read. Whoever goes on without has lost time, and nothing else.
    pub fn read(&self, artifact: ArtifactDigest) -> Result<Checks, StoreError> {
        let path = self.file(artifact);
        let limit = FORM.len() + PROGRAM + CODE + NAME * CHECKS;
        let bytes = match read_unlinked(&path, limit) {
            Ok((bytes, _)) => bytes,
            Err(StoreError::Missing { .. }) => return Ok(Checks::default()),
            Err(error) => return Err(error),
        };
        let damaged = |detail: &str| damaged(&path, detail);
        let key = self.key()?.ok_or_else(|| damaged("its key is missing"))?;
        let rest = bytes.strip_prefix(FORM.as_bytes());
        let told = rest.and_then(|rest| rest.split_at_checked(PROGRAM)).filter(|_| bytes.len() <= limit);
        let (by, rest) = told.ok_or_else(|| damaged("it is not as it was written"))?;
        let Some(program) = program().filter(|program| *program == by) else { return Ok(Checks::default()) };
        let (code, names) =
            rest.split_at_checked(CODE).ok_or_else(|| damaged("it is not as it was written"))?;
        hmac::verify(&key, &signed(&program, artifact, names), code)
            .map_err(|_| damaged("it is not as it was written"))?;
        let (names, _) = names.as_chunks::<NAME>();
        Ok(Checks { names: names.to_vec() })
    }

    /// Keeps what was checked about an artifact, besides what was `before`. Nothing is written if nothing is new.
    ///
    /// # Errors
    /// What keeps it from being written; what was there stays.
    pub fn keep(
        &self,
        artifact: ArtifactDigest,
        before: &Checks,
        made: &[CheckId],
    ) -> Result<(), StoreError> {
        let (Some(after), Some(program)) = (before.with(made), program()) else { return Ok(()) };
        let key = self.own_key()?;
        let names = after.names.as_flattened();
        let code = hmac::sign(&key, &signed(&program, artifact, names));
        let bytes = [FORM.as_bytes(), &program, code.as_ref(), names].concat();
        let path = self.file(artifact);
        replace_name(&path, &bytes, 0o600)?;
        self.make_room(&path);
        Ok(())
    }

    /// The key, if there is one.
    fn key(&self) -> Result<Option<hmac::Key>, StoreError> {
        let path = self.0.join(KEY);
        let folder =
            self.0.symlink_metadata().map_err(|source| StoreError::of("look at", &self.0, source))?;
        if !folder.is_dir() || !is_own(&folder) {
            return Err(damaged(&self.0, "it is no folder of this user alone"));
        }
        match read_unlinked(&path, KEY_BYTES) {
            Err(StoreError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
            Ok((bytes, metadata)) if bytes.len() == KEY_BYTES && is_own(&metadata) => {
                Ok(Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
            }
            Ok(_) => Err(damaged(&path, "it is no key of this user alone")),
        }
    }

    /// The key, which is made if there is none that can be used; never in a folder that others can write to.
    fn own_key(&self) -> Result<hmac::Key, StoreError> {
        let failed = |source| StoreError::of("create", &self.0, source);
        match DirBuilder::new().mode(0o700).create(&self.0) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
        let found = self.key();
        if let Ok(Some(key)) = found {
            return Ok(key);
        }
        let folder = self.0.symlink_metadata().map_err(failed)?;
        if !folder.is_dir() || !is_own(&folder) {
            return Err(damaged(&self.0, "it is no folder of this user alone"));
        }
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| failed(std::io::Error::other(error.to_string())))?;
        let path = self.0.join(KEY);
        match (found, write_new(&path, &bytes, 0o600)) {
            (_, Ok(())) => {}
            // What is there is no key, and no file is worth anything by it.
            (Err(_), Err(StoreError::Exists { .. })) => replace_name(&path, &bytes, 0o600)?,
            // Another process began meanwhile.
            (Ok(_), Err(StoreError::Exists { .. })) => {
                return self.key()?.ok_or_else(|| damaged(&path, "it went away"));
            }
            (_, Err(error)) => return Err(error),
        }
        Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
    }

    /// Removes what was written first, as long as there is too much; what cannot be removed stays. `newest` stays too.
    fn make_room(&self, newest: &Path) {
        let Ok(entries) = fs::read_dir(&self.0) else { return };
        let mut files: Vec<(std::time::SystemTime, u64, PathBuf)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let metadata = entry.metadata().ok()?;
                let is_file = metadata.is_file() && entry.file_name() != KEY;
                is_file.then_some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .collect();
        files.sort();
        let mut all: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files.iter().filter(|(_, _, path)| path != newest) {
            if all <= ALL_BYTES {
                return;
            }
            if fs::remove_file(path).is_ok() {
                all = all.saturating_sub(*size);
            }
        }
    }

    /// What is in the folder that is none of it, if anything is.
    pub(crate) fn stranger(&self) -> Result<Option<String>, StoreError> {
        let failed = |source| StoreError::of("list", &self.0, source);
        for entry in fs::read_dir(&self.0).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_ours = name == KEY
                || ArtifactDigest::parse(&name).is_ok()
                || (name.starts_with('.') && name.ends_with(".tmp"));
            if entry.file_type().map_err(failed)?.is_dir() || !is_ours {
                return Ok(Some(shown(&entry.path()).to_string()));
            }
        }
        Ok(None)
    }
}

/// What the code of a file is over. What comes before the names has a fixed length for each form.
fn signed(program: &[u8; PROGRAM], artifact: ArtifactDigest, names: &[u8]) -> Vec<u8> {
    [FORM.as_bytes(), program, artifact.to_string().as_bytes(), b"\n", names].concat()
}

/// The program that runs, as its file is told from all others and from itself before it was written to. `None` where that
/// cannot be known: then nothing is kept.
fn program() -> Option<[u8; PROGRAM]> {
    let file = fs::metadata("/proc/self/exe").ok()?;
    let times = [file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()];
    Some(
        *Sha256::of(format!("{} {} {} {times:?}", file.dev(), file.ino(), file.size()).as_bytes()).as_bytes(),
    )
}

fn is_own(metadata: &Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & OPEN_TO_OTHERS == 0
}

fn damaged(path: &Path, detail: &str) -> StoreError {
    StoreError::ChecksDamaged { path: shown(path), detail: detail.to_owned() }
}

#[cfg(test)]
#[path = "checks/tests.rs"]
mod tests;
