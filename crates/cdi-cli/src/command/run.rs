//! `cdi run`.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use cdi_gate::{
    ArtifactKind, Delivery, Driver, EngineError, GateError, GuestLimits, HostDirectory, StartError,
};
use cdi_placement::Settled;
use cdi_policy::RunLimits;
use cdi_types::{Artifact, Clock, Duration};
use clap::Args;

use super::verify::{compiled_for_another, now};
use crate::decision::{DecisionArguments, Verdict, Walk};
use crate::failure::{Failure, Kind};
use crate::layout::Page;
use crate::manners;
use crate::running::Recorded;
use crate::verdict::Document;
use crate::{embedded, terminal, verdict_text, walk_log};

/// What `cdi run` says of itself by its status (rule G-STATUS).
const OWN_STATUSES: std::ops::RangeInclusive<u8> = 125..=127;

/// Decide about an artifact, and run it if every required principal allows it.
///
/// The file is read once; the bytes that are decided about are the bytes that run. The program gets standard input,
/// output and error, its arguments, and only those directories and variables that are asked for here and that every
/// policy allows. A directory NAME of the configuration is `/NAME` to the program, and its owner must agree.
///
/// `--environment embedded` runs WebAssembly that was compiled ahead of time; `confined` runs static executables under
/// namespaces, Landlock and a filter of system calls; `process` runs them as they are, where the configuration has it.
///
/// The exit status is the program's own. 125: it could not be run, or ended irregularly; 126: denied; 127: not decided.
/// Where a program itself ends with one of these, a warning says so.
///
///   cdi run --dir transactions fraud-scoring.cwasm -- /transactions/today.csv
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Run {
    #[command(flatten)]
    decision: DecisionArguments,
    /// Linear memory, in MiB, at most what the configuration says [default: that, or 256]
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    /// Wall-clock time, as 30s, 5m or 1h, at most what the configuration says [default: that, or 60s]
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
        let begun = Instant::now();
        let driver = embedded::driver(&self.decision.environment)?;
        let walk = Walk::read(&self.decision, &embedded::environments()?, &self.arguments)?;
        let limits = self.limits(walk.configuration.limits())?;
        loadable(&driver, &walk.artifact)?;
        driver.available().map_err(|reason| unavailable(&driver, &reason))?;
        let decided_at = walk.memory.time(now()?)?;
        let outcome = walk.decide(Clock::at(decided_at))?;
        walk.memory.keep(&outcome, decided_at);
        let document = Document::new(&walk, &outcome, decided_at);
        walk_log::decided(&document, begun);
        let manners = manners::settled();
        let refusal = document.verdict.refusal();
        match refusal {
            // Standard error is for programs, or for errors only: a refusal is one line there.
            Some(kind) if manners.quiet || manners.machine => return Err(refused(kind, &document)),
            None if manners.quiet || manners.machine => {}
            None if !self.explain => terminal::written(excused(&document))?,
            None | Some(_) => terminal::written(self.explain(&walk, &document))?,
        }
        if let Some(kind) = refusal {
            return Err(Failure::told(kind, "not-allowed"));
        }
        let settled = match outcome.verdict {
            Verdict::Settled(settled) => Some(*settled),
            Verdict::Unusable { .. } => None,
        };
        let Some(Settled::Allow(placement)) = settled else {
            // A verdict that refuses has returned above; this arm keeps it so if somebody changes that.
            return Err(Failure::failed("internal", "an allowing verdict without a placement"));
        };
        let directories = self.host_directories(&walk)?;
        let program = self.decision.artifact.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let recorded = Recorded::keep(&self.decision, &walk, decided_at);
        let now = now().and_then(|now| walk.memory.time(now));
        let exit = now.and_then(|now| {
            let (artifact, directories) = (&walk.artifact, directories.as_slice());
            let delivery = Delivery { artifact, program: &program, directories, limits, now };
            let ran = cdi_gate::run(placement, std::slice::from_ref(&driver), delivery);
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

    fn explain(&self, walk: &Walk, document: &Document) -> std::io::Result<()> {
        let mut page = Page::new();
        verdict_text::criteria(walk, &self.decision.artifact.display().to_string(), &mut page)?;
        verdict_text::verdict(document, &mut page)?;
        anstream::stderr().write_all(&page.into_bytes())
    }

    fn host_directories(&self, walk: &Walk) -> Result<Vec<HostDirectory>, Failure> {
        let folder = self.decision.config.parent().unwrap_or(Path::new(""));
        let found = self.decision.grants.directories.iter().map(|wanted| {
            let rule = walk.configuration.directory(&wanted.name)?;
            Ok(HostDirectory { name: wanted.name.clone(), path: folder.join(&rule.path) })
        });
        found.collect()
    }

    /// As asked for, but never above what the host's configuration says; it need not say anything.
    fn limits(&self, configured: Option<RunLimits>) -> Result<GuestLimits, Failure> {
        let most = configured
            .unwrap_or(RunLimits { memory_bytes: u64::MAX, time: Duration::from_seconds(u64::MAX) });
        let usual =
            configured.unwrap_or(RunLimits { memory_bytes: 256 << 20, time: Duration::from_seconds(60) });
        let memory_bytes = self.memory.map_or(usual.memory_bytes, |mib| u64::from(mib) << 20);
        let time = self.timeout.unwrap_or(usual.time);
        if memory_bytes > most.memory_bytes {
            return Err(above("--memory", memory_bytes, most.memory_bytes, "bytes"));
        }
        if time > most.time {
            return Err(above("--timeout", time.seconds(), most.time.seconds(), "seconds"));
        }
        Ok(GuestLimits { memory_bytes, time: std::time::Duration::from_secs(time.seconds()) })
    }
}

/// What fails and does not refuse is said also where nobody asks why.
fn excused(document: &Document) -> std::io::Result<()> {
    let mut page = Page::new();
    for principal in document.principals.iter().filter(|principal| !principal.excused.is_empty()) {
        writeln!(page, "cdi: {} allows this although", terminal::plain(&principal.name))?;
        principal.excused.iter().try_for_each(|excused| verdict_text::excused(excused, &mut page))?;
    }
    anstream::stderr().write_all(&page.into_bytes())
}

/// A refusal in one sentence: the first thing that fails, and for whom.
fn refused(kind: Kind, document: &Document) -> Failure {
    let each = document.principals.iter().filter_map(|one| Some((&one.name, one.failures.first()?)));
    let first = each.map(|(name, failed)| {
        let (requirement, message) = (&failed.requirement, &failed.shown.message);
        format!("`{name}` does not allow it: {requirement}: {message}")
    });
    let error = document.error.iter().map(|error| error.message.clone());
    let message = error.chain(first).next().unwrap_or_else(|| "it is not allowed".to_owned());
    Failure::new(kind, "not-allowed", message).hint("`cdi verify` says all that is missing")
}

fn above(option: &str, asked: u64, most: u64, unit: &str) -> Failure {
    let message = format!("`{option}` asks for {asked} {unit}, the configuration allows {most}");
    Failure::failed("limit-above-configured", message)
        .hint("ask for less, or have the host's `limits` raised")
}

/// What the file is, is told by its content: what the environment can never run is refused before anything is decided.
fn loadable(driver: &Driver, artifact: &Artifact) -> Result<(), Failure> {
    let kind = ArtifactKind::sniff(artifact.bytes());
    if driver.runs().contains(&kind) {
        return Ok(());
    }
    let expected: Vec<String> = driver.runs().iter().map(|kind| format!("`{kind}`")).collect();
    let message = format!("the artifact's kind is `{kind}`, expected {}", expected.join(" or "));
    let drivers = Driver::all();
    let runs = |driver: &&Driver| driver.runs().contains(&kind);
    let names: Vec<String> =
        drivers.iter().filter(runs).map(|driver| format!("`--environment {}`", driver.name())).collect();
    let hint = match kind {
        ArtifactKind::WasmModule => {
            "this gate has neither compiler nor interpreter: compile it ahead of time with a certified compiler"
                .to_owned()
        }
        ArtifactKind::DynamicElf => {
            "its digest does not cover the libraries that are loaded with it: link it statically".to_owned()
        }
        _ if names.is_empty() => {
            "this gate runs WebAssembly compiled ahead of time, static executables, and archives of files".to_owned()
        }
        _ => format!("name one that runs it: {}", names.join(" or ")),
    };
    Err(Failure::failed("artifact-kind", message).hint(hint))
}

fn unavailable(driver: &Driver, reason: &str) -> Failure {
    let message = format!("the environment `{}` is not available here: {reason}", driver.name());
    Failure::failed("environment-unavailable", message)
        .hint("name another with `--environment`; `cdi verify` decides without running anything")
}
