//! `cdi explain-code`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::arguments::Output;
use crate::code_page::{CodePage, Piece, codes};
use crate::failure::Failure;
use crate::terminal::{self, STRONG, plain};
use crate::wrapped::wrapped;

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
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// How many codes that have a word in them are named to whoever gave the word alone.
const NAMED: usize = 8;

impl ExplainCode {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.code {
            Some(code) => explain(&code, self.output)?,
            None => list(self.output)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn explain(code: &str, output: Output) -> Result<(), Failure> {
    let code = code.trim_start_matches('[').trim_end_matches(']');
    let page = CodePage::of(code).ok_or_else(|| unknown(code))?;
    match output {
        Output::Json => terminal::json(&page),
        Output::Text => terminal::written(write(&page, &mut anstream::stdout().lock())),
    }
}

fn list(output: Output) -> Result<(), Failure> {
    match output {
        Output::Json => {
            let codes: Vec<_> =
                CodePage::all().map(|page| json!({ "code": page.code, "title": page.title })).collect();
            terminal::json(&json!({ "codes": codes }))
        }
        Output::Text => {
            let mut out = anstream::stdout().lock();
            terminal::written(CodePage::all().try_for_each(|page| {
                writeln!(out, "{STRONG}{}{STRONG:#}", page.code)?;
                wrapped("    ", &page.title, &mut out)
            }))
        }
    }
}

fn unknown(code: &str) -> Failure {
    let failure = Failure::failed("code-unknown", format!("there is no code `{}`", plain(code)));
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

/// Writes a page for people.
fn write(page: &CodePage, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{STRONG}{}{STRONG:#}", page.code)?;
    wrapped("  ", &page.title, out)?;
    writeln!(out)?;
    wrapped("given as  ", &page.given_as, out)?;
    wrapped("given by  ", &page.given_by, out)?;
    if !page.rules.is_empty() {
        let rules: Vec<String> =
            page.rules.iter().map(|rule| format!("{} ({})", rule.tag, rule.page)).collect();
        wrapped("rules     ", &rules.join(", "), out)?;
    }
    writeln!(out, "\n{STRONG}causes{STRONG:#}")?;
    page.causes.iter().try_for_each(|cause| wrapped("- ", cause, out))?;
    writeln!(out, "\n{STRONG}what to do{STRONG:#}")?;
    for piece in &page.remedy {
        match piece {
            Piece::Text(text) => wrapped("  ", text, out)?,
            // As they are: a command that is cut cannot be copied.
            Piece::Commands(lines) => lines.iter().try_for_each(|line| writeln!(out, "      {line}"))?,
        }
    }
    if let Some(example) = &page.example {
        writeln!(out, "\n{STRONG}example{STRONG:#}")?;
        wrapped("  ", example, out)?;
    }
    if page.see_also.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    wrapped("see also  ", &page.see_also.join(", "), out)
}
