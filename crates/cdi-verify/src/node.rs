//! Which reports of nodes count (rules V-NODE, M-NODE).

use std::collections::BTreeMap;

use cdi_envelope::PublicKey;
use cdi_types::{ArtifactDigest, Clock, KeyId, NodeReport, RevokedId, StatementId, Timestamp};

use crate::facts::{Answer, Proof};
use crate::miss::{Arrivals, Obstacles};
use crate::obstacle::Obstacle;
use crate::provenance::{Provenance, Signed, Verified};
use crate::revocation::{ListState, Revocations};
use crate::trust::Trust;

/// Why no report of a node counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeFault {
    /// The newest one has ended.
    #[error("the newest report of the node `{name}`, {serial}, was valid until {until}")]
    Ended {
        /// The node's name, as it says itself.
        name: String,
        /// The report's serial.
        serial: u64,
        /// When it ended.
        until: Timestamp,
    },
    /// None has begun.
    #[error("no report of the node `{name}` is valid before {from}")]
    NotBegun {
        /// The node's name, as it says itself.
        name: String,
        /// When the first one begins.
        from: Timestamp,
    },
    /// Two of one serial say different things.
    #[error("two reports of the node `{name}` have the serial {serial}: {one} and {other}")]
    Contradictory {
        /// The node's name, as it says itself.
        name: String,
        /// The serial.
        serial: u64,
        /// The one.
        one: StatementId,
        /// The other.
        other: StatementId,
    },
    /// An older one than this decider has seen.
    #[error("the newest report of the node `{name}` is {serial}, and this host has seen {seen}")]
    RolledBack {
        /// The node's name, as it says itself.
        name: String,
        /// The report's serial.
        serial: u64,
        /// The serial that was seen.
        seen: u64,
    },
    /// Two of the serial that this decider has seen last say different things.
    #[error("a report of the node `{name}` with the serial {serial} contradicts one that this host has seen")]
    Contradicted {
        /// The node's name, as it says itself.
        name: String,
        /// The serial.
        serial: u64,
    },
}

/// The newest report of a node that a decider has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenNode {
    /// Its serial.
    pub serial: u64,
    /// Its id; `None` if there were two of this serial that say different things.
    pub report: Option<StatementId>,
}

impl NodeFault {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Ended { .. } => "node-expired",
            Self::NotBegun { .. } => "node-not-yet-valid",
            Self::Contradictory { .. } | Self::Contradicted { .. } => "node-contradictory",
            Self::RolledBack { .. } => "node-rolled-back",
        }
    }
}

/// For each node key that has signed a report: the one that counts now, or why none does. The greatest serial among those
/// that have begun takes the place of all others, also once it has ended: to show an older one again brings nothing back, nor
/// does it where the decider has `seen` a newer one and that is withheld now.
#[must_use]
pub fn nodes_in_force<'p>(
    provenance: &'p Verified<Provenance>,
    seen: &BTreeMap<KeyId, SeenNode>,
    clock: Clock,
) -> BTreeMap<KeyId, Result<&'p Signed<NodeReport>, NodeFault>> {
    let each = of_nodes(provenance).into_iter();
    each.filter_map(|(key, reports)| Some((key, counts(&reports, seen.get(&key), clock)?))).collect()
}

/// What a decider remembers of the nodes that have reported: the newest report of each that has begun, whether it counts or not.
#[must_use]
pub fn nodes_to_remember(provenance: &Verified<Provenance>, clock: Clock) -> BTreeMap<KeyId, SeenNode> {
    let each = of_nodes(provenance).into_iter();
    each.filter_map(|(key, reports)| Some((key, newest(&reports, clock)?.seen()))).collect()
}

fn of_nodes(provenance: &Verified<Provenance>) -> BTreeMap<KeyId, Vec<&Signed<NodeReport>>> {
    let mut of_key: BTreeMap<KeyId, Vec<&Signed<NodeReport>>> = BTreeMap::new();
    for report in &provenance.get().nodes {
        of_key.entry(report.issuer()).or_default().push(report);
    }
    of_key
}

