//! A formula of a policy, each of its words with how it stands.

use std::collections::BTreeMap;

use crate::markup::Html;
use crate::page::{Answer, Kind, Standing};

/// How it stands with each word that was asked.
pub(super) struct Words<'a> {
    words: BTreeMap<&'a str, Standing>,
    /// Questions that are more than a word.
    phrases: BTreeMap<&'a str, Standing>,
}

impl<'a> Words<'a> {
    pub(super) fn of(answers: &'a [Answer]) -> Self {
        let (mut words, mut phrases) = (BTreeMap::new(), BTreeMap::new());
        let mut rest: Vec<&Answer> = answers.iter().collect();
        while let Some(answer) = rest.pop() {
            let known = if answer.kind == Kind::History { &mut phrases } else { &mut words };
            known.insert(answer.question.as_str(), answer.standing);
            rest.extend(&answer.parts);
        }
        phrases.remove("");
        Self { words, phrases }
    }

    /// Writes a formula; words that nobody was asked about stay plain.
    pub(super) fn write(&self, formula: &str, html: &mut Html) {
        // Words of catalogues, with a prefix or a value; what lies between is text.
        let of_word = |c: char| c.is_ascii_alphanumeric() || "_=.-:/".contains(c);
        let mut rest = formula;
        html.raw("<code class=\"formula\">");
        while !rest.is_empty() {
            let phrase = self.phrases.iter().find(|(phrase, _)| rest.starts_with(*phrase));
            let end = rest.find(|c| !of_word(c)).unwrap_or(rest.len());
            let (word, standing) = match phrase {
                Some((phrase, standing)) => (*phrase, Some(standing)),
                None => {
                    (rest.get(..end).unwrap_or_default(), self.words.get(rest.get(..end).unwrap_or_default()))
                }
            };
            match standing {
                Some(standing) => {
                    let (class, said) = standing_of(*standing);
                    html.raw("<span class=\"").raw(class).raw("\">").text(word);
                    html.raw("<span class=\"unseen\"> (").raw(said).raw(")</span></span>");
                }
                None => {
                    html.text(word);
                }
            }
            let after = rest.get(word.len()..).unwrap_or_default();
            let (between, next) = after.split_at(after.find(of_word).unwrap_or(after.len()));
            html.text(between);
            rest = next;
        }
        html.raw("</code>");
    }
}

/// A class and a word for how it stands.
pub(super) const fn standing_of(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Has => ("has", "shown"),
        Standing::HasNot => ("has-not", "not shown"),
        Standing::NotTold => ("not-told", "cannot be told"),
    }
}
