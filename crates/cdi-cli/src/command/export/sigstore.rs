//! `cdi export sigstore-bundle`: envelopes in the wrapping of Sigstore, version 0.3.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_envelope::Envelope;
use cdi_store::{Bundles, read_bundles};
use cdi_types::{KeyId, StatementId};
use clap::Args;

use super::outgoing::Target;
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::no_bundle::NoBundle;
use crate::{count, new_folder, terminal};

/// Put envelopes into Sigstore bundles.
///
/// Payload and signature stay as they are, so what verifies there is what was signed here; nothing is verified. A Sigstore
/// bundle has exactly one signature: an envelope with three gives three bundles. The key is named by its id, and whoever
/// verifies must have it. Each bundle is one JSON document on a line; with `--into` each is a file of its own, as Sigstore's
/// tools want it.
///
///   cdi export sigstore-bundle app.cwasm.intoto.jsonl --into bundles
///   cdi export sigstore-bundle app.cwasm.intoto.jsonl --id c777f9d3122d --out report.sigstore.json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(super) struct SigstoreBundle {
    /// The bundles
    #[arg(required = true)]
    bundles: Vec<PathBuf>,
    /// Only the statement with this id, or the one whose id begins so
    #[arg(long, value_name = "ID")]
    id: Option<IdPrefix>,
    #[command(flatten)]
    target: Target,
    /// The folder to make, with a file for each bundle
    #[arg(long, value_name = "FOLDER", conflicts_with = "out")]
    into: Option<PathBuf>,
}

/// A bundle with what it is called.
struct Wrapped {
    name: String,
    bundle: Vec<u8>,
}

impl SigstoreBundle {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        self.target.foresee()?;
        self.into.as_ref().map_or(Ok(()), cdi_store::foresee_new)?;
        let wrapped = self.wrapped(&read_bundles(&self.bundles)?)?;
        match &self.into {
            Some(folder) => {
                let files: Vec<_> = wrapped
                    .iter()
                    .map(|wrapped| (wrapped.name.as_str(), wrapped.bundle.as_slice(), 0o644))
                    .collect();
                new_folder::make(folder, &files)?;
                let bundles = count::of(wrapped.len(), "Sigstore bundle");
                terminal::line(format_args!("{bundles} in {}", terminal::path(folder)))?;
            }
            None => {
                let lines: Vec<Vec<u8>> = wrapped.into_iter().map(|wrapped| wrapped.bundle).collect();
                self.target.write(&lines, "Sigstore bundle")?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn wrapped(&self, bundles: &Bundles) -> Result<Vec<Wrapped>, Failure> {
        if let Some(none) = NoBundle::among(bundles).first() {
            return Err(none.failure().hint("nothing was written"));
        }
        let mut envelopes = Vec::new();
        for line in bundles.together.as_untrusted().lines() {
            match Envelope::parse(line.bytes) {
                Ok(envelope) => envelopes.push(envelope.into_untrusted()),
                // Somebody's garbage beside the one that was named changes nothing about it.
                Err(_) if self.id.is_some() => {}
                Err(error) => {
                    let (file, number) =
                        bundles.sources.of(line.number).unwrap_or((Path::new(""), line.number));
                    let place = format!("`{}`, line {number}", file.display());
                    return Err(Failure::from(error).about(place).hint("nothing was written"));
                }
            }
        }
        let id = |envelope: &Envelope| StatementId::of(envelope.payload());
        if let Some(prefix) = &self.id {
            let missing =
                || Failure::failed("statement-not-there", format!("no statement {prefix} in the bundle"));
            let wanted = prefix.among(envelopes.iter().map(id), missing)?;
            envelopes.retain(|envelope| id(envelope) == wanted);
        }
        let mut all = Vec::new();
        for envelope in &envelopes {
            for (bundle, (hint, _)) in envelope.to_sigstore()?.into_iter().zip(envelope.signatures()) {
                all.push(Wrapped { name: name(id(envelope), hint, all.len()), bundle });
            }
        }
        Ok(all)
    }
}

/// A file's name: what is signed, by whom if the envelope names a key, and a number that keeps names apart.
fn name(id: StatementId, hint: Option<&str>, number: usize) -> String {
    let key = hint
        .and_then(|hint| KeyId::parse(hint).ok())
        .map_or_else(String::new, |key| format!("-{}", key.short()));
    format!("{number:05}-{}{key}.sigstore.json", id.short())
}
