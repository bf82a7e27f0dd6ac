//! A way of running a tool, closed-world: what it does not describe does not match (rules F-INVOCATION, M-INVOCATION).
//!
//! What a description can be misread as is refused here, so that a run has one reading at most.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::manifest::Manifest;
use super::{PredicateError, not_empty};
use crate::{FileDigest, Role};

/// What one recorded argument, or the value of an option, must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ArgumentRule {
    /// Exactly this text.
    Is(String),
    /// One of these texts.
    OneOf(BTreeSet<String>),
    /// The path of exactly one recorded input, which gets this role.
    Input(Role),
    /// The path of exactly one recorded output, which gets this role.
    Output(Role),
    /// The path of exactly one recorded input whose content the authority knows: a response file, say.
    KnownInput(KnownInput),
    /// The path of exactly one recorded input that an origin statement lists: a start-up object, say.
    ManifestInput(Manifest),
}

/// An input whose content the authority has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KnownInput {
    /// The role that it gets.
    pub role: Role,
    /// The digests that it may have.
    pub sha256: BTreeSet<FileDigest>,
}

/// What the arguments after argument zero must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Arguments {
    /// One rule for each, in their order.
    Sequence(Vec<ArgumentRule>),
    /// Options and positional arguments.
    CommandLine(CommandLine),
}

impl Arguments {
    /// Every rule in it.
    pub fn rules(&self) -> impl Iterator<Item = &ArgumentRule> {
        let (sequence, line) = match self {
            Self::Sequence(rules) => (rules.as_slice(), None),
            Self::CommandLine(line) => (&[][..], Some(line)),
        };
        sequence.iter().chain(line.into_iter().flat_map(CommandLine::rules))
    }
}

/// An array or an object: the one tells itself from the other, and errors are those of the one that it is.
impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Arguments;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of rules, or an object with options and positional arguments")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<Arguments, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(access)).map(Arguments::Sequence)
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Arguments, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(access)).map(Arguments::CommandLine)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

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
    const fn is_refuse(&self) -> bool {
        matches!(self, Self::Refuse)
    }
}

/// What a recorded environment variable must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum EnvironmentRule {
    /// Any value, a commitment included.
    Any,
    /// One of these values, recorded in the open.
    OneOf(BTreeSet<String>),
}

/// A way of running the tool, closed-world: what it does not describe does not match (rule M-INVOCATION).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Invocation {
    /// What the last segment of argument zero may be: a tool can act on the name it was called by.
    pub program: Vec<String>,
    /// What the arguments after argument zero must be.
    pub arguments: Arguments,
    /// The variables that a run may have got: by name, or by a prefix with `*` after it.
    pub environment: BTreeMap<String, EnvironmentRule>,
    /// The settings that a run must have recorded, each with its allowed values; and no others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Vec<String>>,
    /// The exit codes of a run that did what it should.
    pub exit_status: Vec<u8>,
    /// What inputs that no argument names can be taken for, instead of code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<Manifest>,
    /// Whether the output needs no code input: a generator's does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub generates: bool,
}

/// The longest prefix of variables, in bytes: each of them is looked for in turn.
const PREFIX_BYTES: usize = 64;

