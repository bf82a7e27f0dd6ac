//! Which programs run now by whose decisions: one record a process, in a folder beside the memory. A record is bookkeeping
//! for whoever asks what a revocation would cost, and what of it would be let in again; it lets nothing in.
//!
//! The record appears whole before the program begins and goes when it ends. Whoever is killed leaves it; who looks next
//! knows that the process is gone, and sweeps it away.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use cdi_types::json::{strict, typed};
use cdi_types::{ArtifactDigest, Name, Timestamp};
use rustix::fs::{FlockOperation, fcntl_lock};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::error::{said, shown};
use crate::folder::make_own_folder;
use crate::process::{Life, Process};
use crate::read::read_unlinked;
use crate::write::write_new;

/// The form of a record.
const FORM: &str = "https://code-deployment-integrity.io/running/v3";
/// Bytes of a record: the evidence about one artifact. More is not kept, and not read.
const BYTES: usize = 64 << 20;
const SUFFIX: &str = ".json";

/// A program that runs, and what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Running {
    form: String,
    /// The time of the decision.
    pub since: Timestamp,
    /// What runs.
    pub artifact: ArtifactDigest,
    /// The workload that it is, if it was deployed as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<Name>,
    /// The file that it was read from, as text.
    pub path: String,
    /// The configuration by which it was decided, as text.
    pub configuration: String,
    /// The environment that it runs in.
    pub environment: String,
    /// The directories that it was given, with how.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directories: Vec<GrantedDirectory>,
    /// The program's arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// The names of the variables that it was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<String>,
    /// What it may use up.
    pub limits: GrantedLimits,
    /// Who had to agree besides those whom the configuration requires.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<Name>,
    /// The files of evidence, as text: what is added to them counts when it is decided about again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bundles: Vec<String>,
    /// The lines of evidence that concern it.
    pub evidence: Vec<String>,
}

/// A directory that a program was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantedDirectory {
    /// Its name.
    pub name: Name,
    /// Whether it can be written to.
    pub write: bool,
}

/// What a program may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantedLimits {
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Wall-clock time, in seconds.
    pub time_seconds: u64,
}

impl Running {
    /// A program that is about to run.
    #[must_use]
    pub fn of(artifact: ArtifactDigest, since: Timestamp) -> Self {
        Self {
            form: FORM.to_owned(),
            since,
            artifact,
            workload: None,
            path: String::new(),
            configuration: String::new(),
            environment: String::new(),
            directories: Vec::new(),
            arguments: Vec::new(),
            variables: Vec::new(),
            limits: GrantedLimits { memory_bytes: 0, time_seconds: 0 },
            principals: Vec::new(),
            bundles: Vec::new(),
            evidence: Vec::new(),
        }
    }
}

/// The folder of the records, one for each user or host.
#[derive(Debug, Clone)]
pub struct RunningFolder(PathBuf);

/// A record that is kept.
#[derive(Debug)]
#[must_use]
pub struct Kept {
    path: PathBuf,
    /// Locked as long as the program runs: by that the kernel tells whose process the record is (rule J-STOP).
    _locked: Option<File>,
}

/// What the folder has.
#[derive(Debug, Default)]
pub struct FoundRunning {
    /// The programs that run, by their process.
    pub running: Vec<(Process, Running)>,
    /// Records that could not be read, and those of other namespaces, of which nobody here can tell whether they run.
    pub unread: Vec<StoreError>,
}

impl RunningFolder {
    /// The folder beside that of the memory, which is the memory's own.
    #[must_use]
    pub fn beside(memory: &Path) -> Option<Self> {
        let mut name = memory.file_name()?.to_owned();
        name.push("-running");
        Some(Self(memory.with_file_name(name)))
    }

