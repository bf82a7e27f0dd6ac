//! `cdi import`.

mod answer;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_envelope::{Budget, Envelope, PublicKey};
use cdi_import::{Imported, Item};
use cdi_types::{KeyId, limits};
use clap::Args;

use self::answer::{Document, Statement, Unread};
use crate::answer::{Outputs, TABLES};
use crate::failure::{Failure, Kind};
use crate::passphrase::read_secret;

/// Say what others' provenance is good for here, and put it into a bundle.
///
/// Read are SLSA provenance (v1, v0.2), links of in-toto (v0.3, and metadata that was signed by itself), and collections of
/// Witness: in envelopes, one a line or laid out, in Sigstore bundles of every version, and in the lists of them that registries
/// answer with. Of each statement it is told who it names as its signer, what it says of a run, and what of that cannot be used,
/// with the code of each reason.
///
/// With `--out` each statement that a bundle can carry is added to one, byte for byte under its own signature; nothing is signed
/// here. By itself it proves nothing. A policy asks for it by type and key (`trust.evidence`), or for a property that a certified
/// inspector finds by it: `cdi-provenance-inspect`, which also verifies certificates of Sigstore.
///
///   cdi import app.sigstore.json
///   cdi import build.att.json --key builder.pub.pem --out app.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Import {
    /// The files, as other tools wrote them
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A public key (PEM): say which statements it has signed; may be given several times
    #[arg(long = "key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// The bundle to add to, which is made if it is missing
    #[arg(long, value_name = "BUNDLE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Outputs<TABLES>,
}

impl Import {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let keys = self.keys.iter().map(|path| key(path)).collect::<Result<Vec<_>, _>>()?;
        let mut document = Document::default();
        let mut lines = Vec::new();
        for path in &self.files {
            let file = cdi_store::read_bundle(path)?;
            for item in cdi_import::read(file.as_untrusted()) {
                lines.extend(taken(path, item, &keys, &mut document));
            }
        }
        if let Some(bundle) = self.out.as_ref().filter(|_| !lines.is_empty()) {
            let added = cdi_store::append_lines(bundle, &lines)?;
            document.added_to(bundle, added, lines.len());
        }
        self.output.say(&document)?;
        if document.is_of_use() {
            return Ok(ExitCode::SUCCESS);
        }
        Err(Failure::new(Kind::Failed, "import-nothing", "there is no statement that could be used")
            .hint("`cdi explain-code CODE` says what each reason above means"))
    }
}

/// Adds to the answer what is at one place of a file; the line of a bundle that carries it, if one can.
fn taken(path: &Path, item: Item, keys: &[PublicKey], document: &mut Document) -> Option<Vec<u8>> {
    let file = path.display().to_string();
    match item.outcome {
        Ok(imported) => {
            let signed_by = signed_by(&imported, keys);
            let (statement, line) = Statement::new(file, item.line, imported, signed_by);
            document.statements.push(statement);
            line
        }
        Err(error) => {
            let (code, reason) = (error.code(), error.to_string());
            document.unread.push(Unread { file, line: item.line, code, reason });
            None
        }
    }
}

/// Which of the keys have signed it.
fn signed_by(imported: &Imported, keys: &[PublicKey]) -> Vec<KeyId> {
    let envelope = imported.line.as_ref().and_then(|line| Envelope::parse(line).ok());
    let Some(envelope) = envelope.map(cdi_types::Unverified::into_untrusted) else { return Vec::new() };
    let mut budget = Budget::new(limits::ENVELOPE_SIGNATURES.saturating_mul(keys.len()));
    let signed = |key: &&PublicKey| envelope.verify_by(key, &mut budget).is_ok();
    keys.iter().filter(signed).map(PublicKey::key_id).collect()
}

fn key(path: &Path) -> Result<PublicKey, Failure> {
    let pem = read_secret(path)?;
    PublicKey::from_pem(&pem).map_err(|error| Failure::from(error).about(format!("`{}`", path.display())))
}
