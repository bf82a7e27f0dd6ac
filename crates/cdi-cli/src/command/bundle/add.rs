//! `cdi bundle add`.

use std::path::{Path, PathBuf};

use cdi_envelope::Envelope;
use clap::Args;

use crate::failure::Failure;
use crate::{count, terminal};

/// Add evidence to a bundle, which is made if it is missing.
///
/// Each line of the evidence must be an envelope; nothing else about it is looked at, and nothing is trusted because
/// it is in a bundle. A line that is there already is not added again, and order has no meaning.
///
///   cdi bundle add app.cwasm.intoto.jsonl compiler-certification.intoto.jsonl revocations.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Add {
    /// The bundle
    bundle: PathBuf,
    /// Files with the evidence to add
    #[arg(required = true)]
    evidence: Vec<PathBuf>,
}

impl Add {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for path in &self.evidence {
            read(path, &mut lines)?;
        }
        let added = cdi_store::append_lines(&self.bundle, &lines)?;
        let (known, bundle) = (lines.len().saturating_sub(added), terminal::path(&self.bundle));
        let (lines, were) = (count::of(added, "line"), if known == 1 { "was" } else { "were" });
        terminal::line(format_args!("{lines} added to {bundle}, {known} {were} there"))
    }
}

fn read(path: &Path, lines: &mut Vec<Vec<u8>>) -> Result<(), Failure> {
    let bundle = cdi_store::read_bundle(path)?;
    for line in bundle.as_untrusted().lines() {
        if let Err(error) = Envelope::parse(line.bytes) {
            let place = format!("`{}`, line {}", path.display(), line.number);
            return Err(Failure::from(error).about(place).hint("nothing was added"));
        }
        lines.push(line.bytes.trim_ascii().to_vec());
    }
    Ok(())
}
