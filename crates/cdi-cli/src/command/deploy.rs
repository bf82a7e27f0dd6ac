//! `cdi deploy`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use cdi_journal::Occasion;
use cdi_placement::{Placement, Settled};
use cdi_policy::RunLimits;
use cdi_types::{Clock, Duration, Timestamp};
use clap::Args;

use super::run::{above, refused};
use super::verify::now;
use crate::answer::Answer as _;
use crate::decision::{Measured, Outcome, Verdict, environment};
use crate::decision_record::{Made, Undecided, given};
use crate::failure::{Failure, Kind};
use crate::host_journal::HostJournal;
use crate::layout::Page;
use crate::manners;
use crate::memory::StateArguments;
use crate::placing::{Changes, HERE, Inputs, Known, Placed, Wanted, placed};
use crate::starting::{Starting, unavailable};
use crate::verdict::{Document, Word};
use crate::watching::{Enforcement, Looking, Rest, Watcher};
use crate::{embedded, terminal};

/// Place a workload on this machine, write the decision down, and run it.
///
/// The cheapest lawful environment of this machine is chosen as `cdi place` does; then the decision about that place is
/// written to the journal (`cdi journal list`), and only when it is on disk the gate opens. What is refused is written down
/// too. The program gets what the workload asks for and every policy allows.
///
/// Before that it decides again about what runs here already, as `cdi watch --once` does, and says on standard error what would be
/// refused now and why; `--enforce` ends that, and what takes its time to end holds up nothing.
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
    enforcement: Enforcement,
    #[command(flatten)]
    state: StateArguments,
}

impl Deploy {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        // What is being stopped may take its time: this workload does not wait for it, and this process does before it ends.
        let _rest = self.look_again();
        let wanted = Wanted {
            workload: &self.workload,
            config: &self.config,
            nodes: &[],
            cost: self.cost.as_deref(),
            state: &self.state,
        };
        let known = Known::read(&wanted)?;
        let (journal, undecided) = (HostJournal::beside(&self.state)?, known.undecided());
        let made = self.decide(known, &wanted);
        let Decided { inputs, outcome, chosen, at } = made.map_err(|failure| {
            write_undecided(&journal, &undecided, &failure);
            not_decided(failure)
        })?;
        let document = Document::new(&inputs.walk, &outcome, at);
        let verdict = chosen.end().map_or(document.verdict, Word::of);
        let refusal = match (chosen.end(), verdict.refusal()) {
            (Some(kind), _) => Some(Failure::told(kind, "not-placed")),
            (None, Some(kind)) => Some(refused(kind, &document)),
            (None, None) => None,
        };
        let record = made_of(&inputs, &outcome, &chosen, at, verdict).record()?;
        match (journal.write(record), refusal) {
            (Ok(_), None) => {}
            (Ok(_), Some(refusal)) => return Err(refusal),
            (Err(failure), None) => {
                write_undecided(&journal, &undecided, &failure);
                return Err(failure);
            }
            // What was refused stays refused.
            (Err(failure), Some(refusal)) => {
                let kind = refusal.kind;
                write_undecided(&journal, &undecided, &Failure { kind, ..failure });
                return Err(refusal);
            }
        }
        let drivers = embedded::drivers(Some(&inputs.walk.configuration))?;
        let driver = embedded::driver(&drivers, &inputs.decision.environment)?;
        driver.available().map_err(|reason| unavailable(driver, &reason))?;
        let unsigned = outcome.unsigned();
        let placement = allowed(outcome)?;
        let (decision, walk) = (&inputs.decision, &inputs.walk);
        let named = inputs.workload.principals();
        let workload = Some(inputs.workload.name());
        Starting { decision, walk, driver, workload, named, unsigned }.start(placement, at)
    }

    /// Reads all the rest, chooses a place, and decides about it. Nothing is written yet but what this host remembers.
    fn decide(&self, known: Known, wanted: &Wanted<'_>) -> Result<Decided, Failure> {
        let mut inputs = known.inputs(wanted, &Changes::default())?;
        inputs.walk.request.limits = self.limits(&inputs)?;
        let at = inputs.walk.memory.time(now()?)?;
        let chosen = placed(&inputs, Clock::at(at))?;
        self.tell(&chosen)?;
        if let Some(name) = chosen.environment() {
            inputs.decision.environment = name.to_owned();
        }
        let walk = &mut inputs.walk;
        walk.environment =
            environment(&inputs.decision.environment, &walk.configuration, &embedded::environments()?)?;
        // A decision that is written down names what runs the program, whether anybody asks about it or not.
        walk.measured = Measured::Always;
        let outcome = walk.decide(Clock::at(at))?;
        inputs.walk.memory.keep(&outcome, at);
        Ok(Decided { inputs, outcome, chosen, at })
    }

    /// Decides again about what runs already, as `cdi watch --once` does. What is found there keeps nothing from being deployed.
    fn look_again(&self) -> Rest {
        let (enforcement, state) = (self.enforcement.clone(), self.state.clone());
        let looking = Looking { config: None, bundle: Vec::new(), enforcement, state };
        let looked = Watcher::new(looking).and_then(|mut watcher| Ok((watcher.look_on()?.0, watcher)));
        match looked {
            Ok((report, watcher)) => {
                report.aside();
                Rest::of(watcher)
            }
            Err(failure) => {
                terminal::warning(&failure.about("nothing was decided about what runs already"));
                Rest::default()
            }
        }
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
    fn limits(&self, inputs: &Inputs) -> Result<RunLimits, Failure> {
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
        Ok(RunLimits { memory_bytes, time })
    }
}

/// A decision about the workload at a place, or at none.
struct Decided {
    inputs: Inputs,
    outcome: Outcome,
    chosen: Placed,
    at: Timestamp,
}

/// What keeps a decision from being made is told as that: the journal has it as such.
fn not_decided(failure: Failure) -> Failure {
    match failure.kind {
        Kind::Failed => Failure { kind: Kind::Undecided, ..failure },
        Kind::Denied | Kind::Undecided => failure,
    }
}

/// Writes down that nothing could be decided, and why. Nothing runs by it, written or not.
fn write_undecided(journal: &HostJournal, undecided: &Undecided, why: &Failure) {
    let written = now().and_then(|at| journal.append(undecided.record(at, why)?));
    if let Err(failure) = written {
        terminal::warning(&failure.about("it is not written down that nothing could be decided"));
    }
}

fn made_of<'a>(
    inputs: &'a Inputs,
    outcome: &'a Outcome,
    chosen: &'a Placed,
    at: Timestamp,
    verdict: Word,
) -> Made<'a> {
    let place = chosen.environment().map(|environment| (HERE.to_owned(), environment.to_owned()));
    let ruled_out = if place.is_some() { BTreeSet::new() } else { chosen.codes() };
    let (walk, path, configuration) = (&inputs.walk, &inputs.decision.artifact, inputs.configuration);
    let (grounds, occasion, process) = (walk.grounds(), Occasion::Deploy, None);
    let bundles = walk.evidence.sources.digests().map(given).collect();
    Made { grounds, occasion, process, outcome, configuration, path, bundles, at, verdict, place, ruled_out }
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
