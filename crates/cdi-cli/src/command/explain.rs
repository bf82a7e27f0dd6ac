//! `cdi explain`.

use std::process::ExitCode;

use cdi_types::{Clock, Name, Timestamp};
use cdi_verify::Question;
use clap::Args;

use crate::answer::{Outputs, TABLES};
use crate::asking::Asked;
use crate::command::verify::now;
use crate::decision::{DecisionArguments, Walk};
use crate::explanation::{Answer, Document};
use crate::explanation_answer::Answered;
use crate::failure::{Failure, Kind};
use crate::{embedded, words};

/// Say why an artifact has a property for a principal, or what it misses.
///
/// Reads what `cdi verify` reads, and decides nothing. For each principal that must agree it tells step by step from the
/// artifact back which report, tool, certification and authorities show a property, and every assumption and origin
/// that this rests on; or what stands in the way, where in the chain, and who could repair it how, the nearest miss
/// first. A property need not be one that the policy asks for: it is explained under the principal's trust all the same.
/// Without --property, --complete and --reproduced everything is explained that the policies ask for: each part of a
/// requirement, what is granted, and what is excused by whom until when.
///
/// Exit status without these three: that of `cdi verify`, by the principals that are explained. With one of them, whatever
/// the policies excuse: 0 the artifact has all that was asked, 1 it has not, 2 it could not be told. 2 also if the command
/// failed.
///
///   cdi explain app.cwasm
///   cdi explain app.cwasm --property WASM_VALIDATED --principal developer
///   cdi explain app.cwasm --property CODE_SANDBOXING --environment embedded
///   cdi explain app.cwasm --complete --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Explain {
    #[command(flatten)]
    decision: DecisionArguments,
    /// A property or tag of the catalogue, as `cdi catalogue` lists them; may be given several times
    #[arg(long, value_name = "WORD")]
    property: Vec<String>,
    /// Whether the history is complete: back to origins that the policy accepts, with no input left out
    #[arg(long)]
    complete: bool,
    /// Whether as many independent custodians made it as the policy asks for
    #[arg(long)]
    reproduced: bool,
    /// For this principal only; may be given several times [default: all who must agree]
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    principal: Vec<Name>,
    /// As of this time (YYYY-MM-DDTHH:MM:SSZ) [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    output: Outputs<TABLES>,
}

impl Explain {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let walk = Walk::read(&self.decision, &embedded::environments()?, &[])?;
        let now = self.at.map_or_else(|| walk.memory.time(now()?), Ok)?;
        self.property.iter().try_for_each(|word| words::known(word, &walk.catalogues))?;
        let words = self.property.iter().cloned().map(Asked::Word);
        let complete = self.complete.then_some(Asked::History(Question::Complete));
        let reproduced = self.reproduced.then_some(Asked::History(Question::Reproduced));
        let asked = words.chain(complete).chain(reproduced).collect();
        let document = Document::new(&walk, &self.principal, &asked, Clock::at(now))?;
        let file = self.decision.artifact.file_name().unwrap_or(self.decision.artifact.as_os_str());
        self.output.say(&Answered { document: &document, file: &file.to_string_lossy() })?;
        if let Some(verdict) = document.verdict {
            let refused = |kind| Err(Failure::told(kind, "not-allowed"));
            return verdict.refusal().map_or(Ok(ExitCode::SUCCESS), refused);
        }
        match document.answer {
            Answer::Has => Ok(ExitCode::SUCCESS),
            Answer::HasNot => Err(Failure::told(Kind::Denied, "has-not")),
            Answer::NotTold => Err(Failure::told(Kind::Undecided, "not-told")),
        }
    }
}
