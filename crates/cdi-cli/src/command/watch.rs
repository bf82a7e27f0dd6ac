//! `cdi watch`.

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_types::Duration;
use clap::Args;

use crate::answer::{Outputs, TABLES};
use crate::failure::Failure;
use crate::memory::StateArguments;
use crate::watching::{Enforcement, Looking, Watcher};

/// Decide again about what runs here, and say what would be refused now.
///
/// Looks at every program that `cdi run` and `cdi deploy` of this user run now, and decides about each by the policies,
/// revocation lists and evidence of now: those that it was let in by, what its bundles have today, and what is given here.
/// It says for each whether it would be let in, and why not; what has changed since it was let in is written to the journal
/// (`cdi journal list`). Without `--once` it goes on, decides anew within a second when a file has changed that a decision rests
/// on, or something in it begins or ends, and says what has changed, each line with the time before it.
///
/// What the configuration has taken back, a directory or an environment say, ends the right of what was given it. A bundle that cannot
/// be used counts as gone: what was kept of it when the program was let in decides.
///
/// Nothing is stopped unless `--enforce` asks for it: then what would be refused is asked to end (SIGTERM), and killed after
/// `--grace`. What could not be decided is stopped only with `--enforce=undecided`. A program gets a signal only if the
/// kernel says that its process is the one that keeps the record.
///
/// Exit status of `--once`: 0 all may run, 1 something would be refused, 2 it could not be told.
///
///   cdi watch --once
///   cdi watch --every 60s --enforce --bundle revocations.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Watch {
    /// Look once, and end
    #[arg(long, conflicts_with = "every")]
    once: bool,
    /// How long nothing is decided anew if no file changes, as 30s, 5m or 1h
    #[arg(long, value_name = "TIME", default_value = "60s")]
    every: Duration,
    /// Who must agree, for all programs [default: for each the configuration that it was let in by]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Evidence that stands beside that of every program, such as lists of authorities; may be given several times
    #[arg(long, value_name = "FILE")]
    bundle: Vec<PathBuf>,
    #[command(flatten)]
    enforcement: Enforcement,
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    output: Outputs<TABLES>,
}

impl Watch {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let Self { config, bundle, enforcement, state, .. } = self;
        let mut watcher = Watcher::new(Looking { config, bundle, enforcement, state })?;
        if self.once {
            let report = watcher.look()?;
            self.output.say(&report)?;
            return report.end().map_or(Ok(ExitCode::SUCCESS), Err);
        }
        let mut told = None;
        loop {
            let (report, next) = watcher.look_on()?;
            let report = report.dated();
            if told.as_ref() != Some(&report.gist()) {
                told = Some(report.gist());
                self.output.say(&report)?;
            }
            report.remarks();
            watcher.wait(&next, std::time::Duration::from_secs(self.every.seconds()));
        }
    }
}
