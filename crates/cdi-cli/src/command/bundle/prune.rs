//! `cdi bundle prune`.

use std::path::PathBuf;

use cdi_store::{Concerns, Selection};
use cdi_types::Bundle;
use clap::Args;

use super::artifacts::{self, NamedArtifact};
use super::outcome::{Outcome, Written, of_bundle};
use crate::answer::{Outputs, VALUES};
use crate::failure::Failure;

/// Take out of a bundle what cannot matter for an artifact.
///
/// What stays: reports and origins of the artifact and of all that went into it, the certifications of their keys, the
/// endorsements above these, and all revocation lists of those authorities; each line with its bytes. No decision about
/// the artifact changes, whatever the policies are. What was taken out is told with the reason. Nothing is verified.
///
/// The bundle is replaced at once and whole, unless `--out` names another file.
///
///   cdi bundle prune app.cwasm.intoto.jsonl --artifact app.cwasm
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Prune {
    /// The bundle
    bundle: PathBuf,
    /// The artifact, by its file or folder, or its digest; may be repeated
    #[arg(long, value_name = "ARTIFACT", required = true, value_parser = NamedArtifact::parse)]
    artifact: Vec<NamedArtifact>,
    /// Where to write what stays, a new file, instead of in place
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

impl Prune {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let wanted = artifacts::digests(&self.artifact)?;
        let select = |bundle: &Bundle| {
            let concerns = Concerns::of(bundle);
            match wanted.iter().find(|artifact| !concerns.know(artifact)) {
                Some(unknown) => Err(artifacts::unknown(unknown)),
                None => Ok(concerns.with(&wanted)),
            }
        };
        let selection = match &self.out {
            Some(out) => {
                cdi_store::foresee_new(out)?;
                let selection = select(cdi_store::read_bundle(&self.bundle)?.as_untrusted())?;
                cdi_store::write_new(out, &selection.bytes, 0o644)?;
                selection
            }
            None => cdi_store::rewrite_bundle(&self.bundle, |bundle| {
                select(bundle).map(|selection: Selection| (selection.bytes.clone(), selection))
            })?,
        };
        let bundle = self.out.as_ref().unwrap_or(&self.bundle).display().to_string();
        let outcome = Outcome {
            written: vec![Written { bundle, artifacts: wanted, lines: selection.lines }],
            dropped: of_bundle(&selection.dropped, &self.bundle),
            unusable: Vec::new(),
        };
        self.output.say(&outcome)
    }
}
