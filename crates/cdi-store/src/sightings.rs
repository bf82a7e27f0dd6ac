//! On which reports this host has relied, and when it first did: what it needs to tell reports of a key that was
//! compromised later from those that came after.
//!
//! A file of pages of 4 KiB. The first says what the file is; each of the others holds the reports whose ids begin with the
//! same 12 bits, in 64 slots: the id, the time, and the beginning of a digest of both. A slot is written once. So a decision
//! reads one page for each report, and writes 64 bytes for each that it had not seen, however much is remembered. The file
//! has holes where nothing is, and never more than 16 MiB. A report whose page is full is not remembered: nothing is ever
//! forgotten for it, and it will survive nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use cdi_types::{Sha256, StatementId, Timestamp};
use rustix::fs::OFlags;
use rustix::process::geteuid;

use crate::StoreError;
use crate::append::lock;
use crate::error::shown;
use crate::write::write_new;

/// The form of the file, at its beginning.
const FORM: &[u8] = b"https://code-deployment-integrity.io/sightings/v1\n";
const PAGE: usize = 4096;
const PAGES: u64 = 4096;
const SLOT: usize = 64;
const ID: usize = 32;
const TIME: usize = 8;
/// Whoever else could write here could let reports of a stolen key survive.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// The file, as it was opened; nothing was relied on yet if it is not there.
#[derive(Debug)]
pub struct Sightings {
    path: PathBuf,
    file: Option<File>,
}

impl Sightings {
    /// No sights.
    #[must_use]
    pub const fn none() -> Self {
        Self { path: PathBuf::new(), file: None }
    }

    /// Opens what is there, to read.
    pub(crate) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let file = open(&path, false)?;
        Ok(Self { path, file })
    }

    /// Which file it is: another one, or none, has forgotten what this one has. What is written to it later changes nothing.
    #[must_use]
    pub fn identity(&self) -> String {
        let metadata = self.file.as_ref().and_then(|file| file.metadata().ok());
        let told = metadata.map(|metadata| (metadata.dev(), metadata.ino(), metadata.created().ok()));
        format!("{told:?}")
    }

    /// When each of these reports was first relied on, of those that were.
    ///
    /// # Errors
    /// [`StoreError::MemoryDamaged`] for one that is not as it was written, and what keeps the file from being read.
    pub fn of(
        &self,
        reports: impl IntoIterator<Item = StatementId>,
    ) -> Result<BTreeMap<StatementId, Timestamp>, StoreError> {
        let Some(file) = &self.file else { return Ok(BTreeMap::new()) };
        let mut page: Option<(u64, Page)> = None;
        let mut found = BTreeMap::new();
        for report in reports.into_iter().collect::<BTreeSet<_>>() {
            let number = number(report);
            let held = match page.take() {
                Some((held, page)) if held == number => page,
                _ => Page::read(file, number).map_err(|source| StoreError::of("read", &self.path, source))?,
            };
            if let Some(at) = self.first(file, &held, report)? {
                found.insert(report, at);
            }
            page = Some((number, held));
        }
        Ok(found)
    }

    /// A slot that is not whole may be in another's hand: it is looked at again once that one is done.
    fn first(&self, file: &File, page: &Page, report: StatementId) -> Result<Option<Timestamp>, StoreError> {
        let Some(slot) = page.of(report) else { return Ok(None) };
        if let Some((_, at)) = slot.read() {
            return Ok(Some(at));
        }
        let _lock = lock(self.path.parent().unwrap_or(Path::new(".")))?;
        let again = Page::read(file, number(report));
        let again = again.map_err(|source| StoreError::of("read", &self.path, source))?;
        match again.of(report).map(|slot| slot.read()) {
            None => Ok(None),
            Some(Some((_, at))) => Ok(Some(at)),
            Some(None) => {
                Err(damaged(&self.path, format!("the sight of report {report} is not as it was written")))
            }
        }
    }

    /// All of them.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn all(&self) -> Result<Vec<(StatementId, Timestamp)>, StoreError> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        let failed = |source| StoreError::of("read", &self.path, source);
        let pages = file.metadata().map_err(failed)?.len().div_ceil(PAGE as u64).min(1 + PAGES);
        let mut all = Vec::new();
        for number in 1..pages {
            let page = Page::read(file, number).map_err(failed)?;
            all.extend(page.slots().filter_map(|slot| slot.read()));
        }
        Ok(all)
    }
}

