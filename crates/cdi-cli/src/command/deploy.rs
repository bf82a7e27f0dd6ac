//! `cdi deploy`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use cdi_gate::GuestLimits;
use cdi_journal::Occasion;
use cdi_placement::{Placement, Settled};
use cdi_policy::RunLimits;
use cdi_types::{Clock, Duration, Timestamp};
use clap::Args;

use super::run::{above, refused};
use super::verify::now;
use crate::answer::Answer as _;
use crate::decision::{Measured, Outcome, Verdict, environment};
use crate::decision_record::{Made, given};
use crate::failure::Failure;
use crate::host_journal::HostJournal;
use crate::layout::Page;
use crate::manners;
use crate::memory::StateArguments;
use crate::placing::{Changes, HERE, Inputs, Placed, Wanted, placed};
use crate::starting::{Starting, unavailable};
use crate::verdict::{Document, Word};
use crate::{embedded, terminal};

/// Place a workload on this machine, write the decision down, and run it.
///
/// The cheapest lawful environment of this machine is chosen as `cdi place` does; then the decision about that place is
/// written to the journal (`cdi journal list`), and only when it is on disk the gate opens. What is refused is written down
/// too. The program gets what the workload asks for and every policy allows.
///
/// The exit status is the program's own. 125: it could not be run, or ended irregularly; 126: denied, or no place is lawful;
/// 127: not decided.
///
///   cdi deploy workload.yaml
///   cdi deploy workload.yaml --explain --timeout 5m
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Deploy {
    /// The workload
    workload: PathBuf,
    /// Who must agree, and what this host has to give
    #[arg(long, value_name = "FILE", default_value = "cdi.yaml", env = "CDI_CONFIG")]
    config: PathBuf,
    /// What resources cost, by class of node [default: the same everywhere]
    #[arg(long, value_name = "FILE")]
    cost: Option<PathBuf>,
    /// Wall-clock time, as 30s, 5m or 1h, at most what the configuration says [default: that, or the workload's lifetime]
    #[arg(long, value_name = "TIME")]
    timeout: Option<Duration>,
    /// Say on standard error where it runs and why not elsewhere
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    state: StateArguments,
}

impl Deploy {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let wanted = Wanted {
            workload: &self.workload,
            config: &self.config,
            nodes: &[],
            cost: self.cost.as_deref(),
            state: &self.state,
        };
        let mut inputs = Inputs::read(&wanted, &Changes::default())?;
        let limits = self.limits(&inputs)?;
        let decided_at = inputs.walk.memory.time(now()?)?;
        let chosen = placed(&inputs, Clock::at(decided_at))?;
        self.tell(&chosen)?;
        if let Some(name) = chosen.environment() {
            inputs.decision.environment = name.to_owned();
        }
        let walk = &mut inputs.walk;
        walk.environment =
            environment(&inputs.decision.environment, &walk.configuration, &embedded::environments()?)?;
        // A decision that is written down names what runs the program, whether anybody asks about it or not.
        walk.measured = Measured::Always;
        let outcome = walk.decide(Clock::at(decided_at))?;
        inputs.walk.memory.keep(&outcome, decided_at);
        let document = Document::new(&inputs.walk, &outcome, decided_at);
        let verdict = chosen.end().map_or(document.verdict, Word::of);
        HostJournal::beside(&self.state)?
            .write(made(&inputs, &outcome, &chosen, decided_at, verdict).record()?)?;
        match (chosen.end(), verdict.refusal()) {
            (Some(kind), _) => return Err(Failure::told(kind, "not-placed")),
            (None, Some(kind)) => return Err(refused(kind, &document)),
            (None, None) => {}
        }
        let drivers = embedded::drivers(Some(&inputs.walk.configuration))?;
        let driver = embedded::driver(&drivers, &inputs.decision.environment)?;
        driver.available().map_err(|reason| unavailable(driver, &reason))?;
        let placement = allowed(outcome)?;
        let (decision, walk) = (&inputs.decision, &inputs.walk);
        let named = inputs.workload.principals();
        Starting { decision, walk, driver, limits, named }.start(placement, decided_at)
    }

    /// Where it goes if somebody asks, and why it goes nowhere.
    fn tell(&self, chosen: &Placed) -> Result<(), Failure> {
        let manners = manners::settled();
        if manners.quiet || manners.machine || (chosen.end().is_none() && !self.explain) {
            return Ok(());
        }
        let mut page = Page::new();
        let told = chosen.text(&mut page).and_then(|()| anstream::stderr().write_all(&page.into_bytes()));
        terminal::written(told)
    }

    /// What the workload asks for, but never above what the host's configuration says; it need not say anything.
    fn limits(&self, inputs: &Inputs) -> Result<GuestLimits, Failure> {
        let nothing = RunLimits { memory_bytes: u64::MAX, time: Duration::from_seconds(u64::MAX) };
        let most = inputs.walk.configuration.limits().unwrap_or(nothing);
        let memory_bytes = inputs.workload.resources().memory_bytes;
        if memory_bytes > most.memory_bytes {
            return Err(above("memoryBytes", memory_bytes, most.memory_bytes, "bytes"));
        }
        let time = match self.timeout {
            Some(time) if time > most.time => {
                return Err(above("--timeout", time.seconds(), most.time.seconds(), "seconds"));
            }
            Some(time) => time,
            None => inputs.workload.lifetime().min(most.time),
        };
        Ok(GuestLimits { memory_bytes, time: std::time::Duration::from_secs(time.seconds()) })
    }
}

fn made<'a>(
    inputs: &'a Inputs,
    outcome: &'a Outcome,
    chosen: &'a Placed,
    at: Timestamp,
    verdict: Word,
) -> Made<'a> {
    let place = chosen.environment().map(|environment| (HERE.to_owned(), environment.to_owned()));
    let ruled_out = if place.is_some() { BTreeSet::new() } else { chosen.codes() };
    let (walk, path, configuration) = (&inputs.walk, &inputs.decision.artifact, inputs.configuration);
    let (grounds, occasion) = (walk.grounds(), Occasion::Deploy);
    let bundles = walk.evidence.sources.digests().map(given).collect();
    Made { grounds, occasion, outcome, configuration, path, bundles, at, verdict, place, ruled_out }
}

fn allowed(outcome: Outcome) -> Result<Placement, Failure> {
    if let Verdict::Settled(settled) = outcome.verdict
        && let Settled::Allow(placement) = *settled
    {
        return Ok(placement);
    }
    // A verdict that refuses has returned before; this keeps it so if somebody changes that.
    Err(Failure::failed("internal", "an allowing verdict without a placement"))
}
