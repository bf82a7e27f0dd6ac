use cdi_types::{Name, PlatformProperty};

use super::super::Level;
use super::*;

fn wanted(principal: &str, property: &str) -> Wanted {
    let principal = Name::parse(principal).unwrap();
    Wanted { principal, level: Level::Certified, property: PlatformProperty::parse(property).unwrap() }
}

fn atom(principal: &str, property: &str) -> Formula<Wanted> {
    Formula::Atom(wanted(principal, property))
}

fn asks(open: Formula<Wanted>) -> Requirement {
    Requirement { principal: Name::parse("p").unwrap(), requirement: open.to_string(), open }
}

fn joined(parts: Vec<Formula<Wanted>>) -> String {
    Joined::of(&parts.into_iter().map(asks).collect::<Vec<_>>()).unwrap().to_string()
}

#[test]
fn terms_that_need_more_than_another_are_dropped() {
    let either = || Formula::Any(vec![atom("p", "A"), atom("p", "B")]);
    assert_eq!(joined(vec![either(), atom("p", "A")]), "`A` certified for `p`");
    let more = Formula::Any(vec![either(), Formula::All(vec![atom("p", "A"), atom("p", "C")])]);
    assert_eq!(joined(vec![more]), joined(vec![either()]));
}

#[test]
fn atoms_of_two_principals_or_levels_are_two() {
    assert_eq!(joined(vec![atom("p", "A"), atom("q", "A")]), "`A` certified for `p`, `A` certified for `q`");
    let attested = Formula::Atom(Wanted { level: Level::Attested, ..wanted("p", "A") });
    assert_eq!(joined(vec![atom("p", "A"), attested]), "`A` certified for `p`, `A` attested for `p`");
}

#[test]
fn two_values_of_one_property_are_in_no_term_whoever_wants_them() {
    let (here, there) = (atom("p", "LOCATION=eu-de"), atom("q", "LOCATION=eu-fr"));
    assert_eq!(joined(vec![here.clone(), there.clone()]), "what no place has");
    let either = Formula::Any(vec![there, atom("q", "VM_ISOLATION")]);
    let left = joined(vec![here.clone(), either]);
    assert_eq!(left, "`LOCATION=eu-de` certified for `p`, `VM_ISOLATION` certified for `q`");
    assert!(Joined::of(&[asks(here)]).is_ok_and(|joined| !joined.is_contradictory()));
}

#[test]
fn at_least_two_of_three_are_three_pairs() {
    let three = ["A", "B", "C"].map(|word| atom("p", word)).to_vec();
    let two = Joined::of(&[asks(Formula::AtLeast(2, three.clone()))]).unwrap();
    assert_eq!(two.terms().map(|term| term.len()).collect::<Vec<_>>(), [2, 2, 2]);
    assert_eq!(joined(vec![Formula::AtLeast(3, three.clone())]), joined(vec![Formula::All(three.clone())]));
    assert_eq!(joined(vec![Formula::AtLeast(1, three.clone())]), joined(vec![Formula::Any(three)]));
}

#[test]
fn nothing_wanted_is_met_anywhere_and_an_alternative_of_nothing_nowhere() {
    assert!(Joined::of(&[]).unwrap().is_met_anywhere());
    assert_eq!(joined(vec![]), "nothing");
    let nothing = Joined::of(&[asks(Formula::Any(Vec::new()))]).unwrap();
    assert!(nothing.is_contradictory() && !nothing.is_met_anywhere());
}

#[test]
fn order_and_repetition_of_requirements_do_not_matter() {
    let parts = [
        Formula::Any(vec![atom("p", "A"), atom("p", "B")]),
        Formula::Any(vec![atom("q", "C"), atom("q", "A")]),
        atom("r", "D"),
    ];
    let forth: Vec<_> = parts.iter().cloned().map(asks).collect();
    let back: Vec<_> = parts.iter().rev().chain(&parts).cloned().map(asks).collect();
    assert_eq!(Joined::of(&forth), Joined::of(&back));
}

#[test]
fn the_limits_are_exact() {
    let any = |n: usize| Formula::Any((0..n).map(|n| atom("p", &format!("A{n}"))).collect());
    assert_eq!(Joined::of(&[asks(any(ATOMS))]).unwrap().terms().count(), ATOMS);
    let error = Joined::of(&[asks(any(ATOMS + 1))]).unwrap_err();
    assert_eq!((error.code(), error), ("limit-placement-atoms", JoinError::Atoms { found: ATOMS + 1 }));
    // Each of them doubles the alternatives: 2^12 is the limit.
    let pairs = |n: usize| -> Vec<Requirement> {
        let either = |n: usize| Formula::Any(vec![atom("p", &format!("A{n}")), atom("p", &format!("B{n}"))]);
        (0..n).map(|n| asks(either(n))).collect()
    };
    assert_eq!(Joined::of(&pairs(12)).unwrap().terms().count(), TERMS);
    assert_eq!(Joined::of(&pairs(13)).unwrap_err().code(), "limit-placement-terms");
    assert_eq!(Joined::of(&pairs(100)).unwrap_err().code(), "limit-placement-terms");
}

/// A-POL-13: a short formula whose normal form is huge ends at the limit, and soon.
#[test]
fn a_short_formula_with_a_huge_normal_form_is_refused_in_time() {
    let many: Vec<_> = (0..40).map(|n| atom("p", &format!("A{n}"))).collect();
    let begin = std::time::Instant::now();
    assert_eq!(Joined::of(&[asks(Formula::AtLeast(20, many))]).unwrap_err(), JoinError::Terms);
    assert!(begin.elapsed().as_secs() < 20);
}
