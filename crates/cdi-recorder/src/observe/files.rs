//! The files that took part in a run, each measured once.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd as _};
use std::path::Path;
use std::sync::Arc;

use cdi_sys::Pid;
use cdi_types::{FileDigest, Libraries, MeasuredFile, MeasuredTool, RecordedPath};
use rustix::fs::{OFlags, fstat};

use super::image;
use super::mappings::{self, Mapping};
use crate::digests::Digests;
use crate::file::{self, Measured, Stamp};
use crate::links::Way;
use crate::procfs::Proc;
use crate::writers::{self, Watch};
use crate::{FileFault, FileRole, RecordError, filesystem};

/// Digests of files, remembered for as long as their stamps stay the same.
#[derive(Debug, Default)]
pub(crate) struct Files {
    known: Arc<Digests>,
}

impl Files {
    /// Measures an open file that the kernel lets nobody write to, or remembers it.
    fn measure(&mut self, file: &File) -> Result<Measured, FileFault> {
        let lasting = filesystem::tells_of_stores(file)?;
        self.recall(file, lasting)
    }

    /// Whether a file that is still like this need not be read again.
    fn remembers(&self, measured: &Measured) -> bool {
        self.known.recall(&measured.stamp) == Some(measured.digest)
    }

    /// As [`Self::measure`], of a file that anybody may write to.
    fn watch(&mut self, file: File) -> Result<(Measured, Opened), FileFault> {
        let measure = |watch| match watch {
            // Whoever writes to it ends the lease, and with that the run.
            Watch::Leased => self.recall(&file, true),
            Watch::Timed => self.measure(&file),
        };
        let (measured, watch) = file::measure_watched(&file, measure)?;
        Ok((measured, Opened { file: Some((file, watch)), way: None }))
    }

    /// Measures a file, or remembers it. What is not `lasting` is measured each time: its stamp does not tell all.
    fn recall(&mut self, file: &File, lasting: bool) -> Result<Measured, FileFault> {
        let stamp = Stamp::of(&file.metadata().map_err(file::fault)?);
        if let Some(digest) = self.known.recall(&stamp).filter(|_| lasting) {
            return Ok(Measured { digest, stamp, settled: true });
        }
        let measured = file::measure_for_use(file)?;
        if lasting {
            self.known.remember(&measured, file);
        }
        Ok(measured)
    }

    /// Measures the file behind a mapping, or says why it cannot be.
    pub(crate) fn mapped(&mut self, mapping: &Mapping) -> Result<(RecordedPath, Measured, Opened), String> {
        let failed = |fault: &dyn std::fmt::Display| format!("the library `{}` {fault}", mapping.path);
        let file = mapping.open().map_err(|fault| failed(&fault))?;
        let path = path_of(&file).map_err(|error| failed(&error))?;
        let (measured, opened) = self.watch(file).map_err(|fault| failed(&fault))?;
        Ok((path, measured, opened))
    }
}

/// The path by which the kernel knows an open file; of a removed file, the one that it had.
pub(crate) fn path_of(file: impl AsFd) -> Result<RecordedPath, RecordError> {
    let link = Path::new("fd").join(file.as_fd().as_raw_fd().to_string());
    let removed = fstat(file).is_ok_and(|stat| stat.st_nlink == 0);
    let link = Proc::of_the_kernel().and_then(|proc| proc.link(rustix::process::getpid(), link));
    let link = link.map_err(RecordError::TraceLost)?;
    let path = link
        .to_str()
        .ok_or_else(|| RecordError::NotUnicode { what: format!("the path `{}`", link.display()) })?;
    let shown = path.strip_suffix(" (deleted)").filter(|_| removed).unwrap_or(path);
    Ok(RecordedPath::parse(shown)?)
}

/// A file that took part.
#[derive(Debug)]
struct Entry {
    file: MeasuredFile,
    measured: Measured,
    opened: Opened,
}

/// How a file that took part was got hold of.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    /// The file itself, kept open if it can be written to while it takes part, with what tells of that: the kernel locks
    /// running executables only. A library is mapped by descriptor, so that what has its name later is none of the run's.
    file: Option<(File, Watch)>,
    /// The name of a script: its interpreter opens it by that, once it runs.
    way: Option<Way>,
}

/// What is written down during a run.
#[derive(Debug, Default)]
pub(crate) struct Log {
    files: Files,
    executables: Vec<Entry>,
    libraries: Vec<Entry>,
    notes: Vec<String>,
}

