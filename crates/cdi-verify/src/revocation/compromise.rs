//! Report keys that are compromised, and their reports that stay all the same (rule M-COMPROMISE).

use std::collections::btree_map::Entry::{Occupied, Vacant};
use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{Clock, KeyId, Report, Revocation, RevocationList, RevokedId, StatementId, Timestamp};

use super::Revocations;
use crate::provenance::{Provenance, Signed};
use crate::suppose::{Supposition, Thing};

/// Before this nothing was seen: the moment of a compromise of which nobody knows since when.
const UNKNOWN: Timestamp = Timestamp::from_unix(0);

/// What an authority says of a report key that is compromised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compromise {
    /// The reports that stay, by the newest list.
    survivors: BTreeSet<StatementId>,
    /// The earliest moment, of all lists, at which somebody else may have had the key.
    since: Timestamp,
}

impl Compromise {
    /// Nothing is said for any report.
    const WHOLE: Self = Self { survivors: BTreeSet::new(), since: UNKNOWN };

    /// What one entry says.
    fn of(entry: &Revocation) -> Self {
        let survivors = entry.survivors.iter().copied().collect();
        Self { survivors, since: entry.since.unwrap_or(UNKNOWN) }
    }
}

/// By what a report stays although its key is compromised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spared {
    /// The authority names it as a survivor.
    Named,
    /// The decider relied on it before anybody else had the key.
    Seen {
        /// When it first did, by its own clock.
        at: Timestamp,
        /// The earliest moment at which somebody else may have had the key, as the authority says.
        since: Timestamp,
    },
}

/// That a report stays although an authority says that its key is compromised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Survival {
    /// The authority that says so.
    pub authority: KeyId,
    /// By what the report stays.
    pub by: Spared,
}

/// Of each report key that is compromised, what those say who certified it.
pub(super) type Compromises = BTreeMap<KeyId, BTreeMap<KeyId, Compromise>>;

impl Revocations<'_> {
    /// Works out which report keys are compromised, and what each authority of this principal says that certified it.
    pub(super) fn with_compromises(mut self, provenance: &Provenance) -> Self {
        let mut told = self.listed_compromises();
        if let Some(Supposition::NotRevoked(things)) = self.supposition {
            told.retain(|key, _| !things.contains(&Thing::Listed(RevokedId::Key(*key))));
        }
        let supposed: BTreeSet<KeyId> = match self.supposition {
            Some(Supposition::Revoked(things)) => things.iter().filter_map(compromised_key).collect(),
            Some(Supposition::NotRevoked(_) | Supposition::Listed { .. }) | None => BTreeSet::new(),
        };
        if let Some(Supposition::Listed { by, entry }) = self.supposition {
            listed_next(&mut told, *by, entry);
        }
        if told.is_empty() && supposed.is_empty() {
            return self;
        }
        for certification in &provenance.certifications {
            let (key, certifier) = (certification.predicate().report_key.key_id(), certification.issuer());
            if !self.standing.contains(&certifier) {
                continue;
            }
            let of_key = told.get_mut(&key).and_then(|of_key| of_key.remove(&certifier));
            let compromise = if supposed.contains(&key) { Some(Compromise::WHOLE) } else { of_key };
            if let Some(compromise) = compromise {
                self.compromises.entry(key).or_default().insert(certifier, compromise);
            }
        }
        self
    }

    /// What the lists of each authority say.
    fn listed_compromises(&self) -> Compromises {
        let mut told = Compromises::new();
        for (authority, lists) in self.lists.iter().filter(|(authority, _)| self.standing.contains(authority))
        {
            for (key, compromise) in said_by(lists) {
                told.entry(key).or_default().insert(*authority, compromise);
            }
        }
        told
    }

    /// Who says that the report's key is compromised without sparing the report; or else by what it stays, authority by
    /// authority.
    pub(crate) fn fate(&self, report: &Signed<Report>) -> Result<Vec<Survival>, KeyId> {
        let said = self.compromises.get(&report.issuer()).into_iter().flatten();
        // The last one, so that who is named does not hang on which of them spare it.
        let spared = said.rev().map(|(authority, compromise)| {
            let by = self.spared(compromise, report.id()).ok_or(*authority)?;
            Ok(Survival { authority: *authority, by })
        });
        spared.collect()
    }

    /// The host's clock may be behind the authority's, and behind its own of the last decision, by the allowance: what was
    /// seen so shortly before is not known to have been seen before.
    fn spared(&self, compromise: &Compromise, report: StatementId) -> Option<Spared> {
        if compromise.survivors.contains(&report) {
            return Some(Spared::Named);
        }
        let since = compromise.since;
        let at = self.vantage.first_seen(report)?;
        (at.after(Clock::SKEW) < since).then_some(Spared::Seen { at, since })
    }
}

