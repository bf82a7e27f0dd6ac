//! By which codes the failed requirements of a principal are named (rules P-DECIDE, P-PLACE).

use super::Tri;
use super::decide::{Facts, Host};
use super::obstacle::Reason;
use super::reasons::Asked;
use super::world::{Formula, Name, Principal, Property, Rule};
use std::collections::BTreeSet;

/// The code of what could not be told.
pub const UNTOLD: &str = "revocation-list-stale";
/// The code of what the place leaves unmet.
const UNMET: &str = "residual-unmet";
/// The code of what fails where no obstacle says why.
const NOT_SHOWN: &str = "not-shown";

/// The codes of what fails of a principal's requirements on a host, in the order of the alphabet. `reasons` are those of what
/// is not shown.
pub fn failures(
    principal: &Principal,
    facts: &Facts<'_>,
    host: Host<'_>,
    reasons: &dyn Fn(&Asked) -> BTreeSet<Reason>,
) -> Vec<&'static str> {
    if principal.rule == Rule::AcceptAll {
        return Vec::new();
    }
    let parts = match &principal.require {
        None => Vec::new(),
        Some(Formula::And(parts)) => parts.iter().collect(),
        Some(whole) => vec![whole],
    };
    let here = facts.clone().at(principal, host);
    let mut failed: Vec<_> = parts.into_iter().filter_map(|part| of_part(part, &here, reasons)).collect();
    let history = [
        (principal.complete.is_some(), Asked::Complete, facts.complete),
        (principal.reproduced.is_some(), Asked::Reproduced, facts.reproduced),
    ];
    failed.extend(history.into_iter().filter(|(asked, ..)| *asked).filter_map(
        |(_, asked, truth)| match truth {
            Tri::True => None,
            Tri::Unknown => Some(UNTOLD),
            Tri::False => Some(named(&reasons(&asked))),
        },
    ));
    failed.sort_unstable();
    failed
}

fn named(reasons: &BTreeSet<Reason>) -> &'static str {
    Reason::closest(reasons).map_or(NOT_SHOWN, |reason| reason.code)
}

fn of_part(
    part: &Formula,
    facts: &Facts<'_>,
    reasons: &dyn Fn(&Asked) -> BTreeSet<Reason>,
) -> Option<&'static str> {
    let shown = |property: &Property| facts.has(property) == Tri::True;
    let possible = |property: &Property| facts.has(property) != Tri::False;
    let (any_place, this_place) =
        (|_: &Property| true, |property: &Property| facts.provides(property) == Tri::True);
    let said = |name: &Name| facts.says(name) == Tri::True;
    if is_met(part, &shown, &this_place, &said) {
        None
    } else if is_met(part, &shown, &any_place, &said) {
        Some(UNMET)
    } else if is_met(part, &possible, &any_place, &said) {
        Some(UNTOLD)
    } else {
        let mut asked = BTreeSet::new();
        words(part, &mut asked);
        // Each question as its answer is named; then the closest of these.
        let first = |asked: Asked| {
            let truth = match &asked {
                Asked::Property(property) => facts.has(property),
                Asked::Evidence(name) => facts.says(name),
                Asked::Complete | Asked::Reproduced => Tri::True,
            };
            match truth {
                Tri::True => None,
                Tri::Unknown => Some(Reason::of(UNTOLD)),
                Tri::False => Reason::closest(&reasons(&asked)),
            }
        };
        Some(named(&asked.into_iter().filter_map(first).collect()))
    }
}

fn is_met(
    formula: &Formula,
    code: &dyn Fn(&Property) -> bool,
    place: &dyn Fn(&Property) -> bool,
    said: &dyn Fn(&Name) -> bool,
) -> bool {
    let met = |parts: &[Formula]| parts.iter().filter(|part| is_met(part, code, place, said)).count();
    match formula {
        Formula::Property(property) => code(property),
        Formula::Platform(property) => place(property),
        Formula::Evidence(name) => said(name),
        Formula::And(parts) => met(parts) == parts.len(),
        Formula::Or(parts) => met(parts) >= 1,
        Formula::AtLeast(n, parts) => met(parts) >= *n,
    }
}

/// What is asked of the artifact.
fn words(formula: &Formula, found: &mut BTreeSet<Asked>) {
    match formula {
        Formula::Property(property) => drop(found.insert(Asked::Property(property.clone()))),
        Formula::Evidence(name) => drop(found.insert(Asked::Evidence(name.clone()))),
        Formula::Platform(_) => {}
        Formula::And(parts) | Formula::Or(parts) | Formula::AtLeast(_, parts) => {
            parts.iter().for_each(|part| words(part, found));
        }
    }
}
