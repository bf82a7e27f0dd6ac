//! `cdi bundle split`.

use std::path::{Path, PathBuf};

use cdi_store::{Concerns, Selection};
use cdi_types::ArtifactDigest;
use clap::Args;

use super::artifacts::{self, NamedArtifact};
use super::outcome::{Outcome, Written};
use crate::answer::{Outputs, VALUES};
use crate::failure::Failure;
use crate::new_folder;
use crate::no_bundle::NoBundle;

/// Make a bundle for each artifact out of bundles with the evidence of many.
///
/// Each has what concerns its artifact, as `cdi bundle prune` keeps it. Without `--artifact` there is one for each
/// artifact that went into nothing else in the bundles. They are called by the digest, `SHA256.intoto.jsonl`: names in
/// evidence are whatever somebody wrote. The folder appears with all of them, or not at all. Nothing is verified.
///
///   cdi bundle split release.intoto.jsonl --into bundles
///   cdi bundle split release.intoto.jsonl --artifact app.cwasm --out app.cwasm.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Split {
    /// The bundles
    #[arg(required = true)]
    bundles: Vec<PathBuf>,
    /// An artifact, by its file or folder, or its digest; may be repeated
    #[arg(long, value_name = "ARTIFACT", value_parser = NamedArtifact::parse)]
    artifact: Vec<NamedArtifact>,
    /// The folder to make, with a bundle for each artifact
    #[arg(long, value_name = "FOLDER", required_unless_present = "out", conflicts_with = "out")]
    into: Option<PathBuf>,
    /// The file to write, one bundle for all that `--artifact` names
    #[arg(long, value_name = "FILE", requires = "artifact")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

/// Bundles that are made at once: each can be as large as the one that it is taken from.
const MOST_BUNDLES: usize = 1_024;
/// Bytes that are written at once.
const MOST_BYTES: usize = 1 << 30;

impl Split {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let bundles = cdi_store::read_bundles(&self.bundles)?;
        if let Some(none) = NoBundle::among(&bundles).first() {
            return Err(none.failure().hint("nothing was written"));
        }
        let concerns = Concerns::of(bundles.together.as_untrusted());
        let named = artifacts::digests(&self.artifact)?;
        let written = match (&self.into, &self.out) {
            (Some(folder), _) if named.is_empty() => one_each(folder, &concerns, &concerns.ends())?,
            (Some(folder), _) => one_each(folder, &concerns, &named)?,
            (None, Some(out)) => vec![together(out, &concerns, named)?],
            (None, None) => {
                return Err(Failure::failed("usage", "expected `--into FOLDER` or `--out FILE`"));
            }
        };
        self.output.say(&Outcome { written, ..Outcome::default() })
    }
}

/// One bundle for all of these artifacts.
fn together(out: &Path, concerns: &Concerns<'_>, artifacts: Vec<ArtifactDigest>) -> Result<Written, Failure> {
    let selection = concerning(concerns, &artifacts)?;
    cdi_store::write_new(out, &selection.bytes, 0o644)?;
    Ok(Written { bundle: out.display().to_string(), artifacts, lines: selection.lines })
}

/// A folder with one bundle for each of these artifacts.
fn one_each(
    folder: &Path,
    concerns: &Concerns<'_>,
    artifacts: &[ArtifactDigest],
) -> Result<Vec<Written>, Failure> {
    cdi_store::foresee_new(folder)?;
    if artifacts.is_empty() {
        let message = "nothing in the bundles is about an artifact";
        return Err(Failure::failed("bundle-without-artifact", message).hint("nothing was written"));
    }
    let mut written = Vec::new();
    let mut files = Vec::new();
    let mut bytes = 0_usize;
    let distinct: std::collections::BTreeSet<&ArtifactDigest> = artifacts.iter().collect();
    for artifact in distinct {
        let selection = concerning(concerns, &[*artifact])?;
        bytes = bytes.saturating_add(selection.bytes.len());
        if files.len() >= MOST_BUNDLES || bytes > MOST_BYTES {
            let message = format!("more than {MOST_BUNDLES} bundles or {MOST_BYTES} bytes would be made");
            return Err(Failure::failed("limit-split", message).hint("name some with `--artifact`"));
        }
        let name = format!("{artifact}.intoto.jsonl");
        let bundle = folder.join(&name).display().to_string();
        written.push(Written { bundle, artifacts: vec![*artifact], lines: selection.lines });
        files.push((name, selection.bytes));
    }
    let contents: Vec<_> =
        files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice(), 0o644)).collect();
    new_folder::make(folder, &contents)?;
    Ok(written)
}

fn concerning(concerns: &Concerns<'_>, artifacts: &[ArtifactDigest]) -> Result<Selection, Failure> {
    match artifacts.iter().find(|artifact| !concerns.know(artifact)) {
        Some(unknown) => Err(super::artifacts::unknown(unknown)),
        None => Ok(concerns.with(artifacts)),
    }
}