    /// Keeps the record of this process, which is about to run a program. Nobody else's is touched, but for those of
    /// processes that are gone.
    ///
    /// # Errors
    /// What keeps it from being written. The program can run all the same.
    pub fn keep(&self, running: &Running) -> Result<Kept, StoreError> {
        let process = Process::this()?;
        let path = self.file(&process);
        let mut bytes = serde_json::to_vec(running).map_err(|error| damaged(&path, &error))?;
        bytes.push(b'\n');
        if bytes.len() > BYTES {
            return Err(damaged(&path, &format!("it would have more than {BYTES} bytes")));
        }
        make_own_folder(&self.0)?;
        self.sweep()?;
        // One process runs one program: what is there under this name is not of this process.
        let _ = fs::remove_file(&path);
        write_new(&path, &bytes, 0o600)?;
        Ok(Kept { _locked: locked(&path), path })
    }

    /// The programs that run. The records of those that have ended are swept away.
    ///
    /// # Errors
    /// What keeps the folder from being looked into. That it is not there means that nothing runs.
    pub fn read(&self) -> Result<FoundRunning, StoreError> {
        let mut found = FoundRunning::default();
        for (path, process) in self.records()? {
            let Some(process) = process else {
                found.unread.push(damaged(&path, &"its name is none of a record"));
                continue;
            };
            match process.life() {
                Ok(Life::Ended) => drop(fs::remove_file(&path)),
                Ok(Life::Elsewhere) => found.unread.push(StoreError::RunningElsewhere { path: shown(&path) }),
                Ok(Life::Runs) => match record(&path) {
                    Ok(running) => found.running.push((process, running)),
                    // It ended while it was looked at.
                    Err(StoreError::Missing { .. }) => {}
                    Err(error) => found.unread.push(error),
                },
                Err(error) => found.unread.push(error),
            }
        }
        found.running.sort_by_key(|(process, _)| process.pid());
        Ok(found)
    }

    /// The folder; it need not be there.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The file of the record of a process.
    pub(crate) fn file(&self, process: &Process) -> PathBuf {
        self.0.join(process.name() + SUFFIX)
    }

    /// Removes the records of processes that are gone. Failing to is nobody's harm: the next one tries again.
    fn sweep(&self) -> Result<(), StoreError> {
        for (path, process) in self.records()? {
            if process.is_some_and(|process| matches!(process.life(), Ok(Life::Ended))) {
                drop(fs::remove_file(&path));
            }
        }
        Ok(())
    }

    /// The files that may be records, each with the process that its name means. Hidden files are drafts of writers.
    fn records(&self) -> Result<Vec<(PathBuf, Option<Process>)>, StoreError> {
        let failed = |source| StoreError::of("look into", &self.0, source);
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(failed)?,
        };
        let mut records = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                records.push((entry.path(), name.strip_suffix(SUFFIX).and_then(Process::named)));
            }
        }
        Ok(records)
    }
}

impl Kept {
    /// Takes the record away: the program has ended.
    ///
    /// # Errors
    /// What keeps the file from being removed. Whoever looks next sees that the process is gone.
    pub fn end(self) -> Result<(), StoreError> {
        fs::remove_file(&self.path).map_err(|source| StoreError::of("remove", &self.path, source))
    }
}

/// A lock of this process, not of a descriptor, so that a child has no part in it. Where there are none the program runs all
/// the same, and nobody stops it by its record.
fn locked(path: &Path) -> Option<File> {
    let file = File::options().read(true).write(true).open(path).ok()?;
    fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
    Some(file)
}

fn record(path: &Path) -> Result<Running, StoreError> {
    let (bytes, _) = read_unlinked(path, BYTES)?;
    if bytes.len() > BYTES {
        return Err(damaged(path, &format!("it has more than {BYTES} bytes")));
    }
    let text = strict(&bytes).map_err(|error| damaged(path, &said(&error)))?;
    let running: Running = typed(text).map_err(|error| damaged(path, &said(&error)))?;
    if running.form != FORM {
        return Err(damaged(path, &format!("its form is `{}`", running.form.escape_debug())));
    }
    match running.evidence.iter().any(|line| line.contains('\n') || line.trim().is_empty()) {
        true => Err(damaged(path, &"a line of its evidence is not one line")),
        false => Ok(running),
    }
}

