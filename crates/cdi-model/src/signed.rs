//! Policies as their principals signed them: which are in force, what of them is excused, and what is then decided.
//!
//! Written from rules P-EDITION, P-CARRIED, P-MODE and P-WAIVER of `docs/spec/policy.md`. A document is a `Principal` of
//! the world, by its place in the list; a world that is decided about in this way does not ask its principals as such.

use super::Tri;
use super::decide::{Host, Outcome, Part, Verdict, parts};
use super::policy::refusal;
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
    /// The newest enforced version that the decider has gone by, with its document.
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
    let carried = brought(signed, entry, &signed.editions);
    let filed = entry.filed.as_ref().map(|filed| brought(signed, entry, filed));
    let in_force: Vec<&Edition> = match &filed {
        Some(Brought::These(filed)) => {
            let newest = filed.iter().map(|edition| edition.version).max().unwrap_or_default();
            let newer = carried.editions().iter().filter(|edition| edition.version > newest);
            let contradicts = |edition: &&Edition| {
                let bundle = rivals(signed, entry, &signed.editions, edition);
                let mut file = filed.iter().filter(|known| known.version == newest);
                edition.version == newest && (bundle || file.any(|known| differ(signed, known, edition)))
            };
            if carried.editions().iter().any(contradicts) {
                return vec![Tri::False];
            }
            filed.iter().chain(newer).copied().collect()
        }
        Some(Brought::Nothing | Brought::TooOld) => return vec![Tri::False],
        None => match &carried {
            Brought::Nothing if !entry.always => return vec![],
            Brought::Nothing | Brought::TooOld => return vec![Tri::False],
            Brought::These(carried) => carried.clone(),
        },
    };
    // What was seen is not done without: a trial that somebody carries makes up for nothing.
    let in_file = |edition: &Edition| {
        filed.iter().flat_map(Brought::editions).any(|known| std::ptr::eq(*known, edition))
    };
    let binds = |edition: &&Edition| edition.enforced || in_file(edition);
    let reached = in_force.iter().copied().filter(binds).map(|edition| edition.version).max();
    if entry.seen.is_some_and(|(seen, _)| reached.is_none_or(|reached| reached < seen)) {
        return vec![Tri::False];
    }
    let agrees = |edition: &Edition| {
        let around = match &entry.filed {
            Some(filed) if in_file(edition) => filed,
            _ => &signed.editions,
        };
        let of_another =
            signed.world.principals.get(edition.document).is_none_or(|p| p.name != entry.principal);
        let refused =
            of_another || rivals(signed, entry, around, edition) || forgotten(signed, entry, edition);
        if refused { Tri::False } else { edition_agrees(signed, edition, host) }
    };
    in_force.into_iter().map(agrees).collect()
}

/// What comes of looking for editions in one place.
enum Brought<'e> {
    /// Nothing is for this principal, decider and time.
    Nothing,
    /// What is, is older than the configuration takes.
    TooOld,
    /// The newest that is enforced, a newer one that is tried out, or both.
    These(Vec<&'e Edition>),
}

impl<'e> Brought<'e> {
    fn editions(&self) -> &[&'e Edition] {
        match self {
            Self::These(editions) => editions,
            Self::Nothing | Self::TooOld => &[],
        }
    }
}

fn is_addressed(signed: &SignedWorld, entry: &Entry, edition: &Edition) -> bool {
    edition.signer == entry.key
        && edition.principal == entry.principal
        && edition.audience.contains(&signed.decider)
}

fn brought<'e>(signed: &SignedWorld, entry: &Entry, editions: &'e [Edition]) -> Brought<'e> {
    let (now, skew) = (signed.world.time, signed.world.skew);
    let current = |edition: &&Edition| edition.not_before <= now + skew && now < edition.not_after;
    let addressed = editions.iter().filter(|edition| is_addressed(signed, entry, edition));
    let current: Vec<&Edition> = addressed.filter(current).collect();
    let high = || current.iter().copied().filter(|edition| edition.version >= entry.at_least);
    let enforced = high().filter(|edition| edition.enforced).max_by_key(|edition| edition.version);
    let above = enforced.map_or(0, |edition| edition.version + 1);
    let tried = high().filter(|edition| !edition.enforced && edition.version >= above);
    let these: Vec<&Edition> =
        enforced.into_iter().chain(tried.max_by_key(|edition| edition.version)).collect();
    match (these.is_empty(), current.is_empty()) {
        (false, _) => Brought::These(these),
        (true, false) => Brought::TooOld,
        (true, true) => Brought::Nothing,
    }
}

/// Whether another edition of the version that says something else lies in the same place, whatever its window.
fn rivals(signed: &SignedWorld, entry: &Entry, around: &[Edition], chosen: &Edition) -> bool {
    let mut addressed = around.iter().filter(|edition| is_addressed(signed, entry, edition));
    addressed.any(|other| other.version == chosen.version && differ(signed, other, chosen))
}

/// Whether the version was seen, saying something else. Only what is enforced is ever seen.
fn forgotten(signed: &SignedWorld, entry: &Entry, chosen: &Edition) -> bool {
    entry.seen.is_some_and(|(version, document)| {
        version == chosen.version && (!chosen.enforced || !same(signed, document, chosen.document))
    })
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
    if refusal(document, &signed.world.catalogue).is_some() {
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
