//! What lists do: they keep edges alive by being fresh, cut chains, and remove reports.

use super::chain::{self, Chain};
use super::world::{
    Certification, Condition, Digest, Entry, Freshness, Key, Libraries, Reason, Report, RevocationList,
    Target, World,
};
use super::{Bound, View};

/// Whether `[not_before, not_after)` contains the instant of the decision; the skew allowance applies to
/// the start only.
pub fn current(world: &World, not_before: u64, not_after: u64) -> bool {
    not_before <= world.time + world.skew && world.time < not_after
}

/// Whether something that `issuer` signed for this window (an endorsement or a certification) is live.
///
/// Entries of authorities further up a chain are not looked at here: see [`cuts`].
pub fn live(view: View<'_>, issuer: &Key, not_before: u64, not_after: u64) -> bool {
    current(view.world, not_before, not_after) && speaks(view, issuer)
}

/// Whether anything that `issuer` signs counts.
pub fn speaks(view: View<'_>, issuer: &Key) -> bool {
    !view.principal.forbidden.authorities.contains(issuer)
        && !contradicts_itself(view.world, issuer)
        && !revoked_itself(view.world, issuer)
        && (view.bound == Bound::Upper || has_fresh_list(view, issuer))
}

/// Whether two different lists of this authority carry one serial.
pub(super) fn contradicts_itself(world: &World, issuer: &Key) -> bool {
    lists_of(world, issuer)
        .any(|one| lists_of(world, issuer).any(|two| one.serial == two.serial && one.id != two.id))
}

/// Whether the authority has revoked its own key.
pub(super) fn revoked_itself(world: &World, issuer: &Key) -> bool {
    let itself = |e: &Entry| e.target == Target::Key(issuer.clone()) && e.runs.is_none();
    lists_of(world, issuer).any(|list| list.entries.iter().any(itself))
}

/// Whether the authority has a list that is as fresh as the principal asks.
pub(super) fn has_fresh_list(view: View<'_>, issuer: &Key) -> bool {
    match view.principal.revocation {
        Freshness::DangerouslyNone => true,
        Freshness::MaxAge(age) => lists_of(view.world, issuer).any(|list| {
            current(view.world, list.not_before, list.not_after) && view.world.time < list.not_before + age
        }),
    }
}

/// Whether some authority on the chain has revoked what stands after it: a later endorsement or child key,
/// the certification at the end of the chain (if a vote hangs on it) or its report key, or the report that it is about.
///
/// Dates of lists do not matter: what is revoked once stays revoked.
pub fn cuts(
    world: &World,
    chain: &Chain<'_>,
    certification: Option<&Certification>,
    report: &Report,
) -> bool {
    let lists = &world.evidence.revocation_lists;
    lists.iter().any(|list| {
        list.entries.iter().any(|entry| entry_cuts(&list.issuer, entry, chain, certification, report))
    })
}

fn entry_cuts(
    revoker: &Key,
    entry: &Entry,
    chain: &Chain<'_>,
    certification: Option<&Certification>,
    report: &Report,
) -> bool {
    let Some(place) = chain.keys.iter().position(|key| *key == revoker) else { return false };
    // The endorsement that follows the key at `place` has the same index as that key.
    let mut endorsements_after = chain.endorsements.iter().skip(place);
    let mut keys_after = chain.keys.iter().skip(place + 1);
    match &entry.target {
        Target::Endorsement(id) => endorsements_after.any(|endorsement| endorsement.id == *id),
        Target::Key(key) if entry.runs.is_some() => {
            report.key == *key && entry.runs.is_some_and(|time| ran_in(time, report))
        }
        Target::Key(key) => {
            let of_certification = certification.is_some_and(|c| c.report_key == *key);
            keys_after.any(|later| *later == key) || of_certification || report.key == *key
        }
        Target::Certification(id) => certification.is_some_and(|c| c.id == *id),
        Target::Report(id) => report.id == *id,
    }
}

/// Whether the run says that it was going on at some instant of `[from, until)`.
pub(super) fn ran_in((from, until): (u64, u64), report: &Report) -> bool {
    report.ran.0 < until && from <= report.ran.1
}

/// Whether the report is still there for this principal: it forbids nothing of it, and no authority that itself certified the report's
/// key has declared that key compromised without sparing the report.
pub fn survives(view: View<'_>, report: &Report) -> bool {
    let meets = |condition: &Condition| super::vote::holds(*condition, report);
    !is_forbidden(view, report)
        && !is_compromised(view, report)
        && view.principal.step_conditions.iter().all(meets)
}

/// Whether a file or the key that the principal forbids is in the report.
fn is_forbidden(view: View<'_>, report: &Report) -> bool {
    let forbidden = &view.principal.forbidden;
    let mut files: Vec<&Digest> = report.executables.iter().chain([&report.recorder]).collect();
    if let Libraries::Measured(libraries) = &report.libraries {
        files.extend(libraries);
    }
    forbidden.report_keys.contains(&report.key) || files.iter().any(|file| forbidden.tools.contains(*file))
}

pub(super) fn is_compromised(view: View<'_>, report: &Report) -> bool {
    view.world.evidence.revocation_lists.iter().any(|list| {
        let authority = &list.issuer;
        list.entries.iter().any(|entry| names_compromised(entry, &report.key))
            && has_certified(view.world, authority, &report.key)
            && chain::is_authority(view, authority)
            && !spares(view.world, authority, report)
            && !was_seen_before(view.world, authority, report)
    })
}

fn names_compromised(entry: &Entry, key: &Key) -> bool {
    entry.reason == Reason::KeyCompromise && entry.target == Target::Key(key.clone())
}

fn has_certified(world: &World, authority: &Key, report_key: &Key) -> bool {
    world.evidence.certifications.iter().any(|c| c.issuer == *authority && c.report_key == *report_key)
}

/// Whether the authority's newest word on the report's key (its list of the highest serial, or each of
/// several such lists) names the report as a survivor. A newest list that is silent about the key spares
/// nothing.
fn spares(world: &World, authority: &Key, report: &Report) -> bool {
    let highest = lists_of(world, authority).map(|list| list.serial).max();
    lists_of(world, authority).filter(|list| Some(list.serial) == highest).all(|list| {
        let mut words = list.entries.iter().filter(|entry| names_compromised(entry, &report.key)).peekable();
        words.peek().is_some() && words.all(|entry| entry.survivors.contains(&report.id))
    })
}

/// Whether the host relied on the report surely before the earliest time that any list of the authority gives for the
/// compromise; a list that gives none says that there was no such time.
fn was_seen_before(world: &World, authority: &Key, report: &Report) -> bool {
    let Some(seen) = world.seen.get(&report.id) else { return false };
    let entries = lists_of(world, authority).flat_map(|list| &list.entries);
    let mut words = entries.filter(|entry| names_compromised(entry, &report.key));
    words.all(|entry| entry.since.is_some_and(|since| seen + world.skew < since))
}

pub(super) fn lists_of<'w>(world: &'w World, issuer: &Key) -> impl Iterator<Item = &'w RevocationList> {
    world.evidence.revocation_lists.iter().filter(move |list| list.issuer == *issuer)
}
