//! What the options of a run have as their values, each once or as often as it may be there, and what is made of them.

use std::collections::BTreeMap;

use cdi_types::{CommandLine, Part, Repeats, made};

use super::{Mismatch, escaped};

/// An option, or what it sets under a name.
type Name<'r> = (&'r str, Option<&'r str>);

#[derive(Default)]
pub(super) struct Values<'r> {
    found: BTreeMap<Name<'r>, Option<&'r str>>,
    /// Values, with their positions, that must be what is made of others.
    equal: Vec<(usize, &'r str, &'r [Part])>,
}

impl<'r> Values<'r> {
    /// Takes a value down, and tells whether the option may be there with it.
    pub(super) fn take(&mut self, name: Name<'r>, text: Option<&'r str>, repeats: Repeats) -> bool {
        match (self.found.insert(name, text), repeats) {
            (None, _) | (Some(_), Repeats::Any) => true,
            (Some(before), Repeats::Same) => before == text,
            (Some(_), Repeats::Refuse) => false,
        }
    }

    /// An option that must be there and is not, or what it must set.
    pub(super) fn missing(&self, line: &CommandLine) -> Option<String> {
        for (name, option) in &line.options {
            if option.required && !self.found.contains_key(&(name.as_str(), None)) {
                return Some(name.clone());
            }
            let mut set = option.value.iter().flat_map(|rule| rule.names());
            let missing = set.find(|(set, assigned)| {
                assigned.required && !self.found.contains_key(&(name.as_str(), Some(set.as_str())))
            });
            if let Some((set, _)) = missing {
                return Some(format!("{name} {set}"));
            }
        }
        None
    }

    pub(super) fn must_equal(&mut self, position: usize, text: &'r str, parts: &'r [Part]) {
        self.equal.push((position, text, parts));
    }

    /// The first value that is not what is made of others.
    pub(super) fn differing(&self) -> Option<Mismatch> {
        self.equal.iter().find_map(|(position, text, parts)| {
            let expected = self.made(parts);
            (expected.as_deref() != Some(*text)).then(|| {
                let expected = expected.map(|made| format!("`{}`", escaped(&made)));
                let expected =
                    expected.unwrap_or_else(|| "what other options say, which are not there".to_owned());
                Mismatch::UnequalValue { position: *position, found: escaped(text), expected }
            })
        })
    }

    /// What is made of these parts in this run.
    pub(super) fn made(&self, parts: &[Part]) -> Option<String> {
        made(parts, |option| {
            let name = (option.name.as_str(), option.assigned.as_deref());
            self.found.get(&name)?.map(str::to_owned)
        })
    }
}
