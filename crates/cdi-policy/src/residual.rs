//! What a principal's requirement still asks of the place, once its own facts about the code are taken out.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cdi_types::{PlatformProperty, Runtime};
use cdi_verify::{Answer, Obstacle, Question};

use crate::formula::{Atom, Formula};
use crate::places::{PlaceLevel, Places};

/// The obstacles against each of several questions, the closest to a proof first.
pub type Causes = Vec<(Question, Vec<Obstacle>)>;

/// Whether a principal takes the word of whoever says what a place provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It does.
    Taken,
    /// It names the key of the place's node: the word counts where the policy wants no more than a word.
    AsAsked,
    /// It does not.
    NotTaken,
}

/// What a place provides, as one principal knows it: what its host says, and what is certified of its runtime.
#[derive(Debug, Clone, Copy)]
pub struct Provision<'a> {
    /// What is said to be provided; nothing where nobody has said which place it is.
    pub provides: &'a [PlatformProperty],
    /// Whether the principal takes the word of whoever says so.
    pub heard: Heard,
    /// The level at which the principal wants each property.
    pub places: &'a Places,
    /// The runtime of the place, if it is known.
    pub runtime: Option<&'a Arc<Runtime>>,
    /// What the principal's facts say of runtimes.
    pub supplies: &'a BTreeMap<Question, Answer>,
}

/// By what a place has a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProvidedBy {
    /// The word of whoever vouches for the place, which the principal takes.
    Word,
    /// What is certified of its runtime.
    Runtime,
}

impl Provision<'_> {
    /// By what the place has the property, as the principal knows it; by a word that it takes, if by both.
    #[must_use]
    pub fn by(&self, property: &PlatformProperty) -> Option<ProvidedBy> {
        let level = self.places.stated(&property.name);
        let word = match (level, self.heard) {
            (None | Some(PlaceLevel::Asserted), Heard::Taken)
            | (Some(PlaceLevel::Asserted), Heard::AsAsked) => self.provides.contains(property),
            (Some(PlaceLevel::Certified | PlaceLevel::Attested), _)
            | (None, Heard::AsAsked)
            | (_, Heard::NotTaken) => false,
        };
        match self.supplied(property) {
            // No evidence of hardware can be verified here: nothing is attested.
            _ if level == Some(PlaceLevel::Attested) => None,
            _ if word => Some(ProvidedBy::Word),
            Some((_, Answer::Shown(_))) => Some(ProvidedBy::Runtime),
            Some((_, Answer::NotShown(_) | Answer::CouldNotTell(_))) | None => None,
        }
    }

    /// Whether a formula over platform properties holds of the place.
    #[must_use]
    pub fn meets(&self, formula: &Formula<Atom>) -> bool {
        formula.holds(&mut |atom| self.has(atom, false))
    }

    /// Whether it would, if everything that could not be told were so.
    #[must_use]
    pub fn could_meet(&self, formula: &Formula<Atom>) -> bool {
        formula.holds(&mut |atom| self.has(atom, true))
    }

    /// The properties of a formula that the policy wants attested, which nothing is.
    #[must_use]
    pub fn unattested(&self, formula: &Formula<Atom>) -> Vec<PlatformProperty> {
        let attested = |atom: Atom| match atom {
            Atom::Platform(property) => {
                (self.places.stated(&property.name) == Some(PlaceLevel::Attested)).then_some(property)
            }
            Atom::Code(_) | Atom::Evidence(_) => None,
        };
        formula.atoms().into_iter().filter_map(attested).collect()
    }

    /// What is known of the property for the place's runtime; `None` if nothing was asked.
    #[must_use]
    pub fn supplied(&self, property: &PlatformProperty) -> Option<(&Question, &Answer)> {
        let runtime = self.runtime?;
        let of_it = |question: &Question| matches!(question, Question::Supplied(of, asked) if of == runtime && asked == property);
        self.supplies.iter().find(|(question, _)| of_it(question))
    }

    /// Why the place's runtime is not shown to supply what a formula asks for, by property.
    #[must_use]
    pub fn unsupplied(&self, formula: &Formula<Atom>) -> Causes {
        let asked = formula.atoms().into_iter().filter_map(|atom| match atom {
            Atom::Platform(property) => Some(property),
            Atom::Code(_) | Atom::Evidence(_) => None,
        });
        let lacking = asked.filter_map(|property| match self.supplied(&property)? {
            (_, Answer::Shown(_)) => None,
            (question, Answer::NotShown(obstacles) | Answer::CouldNotTell(obstacles)) => {
                Some((question.clone(), obstacles.iter().cloned().collect()))
            }
        });
        lacking.collect()
    }

    fn has(&self, atom: &Atom, untold: bool) -> bool {
        let Atom::Platform(property) = atom else { return false };
        let attested = self.places.stated(&property.name) == Some(PlaceLevel::Attested);
        let could = || !attested && matches!(self.supplied(property), Some((_, Answer::CouldNotTell(_))));
        self.by(property).is_some() || (untold && could())
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
    pub unshown: Causes,
}

/// How a place leaves a part unmet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The place does not provide what is asked.
    NotProvided,
    /// It does not, but evidence that could not be looked up, about the code or about the place's runtime, might mend that.
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

    /// What the place provides of the parts that it meets, and by what. Of a part that it does not meet nothing is said: what
    /// it has of that is not enough.
    #[must_use]
    pub fn provided_by(&self, place: Provision<'_>) -> BTreeMap<PlatformProperty, ProvidedBy> {
        let met = self.0.iter().filter(|part| place.meets(&part.open));
        let provided = met.flat_map(|part| part.open.atoms()).filter_map(|atom| match atom {
            Atom::Platform(property) => place.by(&property).map(|by| (property, by)),
            Atom::Code(_) | Atom::Evidence(_) => None,
        });
        provided.collect()
    }

    /// The parts that a place does not meet.
    pub fn unmet_by(&self, place: Provision<'_>) -> impl Iterator<Item = (&OpenPart, Lack)> {
        self.0.iter().filter(move |part| !place.meets(&part.open)).map(move |part| {
            let lacks_all_the_same = part.generous.as_ref().is_some_and(|formula| !place.could_meet(formula));
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
