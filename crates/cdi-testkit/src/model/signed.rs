//! Policies as their principals signed them: which are in force, what of them is excused, and what is then decided.
//!
//! Written from rules P-EDITION, P-CARRIED, P-MODE and P-WAIVER of `docs/spec/policy.md`. A document is a `Principal` of
//! the world, by its place in the list; a world that is decided about in this way does not ask its principals as such.

use super::Tri;
use super::decide::{Host, Outcome, Part, Verdict, parts};
use super::world::{Digest, Formula, Key, Name, Rule, World};
use std::collections::BTreeSet;

/// A world whose principals are asked by signed policies.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedWorld {
    /// Evidence, time, catalogue, host; and every document, as a principal.
    pub world: World,
    /// The decider's own name.
    pub decider: Name,
    /// Who must agree.
    pub entries: Vec<Entry>,
    /// The editions that the bundle carries.
    pub editions: Vec<Edition>,
    /// The waivers that it carries.
    pub waivers: Vec<Waiver>,
}

/// What the decider's configuration says of a principal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The principal.
    pub principal: Name,
    /// Its policy key.
    pub key: Key,
    /// The editions in the configuration's file, if it names one.
    pub filed: Option<Vec<Edition>>,
    /// The lowest version.
    pub at_least: u64,
    /// The newest version that the decider has gone by, with its document.
    pub seen: Option<(u64, usize)>,
    /// Whether it must agree even if nobody carries a policy of it.
    pub always: bool,
}

/// A policy as somebody signed it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `policy/v1`")]
pub struct Edition {
    pub signer: Key,
    pub principal: Name,
    pub audience: BTreeSet<Name>,
    pub version: u64,
    pub not_before: u64,
    pub not_after: u64,
    /// Whether it is enforced.
    pub enforced: bool,
    pub document: usize,
}

/// What somebody says is excused.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in `waiver/v1`")]
pub struct Waiver {
    pub signer: Key,
    pub principal: Name,
    pub audience: BTreeSet<Name>,
    pub not_before: u64,
    pub not_after: u64,
    pub document: usize,
    pub artifacts: BTreeSet<Digest>,
    /// Parts of the document's requirement, by their places in its conjunction.
    pub requirements: BTreeSet<Part>,
}

/// Decides: every entry by the policies of it that are in force.
pub fn decide(signed: &SignedWorld, host: Host<'_>) -> Outcome {
    let each = signed.entries.iter().flat_map(|entry| entry_agrees(signed, entry, host));
    Verdict::of(each.collect()).verdict
}

/// Whether each policy in force agrees; one `False` for an entry that must have one and has none.
fn entry_agrees(signed: &SignedWorld, entry: &Entry, host: Host<'_>) -> Vec<Tri> {
    let carried = newest(signed, entry, &signed.editions);
    let in_force = match entry.filed.as_ref().map(|filed| newest(signed, entry, filed)) {
        None => match carried {
            Choice::None if !entry.always => vec![],
            chosen => vec![chosen],
        },
        Some(Choice::Only(filed)) => {
            let added = match carried {
                Choice::Only(added) if added.version > filed.version => Some(Choice::Only(added)),
                Choice::Only(added) if added.version == filed.version && differ(signed, added, filed) => {
                    Some(Choice::Refused(filed.version))
                }
                Choice::Only(_) | Choice::None | Choice::TooOld => None,
                Choice::Refused(older) if older < filed.version => None,
                Choice::Refused(version) => Some(Choice::Refused(version)),
            };
            std::iter::once(Choice::Only(filed)).chain(added).collect()
        }
        Some(refused) => vec![refused],
    };
    let agrees = |choice: &Choice<'_>| match choice {
        Choice::Only(edition) => edition_agrees(signed, edition, host),
        Choice::None | Choice::TooOld | Choice::Refused(_) => Tri::False,
    };
    in_force.iter().map(agrees).collect()
}

/// What comes of looking for an edition.
enum Choice<'e> {
    /// Nothing is for this principal, decider and time.
    None,
    /// What is, is older than what is known.
    TooOld,
    /// It cannot be told which of this version is meant, or it is of another principal.
    Refused(u64),
    /// This one.
    Only(&'e Edition),
}

