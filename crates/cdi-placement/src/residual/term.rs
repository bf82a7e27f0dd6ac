//! Terms of a disjunctive normal form as sets of numbered atoms, and the algebra over them.

use super::joined::JoinError;

/// The different atoms that a joined residual may have: four words of bits, and twenty properties for a dozen principals.
pub const ATOMS: usize = 256;
/// The terms that it may have, on the way and in the end: more alternatives than anybody reads.
pub const TERMS: usize = 4_096;
/// Pairs of terms that are put together in one join, at most: half a second where each meets 4,096 others.
const PAIRS: usize = 1 << 18;

const WORDS: usize = ATOMS / 64;

/// A set of atoms, by their numbers: what a place must have all of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Term([u64; WORDS]);

impl Term {
    /// The term of one atom; one that nobody numbered is in none.
    pub(crate) fn of(atom: usize) -> Self {
        let mut term = Self::default();
        term.insert(atom);
        term
    }

    pub(crate) fn insert(&mut self, atom: usize) {
        if let Some(word) = self.0.get_mut(atom / 64) {
            *word |= 1 << (atom % 64);
        }
    }

    pub(crate) fn contains(&self, atom: usize) -> bool {
        self.0.get(atom / 64).is_some_and(|word| word >> (atom % 64) & 1 == 1)
    }

    pub(crate) fn union(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(one, other)| *one |= other);
        self
    }

    pub(crate) fn is_subset_of(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(one, other)| one & !other == 0)
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(one, other)| one & other != 0)
    }

    pub(crate) fn size(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    pub(crate) fn atoms(self) -> impl Iterator<Item = usize> {
        (0..ATOMS).filter(move |atom| self.contains(*atom))
    }
}

/// Puts terms together, within a budget: what is larger is an error, and never a shorter answer.
pub(crate) struct Algebra {
    /// For each atom, those that no place has beside it.
    rivals: Vec<Term>,
    pairs: usize,
}

impl Algebra {
    pub(crate) const fn new(rivals: Vec<Term>) -> Self {
        Self { rivals, pairs: PAIRS }
    }

    /// What meets any of these: each of whose terms is there, those apart that need more than another one does.
    pub(crate) fn any(
        &self,
        alternatives: impl IntoIterator<Item = Vec<Term>>,
    ) -> Result<Vec<Term>, JoinError> {
        let mut all = Vec::new();
        for alternative in alternatives {
            all.extend(alternative);
            if all.len() > 2 * TERMS {
                all = absorbed(all)?;
            }
        }
        absorbed(all)
    }

    /// What meets both. Terms that no place meets are left out.
    pub(crate) fn both(&mut self, one: &[Term], other: &[Term]) -> Result<Vec<Term>, JoinError> {
        let pairs = one.len().saturating_mul(other.len());
        self.pairs = self.pairs.checked_sub(pairs).ok_or(JoinError::Terms)?;
        let unions = one.iter().flat_map(|one| other.iter().map(|other| one.union(other)));
        absorbed(unions.filter(|term| !self.is_contradictory(term)).collect())
    }

    /// What meets at least `n` of these.
    pub(crate) fn at_least(&mut self, n: usize, parts: &[Vec<Term>]) -> Result<Vec<Term>, JoinError> {
        // By how many of the parts so far are met, at least.
        let mut met: Vec<Vec<Term>> = vec![Vec::new(); n + 1];
        if let Some(none) = met.first_mut() {
            none.push(Term::default());
        }
        for part in parts {
            for at in (1..=n).rev() {
                let (Some(fewer), Some(already)) = (met.get(at - 1), met.get(at)) else { continue };
                let more = self.both(fewer, part)?;
                let either = self.any([already.clone(), more])?;
                met.get_mut(at).into_iter().for_each(|terms| terms.clone_from(&either));
            }
        }
        Ok(met.pop().unwrap_or_default())
    }

    fn is_contradictory(&self, term: &Term) -> bool {
        self.rivals.iter().enumerate().any(|(atom, rivals)| rivals.meets(term) && term.contains(atom))
    }
}

/// The terms in their order, without those that contain another one.
fn absorbed(mut terms: Vec<Term>) -> Result<Vec<Term>, JoinError> {
    terms.sort_unstable_by_key(|term| (term.size(), *term));
    terms.dedup();
    let mut kept: Vec<Term> = Vec::new();
    for term in terms {
        if !kept.iter().any(|smaller| smaller.is_subset_of(&term)) {
            kept.push(term);
        }
        if kept.len() > TERMS {
            return Err(JoinError::Terms);
        }
    }
    Ok(kept)
}
