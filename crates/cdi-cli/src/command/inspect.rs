//! `cdi inspect`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_envelope::Envelope;
use cdi_store::{Sources, read_bundles};
use cdi_types::{Line, StatementId, parse_statement};
use clap::Args;
use serde::Serialize;

use crate::arguments::Output;
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
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
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    output: Output,
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
        match self.output {
            Output::Json => terminal::json(&Document { verified: false, lines })?,
            Output::Text => self.text(&lines, &no_bundles)?,
        }
        let Some((last, others)) = no_bundles.split_last() else { return Ok(ExitCode::SUCCESS) };
        others.iter().for_each(|none| terminal::warning(&none.failure()));
        Err(last.failure())
    }

    fn text(&self, lines: &[Shown], no_bundles: &[NoBundle]) -> Result<(), Failure> {
        terminal::line(format_args!(
            "{STRONG}not verified{STRONG:#}: this is what the bundle says of itself; `cdi verify` says what it proves"
        ))?;
        let mut bundle = None;
        for line in lines.iter().filter(|line| no_bundles.iter().all(|none| none.file != line.bundle)) {
            if self.bundles.len() > 1 && bundle.replace(&line.bundle) != Some(&line.bundle) {
                terminal::line(format_args!("{STRONG}{}{STRONG:#}", plain(&line.bundle)))?;
            }
            let id = line.id.map_or_else(|| "-".repeat(12), |id| id.short());
            let code = line.code.map(|code| format!(" [{code}]")).unwrap_or_default();
            terminal::line(format_args!(
                "{DIM}{:>4}{DIM:#}  {id}  {STRONG}{:<13}{STRONG:#} {}{code}",
                line.line,
                line.kind,
                plain(&line.summary)
            ))?;
            if let (Some(_), Some(statement)) = (&self.id, &line.statement) {
                let value: serde_json::Value = serde_json::from_str(statement.get())
                    .map_err(|error| Failure::failed("statement-malformed", error))?;
                terminal::json(&value)?;
            }
        }
        Ok(())
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
