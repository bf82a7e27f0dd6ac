//! What must hold, now and later, and who can see to it: the code or the place.

use std::collections::BTreeSet;

use cdi_types::PlatformProperty;

use super::Topic;
use crate::formula::{Atom, Formula};
use crate::places::{AcceptedNodes, PlaceLevel, Places};
use crate::policy::{Demand, Policy};

pub(super) fn of(policy: &Policy) -> Vec<(Topic, String)> {
    let mut said = Vec::new();
    for demand in policy.requirements() {
        let parts = parts(demand);
        let topic = if demand.from.is_some() { Topic::Later } else { Topic::Asks };
        let when = demand.from.map(|from| format!("From {from} on, ")).unwrap_or_default();
        if demand.from.is_none() && parts.len() > 1 {
            let all = "An artifact must have all of what follows. Each of these is asked for by itself.";
            said.push((topic, all.to_owned()));
        }
        for (written, expanded) in parts {
            said.push((topic, sentence(&format!("{when}{} must hold: {}.", spelt(written), who(expanded)))));
        }
    }
    said.extend(of_place(policy));
    said
}

fn parts(demand: &Demand) -> Vec<(&Formula<String>, &Formula<Atom>)> {
    match (&demand.written, &demand.expanded) {
        (Formula::All(written), Formula::All(expanded)) => written.iter().zip(expanded).collect(),
        (written, expanded) => vec![(written, expanded)],
    }
}

/// A formula for people.
fn spelt(formula: &Formula<String>) -> String {
    let list =
        |parts: &[Formula<String>], joint: &str| parts.iter().map(inner).collect::<Vec<_>>().join(joint);
    match formula {
        Formula::Atom(word) => format!("`{word}`"),
        Formula::All(parts) => list(parts, " and "),
        Formula::Any(parts) => format!("one of {}", list(parts, " or ")),
        Formula::AtLeast(n, parts) => format!("at least {n} of {}", list(parts, ", ")),
    }
}

fn inner(formula: &Formula<String>) -> String {
    match formula {
        Formula::Atom(word) => format!("`{word}`"),
        other => format!("({})", spelt(other)),
    }
}

/// Who can see to it that a formula holds.
fn who(formula: &Formula<Atom>) -> &'static str {
    if let Formula::Atom(Atom::Evidence(_)) = formula {
        return "somebody who is named for it must have said it of the artifact, and no place can stand in";
    }
    let by = |code: bool, place: bool| {
        formula.holds(&mut |atom| match atom {
            Atom::Code(_) | Atom::Evidence(_) => code,
            Atom::Platform(_) => place,
        })
    };
    match (by(true, false), by(false, true)) {
        (true, true) => "the code can show it, or the place can provide it",
        (true, false) => "the code must show it, and no place can stand in",
        (false, true) => "the place must provide it, whatever the code shows",
        (false, false) => "the code must show one part of it, and the place provide another",
    }
}

/// What places may have to provide, and whose word about one counts.
fn of_place(policy: &Policy) -> Vec<(Topic, String)> {
    let atoms = policy.requirements().iter().flat_map(|demand| demand.expanded.atoms());
    let properties: Vec<PlatformProperty> = atoms
        .filter_map(|atom| match atom {
            Atom::Platform(property) => Some(property),
            Atom::Code(_) | Atom::Evidence(_) => None,
        })
        .collect();
    let asked: BTreeSet<String> = properties.iter().map(ToString::to_string).collect();
    let supplied = properties.iter().filter(|property| policy.believes_runtimes_about(&property.name));
    let names: BTreeSet<String> = supplied.map(ToString::to_string).collect();
    if asked.is_empty() {
        let anywhere = "Nothing is left to the place: it may run anywhere.".to_owned();
        return [anywhere].into_iter().chain(nodes(policy)).map(|text| (Topic::Place, text)).collect();
    }
    let left = format!("What the code does not show, a place can provide by {}.", super::listed(asked));
    let mut believed = vec![policy.principal().to_string()];
    let others = policy.demands.iter().flat_map(|demands| &demands.accept_asserted);
    believed.extend(others.filter(|name| *name != policy.principal()).map(ToString::to_string));
    let believed =
        format!("Whether a place provides it is believed on the word of {}.", super::listed(believed));
    let supplied = if names.is_empty() {
        "No runtime's certification is believed about it: no authority's scope has it.".to_owned()
    } else {
        format!(
            "A runtime that is certified to supply {} is believed as well, by the authorities whose scope has that.",
            super::listed(names)
        )
    };
    let said = [left, believed, supplied].into_iter().chain(levels(&policy.places())).chain(nodes(policy));
    said.map(|text| (Topic::Place, text)).collect()
}

/// On whose word properties of places are taken, where the policy says so.
fn levels(places: &Places) -> Vec<String> {
    let how = |level: PlaceLevel| match level {
        PlaceLevel::Asserted => "on the word of these, and of nodes whose keys the policy names",
        PlaceLevel::Certified => "only as certified of the runtime, whoever says so besides",
        PlaceLevel::Attested => "only as attested, which nothing can be yet",
    };
    let (levels, others) = places.levels();
    let stated = levels.iter().map(|(property, level)| format!("`{property}` is taken {}.", how(*level)));
    let every = others.map(|level| {
        let which = if levels.is_empty() { "Every property" } else { "Every other property" };
        format!("{which} of places is taken {}.", how(level))
    });
    stated.chain(every).collect()
}

/// The nodes that the policy accepts.
fn nodes(policy: &Policy) -> Option<String> {
    match policy.places().nodes() {
        AcceptedNodes::Nobodys => None,
        AcceptedNodes::Configured => {
            Some("Nodes that the decider's configuration lists are accepted.".to_owned())
        }
        AcceptedNodes::Keys(keys) => {
            let names: BTreeSet<String> = keys.values().map(ToString::to_string).collect();
            Some(format!("The nodes {} are accepted, each by its key.", super::listed(names)))
        }
    }
}

/// With a capital at its start, unless a word of the policy stands there.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
