//! The answer of a command that does something: what was done, and what there is to know of it.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use super::Answer;
use crate::layout::Page;
use crate::terminal::plain;

/// What was done, in a sentence, with facts by their names (`docs/schema/done.v1.json`).
#[derive(Debug)]
pub(crate) struct Done {
    done: String,
    facts: Vec<Fact>,
}

/// What facts are called, all of them: by their names an answer is known from other people's files.
const NAMES: [&str; 24] = [
    "added",
    "bundle",
    "configuration",
    "document",
    "entries",
    "environments",
    "file",
    "folder",
    "head",
    "id",
    "imported",
    "kept",
    "key",
    "key id",
    "keys",
    "left out",
    "pages",
    "policy",
    "private key",
    "public key",
    "report key",
    "serial",
    "there",
    "valid",
];

/// Whether an object with these members is what a command has done: a sentence and facts, and nothing else.
pub(super) fn is_done(members: &BTreeSet<String>) -> bool {
    let known = |name: &String| name == "done" || NAMES.iter().any(|of| member(of) == *name);
    members.contains("done") && members.len() > 1 && members.iter().all(known)
}

/// Something to know of it.
#[derive(Debug)]
struct Fact {
    name: &'static str,
    value: Value,
    /// Whether the sentence says it already.
    said: bool,
}

impl Done {
    pub(crate) fn new(done: impl Into<String>) -> Self {
        Self { done: done.into(), facts: Vec::new() }
    }

    /// Adds a fact. For people its name is in words, such as `key id`; for programs `keyId`.
    pub(crate) fn with(self, name: &'static str, fact: impl ToString) -> Self {
        self.and(Fact { name, value: Value::String(fact.to_string()), said: false })
    }

    /// Adds a fact that the sentence says already: for programs.
    pub(crate) fn also(self, name: &'static str, fact: impl ToString) -> Self {
        self.and(Fact { name, value: Value::String(fact.to_string()), said: true })
    }

    /// Adds a number that the sentence says already: for programs.
    pub(crate) fn counting(self, name: &'static str, number: usize) -> Self {
        self.and(Fact { name, value: Value::from(number), said: true })
    }

    fn and(mut self, fact: Fact) -> Self {
        debug_assert!(NAMES.contains(&fact.name), "`{}` is not among the names of facts", fact.name);
        self.facts.push(fact);
        self
    }
}

impl Answer for Done {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        writeln!(page, "{}", plain(&self.done))?;
        let told: Vec<&Fact> = self.facts.iter().filter(|fact| !fact.said).collect();
        let wide = told.iter().map(|fact| fact.name.len()).max().unwrap_or(0);
        told.iter().try_for_each(|Fact { name, value, .. }| {
            writeln!(page, "  {name:<wide$}  {}", plain(value.as_str().unwrap_or_default()))
        })
    }
}

impl Serialize for Done {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.facts.len() + 1))?;
        map.serialize_entry("done", &self.done)?;
        for Fact { name, value, .. } in &self.facts {
            map.serialize_entry(&member(name), value)?;
        }
        map.end()
    }
}

/// `key id` as `keyId`.
fn member(name: &str) -> String {
    let mut words = name.split(' ');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |joined, word| {
        let mut letters = word.chars();
        let capital = letters.next().map(|first| first.to_ascii_uppercase());
        joined + &capital.into_iter().chain(letters).collect::<String>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_have_names_for_people_and_for_programs() {
        let done = Done::new("made a key").with("key id", "ab").counting("there", 2);
        assert_eq!(serde_json::to_string(&done).unwrap(), r#"{"done":"made a key","keyId":"ab","there":2}"#);
        let mut page = Page::new();
        done.text(&mut page).unwrap();
        assert_eq!(page.into_bytes(), b"made a key\n  key id  ab\n");
    }

    #[test]
    fn the_schema_has_these_facts_and_no_other() {
        let schema: Value =
            serde_json::from_str(include_str!("../../../../docs/schema/done.v1.json")).unwrap();
        let said: BTreeSet<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let names: Vec<String> = NAMES.map(member).into();
        let known: BTreeSet<&str> = names.iter().map(String::as_str).chain(["done"]).collect();
        assert_eq!(said, known);
    }
}
