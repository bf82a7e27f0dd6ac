//! Formulas over properties and tags: and, or, at least so many; no negation (rule P-FORMULA).

use std::collections::BTreeSet;
use std::fmt;

use cdi_types::{PlatformProperty, PropertyName, Role};
use cdi_verify::Question;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The smallest part of a requirement, once its tags are expanded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// What the code must have proved.
    Code(PropertyName),
    /// What the place must provide.
    Platform(PlatformProperty),
    /// What somebody whom the policy names must have said of the artifact, by the policy's name for it.
    Evidence(Role),
}

/// How words for others' evidence begin: `evidence:scan`.
pub(crate) const EVIDENCE: &str = "evidence:";

impl Atom {
    /// What the atom asks about the artifact; `None` for what is asked of the place.
    #[must_use]
    pub fn question(&self) -> Option<Question> {
        match self {
            Self::Code(property) => Some(Question::Property(property.clone())),
            Self::Evidence(name) => Some(Question::Evidence(name.clone())),
            Self::Platform(_) => None,
        }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(name) => write!(f, "{name}"),
            Self::Platform(property) => write!(f, "platform {property}"),
            Self::Evidence(name) => write!(f, "{EVIDENCE}{name}"),
        }
    }
}

/// A formula over `A`: words as a document has them, or atoms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Formula<A> {
    /// One atom.
    Atom(A),
    /// All of these; with none it would hold of anything, so there is at least one.
    All(Vec<Formula<A>>),
    /// Any of these.
    Any(Vec<Formula<A>>),
    /// At least so many of these.
    AtLeast(usize, Vec<Formula<A>>),
}

impl<A: Clone + Ord> Formula<A> {
    /// Whether the formula holds when `holds` says which atoms do.
    pub fn holds(&self, holds: &mut impl FnMut(&A) -> bool) -> bool {
        match self {
            Self::Atom(atom) => holds(atom),
            Self::All(parts) => parts.iter().all(|part| part.holds(holds)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(holds)),
            Self::AtLeast(n, parts) => parts.iter().filter(|part| part.holds(holds)).count() >= *n,
        }
    }

    /// How many atoms stand in it, each as often as it does.
    #[must_use]
    pub fn words(&self) -> usize {
        match self {
            Self::Atom(_) => 1,
            Self::All(parts) | Self::Any(parts) | Self::AtLeast(_, parts) => {
                parts.iter().map(Self::words).sum()
            }
        }
    }

    /// The atoms, each once.
    #[must_use]
    pub fn atoms(&self) -> BTreeSet<A> {
        match self {
            Self::Atom(atom) => BTreeSet::from([atom.clone()]),
            Self::All(parts) | Self::Any(parts) | Self::AtLeast(_, parts) => {
                parts.iter().flat_map(Self::atoms).collect()
            }
        }
    }

    /// The same formula with each atom replaced by a formula.
    ///
    /// # Errors
    /// The first that `expand` gives.
    pub fn expand<B, E>(
        &self,
        expand: &mut impl FnMut(&A) -> Result<Formula<B>, E>,
    ) -> Result<Formula<B>, E> {
        let mut all =
            |parts: &Vec<Self>| parts.iter().map(|part| part.expand(expand)).collect::<Result<Vec<_>, E>>();
        match self {
            Self::All(parts) => all(parts).map(Formula::All),
            Self::Any(parts) => all(parts).map(Formula::Any),
            Self::AtLeast(n, parts) => all(parts).map(|parts| Formula::AtLeast(*n, parts)),
            Self::Atom(atom) => expand(atom),
        }
    }

    /// What is left of the formula when `known` says of some atoms that they hold or do not: `Ok` for what is open, `Err`
    /// for a formula that is settled.
    ///
    /// # Errors
    /// Whether the formula holds, where nothing is left open.
    pub fn simplify(&self, known: &mut impl FnMut(&A) -> Option<bool>) -> Result<Self, bool> {
        let (need, parts) = match self {
            Self::Atom(atom) => return known(atom).map_or_else(|| Ok(self.clone()), Err),
            Self::All(parts) => (parts.len(), parts),
            Self::Any(parts) => (1, parts),
            Self::AtLeast(n, parts) => (*n, parts),
        };
        let mut open = Vec::new();
        let mut met = 0;
        for part in parts {
            match part.simplify(known) {
                Ok(left) => open.push(left),
                Err(true) => met += 1,
                Err(false) => {}
            }
        }
        match need.saturating_sub(met) {
            0 => Err(true),
            missing if missing > open.len() => Err(false),
            missing => Ok(Self::at_least(missing, open)),
        }
    }

    fn at_least(n: usize, mut parts: Vec<Self>) -> Self {
        match (n, parts.len()) {
            (1, 1) => parts.remove(0),
            (1, _) => Self::Any(parts),
            (n, len) if n == len => Self::All(parts),
            (n, _) => Self::AtLeast(n, parts),
        }
    }
}

impl<A: fmt::Display> Formula<A> {
    fn write(&self, f: &mut fmt::Formatter<'_>, inner: bool) -> fmt::Result {
        let (joint, parts) = match self {
            Self::Atom(atom) => return write!(f, "{atom}"),
            Self::All(parts) => (" and ", parts),
            Self::Any(parts) => (" or ", parts),
            Self::AtLeast(n, parts) => {
                write!(f, "at least {n} of ")?;
                (", ", parts)
            }
        };
        let bracketed = (inner && parts.len() > 1) || matches!(self, Self::AtLeast(..));
        write!(f, "{}", if bracketed { "(" } else { "" })?;
        for (index, part) in parts.iter().enumerate() {
            write!(f, "{}", if index > 0 { joint } else { "" })?;
            part.write(f, true)?;
        }
        write!(f, "{}", if bracketed { ")" } else { "" })
    }
}

