//! How one place stands to every requirement, worked out once for each pair of descriptions.

use std::collections::HashMap;

use crate::cost::Tenancy;
use crate::fleet::{Fleet, Place};
use crate::inventory::Described;
use crate::residual::{JoinError, Numbering, Requirement, Term};

use super::reason::Shortage;

/// The requirements as terms, and what each description meets of their atoms.
pub(super) struct Standings {
    numbering: Numbering,
    parts: Vec<Vec<Term>>,
    whole: Term,
    known: HashMap<(Described, Described), Unmet>,
}

/// The numbers of the requirements that a place leaves unmet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unmet {
    pub(super) shared: Vec<usize>,
    pub(super) whole: Vec<usize>,
}

impl Unmet {
    pub(super) fn of(&self, tenancy: Tenancy) -> &[usize] {
        match tenancy {
            Tenancy::Shared => &self.shared,
            Tenancy::WholeNode => &self.whole,
        }
    }
}

impl Standings {
    pub(super) fn of(requirements: &[Requirement]) -> Result<Self, JoinError> {
        let numbering = Numbering::of(requirements)?;
        let mut algebra = numbering.algebra();
        let parts = requirements.iter().map(|part| numbering.terms(&part.open, &mut algebra));
        let parts = parts.collect::<Result<_, _>>()?;
        let whole = numbering.atoms().enumerate().filter(|(_, atom)| atom.takes_the_whole_node());
        let whole = whole.fold(Term::default(), |term, (number, _)| term.union(&Term::of(number)));
        Ok(Self { numbering, parts, whole, known: HashMap::new() })
    }

    /// The requirements that the place leaves unmet, shared and whole.
    pub(super) fn unmet(&mut self, fleet: &Fleet, place: &Place<'_>) -> Unmet {
        let key = (place.node.meets, place.offer.meets);
        if let Some(unmet) = self.known.get(&key) {
            return unmet.clone();
        }
        let met = self.met(fleet, place);
        let unmet =
            Unmet { shared: self.left(&met, Tenancy::Shared), whole: self.left(&met, Tenancy::WholeNode) };
        self.known.insert(key, unmet.clone());
        unmet
    }

    fn met(&self, fleet: &Fleet, place: &Place<'_>) -> Term {
        let inventory = fleet.inventory();
        let is_met = |number: u16| {
            [place.node.meets, place.offer.meets].iter().any(|of| inventory.described(*of).contains(&number))
        };
        let atoms = self.numbering.atoms().enumerate();
        let met = atoms.filter(|(_, atom)| inventory.numbered(atom).is_some_and(is_met));
        met.fold(Term::default(), |term, (number, _)| term.union(&Term::of(number)))
    }

    fn left(&self, met: &Term, tenancy: Tenancy) -> Vec<usize> {
        // What takes the whole node is met by nothing else.
        let holds = |term: &Term| {
            term.is_subset_of(met) && (tenancy == Tenancy::WholeNode || !term.meets(&self.whole))
        };
        let parts = self.parts.iter().enumerate();
        parts.filter(|(_, terms)| !terms.iter().any(holds)).map(|(number, _)| number).collect()
    }
}

/// What there is not enough of at a place.
pub(super) fn shortages(place: &Place<'_>, tenancy: Tenancy) -> Vec<Shortage> {
    let mut short = Vec::new();
    if tenancy == Tenancy::WholeNode && !place.is_empty {
        short.push(Shortage::WholeNode);
    }
    if place.free.cpu_milli < place.demand.cpu_milli {
        short.push(Shortage::Cpu);
    }
    if place.free.memory_bytes < place.demand.memory_bytes {
        short.push(Shortage::Memory);
    }
    short
}