/// Writes down that these reports were relied on at this time, but for those that were before. How many had no place.
pub(crate) fn see(path: &Path, reports: &BTreeSet<StatementId>, at: Timestamp) -> Result<usize, StoreError> {
    let failed = |source| StoreError::of("write", path, source);
    let file = match open(path, true)? {
        Some(file) => file,
        None => {
            let mut first = FORM.to_vec();
            first.resize(PAGE, 0);
            write_new(path, &first, 0o600)?;
            open(path, true)?.ok_or_else(|| damaged(path, "it went away".to_owned()))?
        }
    };
    let (mut written, mut left_out) = (false, 0);
    for report in reports {
        let page = Page::read(&file, number(*report)).map_err(failed)?;
        if page.of(*report).is_some() {
            continue;
        }
        let Some(free) = page.slots().position(|slot| slot.is_empty()) else {
            left_out += 1;
            continue;
        };
        let place = number(*report) * PAGE as u64 + (free * SLOT) as u64;
        file.write_all_at(&slot(*report, at), place).map_err(failed)?;
        written = true;
    }
    if written {
        file.sync_data().map_err(failed)?;
    }
    Ok(left_out)
}

/// Opens the file, if it is there, and holds it to what it must be: this user's own, nobody else's to write, and of the
/// form.
fn open(path: &Path, to_write: bool) -> Result<Option<File>, StoreError> {
    let failed = |source| StoreError::of("open", path, source);
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW).bits().cast_signed();
    let opened = File::options().read(true).write(to_write).custom_flags(flags).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(_) if path.is_symlink() => return Err(StoreError::Link { path: shown(path) }),
        Err(error) => return Err(failed(error)),
    };
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(StoreError::NotRegular { path: shown(path) });
    }
    if metadata.uid() != geteuid().as_raw() {
        return Err(damaged(path, format!("it belongs to the user {}", metadata.uid())));
    }
    if metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(damaged(path, "other users may write to it".to_owned()));
    }
    let mut form = vec![0; FORM.len()];
    if metadata.len() < PAGE as u64 || file.read_exact_at(&mut form, 0).is_err() || form != FORM {
        return Err(damaged(path, "it does not begin as one".to_owned()));
    }
    Ok(Some(file))
}

fn damaged(path: &Path, detail: String) -> StoreError {
    StoreError::MemoryDamaged { path: shown(path), detail }
}

/// The page of a report, from 1.
fn number(report: StatementId) -> u64 {
    let id = report.sha256();
    let [first, second, ..] = id.as_bytes();
    1 + ((u64::from(*first) << 4) | (u64::from(*second) >> 4))
}

/// The bytes of a slot.
fn slot(report: StatementId, at: Timestamp) -> Vec<u8> {
    let id = report.sha256();
    let mut bytes = [id.as_bytes().as_slice(), &at.unix().to_be_bytes()].concat();
    let digest = Sha256::of(&[FORM, &bytes].concat());
    bytes.extend(digest.as_bytes().iter().take(SLOT - ID - TIME));
    bytes
}

struct Page(Vec<u8>);

impl Page {
    /// The page of this number; the file ends where nothing was written any more.
    fn read(file: &File, number: u64) -> std::io::Result<Self> {
        let mut bytes = vec![0; PAGE];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, number * PAGE as u64 + filled as u64) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self(bytes))
    }

    fn slots(&self) -> impl Iterator<Item = Slot<'_>> {
        self.0.chunks_exact(SLOT).map(Slot)
    }

    fn of(&self, report: StatementId) -> Option<Slot<'_>> {
        let id = report.sha256();
        self.slots().find(|slot| slot.0.starts_with(id.as_bytes()))
    }
}

struct Slot<'a>(&'a [u8]);

impl Slot<'_> {
    fn is_empty(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    /// What was written there; `None` if nothing was, or it is not as it was written.
    fn read(&self) -> Option<(StatementId, Timestamp)> {
        let (id, rest) = self.0.split_first_chunk::<ID>()?;
        let (time, _) = rest.split_first_chunk::<TIME>()?;
        let report = StatementId::new(Sha256::from_bytes(*id));
        let at = Timestamp::from_unix(u64::from_be_bytes(*time));
        (self.0 == slot(report, at)).then_some((report, at))
    }
}

#[cfg(test)]
mod tests;
