//! Outputs that no argument names whole: each is known by the path that the tool makes of its options' values (rule F-FILES).

use serde::{Deserialize, Deserializer, Serialize};

use super::{Arguments, CommandLine, TextKind, ambiguous};
use crate::Role;
use crate::parsed::parsed;
use crate::predicate::PredicateError;

/// A part of a text that is made of options' values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Part {
    /// This text.
    Text(String),
    /// The value of an option.
    Option(OptionPart),
}

/// The value of an option, or of what it sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OptionPart {
    /// The option's name.
    pub name: String,
    /// The name under which the option sets the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<String>,
    /// What the value must end in, and is taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without: Option<Ending>,
    /// What stands here where the run has no such option; if nothing is said, nothing is made then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
}

/// An output that the tool writes under a path that it makes of its options' values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MadeOutput {
    /// The role that it gets.
    pub role: Role,
    /// Of what the path is made.
    pub path: Vec<Part>,
}

/// What the name of a file ends in, from its last dot on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Ending(String);

impl Ending {
    /// Reads a dot and a word in which there is no other.
    ///
    /// # Errors
    /// The text, if it is something else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let word = text.strip_prefix('.').filter(|word| TextKind::Word.has(word) && !word.contains('.'));
        if word.is_some() { Ok(Self(text.to_owned())) } else { Err(text.to_owned()) }
    }

    /// The ending of a path's last segment, if it has one and is more than it.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next()?;
        let (before, word) = name.rsplit_once('.')?;
        let ending = Self::parse(&format!(".{word}")).ok()?;
        (!before.is_empty()).then_some(ending)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Ending {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = |text: &str| Self::parse(text).map_err(|text| format!("`{text}` is not a dot and a word"));
        parsed(deserializer, form)
    }
}

impl MadeOutput {
    pub(super) fn admit(&self, arguments: &Arguments) -> Result<(), PredicateError> {
        admit(&self.path)?;
        match arguments {
            Arguments::CommandLine(line) => refer(&self.path, line),
            Arguments::Sequence(_) => {
                Err(ambiguous("an output", "is made of options, and none are described"))
            }
        }
    }
}

/// Something of it is an option's: what every run has is no more an output of this one than of others.
pub(super) fn admit(parts: &[Part]) -> Result<(), PredicateError> {
    let of_option = |part: &Part| matches!(part, Part::Option(_));
    if parts.iter().any(of_option) { Ok(()) } else { Err(PredicateError::Empty { member: "path" }) }
}

/// Each option that it is made of has one value at most.
pub(super) fn refer(parts: &[Part], line: &CommandLine) -> Result<(), PredicateError> {
    let options = parts.iter().filter_map(|part| match part {
        Part::Option(option) => Some(option),
        Part::Text(_) => None,
    });
    match options.into_iter().find(|option| !line.one_value(&option.name, option.assigned.as_deref())) {
        None => Ok(()),
        Some(option) => Err(ambiguous(
            &format!("the option `{}`", option.shown()),
            "is no single value to make others of",
        )),
    }
}

impl OptionPart {
    /// What it puts where the run has this value for the option, or none.
    fn put(&self, found: Option<String>) -> Option<String> {
        match (found, &self.without) {
            (None, _) => self.otherwise.clone(),
            (Some(value), None) => Some(value),
            (Some(value), Some(ending)) => {
                let rest = value.strip_suffix(ending.as_str()).filter(|rest| !rest.is_empty());
                rest.map(str::to_owned)
            }
        }
    }

    /// The option as people write it.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.assigned {
            None => self.name.clone(),
            Some(assigned) => format!("{} {assigned}", self.name),
        }
    }
}

/// The text that is made of these parts, where `value` has what options have in a run. Only the first part can have a folder in
/// it that an option names: what is put behind it is a name.
#[must_use]
pub fn made(parts: &[Part], value: impl for<'p> Fn(&'p OptionPart) -> Option<String>) -> Option<String> {
    let mut text = String::new();
    for (place, part) in parts.iter().enumerate() {
        match part {
            Part::Text(fixed) => text.push_str(fixed),
            Part::Option(option) => {
                let put = option.put(value(option))?;
                if place > 0 && put.contains('/') {
                    return None;
                }
                text.push_str(&put);
            }
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_option(name: &str, without: Option<&str>, otherwise: Option<&str>) -> Part {
        let without = without.map(|text| Ending::parse(text).unwrap());
        let otherwise = otherwise.map(str::to_owned);
        Part::Option(OptionPart { name: name.to_owned(), assigned: None, without, otherwise })
    }

    fn made_of(parts: &[Part]) -> Option<String> {
        let value = |option: &OptionPart| match option.name.as_str() {
            "--dir" => Some("a/b".to_owned()),
            "-o" => Some("x/out.c".to_owned()),
            _ => None,
        };
        made(parts, value)
    }

    #[test]
    fn a_text_is_made_of_values_and_a_folder_comes_first_only() {
        let text = |text: &str| Part::Text(text.to_owned());
        assert_eq!(made_of(&[of_option("--dir", None, None), text("/x")]).as_deref(), Some("a/b/x"));
        assert_eq!(made_of(&[text("x/"), of_option("--dir", None, None)]), None);
        assert_eq!(made_of(&[of_option("-o", Some(".c"), None), text(".h")]).as_deref(), Some("x/out.h"));
        assert_eq!(made_of(&[of_option("-o", Some(".h"), None)]), None);
        assert_eq!(made_of(&[of_option("--none", None, None)]), None);
        assert_eq!(made_of(&[of_option("--none", Some(".c"), Some("a"))]).as_deref(), Some("a"));
        assert_eq!(made_of(&[text("x"), of_option("--none", None, Some("/a"))]), None);
    }

    #[test]
    fn an_ending_is_the_last_one_of_a_name_that_is_more() {
        let of = |path: &str| Ending::of(path).map(|ending| ending.as_str().to_owned());
        assert_eq!(of("a/b.tar.gz").as_deref(), Some(".gz"));
        for none in ["a.b/c", ".c", "a/.c", "a", "a.", "a.b c", "a./b"] {
            assert_eq!(of(none), None, "{none}");
        }
        for refused in ["c", ".", ".a.b", ".a/b", "..c", ""] {
            assert!(Ending::parse(refused).is_err(), "{refused}");
        }
    }
}
