//! A declared runtime as it stands ready, with the container's runtime that it runs in.

use cdi_types::{FileDigest, Libraries, MeasuredFile, RecordedPath};

use super::file::ExternalFile;
use crate::container::{ContainerRuntime, RuntimeFile};

/// The executables, in descriptors that nobody can change.
#[derive(Debug)]
pub(crate) struct ExternalReady {
    program: ExternalFile,
    container: Option<RuntimeFile>,
    libraries: Libraries,
}

impl ExternalReady {
    /// # Errors
    /// Why one of them cannot be had or measured, in words.
    pub(super) fn read(path: &str, container: Option<ContainerRuntime>) -> Result<Self, String> {
        let program = ExternalFile::read(path)?;
        let container = container.map(RuntimeFile::of).transpose()?;
        let libraries = match &container {
            // It is static.
            None => Libraries::Measured(Vec::new()),
            Some(runtime) => libraries(runtime, path, program.digest())?,
        };
        Ok(Self { program, container, libraries })
    }

    pub(super) const fn program(&self) -> &ExternalFile {
        &self.program
    }

    pub(super) const fn container(&self) -> Option<&RuntimeFile> {
        self.container.as_ref()
    }

    /// What the gate executes, by which certifications are found: the container's runtime, or the declared one.
    pub(crate) fn executable(&self) -> FileDigest {
        self.container.as_ref().map_or(self.program.digest(), RuntimeFile::digest)
    }

    pub(crate) const fn libraries(&self) -> &Libraries {
        &self.libraries
    }

    /// In a container the declared runtime is a setting: what is certified of the one with it says nothing of another, nor
    /// of the container's runtime alone.
    pub(crate) fn settings(&self) -> Option<(String, String)> {
        self.container.as_ref().map(|_| ("runtime".to_owned(), self.program.digest().to_string()))
    }
}

/// The libraries of the container's runtime, and the declared runtime among them: a policy that forbids that one forbids the
/// environment (M-FORBID).
fn libraries(runtime: &RuntimeFile, path: &str, digest: FileDigest) -> Result<Libraries, String> {
    let Libraries::Measured(known) = runtime.libraries() else {
        return Err(format!("the libraries of `{}` cannot be measured", runtime.kind().program()));
    };
    let path = RecordedPath::parse(path).map_err(|error| format!("the path `{path}`: {error}"))?;
    let own = MeasuredFile { path, sha256: digest };
    Ok(Libraries::Measured(known.iter().cloned().chain([own]).collect()))
}
