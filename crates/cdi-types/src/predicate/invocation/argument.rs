//! What one argument must be, or the value of an option.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::files::{self, Ending, Part};
use super::{Repeats, ambiguous};
use crate::predicate::PredicateError;
use crate::predicate::manifest::Manifest;
use crate::{FileDigest, Role};

/// What one recorded argument, or the value of an option, must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ArgumentRule {
    /// Exactly this text.
    Is(String),
    /// One of these texts.
    OneOf(BTreeSet<String>),
    /// Any text of this kind.
    Any(TextKind),
    /// Any text that begins with this one.
    Begins(String),
    /// The text that is made of other options' values: a target that is called as the output, say.
    Equals(Vec<Part>),
    /// `NAME=VALUE`, or a name alone: the settings that one option has.
    Assigns(BTreeMap<String, Assigned>),
    /// The path of exactly one recorded input that is a file, which gets this role.
    Input(Role),
    /// The path of exactly one recorded output that is a file, which gets this role.
    Output(Role),
    /// The path of exactly one recorded input that is a tree, which gets this role.
    InputTree(Role),
    /// The path of exactly one recorded output that is a tree, which gets this role.
    OutputTree(Role),
    /// As `Input`, of a file whose name ends so.
    NamedInput(NamedFile),
    /// As `Output`, of a file whose name ends so.
    NamedOutput(NamedFile),
    /// The path of exactly one recorded input whose content the authority knows: a response file, say.
    KnownInput(KnownInput),
    /// The path of exactly one recorded input that an origin statement lists: a start-up object, say.
    ManifestInput(Manifest),
}

/// What a text can be that nobody lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TextKind {
    /// One to 128 letters, digits, `_`, `-`, `.` and `+` of ASCII, of which the first is a letter, a digit or `_`.
    Word,
    /// What may follow a word in a name: the same, or nothing, whatever it begins with.
    Tail,
    /// A word between quotation marks, or nothing between them.
    Quoted,
    /// What is nothing but a path to any tool (rule M-INVOCATION), whether or not something is there.
    Path,
}

impl TextKind {
    /// Whether the text is of this kind. Of paths only the signs are looked at.
    #[must_use]
    pub fn has(self, text: &str) -> bool {
        match self {
            Self::Word => is_word(text),
            Self::Tail => is_tail(text),
            Self::Quoted => {
                let within = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                within.is_some_and(|word| word.is_empty() || is_word(word))
            }
            Self::Path => is_plainly_a_path(text),
        }
    }

    /// What such a text is called.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Word => "a word of letters, digits, `_`, `-`, `.` and `+`",
            Self::Tail => "letters, digits, `_`, `-`, `.` and `+`",
            Self::Quoted => "a word between quotation marks",
            Self::Path => "what is nothing but a path",
        }
    }
}

/// The longest text that is called a word, in bytes.
const WORD_BYTES: usize = 128;

fn is_tail(text: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
    text.len() <= WORD_BYTES && text.chars().all(part)
}

fn is_word(text: &str) -> bool {
    is_tail(text) && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a tool can read a text as nothing but a path. A file may be called `@flags`, `-x` or `a=b`; where a tool
/// would take that for a response file, an option or a setting, whoever names the files would choose more than the files.
/// `./@flags` is the same file, and nothing else.
#[must_use]
pub fn is_plainly_a_path(text: &str) -> bool {
    // Tools split lists of paths, options and settings at these, wherever they stand: `-Wp,-MMD,FILE`, `-cp A:B`.
    if text.contains([',', ':', ';', '=']) {
        return false;
    }
    let first = text.split('/').next().unwrap_or_default();
    match first {
        "" | "." | ".." => !text.is_empty(),
        name => name.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')),
    }
}

/// A file that tools take for what it is by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedFile {
    /// The role that it gets.
    pub role: Role,
    /// What its name may end in.
    pub endings: BTreeSet<Ending>,
}

impl NamedFile {
    /// Whether the name of a file ends in one of these.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        Ending::of(path).is_some_and(|ending| self.endings.contains(&ending))
    }
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

/// What an option sets under one name; under the name `*`, of all words that have no name of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assigned {
    /// What must follow the `=`; if nothing is said, the name stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<ArgumentRule>>,
    /// Whether a run that does not set it does not match.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Whether it may be set more than once.
    #[serde(default, skip_serializing_if = "Repeats::is_refuse")]
    pub repeats: Repeats,
}

/// The name of what is set under any other word.
pub(super) const EVERY_WORD: &str = "*";

impl ArgumentRule {
    /// What is set under a name, by the rule for an option's value.
    #[must_use]
    pub fn assigned(&self, name: &str) -> Option<&Assigned> {
        let Self::Assigns(names) = self else { return None };
        let every = || names.get(EVERY_WORD).filter(|_| TextKind::Word.has(name));
        names.get(name).filter(|_| name != EVERY_WORD).or_else(every)
    }

