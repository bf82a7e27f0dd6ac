//! An authority's folder. A process that is killed at any point leaves all of its files whole.
//!
//! ```text
//! authority.json           name, key id, how long its lists last
//! key.pem                  the private key, mode 0600, perhaps encrypted
//! public.pem               the public key
//! signed.intoto.jsonl      all certifications and endorsements, the n-th with the serial n
//! revocations.intoto.jsonl all revocation lists, the newest last
//! endorsement.intoto.jsonl the endorsements between this authority and its roots; of a root, empty
//! countersigned.intoto.jsonl reports that it signed too, once there are any
//! ```

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cdi_authority::{Lineage, Records};
use cdi_envelope::{Envelope, PublicKey};
use cdi_keys::{Sealed, Signer};
use cdi_store::StoreError;
use cdi_types::{Duration, KeyId, Name, StatementId, Timestamp, json};
use serde::{Deserialize, Serialize};

use super::files;
use crate::failure::Failure;
use crate::passphrase::{PassphraseSource, open_key};

pub(super) const SETTINGS: &str = "authority.json";
pub(super) const KEY: &str = "key.pem";
pub(super) const PUBLIC: &str = "public.pem";
pub(super) const JOURNAL: &str = "signed.intoto.jsonl";
pub(super) const LISTS: &str = "revocations.intoto.jsonl";
pub(super) const LINEAGE: &str = "endorsement.intoto.jsonl";
pub(super) const COUNTERSIGNED: &str = "countersigned.intoto.jsonl";
const RECORDS: [&str; 7] = [SETTINGS, KEY, PUBLIC, JOURNAL, LISTS, LINEAGE, COUNTERSIGNED];

/// What an authority says of itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) name: Name,
    pub(crate) key_id: KeyId,
    /// How long a revocation list lasts unless another time is given, such as `7d`.
    pub(crate) list_for: String,
}

/// An authority's folder, for reading.
pub(crate) struct Folder {
    path: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) key: PublicKey,
}

/// When an authority's newest list ends, and the last endorsement of it, if it is no root.
pub(crate) struct Ends {
    pub(crate) list: Timestamp,
    pub(crate) endorsed: Option<Timestamp>,
}

/// The folder while nobody else writes to it. The lock ends with the value, and with the process.
pub(super) struct LockedFolder<'a> {
    folder: &'a Folder,
    _lock: File,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let settings = read_settings(path)?;
        let pem = files::text(&path.join(PUBLIC))?;
        let key = PublicKey::from_pem(&pem).map_err(|error| Failure::from(error).about(PUBLIC))?;
        if key.key_id() != settings.key_id {
            let message = format!("`{PUBLIC}` has the key `{}`, `{SETTINGS}` names another", key.key_id());
            return Err(Failure::failed("authority-folder-damaged", message));
        }
        Ok(Self { path: path.to_owned(), settings, key })
    }

    /// The authority's own key.
    pub(crate) fn signer(&self, passphrase: &PassphraseSource) -> Result<Box<dyn Signer>, Failure> {
        open_key(&self.path.join(KEY), passphrase)
    }

    pub(super) fn records(&self) -> Result<Records, Failure> {
        let damaged = |failure: Failure| {
            failure
                .about(format!("`{}`", self.path.display()))
                .hint("nothing was signed; restore the folder from a copy")
        };
        // Both are made with the folder. Taken for empty, a missing journal would have serials given twice, and missing
        // endorsements would make a root of an authority that has a scope.
        let made = |name: &str, code| {
            let missing = || damaged(Failure::failed(code, format!("`{name}` is missing")));
            files::present(&self.path.join(name))?.ok_or_else(missing)
        };
        let journal = made(JOURNAL, "record-without-journal")?;
        let lineage = made(LINEAGE, "record-without-endorsements")?;
        let lists = files::present(&self.path.join(LISTS))?.unwrap_or_default();
        Records::parse(self.key.clone(), journal, lists, lineage).map_err(|error| damaged(error.into()))
    }

    /// When what stands behind this authority ends.
    pub(crate) fn ends(&self) -> Result<Ends, Failure> {
        let records = self.records()?;
        let own = |endorsed: &cdi_types::Endorsement| endorsed.public_key.key_id() == self.key.key_id();
        let endorsed = records.lineage().endorsements().filter(|(_, endorsed)| own(endorsed));
        Ok(Ends {
            list: records.lists().newest().not_after,
            endorsed: endorsed.map(|(_, endorsed)| endorsed.not_after).max(),
        })
    }

    /// The reports that the authority signed too, in the order in which it did.
    pub(super) fn countersigned(&self) -> Result<Vec<StatementId>, Failure> {
        let file = files::present(&self.path.join(COUNTERSIGNED))?.unwrap_or_default();
        let lines = file.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let ids = lines.map(|line| {
            let payload = Envelope::parse(line).map(|envelope| envelope.as_untrusted().payload().to_vec());
            payload
                .map(|payload| StatementId::of(&payload))
                .map_err(|error| Failure::from(error).about(COUNTERSIGNED))
        });
        ids.collect()
    }

    /// How long a revocation list lasts: as asked, or as the authority's settings have it.
    pub(super) fn list_for(&self, asked: Option<Duration>) -> Result<Duration, Failure> {
        let set = || Duration::parse(&self.settings.list_for);
        asked.map_or_else(set, Ok).map_err(|error| Failure::failed(error.code(), error).about(SETTINGS))
    }

    /// Waits until no other process writes.
    pub(super) fn lock(&self) -> Result<LockedFolder<'_>, Failure> {
        let failed = |error| {
            Failure::failed(
                "folder-lock-unavailable",
                format!("cannot lock `{}`: {error}", self.path.display()),
            )
        };
        let folder = File::open(&self.path).map_err(failed)?;
        folder.lock().map_err(failed)?;
        Ok(LockedFolder { folder: self, _lock: folder })
    }

    /// Refuses an output that is one of the authority's own records, by its name or by what a link of it leads to.
    pub(super) fn refuse_as_output(&self, out: &Path) -> Result<(), Failure> {
        if !RECORDS.iter().any(|name| is_same_file(out, &self.path.join(name))) && !self.is_record_name(out) {
            return Ok(());
        }
        let message = format!("`{}` is one of the authority's own records", out.display());
        Err(Failure::failed("output-is-record", message)
            .hint("write to another folder; the records are kept there anyway"))
    }

    /// Whether this would be a record, were it there: not every authority has endorsements.
    fn is_record_name(&self, out: &Path) -> bool {
        let parent = out.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        RECORDS.iter().any(|name| out.file_name().is_some_and(|found| found == *name))
            && is_same_file(parent, &self.path)
    }
}

