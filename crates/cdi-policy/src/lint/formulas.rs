//! Requirements that nothing can meet, and parts that ask for nothing more than the rest does.

use cdi_types::Timestamp;

use super::Findings;
use crate::contradiction::{can_be_met, contradiction};
use crate::formula::{Atom, Formula};
use crate::policy::{Demand, Policy};

/// Parts and distinct atoms up to which what follows from what is tried out.
pub(super) const PARTS: usize = 32;
pub(super) const ATOMS: usize = 10;

/// A part of a requirement that must hold by itself.
pub(super) struct Part<'p> {
    pub(super) place: String,
    pub(super) from: Option<Timestamp>,
    pub(super) written: &'p Formula<String>,
    pub(super) expanded: &'p Formula<Atom>,
}

/// The parts of everything that a policy requires, at whatever time.
pub(super) fn parts(policy: &Policy) -> Vec<Part<'_>> {
    let mut later = 0..;
    let of = |demand| {
        let place = demand_place(demand, &mut later);
        let Demand { from, written, expanded } = demand;
        match (written, expanded) {
            (Formula::All(written), Formula::All(expanded)) => {
                let pairs = written.iter().zip(expanded).enumerate();
                let part = |(n, (written, expanded))| Part {
                    place: format!("{place}.allOf[{n}]"),
                    from: *from,
                    written,
                    expanded,
                };
                pairs.map(part).collect()
            }
            _ => vec![Part { place, from: *from, written, expanded }],
        }
    };
    policy.requirements().iter().flat_map(of).collect::<Vec<Part<'_>>>()
}

/// Where a demand stands; those that begin later are counted as they come.
fn demand_place(demand: &Demand, later: &mut impl Iterator<Item = usize>) -> String {
    match (demand.from, later) {
        (None, _) => "spec.require".to_owned(),
        (Some(_), later) => format!("spec.requireFrom[{}].require", later.next().unwrap_or_default()),
    }
}

pub(super) fn of(policy: &Policy, now: Timestamp, all: &mut Findings<'_>) {
    let parts = parts(policy);
    contradictory(&parts, all);
    redundant(&parts, all);
    for part in &parts {
        alternatives(part.written, part.expanded, &part.place, all);
    }
    let dates = policy.requirements().iter().filter_map(|demand| demand.from).enumerate();
    for (n, from) in dates.filter(|(_, from)| *from <= now) {
        all.note(
            format!("spec.requireFrom[{n}].from"),
            "requirement-has-begun",
            format!("this has been required since {from}"),
            "move it to `require`, so that the document shows what is asked today",
        );
    }
}

/// Parts that no place can meet at once.
fn contradictory(parts: &[Part<'_>], all: &mut Findings<'_>) {
    let Some(core) = contradiction(parts.iter().map(|part| (part, part.expanded)).collect()) else { return };
    let Some((last, others)) = core.split_last() else { return };
    let written = last.written;
    if others.is_empty() {
        let message = format!("no place can meet `{written}`: a place has one value of a property");
        let hint = "ask for one value, or for any of several with `anyOf`";
        return all.error(last.place.as_str(), "requirement-never-met", message, hint);
    }
    let others: Vec<String> =
        others.iter().map(|part| format!("`{}` ({})", part.written, part.place)).collect();
    let when = core.iter().filter_map(|part| part.from).max();
    let when = when.map(|from| format!("from {from} on, ")).unwrap_or_default();
    let message = format!("{when}no place can meet `{written}` together with {}", others.join(" and "));
    let hint = "a place has one value of a property: ask for one, or for any of several with `anyOf`";
    all.error(last.place.as_str(), "requirements-contradict", message, hint);
}

/// Parts that follow from the others. Of two that say the same, the later one is told.
fn redundant(parts: &[Part<'_>], all: &mut Findings<'_>) {
    let mut kept: Vec<&Part<'_>> = parts.iter().collect();
    for part in parts.iter().rev() {
        let others = kept.iter().filter(|other| other.place != part.place);
        // What begins later says nothing about now.
        let others = others.filter(|other| other.from <= part.from);
        let others: Vec<_> = others.map(|other| other.expanded).collect();
        if others.is_empty() || follow(&others, part.expanded) != Some(true) {
            continue;
        }
        kept.retain(|other| other.place != part.place);
        let message = format!("`{}` follows from the rest, and asks for nothing more", part.written);
        all.note(
            part.place.as_str(),
            "requirement-redundant",
            message,
            "leave it out, or say what was meant",
        );
    }
}

/// Whether a formula holds wherever all of these do; `None` if there is too much to try.
fn follow(from: &[&Formula<Atom>], formula: &Formula<Atom>) -> Option<bool> {
    let atoms = from.iter().chain([&formula]).flat_map(|formula| formula.atoms());
    let atoms: Vec<Atom> = atoms.collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    if atoms.len() > ATOMS || from.len() > PARTS {
        return None;
    }
    let worlds = 0..1_usize << atoms.len();
    Some(worlds.into_iter().all(|world| {
        let mut holds = |atom: &Atom| atoms.binary_search(atom).is_ok_and(|index| world & (1 << index) != 0);
        !from.iter().all(|formula| formula.holds(&mut holds)) || formula.holds(&mut holds)
    }))
}

/// Alternatives that nothing can take, or that another alternative covers.
fn alternatives(written: &Formula<String>, expanded: &Formula<Atom>, place: &str, all: &mut Findings<'_>) {
    let (list, written, expanded) = match (written, expanded) {
        (Formula::Any(written), Formula::Any(expanded)) => ("anyOf", written, expanded),
        (Formula::AtLeast(_, written), Formula::AtLeast(_, expanded)) => ("of", written, expanded),
        (Formula::All(written), Formula::All(expanded)) => ("allOf", written, expanded),
        _ => return,
    };
    for (n, (part, meaning)) in written.iter().zip(expanded).enumerate() {
        let here = format!("{place}.{list}[{n}]");
        if list != "allOf" && can_be_met(&[meaning]) == Some(false) {
            let message = format!("no place can meet the alternative `{part}`");
            let hint = "a place has one value of a property: leave it out, or mend it";
            all.warning(here.as_str(), "alternative-never-met", message, hint);
        } else if list == "anyOf" && covered(expanded, n, meaning) {
            let message = format!("the alternative `{part}` is covered by another of the list");
            all.note(here.as_str(), "alternative-redundant", message, "leave it out, or say what was meant");
        }
        alternatives(part, meaning, &here, all);
    }
}

/// Whether another alternative holds wherever this one does; of two that say the same, the later one is covered.
fn covered(all: &[Formula<Atom>], n: usize, meaning: &Formula<Atom>) -> bool {
    let few = all.len() <= PARTS;
    let mut others = all.iter().enumerate().filter(|(other, _)| *other != n);
    few && others.any(|(other, wider)| {
        follow(&[meaning], wider) == Some(true) && (other < n || follow(&[wider], meaning) == Some(false))
    })
}
