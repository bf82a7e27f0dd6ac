//! `cdi run`.

use std::path::Path;
use std::process::ExitCode;

use cdi_gate::{ArtifactKind, GuestLimits, HostDirectory};
use cdi_policy::{Access, Request, RequestedDirectory, RunLimits};
use cdi_types::{Artifact, Clock, Duration, Name};
use clap::Args;

use super::verify::now;
use crate::decision::{DecisionArguments, Verdict, Walk};
use crate::failure::Failure;
use crate::verdict::Document;
use crate::{embedded, terminal, verdict_text};

/// Decide about an artifact, and run it if every required principal allows it.
///
/// The file is read once; the bytes that are decided about are the bytes that run. The program gets standard input,
/// output and error, its arguments, and only those directories and variables that are asked for here and that every
/// policy allows. A directory NAME of the configuration is `/NAME` to the program, and its owner must agree.
///
/// The exit status is the program's own. 125: it could not be run, or ended irregularly; 126: denied; 127: not decided.
///
/// Example: cdi run --dir transactions fraud-scoring.cwasm -- /transactions/today.csv
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Run {
    #[command(flatten)]
    decision: DecisionArguments,
    /// Give the program a directory of the configuration: NAME to read, NAME:rw to read and write
    #[arg(long = "dir", value_name = "NAME[:rw]", value_parser = directory)]
    directories: Vec<RequestedDirectory>,
    /// Give the program an environment variable
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// Linear memory, in MiB [default: the configuration's, or 256]
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    /// Wall-clock time, as 30s, 5m or 1h [default: the configuration's, or 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<Duration>,
    /// Say why it may run, on standard error
    #[arg(long)]
    explain: bool,
    /// The program's arguments
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Run {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let embedded = embedded::environments()?;
        if !embedded.iter().any(|(name, _)| *name == self.decision.environment) {
            let names: Vec<&str> = embedded.iter().map(|(name, _)| *name).collect();
            let message = format!("this program cannot run anything in `{}`", self.decision.environment);
            let hint =
                format!("its environments are {}; `cdi verify` decides for others too", names.join(" and "));
            return Err(Failure::failed("environment-not-here", message).hint(hint));
        }
        let walk = Walk::read(&self.decision, &embedded, |artifact| self.request(artifact))?;
        loadable(&walk.artifact)?;
        let decided_at = now()?;
        let outcome = walk.decide(Clock::at(decided_at));
        let document = Document::new(&walk, &outcome, decided_at);
        if self.explain || document.verdict.refusal().is_some() {
            terminal::written(self.explain(&walk, &document))?;
        }
        if let Some(kind) = document.verdict.refusal() {
            return Err(Failure::told(kind, "not-allowed"));
        }
        let Verdict::Placed(placement) = outcome.verdict else {
            // A verdict that refuses has returned above; this arm keeps it so if somebody changes that.
            return Err(Failure::failed("internal", "an allowing verdict without a placement"));
        };
        let directories = self.host_directories(&walk)?;
        let program = self.decision.artifact.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let limits = self.limits(walk.configuration.limits());
        let exit = cdi_gate::run(placement, &walk.artifact, &program, &directories, limits, now()?)?;
        Ok(ExitCode::from(exit.status))
    }

    fn request(&self, artifact: &Artifact) -> Request {
        Request {
            artifact: artifact.digest(),
            arguments: self.arguments.clone(),
            directories: self.directories.clone(),
            environment: self.variables.clone(),
        }
    }

    fn explain(&self, walk: &Walk, document: &Document) -> std::io::Result<()> {
        let mut out = anstream::stderr().lock();
        verdict_text::criteria(walk, &self.decision.artifact.display().to_string(), &mut out)?;
        verdict_text::verdict(document, &mut out)
    }

    fn host_directories(&self, walk: &Walk) -> Result<Vec<HostDirectory>, Failure> {
        let folder = self.decision.config.parent().unwrap_or(Path::new(""));
        let found = self.directories.iter().map(|wanted| {
            let rule = walk.configuration.directory(&wanted.name)?;
            Ok(HostDirectory { name: wanted.name.clone(), path: folder.join(&rule.path) })
        });
        found.collect()
    }

    fn limits(&self, configured: Option<RunLimits>) -> GuestLimits {
        let configured =
            configured.unwrap_or(RunLimits { memory_bytes: 256 << 20, time: Duration::from_seconds(60) });
        let memory_bytes = self.memory.map_or(configured.memory_bytes, |mib| u64::from(mib) << 20);
        let time = self.timeout.unwrap_or(configured.time);
        GuestLimits { memory_bytes, time: std::time::Duration::from_secs(time.seconds()) }
    }
}

/// What the file is, is told by its content: what this gate can never load is refused before anything is decided.
fn loadable(artifact: &Artifact) -> Result<(), Failure> {
    let kind = ArtifactKind::sniff(artifact.bytes());
    let refused = |hint: &str| {
        Err(Failure::failed(
            "artifact-kind",
            format!("the artifact is a `{kind}`, expected a `precompiled-module`"),
        )
        .hint(hint))
    };
    match kind {
        ArtifactKind::PrecompiledModule => Ok(()),
        ArtifactKind::WasmModule => refused(
            "this gate has neither compiler nor interpreter: compile it ahead of time with a certified compiler",
        ),
        _ => refused("this gate runs WebAssembly that a certified compiler has compiled ahead of time"),
    }
}

fn directory(text: &str) -> Result<RequestedDirectory, String> {
    let (name, access) = match text.rsplit_once(':') {
        None => (text, Access::Read),
        Some((name, "ro")) => (name, Access::Read),
        Some((name, "rw")) => (name, Access::ReadWrite),
        Some((_, other)) => return Err(format!("`{other}` is neither `ro` nor `rw`")),
    };
    let name = Name::parse(name).map_err(|error| error.to_string())?;
    Ok(RequestedDirectory { name, access })
}

fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "expected NAME=VALUE".to_owned())
}
