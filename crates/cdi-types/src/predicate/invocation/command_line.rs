//! A command line as its tool reads it: options, and what is none.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::argument::{ArgumentRule, Assigned, EVERY_WORD, TextKind, without_options};
use super::{ambiguous, files};
use crate::predicate::PredicateError;

/// A command line as its tool reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommandLine {
    /// What comes before all options: a subcommand, say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<ArgumentRule>,
    /// The options, by their names with what these begin with: `--opt-level`, `-o`, or `@` for response files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, CommandOption>,
    /// What is no option, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positional: Vec<ArgumentRule>,
    /// What may follow these, any number of times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<ArgumentRule>,
    /// Whether an option may stand after a positional argument.
    #[serde(default, skip_serializing_if = "AfterPositional::is_refuse")]
    pub options_after_positional: AfterPositional,
}

/// An option after a positional argument: a tool may ignore it, or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AfterPositional {
    /// Such a run does not match.
    #[default]
    Refuse,
    /// The tool reads it as it reads one before.
    Accept,
}

impl AfterPositional {
    const fn is_refuse(&self) -> bool {
        matches!(self, Self::Refuse)
    }
}

/// An option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommandOption {
    /// What its value must be, if it takes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ArgumentRule>,
    /// How name and value are written: at least one way if there is a value, none if not.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub spelling: BTreeSet<Spelling>,
    /// Whether a run without it does not match.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Whether it may be there more than once.
    #[serde(default, skip_serializing_if = "Repeats::is_refuse")]
    pub repeats: Repeats,
}

/// How an option's name and value are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Spelling {
    /// The name alone: the value may be left out.
    Bare,
    /// The value is the next argument.
    Separate,
    /// `NAME=VALUE`.
    Joined,
    /// `NAMEVALUE`.
    Adjoined,
}

/// Whether an option may be there more than once: of two values tools take the first, the last, both or neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Repeats {
    /// Such a run does not match.
    #[default]
    Refuse,
    /// With the same value only.
    Same,
    /// With any values that the option may have.
    Any,
}

impl Repeats {
    pub(super) const fn is_refuse(&self) -> bool {
        matches!(self, Self::Refuse)
    }
}

/// What an option's name begins with.
const SIGNS: [char; 3] = ['-', '+', '@'];

impl CommandLine {
    /// The option that an argument is, and the rest of the argument's text: one at most, since no option's name goes on from
    /// one that is written with its value adjoined.
    #[must_use]
    pub fn option<'s, 'a>(&'s self, argument: &'a str) -> Option<(&'s str, &'s CommandOption, Written<'a>)> {
        let named = |name: &str| self.options.get_key_value(name);
        if let Some((name, option)) = named(argument) {
            let written = option.alone()?;
            return Some((name, option, written));
        }
        let joined = argument.split_once('=').and_then(|(name, value)| Some((named(name)?, value)));
        if let Some(((name, option), value)) = joined
            && option.spelling.contains(&Spelling::Joined)
        {
            return Some((name, option, Written::Value(value)));
        }
        let (name, option) =
            self.options.range::<str, _>((Bound::Unbounded, Bound::Included(argument))).next_back()?;
        let value = argument.strip_prefix(name.as_str())?;
        option.spelling.contains(&Spelling::Adjoined).then_some((name, option, Written::Adjoined(value)))
    }

    /// How many things it describes.
    pub(super) fn size(&self) -> usize {
        let set = self.options.values().filter_map(|option| option.value.as_ref());
        self.options.len() + set.map(|rule| rule.names().count()).sum::<usize>()
    }

    /// Every rule in it, those for what options set included.
    pub(super) fn rules(&self) -> impl Iterator<Item = &ArgumentRule> {
        let values = self.options.values().filter_map(|option| option.value.as_ref());
        let all = self.first.iter().chain(values).chain(&self.positional).chain(&self.rest);
        all.flat_map(ArgumentRule::with_assigned)
    }

    /// What an option must be for others to be made of its value: there once at most, and with a value of its own.
    pub(super) fn one_value(&self, option: &str, assigned: Option<&str>) -> bool {
        let Some(option) = self.options.get(option) else { return false };
        let plain = |rule: &ArgumentRule| !matches!(rule, ArgumentRule::Assigns(_) | ArgumentRule::Equals(_));
        match (assigned, &option.value) {
            (None, Some(rule)) => plain(rule) && option.repeats != Repeats::Any,
            (Some(name), Some(ArgumentRule::Assigns(names))) => names.get(name).is_some_and(|assigned| {
                name != EVERY_WORD && assigned.value.is_some() && assigned.repeats != Repeats::Any
            }),
            (Some(_), Some(_)) | (_, None) => false,
        }
    }

