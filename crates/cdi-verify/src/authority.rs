//! Who may speak for a principal: its anchors, and the endorsements that hold at the time (rule M-CHAIN).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{Clock, Dated, Endorsement, KeyId, RevokedId, StatementId};

use crate::obstacle::Obstacle;
use crate::provenance::{Provenance, Signed};
use crate::revocation::{ListState, Revocations};
use crate::search::Chain;
use crate::trust::Trust;

/// How the absence of fresh revocation data is read. What holds under both readings is known; what holds under
/// `Generous` only could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// What its issuer may have revoked is absent.
    Strict,
    /// What its issuer is not known to have revoked is present.
    Generous,
}

/// An endorsement that holds, on its way from issuer to child.
pub(crate) struct Edge<'a> {
    pub(crate) endorsement: &'a Signed<Endorsement>,
    pub(crate) child: KeyId,
    /// Authorities other than the issuer that have revoked the endorsement or the child: no chain passes through both.
    pub(crate) far_revokers: BTreeSet<KeyId>,
}

/// How many authorities, and how many endorsements of each, an explanation looks at.
const NEAREST: usize = 16;

/// The authorities of a principal under one reading.
pub(crate) struct Authorities<'a> {
    pub(crate) trust: &'a Trust,
    pub(crate) revocations: &'a Revocations<'a>,
    pub(crate) clock: Clock,
    pub(crate) reading: Reading,
    edges: BTreeMap<KeyId, Vec<Edge<'a>>>,
    /// Every endorsement of a key, those that do not hold included.
    of_child: BTreeMap<KeyId, Vec<&'a Signed<Endorsement>>>,
    /// Authorities that have revoked something below others: a chain search must remember having passed them.
    pub(crate) far_revokers: BTreeSet<KeyId>,
    rooted: OnceCell<BTreeSet<KeyId>>,
}

impl<'a> Authorities<'a> {
    pub(crate) fn new(
        provenance: &'a Provenance,
        trust: &'a Trust,
        revocations: &'a Revocations<'a>,
        clock: Clock,
        reading: Reading,
    ) -> Self {
        let (edges, of_child, far_revokers) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let rooted = OnceCell::new();
        let mut authorities =
            Self { trust, revocations, clock, reading, edges, of_child, far_revokers, rooted };
        for endorsement in &provenance.endorsements {
            let child = endorsement.predicate().public_key.key_id();
            authorities.of_child.entry(child).or_default().push(endorsement);
            if revocations.standing.contains(&endorsement.issuer())
                && authorities.obstacle(endorsement).is_none()
            {
                let edge = authorities.edge(endorsement);
                authorities.far_revokers.extend(edge.far_revokers.iter().copied());
                authorities.edges.entry(endorsement.issuer()).or_default().push(edge);
            }
        }
        authorities
    }

