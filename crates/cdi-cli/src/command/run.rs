//! `cdi run`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use cdi_placement::Settled;
use cdi_policy::RunLimits;
use cdi_types::{Clock, Duration};
use clap::Args;

use super::verify::now;
use crate::decision::{DecisionArguments, Verdict, Walk};
use crate::failure::{Failure, Kind};
use crate::layout::Page;
use crate::manners;
use crate::starting::{Starting, loadable, unavailable};
use crate::verdict::Document;
use crate::{embedded, terminal, verdict_text, walk_log};

/// Decide about an artifact, and run it if every required principal allows it.
///
/// The file is read once; the bytes that are decided about are the bytes that run. The program gets standard input,
/// output and error, its arguments, and only those directories and variables that are asked for here and that every
/// policy allows. A directory NAME of the configuration is `/NAME` to the program, and its owner must agree.
///
/// `--environment embedded` runs WebAssembly that was compiled ahead of time; `confined` runs static executables under
/// namespaces, Landlock and a filter of system calls; `process` runs them as they are, where the configuration has it.
/// A WebAssembly runtime that the configuration declares runs bytecode, confined in the same way.
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
        let mut walk = Walk::read(&self.decision, &embedded::environments()?, &self.arguments)?;
        let drivers = embedded::drivers(Some(&walk.configuration))?;
        let driver = embedded::driver(&drivers, &self.decision.environment)?;
        walk.request.limits = self.limits(walk.configuration.limits())?;
        loadable(driver, &drivers, &walk.artifact, &self.arguments)?;
        driver.available().map_err(|reason| unavailable(driver, &reason))?;
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
        let unsigned = outcome.unsigned();
        let settled = match outcome.verdict {
            Verdict::Settled(settled) => Some(*settled),
            Verdict::Unusable { .. } => None,
        };
        let Some(Settled::Allow(placement)) = settled else {
            // A verdict that refuses has returned above; this arm keeps it so if somebody changes that.
            return Err(Failure::failed("internal", "an allowing verdict without a placement"));
        };
        let (decision, walk, named) = (&self.decision, &walk, BTreeSet::new());
        let starting = Starting { decision, walk, driver, workload: None, named, unsigned };
        starting.start(placement, decided_at)
    }

    fn explain(&self, walk: &Walk, document: &Document) -> std::io::Result<()> {
        let mut page = Page::new();
        verdict_text::criteria(walk, &self.decision.artifact.display().to_string(), &mut page)?;
        verdict_text::verdict(document, &mut page)?;
        anstream::stderr().write_all(&page.into_bytes())
    }

    /// As asked for, but never above what the host's configuration says; it need not say anything.
    fn limits(&self, configured: Option<RunLimits>) -> Result<RunLimits, Failure> {
        let most = configured
            .unwrap_or(RunLimits { memory_bytes: u64::MAX, time: Duration::from_seconds(u64::MAX) });
        let usual = configured.unwrap_or(RunLimits::USUAL);
        let memory_bytes = self.memory.map_or(usual.memory_bytes, |mib| u64::from(mib) << 20);
        let time = self.timeout.unwrap_or(usual.time);
        if memory_bytes > most.memory_bytes {
            return Err(above("--memory", memory_bytes, most.memory_bytes, "bytes"));
        }
        if time > most.time {
            return Err(above("--timeout", time.seconds(), most.time.seconds(), "seconds"));
        }
        Ok(RunLimits { memory_bytes, time })
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
pub(crate) fn refused(kind: Kind, document: &Document) -> Failure {
    let each = document.principals.iter().filter_map(|one| Some((&one.name, one.failures.first()?)));
    let first = each.map(|(name, failed)| {
        let (requirement, message) = (&failed.requirement, &failed.shown.message);
        format!("`{name}` does not allow it: {requirement}: {message}")
    });
    let error = document.error.iter().map(|error| error.message.clone());
    let message = error.chain(first).next().unwrap_or_else(|| "it is not allowed".to_owned());
    Failure::new(kind, "not-allowed", message).hint("`cdi verify` says all that is missing")
}

pub(crate) fn above(option: &str, asked: u64, most: u64, unit: &str) -> Failure {
    let message = format!("`{option}` asks for {asked} {unit}, the configuration allows {most}");
    Failure::failed("limit-above-configured", message)
        .hint("ask for less, or have the host's `limits` raised")
}