impl<A: fmt::Display> fmt::Display for Formula<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, false)
    }
}

impl<'de> Deserialize<'de> for Formula<String> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FormulaVisitor)
    }
}

struct FormulaVisitor;

impl<'de> Visitor<'de> for FormulaVisitor {
    type Value = Formula<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a property or tag, `allOf: [...]`, `anyOf: [...]`, or `atLeast: N` with `of: [...]`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Formula::Atom(text.to_owned()))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut all, mut any, mut of, mut least) = (None, None, None, None::<usize>);
        while let Some(member) = map.next_key::<String>()? {
            match member.as_str() {
                "allOf" => all = Some(map.next_value::<Vec<Self::Value>>()?),
                "anyOf" => any = Some(map.next_value::<Vec<Self::Value>>()?),
                "of" => of = Some(map.next_value::<Vec<Self::Value>>()?),
                "atLeast" => least = Some(map.next_value()?),
                _ => return Err(de::Error::unknown_field(&member, &["allOf", "anyOf", "atLeast", "of"])),
            }
        }
        let filled = |parts: Vec<Self::Value>| {
            if parts.is_empty() { Err(de::Error::custom("a list in a formula is empty")) } else { Ok(parts) }
        };
        match (all, any, least, of) {
            (Some(parts), None, None, None) => filled(parts).map(Formula::All),
            (None, Some(parts), None, None) => filled(parts).map(Formula::Any),
            (None, None, Some(_), Some(parts)) if twice(&parts) => {
                Err(de::Error::custom("a part of `atLeast` is there twice, and would count twice"))
            }
            (None, None, Some(n), Some(parts)) if (1..=parts.len()).contains(&n) => {
                Ok(Formula::AtLeast(n, parts))
            }
            (None, None, Some(_), Some(_)) => {
                Err(de::Error::custom("`atLeast` must be from 1 to the number of its parts"))
            }
            _ => Err(de::Error::custom("expected one of `allOf`, `anyOf`, or `atLeast` with `of`")),
        }
    }
}

/// Whether a part is there twice, be it once in a list of its own.
fn twice(parts: &[Formula<String>]) -> bool {
    let mut seen = BTreeSet::new();
    !parts.iter().all(|part| seen.insert(only(part)))
}

/// A list of one part is that part.
fn only(formula: &Formula<String>) -> &Formula<String> {
    match formula {
        Formula::All(parts) | Formula::Any(parts) | Formula::AtLeast(_, parts) => match parts.as_slice() {
            [part] => only(part),
            _ => formula,
        },
        Formula::Atom(_) => formula,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formula(json: &str) -> Result<Formula<String>, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn empty_and_impossible_formulas_are_rejected() {
        for bad in [
            r#"{"allOf":[]}"#,
            r#"{"anyOf":[]}"#,
            r#"{"atLeast":0,"of":["A"]}"#,
            r#"{"atLeast":2,"of":["A"]}"#,
            r#"{"atLeast":2,"of":["A","A","B"]}"#,
            r#"{"atLeast":2,"of":["A",{"anyOf":[{"allOf":["A"]}]},"B"]}"#,
            r#"{"atLeast":1}"#,
            "{}",
            r#"{"not":["A"]}"#,
            r#"{"allOf":["A"],"anyOf":["B"]}"#,
            "[]",
            "1",
            "null",
        ] {
            assert!(formula(bad).is_err(), "{bad}");
        }
        let told = formula(r#"{"atLeast":2,"of":["A"]}"#).unwrap_err().to_string();
        assert!(told.starts_with("`atLeast` must be from 1 to the number of its parts"), "{told}");
        let told = formula("1").unwrap_err().to_string();
        assert!(told.contains("expected a property or tag, `allOf: [...]`"), "{told}");
    }

    #[test]
    fn a_formula_is_shown_with_brackets_only_where_they_are_needed() {
        let shown = |json: &str| formula(json).unwrap().to_string();
        assert_eq!(shown(r#"{"allOf":["A"]}"#), "A");
        assert_eq!(shown(r#"{"anyOf":["A",{"allOf":["B"]}]}"#), "A or B");
        assert_eq!(shown(r#"{"anyOf":["A",{"allOf":["B","C"]}]}"#), "A or (B and C)");
        assert_eq!(shown(r#"{"allOf":["A",{"atLeast":1,"of":["B"]}]}"#), "A and at least 1 of (B)");
    }

    #[test]
    fn values_of_places_have_one_to_sixty_four_plain_characters() {
        let value = |text: &str| PlatformProperty::parse(&format!("LOCATION={text}")).is_some();
        assert!(value("eu-de") && value(&"x".repeat(64)));
        assert!(!value("") && !value(&"x".repeat(65)) && !value("eu de") && !value("a=b"));
    }

    #[test]
    fn what_is_known_is_taken_out() {
        let f = formula(r#"{"allOf":["A",{"anyOf":["B","P"]},{"atLeast":2,"of":["A","Q","R"]}]}"#).unwrap();
        let known = |facts: &'static [(&'static str, bool)]| {
            move |atom: &String| facts.iter().find(|(name, _)| name == atom).map(|(_, holds)| *holds)
        };
        let open = f.simplify(&mut known(&[("A", true), ("B", false)])).unwrap();
        assert_eq!(open.to_string(), "P and (Q or R)");
        assert_eq!(f.simplify(&mut known(&[("A", false)])), Err(false));
        assert_eq!(f.simplify(&mut known(&[("A", true), ("B", true), ("Q", true)])), Err(true));
        assert_eq!(f.to_string(), "A and (B or P) and at least 2 of (A, Q, R)");
    }
}
