//! All principals' requirements as one formula in disjunctive normal form (rule PL-JOIN).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use cdi_policy::Formula;

use super::requirement::Requirement;
use super::term::{ATOMS, Algebra, TERMS, Term};
use super::wanted::Wanted;

/// A residual that is too large to be placed by. It refuses, and is no denial by any principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// More than [`ATOMS`] different atoms.
    #[error("the principals want {found} different things of the place, at most {ATOMS} can be told apart")]
    Atoms {
        /// How many.
        found: usize,
    },
    /// More than [`TERMS`] terms, or too much work on the way.
    #[error("the requirements leave more than {TERMS} alternatives to the place")]
    Terms,
}

impl JoinError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Atoms { .. } => "limit-placement-atoms",
            Self::Terms => "limit-placement-terms",
        }
    }
}

/// What all principals want of the place: any of these terms, each of which is a set of atoms that a place must have all
/// of. No term contains another, and none is one that no place can meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    atoms: Vec<Wanted>,
    terms: Vec<Term>,
}

impl Joined {
    /// Joins requirements: each must be met. The order in which they come, and what comes twice, changes nothing.
    ///
    /// # Errors
    /// [`JoinError`] for what is too large. A shorter residual in its place would be another one.
    pub fn of(requirements: &[Requirement]) -> Result<Self, JoinError> {
        let numbering = Numbering::of(requirements)?;
        let mut algebra = numbering.algebra();
        let mut parts = BTreeSet::new();
        for Requirement { open, .. } in requirements {
            let terms = numbering.terms(open, &mut algebra)?;
            parts.insert((terms.len(), terms));
        }
        let mut terms = vec![Term::default()];
        for (_, part) in parts {
            terms = algebra.both(&terms, &part)?;
        }
        Ok(Self { atoms: numbering.atoms.into_keys().collect(), terms })
    }

    /// What any principal wants, each once and in order; some of it may stand in no term.
    #[must_use]
    pub fn atoms(&self) -> &[Wanted] {
        &self.atoms
    }

    /// The terms, the shortest first. A place is lawful if it meets all of any of them.
    pub fn terms(&self) -> impl Iterator<Item = BTreeSet<&Wanted>> {
        self.terms.iter().map(|term| self.wanted(term))
    }

    /// Whether no place can ever meet it: the principals contradict each other, or one itself.
    #[must_use]
    pub fn is_contradictory(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a place that provides nothing meets it.
    #[must_use]
    pub fn is_met_anywhere(&self) -> bool {
        self.terms.first().is_some_and(|term| term.size() == 0)
    }

    fn wanted(&self, term: &Term) -> BTreeSet<&Wanted> {
        term.atoms().filter_map(|atom| self.atoms.get(atom)).collect()
    }
}

impl fmt::Display for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, term) in self.terms().enumerate() {
            let texts: Vec<String> = term.iter().map(ToString::to_string).collect();
            write!(f, "{}", if n == 0 { "" } else { "; or " })?;
            f.write_str(if texts.is_empty() { "nothing" } else { "" })?;
            f.write_str(&texts.join(", "))?;
        }
        f.write_str(if self.terms.is_empty() { "what no place has" } else { "" })
    }
}

/// A number for every atom, in their order.
pub(crate) struct Numbering {
    atoms: BTreeMap<Wanted, usize>,
}

impl Numbering {
    pub(crate) fn of(requirements: &[Requirement]) -> Result<Self, JoinError> {
        let all: BTreeSet<Wanted> = requirements.iter().flat_map(|part| part.open.atoms()).collect();
        if all.len() > ATOMS {
            return Err(JoinError::Atoms { found: all.len() });
        }
        Ok(Self { atoms: all.into_iter().enumerate().map(|(number, atom)| (atom, number)).collect() })
    }

    /// The atoms in the order of their numbers.
    pub(crate) fn atoms(&self) -> impl Iterator<Item = &Wanted> {
        self.atoms.keys()
    }

    pub(crate) fn algebra(&self) -> Algebra {
        let rivals_of = |one: &Wanted| {
            let rivals = self.atoms.iter().filter(|(other, _)| one.contradicts(other));
            rivals.fold(Term::default(), |term, (_, number)| term.union(&Term::of(*number)))
        };
        Algebra::new(self.atoms.keys().map(rivals_of).collect())
    }

    /// What meets a formula.
    pub(crate) fn terms(
        &self,
        formula: &Formula<Wanted>,
        algebra: &mut Algebra,
    ) -> Result<Vec<Term>, JoinError> {
        let (least, parts) = match formula {
            Formula::Atom(atom) => {
                return Ok(self.atoms.get(atom).map(|n| Term::of(*n)).into_iter().collect());
            }
            Formula::All(parts) => (None, parts),
            Formula::Any(parts) => (Some(1), parts),
            Formula::AtLeast(n, parts) => (Some(*n), parts),
        };
        let mut terms = Vec::new();
        for part in parts {
            terms.push(self.terms(part, algebra)?);
        }
        match least {
            Some(1) => algebra.any(terms),
            // Nothing but a formula without parts asks for more than there are: it is met nowhere.
            Some(n) if n > terms.len() => Ok(Vec::new()),
            Some(n) => algebra.at_least(n, &terms),
            None => {
                let mut all = vec![Term::default()];
                for part in &terms {
                    all = algebra.both(&all, part)?;
                }
                Ok(all)
            }
        }
    }
}

#[cfg(test)]
#[path = "joined_tests.rs"]
mod tests;
