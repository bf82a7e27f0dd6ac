//! What a host remembers from one decision to the next: the newest revocation lists that it has seen, and when it last
//! decided; and beside it on which reports it has relied. A list is kept as the line that its authority signed, and is verified again whenever it is used: whoever
//! changes the file can take lists away, and cannot make one.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use cdi_types::json::{strict, typed};
use cdi_types::{KeyId, Name, PolicyDigest, Sha256, StatementId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::append::lock;
use crate::checks::ChecksFolder;
use crate::error::{said, shown};
use crate::folder::open_to_others;
use crate::read::read_unlinked;
use crate::sightings::{Sightings, see};
use crate::write::{foresee_new, replace, write_new};

/// The form of the file.
const FORM: &str = "https://code-deployment-integrity.io/memory/v1";
/// Bytes of a memory: the newest lists of thousands of authorities.
const BYTES: usize = 64 << 20;
const FILE: &str = "memory.json";
/// The reports that were relied on.
const SIGHTINGS: &str = "sightings";
/// The folder of what was checked.
const CHECKS: &str = "checks";
/// That a memory has begun in a folder, by which one that was emptied is told from one that was made for it.
const BEGUN: &str = "begun";
/// What a memory is called that was given up.
const GIVEN_UP: &str = "memory-given-up";

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Memory {
    form: String,
    /// The time of the last decision, by the host's clock.
    pub last_decision: Timestamp,
    /// The lines of revocation lists.
    pub lists: Vec<String>,
    /// The newest edition of each policy that was decided by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub editions: Vec<RememberedEdition>,
    /// The newest report of each node that was placed by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<RememberedNode>,
    /// The SHA-256 of all of this but itself, by which a byte that a disk has lost is noticed. It is no signature: whoever changes
    /// the file can make it anew. Memories of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// The newest report of a node that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RememberedNode {
    /// The node's key.
    pub key: KeyId,
    /// The report's serial.
    pub serial: u64,
    /// Its id; none if two of this serial said different things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<StatementId>,
}

/// An edition of a policy that was decided by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RememberedEdition {
    /// Whose policy it is.
    pub principal: Name,
    /// The policy key.
    pub key: KeyId,
    /// The version.
    pub version: u64,
    /// The digest of the document.
    pub document: PolicyDigest,
}

impl Memory {
    /// A memory of one decision.
    #[must_use]
    pub fn of(last_decision: Timestamp, lists: Vec<String>) -> Self {
        let form = FORM.to_owned();
        Self { form, last_decision, lists, editions: Vec::new(), nodes: Vec::new(), sha256: None }
    }

    /// With the digest of all of it.
    fn summed(mut self) -> serde_json::Result<Self> {
        self.sha256 = None;
        self.sha256 = Some(Sha256::of(&serde_json::to_vec(&self)?).to_string());
        Ok(self)
    }

    /// Without the digest, if it is that of the rest.
    fn whole(mut self) -> serde_json::Result<Option<Self>> {
        let Some(told) = self.sha256.take() else { return Ok(Some(self)) };
        let mut found = self.summed()?;
        let is_whole = found.sha256.take().is_some_and(|sum| sum == told);
        Ok(is_whole.then_some(found))
    }

    /// Takes an edition, unless a newer one of the same principal and key is remembered.
    pub fn take(&mut self, edition: RememberedEdition) {
        let same =
            |known: &&mut RememberedEdition| known.principal == edition.principal && known.key == edition.key;
        match self.editions.iter_mut().find(same) {
            Some(known) if known.version < edition.version => *known = edition,
            Some(_) => {}
            None => self.editions.push(edition),
        }
    }

    /// Takes a node's report, unless a newer one of it is remembered. One that contradicts what is remembered leaves none of its
    /// serial.
    pub fn take_node(&mut self, node: RememberedNode) {
        match self.nodes.iter_mut().find(|known| known.key == node.key) {
            Some(known) if known.serial < node.serial => *known = node,
            Some(known) if known.serial == node.serial && known.report != node.report => known.report = None,
            Some(_) => {}
            None => self.nodes.push(node),
        }
    }
}

