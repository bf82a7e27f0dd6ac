//! `cdi report`.

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_store::{foresee_new, write_new};
use cdi_types::{Clock, Timestamp};
use clap::Args;

use crate::command::verify::now;
use crate::decision::{DecisionArguments, Walk};
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::page;
use crate::verdict::Document;
use crate::what_if;
use crate::{embedded, terminal};

/// Write a decision as one page of HTML, to look at and pass on.
///
/// Decides as `cdi verify` does, and writes a page that needs no network and no other file: the verdict, what each
/// principal asks for, what holds, what is for the place and what fails with its repair, the statements as they were
/// received, and switches for certifications and authorities. What would be decided without them is computed here, by the
/// same decision about what remains of the evidence; the page only looks it up. The same evidence, policies and `--at`
/// give the same bytes. Nothing is run, and nothing is remembered. A page is a record, never a permission.
///
/// Nothing is ever replaced: there must be no file of that name yet. Exit status, once the page is written: that of `cdi
/// verify`, so that what follows `&&` does not follow a refusal. 2 also if there is no page.
///
///   cdi report app.cwasm --out decision.html
///   cdi report app.cwasm --out what-if.html --what-if 0f3c81d2a7b4 --what-if c777f9d3122d
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Report {
    #[command(flatten)]
    decision: DecisionArguments,
    /// The page to write; nothing of this name may be there
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A certification's id or an authority's key id that gets a switch, and no others do; may be given several times
    #[arg(long = "what-if", value_name = "ID")]
    what_if: Vec<IdPrefix>,
    /// As of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl Report {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        // Whoever asks for a page in the place of another shall not wait for that answer.
        foresee_new(&self.out)?;
        let walk = Walk::read(&self.decision, &embedded::environments()?, &[])?;
        let now = self.at.map_or_else(|| walk.memory.time(now()?), Ok)?;
        let clock = Clock::at(now);
        let outcome = walk.decide(clock)?;
        let document = Document::new(&walk, &outcome, now);
        let verdict = document.verdict;
        let mut page = page::of((&walk, &outcome), document, &self.decision, clock);
        page.what_if = what_if::of(walk, &outcome, &self.what_if, &self.decision, clock)?;
        write_new(&self.out, cdi_report::page(&page).as_bytes(), 0o644)?;
        let out = terminal::path(&self.out);
        terminal::line(format_args!("verdict: {}; the page is `{out}`", verdict.as_str()))?;
        verdict.refusal().map_or(Ok(ExitCode::SUCCESS), |kind| Err(Failure::told(kind, "not-allowed")))
    }
}
