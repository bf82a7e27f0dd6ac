//! `cdi bundle add`.

use std::path::{Path, PathBuf};

use cdi_envelope::{Envelope, EnvelopeError};
use cdi_types::Bundle;
use clap::Args;

use crate::answer::{Done, Outputs, VALUES};
use crate::count;
use crate::failure::Failure;

/// Add evidence to a bundle, which is made if it is missing.
///
/// Each line of the evidence must be an envelope; nothing else about it is looked at, and nothing is trusted because
/// it is in a bundle. A line that is there already is not added again, and order has no meaning.
///
/// Taken as well are a file with one envelope laid out over several lines, and bundles of Sigstore, of any version: the
/// envelope in them is added, and the certificates, log entries and time stamps beside it are left out.
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
    #[command(flatten)]
    output: Outputs<VALUES>,
}

impl Add {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for path in &self.evidence {
            read(path, &mut lines)?;
        }
        let added = cdi_store::append_lines(&self.bundle, &lines)?;
        let (known, bundle) = (lines.len().saturating_sub(added), self.bundle.display());
        let (lines, were) = (count::of(added, "line"), if known == 1 { "was" } else { "were" });
        let done = Done::new(format!("{lines} added to {bundle}, {known} {were} there"));
        self.output.say(&done.also("bundle", bundle).counting("added", added).counting("there", known))
    }
}

fn read(path: &Path, lines: &mut Vec<Vec<u8>>) -> Result<(), Failure> {
    let bundle = cdi_store::read_bundle(path)?;
    if let Some(line) = laid_out(bundle.as_untrusted()) {
        lines.push(line);
        return Ok(());
    }
    for line in bundle.as_untrusted().lines() {
        lines.push(taken(line.bytes).map_err(|error| {
            let place = format!("`{}`, line {}", path.display(), line.number);
            Failure::from(error).about(place).hint("nothing was added")
        })?);
    }
    Ok(())
}

/// A line of evidence as a line of a bundle: an envelope keeps its bytes, a Sigstore bundle gives the envelope in it.
fn taken(line: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    match Envelope::parse(line) {
        Ok(_) => Ok(line.trim_ascii().to_vec()),
        Err(error) => match Envelope::of_sigstore(line) {
            Ok(Some(envelope)) => envelope.into_untrusted().to_line(),
            // What has the shape of a Sigstore bundle is told of as one.
            Err(of_sigstore) if is_document(line) => Err(of_sigstore),
            Ok(None) | Err(_) => Err(error),
        },
    }
}

fn is_document(line: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Document {
        #[serde(rename = "mediaType")]
        _media_type: serde::de::IgnoredAny,
    }
    serde_json::from_slice::<Document>(line).is_ok()
}

/// The one envelope of a file that lays it out over several lines, as other tools write it.
fn laid_out(bundle: &Bundle) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = bundle.lines().map(|line| line.bytes).collect();
    let (first, false) = (lines.first()?, lines.len() == 1) else { return None };
    if serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok() {
        return None;
    }
    let whole = lines.join(&b'\n');
    let envelope = match Envelope::parse(&whole) {
        Ok(envelope) => envelope,
        Err(_) => Envelope::of_sigstore(&whole).ok().flatten()?,
    };
    envelope.into_untrusted().to_line().ok()
}
