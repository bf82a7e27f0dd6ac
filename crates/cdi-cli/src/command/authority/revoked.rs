//! What `cdi authority revoke` revokes, as the command line names it.

use cdi_authority::{Entry, Records, Signed};
use cdi_types::{KeyId, RevokedId, StatementId};
use clap::Args;

use super::folder::Folder;
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::terminal;

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
    /// A report: by its whole id, or one that this authority has countersigned
    #[arg(long, value_name = "ID")]
    report: Option<IdPrefix>,
    /// A key, of an authority or a tool
    #[arg(long, value_name = "KEYID")]
    key: Option<IdPrefix>,
}

impl What {
    /// The one that was given; clap has seen to it that there is one.
    pub(super) fn id(&self, folder: &Folder, records: &Records) -> Result<RevokedId, Failure> {
        if let Some(prefix) = &self.certification {
            let of = |entry: &&Entry| matches!(entry.signed, Signed::Certification(_));
            return signed(prefix, "certification", records, of).map(RevokedId::Certification);
        }
        if let Some(prefix) = &self.endorsement {
            let of = |entry: &&Entry| matches!(entry.signed, Signed::Endorsement(_));
            return signed(prefix, "endorsement", records, of).map(RevokedId::Endorsement);
        }
        if let Some(prefix) = &self.report {
            let missing = || {
                let message = format!("this authority has countersigned no report `{prefix}`");
                Failure::failed("revokes-unknown", message)
                    .hint("a report that it has not countersigned is named by all 64 digits of its id")
            };
            return prefix.whole_or_among(folder.countersigned()?, missing).map(RevokedId::Report);
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

/// Warns of what is likely not meant: a key of which the authority knows nothing, and its own. An entry stays for ever.
pub(super) fn warn(id: RevokedId, records: &Records) {
    let RevokedId::Key(key) = id else { return };
    let known = || known_keys(records).any(|known| known == key);
    let failure = if key == records.key().key_id() {
        Failure::failed("revokes-own-key", "this is the authority's own key, and whoever has it can sign lists too").hint(
            "a new key says again what it said with `cdi authority succeed`; its parent authority revokes the old one, and \
             policies take it out with `cdi trust remove key`",
        )
    } else if known() {
        return;
    } else {
        let message = format!(
            "this authority has neither certified nor endorsed the key `{key}`, and an entry stays for ever"
        );
        Failure::failed("revokes-stranger", message)
            .hint("`cdi authority list DIR` prints the keys that it has certified and endorsed")
    };
    terminal::warning(&failure);
}

fn known_keys(records: &Records) -> impl Iterator<Item = KeyId> {
    records.journal().entries().iter().map(|entry| match &entry.signed {
        Signed::Certification(statement) => statement.predicate().report_key.key_id(),
        Signed::Endorsement(statement) => statement.predicate().public_key.key_id(),
    })
}

/// A key: any by its whole id, one that the authority has certified, endorsed or revoked by the beginning of its id.
pub(super) fn key(prefix: &IdPrefix, records: &Records) -> Result<KeyId, Failure> {
    let revoked = records.lists().newest().revoked.iter().filter_map(|entry| match entry.id {
        RevokedId::Key(key) => Some(key),
        _ => None,
    });
    prefix.whole_or_among(known_keys(records).chain(revoked).chain([records.key().key_id()]), || {
        Failure::failed("revokes-unknown", format!("this authority knows no key `{prefix}`"))
            .hint("a key that it has not certified or endorsed is named by all 64 digits of its id")
    })
}
