//! Which revocation lists a decider should remember (rule M-MEMORY): the newest of each authority that could speak for one
//! of its principals, and older ones that say something which the newest does not.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{Clock, KeyId, RevocationList, RevokedId, RunWindow, StatementId, Timestamp, limits};

use crate::authority::standing;
use crate::provenance::{Provenance, Signed, Verified};
use crate::trust::Trust;

/// How many lists of one authority are remembered: each says something that no newer one does.
const OF_ONE: usize = 64;

/// How many bytes the lists of one authority have together that are remembered, the newest aside: who has stolen its key can
/// sign as many as there is place for.
const BYTES_OF_ONE: usize = 2 * limits::LINE_BYTES;

/// What a list says of something, as far as a decision reads it, but for since when a key is compromised.
type Word = (RevokedId, bool, Option<RunWindow>);

/// Since when, and first of all what nobody knows.
type Since = Option<Timestamp>;

/// The ids of the lists to remember, of all in the bundle. A stranger's are none: anybody can sign lists. Where there is no
/// place for all, those that are `remembered` already stay: what comes later never makes a host forget.
#[must_use]
pub fn lists_to_remember<'t>(
    provenance: &Verified<Provenance>,
    trusts: impl IntoIterator<Item = &'t Trust>,
    clock: Clock,
    remembered: &BTreeSet<StatementId>,
) -> BTreeSet<StatementId> {
    let provenance = provenance.get();
    let known: BTreeSet<KeyId> =
        trusts.into_iter().flat_map(|trust| standing(provenance, trust, clock)).collect();
    let mut of_authority: BTreeMap<KeyId, Vec<&Signed<RevocationList>>> = BTreeMap::new();
    for list in provenance.revocations.iter().filter(|list| known.contains(&list.issuer())) {
        of_authority.entry(list.issuer()).or_default().push(list);
    }
    let bytes = |list: StatementId| provenance.envelope_of_list(list).map_or(0, <[u8]>::len);
    of_authority.into_values().flat_map(|lists| room_for(worth_keeping(lists), bytes, remembered)).collect()
}

/// Newest first: each that has a word which no newer one has, or says it of an earlier time, or has the serial of another. The
/// newest always.
fn worth_keeping(mut lists: Vec<&Signed<RevocationList>>) -> Vec<StatementId> {
    lists.sort_by_key(|list| std::cmp::Reverse(list.predicate().serial));
    let mut said: BTreeMap<Word, Since> = BTreeMap::new();
    let mut serials: BTreeSet<u64> = BTreeSet::new();
    let mut kept = Vec::new();
    for list in lists {
        let mut news = false;
        for (word, since) in words(list) {
            if said.get(&word).is_none_or(|known| since < *known) {
                said.insert(word, since);
                news = true;
            }
        }
        let contradicts = !serials.insert(list.predicate().serial);
        if news || contradicts || kept.is_empty() {
            kept.push(list.id());
        }
    }
    kept
}

/// The newest, and of the others as many as there is place for: first those that are remembered already.
fn room_for(
    worth: Vec<StatementId>,
    bytes: impl Fn(StatementId) -> usize,
    remembered: &BTreeSet<StatementId>,
) -> Vec<StatementId> {
    let mut worth = worth.into_iter();
    let mut kept: Vec<StatementId> = worth.next().into_iter().collect();
    let (known, new): (Vec<_>, Vec<_>) = worth.partition(|list| remembered.contains(list));
    let mut left = BYTES_OF_ONE;
    for list in known.into_iter().chain(new) {
        if let (true, Some(rest)) = (kept.len() < OF_ONE, left.checked_sub(bytes(list))) {
            left = rest;
            kept.push(list);
        }
    }
    kept
}

fn words(list: &Signed<RevocationList>) -> impl Iterator<Item = (Word, Since)> {
    let entries = list.predicate().revoked.iter();
    entries.map(|entry| ((entry.id, entry.is_compromise(), entry.runs), entry.since))
}
