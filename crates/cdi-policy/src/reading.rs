//! What a policy says, in sentences for people who have not written one. Nothing is decided by them.
//!
//! In go a policy and the catalogue that it is read under; out come sentences by topic, and the meaning of every word.

mod given;
mod history;
mod required;
mod trusted;
mod words;

use crate::catalogues::Catalogues;
use crate::policy::{Policy, Rule};

pub use words::Word;

/// What sentences are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// What must hold of the code and its place.
    Asks,
    /// What must hold from a time on.
    Later,
    /// What the place has to do with it.
    Place,
    /// What the history must be.
    History,
    /// Whose word counts, and of how many.
    Trusts,
    /// What evidence must be like.
    Evidence,
    /// What is taken as given.
    Assumes,
    /// What the policy will have no part in.
    Forbids,
    /// What programs may be given.
    Grants,
}

impl Topic {
    /// The topic's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asks => "asks",
            Self::Later => "later",
            Self::Place => "place",
            Self::History => "history",
            Self::Trusts => "trusts",
            Self::Evidence => "evidence",
            Self::Assumes => "assumes",
            Self::Forbids => "forbids",
            Self::Grants => "grants",
        }
    }
}

/// A policy in sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The sentences, in order, none without a topic.
    pub sentences: Vec<(Topic, String)>,
    /// The words of the requirements, with what the catalogue says of each.
    pub words: Vec<Word>,
}

impl Reading {
    /// Reads a policy out.
    #[must_use]
    pub fn of(policy: &Policy, catalogues: &Catalogues) -> Self {
        if policy.rule() == Rule::AcceptAll {
            let all =
                "Every artifact is accepted, whoever made it, wherever it runs, and whatever it is given.";
            return Self { sentences: vec![(Topic::Asks, all.to_owned())], words: Vec::new() };
        }
        let mut sentences = required::of(policy);
        sentences.extend(history::of(policy));
        if let Some(trust) = policy.trust() {
            sentences.extend(trusted::of(policy, trust));
        }
        sentences.extend(given::of(policy));
        Self { sentences, words: words::of(policy, catalogues) }
    }

    /// The sentences about a topic.
    pub fn about(&self, topic: Topic) -> impl Iterator<Item = &str> {
        self.sentences.iter().filter(move |(about, _)| *about == topic).map(|(_, sentence)| sentence.as_str())
    }
}

/// `a`, `a and b`, `a, b and c`, each between backticks.
fn listed(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests;
