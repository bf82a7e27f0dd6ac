//! The journal as a file, and the head beside it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use cdi_envelope::PublicKey;
use cdi_keys::{Signer, seal_foreign};
use cdi_store::StoreError;
use cdi_types::Sha256;
use cdi_types::json::{strict, typed};
use cdi_types::limits::LINE_BYTES;
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::annex::{ANNEX_BYTES, Annex, ENTRY_BYTES};
use crate::back::{BackError, Backwards, before};
use crate::chain::{Chain, Entry, Head, Link, next, read};
use crate::error::{JournalError, said};
use crate::record::Record;
use crate::tail::{Tail, TooLong, Torn, tail};

const MODE: u32 = 0o600;
const HEAD_BYTES: usize = 1024;

/// A journal's file. Beside it, under the same name with `.head`, stands the last entry that was written: with it a journal
/// whose end was cut off is told from one that is whole.
#[derive(Debug, Clone)]
pub struct Journal {
    path: PathBuf,
}

/// An entry that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its number and digest.
    pub head: Head,
    /// What a writer that was killed had left, and has been cut off.
    pub torn: Option<Torn>,
    /// Where the entry's line begins.
    pub at: u64,
}

impl Appended {
    /// Where the entry is.
    #[must_use]
    pub const fn place(&self) -> Place {
        Place { at: self.at, head: self.head }
    }
}

/// Where an entry is: whoever keeps this finds it again without reading others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Place {
    /// Where its line begins.
    pub at: u64,
    /// Its number and digest.
    pub head: Head,
}

impl Journal {
    /// The journal of this name; there need not be one yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes an entry at the end. On `Ok` it is on disk, whole, behind all that was there; other writers wait meanwhile.
    ///
    /// Guarantees: whoever is killed at any point leaves the journal as it was, or with the whole entry, or with the
    /// beginning of one, which the next writer cuts off and nobody reads. What stands there is never changed.
    ///
    /// # Errors
    /// [`JournalError::Broken`] if the last entry does not hold, or the one before it, or the one does not follow the other;
    /// [`JournalError::Cut`] if the end is missing: nothing is added to such a journal. What comes before is not looked at.
    /// [`JournalError::LargeAnnex`] if there is more to set apart than an entry may have. [`JournalError::Store`] if the head could not be kept: the entry may be on disk then, whole,
    /// and is acknowledged to nobody; the next writer keeps its head and goes on behind it. Everything else leaves the
    /// journal as it was, or with a torn end.
    pub fn append(&self, record: Record, signer: &dyn Signer) -> Result<Appended, JournalError> {
        let mut file = self.open(OpenOptions::new().read(true).append(true).create(true).mode(MODE))?;
        file.lock().map_err(self.cannot("lock"))?;
        let Tail { end, torn } = self.tail(&file)?;
        let last = self.last(&file, end, signer.public_key())?;
        self.held_against(last.as_ref())?;
        let head = last.as_ref().map(Entry::head);
        if torn.is_some() {
            file.set_len(end).map_err(self.cannot("cut the torn end off"))?;
        }
        let mut sealed = seal_foreign(&self.payload(record, next(head))?, signer)?;
        sealed.line.push(b'\n');
        self.write(&mut file, &sealed.line, end)?;
        let head = Head { sequence: next(head).sequence, id: sealed.id };
        self.keep(head)?;
        Ok(Appended { head, torn, at: end })
    }

    /// What is signed: with its lists, or, where they are long, with the digest of them, which are on disk then.
    fn payload(&self, mut record: Record, link: Link) -> Result<Vec<u8>, JournalError> {
        let whole = record.clone().payload(link)?;
        if whole.len() <= ENTRY_BYTES {
            return Ok(whole);
        }
        let annex = Annex::of(&mut record)?;
        let folder = self.annexes();
        cdi_store::make_folder(&folder)?;
        match cdi_store::write_new(folder.join(annex_name(Sha256::of(&annex))), &annex, MODE) {
            // It has the name of its content, which an entry before had too.
            Ok(()) | Err(StoreError::Exists { .. }) => record.payload(link),
            Err(error) => Err(error.into()),
        }
    }

    /// The lists that an entry has set apart, if it has; when this returns, they are what was signed.
    ///
    /// # Errors
    /// [`JournalError::Annex`].
    pub fn annex(&self, entry: &Entry) -> Result<Option<Annex>, JournalError> {
        let Some(apart) = entry.verified().decision().annex else { return Ok(None) };
        let lost = |detail: String| JournalError::Annex { sequence: entry.head().sequence, detail };
        let path = self.annexes().join(annex_name(apart.sha256));
        let file =
            open_itself(&path, OpenOptions::new().read(true)).map_err(|error| lost(error.to_string()))?;
        let (mut bytes, most) = (Vec::new(), u64::try_from(ANNEX_BYTES + 1).unwrap_or(u64::MAX));
        file.take(most).read_to_end(&mut bytes).map_err(|error| lost(error.to_string()))?;
        if Sha256::of(&bytes) != apart.sha256 {
            return Err(lost(format!("`{}` has other bytes", path.display().to_string().escape_debug())));
        }
        let text = strict(&bytes).map_err(|error| lost(said(&error)))?;
        typed(text).map(Some).map_err(|error| lost(said(&error)))
    }

