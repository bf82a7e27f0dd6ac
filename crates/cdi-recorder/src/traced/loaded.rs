//! Libraries: files that programs of the run made executable memory of.
//!
//! One that was there before is measured as what is read is. One that the run itself made or wrote to (a plug-in that a
//! build compiles and loads) is measured when a program makes executable memory of it, with writers excluded: what is loaded
//! is code that ran, whoever made it, as an executable is. Where the run writes to a library that is loaded, what ran is not
//! known any more, and libraries count as unmeasured.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

use cdi_types::{FileDigest, MeasuredFile};
use rustix::fs::{Stat, fstat};
use rustix::io::Errno;

use super::entry::{Entry, Origin};
use super::hasher::Version;
use super::ledger::{Access, Ledger};
use super::purpose::Purpose;
use super::resolve::Found;
use crate::file::{self, Stamp};
use crate::writers::{self, Watch};
use crate::{FileFault, FileRole, RecordError};

/// A file of the run's own as it was when a program made executable memory of it.
#[derive(Debug)]
pub(super) struct Loaded {
    entry: usize,
    whole: PathBuf,
    stamp: Stamp,
    settled: bool,
    version: Version,
    /// The file, kept open, and what tells of a write; none once the run has opened it to write, before which nobody had.
    watched: Option<(Arc<File>, Watch)>,
}

impl Loaded {
    /// Whether nobody has written to it, as far as that is told without reading it again.
    fn is_still(&self) -> bool {
        let Some((file, watch)) = &self.watched else { return false };
        let Ok(now) = file.metadata().map(|metadata| Stamp::of(&metadata)) else { return false };
        match watch {
            Watch::Leased if cdi_sys::lease_lasts(&**file) => now.is_of_its_length(&self.stamp),
            _ => now == self.stamp && matches!(writers::hidden(file, *watch, self.settled), Ok(false)),
        }
    }

    fn measured(&mut self) -> Result<MeasuredFile, RecordError> {
        let failed = |path: &std::path::Path, fault| {
            RecordError::file(FileRole::Executable, path.to_string_lossy(), fault)
        };
        let measured = self.version.measured().map_err(|fault| failed(&self.whole, fault))?;
        let settled = self.settled && measured.settled;
        let same = self.watched.as_ref().is_none_or(|(file, _)| {
            self.is_still() && (settled || file::measure(file).is_ok_and(|now| now.digest == measured.digest))
        });
        if !same {
            return Err(failed(&self.whole, FileFault::Changed));
        }
        Ok(MeasuredFile {
            path: super::conclude::whole(&self.whole)?,
            sha256: FileDigest::new(measured.digest),
        })
    }
}

impl Ledger {
    /// A program makes executable memory of a file that may be known; whether there is no more to do about it.
    pub(super) fn mapped_again(&mut self, stat: &Stat, by: usize) -> bool {
        if self.purpose == Purpose::Build {
            return true;
        }
        let Some(index) = self.index(stat) else { return false };
        let is_loaded = self.loaded.iter().any(|loaded| loaded.entry == index && loaded.is_still());
        let Some(entry) = self.entries.get_mut(index) else { return false };
        let is_measured = entry.origin == Origin::Found && !entry.uses.written && entry.version.is_some();
        if is_measured || is_loaded {
            entry.count_map(by);
        }
        is_measured || is_loaded
    }

    /// A program makes executable memory of a file that it has open.
    pub(super) fn mapped(&mut self, file: OwnedFd, by: usize) -> Result<(), Errno> {
        if self.purpose == Purpose::Build {
            return Ok(());
        }
        let stat = fstat(&file)?;
        let found = Found { stat, file, plain: false };
        // A library is told of by itself, whatever folder it is in.
        let in_a_tree = |entry: &Entry| entry.origin == Origin::DeclaredTree;
        if self.entry_of(&found.stat).is_some_and(in_a_tree) {
            self.forget(&found.stat);
        }
        let index = match self.index(&found.stat) {
            Some(index) => index,
            None => self.foresee(&found, Access::READ, by, |start| start.name(&found.file, None))?,
        };
        let Some(entry) = self.entries.get_mut(index) else { return Err(Errno::IO) };
        entry.count_map(by);
        if entry.is_of_the_run() {
            self.load(index, &found)?;
        } else if entry.version.is_none() {
            let path = entry.name.whole.display().to_string();
            self.not_measured(&format!("the library `{path}` was not measured before it was used"));
        }
        Ok(())
    }

    /// A file that is the run's own is about to be executable memory: its bytes are measured, and kept from writers.
    fn load(&mut self, index: usize, found: &Found) -> Result<(), Errno> {
        // Where it is in doubt anyhow nobody need wait for writers: a compiler in memory has its code open for writing all the time.
        if self.unmeasured.is_some() {
            return Ok(());
        }
        let Some(entry) = self.entries.get(index) else { return Err(Errno::IO) };
        let whole = entry.name.whole.clone();
        let opened = Arc::new(File::from(self.proc().reopen(&found.file, file::READ)?));
        let excluded = self.excluded(&opened);
        let room = self.loaded.len() < self.most_loaded();
        match excluded {
            Ok((stamp, settled, watch, lasting)) if room => {
                let version = self.measure_open(&opened, stamp, settled, lasting);
                let watched = Some((opened, watch));
                self.loaded.push(Loaded { entry: index, whole, stamp, settled, version, watched });
            }
            Ok(_) => self.not_measured("the run made too many libraries"),
            Err(fault) => {
                self.not_measured(&format!(
                    "the library `{}`, which the run has made, {fault}",
                    whole.display()
                ));
            }
        }
        Ok(())
    }

    /// The run is about to open a file of its own for writing, or to give it another name: a library is watched no longer. It
    /// was as it was loaded until now.
    pub(super) fn let_go(&mut self, index: usize) {
        let of_it = self.loaded.iter_mut().filter(|loaded| loaded.entry == index && loaded.watched.is_some());
        let mut changed = None;
        for loaded in of_it {
            match loaded.measured() {
                Ok(_) => loaded.watched = None,
                Err(fault) => changed = Some(fault),
            }
        }
        if let Some(fault) = changed {
            self.fault.get_or_insert(fault);
        }
    }

    /// The run has opened a file for writing: as a library it is not what was measured any more.
    pub(super) fn written_after_loading(&mut self, index: usize) {
        let loaded = |entry: &&Entry| !entry.maps.is_empty();
        if let Some(entry) = self.entries.get(index).filter(loaded) {
            let path = entry.name.whole.display().to_string();
            self.not_measured(&format!("the run wrote to the library `{path}` after it was loaded"));
        }
    }

    /// The libraries: files that were there before the run, of which a program made executable memory, then the run's own.
    pub(super) fn libraries(&mut self) -> Result<Vec<MeasuredFile>, RecordError> {
        let mut libraries = Vec::new();
        let own: Vec<usize> = self.loaded.iter().map(|loaded| loaded.entry).collect();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            if entry.maps.is_empty() || own.contains(&index) && entry.is_of_the_run() {
                continue;
            }
            let Some(version) = &mut entry.version else { continue };
            let path = super::conclude::whole(&entry.name.whole)?;
            let failed = |fault| RecordError::file(FileRole::Executable, path.as_str(), fault);
            let sha256 = FileDigest::new(version.measured().map_err(failed)?.digest);
            libraries.push(MeasuredFile { path, sha256 });
        }
        for loaded in &mut self.loaded {
            let library = loaded.measured()?;
            if !libraries.contains(&library) {
                libraries.push(library);
            }
        }
        Ok(libraries)
    }
}
