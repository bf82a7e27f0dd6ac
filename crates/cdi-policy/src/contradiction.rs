//! What no place can be at once: two values of one place property (rule P-CONFLICT).
//!
//! A place has one value of each property that carries one, such as `LOCATION`. Formulas have no negation, so that giving a
//! place everything else only helps: what is left to try are the values.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::PropertyName;

use crate::formula::{Atom, Formula};

/// Choices of values that are tried, and formulas that are weighed, at most. What is larger is not told.
const CHOICES: usize = 256;
const FORMULAS: usize = 64;
const ATOMS: usize = 2_048;

/// The fewest of these formulas that no place can meet together: without any one of them, some place could. `None` if some
/// place can meet them all, or if there are too many to tell. What the formulas ask of the code is taken to be so.
#[must_use]
pub fn contradiction<T>(formulas: Vec<(T, &Formula<Atom>)>) -> Option<Vec<T>> {
    let mut left: Vec<_> =
        formulas.into_iter().filter(|(_, formula)| !values_of(&[formula]).is_empty()).collect();
    if left.len() > FORMULAS || can_be_met(&only(&left))? {
        return None;
    }
    let mut at = 0;
    while at < left.len() {
        let one = left.remove(at);
        if can_be_met(&only(&left)).unwrap_or(true) {
            left.insert(at, one);
            at += 1;
        }
    }
    Some(left.into_iter().map(|(label, _)| label).collect())
}

fn only<'f, T>(labelled: &[(T, &'f Formula<Atom>)]) -> Vec<&'f Formula<Atom>> {
    labelled.iter().map(|(_, formula)| *formula).collect()
}

/// Whether some place meets all of these, if the code shows all that they ask; `None` if there is too much to try.
pub(crate) fn can_be_met(formulas: &[&Formula<Atom>]) -> Option<bool> {
    let words: usize = formulas.iter().map(|formula| formula.words()).sum();
    let values = values_of(formulas);
    let choices = values.values().try_fold(1_usize, |product, values| product.checked_mul(values.len()));
    let choices = choices.filter(|choices| *choices <= CHOICES && words <= ATOMS)?;
    Some((0..choices).any(|choice| {
        let place = chosen(&values, choice);
        formulas.iter().all(|formula| formula.holds(&mut |atom| is_there(atom, &place)))
    }))
}

/// The values that each property is asked to have.
fn values_of(formulas: &[&Formula<Atom>]) -> BTreeMap<PropertyName, Vec<String>> {
    let mut values: BTreeMap<PropertyName, BTreeSet<String>> = BTreeMap::new();
    for atom in formulas.iter().flat_map(|formula| formula.atoms()) {
        if let Atom::Platform(property) = atom
            && let Some(value) = property.value
        {
            values.entry(property.name).or_default().insert(value);
        }
    }
    values.into_iter().map(|(name, values)| (name, values.into_iter().collect())).collect()
}

/// One value of each property, by the number of the choice.
fn chosen(
    values: &BTreeMap<PropertyName, Vec<String>>,
    mut choice: usize,
) -> BTreeMap<&PropertyName, &String> {
    let mut place = BTreeMap::new();
    for (name, values) in values {
        place.extend(values.get(choice % values.len()).map(|value| (name, value)));
        choice /= values.len();
    }
    place
}

fn is_there(atom: &Atom, place: &BTreeMap<&PropertyName, &String>) -> bool {
    match atom {
        Atom::Code(_) | Atom::Evidence(_) => true,
        Atom::Platform(property) => {
            property.value.is_none() || place.get(&property.name).copied() == property.value.as_ref()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalogue;

    fn formula(text: &str) -> Formula<Atom> {
        let written: Formula<String> = serde_json::from_str(text).unwrap();
        let catalogue = Catalogue::builtin().unwrap();
        written.expand(&mut |word| catalogue.meaning(word)).unwrap()
    }

    #[test]
    fn two_values_of_one_property_contradict_each_other_and_nothing_else_does() {
        let [here, there, either, vm] = [
            r#""LOCATION=eu-de""#,
            r#""LOCATION=eu-fr""#,
            r#"{"anyOf":["LOCATION=eu-fr","VM_ISOLATION"]}"#,
            r#""VM_ISOLATION""#,
        ]
        .map(formula);
        let told = |all: &[(&'static str, &Formula<Atom>)]| contradiction(all.to_vec());
        assert_eq!(told(&[("vm", &vm), ("a", &here), ("b", &there)]), Some(vec!["a", "b"]));
        assert_eq!(told(&[("a", &here), ("c", &either), ("vm", &vm)]), None);
        assert_eq!(told(&[]), None);
        let both = formula(r#"{"atLeast":2,"of":["LOCATION=eu-de","LOCATION=eu-fr","LOCATION=eu-nl"]}"#);
        assert_eq!(told(&[("vm", &vm), ("both", &both)]), Some(vec!["both"]));
    }

    #[test]
    fn every_choice_of_values_is_tried() {
        let [places, guards] = [["LOCATION=eu-de", "LOCATION=eu-fr"], ["GUARD_PAGES=A", "GUARD_PAGES=B"]];
        let asked =
            |kind: &str, two: [&str; 2]| formula(&format!(r#"{{"{kind}":["{}","{}"]}}"#, two[0], two[1]));
        let (some_place, some_guards) = (asked("anyOf", places), asked("anyOf", guards));
        for (place, guard) in places.into_iter().flat_map(|place| guards.map(|guard| (place, guard))) {
            let both = asked("allOf", [place, guard]);
            assert_eq!(can_be_met(&[&some_place, &some_guards, &both]), Some(true), "{place} {guard}");
        }
    }

    #[test]
    fn what_is_too_large_is_not_told() {
        let many = (0..300).map(|n| format!("\"LOCATION=r{n}\"")).collect::<Vec<_>>().join(",");
        let [any, none] = [formula(&format!(r#"{{"anyOf":[{many}]}}"#)), formula(r#""LOCATION=x""#)];
        assert_eq!(can_be_met(&[&any, &none]), None);
        assert_eq!(contradiction(vec![(1, &any), (2, &none)]), None);
    }

    #[test]
    fn what_is_as_large_as_it_may_be_is_told() {
        let [here, there] = [r#""LOCATION=eu-de""#, r#""LOCATION=eu-fr""#].map(formula);
        let of = |count: usize| {
            contradiction(std::iter::repeat_n(&here, count - 1).chain([&there]).map(|f| ((), f)).collect())
        };
        assert_eq!((of(FORMULAS).map(|told| told.len()), of(FORMULAS + 1)), (Some(2), None));
        let choices = |count: usize| {
            let many = (1..count).map(|n| format!("\"LOCATION=r{n}\"")).collect::<Vec<_>>().join(",");
            let [any, none] = [formula(&format!(r#"{{"anyOf":[{many}]}}"#)), formula(r#""LOCATION=x""#)];
            can_be_met(&[&any, &none])
        };
        assert_eq!((choices(CHOICES), choices(CHOICES + 1)), (Some(false), None));
    }
}
