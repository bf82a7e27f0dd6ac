//! How long a decision stays as it is when no file changes (rules F-WINDOW, M-FRESH, P-EDITION, P-WAIVER).

use std::ops::Range;

use cdi_decider::Party;
use cdi_policy::Policy;
use cdi_types::{Clock, Dated as _, Timestamp};
use cdi_verify::{Provenance, Verified};

/// The time around that of the `clock` in which the same evidence gives these policies the same answers, and none of them
/// gives way to another. As in [`cdi_verify::settled`] it is empty if what is relied on now may change them.
pub(crate) fn settled<'p>(
    provenance: &Verified<Provenance>,
    policies: impl Iterator<Item = &'p Policy> + Clone,
    parties: &[Party],
    clock: Clock,
) -> Range<Timestamp> {
    let mut range = cdi_verify::settled(provenance, policies.clone().filter_map(Policy::trust), clock);
    let later = policies.flat_map(Policy::requirements).filter_map(|demand| demand.from);
    let filed = parties.iter().filter_map(Party::filed);
    let carried = policy_moments(provenance.get());
    for moment in later.chain(filed.flat_map(policy_moments)).chain(carried) {
        if moment <= clock.now() {
            range.start = range.start.max(moment);
        } else {
            range.end = range.end.min(moment);
        }
    }
    range
}

/// When windows of editions and waivers begin and end.
fn policy_moments(provenance: &Provenance) -> impl Iterator<Item = Timestamp> {
    let window = |begin: Timestamp, end: Timestamp| {
        [Timestamp::from_unix(begin.unix().saturating_sub(Clock::SKEW.seconds())), end]
    };
    let editions = provenance.editions().iter().map(|edition| edition.predicate());
    let waivers = provenance.waivers().iter().map(|waiver| waiver.predicate());
    let editions = editions.flat_map(move |edition| window(edition.not_before(), edition.not_after()));
    editions.chain(waivers.flat_map(move |waiver| window(waiver.not_before(), waiver.not_after())))
}
