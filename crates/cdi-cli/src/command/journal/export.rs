//! `cdi journal export`.

use clap::Args;

use super::Reading;
use super::one::Named;
use crate::command::export::Target;
use crate::failure::Failure;

/// Hand out entries for readers of verification summaries.
///
/// Each is the envelope that stands in the journal: an in-toto statement of SLSA's type for verification summaries, version 1,
/// signed by the journal's key. The whole journal is verified first. Whoever reads a summary needs that public key, and learns
/// from the summary alone neither what came before nor that it is still so.
///
///   cdi journal export 12 --out decision.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Export {
    /// An entry, by its number or the first 8 digits or more of its id; may be repeated [default: all]
    entries: Vec<Named>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    target: Target,
}

impl Export {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.target.foresee()?;
        let mut lines = Vec::new();
        if self.entries.is_empty() {
            self.reading.read(None, |entry| lines.push(entry.line().to_vec()))?;
        }
        for named in &self.entries {
            lines.push(self.reading.one(named)?.line().to_vec());
        }
        self.target.write(&lines, "entry")
    }
}