/// The folder of a memory, one for each user or host.
#[derive(Debug, Clone)]
pub struct MemoryFolder(PathBuf);

impl MemoryFolder {
    /// The memory in this folder, which need not be there yet.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn file(&self) -> PathBuf {
        self.0.join(FILE)
    }

    /// What is remembered; `None` if the folder is not there or was made for this and is empty, because no decision was made
    /// here yet.
    ///
    /// # Errors
    /// [`StoreError::MemoryMissing`] for a folder that has something of a memory and not its file: something was forgotten.
    /// [`StoreError::MemoryForeign`] for what never was one. [`StoreError::MemoryDamaged`] for
    /// a file that is no memory. Otherwise what keeps the file from being read.
    pub fn read(&self) -> Result<Option<Memory>, StoreError> {
        let path = self.file();
        let missing = || StoreError::MemoryMissing { path: shown(&path) };
        let damaged = |detail: String| StoreError::MemoryDamaged { path: shown(&path), detail };
        let read = || read_unlinked(&path, BYTES);
        let bytes = match read() {
            Err(StoreError::Missing { .. }) if self.0.symlink_metadata().is_err() => return Ok(None),
            // The folder may have appeared since, with its file in it: another process has begun.
            Err(StoreError::Missing { .. }) => match read() {
                Err(StoreError::Missing { .. }) => {
                    return if self.is_fresh()? { Ok(None) } else { Err(missing()) };
                }
                other => other?.0,
            },
            other => other?.0,
        };
        if bytes.len() > BYTES {
            return Err(damaged(format!("it has more than {} bytes", BYTES)));
        }
        let text = strict(&bytes).map_err(|error| damaged(said(&error)))?;
        let memory: Memory = typed(text).map_err(|error| damaged(said(&error)))?;
        if memory.form != FORM {
            return Err(damaged(format!("its form is `{}`", memory.form.escape_debug())));
        }
        if memory.lists.iter().any(|line| line.contains('\n') || line.trim().is_empty()) {
            return Err(damaged("a list is not one line".to_owned()));
        }
        let whole = memory.whole().map_err(|error| damaged(error.to_string()))?;
        whole.map(Some).ok_or_else(|| damaged("it is not as it was written".to_owned()))
    }

    /// What was checked before, beside a memory that is there; without one nothing is kept.
    #[must_use]
    pub fn checks(&self) -> Option<ChecksFolder> {
        let is_there = !self.0.as_os_str().is_empty() && self.file().is_file();
        is_there.then(|| ChecksFolder::at(self.0.join(CHECKS)))
    }

    /// On which reports this host has relied: nothing yet if no file tells of it.
    ///
    /// # Errors
    /// [`StoreError::MemoryDamaged`] for a file that is none, that is another user's or that others may write. Otherwise what
    /// keeps the file from being opened.
    pub fn sightings(&self) -> Result<Sightings, StoreError> {
        Sightings::open(self.0.join(SIGHTINGS))
    }

    /// Remembers that a decision of this time relied on these reports; of those that were relied on before, the time stays as it
    /// is. How many there was no place for: nothing is forgotten for them. The folder must be there.
    ///
    /// # Errors
    /// As [`Self::sightings`], and what keeps the file from being written. What was remembered stays.
    pub fn see(&self, reports: &BTreeSet<StatementId>, at: Timestamp) -> Result<usize, StoreError> {
        let _lock = lock(&self.0)?;
        see(&self.0.join(SIGHTINGS), reports, at)
    }

    /// Puts what `change` makes of the memory in its place; nothing if it makes nothing. Other processes wait.
    ///
    /// # Errors
    /// As [`Self::read`], and what keeps the file from being written; it is then as it was.
    pub fn update(&self, change: impl FnOnce(Option<Memory>) -> Option<Memory>) -> Result<(), StoreError> {
        if self.0.symlink_metadata().is_err() {
            let Some(first) = change(None) else { return Ok(()) };
            return self.begin(&first);
        }
        let _lock = lock(&self.0)?;
        let Some(memory) = change(self.read()?) else { return Ok(()) };
        let bytes = self.bytes(&memory)?;
        match write_new(self.0.join(BEGUN), b"", 0o600) {
            Ok(()) | Err(StoreError::Exists { .. }) => replace(self.file(), &bytes, 0o600),
            Err(error) => Err(error),
        }
    }

    /// Makes the folder with its file in it, both at once: a folder without the file would look like something forgotten.
    fn begin(&self, memory: &Memory) -> Result<(), StoreError> {
        let failed = |source| StoreError::of("create", &self.0, source);
        let parent =
            self.0.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(failed)?;
        let draft = tempfile::Builder::new().prefix(".memory").tempdir_in(parent).map_err(failed)?;
        write_new(draft.path().join(FILE), &self.bytes(memory)?, 0o600)?;
        write_new(draft.path().join(BEGUN), b"", 0o600)?;
        match fs::rename(draft.path(), &self.0) {
            Ok(()) => {
                // Its name is another's now.
                let _ = draft.keep();
                Ok(())
            }
            // Another process began meanwhile: what it remembers is as good a beginning.
            Err(_) if self.file().exists() => Ok(()),
            Err(source) => Err(failed(source)),
        }
    }

    /// Begins anew: what was remembered is kept beside, under a name that nothing reads, and that is given back. `None` if
    /// nothing was.
    ///
    /// # Errors
    /// [`StoreError::MemoryForeign`] for anything but a folder that has, sound or damaged or not at all, the files of a memory
    /// and nothing else: it is left where it is. What keeps the folder from being moved.
    pub fn give_up(&self) -> Result<Option<PathBuf>, StoreError> {
        if self.0.symlink_metadata().is_err() {
            return Ok(None);
        }
        self.is_ours()?;
        let free = (0_u32..).map(|n| self.0.with_file_name(format!("{GIVEN_UP}-{n}")));
        let Some(kept) = free.into_iter().find(|path| foresee_new(path).is_ok()) else { return Ok(None) };
        fs::rename(&self.0, &kept).map_err(|source| StoreError::of("rename", &self.0, source))?;
        Ok(Some(kept))
    }

    /// Whether nothing is in the folder yet, which somebody has made for this: a service manager, say.
    ///
    /// # Errors
    /// [`StoreError::MemoryForeign`]: it is another's, others can write to it, or something is in it that no memory has.
    fn is_fresh(&self) -> Result<bool, StoreError> {
        self.is_ours()?;
        let failed = |source| StoreError::of("list", &self.0, source);
        if fs::read_dir(&self.0).map_err(failed)?.next().is_some() {
            return Ok(false);
        }
        let foreign = |detail| StoreError::MemoryForeign { path: shown(&self.0), detail };
        open_to_others(&self.0)?.map_or(Ok(true), |detail| Err(foreign(detail)))
    }

    /// That nothing stands in the folder which no memory has.
    fn is_ours(&self) -> Result<(), StoreError> {
        let foreign = |detail: String| StoreError::MemoryForeign { path: shown(&self.0), detail };
        if !self.0.is_dir() {
            return Err(foreign("it is no folder".to_owned()));
        }
        let failed = |source| StoreError::of("list", &self.0, source);
        for entry in fs::read_dir(&self.0).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (name, kind) = (entry.file_name(), entry.file_type().map_err(failed)?);
            if name == CHECKS && kind.is_dir() {
                match ChecksFolder::at(entry.path()).stranger()? {
                    Some(stranger) => return Err(foreign(format!("`{stranger}` is in it"))),
                    None => continue,
                }
            }
            // A process that was killed while it wrote leaves a hidden draft.
            let is_draft =
                name.as_encoded_bytes().starts_with(b".") && name.as_encoded_bytes().ends_with(b".tmp");
            if kind.is_dir() || !(name == FILE || name == SIGHTINGS || name == BEGUN || is_draft) {
                return Err(foreign(format!("`{}` is in it", shown(Path::new(&name)))));
            }
        }
        Ok(())
    }

    fn bytes(&self, memory: &Memory) -> Result<Vec<u8>, StoreError> {
        let unwritable = |error: serde_json::Error| StoreError::MemoryDamaged {
            path: shown(&self.file()),
            detail: error.to_string(),
        };
        let summed = memory.clone().summed().map_err(unwritable)?;
        let mut bytes = serde_json::to_vec_pretty(&summed).map_err(unwritable)?;
        bytes.push(b'\n');
        // What could not be read again is not written: the memory stays as it was.
        let full = || StoreError::MemoryFull { path: shown(&self.file()), limit: BYTES };
        if bytes.len() > BYTES { Err(full()) } else { Ok(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(at: u64, lists: &[&str]) -> Memory {
        Memory::of(Timestamp::from_unix(at), lists.iter().map(|&line| line.to_owned()).collect())
    }

    #[test]
    fn what_is_remembered_is_read_back() {
        let parent = tempfile::tempdir().unwrap();
        let folder = MemoryFolder::at(parent.path().join("state/memory"));
        assert_eq!(folder.read().unwrap(), None);
        folder.update(|before| before.is_none().then(|| memory(1, &[]))).unwrap();
        folder
            .update(|before| {
                assert_eq!(before, Some(memory(1, &[])));
                Some(memory(2, &["{}"]))
            })
            .unwrap();
        folder.update(|_| None).unwrap();
        assert_eq!(folder.read().unwrap(), Some(memory(2, &["{}"])));
        let inside: Vec<_> = fs::read_dir(parent.path().join("state")).unwrap().collect();
        assert_eq!(inside.len(), 1, "nothing is left beside it");
    }

    #[test]
    fn of_a_node_the_newest_report_is_remembered_and_of_two_that_contradict_neither() {
        let key = KeyId::of(b"a node's key");
        let node =
            |serial, report: &[u8]| RememberedNode { key, serial, report: Some(StatementId::of(report)) };
        let mut memory = memory(1, &[]);
        for (taken, expected) in [
            (node(2, b"two"), node(2, b"two")),
            (node(1, b"one"), node(2, b"two")),
            (node(3, b"three"), node(3, b"three")),
            (node(3, b"other"), RememberedNode { report: None, ..node(3, b"") }),
            (node(3, b"three"), RememberedNode { report: None, ..node(3, b"") }),
            (node(4, b"four"), node(4, b"four")),
        ] {
            memory.take_node(taken);
            assert_eq!(memory.nodes, [expected]);
        }
    }

    #[test]
    fn a_memory_that_is_gone_or_damaged_is_an_error_until_it_is_given_up() {
        let parent = tempfile::tempdir().unwrap();
        let folder = MemoryFolder::at(parent.path().join("memory"));
        folder.update(|_| Some(memory(1, &["{}"]))).unwrap();
        let sound = fs::read_to_string(folder.file()).unwrap();
        let code = |folder: &MemoryFolder| folder.read().unwrap_err().code();
        let mut damaged: Vec<String> =
            (0..sound.len()).step_by(7).map(|end| sound[..end].to_owned()).collect();
        damaged.push(sound.replace("memory/v1", "memory/v2"));
        damaged.push(sound.replace("\"{}\"", "\"a\\nb\""));
        damaged.push(sound.replace("\"lists\"", "\"list\""));
        damaged.push(sound.replace("1970", "197O"));
        damaged.push(sound.replace("\"lists\"", "\"\\u001b[2J\""));
        for text in damaged {
            fs::write(folder.file(), text).unwrap();
            assert_eq!(code(&folder), "memory-damaged");
            assert!(!folder.read().unwrap_err().to_string().contains(char::is_control));
            assert_eq!(folder.update(|_| Some(memory(3, &[]))).unwrap_err().code(), "memory-damaged");
        }
        fs::remove_file(folder.file()).unwrap();
        assert_eq!(code(&folder), "memory-missing");
        let kept = folder.give_up().unwrap().unwrap();
        assert!(kept.is_dir());
        assert_eq!(folder.read().unwrap(), None);
    }

    #[test]
    fn each_changed_byte_of_a_memory_is_noticed() {
        let parent = tempfile::tempdir().unwrap();
        let folder = MemoryFolder::at(parent.path().join("memory"));
        let written = memory(1, &["{\"payload\":\"bGlzdA==\"}", "{}"]);
        folder.update(|_| Some(written.clone())).unwrap();
        let sound = fs::read(folder.file()).unwrap();
        for place in 0..sound.len() {
            for bit in [1, 4, 32, 128] {
                let mut bytes = sound.clone();
                bytes[place] ^= bit;
                fs::write(folder.file(), &bytes).unwrap();
                match folder.read() {
                    Err(error) => assert_eq!(error.code(), "memory-damaged", "{place} {bit}"),
                    // White space between members says nothing.
                    Ok(read) => assert_eq!(read, Some(written.clone()), "{place} {bit}"),
                }
            }
        }
        // A memory of an earlier version has no sum.
        let mut earlier: serde_json::Value = serde_json::from_slice(&sound).unwrap();
        assert!(earlier.as_object_mut().unwrap().remove("sha256").is_some());
        fs::write(folder.file(), earlier.to_string()).unwrap();
        assert_eq!(folder.read().unwrap(), Some(written));
    }

    #[test]
    fn an_empty_folder_of_ones_own_is_a_beginning() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let folder = MemoryFolder::at(parent.path().join("memory"));
        let mode = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        fs::create_dir(folder.path()).unwrap();
        for open in [0o777, 0o1777, 0o702] {
            mode(open);
            let error = folder.read().unwrap_err();
            assert_eq!(error.code(), "memory-foreign", "{open:o}");
            assert!(error.to_string().contains("others can write to it"), "{error}");
        }
        for closed in [0o700, 0o755, 0o2770] {
            mode(closed);
            assert_eq!(folder.read().unwrap(), None, "{closed:o}");
        }
        if std::os::unix::fs::chown(folder.path(), Some(65534), None).is_ok() {
            assert_eq!(folder.read().unwrap_err().code(), "memory-foreign");
            std::os::unix::fs::chown(folder.path(), Some(0), None).unwrap();
        }
        folder.update(|before| before.is_none().then(|| memory(1, &[]))).unwrap();
        assert_eq!(folder.read().unwrap(), Some(memory(1, &[])));
        fs::remove_file(folder.file()).unwrap();
        assert_eq!(folder.read().unwrap_err().code(), "memory-missing", "it had begun");
    }

    #[test]
    fn what_is_no_memory_is_never_moved_away() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| MemoryFolder::at(parent.path().join(name));
        fs::write(parent.path().join("util.o"), "an artifact").unwrap();
        fs::create_dir_all(parent.path().join("precious/inner")).unwrap();
        fs::create_dir_all(parent.path().join("nested/memory.json")).unwrap();
        at("mixed").update(|_| Some(memory(1, &[]))).unwrap();
        fs::write(parent.path().join("mixed/letter.txt"), "dear").unwrap();
        for name in ["util.o", "precious", "nested", "mixed"] {
            assert_eq!(at(name).give_up().unwrap_err().code(), "memory-foreign", "{name}");
            assert!(name == "mixed" || at(name).read().is_err(), "{name}");
            assert!(parent.path().join(name).exists(), "{name}");
        }
        at("ours").update(|_| Some(memory(1, &[]))).unwrap();
        fs::write(parent.path().join("ours/.memory.jsonAbc.tmp"), "{").unwrap();
        assert!(at("ours").give_up().unwrap().is_some());
        assert_eq!(at("nothing").give_up().unwrap(), None);
    }

    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        let parent = tempfile::tempdir().unwrap();
        let folder = MemoryFolder::at(parent.path().join("memory"));
        folder.update(|_| Some(memory(1, &["{}"]))).unwrap();
        let long = "x".repeat(BYTES);
        assert_eq!(folder.update(|_| Some(memory(2, &[&long]))).unwrap_err().code(), "memory-full");
        assert_eq!(folder.read().unwrap(), Some(memory(1, &["{}"])));
    }

    #[test]
    fn a_link_in_the_place_of_the_file_is_rejected() {
        let parent = tempfile::tempdir().unwrap();
        let folder = MemoryFolder::at(parent.path().join("memory"));
        folder.update(|_| Some(memory(1, &[]))).unwrap();
        let elsewhere = parent.path().join("elsewhere");
        fs::rename(folder.file(), &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, folder.file()).unwrap();
        assert_eq!(folder.read().unwrap_err().code(), "file-is-link");
    }
}