    /// One reading at most: each argument is one option or none.
    pub(super) fn admit(&self) -> Result<(), PredicateError> {
        for rules in [&self.first, &self.positional, &self.rest.iter().cloned().collect()] {
            without_options(rules)?;
        }
        if self.first.iter().flat_map(ArgumentRule::texts).any(|text| text == "--") {
            return Err(ambiguous("the argument `--`", "ends the options before they begin"));
        }
        self.one_output_a_role()?;
        self.options.iter().try_for_each(|(name, option)| option.admit(name))?;
        let names = self.options.iter().zip(self.options.keys().skip(1));
        for ((name, option), next) in names {
            if option.spelling.contains(&Spelling::Adjoined) && next.starts_with(name.as_str()) {
                let reading = format!("could be `{name}` with a value");
                return Err(ambiguous(&format!("the option `{next}`"), &reading));
            }
        }
        for parts in self.rules().filter_map(ArgumentRule::made_of) {
            files::refer(parts, self)?;
        }
        let like_an_option = |text: &&String| text.len() > 1 && text.starts_with(SIGNS);
        match self.positional.iter().chain(&self.rest).flat_map(ArgumentRule::texts).find(like_an_option) {
            None => Ok(()),
            Some(text) => Err(ambiguous(&format!("the positional argument `{text}`"), "could be an option")),
        }
    }
}

impl CommandLine {
    /// Of two paths that a tool is given for one output it writes one, and anybody can have written the other.
    fn one_output_a_role(&self) -> Result<(), PredicateError> {
        let mut given = BTreeSet::new();
        let repeated = self.options.values().filter(|option| option.repeats == Repeats::Any);
        let whole = repeated.filter_map(|option| option.value.as_ref()).filter(|rule| !rule.has_names());
        let names =
            self.options.values().filter_map(|option| option.value.as_ref()).flat_map(ArgumentRule::names);
        let again =
            |(name, assigned): &(&String, &Assigned)| *name == EVERY_WORD || assigned.repeats == Repeats::Any;
        let several = names.filter(again).filter_map(|(_, assigned)| assigned.value.as_deref());
        let several = several.chain(whole).chain(&self.rest);
        for rule in self.rules().chain(several) {
            if let Some(role) = rule.output()
                && !given.insert(role)
            {
                return Err(ambiguous(&format!("the output `{role}`"), "may be named twice"));
            }
        }
        Ok(())
    }
}

/// How an argument has an option's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written<'a> {
    /// Not at all.
    Nothing,
    /// As the next argument.
    Next,
    /// As this part of it, after `=`.
    Value(&'a str),
    /// As this part of it, right after the name.
    Adjoined(&'a str),
}

impl CommandOption {
    /// What it means that the name stands alone, if it may.
    fn alone<'a>(&self) -> Option<Written<'a>> {
        if self.value.is_none() || self.spelling.contains(&Spelling::Bare) {
            return Some(Written::Nothing);
        }
        self.spelling.contains(&Spelling::Separate).then_some(Written::Next)
    }

    fn admit(&self, name: &str) -> Result<(), PredicateError> {
        let refuse = |reading| Err(ambiguous(&format!("the option `{name}`"), reading));
        let response_file = name.starts_with('@');
        if !name.starts_with(SIGNS) || (name.len() < 2 && !response_file) {
            return refuse("does not begin as an option");
        }
        if name == "--" || name.contains(['=', '\0']) {
            return refuse("has a name that tools read otherwise");
        }
        if response_file && !matches!(self.value, Some(ArgumentRule::KnownInput(_))) {
            return refuse("reads more arguments from a file whose content is not known");
        }
        let spelt = |spelling| self.spelling.contains(&spelling);
        let with_value = [Spelling::Separate, Spelling::Joined, Spelling::Adjoined].into_iter().any(spelt);
        if matches!(self.value, Some(ArgumentRule::Any(TextKind::Tail))) {
            return refuse("has a value that could be another option");
        }
        if self.value.is_some() != with_value || (self.value.is_none() && spelt(Spelling::Bare)) {
            return refuse("has a value that is not spelt, or a spelling of no value");
        }
        if spelt(Spelling::Bare) && spelt(Spelling::Separate) {
            return refuse("would take the next argument as its value, or would not");
        }
        if spelt(Spelling::Joined) && spelt(Spelling::Adjoined) {
            return refuse("would have `=` in its value, or would not");
        }
        Ok(())
    }
}
