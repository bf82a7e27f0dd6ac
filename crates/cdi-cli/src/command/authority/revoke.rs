//! `cdi authority revoke`.

use std::path::PathBuf;

use cdi_authority::{Window, revoke};
use cdi_types::{Duration, KeyId, Revocation, RevocationReason, RevokedId, StatementId};
use clap::{Args, ValueEnum};

use super::folder::Folder;
use super::outcome::Outcome;
use super::publish::deliver;
use super::{At, files};
use crate::arguments::Output;
use crate::failure::Failure;
use crate::passphrase::PassphraseSource;

/// Revoke a certification, an endorsement, a report or a key.
///
/// Signs the next revocation list, which has all earlier entries and this one; entries never go away. Whoever decides
/// learns of it when the list reaches them: add it to bundles, publish it. Revoking a key for `key-compromise` takes
/// its reports' effect away, those named as survivors aside. Revoking the same thing again changes its reason or
/// survivors, but a compromise stays one.
///
///   cdi authority revoke acme --certification ID --reason vetting-withdrawn --out revocations.intoto.jsonl
///   cdi authority revoke acme --key KEYID --reason key-compromise --survivor REPORTID --out revocations.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Revoke {
    /// The authority's folder
    dir: PathBuf,
    #[command(flatten)]
    what: What,
    /// Why
    #[arg(long, value_enum)]
    reason: ReasonWord,
    /// A report of the compromised key that stays good; may be repeated
    #[arg(long, value_name = "REPORTID", requires = "key")]
    survivor: Vec<StatementId>,
    /// The key that takes the place of the revoked one: a hint, which gives no trust
    #[arg(long, value_name = "KEYID", requires = "key")]
    successor: Option<KeyId>,
    /// How long the list lasts, at most 30d; by default as the authority was created with
    #[arg(long = "for", value_name = "TIME")]
    length: Option<Duration>,
    /// Where to write the new list; an older list of this authority is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    at: At,
    /// How to show the result
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

/// What to revoke: exactly one thing.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct What {
    /// A certification that this authority signed
    #[arg(long, value_name = "ID")]
    certification: Option<StatementId>,
    /// An endorsement that this authority signed
    #[arg(long, value_name = "ID")]
    endorsement: Option<StatementId>,
    /// A report
    #[arg(long, value_name = "ID")]
    report: Option<StatementId>,
    /// A key, of an authority or a tool
    #[arg(long, value_name = "KEYID")]
    key: Option<KeyId>,
}

/// Reasons, as the command line has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReasonWord {
    /// No reason is given
    Unspecified,
    /// Somebody other than its holder may have used the key
    KeyCompromise,
    /// Somebody else may have used the authority's own key
    AuthorityCompromise,
    /// Something newer takes its place
    Superseded,
    /// The tool or authority is no longer in operation
    CessationOfOperation,
    /// The tool was found not to do what was certified
    VettingWithdrawn,
}

impl From<ReasonWord> for RevocationReason {
    fn from(word: ReasonWord) -> Self {
        match word {
            ReasonWord::Unspecified => Self::Unspecified,
            ReasonWord::KeyCompromise => Self::KeyCompromise,
            ReasonWord::AuthorityCompromise => Self::AuthorityCompromise,
            ReasonWord::Superseded => Self::Superseded,
            ReasonWord::CessationOfOperation => Self::CessationOfOperation,
            ReasonWord::VettingWithdrawn => Self::VettingWithdrawn,
        }
    }
}

impl What {
    /// The one that was given; clap has seen to it that there is one.
    fn id(&self) -> Result<RevokedId, Failure> {
        let key = || self.key.map(RevokedId::Key);
        let report = || self.report.map(RevokedId::Report).or_else(key);
        let endorsement = || self.endorsement.map(RevokedId::Endorsement).or_else(report);
        let id = self.certification.map(RevokedId::Certification).or_else(endorsement);
        id.ok_or_else(|| Failure::failed("usage", "nothing to revoke was named"))
    }
}

impl Revoke {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let folder = Folder::open(&self.dir)?;
        folder.refuse_as_output(&self.out)?;
        files::refuse_foreign_output(&self.out, folder.key.key_id())?;
        let (id, at) = (self.what.id()?, self.at.time());
        let window = Window::lasting(at, folder.list_for(self.length)?)?;
        let entry = Revocation {
            id,
            reason: self.reason.into(),
            date: at,
            survivors: self.survivor,
            successor: self.successor,
        };
        let signer = folder.signer(&self.passphrase)?;
        let locked = folder.lock()?;
        let records = locked.records()?;
        let sealed = revoke(&records, entry, window, &signer)?;
        deliver(&locked, &records, &sealed, &self.out)?;
        let serial = records.lists().newest().serial.saturating_add(1);
        Outcome::new(format!("revoked the {id}"), &sealed, serial, window, Some(&self.out)).say(self.output)
    }
}
