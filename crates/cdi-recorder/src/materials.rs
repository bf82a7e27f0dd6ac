//! The first stage: what the tool will read, measured before it runs.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cdi_types::{ArtifactDigest, Input, RecordedPath};

use crate::digests::{DigestCache, Digests};
use crate::evidence::reports_behind;
use crate::file::{self, Measured, Stamp};
use crate::links::Links;
use crate::procfs::Proc;
use crate::tree::{self, Tree};
use crate::writers::{self, Watch};
use crate::{FileFault, FileRole, RecordError, Run, filesystem, overlaps, program, report, surroundings};

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
    pub(crate) of: Of,
}

/// What an input is.
#[derive(Debug)]
pub(crate) enum Of {
    /// A file.
    File(Box<MeasuredFile>),
    /// A folder with all files below it.
    Tree(Tree),
}

/// A file that is an input.
#[derive(Debug)]
pub(crate) struct MeasuredFile {
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
    pub(crate) before: Before,
}

/// What stood in the place of an output.
#[derive(Debug)]
pub(crate) enum Before {
    /// Of a file.
    File(Option<Stamp>),
    /// Of a folder: each file below it, by its name from there on.
    Tree(HashMap<Box<[u8]>, Stamp>),
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
        let outputs = run.outputs.iter().map(|typed| Expected::look(typed, once(typed)?));
        let outputs = outputs.collect::<Result<Vec<_>, RecordError>>()?;
        overlaps::none(&inputs, &outputs)?;
        Ok(Self { executable, directory, inputs, stdin, outputs, run, digests: Arc::default() })
    }

    /// The same, for a run that takes the digests of a toolchain from an earlier one.
    pub fn remembering(self, cache: &DigestCache) -> Self {
        Self { digests: cache.digests(), ..self }
    }
}

impl Material {
    fn measure(typed: &str, path: RecordedPath) -> Result<Self, RecordError> {
        if tree::is_folder(typed) {
            let tree = Tree::read(typed)?;
            let reports = reports_behind(path.as_str(), tree.digest())?;
            let input = Input { path, digest: tree.digest(), reports };
            return Ok(Self { typed: typed.to_owned(), input, of: Of::Tree(tree) });
        }
        let failed = |fault| RecordError::file(FileRole::Input, typed, fault);
        let file = file::open(typed).map_err(failed)?;
        let links = Links::on(Path::new(typed)).map_err(failed)?;
        let (measured, watch) = file::measure_watched(&file, |_| file::measure(&file)).map_err(failed)?;
        let digest = ArtifactDigest::File(measured.digest);
        let reports = reports_behind(typed, digest)?;
        let input = Input { path, digest, reports };
        let file = MeasuredFile { measured, links, kept: Some((file, watch)) };
        Ok(Self { typed: typed.to_owned(), input, of: Of::File(Box::new(file)) })
    }

    /// The tree that it is.
    pub(crate) const fn tree(&self) -> Option<&Tree> {
        match &self.of {
            Of::File(_) => None,
            Of::Tree(tree) => Some(tree),
        }
    }

    /// The very file that was measured.
    fn descriptor(&self) -> Result<Option<File>, RecordError> {
        let failed = |error| RecordError::file(FileRole::Input, &self.typed, file::fault(error));
        match &self.of {
            Of::File(of) => of.kept.as_ref().map(|(file, _)| file.try_clone().map_err(failed)).transpose(),
            Of::Tree(_) => Err(RecordError::file(FileRole::Input, &self.typed, FileFault::Folder)),
        }
    }

    /// Closes the file, if a later writer shows all the same.
    fn let_go(&mut self) -> Result<(), RecordError> {
        let failed = |fault| RecordError::file(FileRole::Input, &self.typed, fault);
        if let Of::File(of) = &mut self.of
            && let Some((file, _)) = &of.kept
            && filesystem::tells_of_stores(file).map_err(failed)?
        {
            of.kept = None;
        }
        Ok(())
    }

    /// Whether it is what it was before the run, and its name has led to it all along.
    pub(crate) fn unchanged(&self) -> Result<(), RecordError> {
        let of = match &self.of {
            Of::Tree(tree) => return tree.unchanged(),
            Of::File(of) => of,
        };
        let turned = || Ok(Links::on(Path::new(&self.typed))? != of.links);
        let fault = match turned() {
            Ok(true) => Err(FileFault::Changed),
            Ok(false) => file::unchanged(&self.typed, &of.measured).and_then(|()| of.unwritten()),
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

impl MeasuredFile {
    /// What it was when it was measured.
    pub(crate) const fn stamp(&self) -> Stamp {
        self.measured.stamp
    }

    /// Whether nobody wrote to it in a way that its times do not show.
    fn unwritten(&self) -> Result<(), FileFault> {
        let hidden =
            self.kept.as_ref().map(|(file, watch)| writers::hidden(file, *watch, self.measured.settled));
        if hidden.transpose()?.unwrap_or(false) { Err(FileFault::Changed) } else { Ok(()) }
    }
}

impl Expected {
    fn look(typed: &str, path: RecordedPath) -> Result<Self, RecordError> {
        let before = if tree::is_folder(typed) {
            Before::Tree(tree::before(typed)?)
        } else {
            // What is no regular file will be refused after the run, if it is still there.
            Before::File(std::fs::symlink_metadata(typed).ok().map(|metadata| Stamp::of(&metadata)))
        };
        Ok(Self { typed: typed.to_owned(), path, before })
    }
}
