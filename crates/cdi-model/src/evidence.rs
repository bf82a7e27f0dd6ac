//! Others' evidence about the deployed artifact, straight from rule M-EVIDENCE.

use super::View;
use super::obstacle::Reason;
use super::world::{Foreign, Name, Says};
use std::collections::BTreeSet;

/// Whether the evidence of this name is there.
pub fn is_there(view: View<'_>, name: &Name) -> bool {
    told(view, name).contains(&None)
}

/// Why it is not.
pub fn reasons(view: View<'_>, name: &Name) -> BTreeSet<Reason> {
    let told = told(view, name);
    let missing = told.is_empty().then_some("evidence-missing");
    told.into_iter().flatten().chain(missing).map(Reason::of).collect()
}

/// Of each statement of the right type, by the right key, about the artifact: why it is no such evidence, if it is none.
fn told(view: View<'_>, name: &Name) -> BTreeSet<Option<&'static str>> {
    let (world, principal) = (view.world, view.principal);
    let rules = principal.evidence.iter().filter(|rule| rule.name == *name);
    let each = rules.flat_map(|rule| {
        let of_rule = |one: &&Foreign| {
            one.kind == rule.kind && rule.keys.contains(&one.key) && one.subjects.contains(&world.artifact)
        };
        world.evidence.foreign.iter().filter(of_rule).map(|one| match (one.says, rule.least) {
            _ if principal.forbidden.origins.contains(&one.id) => Some("evidence-forbidden"),
            (Says::NoObject, _) => Some("evidence-unreadable"),
            (Says::ScoreInText(_), Some(_)) => Some("evidence-condition-unmet"),
            (Says::Score(score), Some(least)) if score < least => Some("evidence-condition-unmet"),
            (Says::Score(_) | Says::ScoreInText(_), _) => None,
        })
    });
    each.collect()
}
