//! Which forms an answer can have, and which are asked for.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// A form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
    Yaml,
    Table,
    Markdown,
    Junit,
    Svg,
}

/// Forms that every answer has.
pub(crate) const VALUES: u8 = 0b0001;
/// Of an answer with rows: also tables.
pub(crate) const TABLES: u8 = 0b0011;
/// Of an answer that passes or fails, case by case: also JUnit's form.
pub(crate) const CASES: u8 = 0b0111;
/// Of an answer with rows that has a picture: also that.
pub(crate) const PICTURES: u8 = 0b1011;

impl Format {
    const ALL: [Self; 7] =
        [Self::Text, Self::Json, Self::Yaml, Self::Table, Self::Markdown, Self::Junit, Self::Svg];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Table => "table",
            Self::Markdown => "markdown",
            Self::Junit => "junit",
            Self::Svg => "svg",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Text => "For people",
            Self::Json => "For programs: one JSON document",
            Self::Yaml => "The same document as YAML",
            Self::Table => "For people, in columns",
            Self::Markdown => "For a comment or a page: tables in Markdown",
            Self::Junit => "For a test report: JUnit's XML",
            Self::Svg => "A picture for browsers",
        }
    }

    const fn of_set(self) -> u8 {
        match self {
            Self::Text | Self::Json | Self::Yaml => 0b0001,
            Self::Table | Self::Markdown => 0b0010,
            Self::Junit => 0b0100,
            Self::Svg => 0b1000,
        }
    }
}

/// A form that is asked for, and the file that it goes into; without one it goes to standard output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

/// Reads `FORMAT` or `FORMAT=FILE`, where the format is one of a set.
#[derive(Debug, Clone, Copy)]
pub(super) struct WishParser(pub(super) u8);

impl WishParser {
    fn formats(self) -> impl Iterator<Item = Format> {
        Format::ALL.into_iter().filter(move |format| self.0 & format.of_set() != 0)
    }
}

impl TypedValueParser for WishParser {
    type Value = Wish;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Wish, clap::Error> {
        let text = value.to_string_lossy();
        let (word, file) = match text.split_once('=') {
            Some((word, file)) => (word, Some(file)),
            None => (text.as_ref(), None),
        };
        let known = PossibleValuesParser::new(self.formats().map(Format::as_str));
        let word = known.parse_ref(command, argument, OsStr::new(word))?;
        let format = self.formats().find(|format| format.as_str() == word).unwrap_or(Format::Text);
        match file {
            // A name that is no text would be written under another one.
            Some(file) if file.is_empty() || value.to_str().is_none() => {
                let kind = clap::error::ErrorKind::ValueValidation;
                Err(clap::Error::raw(kind, "expected the name of a file behind `=`\n").with_cmd(command))
            }
            file => Ok(Wish { format, file: file.filter(|file| *file != "-").map(PathBuf::from) }),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let value = |format: Format| PossibleValue::new(format.as_str()).help(format.meaning());
        Some(Box::new(self.formats().map(value)))
    }
}
