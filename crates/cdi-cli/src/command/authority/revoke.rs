//! `cdi authority revoke`.

use cdi_authority::{Records, revoke};
use cdi_types::{Duration, Revocation, RevocationReason, RevokedId, RunWindow, StatementId, Timestamp};
use clap::{Args, ValueEnum};

use super::beforehand::Beforehand;
use super::revoked::{self, What};
use super::signing::Signing;
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;

/// Revoke a certification, an endorsement, a report or a key.
///
/// Signs the next revocation list, which has all earlier entries and this one; entries never go away. Whoever decides
/// learns of it when the list reaches them: add it to bundles, publish it. Revoking a key for `key-compromise` takes
/// its reports' effect away, those named as survivors aside, and on each host those on which it had relied before the
/// time of `--since`. At this authority the key stays revoked all the same: a
/// survivor counts by the certifications of other authorities. Revoking the same thing again changes its reason or
/// survivors, but a compromise stays one, and its time never gets later. Of ids that this authority knows, reports that it
/// has countersigned among them, the first 8 or more digits will do; a key that it does not know is warned of. With
/// `--bundles` it is told before it is signed which artifacts would lose what by it (`cdi affected`).
///
///   cdi authority revoke acme --certification ID --reason vetting-withdrawn --out revocations.intoto.jsonl
///   cdi authority revoke acme --key KEYID --reason key-compromise --survivor REPORTID --out revocations.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Revoke {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    entry: EntryArguments,
    #[command(flatten)]
    beforehand: Beforehand,
    #[command(flatten)]
    signing: Signing,
}

/// What an entry says besides what is revoked, and how long the list lasts that it stands in.
#[derive(Args)]
pub(super) struct EntryArguments {
    /// Why
    #[arg(long, value_enum)]
    reason: ReasonWord,
    /// A report of the compromised key that stays good; may be repeated
    #[arg(long, value_name = "REPORTID")]
    survivor: Vec<StatementId>,
    /// Of a compromised report key, the earliest moment at which somebody else may have had it: a host that relied on a report
    /// before lets it stay
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// The key that takes the place of the revoked one: a hint, which gives no trust
    #[arg(long, value_name = "KEYID")]
    successor: Option<IdPrefix>,
    /// Of a report key, revoke only the runs that were going on from this time on
    #[arg(long, value_name = "TIME", requires = "ran_until")]
    ran_from: Option<Timestamp>,
    /// ... and before this time
    #[arg(long, value_name = "TIME", requires = "ran_from")]
    ran_until: Option<Timestamp>,
    /// How long the list lasts, at most 30d; by default as the authority was created with
    #[arg(long = "for", value_name = "TIME")]
    pub(super) length: Option<Duration>,
}

impl EntryArguments {
    /// The entry about `id`, of this date.
    pub(super) fn entry(
        &self,
        id: RevokedId,
        date: Timestamp,
        records: &Records,
    ) -> Result<Revocation, Failure> {
        if let Some(since) = self.since.filter(|since| *since > date) {
            let message = format!("a key is said to be compromised since {since}, and it is {date}");
            return Err(Failure::failed("revocation-since-late", message)
                .hint("say the earliest moment at which somebody else may have had the key"));
        }
        let successor = self.successor.as_ref().map(|key| revoked::key(key, records)).transpose()?;
        let runs = self.ran_from.zip(self.ran_until).map(|(from, until)| RunWindow { from, until });
        let (reason, survivors) = (self.reason.into(), self.survivor.clone());
        Ok(Revocation { id, reason, runs, since: self.since, date, survivors, successor })
    }
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

impl Revoke {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let date = self.signing.at.time()?;
        let (id, entry) = {
            let folder = self.signing.folder()?;
            let records = folder.records()?;
            let id = self.what.id(&folder, &records)?;
            revoked::warn(id, &records);
            (id, self.entry.entry(id, date, &records)?)
        };
        self.beforehand.show(&self.signing, &entry)?;
        self.signing.list(self.entry.length, |records, window, signer| {
            Ok((format!("revoked the {id}"), revoke(records, entry, window, signer)?))
        })
    }
}