/// A report of one node with the greatest serial of those that have begun, and another of that serial if one says
/// something else.
struct Newest<'a> {
    report: &'a Signed<NodeReport>,
    other: Option<StatementId>,
}

impl Newest<'_> {
    fn seen(&self) -> SeenNode {
        let report = self.other.is_none().then(|| self.report.id());
        SeenNode { serial: self.report.predicate().serial, report }
    }
}

/// `None` where none has begun.
fn newest<'a>(reports: &[&'a Signed<NodeReport>], clock: Clock) -> Option<Newest<'a>> {
    let begun = reports.iter().filter(|report| clock.has_started(report.predicate().not_before));
    let report = begun.clone().max_by_key(|report| report.predicate().serial)?;
    let mut same = begun.filter(|one| one.predicate().serial == report.predicate().serial);
    let other = same.find(|one| one.id() != report.id()).map(|one| one.id());
    Some(Newest { report, other })
}

/// The report of one node that counts; `None` where there is none at all.
fn counts<'a>(
    reports: &[&'a Signed<NodeReport>],
    seen: Option<&SeenNode>,
    clock: Clock,
) -> Option<Result<&'a Signed<NodeReport>, NodeFault>> {
    let name = |report: &Signed<NodeReport>| report.predicate().name.to_string();
    let Some(Newest { report, other }) = newest(reports, clock) else {
        let first = reports.iter().min_by_key(|report| report.predicate().not_before)?;
        return Some(Err(NodeFault::NotBegun { name: name(first), from: first.predicate().not_before }));
    };
    let (name, serial) = (name(report), report.predicate().serial);
    if let Some(other) = other {
        let (one, other) = (report.id().min(other), report.id().max(other));
        return Some(Err(NodeFault::Contradictory { name, serial, one, other }));
    }
    match seen {
        Some(seen) if seen.serial > serial => {
            return Some(Err(NodeFault::RolledBack { name, serial, seen: seen.serial }));
        }
        Some(seen) if seen.serial == serial && seen.report != Some(report.id()) => {
            return Some(Err(NodeFault::Contradicted { name, serial }));
        }
        Some(_) | None => {}
    }
    let until = report.predicate().not_after;
    if clock.has_ended(until) {
        return Some(Err(NodeFault::Ended { name, serial, until }));
    }
    Some(Ok(report))
}

/// Whether no authority that stands for the principal has revoked the node with this key (rule M-NODE). A key is revoked by
/// name, and nothing of a node rests on an authority's chain, so that whoever the principal trusts for anything can warn it
/// of a node; this takes places away and gives none. Where the policy says how fresh lists must be, all that its anchors can
/// have said is waited for: who leaves a list out gains nothing. That an endorsement is left out cannot be seen, so that
/// those who rest on one can warn and are not waited for.
pub(crate) fn node(
    key: KeyId,
    artifact: ArtifactDigest,
    trust: &Trust,
    revocations: &Revocations<'_>,
) -> Answer {
    let id = RevokedId::Key(key);
    let at = |obstacle| (obstacle, artifact);
    let revoked = revocations
        .revokers(id)
        .map(|by| at(Obstacle::Revoked { by, id, successor: revocations.successor(by, key) }));
    let revoked: Vec<_> = revoked.collect();
    if !revoked.is_empty() {
        return Answer::NotShown(Obstacles::new(revoked, &Arrivals::new()));
    }
    let anchors = trust.terms().anchors.iter().flat_map(|anchor| &anchor.keys);
    let untold = anchors.map(PublicKey::key_id).filter_map(|authority| match revocations.state(authority) {
        ListState::Fresh => None,
        ListState::Stale => Some(at(Obstacle::StaleLists { authority })),
        ListState::Contradictory => Some(at(Obstacle::ContradictoryLists { authority })),
    });
    let untold: Vec<_> = untold.collect();
    if untold.is_empty() {
        Answer::Shown(Proof::default())
    } else {
        Answer::CouldNotTell(Obstacles::new(untold, &Arrivals::new()))
    }
}
