//! What is explained: what was named on the command line, or what a policy asks for.

use std::collections::{BTreeMap, BTreeSet};

use cdi_policy::{Atom, Catalogues, Formula, Policy, PolicyError};
use cdi_types::Clock;
use cdi_verify::Question;

/// What is asked about an artifact: a word of the catalogue, or something of its history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asked {
    Word(String),
    History(Question),
}

/// A formula of a policy of which no single word must hold.
pub(crate) struct Compound {
    /// Its words, each with what it stands for.
    pub(crate) words: BTreeMap<String, Formula<Atom>>,
    /// The formula, with its tags expanded.
    pub(crate) whole: Formula<Atom>,
}

/// Everything that is to be explained to one principal.
#[derive(Default)]
pub(crate) struct Asking {
    /// Words, each with what it stands for.
    pub(crate) words: BTreeMap<String, Formula<Atom>>,
    /// Formulas, by the text by which refusals and waivers name them.
    pub(crate) compounds: BTreeMap<String, Compound>,
    pub(crate) history: Vec<Question>,
}

impl Asking {
    pub(crate) fn of(asked: &BTreeSet<Asked>, catalogues: &Catalogues) -> Result<Self, PolicyError> {
        let mut asking = Self::default();
        for asked in asked {
            match asked {
                Asked::Word(word) => drop(asking.words.insert(word.clone(), catalogues.meaning(word)?)),
                Asked::History(question) => asking.history.push(question.clone()),
            }
        }
        Ok(asking)
    }

    /// What a policy asks for at this time, part by part as it is decided.
    pub(crate) fn of_policy(
        policy: &Policy,
        catalogues: &Catalogues,
        clock: Clock,
    ) -> Result<Self, PolicyError> {
        let history = policy.asked_of_history().cloned().collect();
        let mut asking = Self { history, ..Self::default() };
        let demands = policy.requirements().iter().filter(|demand| demand.is_in_force(clock.now()));
        for part in demands.flat_map(cdi_policy::Demand::parts) {
            if let Formula::Atom(word) = part.written {
                asking.words.insert(word.clone(), part.expanded.clone());
                continue;
            }
            let words = part.written.atoms().into_iter();
            let words = words.map(|word| policy.meaning(&word, catalogues).map(|meaning| (word, meaning)));
            let compound = Compound { words: words.collect::<Result<_, _>>()?, whole: part.expanded.clone() };
            asking.compounds.insert(part.written.to_string(), compound);
        }
        Ok(asking)
    }

    /// The smallest parts of everything.
    pub(crate) fn atoms(&self) -> BTreeSet<Atom> {
        let whole = self.compounds.values().map(|compound| &compound.whole);
        self.words.values().chain(whole).flat_map(Formula::atoms).collect()
    }

    /// The formula in which a word stands that need not hold by itself.
    pub(crate) fn within(&self, word: &str) -> Option<&str> {
        let mut compounds = self.compounds.iter();
        let (text, _) = compounds.find(|(_, compound)| compound.words.contains_key(word))?;
        Some(text)
    }
}
