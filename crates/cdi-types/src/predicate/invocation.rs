//! A way of running a tool, closed-world: what it does not describe does not match (rules F-INVOCATION, M-INVOCATION).
//!
//! What a description can be misread as is refused here, so that a run has one reading at most.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::manifest::Manifest;
use super::{PredicateError, not_empty};

mod argument;
mod command_line;
mod files;

use argument::without_options;
pub use argument::{ArgumentRule, Assigned, KnownInput, NamedFile, TextKind, is_plainly_a_path};
pub use command_line::{AfterPositional, CommandLine, CommandOption, Repeats, Spelling, Written};
pub use files::{Ending, MadeOutput, OptionPart, Part, made};

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
    /// Every rule in it, those for what options set included.
    pub fn rules(&self) -> impl Iterator<Item = &ArgumentRule> {
        let (sequence, line) = match self {
            Self::Sequence(rules) => (rules.as_slice(), None),
            Self::CommandLine(line) => (&[][..], Some(line)),
        };
        let sequence = sequence.iter().flat_map(ArgumentRule::with_assigned);
        sequence.chain(line.into_iter().flat_map(CommandLine::rules))
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
    /// Outputs that no argument names whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<MadeOutput>,
    /// The exit codes of a run that did what it should.
    pub exit_status: Vec<u8>,
    /// What inputs that no argument names can be taken for, instead of code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<Manifest>,
    /// What inputs must be that no argument names.
    #[serde(default, skip_serializing_if = "Unnamed::is_code")]
    pub unnamed: Unnamed,
    /// Whether the output needs no code input: a generator's does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub generates: bool,
}

/// What inputs must be that no argument names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unnamed {
    /// Anything: each is code, but for what somebody says of it.
    #[default]
    Code,
    /// Listed for one of the manifests: a run that has read something else does not match.
    Listed,
}

impl Unnamed {
    const fn is_code(&self) -> bool {
        matches!(self, Self::Code)
    }
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
            Arguments::CommandLine(line) => line.size(),
        };
        let parts: usize = self.outputs.iter().map(|output| 1 + output.path.len()).sum();
        self.program.len() + options + self.settings.len() + self.manifests.len() + parts
    }

    /// Every manifest by which an input gets a role, or can be taken for one.
    pub fn all_manifests(&self) -> impl Iterator<Item = &Manifest> {
        let named = self.arguments.rules().filter_map(|rule| match rule {
            ArgumentRule::ManifestInput(manifest) => Some(manifest),
            _ => None,
        });
        self.manifests.iter().chain(named)
    }

    pub(super) fn admit(&self) -> Result<(), PredicateError> {
        not_empty(&self.program, "program")?;
        not_empty(&self.exit_status, "exitStatus")?;
        Manifest::admit_all(&self.manifests)?;
        if self.unnamed == Unnamed::Listed {
            not_empty(&self.manifests, "manifests")?;
        }
        self.arguments.rules().try_for_each(ArgumentRule::admit)?;
        match &self.arguments {
            Arguments::Sequence(rules) => without_options(rules)?,
            Arguments::CommandLine(line) => line.admit()?,
        }
        self.outputs.iter().try_for_each(|output| output.admit(&self.arguments))?;
        let prefixes = self.environment.keys().filter_map(|name| name.strip_suffix('*'));
        if let Some(prefix) = prefixes.into_iter().find(|prefix| !(1..=PREFIX_BYTES).contains(&prefix.len()))
        {
            let what = format!("the variable `{prefix}*`");
            return Err(ambiguous(&what, "is described by a prefix that is not 1 to 64 bytes long"));
        }
        self.settings.values().try_for_each(|values| not_empty(values, "settings"))
    }
}

pub(super) fn ambiguous(what: &str, reading: &str) -> PredicateError {
    let escaped = |text: &str| text.chars().take(200).flat_map(char::escape_debug).collect();
    PredicateError::AmbiguousInvocation { what: escaped(what), reading: escaped(reading) }
}
