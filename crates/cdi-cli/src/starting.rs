//! From a placement to a running program, for `cdi run` and `cdi deploy`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use cdi_gate::{
    ArtifactKind, Delivery, Driver, EngineError, GateError, HostDirectory, StartError, program_of_archive,
};
use cdi_placement::Placement;
use cdi_types::{Artifact, Name, Timestamp};

use crate::command::verify::{compiled_for_another, now};
use crate::decision::{DecisionArguments, Walk};
use crate::failure::Failure;
use crate::running::Recorded;
use crate::terminal;

/// What `cdi run` and `cdi deploy` say of themselves by their status (rule G-STATUS).
const OWN_STATUSES: std::ops::RangeInclusive<u8> = 125..=127;

/// What a program is started with, besides the decision.
pub(crate) struct Starting<'a> {
    pub(crate) decision: &'a DecisionArguments,
    pub(crate) walk: &'a Walk,
    pub(crate) driver: &'a Driver,
    /// The workload that it is, if it is deployed as one.
    pub(crate) workload: Option<&'a Name>,
    /// Who had to agree besides those whom the configuration requires.
    pub(crate) named: BTreeSet<&'a Name>,
    /// Lines of the evidence that whom they name has not signed.
    pub(crate) unsigned: BTreeSet<usize>,
}

impl Starting<'_> {
    /// Runs the program as it was placed, and gives back how it ended. While it runs, a record says so.
    ///
    /// # Errors
    /// Why the gate stayed shut, or the program did not come to a regular end.
    pub(crate) fn start(&self, placement: Placement, decided_at: Timestamp) -> Result<ExitCode, Failure> {
        let directories = self.host_directories()?;
        let program = self.decision.artifact.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let recorded = Recorded::keep(self, decided_at);
        let now = now().and_then(|now| self.walk.memory.time(now));
        let exit = now.and_then(|now| {
            let (artifact, directories) = (&self.walk.artifact, directories.as_slice());
            let delivery = Delivery { artifact, program: &program, directories, now };
            let ran = cdi_gate::run(placement, std::slice::from_ref(self.driver), delivery);
            ran.map_err(|error| self.refused(error, artifact))
        });
        recorded.end();
        let status = exit?.status;
        if OWN_STATUSES.contains(&status) {
            let message = format!("the program ran to its end, and the status {status} is its own");
            terminal::warning(&Failure::failed("status-of-program", message));
        }
        Ok(ExitCode::from(status))
    }

    /// Why the gate did not run it; of a module that was compiled for another environment also for which.
    fn refused(&self, error: GateError, artifact: &Artifact) -> Failure {
        let refused =
            matches!(error, GateError::Start(StartError::Engine(EngineError::ArtifactRefused { .. })));
        let other = compiled_for_another(artifact.bytes(), &self.decision.environment);
        match other.filter(|_| refused) {
            Some(other) => Failure::from(error)
                .hint(format!("it was compiled for `{other}`: name that with `--environment {other}`")),
            None => error.into(),
        }
    }

    fn host_directories(&self) -> Result<Vec<HostDirectory>, Failure> {
        let folder = self.decision.config.parent().unwrap_or(Path::new(""));
        let found = self.decision.grants.directories.iter().map(|wanted| {
            let rule = self.walk.configuration.directory(&wanted.name)?;
            Ok(HostDirectory { name: wanted.name.clone(), path: folder.join(&rule.path) })
        });
        found.collect()
    }
}

/// What the file is, is told by its content: what the environment can never run is refused before anything is decided.
pub(crate) fn loadable(
    driver: &Driver,
    drivers: &[Driver],
    artifact: &Artifact,
    arguments: &[String],
) -> Result<(), Failure> {
    let kind = ArtifactKind::sniff(artifact.bytes());
    if driver.runs().contains(&kind) {
        return match kind {
            ArtifactKind::RootFileSystem => program_of_archive(artifact.bytes(), arguments)
                .map_err(|error| Failure::failed(error.code(), error)),
            _ => Ok(()),
        };
    }
    let expected: Vec<String> = driver.runs().iter().map(|kind| format!("`{kind}`")).collect();
    let message = format!("the artifact's kind is `{kind}`, expected {}", expected.join(" or "));
    let runs = |driver: &&Driver| driver.runs().contains(&kind);
    let names: Vec<String> =
        drivers.iter().filter(runs).map(|driver| format!("`--environment {}`", driver.name())).collect();
    let hint = match why_none_runs(kind).filter(|_| names.is_empty()) {
        Some(hint) => hint.to_owned(),
        None if names.is_empty() => {
            "this gate runs WebAssembly compiled ahead of time, static executables, and archives of files"
                .to_owned()
        }
        None => format!("name one that runs it: {}", names.join(" or ")),
    };
    Err(Failure::failed("artifact-kind", message).hint(hint))
}

/// What makes a file of this kind one that runs somewhere, if nothing runs it as it is.
pub(crate) const fn why_none_runs(kind: ArtifactKind) -> Option<&'static str> {
    match kind {
        ArtifactKind::WasmModule => Some(
            "this gate has neither compiler nor interpreter: compile it ahead of time with a certified compiler, or declare a runtime in the configuration",
        ),
        ArtifactKind::DynamicElf => {
            Some("its digest does not cover the libraries that are loaded with it: link it statically")
        }
        _ => None,
    }
}

pub(crate) fn unavailable(driver: &Driver, reason: &str) -> Failure {
    let message = format!("the environment `{}` is not available here: {reason}", driver.name());
    Failure::failed("environment-unavailable", message)
        .hint("name another with `--environment`; `cdi verify` decides without running anything")
}