/// What the lists of one authority say together. Only its newest list tells who survives, and where two are the newest, both
/// must; since when a key is compromised, all of them tell, and the earliest counts.
fn said_by(lists: &[&Signed<RevocationList>]) -> BTreeMap<KeyId, Compromise> {
    let highest = lists.iter().map(|list| list.predicate().serial).max();
    let (newest, older): (Vec<&Signed<RevocationList>>, Vec<_>) =
        lists.iter().copied().partition(|list| Some(list.predicate().serial) == highest);
    let mut said: BTreeMap<KeyId, (usize, Compromise)> = BTreeMap::new();
    for (key, entry) in newest.iter().flat_map(|list| compromises(&list.predicate().revoked)) {
        let one = Compromise::of(entry);
        match said.entry(key) {
            Vacant(place) => drop(place.insert((1, one))),
            Occupied(mut place) => {
                let (times, known) = place.get_mut();
                *times += 1;
                known.survivors.retain(|survivor| one.survivors.contains(survivor));
                known.since = known.since.min(one.since);
            }
        }
    }
    for (times, known) in said.values_mut() {
        if *times < newest.len() {
            known.survivors.clear();
        }
    }
    for (key, entry) in older.iter().flat_map(|list| compromises(&list.predicate().revoked)) {
        let one = Compromise { survivors: BTreeSet::new(), ..Compromise::of(entry) };
        let (_, known) = said.entry(key).or_insert_with(|| (0, one.clone()));
        known.since = known.since.min(one.since);
    }
    said.into_iter().map(|(key, (_, compromise))| (key, compromise)).collect()
}

/// The next list of an authority has all that its newest has, and this entry.
fn listed_next(told: &mut Compromises, by: KeyId, entry: &Revocation) {
    let RevokedId::Key(key) = entry.id else { return };
    let known = told.get_mut(&key).and_then(|of_key| of_key.get_mut(&by));
    match (known, entry.is_compromise()) {
        (None, false) => {}
        (None, true) => drop(told.entry(key).or_default().insert(by, Compromise::of(entry))),
        // A compromise stays one, and the newest list would name no survivors.
        (Some(known), false) => known.survivors.clear(),
        (Some(known), true) => {
            let next = Compromise::of(entry);
            *known = Compromise { since: known.since.min(next.since), ..next };
        }
    }
}

fn compromises(entries: &[Revocation]) -> impl Iterator<Item = (KeyId, &Revocation)> {
    entries.iter().filter(|entry| entry.is_compromise()).filter_map(|entry| match entry.id {
        RevokedId::Key(key) => Some((key, entry)),
        RevokedId::Certification(_) | RevokedId::Endorsement(_) | RevokedId::Report(_) => None,
    })
}

fn compromised_key(thing: &Thing) -> Option<KeyId> {
    match thing {
        Thing::Listed(RevokedId::Key(key)) => Some(*key),
        Thing::Listed(_) | Thing::Tool(_) | Thing::Origin(_) | Thing::OriginKey(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_more_never_makes_a_compromise_later() {
        let (key, by) = (KeyId::of(b"key"), KeyId::of(b"by"));
        let entry = |reason: &str, since: &str| -> Revocation {
            let text = format!(
                r#"{{"id": {{"key": "{key}"}}, "date": "2026-05-02T00:00:00Z", "reason": "{reason}"{since}}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let compromise = |day| entry("key-compromise", &format!(r#", "since": "2026-05-0{day}T00:00:00Z""#));
        let mut told = Compromises::new();
        let mut since = |entry: &Revocation| {
            listed_next(&mut told, by, entry);
            told.get(&key).and_then(|of_key| of_key.get(&by)).map(|known| known.since.to_string())
        };
        let of = |day| Some(format!("2026-05-0{day}T00:00:00Z"));
        assert_eq!(since(&entry("unspecified", "")), None);
        for (listed, counts) in [(2, 2), (3, 2), (1, 1)] {
            assert_eq!(since(&compromise(listed)), of(counts), "{listed}");
        }
        assert_eq!(since(&entry("unspecified", "")), of(1));
    }
}
