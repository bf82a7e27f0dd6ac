//! Lines that are read, and signatures that are verified, ahead of the walk: by all hands that there are.
//!
//! What a signature verifies to depends on the key, the message and the signature, and on nothing else; and a key's id is the
//! digest of the key, whoever brings it. So the walk may be told before it asks. It still asks in its own order, takes the
//! same from its budget, and uses a key only once somebody has brought it whose statement verifies: what comes of a bundle
//! is what would come of it in one pair of hands. Nothing is verified here that the walk would not come to and pay for, but for
//! what it no longer comes to once it has lost its patience: that much it would have verified if nothing had been in vain.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use cdi_envelope::{Budget, CheckId, EnvelopeError, PublicKey};
use cdi_types::{AnyStatement, KeyId, Line};

use crate::help::{Help, by_all};
use crate::keyring::{Key, Keys, checked_before};
use crate::provenance::Discarded;
use crate::statements::{brought, issuer};
use crate::walk::{Parsed, parse};

/// Bytes of lines that are read at once.
const BATCH: usize = 16 << 20;
/// A statement with more signatures than these is left to the walk.
const SIGNATURES: usize = 2;
/// Lines that one pair of hands reads at a time: to read one takes a tenth of what it takes to verify it.
const LINES: usize = 8;
/// Statements that one pair of hands verifies at a time, with one reading of their key.
const OF_ONE_KEY: usize = 8;

/// What became of a statement under its issuer's key.
#[derive(Debug)]
pub(crate) struct Foreseen {
    /// How many signatures were tried.
    pub(crate) tried: usize,
    /// The one that verifies, or why there is none.
    pub(crate) signature: Result<Vec<u8>, EnvelopeError>,
    /// The name of the check, if one signature was tried and verifies.
    pub(crate) check: Option<CheckId>,
}

impl Foreseen {
    fn before(check: CheckId, signature: &[u8]) -> Self {
        Self { tried: 1, signature: Ok(signature.to_vec()), check: Some(check) }
    }
}

/// A line, as it was read.
pub(crate) type Read<'b> = Result<Parsed<'b>, Discarded>;

/// Some lines of a bundle, the next ones; none if there are no more.
pub(crate) fn next_lines<'b>(lines: &mut impl Iterator<Item = Line<'b>>) -> Vec<Line<'b>> {
    let mut bytes = 0_usize;
    let next = || {
        let line = if bytes < BATCH { lines.next() } else { None }?;
        bytes = bytes.saturating_add(line.bytes.len());
        Some(line)
    };
    std::iter::from_fn(next).collect()
}

/// Whether more than one pair of hands would make so many lines faster.
pub(crate) fn is_for_many(lines: &[Line<'_>], help: Help<'_>) -> bool {
    lines.len() >= help.crew.worthwhile() && help.crew.hands() > 1
}

/// Reads lines, whatever they say.
pub(crate) fn read_all<'b>(lines: &[Line<'b>], help: Help<'_>) -> Vec<Read<'b>> {
    by_all(help.crew, lines, LINES, |line| parse(*line))
}

/// How many signatures these lines have.
pub(crate) fn signatures(read: &[Read<'_>]) -> usize {
    read.iter().flatten().map(|parsed| parsed.envelope.signatures().len()).sum()
}

/// Statements that are due to be verified with a key.
struct Due<'k> {
    key: Key<'k>,
    places: Vec<usize>,
}