impl Log {
    pub(crate) fn new(digests: Arc<Digests>) -> Self {
        Self { files: Files { known: digests }, ..Self::default() }
    }

    /// A process executes another program: writes down what the kernel loaded, and the script that it loaded it for; tells
    /// the first.
    pub(crate) fn executed(&mut self, pid: Pid) -> Result<MeasuredFile, RecordError> {
        let (path, loaded) = self.executable(pid)?;
        let executable = MeasuredFile { path: path.clone(), sha256: FileDigest::new(loaded.digest) };
        add(&mut self.executables, path, loaded, Opened::default());
        for script in image::scripts(pid, &loaded.stamp)? {
            let path = path_of(&script.file)?;
            let failed = |fault| RecordError::file(FileRole::Executable, path.as_str(), fault);
            let (measured, opened) = self.files.watch(script.file).map_err(failed)?;
            add(&mut self.executables, path, measured, Opened { way: script.way, ..opened });
        }
        if image::reading_executes(pid) {
            self.unmeasured("all readable memory of the tool is executable");
        }
        if self.notes.is_empty() {
            let mapped = mappings::of(pid).map_err(|error| error.to_string()).and_then(|mappings| {
                let libraries = mappings.iter().filter(|mapping| mapping.is_executable_file());
                libraries.into_iter().try_for_each(|mapping| self.library(&loaded.stamp, mapping))
            });
            self.note(mapped);
        }
        Ok(executable)
    }

    /// Measures what the kernel loaded. One that this run has executed before, and whose stamp tells of each change since,
    /// is not opened again.
    fn executable(&mut self, pid: Pid) -> Result<(RecordedPath, Measured), RecordError> {
        let (stamp, path) = image::loaded(pid)?;
        let same = |entry: &&Entry| entry.measured.stamp == stamp && entry.file.path == path;
        if let Some(before) = self.executables.iter().find(same)
            && self.files.remembers(&before.measured)
        {
            return Ok((path, before.measured));
        }
        let file = image::executable(pid)?;
        let failed = |fault| RecordError::file(FileRole::Executable, path.as_str(), fault);
        let measured = self.files.measure(&file).map_err(failed)?;
        Ok((path, measured))
    }

    /// A library that the kernel has mapped by itself: the ELF interpreter.
    fn library(&mut self, executable: &Stamp, mapping: &Mapping) -> Result<(), String> {
        if mapping.is_of(executable) {
            return Ok(());
        }
        let watched = |entry: &Entry| {
            mapping.is_of(&entry.measured.stamp)
                && mapping.path == entry.file.path.as_str()
                && entry.opened.file.is_some()
        };
        if self.libraries.iter().any(watched) {
            return Ok(());
        }
        let (path, measured, opened) = self.files.mapped(mapping)?;
        add(&mut self.libraries, path, measured, opened);
        Ok(())
    }

    /// A process is about to map a file, executable.
    pub(super) fn mapped(&mut self, pid: Pid, descriptor: i32) {
        let link = format!("fd/{descriptor}");
        let opened = Proc::of_the_kernel().and_then(|proc| {
            let found = proc.follow(pid, &link, OFlags::PATH)?;
            if self.is_watched(&found) { Ok(None) } else { proc.follow(pid, &link, file::READ).map(Some) }
        });
        let file = match opened.map_err(file::fault) {
            Ok(None) => return,
            Ok(Some(file)) => Ok(file),
            Err(fault) => Err(fault),
        };
        let measured = file.and_then(file::regular).and_then(|file| {
            let path = path_of(&file);
            Ok((path, self.files.watch(file)?))
        });
        let added = match measured {
            // The call will fail: no such descriptor.
            Err(FileFault::Missing) => Ok(()),
            Err(fault) => Err(format!("a library {fault}")),
            Ok((path, (measured, opened))) => path
                .map(|path| add(&mut self.libraries, path, measured, opened))
                .map_err(|error| format!("a library: {error}")),
        };
        self.note(added);
    }

    /// Whether an open file is a library that is written down by the same name, and kept open: a write since then shows when
    /// the run is over.
    fn is_watched(&self, file: impl AsFd) -> bool {
        let Ok(stat) = fstat(&file) else { return false };
        let stamp = Stamp::told(&stat);
        let same = |entry: &&Entry| entry.measured.stamp.is_same_file(&stamp) && entry.opened.file.is_some();
        let Some(known) = self.libraries.iter().find(same) else { return false };
        path_of(file).is_ok_and(|path| path == known.file.path)
    }

