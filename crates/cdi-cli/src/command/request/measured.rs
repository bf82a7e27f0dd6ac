//! What `cdi wrap --summary` measured, as a request takes it.

use std::path::{Path, PathBuf};

use cdi_types::{ClosureFile, FileDigest, Libraries, MeasuredFile, Name, limits};
use serde::Deserialize;

use crate::failure::Failure;

/// The part of a summary that a request is about.
#[derive(Deserialize)]
struct Summary {
    recorder: MeasuredFile,
    executables: Vec<MeasuredFile>,
    libraries: Libraries,
}

/// A tool as one or more runs showed it.
pub(super) struct Measured {
    pub(super) entry: MeasuredFile,
    pub(super) recorder: FileDigest,
    /// All that ran beside the entry, in any of the runs; each digest once.
    pub(super) closure: Vec<ClosureFile>,
    /// A library that was loaded, if any was.
    pub(super) library: Option<String>,
}

impl Measured {
    /// Reads summaries of runs that began with one executable, under one recorder; `None` if there are none.
    pub(super) fn read(summaries: &[PathBuf]) -> Result<Option<Self>, Failure> {
        let mut together: Option<Self> = None;
        for path in summaries {
            let about = |failure: Failure| failure.about(format!("`{}`", path.display()));
            let next = Self::of(path).map_err(about)?;
            match &mut together {
                None => together = Some(next),
                Some(measured) => measured.add(next).map_err(about)?,
            }
        }
        Ok(together)
    }

    fn of(path: &Path) -> Result<Self, Failure> {
        let malformed = |why: &dyn std::fmt::Display| {
            Failure::failed("summary-malformed", format!("not a summary of `cdi wrap`: {why}"))
        };
        let bytes = cdi_store::read_summary(path)?;
        if bytes.len() > limits::SUMMARY_BYTES {
            let message = format!("the summary has more than {} bytes", limits::SUMMARY_BYTES);
            return Err(Failure::failed("limit-summary-bytes", message)
                .hint("declare folders with a slash behind the name: each is one input"));
        }
        let Summary { recorder, executables, libraries } =
            serde_json::from_slice(&bytes).map_err(|error| malformed(&error))?;
        let Libraries::Measured(libraries) = libraries else {
            return Err(Failure::failed("summary-unmeasured", "the libraries of the run were not measured")
                .hint("its warnings say why; without them name each file with `--closure`"));
        };
        let mut files = executables.into_iter();
        let entry = files.next().ok_or_else(|| malformed(&"no executable"))?;
        let library = libraries.first().map(|file| file.path.to_string());
        let mut measured = Self { entry, recorder: recorder.sha256, closure: Vec::new(), library };
        for file in files.chain(libraries) {
            measured.include(&file)?;
        }
        Ok(measured)
    }

    fn add(&mut self, other: Self) -> Result<(), Failure> {
        if (self.entry.sha256, self.recorder) != (other.entry.sha256, other.recorder) {
            return Err(Failure::failed(
                "summary-of-another",
                "its run began with another executable, or had another recorder, than that of the first summary",
            ));
        }
        self.library = self.library.take().or(other.library);
        for file in other.closure {
            self.include_once(file);
        }
        Ok(())
    }

    fn include(&mut self, file: &MeasuredFile) -> Result<(), Failure> {
        let name = Name::parse(last_segment(file))?;
        self.include_once(ClosureFile { name, sha256: file.sha256 });
        Ok(())
    }

    fn include_once(&mut self, file: ClosureFile) {
        let known = file.sha256 == self.entry.sha256
            || self.closure.iter().any(|included| included.sha256 == file.sha256);
        if !known {
            self.closure.push(file);
        }
    }
}

/// A file's name without the folder that it lay in.
pub(super) fn last_segment(file: &MeasuredFile) -> &str {
    let path = file.path.as_str();
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}
