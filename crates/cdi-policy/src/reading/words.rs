//! The words of a policy's requirements, and what each means.

use std::collections::BTreeSet;

use cdi_types::PlatformProperty;

use crate::catalogue::{Catalogue, Kind};
use crate::catalogues::Catalogues;
use crate::policy::Policy;

/// A word and its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word.
    pub word: String,
    /// `tag`, `code` or `place`.
    pub kind: &'static str,
    /// What the catalogue says that it means.
    pub meaning: String,
    /// The formula that a tag stands for.
    pub stands_for: Option<String>,
}

/// The words as the policy has them, each followed by those that it stands for; each once.
pub(super) fn of(policy: &Policy, catalogues: &Catalogues) -> Vec<Word> {
    let Some(catalogue) = policy.catalogue().and_then(|digest| catalogues.find(digest)) else {
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    let mut words = Vec::new();
    for word in policy.requirements().iter().flat_map(|demand| demand.written.atoms()) {
        let tag = catalogue.tags().iter().find(|(name, _)| name.as_str() == word);
        let within = tag.map(|(_, tag)| tag.formula.atoms()).unwrap_or_default();
        for word in [word].into_iter().chain(within) {
            if seen.insert(word.clone()) {
                words.extend(meaning(&word, catalogue));
            }
        }
    }
    words
}

fn meaning(word: &str, catalogue: &Catalogue) -> Option<Word> {
    if let Some((_, tag)) = catalogue.tags().iter().find(|(name, _)| name.as_str() == word) {
        let stands_for = catalogue.meaning(word).ok().map(|formula| formula.to_string());
        return Some(Word { word: word.to_owned(), kind: "tag", meaning: tag.meaning.clone(), stands_for });
    }
    let name = PlatformProperty::parse(word)?.name;
    let property = catalogue.properties().get(&name)?;
    let kind = match property.kind {
        Kind::Code => "code",
        Kind::Platform => "place",
    };
    Some(Word { word: word.to_owned(), kind, meaning: property.meaning.clone(), stands_for: None })
}
