//! `cdi policy waive`.

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_keys::seal;
use cdi_types::{Annotations, ArtifactDigest, Duration, Name, Statement, Subject, Waiver};
use clap::Args;

use super::document::{Document, Signing};
use crate::answer::Done;
use crate::failure::Failure;
use crate::passphrase::open_key;
use crate::terminal;

/// The longest that a waiver may last. What is waived for longer is no exception.
const MOST: Duration = Duration::from_seconds(90 * 86_400);

/// Excuse an artifact from parts of a policy, for a time.
///
/// The waiver is signed by the principal's policy key, is about this very document, these artifacts and these deciders, and
/// ends by itself. It excuses requirements as a verdict names them: a part of `require`, or `complete history`. It reaches
/// a decider in a bundle (`cdi bundle add`) or in the configuration's file of the policy. Every verdict shows what was
/// waived, until when, and why.
///
///   cdi policy waive provider.yaml --key provider.pem --artifact app.cwasm --requirement WASM_VALIDATED \
///       --reason 'inspector is being repaired' --audience demo-host --for 7d --out waiver.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Waive {
    /// The policy document
    document: PathBuf,
    #[command(flatten)]
    signing: Signing,
    /// An artifact that is excused: a file; may be repeated
    #[arg(long, value_name = "FILE", required = true)]
    artifact: Vec<PathBuf>,
    /// What it is excused from, in the words of a verdict; may be repeated
    #[arg(long, value_name = "TEXT", required = true)]
    requirement: Vec<String>,
    /// Why: every verdict shows it
    #[arg(long, value_name = "TEXT", value_parser = Name::parse)]
    reason: Name,
    /// Where to write the waiver
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Waive {
    pub(crate) fn run(mut self) -> Result<ExitCode, Failure> {
        let document = Document::read(&self.document, &self.signing.catalogues)?;
        self.requirement.sort();
        self.requirement.dedup();
        let known = document.policy.waivable();
        if let Some(wrong) = self.requirement.iter().find(|wanted| !known.contains(wanted)) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let message = format!("the policy has no requirement `{}`", terminal::plain(wrong));
            return Err(Failure::failed("waiver-of-nothing", message).known(
                "requirements of the policy",
                wrong,
                &known,
            ));
        }
        let (not_before, not_after) = self.signing.window(MOST)?;
        let artifacts = self.artifact.iter().map(|path| Ok(cdi_store::artifact_digest(path)?));
        let mut artifacts = artifacts.collect::<Result<Vec<_>, Failure>>()?;
        artifacts.sort();
        artifacts.dedup();
        let key = open_key(&self.signing.key, &self.signing.passphrase)?;
        let subject = Subject { path: None, digest: ArtifactDigest::File(document.policy.digest().sha256()) };
        let waiver = Waiver {
            issuer: key.public_key().key_id(),
            principal: document.policy.principal().clone(),
            audience: self.signing.audience(),
            not_before,
            not_after,
            artifacts,
            requirements: self.requirement.clone(),
            reason: self.reason,
            annotations: Annotations::default(),
        };
        let sealed = seal(&Statement::new(vec![subject], waiver)?, key.as_ref())?;
        cdi_store::write_new(&self.out, &[sealed.line.as_slice(), b"\n"].concat(), 0o644)?;
        let (waived, out) = (self.requirement.join(", "), self.out.display());
        let done = Done::new(format!("waived {waived} until {not_after}, in {out}"))
            .with("id", sealed.id)
            .with("key", key.public_key().key_id())
            .also("file", out);
        self.signing.output.say(&done)?;
        Ok(ExitCode::SUCCESS)
    }
}