    /// What is set by it, by name.
    pub fn names(&self) -> impl Iterator<Item = (&String, &Assigned)> {
        let names = if let Self::Assigns(names) = self { Some(names) } else { None };
        names.into_iter().flatten()
    }

    pub(super) const fn has_names(&self) -> bool {
        matches!(self, Self::Assigns(_))
    }

    /// This rule, and those for what is set by it.
    pub(super) fn with_assigned(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.names().filter_map(|(_, assigned)| assigned.value.as_deref()))
    }

    /// The role of the output that it is the path of.
    #[must_use]
    pub const fn output(&self) -> Option<&Role> {
        match self {
            Self::Output(role) | Self::OutputTree(role) | Self::NamedOutput(NamedFile { role, .. }) => {
                Some(role)
            }
            _ => None,
        }
    }

    /// The role of the input that it is the path of.
    #[must_use]
    pub const fn input(&self) -> Option<&Role> {
        match self {
            Self::Input(role)
            | Self::InputTree(role)
            | Self::NamedInput(NamedFile { role, .. })
            | Self::KnownInput(KnownInput { role, .. })
            | Self::ManifestInput(Manifest { role, .. }) => Some(role),
            _ => None,
        }
    }

    /// What the text is made of that it must be.
    pub(super) fn made_of(&self) -> Option<&[Part]> {
        if let Self::Equals(parts) = self { Some(parts) } else { None }
    }

    pub(super) fn admit(&self) -> Result<(), PredicateError> {
        let empty = |member| Err(PredicateError::Empty { member });
        match self {
            Self::OneOf(texts) if texts.is_empty() => empty("oneOf"),
            Self::NamedInput(named) | Self::NamedOutput(named) if named.endings.is_empty() => {
                empty("endings")
            }
            Self::KnownInput(known) if known.sha256.is_empty() => empty("knownInput"),
            Self::ManifestInput(manifest) => manifest.admit(),
            Self::Begins(text) if text.chars().count() < 2 => {
                Err(ambiguous(&format!("the text `{text}`"), "begins nearly everything"))
            }
            Self::Equals(parts) => files::admit(parts),
            Self::Assigns(names) => {
                if names.is_empty() {
                    return empty("assigns");
                }
                names.iter().try_for_each(|(name, assigned)| assigned.admit(name))
            }
            Self::Is(_)
            | Self::OneOf(_)
            | Self::Any(_)
            | Self::Begins(_)
            | Self::Input(_)
            | Self::Output(_)
            | Self::InputTree(_)
            | Self::OutputTree(_)
            | Self::NamedInput(_)
            | Self::NamedOutput(_)
            | Self::KnownInput(_) => Ok(()),
        }
    }

    /// The texts that it lists.
    pub(super) fn texts(&self) -> impl Iterator<Item = &String> {
        let (one, several) = match self {
            Self::Is(text) | Self::Begins(text) => (Some(text), None),
            Self::OneOf(texts) => (None, Some(texts)),
            Self::Any(_)
            | Self::Equals(_)
            | Self::Assigns(_)
            | Self::Input(_)
            | Self::Output(_)
            | Self::InputTree(_)
            | Self::OutputTree(_)
            | Self::NamedInput(_)
            | Self::NamedOutput(_)
            | Self::KnownInput(_)
            | Self::ManifestInput(_) => (None, None),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }
}

impl Assigned {
    fn admit(&self, name: &str) -> Result<(), PredicateError> {
        let refuse = |reading| Err(ambiguous(&format!("the setting `{name}` of an option"), reading));
        if name != EVERY_WORD && !TextKind::Word.has(name) {
            return refuse("has a name that is no word");
        }
        if name == EVERY_WORD && self.required {
            return refuse("must be there under no name in particular");
        }
        match self.value.as_deref() {
            None => Ok(()),
            Some(ArgumentRule::Assigns(_) | ArgumentRule::Equals(_)) => {
                refuse("has settings of its own, or is made of others")
            }
            Some(rule) => rule.admit(),
        }
    }
}

/// A list of rules in which nothing is set, and nothing made: there are no options.
pub(super) fn without_options(rules: &[ArgumentRule]) -> Result<(), PredicateError> {
    let of_options = |rule: &&ArgumentRule| {
        matches!(rule, ArgumentRule::Assigns(_) | ArgumentRule::Equals(_) | ArgumentRule::Any(TextKind::Tail))
    };
    match rules.iter().find(of_options) {
        None => Ok(()),
        Some(_) => Err(ambiguous("an argument that is no option's value", "is described as one")),
    }
}