fn newest<'e>(signed: &SignedWorld, entry: &Entry, editions: &'e [Edition]) -> Choice<'e> {
    let (now, skew) = (signed.world.time, signed.world.skew);
    let addressed = |edition: &&Edition| {
        edition.signer == entry.key
            && edition.principal == entry.principal
            && edition.audience.contains(&signed.decider)
    };
    let current = |edition: &&Edition| edition.not_before <= now + skew && now < edition.not_after;
    let floor = entry.at_least.max(entry.seen.map_or(0, |(version, _)| version));
    let addressed: Vec<&Edition> = editions.iter().filter(addressed).collect();
    let current: Vec<&Edition> = addressed.iter().copied().filter(current).collect();
    let high: Vec<&Edition> = current.iter().copied().filter(|edition| edition.version >= floor).collect();
    let Some(chosen) = high.iter().max_by_key(|edition| edition.version) else {
        return if current.is_empty() { Choice::None } else { Choice::TooOld };
    };
    let rivals =
        addressed.iter().any(|other| other.version == chosen.version && differ(signed, other, chosen));
    let forgotten = entry.seen.is_some_and(|(version, document)| {
        version == chosen.version && !same(signed, document, chosen.document)
    });
    let of_another = signed.world.principals.get(chosen.document).is_none_or(|p| p.name != entry.principal);
    if rivals || forgotten || of_another { Choice::Refused(chosen.version) } else { Choice::Only(chosen) }
}

fn differ(signed: &SignedWorld, one: &Edition, other: &Edition) -> bool {
    !same(signed, one.document, other.document) || one.enforced != other.enforced
}

/// Whether two documents are the same bytes: of a principal that accepts everything nothing else is written.
fn same(signed: &SignedWorld, one: usize, other: usize) -> bool {
    match (signed.world.principals.get(one), signed.world.principals.get(other)) {
        (Some(one), Some(other)) if one.rule == Rule::AcceptAll && other.rule == Rule::AcceptAll => {
            one.name == other.name
        }
        (one, other) => one == other,
    }
}

/// Whether the policy agrees: each part that is not excused must hold.
fn edition_agrees(signed: &SignedWorld, edition: &Edition, host: Host<'_>) -> Tri {
    let Some(document) = signed.world.principals.get(edition.document) else { return Tri::False };
    if crate::driver::refusal(document, &signed.world.catalogue).is_some() {
        return Tri::False;
    }
    if !edition.enforced {
        return Tri::True;
    }
    let excused = |part: &Part| signed.waivers.iter().any(|waiver| excuses(signed, edition, waiver, *part));
    let left = parts(&signed.world, document, host).into_iter().filter(|(part, _)| !excused(part));
    left.map(|(_, holds)| holds).min().unwrap_or(Tri::True)
}

fn excuses(signed: &SignedWorld, edition: &Edition, waiver: &Waiver, part: Part) -> bool {
    let (now, skew) = (signed.world.time, signed.world.skew);
    waiver.signer == edition.signer
        && waiver.principal == edition.principal
        && same(signed, waiver.document, edition.document)
        && waiver.audience.contains(&signed.decider)
        && waiver.not_before <= now + skew
        && now < waiver.not_after
        && waiver.artifacts.contains(&signed.world.artifact)
        && waiver.requirements.iter().any(|named| same_part(signed, edition.document, *named, part))
}

/// Whether two parts of a document are written in the same words: a waiver speaks of words, and not of places.
fn same_part(signed: &SignedWorld, document: usize, one: Part, other: Part) -> bool {
    let formula = |part: Part| match (part, signed.world.principals.get(document)?.require.as_ref()?) {
        (Part::Required(place), Formula::And(parts)) => parts.get(place),
        (Part::Required(0), whole) => Some(whole),
        (Part::Required(_) | Part::History | Part::Reproduced, _) => None,
    };
    one == other || (formula(one).is_some() && formula(one) == formula(other))
}
