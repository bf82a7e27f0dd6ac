//! `cdi inspect`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_envelope::Envelope;
use cdi_store::{Sources, read_bundles};
use cdi_types::{Line, StatementId, parse_statement};
use clap::Args;
use serde::Serialize;

use crate::answer::{Answer, Cell, Outputs, TABLES, Table};
use crate::failure::Failure;
use crate::harmless;
use crate::id_prefix::IdPrefix;
use crate::layout::Page;
use crate::no_bundle::NoBundle;
use crate::summary::summary;
use crate::terminal::{self, DIM, STRONG, plain};

/// Show what is in bundles, without trusting it.
///
/// No signature is verified and nobody is trusted: a statement is shown as it says of itself. Use `cdi verify` to learn
/// what it proves.
///
///   cdi inspect app.cwasm.intoto.jsonl
///   cdi inspect app.cwasm.intoto.jsonl --id c777f9d3122d
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Inspect {
    /// The bundles
    #[arg(required = true)]
    bundles: Vec<PathBuf>,
    /// Show only the statement with this id, or the one whose id begins so, whole
    #[arg(long, value_name = "ID")]
    id: Option<IdPrefix>,
    #[command(flatten)]
    output: Outputs<TABLES>,
}

/// A line as it says of itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    bundle: String,
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<StatementId>,
    kind: String,
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<Box<serde_json::value::RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    verified: bool,
    lines: Vec<Shown>,
    /// Whether there is more than one bundle.
    #[serde(skip)]
    several: bool,
    /// Whether one statement was asked for.
    #[serde(skip)]
    whole: bool,
    #[serde(skip)]
    no_bundles: Vec<NoBundle>,
}

impl Inspect {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let bundles = read_bundles(&self.bundles)?;
        let mut lines: Vec<Shown> =
            bundles.together.as_untrusted().lines().map(|line| shown(line, &bundles.sources)).collect();
        if let Some(prefix) = &self.id {
            let missing =
                || Failure::failed("statement-not-there", format!("no statement {prefix} in the bundle"));
            let id = prefix.among(lines.iter().filter_map(|line| line.id), missing)?;
            lines.retain(|line| line.id == Some(id));
        }
        let no_bundles = NoBundle::among(&bundles);
        let document = Document {
            verified: false,
            lines,
            several: self.bundles.len() > 1,
            whole: self.id.is_some(),
            no_bundles,
        };
        self.output.say(&document)?;
        let Some((last, others)) = document.no_bundles.split_last() else { return Ok(ExitCode::SUCCESS) };
        others.iter().for_each(|none| terminal::warning(&none.failure()));
        Err(last.failure())
    }
}

/// What one line says is shown up to so many characters, unless it alone is asked for.
const SAID: usize = 400;

impl Answer for Document {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        writeln!(
            page,
            "{STRONG}not verified{STRONG:#}: this is what the bundle says of itself; `cdi verify` says what it proves"
        )?;
        let mut bundle = None;
        for line in self.evidence() {
            if self.several && bundle.replace(&line.bundle) != Some(&line.bundle) {
                writeln!(page, "{STRONG}{}{STRONG:#}", plain(&line.bundle))?;
            }
            let id = line.id.map_or_else(|| "-".repeat(12), |id| id.short());
            let code = line.code.map(|code| format!(" [{code}]")).unwrap_or_default();
            let (number, kind, said) = (line.line, &line.kind, line.said(self.whole));
            writeln!(page, "{DIM}{number:>4}{DIM:#}  {id}  {STRONG}{kind:<13}{STRONG:#} {said}{code}")?;
            if let (true, Some(statement)) = (self.whole, &line.statement) {
                page.verbatim(&harmless::json(&cdi_report::indented(statement.get())));
            }
        }
        Ok(())
    }

    fn tables(&self) -> Vec<Table> {
        let mut table = Table::new("not verified", &["bundle", "line", "id", "kind", "says", "code"]);
        for line in self.evidence() {
            let id = line.id.map(|id| id.to_string()).unwrap_or_default();
            table.row([
                Cell::text(&line.bundle),
                Cell::text(line.line),
                Cell::text(id),
                Cell::text(&line.kind),
                Cell::Text(line.said(self.whole)),
                Cell::Word(line.code.unwrap_or_default()),
            ]);
        }
        vec![table]
    }
}

impl Document {
    /// The lines of the files that are bundles.
    fn evidence(&self) -> impl Iterator<Item = &Shown> {
        self.lines.iter().filter(|line| self.no_bundles.iter().all(|none| none.file != line.bundle))
    }
}

impl Shown {
    /// What it says of itself, cut where that is long.
    fn said(&self, whole: bool) -> String {
        let said = plain(&self.summary);
        match said.char_indices().nth(SAID) {
            Some((end, _)) if !whole => {
                let more = said.chars().count() - SAID;
                format!(
                    "{} ... and {more} more characters: `--id` shows all",
                    said.get(..end).unwrap_or_default()
                )
            }
            _ => said,
        }
    }
}

fn shown(line: Line<'_>, sources: &Sources) -> Shown {
    let (bundle, number) = sources.of(line.number).unwrap_or((Path::new(""), line.number));
    let bundle = bundle.display().to_string();
    let unusable = |code, summary: String| Shown {
        bundle: bundle.clone(),
        line: number,
        id: None,
        kind: "unusable".to_owned(),
        summary,
        code: Some(code),
        statement: None,
    };
    let envelope = match Envelope::parse(line.bytes) {
        Ok(envelope) => envelope.into_untrusted(),
        Err(error) => return unusable(error.code(), error.to_string()),
    };
    match parse_statement(envelope.payload()) {
        Err(error) => unusable(error.code(), error.to_string()),
        Ok((id, statement)) => {
            let (kind, summary) = summary(&statement);
            let text = String::from_utf8_lossy(envelope.payload()).into_owned();
            let statement = serde_json::value::RawValue::from_string(text).ok();
            Shown {
                bundle,
                line: number,
                id: Some(id),
                kind: kind.to_owned(),
                summary,
                code: None,
                statement,
            }
        }
    }
}
