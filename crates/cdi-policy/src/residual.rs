//! What a principal's requirement still asks of the place, once its own facts about the code are taken out.

use std::fmt;

use cdi_verify::{Obstacle, Question};

use crate::formula::{Atom, Formula, PlatformProperty};

/// What a place provides, as one principal hears it.
#[derive(Debug, Clone, Copy)]
pub struct Provision<'a> {
    /// What is said to be provided; nothing where nobody has said which place it is.
    pub provides: &'a [PlatformProperty],
    /// Whether the principal takes the word of whoever says so.
    pub heard: bool,
}

impl Provision<'_> {
    /// Whether a formula over platform properties holds of the place.
    #[must_use]
    pub fn meets(&self, formula: &Formula<Atom>) -> bool {
        formula.holds(&mut |atom| match atom {
            Atom::Platform(property) => self.heard && self.provides.contains(property),
            Atom::Code(_) => false,
        })
    }
}

/// A part of a requirement that the code leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPart {
    /// The part, as the policy has it.
    pub requirement: String,
    /// What is left of it: only platform properties.
    pub open: Formula<Atom>,
    /// What would be left if everything that could not be told were so; `None` if nothing.
    pub generous: Option<Formula<Atom>>,
    /// What the code would have had to show instead, and why it does not, the closest to a proof first.
    pub unshown: Vec<(Question, Vec<Obstacle>)>,
}

/// How a place leaves a part unmet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The place does not provide what is asked.
    NotProvided,
    /// It does not, but evidence about the code that could not be looked up might make that unnecessary.
    CouldNotTell,
}

/// The open requirements of one principal, one or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residual(Vec<OpenPart>);

impl Residual {
    /// What is left; `None` if nothing is.
    pub(crate) fn of(parts: Vec<OpenPart>) -> Option<Self> {
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &[OpenPart] {
        &self.0
    }

    /// The parts that a place does not meet.
    pub fn unmet_by(&self, place: Provision<'_>) -> impl Iterator<Item = (&OpenPart, Lack)> {
        self.0.iter().filter(move |part| !place.meets(&part.open)).map(move |part| {
            let lacks_all_the_same = part.generous.as_ref().is_some_and(|formula| !place.meets(formula));
            (part, if lacks_all_the_same { Lack::NotProvided } else { Lack::CouldNotTell })
        })
    }
}

impl fmt::Display for Residual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => only.open.fmt(f),
            parts => Formula::All(parts.iter().map(|part| part.open.clone()).collect()).fmt(f),
        }
    }
}
