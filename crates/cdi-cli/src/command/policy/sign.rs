//! `cdi policy sign`.

use std::path::PathBuf;
use std::process::ExitCode;

use cdi_keys::seal;
use cdi_types::{
    Annotations, ArtifactDigest, DocumentBytes, Duration, Mode, PolicyEdition, Statement, Subject,
};
use clap::{Args, ValueEnum};

use super::document::{Document, Signing};
use crate::answer::Done;
use crate::failure::Failure;
use crate::passphrase::open_key;

/// The longest that an edition may last: two years, as a certification. A year is long for most.
const MOST: Duration = Duration::from_seconds((2 * 365 + 1) * 86_400);

/// Sign an edition of a policy, with the principal's policy key.
///
/// The document's bytes are signed as they are, with a version that counts up, the names of the deciders that the edition
/// is for, and a window. A decider that has the public key in its configuration takes it from the file that it names there,
/// or from bundles (`cdi bundle add`). With `--from` a later edition can be given out before it begins; `cdi verify --at`
/// shows what it will decide. `--mode` says what becomes of what the policy refuses, and nothing else can.
///
///   cdi policy sign provider.yaml --key provider.pem --version 3 --audience demo-host --for 90d --out provider.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment, disable_version_flag = true)]
pub(crate) struct Sign {
    /// The policy document
    document: PathBuf,
    #[command(flatten)]
    signing: Signing,
    /// The version: greater than that of every edition before
    #[arg(long, value_name = "N")]
    version: u64,
    /// What becomes of what the policy refuses
    #[arg(long, value_enum, default_value_t)]
    mode: ModeWord,
    /// Where to write the edition
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Modes, as the command line has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum ModeWord {
    /// It is refused
    #[default]
    Enforce,
    /// It is not, and every verdict warns of it
    Warn,
    /// It is not, and every verdict records it
    Audit,
}

impl From<ModeWord> for Mode {
    fn from(word: ModeWord) -> Self {
        match word {
            ModeWord::Enforce => Self::Enforce,
            ModeWord::Warn => Self::Warn,
            ModeWord::Audit => Self::Audit,
        }
    }
}

impl Sign {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let document = Document::read(&self.document, &self.signing.catalogues)?;
        let (not_before, not_after) = self.signing.window(MOST)?;
        let key = open_key(&self.signing.key, &self.signing.passphrase)?;
        let digest = document.policy.digest();
        let subject = Subject { path: None, digest: ArtifactDigest::File(digest.sha256()) };
        let edition = PolicyEdition {
            issuer: key.public_key().key_id(),
            principal: document.policy.principal().clone(),
            audience: self.signing.audience(),
            version: self.version,
            not_before,
            not_after,
            mode: self.mode.into(),
            document: DocumentBytes::new(document.bytes),
            annotations: Annotations::default(),
        };
        let sealed = seal(&Statement::new(vec![subject], edition)?, key.as_ref())?;
        cdi_store::write_new(&self.out, &[sealed.line.as_slice(), b"\n"].concat(), 0o644)?;
        let (principal, version) = (document.policy.principal(), self.version);
        let out = self.out.display();
        let done = Done::new(format!("version {version} of the policy of {principal}, in {out}"))
            .with("id", sealed.id)
            .with("document", digest)
            .with("key", key.public_key().key_id())
            .with("valid", format!("{not_before} to {not_after}"))
            .also("file", out);
        self.signing.output.say(&done)?;
        Ok(ExitCode::SUCCESS)
    }
}