impl Invocation {
    /// The rule for a variable: that of its own name, else that of the longest prefix.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&EnvironmentRule> {
        if let Some(rule) = self.environment.get(name).filter(|_| !name.ends_with('*')) {
            return Some(rule);
        }
        let prefixes = (1..=name.len().min(PREFIX_BYTES)).rev().filter_map(|end| name.get(..end));
        prefixes.into_iter().find_map(|prefix| self.environment.get(&format!("{prefix}*")))
    }

    /// How many things it describes: what it costs to hold it against a run.
    #[must_use]
    pub fn size(&self) -> usize {
        let options = match &self.arguments {
            Arguments::Sequence(rules) => rules.len(),
            Arguments::CommandLine(line) => line.options.len(),
        };
        self.program.len() + options + self.settings.len() + self.manifests.len()
    }

    /// Every manifest by which an input gets a role, or can be taken for one.
    pub fn all_manifests(&self) -> impl Iterator<Item = &Manifest> {
        let named = self.arguments.rules().filter_map(|rule| match rule {
            ArgumentRule::ManifestInput(manifest) => Some(manifest),
            ArgumentRule::Is(_)
            | ArgumentRule::OneOf(_)
            | ArgumentRule::Input(_)
            | ArgumentRule::Output(_)
            | ArgumentRule::KnownInput(_) => None,
        });
        self.manifests.iter().chain(named)
    }

    pub(super) fn admit(&self) -> Result<(), PredicateError> {
        not_empty(&self.program, "program")?;
        not_empty(&self.exit_status, "exitStatus")?;
        Manifest::admit_all(&self.manifests)?;
        self.arguments.rules().try_for_each(ArgumentRule::admit)?;
        if let Arguments::CommandLine(line) = &self.arguments {
            line.admit()?;
        }
        let prefixes = self.environment.keys().filter_map(|name| name.strip_suffix('*'));
        if let Some(prefix) = prefixes.into_iter().find(|prefix| !(1..=PREFIX_BYTES).contains(&prefix.len()))
        {
            let what = format!("the variable `{prefix}*`");
            return Err(ambiguous(&what, "is described by a prefix that is not 1 to 64 bytes long"));
        }
        self.settings.values().try_for_each(|values| not_empty(values, "settings"))
    }
}

impl ArgumentRule {
    fn admit(&self) -> Result<(), PredicateError> {
        let (empty, member) = match self {
            Self::OneOf(texts) => (texts.is_empty(), "oneOf"),
            Self::KnownInput(known) => (known.sha256.is_empty(), "knownInput"),
            Self::ManifestInput(manifest) => return manifest.admit(),
            Self::Is(_) | Self::Input(_) | Self::Output(_) => (false, ""),
        };
        if empty { Err(PredicateError::Empty { member }) } else { Ok(()) }
    }

    /// A text that it lists and that has more than one character and begins as an option.
    fn like_an_option(&self) -> Option<&String> {
        let like = |text: &&String| text.len() > 1 && text.starts_with(SIGNS);
        match self {
            Self::Is(text) => Some(text).filter(like),
            Self::OneOf(texts) => texts.iter().find(like),
            Self::Input(_) | Self::Output(_) | Self::KnownInput(_) | Self::ManifestInput(_) => None,
        }
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

    fn rules(&self) -> impl Iterator<Item = &ArgumentRule> {
        let values = self.options.values().filter_map(|option| option.value.as_ref());
        self.first.iter().chain(values).chain(&self.positional).chain(&self.rest)
    }

    /// One reading at most: each argument is one option or none.
    fn admit(&self) -> Result<(), PredicateError> {
        let ends = |rule: &ArgumentRule| match rule {
            ArgumentRule::Is(text) => text == "--",
            ArgumentRule::OneOf(texts) => texts.contains("--"),
            ArgumentRule::Input(_)
            | ArgumentRule::Output(_)
            | ArgumentRule::KnownInput(_)
            | ArgumentRule::ManifestInput(_) => false,
        };
        if self.first.iter().any(ends) {
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
        match self.positional.iter().chain(&self.rest).find_map(ArgumentRule::like_an_option) {
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
        let several = repeated.filter_map(|option| option.value.as_ref()).chain(&self.rest);
        for rule in self.rules().chain(several) {
            if let ArgumentRule::Output(role) = rule
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

fn ambiguous(what: &str, reading: &str) -> PredicateError {
    let escaped = |text: &str| text.chars().take(200).flat_map(char::escape_debug).collect();
    PredicateError::AmbiguousInvocation { what: escaped(what), reading: escaped(reading) }
}
