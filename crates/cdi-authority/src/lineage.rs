//! Who made this authority one: the endorsements between it and its roots, and what they let it do.

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::PublicKey;
use cdi_types::{AnyStatement, Endorsement, KeyId, PropertyPattern, StatementId, Timestamp, limits};

use crate::record::{self, RecordLine};
use crate::{RecordError, RecordKind};

/// The endorsements above an authority. A root has none, and nothing bounds what it says: only policies do.
#[derive(Debug, Clone, Default)]
pub struct Lineage {
    links: Vec<Link>,
}

#[derive(Debug, Clone)]
struct Link {
    id: StatementId,
    endorsement: Endorsement,
    line: Vec<u8>,
}

impl Lineage {
    /// Reads what [`Self::import`] once took in. The signatures were verified then, against roots that are not kept.
    ///
    /// # Errors
    /// [`RecordError`] for a line that is no endorsement.
    pub fn parse(file: Vec<u8>) -> Result<Self, RecordError> {
        let links =
            record::lines(RecordKind::Lineage, file)?.into_iter().map(link).collect::<Result<_, _>>()?;
        Ok(Self { links })
    }

    /// Takes in further endorsements. On `Ok` each of them, old ones aside, is signed with a root's key or with one that
    /// such an endorsement leads to, none is over at `at`, and one of them is for `own`.
    ///
    /// # Errors
    /// [`RecordError`] names the endorsement that is not so.
    pub fn import(
        &self,
        own: KeyId,
        file: Vec<u8>,
        roots: &[PublicKey],
        at: Timestamp,
    ) -> Result<Self, RecordError> {
        let lines = record::lines(RecordKind::Lineage, file)?;
        let lines: Vec<_> =
            lines.into_iter().map(|line| Ok((link_of(&line)?, line))).collect::<Result<_, _>>()?;
        rooted(&lines, roots)?;
        let new: Vec<Link> = lines.into_iter().map(|(link, _)| link).collect();
        if let Some(over) = new.iter().find(|link| link.endorsement.not_after <= at) {
            let endorsement = &over.endorsement;
            let name = endorsement.name.to_string();
            return Err(RecordError::Expired { name, not_after: endorsement.not_after });
        }
        if !new.iter().any(|link| link.child() == own) {
            return Err(RecordError::NotForThisAuthority { key: own });
        }
        let mut links = self.links.clone();
        for link in new {
            if links.iter().all(|known| known.id != link.id) {
                links.push(link);
            }
        }
        Ok(Self { links })
    }

    /// Whether nobody endorsed this authority.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.links.is_empty()
    }

    /// The endorsements.
    pub fn endorsements(&self) -> impl Iterator<Item = (StatementId, &Endorsement)> {
        self.links.iter().map(|link| (link.id, &link.endorsement))
    }

    /// The envelopes, each without a line feed.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.links.iter().map(|link| link.line.as_slice())
    }

    /// The record's file.
    #[must_use]
    pub fn file(&self) -> Vec<u8> {
        record::to_file(self.lines())
    }

    /// The endorsements of `own` that are current at `at`.
    pub(crate) fn of(&self, own: KeyId, at: Timestamp) -> impl Iterator<Item = (StatementId, &Endorsement)> {
        self.endorsements().filter(move |(_, e)| e.public_key.key_id() == own && current(e, at))
    }

    /// Whether some chain of endorsements that are current at `at` lets `own` speak about all that `pattern` names, with
    /// `further` endorsements after its own.
    pub(crate) fn allows(
        &self,
        own: KeyId,
        pattern: &PropertyPattern,
        further: usize,
        at: Timestamp,
    ) -> bool {
        self.is_root() || self.reaches(own, pattern, further, at, &mut BTreeSet::new())
    }

    /// As [`Self::allows`], from a key upwards. A key that nobody here endorsed is a root. A chain has few keys, so
    /// this ends soon, cycles or not; and from one key, with as many below it, is looked once.
    fn reaches(
        &self,
        child: KeyId,
        pattern: &PropertyPattern,
        further: usize,
        at: Timestamp,
        seen: &mut BTreeSet<(KeyId, usize)>,
    ) -> bool {
        further < limits::AUTHORITY_CHAIN
            && seen.insert((child, further))
            && self.of(child, at).any(|(_, link)| {
                usize::from(link.scope.depth) >= further
                    && link.scope.properties.iter().any(|wide| contains(wide, pattern))
                    && (!self.links.iter().any(|above| above.child() == link.issuer)
                        || self.reaches(link.issuer, pattern, further + 1, at, seen))
            })
    }
}

impl Link {
    fn child(&self) -> KeyId {
        self.endorsement.public_key.key_id()
    }
}

fn current(endorsement: &Endorsement, at: Timestamp) -> bool {
    endorsement.not_before <= at && at < endorsement.not_after
}

/// Whether every property that `narrow` names is named by `wide`.
fn contains(wide: &PropertyPattern, narrow: &PropertyPattern) -> bool {
    match (wide, narrow) {
        (PropertyPattern::All, _) => true,
        (_, PropertyPattern::All) => false,
        (_, PropertyPattern::Exact(name)) => wide.matches(name),
        (PropertyPattern::Prefix(short), PropertyPattern::Prefix(long)) => {
            long.as_str().starts_with(short.as_str())
        }
        (PropertyPattern::Exact(_), PropertyPattern::Prefix(_)) => false,
    }
}

fn link(line: RecordLine) -> Result<Link, RecordError> {
    link_of(&line)
}

fn link_of(line: &RecordLine) -> Result<Link, RecordError> {
    let AnyStatement::Endorsement(statement) = &line.statement else { return Err(line.stray()) };
    Ok(Link { id: line.id, endorsement: statement.predicate().clone(), line: line.bytes.clone() })
}

/// Holds each endorsement to being signed by a root, or by a key that an endorsement which is so leads to.
fn rooted(lines: &[(Link, RecordLine)], roots: &[PublicKey]) -> Result<(), RecordError> {
    let mut known: BTreeMap<KeyId, PublicKey> = roots.iter().map(|key| (key.key_id(), key.clone())).collect();
    let mut open: Vec<&(Link, RecordLine)> = lines.iter().collect();
    loop {
        let before = open.len();
        let mut left = Vec::new();
        for pair in open {
            let (link, line) = pair;
            let Some(issuer) = known.get(&link.endorsement.issuer) else {
                left.push(pair);
                continue;
            };
            line.signed_by(issuer)?;
            let child =
                PublicKey::from_info(&link.endorsement.public_key).map_err(|error| line.unusable(&error))?;
            known.insert(child.key_id(), child);
        }
        match left.first() {
            None => return Ok(()),
            Some((link, _)) if left.len() == before => {
                return Err(RecordError::Unrooted { name: link.endorsement.name.to_string() });
            }
            Some(_) => open = left,
        }
    }
}

#[cfg(test)]
mod tests;
