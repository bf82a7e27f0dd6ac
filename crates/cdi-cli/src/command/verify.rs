//! `cdi verify`.

use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use cdi_gate::{ArtifactKind, Driver, Embedded};
use cdi_types::{Clock, Timestamp};
use clap::Args;

use crate::answer::{CASES, Outputs};
use crate::decision::{DecisionArguments, Walk};
use crate::embedded;
use crate::failure::Failure;
use crate::verdict::Document;
use crate::verdict_answer::Answered;
use crate::walk_log;

/// Decide whether an artifact may run, and say why.
///
/// Reads the bundle beside the artifact, verifies every signature once, works out for each principal that the
/// configuration requires what the history proves, and prints first what will be enforced and then the verdict.
/// Nothing is run. With `--dir` and `--env` the decision is the one that `cdi run` would make with them: the owners of
/// directories take part. Lists that this host has seen before (`cdi state show`) take part too; with `--at` nothing is
/// remembered. Exit status: 0 allowed, 1 denied, 2 not decided.
///
///   cdi verify --config cdi.yaml app.cwasm
///   cdi verify --dir transactions app.cwasm
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Verify {
    #[command(flatten)]
    decision: DecisionArguments,
    /// Decide as of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    output: Outputs<CASES>,
}

impl Verify {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let begun = Instant::now();
        let embedded = embedded::environments()?;
        let walk = Walk::read(&self.decision, &embedded, &[])?;
        let now = self.at.map_or_else(|| walk.memory.time(now()?), Ok)?;
        let outcome = walk.decide(Clock::at(now))?;
        match self.at {
            None => walk.memory.keep(&outcome, now),
            Some(_) => walk.memory.keep_checks(&outcome),
        }
        let document = Document::new(&walk, &outcome, now);
        walk_log::decided(&document, begun);
        let refusal = document.verdict.refusal();
        let here = embedded.iter().any(|(name, _)| *name == self.decision.environment);
        let remark = if here && refusal.is_none() { self.not_for_this_gate(&walk) } else { None };
        let path = self.decision.artifact.display().to_string();
        self.output.say(&Answered { document: &document, walk: &walk, path: &path, remark })?;
        refusal.map_or(Ok(ExitCode::SUCCESS), |kind| Err(Failure::told(kind, "not-allowed")))
    }

    /// Says that what is allowed in an environment of the gate is nothing that the gate can run, if so: the verdict is about
    /// history and place, and does not look at the kind.
    fn not_for_this_gate(&self, walk: &Walk) -> Option<String> {
        let kind = ArtifactKind::sniff(walk.artifact.bytes());
        let environment = &self.decision.environment;
        if kind == ArtifactKind::PrecompiledModule {
            let other = compiled_for_another(walk.artifact.bytes(), environment)?;
            return Some(format!(
                "`cdi run` cannot run it in `{environment}`: it was compiled for `{other}`; name that with `--environment {other}`"
            ));
        }
        let drivers = Driver::all();
        let runs = Driver::named(&drivers, environment)?.runs();
        let taken: Vec<String> = runs.iter().map(|kind| format!("a `{kind}`")).collect();
        (!runs.contains(&kind)).then(|| {
            let taken = taken.join(" or ");
            format!(
                "`cdi run` cannot run it in `{environment}`: its kind is `{kind}`, and that takes {taken}"
            )
        })
    }
}

/// The environment of the gate that a module says it was compiled for, if it is not this one.
pub(crate) fn compiled_for_another(artifact: &[u8], environment: &str) -> Option<&'static str> {
    let claimed = Embedded::claimed_by(artifact)?.name();
    (claimed != environment).then_some(claimed)
}

/// The host's clock, the only one that a decision by default goes by.
pub(crate) fn now() -> Result<Timestamp, Failure> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since
        .map(|since| Timestamp::from_unix(since.as_secs()))
        .map_err(|_| Failure::failed("clock-before-epoch", "the clock of this host is before the year 1970"))
}
