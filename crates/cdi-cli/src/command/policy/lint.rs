//! `cdi policy lint`.

mod answer;
mod linted;

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_policy::Level;
use cdi_types::Timestamp;
use clap::Args;

use crate::answer::{CASES, Outputs};
use crate::catalogues::CatalogueArguments;
use crate::command::verify::now;
use crate::failure::{Failure, Kind};
use linted::Linted;

/// Find what loads and is surely not meant, in policies and among those that must agree.
///
/// Finds requirements that nothing can meet or that anything meets, choices that give away more than they seem to, and
/// entries that nothing asks for. With `--config` the policies of all principals, and conflicts between them: each is shown
/// with both texts. A file is a document, or the editions that `cdi policy sign` wrote. Nothing is decided by a finding.
/// Exit status: 0 if no finding is an error, 1 if one is, 2 if a policy cannot be read at all.
///
///   cdi policy lint provider.yaml
///   cdi policy lint --config cdi.yaml --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Lint {
    /// The policies
    #[arg(value_name = "FILE", required_unless_present = "config")]
    files: Vec<PathBuf>,
    /// The configuration whose policies must agree
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    catalogues: CatalogueArguments,
    /// Look for what has begun or passed as of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    output: Outputs<CASES>,
}

impl Lint {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let catalogues = self.catalogues.read()?;
        let now = self.at.map_or_else(now, Ok)?;
        let mut linted = Linted::default();
        for file in &self.files {
            linted.file(file, &catalogues, now)?;
        }
        if let Some(config) = &self.config {
            linted.configuration(config, now)?;
        }
        self.output.say(&linted)?;
        if linted.worst() == Some(Level::Error) {
            return Err(Failure::told(Kind::Denied, "policy-doubtful"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