/// Verifies what the walk will come to: statements by known keys, then those by keys that these bring, and so on. The walk must
/// be able to pay for all signatures that there are, or it might stop before it comes to them.
pub(crate) fn verify_ahead(read: &mut [Read<'_>], keys: &Keys, in_vain: &InVain, help: Help<'_>) {
    let mut waiting = waiting(read);
    let mut due: Vec<Due<'_>> = Vec::new();
    let known: Vec<(KeyId, Key<'_>)> =
        waiting.keys().filter_map(|issuer| Some((*issuer, keys.at_hand(*issuer)?))).collect();
    for (issuer, key) in known {
        due.extend(shares(waiting.remove(&issuer).unwrap_or_default(), &key));
    }
    while !due.is_empty() {
        // Whoever is done first waits for the other: so little is taken at a time, unless there is little in all.
        let statements: usize = due.iter().map(|due| due.places.len()).sum();
        let at_a_time = if statements > OF_ONE_KEY { 1 } else { due.len() };
        let found = by_all(help.crew, &due, at_a_time, |due| foresee_all(due, read, in_vain, help));
        let mut next = Vec::new();
        for (place, foreseen) in found.into_iter().flatten() {
            let Some(Ok(parsed)) = read.get_mut(place) else { continue };
            if foreseen.signature.is_ok() {
                for info in brought(&parsed.statement) {
                    let places = waiting.remove(&info.key_id()).unwrap_or_default();
                    next.extend(shares(places, &Key::Unread(Cow::Owned(info.clone()))));
                }
            }
            parsed.foreseen = Some(foreseen);
        }
        due = next;
    }
}

/// The places of what can be verified, by whose key.
fn waiting(read: &[Read<'_>]) -> BTreeMap<KeyId, Vec<usize>> {
    let (mut waiting, mut met) = (BTreeMap::<KeyId, Vec<usize>>::new(), BTreeSet::new());
    for (place, parsed) in read.iter().enumerate() {
        let Ok(parsed) = parsed else { continue };
        match &parsed.statement {
            // Whose keys count for these is said by policies.
            AnyStatement::Summary(_) | AnyStatement::Foreign(_) => {}
            // A repetition is in vain, and left to the walk.
            statement if met.insert(parsed.id) => waiting.entry(issuer(statement)).or_default().push(place),
            _ => {}
        }
    }
    waiting
}

fn shares<'k>(places: Vec<usize>, key: &Key<'k>) -> Vec<Due<'k>> {
    places.chunks(OF_ONE_KEY).map(|share| Due { key: key.clone(), places: share.to_vec() }).collect()
}

/// What was found of each, with one reading of the key, if it has to be read at all.
fn foresee_all(due: &Due<'_>, read: &[Read<'_>], in_vain: &InVain, help: Help<'_>) -> Vec<(usize, Foreseen)> {
    let info = due.key.info();
    let key = OnceCell::new();
    let key = || match &due.key {
        Key::Read(key) => Some(*key),
        // One that is not sound is for the walk to say.
        Key::Unread(info) => key.get_or_init(|| PublicKey::from_info(info).ok()).as_ref(),
    };
    let foresee_one = |place: &usize| {
        let Some(Ok(parsed)) = read.get(*place) else { return None };
        let found = match checked_before(parsed, info, help.before) {
            Some((check, signature)) => Foreseen::before(check, signature),
            None => foresee(parsed, key()?, in_vain, help)?,
        };
        Some((*place, found))
    };
    due.places.iter().filter_map(foresee_one).collect()
}

fn foresee(parsed: &Parsed<'_>, key: &PublicKey, in_vain: &InVain, help: Help<'_>) -> Option<Foreseen> {
    let most = parsed.envelope.signatures().len();
    if most > SIGNATURES {
        return None;
    }
    in_vain.take(most)?;
    let mut budget = Budget::new(most);
    let signature = parsed.envelope.signature_by(key, &mut budget).map(<[u8]>::to_vec);
    let tried = budget.spent();
    in_vain.give_back(if signature.is_ok() { most } else { most.saturating_sub(tried) });
    let is_first = tried == 1 && help.before.is_some();
    let check = match &signature {
        Ok(found) if is_first => CheckId::of(key.info(), parsed.id, found),
        _ => None,
    };
    Some(Foreseen { tried, signature, check })
}

/// How much the walk would still verify in vain. It is taken before it is done, so that no number of hands does more.
#[derive(Debug)]
pub(crate) struct InVain(AtomicUsize);

impl InVain {
    pub(crate) const fn of(left: usize) -> Self {
        Self(AtomicUsize::new(left))
    }

    fn take(&self, count: usize) -> Option<()> {
        let left = |left: usize| left.checked_sub(count);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).ok().map(drop)
    }

    fn give_back(&self, count: usize) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }
}
