//! `cdi man`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap_mangen::Man as Page;
use roff::{Roff, roman};

use crate::answer::{Done, Outputs, VALUES};
use crate::failure::Failure;
use crate::{arguments, count, terminal};

/// Print a manual page, or write those of all commands.
///
/// Without --out the page of one command is printed, of `cdi` itself if none is named. With it there is a page for each
/// command in FOLDER, which is made if it is missing; pages of an earlier time are replaced, and nothing else.
///
///   cdi man verify
///   cdi man authority certify
///   cdi man --out man1
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Man {
    /// The command, such as `authority certify`
    #[arg(conflicts_with = "out")]
    command: Vec<String>,
    /// The folder to write all pages into
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

/// Among so many lines a page says what it is about.
const HEAD_LINES: usize = 8;

impl Man {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let mut grammar = arguments::grammar().disable_help_subcommand(true);
        grammar.build();
        match &self.out {
            None => {
                let page = rendered(&named(&grammar, &self.command)?)?;
                terminal::written(io::stdout().write_all(&page))?;
            }
            Some(folder) => {
                cdi_store::make_folder(folder)?;
                let all = all(&grammar);
                let pages = all.iter().map(|command| {
                    let file = folder.join(Page::new(command.clone()).get_filename());
                    rendered(command).map(|page| (file, page))
                });
                let pages = pages.collect::<Result<Vec<_>, _>>()?;
                pages.iter().try_for_each(|(file, page)| foresee(file, page))?;
                for (file, page) in &pages {
                    // Not what a link leads to, if one came there meanwhile.
                    if is_same_page(file, page) {
                        let _ = std::fs::remove_file(file);
                    }
                    cdi_store::write_new(file, page, 0o644)?;
                }
                let (pages, folder) = (count::of(all.len(), "page"), folder.display());
                let done = Done::new(format!("wrote {pages} into {folder}"));
                self.output.say(&done.also("folder", folder).counting("pages", all.len()))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Holds if the page can be written: nothing has its name, or an earlier page of the same command.
fn foresee(file: &Path, page: &[u8]) -> Result<(), Failure> {
    match cdi_store::foresee_new(file) {
        Err(cdi_store::StoreError::Exists { .. }) if is_same_page(file, page) => Ok(()),
        Err(error) => Err(Failure::from(error).hint("only earlier pages of this manual are written over")),
        Ok(()) => Ok(()),
    }
}

/// Whether a file itself, and not what a link leads to, is a page of this manual about the same command.
fn is_same_page(file: &Path, page: &[u8]) -> bool {
    let is_file = file.symlink_metadata().is_ok_and(|found| found.is_file());
    let head = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let head = text.lines().take(HEAD_LINES).find(|line| line.starts_with(".TH "));
        head.and_then(|line| line.split_once(" 1 ")).map(|(command, _)| command.to_owned())
    };
    let found = is_file.then(|| cdi_store::read_document(file).ok()).flatten();
    head(page).is_some() && found.and_then(|found| head(&found)) == head(page)
}

/// The command of these words.
fn named(grammar: &clap::Command, words: &[String]) -> Result<clap::Command, Failure> {
    let mut command = grammar;
    for word in words {
        let known = || command.get_subcommands().map(clap::Command::get_name);
        command = command.find_subcommand(word).ok_or_else(|| {
            let message = format!("there is no command `{word}` of `{}`", command.get_name());
            Failure::failed("command-unknown", message).meant(word, known())
        })?;
    }
    Ok(command.clone())
}

/// A command and all below it.
fn all(command: &clap::Command) -> Vec<clap::Command> {
    let below = command.get_subcommands().filter(|command| !command.is_hide_set()).flat_map(all);
    std::iter::once(command.clone()).chain(below).collect()
}

/// A page of the manual, in the words of man(7).
fn rendered(command: &clap::Command) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    write(command, &mut out).map_err(|error| Failure::failed("output-unwritable", error))?;
    Ok(out)
}

fn write(command: &clap::Command, out: &mut Vec<u8>) -> io::Result<()> {
    let page = Page::new(command.clone()).manual("CDI").source(format!("cdi {}", env!("CARGO_PKG_VERSION")));
    title(&page, out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    if command.get_opts().chain(command.get_positionals()).next().is_some() {
        page.render_options_section(out)?;
    }
    if command.has_subcommands() {
        page.render_subcommands_section(out)?;
    }
    let examples = arguments::examples(command);
    if !examples.is_empty() {
        let mut roff = Roff::new();
        roff.control("SH", ["EXAMPLES"]).control("nf", []);
        for line in examples.lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
        roff.to_writer(out)?;
    }
    section("EXIT STATUS", exit_status(command), out)?;
    section("ENVIRONMENT", ENVIRONMENT, out)
}

/// The page's head. It has no date, so that the pages of one version are always the same.
fn title(page: &Page, out: &mut Vec<u8>) -> io::Result<()> {
    let mut head = Vec::new();
    page.render_title(&mut head)?;
    // An empty argument needs its quotes: without them the version would stand in the place of the date.
    out.extend_from_slice(String::from_utf8_lossy(&head).replace(" 1  \"", " 1 \"\" \"").as_bytes());
    Ok(())
}

fn section(title: &str, entries: &[(&str, &str)], out: &mut Vec<u8>) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for (term, meaning) in entries {
        roff.control("TP", []).text([roff::bold(*term)]).text([roman(*meaning)]);
    }
    roff.to_writer(out)
}

fn exit_status(command: &clap::Command) -> &'static [(&'static str, &'static str)] {
    match command.get_name() {
        "run" | "wrap" => &[
            ("125", "The command itself failed."),
            ("126", "It was decided that it must not run."),
            ("127", "Nothing could be decided."),
            ("other", "The status of the program that was run."),
        ],
        _ => &[
            ("0", "Done, or allowed."),
            ("1", "Decided, and the answer is no."),
            ("2", "Not done, or not decided: everything but 0 means that nothing may run."),
        ],
    }
}

const ENVIRONMENT: &[(&str, &str)] = &[
    ("CDI_CONFIG", "The configuration, where `--config` does not name it."),
    ("CDI_STATE", "The folder of what this host remembers, where `--state` does not name it."),
    ("CDI_LOG_LEVEL, CDI_LOG_FORMAT", "As `--log-level` and `--log-format`."),
    ("COLUMNS", "How wide lines are folded, where that is not to be as wide as the terminal."),
    ("NO_COLOR, CLICOLOR_FORCE", "No colours, or colours even where nobody looks."),
];
