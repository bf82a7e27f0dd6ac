//! `cdi affected`.

mod decider;
mod index;
mod judge;
mod loss;
mod report;
mod running;
mod survey;
mod thing;
mod what;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_types::{Clock, Timestamp};
use clap::Args;

pub(crate) use self::report::Report;
pub(crate) use self::thing::Named;

use self::decider::{Decider, Told};
use self::judge::Way;
use self::survey::Survey;
use super::verify::now;
use crate::answer::{Outputs, TABLES};
use crate::embedded;
use crate::failure::Failure;
use crate::memory::{Remembered, StateArguments};

/// Say which artifacts and running programs lose what, and for whom, by a revocation.
///
/// Looks at every bundle in and below a folder, and at the artifact beside it, for every principal of the
/// configuration; and at every program that `cdi run` runs now, with the evidence that it was let in by. WHAT is the id
/// of a certification, an endorsement, a report, an origin or a key, or the digest of a tool (its first 8 digits will
/// do), or the name of an authority or a tool. With `--what-if` everybody who could is
/// supposed to have revoked it, every run of a tool is supposed to be gone, and every policy to forbid an origin, or all
/// origins of its signer; without, what it has already cost by the revocations that are in the bundles and that this
/// host remembers. Nothing is decided and nothing remembered, but for an index beside what this host remembers, so that
/// asking again is fast. Exit status: 0 answered, 2 not, or not wholly.
///
///   cdi affected --what-if compiler --bundles deployed
///   cdi affected 5efd3ad7 --bundles deployed --bundle revocations.intoto.jsonl --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Affected {
    /// An id, a digest, the first 8 digits or more of either, or a name
    what: String,
    /// Suppose that it is revoked
    #[arg(long)]
    what_if: bool,
    #[command(flatten)]
    over: OverBundles,
    /// Judge as of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    output: Outputs<TABLES>,
}

/// Which bundles are looked at, and by whose policies.
#[derive(Args)]
pub(crate) struct OverBundles {
    /// A folder of bundles, looked at with those below it; or one bundle
    #[arg(long, value_name = "DIR")]
    bundles: Option<PathBuf>,
    /// Whose policies are asked, and what this host has to give
    #[arg(long, value_name = "FILE", default_value = "cdi.yaml", env = "CDI_CONFIG")]
    config: PathBuf,
    /// Evidence that stands beside that of every bundle, such as lists of authorities; may be given several times
    #[arg(long, value_name = "FILE")]
    bundle: Vec<PathBuf>,
    /// The environment that artifacts are to run in, as for `cdi verify`
    #[arg(long, value_name = "NAME", default_value = "embedded")]
    environment: String,
    #[command(flatten)]
    state: StateArguments,
}

impl OverBundles {
    pub(crate) fn decider(&self, at: Option<Timestamp>) -> Result<Decider, Failure> {
        let memory = Remembered::read(&self.state)?;
        let now = at.map_or_else(|| memory.time(now()?), Ok)?;
        Decider::read(&Told {
            config: &self.config,
            environment: &self.environment,
            embedded: &embedded::environments()?,
            bundles: &self.bundle,
            memory: &memory,
            clock: Clock::at(now),
        })
    }

    /// Whether somebody has said which bundles.
    pub(crate) const fn is_named(&self) -> bool {
        self.bundles.is_some()
    }

    /// Looks at the folder; by default the present one.
    pub(crate) fn survey<'d>(&self, decider: &'d Decider) -> Result<Survey<'d>, Failure> {
        let folder = self.bundles.as_deref().unwrap_or(Path::new("."));
        Survey::of(folder, self.state.folder()?.path(), decider)
    }
}

impl Affected {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let decider = self.over.decider(self.at)?;
        let mut survey = self.over.survey(&decider)?;
        let way = if self.what_if { Way::WhatIf } else { Way::AsItIs };
        let things = what::meant(&self.what, way, &survey, &decider)?;
        let affected = (survey.affected(&things, way), survey.affected_running(&things, way));
        let report = Report::of(self.what_if, things.into_iter().collect(), affected, &survey, &decider);
        report.say(&self.output)?;
        Ok(ExitCode::SUCCESS)
    }
}
