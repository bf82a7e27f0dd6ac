//! What a command answers: one value, in every form that is asked for.
//!
//! A command makes a value that is an [`Answer`] and hands it to its [`Outputs`]. Nothing else in this program writes an
//! answer, so that no two forms of it can say different things: all of them are made from the value, and JSON and YAML
//! are the value.

mod done;
mod earlier;
mod files;
mod format;
mod junit;
mod markdown;
mod table;
mod yaml;

use std::io::{self, Write as _};

use clap::Args;
use serde::Serialize;

pub(crate) use self::done::Done;
pub(crate) use self::files::Earlier;
pub(crate) use self::format::{CASES, Format, PICTURES, TABLES, VALUES, Wish};
pub(crate) use self::junit::{Case, Outcome, Suite};
pub(crate) use self::table::{Cell, Table};

use crate::failure::Failure;
use crate::layout::Page;
use crate::manners;
use crate::{harmless, terminal};

/// What a command answers.
pub(crate) trait Answer: Serialize {
    /// Writes it for people.
    fn text(&self, page: &mut Page) -> io::Result<()>;

    /// The same in rows, for [`TABLES`] and [`CASES`].
    fn tables(&self) -> Vec<Table> {
        Vec::new()
    }

    /// The same as cases that pass or fail, for [`CASES`].
    fn suites(&self) -> Vec<Suite> {
        Vec::new()
    }

    /// The same as an SVG document, for [`PICTURES`].
    fn picture(&self) -> String {
        String::new()
    }
}

/// How the answer of a command is wished for, out of a set of forms.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub(crate) struct Outputs<const SET: u8> {
    /// How to write the answer; with `=FILE` into a file. May be given several times, once without a file [default: text]
    #[arg(id = OUTPUT, long = OUTPUT, value_name = "FORMAT[=FILE]", value_parser = format::WishParser(SET))]
    wishes: Vec<Wish>,
}

const OUTPUT: &str = "output";

impl<const SET: u8> Outputs<SET> {
    /// Writes the answer in every form that is asked for: first files, each whole or not at all, then standard output.
    pub(crate) fn say(&self, answer: &impl Answer) -> Result<(), Failure> {
        for wish in &self.wishes {
            if let Some(file) = &wish.file {
                files::write(file, &plain(written(answer, wish.format)?, wish.format))?;
            }
        }
        let shown = self.wishes.iter().find(|wish| wish.file.is_none()).map(|wish| wish.format);
        match shown {
            None if manners::settled().quiet => Ok(()),
            None => show(answer, Format::Text),
            Some(format) => show(answer, format),
        }
    }

    /// Whether standard output gets something for programs, or nothing: remarks for people have no place there.
    pub(crate) fn is_for_people(&self) -> bool {
        let manners = manners::settled();
        !manners.answers_machine && (!manners.quiet || self.wishes.iter().any(|wish| wish.file.is_none()))
    }
}

/// Says something to people that is not the answer, before something else is done.
pub(crate) fn remark(answer: &impl Answer) -> Result<(), Failure> {
    show(answer, Format::Text)
}

/// What is asked for on a command line, and held to be possible before anything is done: standard output has room for one
/// answer, and a file is for one answer and nothing else. With it come the answers of earlier runs in these files, to be
/// withdrawn at the end where they were not replaced: a run that fails leaves no answer of another one.
///
/// # Errors
/// `output-twice`, `output-over-input`, or what the file system says.
pub(crate) fn foreseen(
    matches: &clap::ArgMatches,
    words: &[String],
) -> Result<(Vec<Wish>, Earlier), Failure> {
    let wishes = wishes(matches);
    if wishes.iter().filter(|wish| wish.file.is_none()).count() > 1 {
        let message = "two answers are asked for on standard output, which has room for one";
        return Err(Failure::failed("output-twice", message)
            .hint("write the others into files, as `--output json=FILE`"));
    }
    let earlier = files::foresee(wishes.iter().filter_map(|wish| wish.file.as_deref()), words)?;
    Ok((wishes, earlier))
}

/// The wishes of the innermost command.
fn wishes(matches: &clap::ArgMatches) -> Vec<Wish> {
    if let Some((_, inner)) = matches.subcommand() {
        return wishes(inner);
    }
    let wishes = matches.try_get_many::<Wish>(OUTPUT);
    wishes.ok().flatten().into_iter().flatten().cloned().collect()
}

fn show(answer: &impl Answer, format: Format) -> Result<(), Failure> {
    let bytes = written(answer, format)?;
    terminal::written(match format {
        Format::Text | Format::Table => terminal::styled(&bytes),
        // Past what looks for colours: that would take characters out of the value.
        Format::Json | Format::Yaml | Format::Markdown | Format::Junit | Format::Svg => {
            io::stdout().write_all(&bytes)
        }
    })
}

/// An answer in a form, with the styles of a terminal where it is for people.
fn written(answer: &impl Answer, format: Format) -> Result<Vec<u8>, Failure> {
    let unwritable = |error: String| Failure::failed("output-unwritable", error);
    match format {
        Format::Text => {
            let mut page = Page::new();
            answer.text(&mut page).map_err(|error| unwritable(error.to_string()))?;
            Ok(page.into_bytes())
        }
        Format::Json => {
            let text = serde_json::to_string_pretty(answer).map_err(|error| unwritable(error.to_string()))?;
            Ok((harmless::json(&text) + "\n").into_bytes())
        }
        Format::Yaml => {
            let text = serde_json::to_string(answer).map_err(|error| unwritable(error.to_string()))?;
            Ok(yaml::of_json(&text).map_err(|error| unwritable(error.to_string()))?.into_bytes())
        }
        Format::Table => Ok(table::columns(&answer.tables())),
        Format::Markdown => Ok(markdown::of(&answer.tables()).into_bytes()),
        Format::Junit => Ok(junit::xml(&answer.suites()).into_bytes()),
        Format::Svg => Ok(answer.picture().into_bytes()),
    }
}

/// What goes into a file: no styles.
fn plain(bytes: Vec<u8>, format: Format) -> Vec<u8> {
    match format {
        Format::Text | Format::Table => anstream::adapter::strip_bytes(&bytes).into_vec(),
        Format::Json | Format::Yaml | Format::Markdown | Format::Junit | Format::Svg => bytes,
    }
}
