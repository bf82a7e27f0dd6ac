//! `cdi bundle merge`.

use std::path::PathBuf;

use clap::Args;

use super::outcome::{Outcome, Written, of_sources};
use crate::answer::{Outputs, VALUES};
use crate::failure::Failure;
use crate::no_bundle::NoBundle;

/// Make one bundle of several.
///
/// Every line keeps its bytes. A statement that is there twice under the same signatures is kept once; under other
/// signatures it is kept as well, because nobody has said which of them are good. A line that is no evidence is kept
/// and told: it proves nothing. Nothing is verified.
///
///   cdi bundle merge app.cwasm.intoto.jsonl libraries.intoto.jsonl --out all.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Merge {
    /// The bundles
    #[arg(required = true)]
    bundles: Vec<PathBuf>,
    /// The file to write; it must not be there yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

impl Merge {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let refuse = |error| Failure::from(error).hint("`cdi bundle add` adds to a bundle that is there");
        cdi_store::foresee_new(&self.out).map_err(refuse)?;
        let bundles = cdi_store::read_bundles(&self.bundles)?;
        if let Some(none) = NoBundle::among(&bundles).first() {
            return Err(none.failure().hint("nothing was written"));
        }
        let selection = cdi_store::without_repetitions(bundles.together.as_untrusted());
        cdi_store::write_new(&self.out, &selection.bytes, 0o644).map_err(refuse)?;
        let bundle = self.out.display().to_string();
        let outcome = Outcome {
            written: vec![Written { bundle, artifacts: Vec::new(), lines: selection.lines }],
            dropped: of_sources(&selection.dropped, &bundles.sources),
            unusable: of_sources(&selection.unusable, &bundles.sources),
        };
        self.output.say(&outcome)
    }
}
