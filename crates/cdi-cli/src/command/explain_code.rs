//! `cdi explain-code`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::answer::{Answer, Outputs, VALUES};
use crate::code_page::{CodePage, Piece, codes};
use crate::failure::Failure;
use crate::layout::{Page, wrapped};
use crate::terminal::{STRONG, plain};

/// Say what a code means, what usually causes it, and what to do.
///
/// Every refusal, error, finding and discarded line has a stable code, which stands in brackets behind its message. There is
/// a page for each: here, and in docs/codes. Nothing else is read for it.
///
///   cdi explain-code quorum-unmet
///   cdi explain-code --list
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ExplainCode {
    /// The code, with or without its brackets
    #[arg(required_unless_present = "list", conflicts_with = "list")]
    code: Option<String>,
    /// List all codes, each with one sentence
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    outputs: Outputs<VALUES>,
}

/// How many codes that have a word in them are named to whoever gave the word alone.
const NAMED: usize = 8;

/// How much of a word that is no code is shown: no code is as long.
const SHOWN: usize = 80;

impl ExplainCode {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.code {
            Some(code) => self.outputs.say(&page(&code)?)?,
            None => self.outputs.say(&List::of_all())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The page of a code, with or without its brackets.
fn page(code: &str) -> Result<CodePage, Failure> {
    let code = code.trim_start_matches('[').trim_end_matches(']');
    CodePage::of(code).ok_or_else(|| unknown(code))
}

/// All codes.
#[derive(Serialize)]
struct List {
    codes: Vec<Listed>,
}

/// A code with its sentence.
#[derive(Serialize)]
struct Listed {
    code: &'static str,
    title: String,
}

impl List {
    fn of_all() -> Self {
        Self { codes: CodePage::all().map(|page| Listed { code: page.code, title: page.title }).collect() }
    }
}

impl Answer for List {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        self.codes.iter().try_for_each(|listed| {
            writeln!(page, "{STRONG}{}{STRONG:#}", listed.code)?;
            wrapped("    ", &listed.title, page)
        })
    }
}

fn unknown(code: &str) -> Failure {
    let shown: String = plain(code).chars().take(SHOWN).collect();
    let failure = Failure::failed("code-unknown", format!("there is no code `{shown}`"));
    let having: Vec<String> = codes()
        .filter(|known| !code.is_empty() && known.split('-').any(|word| word == code))
        .take(NAMED)
        .map(|known| format!("`{known}`"))
        .collect();
    let failure = if having.is_empty() {
        failure.meant(code, codes())
    } else {
        failure.hint(format!("codes with that word: {}", having.join(", ")))
    };
    failure.hint("`cdi explain-code --list` has all codes; a newer program may give more")
}

impl Answer for CodePage {
    fn text(&self, out: &mut Page) -> io::Result<()> {
        writeln!(out, "{STRONG}{}{STRONG:#}", self.code)?;
        wrapped("  ", &self.title, out)?;
        writeln!(out)?;
        wrapped("given as  ", &self.given_as, out)?;
        wrapped("given by  ", &self.given_by, out)?;
        if !self.rules.is_empty() {
            let rules: Vec<String> =
                self.rules.iter().map(|rule| format!("{} ({})", rule.tag, rule.page)).collect();
            wrapped("rules     ", &rules.join(", "), out)?;
        }
        writeln!(out, "\n{STRONG}causes{STRONG:#}")?;
        self.causes.iter().try_for_each(|cause| wrapped("- ", cause, out))?;
        writeln!(out, "\n{STRONG}what to do{STRONG:#}")?;
        for piece in &self.remedy {
            match piece {
                Piece::Text(text) => wrapped("  ", text, out)?,
                // As they are: a command that is cut cannot be copied.
                Piece::Commands(lines) => {
                    lines.iter().for_each(|line| out.verbatim(&format!("      {line}")))
                }
            }
        }
        if let Some(example) = &self.example {
            writeln!(out, "\n{STRONG}example{STRONG:#}")?;
            wrapped("  ", example, out)?;
        }
        if self.see_also.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        wrapped("see also  ", &self.see_also.join(", "), out)
    }
}
