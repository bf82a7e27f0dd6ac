//! `cdi policy lint`.

mod linted;

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_policy::Level;
use cdi_types::Timestamp;
use clap::Args;

use crate::arguments::Output;
use crate::catalogues::CatalogueArguments;
use crate::command::verify::now;
use crate::failure::{Failure, Kind};
use crate::terminal::{self, BAD, DIM, STRONG, plain};
use linted::{Conflict, Finding, Linted, Text};

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
    /// How to show the findings
    #[arg(long, value_enum, default_value_t)]
    output: Output,
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
        match self.output {
            Output::Json => terminal::json(&linted)?,
            Output::Text => text(&linted)?,
        }
        if linted.worst() == Some(Level::Error) {
            return Err(Failure::told(Kind::Denied, "policy-doubtful"));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text(linted: &Linted) -> Result<(), Failure> {
    for file in &linted.policies {
        terminal::line(format_args!("{STRONG}{}{STRONG:#}", plain(&file.file)))?;
        file.findings.iter().try_for_each(finding)?;
    }
    linted.conflicts.iter().try_for_each(conflict)?;
    terminal::line(linted.count())
}

fn coloured(level: &str) -> String {
    let style = if level == Level::Error.as_str() { BAD } else { STRONG };
    format!("{style}{level}{style:#}")
}

fn finding(finding: &Finding) -> Result<(), Failure> {
    let Finding { level, place, line, code, message, hint } = finding;
    let line = line.map(|line| format!("line {line}, ")).unwrap_or_default();
    terminal::line(format_args!(
        "  {}: {line}{}: {} [{code}]",
        coloured(level),
        plain(place),
        plain(message)
    ))?;
    terminal::line(format_args!("    hint: {hint}"))
}

fn conflict(conflict: &Conflict) -> Result<(), Failure> {
    let Conflict { level, code, message, hint, texts } = conflict;
    terminal::line(format_args!("{}: {} [{code}]", coloured(level), plain(message)))?;
    for Text { principal, file, line, text, .. } in texts {
        let whose = principal.as_deref().map(|name| format!("{}, ", plain(name))).unwrap_or_default();
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        terminal::line(format_args!("  {whose}{}{line}", plain(file)))?;
        for line in text.lines() {
            terminal::line(format_args!("    {DIM}|{DIM:#} {}", terminal::line_of_document(line)))?;
        }
    }
    terminal::line(format_args!("  hint: {hint}"))
}
