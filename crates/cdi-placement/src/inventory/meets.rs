//! What an environment meets of what principals want, by what its host says and by what its runtime is certified for.

use std::collections::BTreeSet;

use cdi_policy::{PrincipalFindings, Provision};

use crate::residual::{Level, Wanted};
use crate::{Environment, as_heard};

/// Which of these atoms the environment meets, each by the findings of its own principal (rule PL-OFFER). A word that the
/// principal takes meets what is wanted `asserted`; a certified runtime what is wanted `certified` or less. Nothing here is
/// evidence of hardware, so that nothing is met `attested`. A policy that is only tried out has no say (rule P-MODE).
#[must_use]
pub fn meets(
    principals: &[PrincipalFindings],
    wanted: &[Wanted],
    environment: &Environment,
) -> BTreeSet<Wanted> {
    let is_met = |wanted: &&Wanted| {
        let binding = principals.iter().filter(|findings| findings.mode().is_none());
        let own = binding.filter(|findings| findings.principal == wanted.principal);
        let mut by = own.map(|findings| is_met_at(as_heard(findings, Some(environment)), wanted));
        // Of several policies of one principal each asks for itself: what is met for one of them only is not met.
        by.next().is_some_and(|first| first) && by.all(|more| more)
    };
    wanted.iter().filter(is_met).cloned().collect()
}

fn is_met_at(place: Provision<'_>, wanted: &Wanted) -> bool {
    let unsaid = Provision { provides: &[], ..place };
    match wanted.level {
        Level::Asserted => place.by(&wanted.property).is_some(),
        Level::Certified => unsaid.by(&wanted.property).is_some(),
        Level::Attested => false,
    }
}