    /// A process is about to make memory executable: what of it is of a file counts as a library.
    pub(super) fn protected(&mut self, pid: Pid, start: u64, length: u64) {
        let stamp = image::loaded(pid).ok().map(|(stamp, _)| stamp);
        let added = mappings::of(pid).map_err(|error| error.to_string()).and_then(|mappings| {
            let touched =
                mappings.iter().filter(|mapping| mapping.is_file() && mapping.overlaps(start, length));
            touched.filter(|mapping| !stamp.is_some_and(|stamp| mapping.is_of(&stamp))).try_for_each(
                |mapping| {
                    let (path, measured, opened) = self.files.mapped(mapping)?;
                    add(&mut self.libraries, path, measured, opened);
                    Ok(())
                },
            )
        });
        self.note(added);
    }

    fn note(&mut self, outcome: Result<(), String>) {
        if let Err(why) = outcome {
            self.unmeasured(&why);
        }
    }

    /// Gives up on libraries: from here on not all of them are known.
    pub(crate) fn unmeasured(&mut self, why: &str) {
        let note = format!("libraries are not measured: {why}");
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The tool as it ran, once nothing of it runs any more, with the libraries that others saw.
    pub(crate) fn conclude(
        self,
        mapped: Vec<MeasuredFile>,
    ) -> Result<(MeasuredTool, Vec<String>), RecordError> {
        let measured = self.notes.is_empty();
        for entry in self.executables.iter().chain(self.libraries.iter().filter(|_| measured)) {
            if entry.was_changed() {
                let path = entry.file.path.as_str();
                return Err(RecordError::file(FileRole::Executable, path, FileFault::Changed));
            }
        }
        let executables = told(self.executables);
        let mut libraries = told(self.libraries);
        mapped.into_iter().for_each(|file| {
            if !libraries.contains(&file) {
                libraries.push(file);
            }
        });
        libraries.retain(|library| executables.iter().all(|ran| ran.sha256 != library.sha256));
        let libraries = if measured { Libraries::Measured(libraries) } else { Libraries::Unmeasured };
        Ok((MeasuredTool { executables, libraries }, self.notes))
    }
}

impl Entry {
    /// Whether the run may have used other bytes than were measured: the file, wherever it is by now, has been written
    /// to, or the name of a script no longer leads to it.
    fn was_changed(&self) -> bool {
        let Opened { file, way } = &self.opened;
        file.as_ref().is_some_and(|(file, watch)| self.is_other(file, *watch).unwrap_or(true))
            || way.as_ref().is_some_and(|way| !way.leads_to(&self.measured.stamp))
    }

    fn is_other(&self, file: &File, watch: Watch) -> Result<bool, FileFault> {
        let (then, now) = (&self.measured, Stamp::of(&file.metadata().map_err(file::fault)?));
        let traced = now == then.stamp && then.settled;
        if writers::hidden(file, watch, traced)? {
            return Ok(true);
        }
        if traced {
            return Ok(false);
        }
        // Renaming and removing change only the time of change; so does a write whose traces were wiped away, but that
        // has ended a lease, and has no cause which a look at the name shows.
        let stays = std::fs::metadata(self.file.path.as_str())
            .is_ok_and(|metadata| Stamp::of(&metadata).is_same_file(&now));
        if now != then.stamp && (stays || !now.is_content_of(&then.stamp)) {
            return Ok(true);
        }
        Ok(file::measure(file)?.digest != then.digest)
    }
}

/// The files as a report tells them, each once.
fn told(entries: Vec<Entry>) -> Vec<MeasuredFile> {
    let mut files = Vec::new();
    for entry in entries {
        if !files.contains(&entry.file) {
            files.push(entry.file);
        }
    }
    files
}

fn add(entries: &mut Vec<Entry>, path: RecordedPath, measured: Measured, opened: Opened) {
    let file = MeasuredFile { path, sha256: FileDigest::new(measured.digest) };
    // Two files may have the same path, one after the other, and the same bytes: each may be written to.
    // One script may have several names.
    let same = |entry: &Entry| {
        entry.file == file
            && entry.measured.stamp.is_same_file(&measured.stamp)
            && entry.opened.way == opened.way
    };
    if !entries.iter().any(same) {
        entries.push(Entry { file, measured, opened });
    }
}
