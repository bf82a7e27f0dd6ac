//! What a principal's requirement still asks of the place, once its own facts about the code are taken out.

use std::collections::BTreeSet;
use std::fmt;

use cdi_types::Name;

use crate::formula::{Atom, Formula, PlatformProperty};

/// How a place meets a residual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// The place provides what is asked.
    Yes,
    /// It does not.
    No,
    /// It does not, but evidence about the code that could not be looked up might make that unnecessary.
    CouldNotTell,
}

/// An open requirement of one principal: only platform properties are left in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residual {
    pub(crate) open: Formula<Atom>,
    /// What would be left if everything that could not be told were so; `None` if nothing.
    pub(crate) generous: Option<Formula<Atom>>,
    pub(crate) principal: Name,
    pub(crate) accepts: BTreeSet<Name>,
}

impl Residual {
    /// How an environment meets the residual, of which `asserter` says that it provides `provided`. The word of a principal
    /// about a place counts for itself, and for those whose policy says so.
    #[must_use]
    pub fn met_by(&self, provided: &[PlatformProperty], asserter: &Name) -> Met {
        let heard = *asserter == self.principal || self.accepts.contains(asserter);
        let mut holds = |atom: &Atom| match atom {
            Atom::Platform(property) => heard && provided.contains(property),
            Atom::Code(_) => false,
        };
        if self.open.holds(&mut holds) {
            return Met::Yes;
        }
        match &self.generous {
            Some(formula) if !formula.holds(&mut holds) => Met::No,
            Some(_) | None => Met::CouldNotTell,
        }
    }

    /// The platform properties that are named.
    #[must_use]
    pub fn atoms(&self) -> BTreeSet<Atom> {
        self.open.atoms()
    }

    /// Whether the principal hears the word of `asserter` about a place.
    #[must_use]
    pub fn hears(&self, asserter: &Name) -> bool {
        *asserter == self.principal || self.accepts.contains(asserter)
    }
}

impl fmt::Display for Residual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.open.fmt(f)
    }
}
