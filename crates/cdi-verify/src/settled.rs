//! How long answers stay as they are when nothing is added: the time between two moments at which a window begins or ends
//! or a list grows too old (rules F-WINDOW, M-FRESH). In between no answer depends on the clock.

use std::ops::Range;

use cdi_types::{Clock, Dated, Timestamp};

use crate::provenance::{Provenance, Verified};
use crate::trust::{Freshness, Trust};

/// The time around that of the `clock` in which the same provenance gives the principals whose trusts these are the same
/// answers. It contains the clock's time, unless what is relied on now may change them: then it is empty. What was relied on
/// before is as it is.
#[must_use]
pub fn settled<'t>(
    provenance: &Verified<Provenance>,
    trusts: impl IntoIterator<Item = &'t Trust>,
    clock: Clock,
) -> Range<Timestamp> {
    let now = clock.now();
    let mut range = Timestamp::from_unix(0)..Timestamp::from_unix(u64::MAX);
    let terms: Vec<_> = trusts.into_iter().map(Trust::terms).collect();
    let ages: Vec<_> = terms.iter().map(|terms| terms.freshness).collect();
    let rules = terms.iter().flat_map(|terms| &terms.summaries);
    let verified =
        rules.flat_map(|rule| provenance.get().summaries.iter().filter_map(|one| rule.moments(one)));
    for moment in moments(provenance.get(), &ages).chain(verified.flatten()) {
        if moment <= now {
            range.start = range.start.max(moment);
        } else {
            range.end = range.end.min(moment);
        }
    }
    // What was relied on between now and then would survive.
    if compromises(provenance.get()).any(|since| now.after(Clock::SKEW) < since) {
        range.end = now;
    }
    range
}

/// The moments since when keys are compromised.
fn compromises(provenance: &Provenance) -> impl Iterator<Item = Timestamp> {
    provenance.revocations.iter().flat_map(|list| list.predicate().revoked.iter().filter_map(|one| one.since))
}

fn moments<'p>(
    provenance: &'p Provenance,
    ages: &'p [Freshness],
) -> impl Iterator<Item = Timestamp> + use<'p> {
    let endorsements = provenance.endorsements.iter().flat_map(|signed| window(signed.predicate()));
    let certifications = provenance.certifications.iter().flat_map(|signed| window(signed.predicate()));
    let lists = provenance.revocations.iter().flat_map(|signed| window(signed.predicate()));
    let too_old = provenance.revocations.iter().flat_map(move |list| {
        ages.iter().filter_map(move |freshness| match freshness {
            Freshness::MaxAge(age) => Some(list.predicate().not_before.after(*age)),
            Freshness::DangerouslyNone => None,
        })
    });
    let editions = provenance.editions.iter().flat_map(|signed| window(signed.predicate()));
    let waivers = provenance.waivers.iter().flat_map(|signed| window(signed.predicate()));
    let policies = editions.chain(waivers);
    endorsements.chain(certifications).chain(lists).chain(too_old).chain(policies)
}

/// When a window begins, the allowance for clocks granted, and when it ends.
fn window(dated: &impl Dated) -> [Timestamp; 2] {
    let begins = dated.not_before().unix().saturating_sub(Clock::SKEW.seconds());
    [Timestamp::from_unix(begins), dated.not_after()]
}