fn damaged(path: &Path, detail: &dyn std::fmt::Display) -> StoreError {
    StoreError::RunningDamaged { path: shown(path), detail: detail.to_string() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn folder() -> (tempfile::TempDir, RunningFolder) {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunningFolder::beside(&parent.path().join("cdi")).unwrap();
        (parent, folder)
    }

    fn running() -> Running {
        let running = Running::of(ArtifactDigest::of(b"app"), Timestamp::from_unix(7));
        Running { evidence: vec!["{}".to_owned()], ..running }
    }

    #[test]
    fn a_record_is_there_while_its_process_runs() {
        let (_parent, folder) = folder();
        assert!(folder.read().unwrap().running.is_empty());
        let kept = folder.keep(&running()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder.0), mode(&kept.path)), (0o700, 0o600));
        let found = folder.read().unwrap();
        assert_eq!(found.running, [(Process::this().unwrap(), running())]);
        assert!(found.unread.is_empty());
        kept.end().unwrap();
        assert!(folder.read().unwrap().running.is_empty());
    }

    #[test]
    fn what_a_killed_process_left_is_swept_away() {
        let (_parent, folder) = folder();
        let kept = folder.keep(&running()).unwrap();
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let start = stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().to_owned();
        let name = kept.path.file_name().unwrap().to_str().unwrap().to_owned();
        let parts: Vec<&str> = name.split('-').collect();
        let left = folder.0.join(format!("{}-{}-{}-{start}.json", parts[0], parts[1], child.id()));
        fs::copy(&kept.path, &left).unwrap();
        assert_eq!(folder.read().unwrap().running.len(), 2);
        child.kill().unwrap();
        // It is dead and not waited for, and then gone.
        while folder.read().unwrap().running.len() == 2 {}
        child.wait().unwrap();
        assert_eq!(folder.read().unwrap().running.len(), 1);
        assert!(!left.exists() && kept.path.exists());
        fs::copy(&kept.path, &left).unwrap();
        kept.end().unwrap();
        folder.keep(&running()).unwrap().end().unwrap();
        assert!(!left.exists(), "who begins sweeps too");
    }

    #[test]
    fn a_record_that_is_none_is_told_and_hides_no_other() {
        let (_parent, folder) = folder();
        let kept = folder.keep(&running()).unwrap();
        let sound = fs::read_to_string(&kept.path).unwrap();
        let told = || {
            let found = folder.read().unwrap();
            assert!(found.running.is_empty());
            found.unread.iter().map(StoreError::code).collect::<Vec<_>>()
        };
        for text in
            ["", "{", "[]", &sound.replace("running/v3", "running/v2"), &sound.replace("\"{}\"", "\"a\\nb\"")]
        {
            fs::write(&kept.path, text).unwrap();
            assert_eq!(told(), ["running-damaged"], "{text}");
        }
        let elsewhere = folder.0.join(".elsewhere");
        fs::write(&elsewhere, &sound).unwrap();
        fs::remove_file(&kept.path).unwrap();
        symlink(&elsewhere, &kept.path).unwrap();
        assert_eq!(told(), ["file-is-link"]);
        fs::remove_file(&kept.path).unwrap();
        let huge = fs::File::create(&kept.path).unwrap();
        huge.set_len(BYTES as u64 + 1).unwrap();
        assert_eq!(told(), ["running-damaged"]);
        fs::remove_file(&kept.path).unwrap();
        fs::create_dir(&kept.path).unwrap();
        assert_eq!(told(), ["file-is-folder"]);
        fs::remove_dir(&kept.path).unwrap();
        fs::write(folder.0.join("notes.txt"), "").unwrap();
        assert_eq!(told(), ["running-damaged"]);
        fs::remove_file(folder.0.join("notes.txt")).unwrap();
        let name = kept.path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut parts: Vec<&str> = name.split('-').collect();
        parts[1] = "1";
        fs::write(folder.0.join(parts.join("-")), &sound).unwrap();
        assert_eq!(told(), ["running-elsewhere"]);
    }
}
