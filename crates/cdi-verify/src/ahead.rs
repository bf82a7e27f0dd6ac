//! Lines that are read, and signatures that are verified, ahead of the walk: by all processors.
//!
//! What a signature verifies to depends on the key, the message and the signature, and on nothing else; and a key's id is the
//! digest of the key, whoever brings it. So the walk may be told before it asks. It still asks in its own order, takes the
//! same from its budget, and uses a key only once somebody has brought it whose statement verifies: what comes of a bundle
//! is what would come of it on one processor. Nothing is verified here that the walk would not come to.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

use cdi_envelope::{Budget, EnvelopeError, PublicKey};
use cdi_types::{AnyStatement, KeyId, Line};

use crate::keyring::Keys;
use crate::provenance::Discarded;
use crate::statements::{brought, issuer};
use crate::walk::{Parsed, parse};

/// Bytes of lines that are read at once.
const BATCH: usize = 16 << 20;
/// Fewer lines than these, or statements to be verified, are not worth a thread.
const WORTHWHILE: usize = 16;
/// A statement that takes more signatures than these to be found signed is left to the walk.
const SIGNATURES: usize = 2;

/// What became of a statement under its issuer's key.
#[derive(Debug)]
pub(crate) struct Foreseen {
    /// How many signatures were tried.
    pub(crate) tried: usize,
    /// The one that verifies, or why there is none.
    pub(crate) signature: Result<Vec<u8>, EnvelopeError>,
}

/// A line, as it was read.
pub(crate) type Read<'b> = Result<Parsed<'b>, Discarded>;

/// Some lines of a bundle, the next ones: each read, and verified if that could be done.
pub(crate) fn next_lines<'b>(
    lines: &mut impl Iterator<Item = Line<'b>>,
    keys: &mut Keys,
    may: May,
) -> Vec<Read<'b>> {
    let mut bytes = 0_usize;
    let batch: Vec<Line<'b>> = std::iter::from_fn(|| {
        let line = if bytes < BATCH { lines.next() } else { None }?;
        bytes = bytes.saturating_add(line.bytes.len());
        Some(line)
    })
    .collect();
    let threads = available_parallelism().map_or(1, NonZeroUsize::get);
    let mut read = by_all(threads, batch, parse);
    if threads > 1 && read.len() >= WORTHWHILE {
        verify_ahead(threads, &mut read, keys, &may);
    }
    read
}

/// Verifies what the walk will come to: statements by known keys, then those by keys that these bring, and so on.
fn verify_ahead(threads: usize, read: &mut [Read<'_>], keys: &mut Keys, may: &May) {
    let (mut waiting, mut met) = (BTreeMap::<KeyId, Vec<usize>>::new(), BTreeSet::new());
    for (place, parsed) in read.iter().enumerate() {
        if let Ok(parsed) = parsed
            && !matches!(parsed.statement, AnyStatement::Summary(_) | AnyStatement::Foreign(_))
            // Repetitions the walk counts as being in vain.
            && met.insert(parsed.id)
        {
            waiting.entry(issuer(&parsed.statement)).or_default().push(place);
        }
    }
    let known: Vec<KeyId> = waiting.keys().copied().filter(|issuer| keys.knows(*issuer)).collect();
    let mut due: Vec<(usize, Arc<PublicKey>)> = Vec::new();
    let of = |key: &Arc<PublicKey>, waiting: &mut BTreeMap<KeyId, Vec<usize>>| {
        let places = waiting.remove(&key.key_id()).unwrap_or_default().into_iter();
        places.map(|place| (place, Arc::clone(key))).collect::<Vec<_>>()
    };
    for id in known {
        if let Some(key) = keys.read(id) {
            due.extend(of(&Arc::new(key.clone()), &mut waiting));
        }
    }
    while !due.is_empty() {
        let items: Vec<(usize, &Parsed<'_>, Arc<PublicKey>)> = due
            .drain(..)
            .filter_map(|(place, key)| Some((place, read.get(place)?.as_ref().ok()?, key)))
            .collect();
        let found = by_all(threads, items, |(place, parsed, key)| (place, foresee(parsed, &key, may)));
        for (place, foreseen) in found {
            let Some(Ok(parsed)) = read.get_mut(place) else { continue };
            parsed.foreseen = foreseen;
            if parsed.foreseen.as_ref().is_none_or(|foreseen| foreseen.signature.is_err()) {
                continue;
            }
            for info in brought(&parsed.statement) {
                if !waiting.contains_key(&info.key_id()) {
                    continue;
                }
                // One that is not sound is for the walk to say.
                if let Ok(key) = PublicKey::from_info(info).map(Arc::new) {
                    due.extend(of(&key, &mut waiting));
                    keys.foresee(key);
                }
            }
        }
    }
}

fn foresee(parsed: &Parsed<'_>, key: &PublicKey, may: &May) -> Option<Foreseen> {
    if may.in_vain.load(Ordering::Relaxed) == 0 {
        return None;
    }
    May::take(&may.verifications, SIGNATURES)?;
    let mut budget = Budget::new(SIGNATURES);
    let signature = parsed.envelope.signature_by(key, &mut budget).map(<[u8]>::to_vec);
    if signature.is_err() && May::take(&may.in_vain, budget.spent()).is_none() {
        may.in_vain.store(0, Ordering::Relaxed);
    }
    let told = !matches!(signature, Err(EnvelopeError::VerificationBudget { .. }));
    told.then(|| Foreseen { tried: budget.spent(), signature })
}

/// How much the walk may still do.
#[derive(Debug)]
pub(crate) struct May {
    verifications: AtomicUsize,
    in_vain: AtomicUsize,
}

impl May {
    pub(crate) const fn of(verifications: usize, in_vain: usize) -> Self {
        Self { verifications: AtomicUsize::new(verifications), in_vain: AtomicUsize::new(in_vain) }
    }

    fn take(from: &AtomicUsize, count: usize) -> Option<()> {
        from.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count)).ok().map(drop)
    }
}

/// What a function makes of each of these, in their order.
fn by_all<T: Send, R: Send>(threads: usize, all: Vec<T>, make: impl Fn(T) -> R + Sync) -> Vec<R> {
    if threads < 2 || all.len() < WORTHWHILE {
        return all.into_iter().map(make).collect();
    }
    let share = all.len().div_ceil(threads);
    let mut shares: Vec<Vec<T>> = Vec::with_capacity(threads);
    let mut rest = all.into_iter();
    loop {
        let next: Vec<T> = rest.by_ref().take(share).collect();
        if next.is_empty() {
            break;
        }
        shares.push(next);
    }
    let make = &make;
    std::thread::scope(|scope| {
        let work = |share: Vec<T>| scope.spawn(move || share.into_iter().map(make).collect::<Vec<R>>());
        let first = shares.pop();
        let others: Vec<_> = shares.into_iter().map(work).collect();
        let last = first.map(|share| share.into_iter().map(make).collect::<Vec<R>>());
        let joined = others.into_iter().map(|thread| match thread.join() {
            Ok(made) => made,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.chain(last).flatten().collect()
    })
}
