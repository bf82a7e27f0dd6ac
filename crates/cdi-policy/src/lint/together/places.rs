//! What is asked of places, and what places there are.

use std::collections::BTreeMap;

use cdi_types::{PlatformProperty, PropertyName};

use super::{Conflict, Setting, Voice};
use crate::formula::{Atom, Formula};
use crate::lint::Level;
use crate::lint::formulas::Part;

/// Whether a formula holds of code of which everything (or nothing) is shown, in a place that provides this.
fn holds(formula: &Formula<Atom>, code: bool, provides: &[PlatformProperty]) -> bool {
    formula.holds(&mut |atom| match atom {
        Atom::Code(_) | Atom::Evidence(_) => code,
        Atom::Platform(property) => provides.contains(property),
    })
}

/// Requirements that only a place can meet, of principals that do not take the host's word for one. What an anchor's scope
/// has, a certified runtime can supply (rule M-SUPPLY): such a principal may do without the host's word.
pub(super) fn unheard(setting: &Setting<'_>, voices: &[Voice<'_>]) -> Vec<Conflict> {
    let host = setting.configuration.host();
    let deaf = voices.iter().filter(|voice| !voice.written.policy.accepts_asserted_by(host));
    let parts = deaf.flat_map(|voice| voice.parts());
    let of_places = parts.filter(|(_, part)| !holds(part.expanded, true, &[]));
    let conflict = |(voice, part): (Voice<'_>, Part<'_>)| {
        let policy = voice.written.policy;
        let by_runtime = part.expanded.holds(&mut |atom| match atom {
            Atom::Code(_) | Atom::Evidence(_) => true,
            Atom::Platform(property) => policy.believes_runtimes_about(&property.name),
        });
        let level = match (by_runtime, voice.is_always_asked()) {
            (true, _) => Level::Note,
            (false, true) => Level::Error,
            (false, false) => Level::Warning,
        };
        let taken = if by_runtime {
            "and takes the word of authorities about a runtime, but not that of the host"
        } else {
            "and does not take the word of the host"
        };
        Conflict {
            level,
            code: "place-word-not-taken",
            message: format!(
                "`{}` asks the place for `{}`, {taken} `{host}`",
                voice.entry.name, part.written
            ),
            hint: "name the host in `acceptAsserted`, or ask for what the code can show",
            texts: vec![voice.quote(part.place.as_str()), setting.quote("spec.host")],
        }
    };
    of_places.map(conflict).collect()
}

/// What those that are always asked want of places, if no environment has it all.
pub(super) fn nowhere(setting: &Setting<'_>, voices: &[Voice<'_>]) -> Option<Conflict> {
    let always = voices.iter().filter(|voice| voice.is_always_asked());
    let parts: Vec<_> = always.flat_map(|voice| voice.parts()).collect();
    let unmet = |provides: &[PlatformProperty]| {
        parts.iter().filter(|(_, part)| !holds(part.expanded, true, provides)).collect::<Vec<_>>()
    };
    let lacking = setting.places.iter().map(|(name, provides)| (name, unmet(provides)));
    let (closest, unmet) = lacking.min_by_key(|(_, unmet)| unmet.len())?;
    let asked: Vec<String> = unmet
        .iter()
        .map(|(voice, part)| format!("`{}`, which `{}` asks for", part.written, voice.entry.name))
        .collect();
    (!unmet.is_empty()).then(|| Conflict {
        level: Level::Warning,
        code: "no-place-for-all",
        message: format!(
            "no environment of this host has all that is asked of places: `{closest}` lacks {}",
            asked.join(", and ")
        ),
        hint: "describe an environment that provides it under `environments`",
        texts: unmet.iter().map(|(voice, part)| voice.quote(part.place.as_str())).collect(),
    })
}

/// Environments that are said to have two values of one property.
pub(super) fn two_values(setting: &Setting<'_>) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (n, environment) in setting.configuration.environments().iter().enumerate() {
        let mut values: BTreeMap<&PropertyName, usize> = BTreeMap::new();
        for property in environment.provides.iter().filter(|property| property.value.is_some()) {
            *values.entry(&property.name).or_default() += 1;
        }
        found.extend(values.into_iter().filter(|(_, values)| *values > 1).map(|(name, values)| Conflict {
            level: Level::Warning,
            code: "environment-of-two-values",
            message: format!(
                "the environment `{}` is said to have {values} values of `{name}`",
                environment.name
            ),
            hint: "a place has one value of a property: describe two environments",
            texts: vec![setting.quote(format!("spec.environments[{n}]"))],
        }));
    }
    found
}

/// Requirements that ask for something of the code, and that an environment meets whatever the code is.
pub(super) fn met_without_code(setting: &Setting<'_>, voices: &[Voice<'_>]) -> Vec<Conflict> {
    let host = setting.configuration.host();
    let hearing = voices.iter().filter(|voice| voice.written.policy.accepts_asserted_by(host));
    let asks_code = |part: &Part<'_>| {
        part.expanded.atoms().iter().any(|atom| matches!(atom, Atom::Code(_) | Atom::Evidence(_)))
    };
    let parts = hearing.flat_map(|voice| voice.parts()).filter(|(_, part)| asks_code(part));
    let mut found = Vec::new();
    for (voice, part) in parts {
        let meet = setting.places.iter().filter(|(_, provides)| holds(part.expanded, false, provides));
        let places: Vec<String> = meet.map(|(name, _)| format!("`{name}`")).collect();
        if !places.is_empty() {
            found.push(Conflict {
                level: Level::Note,
                code: "requirement-met-by-place",
                message: format!(
                    "in {} `{}` is met whatever the code shows, on the word of `{host}`",
                    places.join(" and "),
                    part.written
                ),
                hint: "ask for the properties of code themselves if the place is not to stand in for them",
                texts: vec![voice.quote(part.place.as_str())],
            });
        }
    }
    found
}