impl LockedFolder<'_> {
    /// What is signed from these records has the right serial as long as the lock is held.
    pub(super) fn records(&self) -> Result<Records, Failure> {
        self.folder.records()
    }

    pub(super) fn write_journal(&self, records: &Records, sealed: &Sealed) -> Result<(), StoreError> {
        cdi_store::replace(self.folder.path.join(JOURNAL), &records.journal().file_with(sealed), 0o644)
    }

    pub(super) fn write_whole_journal(&self, records: &Records) -> Result<(), StoreError> {
        cdi_store::replace(self.folder.path.join(JOURNAL), &records.journal().file(), 0o644)
    }

    pub(super) fn write_lists(&self, records: &Records, sealed: &Sealed) -> Result<(), StoreError> {
        cdi_store::replace(self.folder.path.join(LISTS), &records.lists().file_with(sealed), 0o644)
    }

    pub(super) fn write_countersigned(&self, line: &[u8]) -> Result<(), Failure> {
        let path = self.folder.path.join(COUNTERSIGNED);
        let known = files::present(&path)?.unwrap_or_default();
        Ok(cdi_store::replace(path, &[known.as_slice(), line, b"\n"].concat(), 0o644)?)
    }

    pub(super) fn write_lineage(&self, lineage: &Lineage) -> Result<(), StoreError> {
        cdi_store::replace(self.folder.path.join(LINEAGE), &lineage.file(), 0o644)
    }
}

/// Whether two names lead to one file or folder. Names that lead nowhere lead to no file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()));
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

fn read_settings(path: &Path) -> Result<Settings, Failure> {
    let file = path.join(SETTINGS);
    if !file.is_file() {
        let message = format!("`{}` is no authority's folder: it has no `{SETTINGS}`", path.display());
        return Err(Failure::failed("authority-missing", message)
            .hint("`cdi authority create DIR --name NAME` makes one"));
    }
    let text = files::text(&file)?;
    let damaged = |detail: &dyn std::fmt::Display| {
        Failure::failed("authority-folder-damaged", format!("`{}` cannot be used: {detail}", file.display()))
    };
    let strict = json::strict(text.as_bytes()).map_err(|error| damaged(&error))?;
    json::typed(strict).map_err(|error| damaged(&error))
}