    fn edge(&self, endorsement: &'a Signed<Endorsement>) -> Edge<'a> {
        let child = endorsement.predicate().public_key.key_id();
        let named = [RevokedId::Endorsement(endorsement.id()), RevokedId::Key(child)];
        let far_revokers = named.into_iter().flat_map(|id| self.revocations.revokers(id)).collect();
        Edge { endorsement, child, far_revokers }
    }

    /// The endorsements that `issuer` has given and that hold.
    pub(crate) fn edges(&self, issuer: KeyId) -> &[Edge<'a>] {
        self.edges.get(&issuer).map(Vec::as_slice).unwrap_or_default()
    }

    /// Why an endorsement does not hold, if it does not.
    pub(crate) fn obstacle(&self, endorsement: &Signed<Endorsement>) -> Option<Obstacle> {
        let predicate = endorsement.predicate();
        let child = RevokedId::Key(predicate.public_key.key_id());
        let what = || format!("endorsement of `{}`", predicate.name);
        self.dated(predicate, endorsement.id(), what)
            .or_else(|| self.signer(endorsement.issuer()))
            .or_else(|| self.revoked(endorsement.issuer(), RevokedId::Endorsement(endorsement.id())))
            .or_else(|| self.revoked(endorsement.issuer(), child))
    }

    /// Why a dated statement is not current, if it is not.
    pub(crate) fn dated(
        &self,
        dated: &impl Dated,
        statement: StatementId,
        what: impl Fn() -> String,
    ) -> Option<Obstacle> {
        let (now, not_before, not_after) = (self.clock.now(), dated.not_before(), dated.not_after());
        if !self.clock.has_started(not_before) {
            return Some(Obstacle::NotYetValid { statement, what: what(), not_before, now });
        }
        let ended = self.clock.has_ended(not_after);
        ended.then(|| Obstacle::Expired { statement, what: what(), not_after, now })
    }

    /// Why nothing that `authority` signed counts under this reading, if nothing does.
    pub(crate) fn signer(&self, authority: KeyId) -> Option<Obstacle> {
        if self.trust.terms().forbidden.authorities.contains(&authority) {
            return Some(Obstacle::ForbiddenAuthority { authority });
        }
        if self.revocations.has_revoked(authority, RevokedId::Key(authority)) {
            return self.revoked(authority, RevokedId::Key(authority));
        }
        match (self.revocations.state(authority), self.reading) {
            (ListState::Contradictory, _) => Some(Obstacle::ContradictoryLists { authority }),
            (ListState::Stale, Reading::Strict) => Some(Obstacle::StaleLists { authority }),
            (ListState::Stale, Reading::Generous) | (ListState::Fresh, _) => None,
        }
    }

    /// That `authority` has revoked `id`, if it has.
    pub(crate) fn revoked(&self, authority: KeyId, id: RevokedId) -> Option<Obstacle> {
        let successor = match id {
            RevokedId::Key(key) => self.revocations.successor(authority, key),
            RevokedId::Certification(_) | RevokedId::Endorsement(_) | RevokedId::Report(_) => None,
        };
        let revoked = self.revocations.has_revoked(authority, id);
        revoked.then_some(Obstacle::Revoked { by: authority, id, successor })
    }

    /// Why no chain of endorsements that hold leads to this key: those that do not hold on a way from an anchor to it, or none.
    /// Looks at the nearest few: this is for people. What strangers endorse is no way, whatever holds of it.
    pub(crate) fn chainless(&self, authority: KeyId) -> Vec<Obstacle> {
        let rooted = self.rooted.get_or_init(|| self.rooted());
        let mut causes = Vec::new();
        let mut seen = BTreeSet::new();
        let mut due = vec![authority];
        while let Some(child) = due.pop() {
            if causes.len() >= NEAREST || seen.len() >= NEAREST || !seen.insert(child) {
                continue;
            }
            let endorsed = self.of_child.get(&child).into_iter().flatten();
            for endorsement in endorsed.filter(|one| rooted.contains(&one.issuer())).take(NEAREST) {
                causes.extend(self.obstacle(endorsement));
                due.push(endorsement.issuer());
            }
        }
        if causes.is_empty() {
            causes.push(Obstacle::UntrustedAuthority { authority });
        }
        causes
    }

    /// Every key to which one comes from an anchor by endorsements, whether they hold or not.
    fn rooted(&self) -> BTreeSet<KeyId> {
        let mut children: BTreeMap<KeyId, Vec<KeyId>> = BTreeMap::new();
        for (child, endorsements) in &self.of_child {
            for endorsement in endorsements {
                children.entry(endorsement.issuer()).or_default().push(*child);
            }
        }
        let anchors = self.trust.terms().anchors.iter().flat_map(|anchor| &anchor.keys);
        let mut due: Vec<KeyId> = anchors.map(|key| key.key_id()).collect();
        let mut rooted = BTreeSet::new();
        while let Some(key) = due.pop() {
            if rooted.insert(key) {
                due.extend(children.get(&key).into_iter().flatten());
            }
        }
        rooted
    }

    /// What authorities on a chain have revoked of what stands below them on it, or of `named`, which hangs on its end.
    pub(crate) fn revoked_on(&self, chain: &Chain, named: &BTreeSet<RevokedId>) -> Vec<Obstacle> {
        let below = |position: usize| {
            let keys = chain.keys.iter().skip(position + 1).map(|key| RevokedId::Key(*key));
            let endorsements = chain.endorsements.iter().skip(position);
            keys.chain(endorsements.map(|id| RevokedId::Endorsement(*id))).chain(named.iter().copied())
        };
        let by = |(position, key): (usize, &KeyId)| {
            let by = *key;
            below(position).filter_map(move |id| self.revoked(by, id)).collect::<Vec<_>>()
        };
        chain.keys.iter().enumerate().flat_map(by).collect()
    }

    /// Every key that some chain of endorsements that hold ends in, whatever the property: all who could ever speak.
    pub(crate) fn reachable(&self) -> BTreeSet<KeyId> {
        let silent = |key: KeyId| self.revocations.has_revoked(key, RevokedId::Key(key));
        let edges = |key| if silent(key) { &[] } else { self.edges(key) };
        let mut reached = closure(self.trust, |key| {
            edges(key).iter().map(|edge| (edge.endorsement.predicate().scope.depth, edge.child)).collect()
        });
        reached.retain(|key| !silent(*key));
        reached
    }
}

/// Every key that some chain of endorsements ends in, their windows and depths regarded and nothing else.
///
/// Whose word it is that a report key was compromised is judged by this standing. If a revocation could take it away, a
/// revocation could bring reports back (rule M-COMPROMISE).
pub(crate) fn standing(provenance: &Provenance, trust: &Trust, clock: Clock) -> BTreeSet<KeyId> {
    let mut edges: BTreeMap<KeyId, Vec<(u8, KeyId)>> = BTreeMap::new();
    for endorsement in &provenance.endorsements {
        let predicate = endorsement.predicate();
        if clock.has_started(predicate.not_before) && !clock.has_ended(predicate.not_after) {
            let edge = (predicate.scope.depth, predicate.public_key.key_id());
            edges.entry(endorsement.issuer()).or_default().push(edge);
        }
    }
    closure(trust, |key| edges.get(&key).cloned().unwrap_or_default())
}

/// The keys that the anchors reach over edges of (depth, child), as deep as anchors and edges allow.
fn closure(trust: &Trust, edges: impl Fn(KeyId) -> Vec<(u8, KeyId)>) -> BTreeSet<KeyId> {
    let mut best: BTreeMap<KeyId, u8> = BTreeMap::new();
    let mut due: Vec<(u8, KeyId)> = Vec::new();
    for anchor in &trust.terms().anchors {
        due.extend(anchor.keys.iter().map(|key| (anchor.scope.depth, key.key_id())));
    }
    while let Some((depth, key)) = due.pop() {
        if best.get(&key).is_some_and(|&before| before >= depth) {
            continue;
        }
        best.insert(key, depth);
        if let Some(left) = depth.checked_sub(1) {
            due.extend(edges(key).into_iter().map(|(allowed, child)| (left.min(allowed), child)));
        }
    }
    best.into_keys().collect()
}
