//! What `cdi authority revoke` revokes, as the command line names it.

use cdi_authority::{Entry, Records, Signed};
use cdi_types::{KeyId, RevokedId, StatementId};
use clap::Args;

use crate::failure::Failure;
use crate::id_prefix::IdPrefix;

/// What to revoke: exactly one thing.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct What {
    /// A certification that this authority signed
    #[arg(long, value_name = "ID")]
    certification: Option<IdPrefix>,
    /// An endorsement that this authority signed
    #[arg(long, value_name = "ID")]
    endorsement: Option<IdPrefix>,
    /// A report, by its whole id
    #[arg(long, value_name = "ID")]
    report: Option<StatementId>,
    /// A key, of an authority or a tool
    #[arg(long, value_name = "KEYID")]
    key: Option<IdPrefix>,
}

impl What {
    /// The one that was given; clap has seen to it that there is one.
    pub(super) fn id(&self, records: &Records) -> Result<RevokedId, Failure> {
        if let Some(prefix) = &self.certification {
            let of = |entry: &&Entry| matches!(entry.signed, Signed::Certification(_));
            return signed(prefix, "certification", records, of).map(RevokedId::Certification);
        }
        if let Some(prefix) = &self.endorsement {
            let of = |entry: &&Entry| matches!(entry.signed, Signed::Endorsement(_));
            return signed(prefix, "endorsement", records, of).map(RevokedId::Endorsement);
        }
        if let Some(report) = self.report {
            return Ok(RevokedId::Report(report));
        }
        let prefix =
            self.key.as_ref().ok_or_else(|| Failure::failed("usage", "nothing to revoke was named"))?;
        key(prefix, records).map(RevokedId::Key)
    }
}

fn signed(
    prefix: &IdPrefix,
    kind: &str,
    records: &Records,
    of: impl Fn(&&Entry) -> bool,
) -> Result<StatementId, Failure> {
    let known = records.journal().entries().iter().filter(of).map(|entry| entry.id);
    prefix.whole_or_among(known, || {
        Failure::failed("revokes-unknown", format!("this authority has signed no {kind} `{prefix}`"))
            .hint("`cdi authority list DIR` prints the ids of all that this authority has signed")
    })
}

/// A key: any by its whole id, one that the authority has certified, endorsed or revoked by the beginning of its id.
pub(super) fn key(prefix: &IdPrefix, records: &Records) -> Result<KeyId, Failure> {
    let signed = records.journal().entries().iter().map(|entry| match &entry.signed {
        Signed::Certification(statement) => statement.predicate().report_key.key_id(),
        Signed::Endorsement(statement) => statement.predicate().public_key.key_id(),
    });
    let revoked = records.lists().newest().revoked.iter().filter_map(|entry| match entry.id {
        RevokedId::Key(key) => Some(key),
        _ => None,
    });
    prefix.whole_or_among(signed.chain(revoked).chain([records.key().key_id()]), || {
        Failure::failed("revokes-unknown", format!("this authority knows no key `{prefix}`"))
            .hint("a key that it has not certified or endorsed is named by all 64 digits of its id")
    })
}
