//! What a principal would say of a place, under a supposition or not (rule M-SUPPOSE). Nothing is placed by it.

use cdi_policy::PrincipalFindings;

use crate::{Environment, Open, open, tell_by_the_place};

/// What one principal would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Foreseen {
    /// Every requirement would be met, by the code or by the place.
    Allow,
    /// Some requirement could not be told, and none would fail.
    Unknown,
    /// Some requirement would fail.
    Deny,
}

/// Settles a principal's findings with the place, as [`crate::settle`] settles a decision.
#[must_use]
pub fn foresee(mut findings: PrincipalFindings, environment: Option<&Environment>) -> Foreseen {
    tell_by_the_place(&mut findings, environment);
    let at_the_code = findings.failures.iter().map(|failure| failure.undecided).collect::<Vec<_>>();
    let Open { unmet, .. } = open(std::slice::from_ref(&findings), environment);
    let undecided = at_the_code.into_iter().chain(unmet.iter().map(|unmet| unmet.undecided));
    let worst = undecided.map(|undecided| if undecided { Foreseen::Unknown } else { Foreseen::Deny }).max();
    worst.unwrap_or(Foreseen::Allow)
}
