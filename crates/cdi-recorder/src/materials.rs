//! The first stage: what the tool will read, measured before it runs.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cdi_types::{ArtifactDigest, Input, RecordedPath};

use crate::digests::{DigestCache, Digests};
use crate::evidence::reports_behind;
use crate::file::{self, Measured, Stamp};
use crate::links::Links;
use crate::procfs::Proc;
use crate::writers::{self, Watch};
use crate::{FileFault, FileRole, RecordError, Run, filesystem, program, report, surroundings};

/// The first stage: inputs are measured, the program is found, and nothing has run yet.
#[derive(Debug)]
#[must_use]
pub struct Materials {
    pub(crate) run: Run,
    pub(crate) executable: PathBuf,
    pub(crate) directory: String,
    pub(crate) inputs: Vec<Material>,
    /// Standard input: the very file that was measured.
    pub(crate) stdin: Option<File>,
    pub(crate) outputs: Vec<Expected>,
    pub(crate) digests: Arc<Digests>,
}

/// An input and what it was before the run.
#[derive(Debug)]
pub(crate) struct Material {
    pub(crate) typed: String,
    pub(crate) input: Input,
    measured: Measured,
    links: Links,
    /// The file, and what tells of a write to it.
    kept: Option<(File, Watch)>,
}

/// So many inputs on disks stay open during the run, to save descriptors: on a disk a later writer shows in the times too.
const KEPT: usize = 128;

/// An output that is to be, and what stood in its place before.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) typed: String,
    pub(crate) path: RecordedPath,
    pub(crate) before: Option<Stamp>,
}

impl Materials {
    /// Measures the inputs of a run that is to be.
    ///
    /// # Errors
    /// [`RecordError`]: an input that is no regular file, a file that is named twice, no such program.
    pub fn take(run: Run) -> Result<Self, RecordError> {
        surroundings::are_plain()?;
        // Without it nobody could tell what runs, and then nothing should run.
        Proc::of_the_kernel().map_err(RecordError::ProcNotTheKernels)?;
        let executable = program::resolve(&run.program, &run.environment)?;
        let directory = report::directory()?;
        let mut named = BTreeSet::new();
        let mut once = |typed: &str| {
            let path = RecordedPath::normalise(typed)?;
            let fresh = named.insert(path.clone());
            if fresh { Ok(path) } else { Err(RecordError::PathRepeated { path: path.to_string() }) }
        };
        // Standard input may also be declared by --input: it is one file all the same.
        let undeclared = run.stdin.iter().filter(|stdin| !run.inputs.contains(stdin));
        let (mut inputs, mut stdin) = (Vec::<Material>::new(), None);
        for typed in run.inputs.iter().chain(undeclared) {
            let mut input = Material::measure(typed, once(typed)?)?;
            if run.stdin.as_ref() == Some(typed) {
                stdin = input.descriptor()?;
            }
            if inputs.len() >= KEPT {
                input.let_go()?;
            }
            inputs.push(input);
        }
        let outputs = run.outputs.iter().map(|typed| Ok(Expected::look(typed, once(typed)?)));
        let outputs = outputs.collect::<Result<_, RecordError>>()?;
        Ok(Self { executable, directory, inputs, stdin, outputs, run, digests: Arc::default() })
    }

    /// The same, for a run that takes the digests of a toolchain from an earlier one.
    pub fn remembering(self, cache: &DigestCache) -> Self {
        Self { digests: cache.digests(), ..self }
    }
}

impl Material {
    fn measure(typed: &str, path: RecordedPath) -> Result<Self, RecordError> {
        let failed = |fault| RecordError::file(FileRole::Input, typed, fault);
        let file = file::open(typed).map_err(failed)?;
        let links = Links::on(Path::new(typed)).map_err(failed)?;
        let (measured, watch) = file::measure_watched(&file, |_| file::measure(&file)).map_err(failed)?;
        let sha256 = ArtifactDigest::new(measured.digest);
        let reports = reports_behind(typed, sha256)?;
        let input = Input { path, sha256, reports };
        Ok(Self { typed: typed.to_owned(), input, measured, links, kept: Some((file, watch)) })
    }

    /// What it was when it was measured.
    pub(crate) const fn stamp(&self) -> Stamp {
        self.measured.stamp
    }

    /// The very file that was measured.
    fn descriptor(&self) -> Result<Option<File>, RecordError> {
        let failed = |error| RecordError::file(FileRole::Input, &self.typed, file::fault(error));
        self.kept.as_ref().map(|(file, _)| file.try_clone().map_err(failed)).transpose()
    }

    /// Closes the file, if a later writer shows all the same.
    fn let_go(&mut self) -> Result<(), RecordError> {
        let failed = |fault| RecordError::file(FileRole::Input, &self.typed, fault);
        if let Some((file, _)) = &self.kept
            && filesystem::tells_of_stores(file).map_err(failed)?
        {
            self.kept = None;
        }
        Ok(())
    }

    /// Whether it is what it was before the run, and its name has led to it all along.
    pub(crate) fn unchanged(&self) -> Result<(), RecordError> {
        let turned = || Ok(Links::on(Path::new(&self.typed))? != self.links);
        let fault = match turned() {
            Ok(true) => Err(FileFault::Changed),
            Ok(false) => file::unchanged(&self.typed, &self.measured).and_then(|()| self.unwritten()),
            Err(fault) => Err(fault),
        };
        fault.map_err(|fault| {
            // One that is gone, or is something else now, has changed.
            let fault = match fault {
                FileFault::Unreadable(error) => FileFault::Unreadable(error),
                _ => FileFault::Changed,
            };
            RecordError::file(FileRole::Input, &self.typed, fault)
        })
    }
}

impl Material {
    /// Whether nobody wrote to it in a way that its times do not show.
    fn unwritten(&self) -> Result<(), FileFault> {
        let hidden =
            self.kept.as_ref().map(|(file, watch)| writers::hidden(file, *watch, self.measured.settled));
        if hidden.transpose()?.unwrap_or(false) { Err(FileFault::Changed) } else { Ok(()) }
    }
}

impl Expected {
    fn look(typed: &str, path: RecordedPath) -> Self {
        // What is no regular file will be refused after the run, if it is still there.
        let before = std::fs::symlink_metadata(typed).ok().map(|metadata| Stamp::of(&metadata));
        Self { typed: typed.to_owned(), path, before }
    }
}
