//! What an authority has signed, as people and programs see it.

use cdi_authority::{Entry, Records, Signed};
use cdi_types::{KeyId, RevokedId, StatementId, Timestamp};
use serde::Serialize;

/// One line of the list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) id: StatementId,
    pub(super) serial: u64,
    pub(super) kind: &'static str,
    /// What it is about, in a few words.
    pub(super) about: String,
    /// The certified report key or the endorsed authority's key.
    pub(super) key: KeyId,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) state: &'static str,
}

impl Row {
    pub(super) fn of(entry: &Entry, records: &Records, at: Timestamp) -> Self {
        let (id, lists) = (entry.id, records.lists());
        let state = |revoked: bool, key: KeyId, from, until| {
            if revoked {
                "revoked"
            } else if lists.entry(RevokedId::Key(key)).is_some() {
                "key revoked"
            } else if at < from {
                "not yet valid"
            } else if at >= until {
                "expired"
            } else {
                "valid"
            }
        };
        match &entry.signed {
            Signed::Certification(statement) => {
                let c = statement.predicate();
                let (key, revoked) =
                    (c.report_key.key_id(), lists.entry(RevokedId::Certification(id)).is_some());
                Self {
                    id,
                    serial: c.serial,
                    kind: "certification",
                    about: format!("{} {} by {}", c.tool.name, c.tool.version, c.tool.supplier),
                    key,
                    not_before: c.not_before,
                    not_after: c.not_after,
                    state: state(revoked, key, c.not_before, c.not_after),
                }
            }
            Signed::Endorsement(statement) => {
                let e = statement.predicate();
                let (key, revoked) =
                    (e.public_key.key_id(), lists.entry(RevokedId::Endorsement(id)).is_some());
                let scope: Vec<String> = e.scope.properties.iter().map(ToString::to_string).collect();
                Self {
                    id,
                    serial: e.serial,
                    kind: "endorsement",
                    about: format!("{} for {}, depth {}", e.name, scope.join(", "), e.scope.depth),
                    key,
                    not_before: e.not_before,
                    not_after: e.not_after,
                    state: state(revoked, key, e.not_before, e.not_after),
                }
            }
        }
    }
}