    fn annexes(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".annexes");
        PathBuf::from(name)
    }

    /// Writes a line where whole lines end, and brings it to disk; the name too, if the file is new.
    fn write(&self, file: &mut File, line: &[u8], end: u64) -> Result<(), JournalError> {
        if let Err(error) = file.write_all(line).and_then(|()| file.sync_all()) {
            // Of what could not be written whole nothing is to stay; if this fails too, the next writer does it.
            let _ = file.set_len(end);
            return Err(self.cannot("write to")(error));
        }
        if end > 0 {
            return Ok(());
        }
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        folder.map_err(self.cannot("bring the name to disk of"))
    }

    /// Reads the whole journal, each entry to `each`, and holds it against `kept`, if somebody kept a head of it. When this
    /// returns, every entry holds and nothing is missing between the first and the head that is given back, and `kept` and
    /// the head beside the journal are among them.
    ///
    /// # Errors
    /// [`JournalError`] names the first line that does not hold; what was given to `each` before that holds.
    pub fn read(
        &self,
        key: &PublicKey,
        kept: Option<Head>,
        mut each: impl FnMut(Entry),
    ) -> Result<(Option<Head>, Option<Torn>), JournalError> {
        let file = self.open(OpenOptions::new().read(true))?;
        file.lock_shared().map_err(self.cannot("lock"))?;
        // Whoever appends keeps the lock until the head is written, so that both are of one moment.
        let mut owed: Vec<Head> = self.head()?.into_iter().chain(kept).collect();
        let mut lines = BufReader::new(file);
        let (mut chain, mut number) = (Chain::before_the_first(key), 0);
        let torn = loop {
            let line = match self.line(&mut lines, number + 1)? {
                Line::Whole(line) => line,
                Line::Torn(torn) => break Some(torn),
                Line::None => break None,
            };
            number += 1;
            let entry =
                chain.follow(&line).map_err(|broken| JournalError::Broken { line: number, broken })?;
            owed.retain(|head| *head != entry.head());
            each(entry);
        };
        match owed.first() {
            Some(kept) => Err(JournalError::Cut { kept: *kept }),
            None => Ok((chain.head(), torn)),
        }
    }

    /// Reads the journal from its end, each entry to `each` until that has seen enough. When this returns, every entry that was
    /// given holds and nothing is missing behind it, up to the last one, of which the head beside the journal has the number.
    /// What comes before is not looked at.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn read_back(
        &self,
        key: &PublicKey,
        mut each: impl FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let file = self.open(OpenOptions::new().read(true))?;
        file.lock_shared().map_err(self.cannot("lock"))?;
        let end = self.tail(&file)?.end;
        let mut owed = self.head()?;
        let (mut lines, mut after) = (Backwards::of(&file, end), None);
        loop {
            let entry = before(&mut lines, after, key);
            let entry = entry.map_err(|(line, error)| error.at(line, self.cannot("read")))?;
            if let Some(kept) = owed.take() {
                let last = entry.as_ref().map(Entry::head);
                // A writer may have been killed before it kept the head of one entry more.
                let one_more = entry.as_ref().is_some_and(|last| last.verified().link == next(Some(kept)));
                if last != Some(kept) && !one_more {
                    return Err(JournalError::Cut { kept });
                }
            }
            let Some(entry) = entry else { return Ok(()) };
            after = Some(entry.verified().link);
            if each(entry).is_break() {
                return Ok(());
            }
        }
    }

    /// The last entry, of a journal whose end holds: that entry and the one before it, the one after the other, and the head beside
    /// it. This costs the same however long the journal is.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn end(&self, key: &PublicKey) -> Result<Option<Head>, JournalError> {
        let (mut last, mut number) = (None, 0);
        self.read_back(key, |entry| {
            last.get_or_insert(entry.head());
            number += 1;
            if number < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(last)
    }

    /// The entry at a place that [`Self::append`] has given; when this returns, it is that entry.
    ///
    /// # Errors
    /// [`JournalError::Cut`] if another stands there or none, [`JournalError::Broken`] if it does not hold.
    pub fn entry_at(&self, key: &PublicKey, place: Place) -> Result<Entry, JournalError> {
        let mut file = self.open(OpenOptions::new().read(true))?;
        file.lock_shared().map_err(self.cannot("lock"))?;
        file.seek(SeekFrom::Start(place.at)).map_err(self.cannot("read"))?;
        let number = place.head.sequence.saturating_add(1);
        let Line::Whole(line) = self.line(&mut BufReader::new(file), number)? else {
            return Err(JournalError::Cut { kept: place.head });
        };
        let entry = read(&line, key).map_err(|broken| JournalError::Broken { line: number, broken })?;
        if entry.head() == place.head { Ok(entry) } else { Err(JournalError::Cut { kept: place.head }) }
    }

    fn line(&self, lines: &mut BufReader<File>, number: u64) -> Result<Line, JournalError> {
        let mut line = Vec::new();
        let most = u64::try_from(LINE_BYTES + 1).unwrap_or(u64::MAX);
        let read = lines.by_ref().take(most).read_until(b'\n', &mut line).map_err(self.cannot("read"))?;
        match line.pop() {
            None => Ok(Line::None),
            Some(b'\n') => Ok(Line::Whole(line)),
            Some(_) if read > LINE_BYTES => Err(JournalError::LongLine { line: number }),
            Some(_) => Ok(Line::Torn(Torn { bytes: u64::try_from(read).unwrap_or(u64::MAX) })),
        }
    }

    fn tail(&self, file: &File) -> Result<Tail, JournalError> {
        let found = tail(file).map_err(self.cannot("read"))?;
        let last = self.head()?.map_or(0, |head| head.sequence);
        found.map_err(|TooLong| JournalError::LongLine { line: last.saturating_add(1) })
    }

    /// The last entry, which holds, and follows one that holds.
    fn last(&self, file: &File, end: u64, key: &PublicKey) -> Result<Option<Entry>, JournalError> {
        let number = || self.head().ok().flatten().map_or(0, |head| head.sequence).saturating_add(1);
        let failed = |(line, error): (u64, BackError)| {
            error.at(if line == 0 { number() } else { line }, self.cannot("read"))
        };
        let mut lines = Backwards::of(file, end);
        let Some(last) = before(&mut lines, None, key).map_err(failed)? else { return Ok(None) };
        before(&mut lines, Some(last.verified().link), key).map_err(failed)?;
        Ok(Some(last))
    }

    /// Holds what is there against the head beside it: a writer may have been killed between the two, so that the journal
    /// has one entry more, which names the one of the head, and never one less.
    fn held_against(&self, found: Option<&Entry>) -> Result<(), JournalError> {
        let kept = self.head()?;
        match (kept, found) {
            (kept, found) if kept == found.map(Entry::head) => Ok(()),
            (kept, Some(found)) if found.verified().link == next(kept) => self.keep(found.head()),
            (Some(kept), _) => Err(JournalError::Cut { kept }),
            // The head was taken away; what it would have told cannot be told any more.
            (None, Some(found)) => self.keep(found.head()),
            (None, None) => Ok(()),
        }
    }

    fn head(&self) -> Result<Option<Head>, JournalError> {
        let path = self.head_path();
        let file = match open_itself(&path, OpenOptions::new().read(true)) {
            Err(JournalError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            other => other?,
        };
        let mut bytes = Vec::new();
        let most = u64::try_from(HEAD_BYTES).unwrap_or(u64::MAX);
        file.take(most).read_to_end(&mut bytes).map_err(file_error("read", &path))?;
        let damaged = |detail: String| file_error("read", &path)(io::Error::other(detail));
        let text = strict(&bytes).map_err(|error| damaged(said(&error)))?;
        typed(text).map(Some).map_err(|error| damaged(said(&error)))
    }

    fn keep(&self, head: Head) -> Result<(), JournalError> {
        let mut bytes = serde_json::to_vec(&head)
            .map_err(|error| JournalError::Unwritable { detail: error.to_string() })?;
        bytes.push(b'\n');
        Ok(cdi_store::replace_name(self.head_path(), &bytes, MODE)?)
    }

    fn head_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".head");
        PathBuf::from(name)
    }

    fn open(&self, how: &mut OpenOptions) -> Result<File, JournalError> {
        open_itself(&self.path, how)
    }

    fn cannot(&self, action: &'static str) -> impl Fn(io::Error) -> JournalError {
        file_error(action, &self.path)
    }
}

/// A link in the place of the journal, or of its head, could lead to any file of the writer's; a pipe has perhaps no writer, ever.
fn open_itself(path: &Path, how: &mut OpenOptions) -> Result<File, JournalError> {
    let flags = (OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK).bits().cast_signed();
    let file = how.custom_flags(flags).open(path).map_err(file_error("open", path))?;
    if !file.metadata().map_err(file_error("open", path))?.is_file() {
        return Err(file_error("use", path)(io::Error::other("it is no regular file")));
    }
    Ok(file)
}

fn annex_name(sha256: Sha256) -> String {
    format!("{sha256}.json")
}

/// What comes next in a file.
enum Line {
    Whole(Vec<u8>),
    Torn(Torn),
    None,
}

fn file_error(action: &'static str, path: &Path) -> impl Fn(io::Error) -> JournalError {
    let path = path.display().to_string().escape_debug().to_string();
    move |source| JournalError::File { action, path: path.clone(), source }
}
