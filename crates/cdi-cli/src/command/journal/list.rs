//! `cdi journal list`.

use std::io::{self, Write as _};

use cdi_journal::{Decision, Entry, Occasion, Stopped, Verdict};
use cdi_types::{ArtifactDigest, Name, StatementId, Timestamp};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Reading;
use crate::answer::{Answer, Cell, Outputs, TABLES, Table};
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::layout::Page;
use crate::terminal::{STRONG, plain};

/// List what this host has decided, the oldest first.
///
/// The whole journal is verified first: of one that does not hold nothing is listed.
///
///   cdi journal list
///   cdi journal list --occasion stop
///   cdi journal list --verdict deny --since 2026-06-01T00:00:00Z --output table
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct List {
    #[command(flatten)]
    reading: Reading,
    /// Only decisions about artifacts whose digest begins so
    #[arg(long, value_name = "DIGEST")]
    artifact: Option<IdPrefix>,
    /// Only what came out so
    #[arg(long, value_enum, value_name = "VERDICT")]
    verdict: Option<Word>,
    /// Only what was written on this occasion: when something was to be run, when it was decided about again, when it was stopped
    #[arg(long, value_enum, value_name = "OCCASION")]
    occasion: Option<When>,
    /// Only decisions that this principal had a part in
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    principal: Option<Name>,
    /// Only what was decided at this time (YYYY-MM-DDTHH:MM:SSZ) or later
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    #[command(flatten)]
    output: Outputs<TABLES>,
}

/// What a decision can come to.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Word {
    Allow,
    Deny,
    Unknown,
}

/// When an entry is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum When {
    Deploy,
    Watch,
    Stop,
}

#[derive(Serialize)]
struct Listed {
    entries: Vec<Line>,
}

/// One entry, for people and programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    sequence: u64,
    id: StatementId,
    decided_at: Timestamp,
    name: String,
    artifact: ArtifactDigest,
    verdict: Verdict,
    occasion: &'static str,
    /// How it came to its end, if it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
    principals: Vec<Said>,
    /// The codes of what failed.
    codes: Vec<String>,
}

#[derive(Serialize)]
struct Said {
    name: Name,
    verdict: Verdict,
}

impl List {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut entries = Vec::new();
        self.reading.read(None, |entry| {
            if self.wants(&entry) {
                entries.push(Line::of(&entry));
            }
        })?;
        self.output.say(&Listed { entries })
    }

    fn wants(&self, entry: &Entry) -> bool {
        let decision = entry.verified().decision();
        let verdict = self.verdict.map(|word| match word {
            Word::Allow => Verdict::Allow,
            Word::Deny => Verdict::Deny,
            Word::Unknown => Verdict::Unknown,
        });
        let occasion = self.occasion.map(|when| match when {
            When::Deploy => Occasion::Deploy,
            When::Watch => Occasion::Watch,
            When::Stop => Occasion::Stop,
        });
        let digest = entry.artifact().to_string();
        self.artifact.as_ref().is_none_or(|prefix| digest.starts_with(&prefix.to_string()))
            && verdict.is_none_or(|verdict| decision.verdict == verdict)
            && occasion.is_none_or(|occasion| decision.occasion == occasion)
            && self
                .principal
                .as_ref()
                .is_none_or(|name| decision.principals.iter().any(|one| one.name == *name))
            && self.since.is_none_or(|since| entry.verified().decided_at() >= since)
    }
}

impl Line {
    fn of(entry: &Entry) -> Self {
        let decision = entry.verified().decision();
        let said =
            decision.principals.iter().map(|one| Said { name: one.name.clone(), verdict: one.verdict });
        Self {
            sequence: entry.head().sequence,
            id: entry.head().id,
            decided_at: entry.verified().decided_at(),
            name: entry.name().to_owned(),
            artifact: entry.artifact(),
            verdict: decision.verdict,
            occasion: decision.occasion.as_str(),
            stopped: decision.stopped.map(Stopped::as_str),
            node: decision.node.clone(),
            environment: decision.environment.clone(),
            principals: said.collect(),
            codes: decision.codes.clone(),
        }
    }

    fn place(&self) -> String {
        joined(self.node.as_deref(), self.environment.as_deref())
    }
}

/// Where a decision was for.
pub(super) fn place(decision: &Decision) -> String {
    joined(decision.node.as_deref(), decision.environment.as_deref())
}

fn joined(node: Option<&str>, environment: Option<&str>) -> String {
    match (node, environment) {
        (Some(node), Some(environment)) => format!("{node}/{environment}"),
        (_, Some(environment)) => environment.to_owned(),
        (_, None) => "nowhere".to_owned(),
    }
}

impl Answer for Listed {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        for line in &self.entries {
            let (name, place) = (plain(&line.name), plain(&line.place()).to_string());
            let verdict = line.verdict.as_str();
            writeln!(
                page,
                "{} {} {STRONG}{verdict}{STRONG:#} {name} {place}",
                line.sequence, line.decided_at
            )?;
            writeln!(page, "    artifact  {}", line.artifact)?;
            match line.stopped {
                Some("asked") => writeln!(page, "    stopped   it ended when it was asked to")?,
                Some(_) => writeln!(page, "    stopped   it was killed")?,
                None => {}
            }
            if !line.codes.is_empty() {
                writeln!(page, "    for       {}", plain(&line.codes.join(", ")))?;
            }
        }
        if self.entries.is_empty() {
            writeln!(page, "no such decision")?;
        }
        Ok(())
    }

    fn tables(&self) -> Vec<Table> {
        let mut decisions = Table::new(
            "Decisions",
            &["number", "decided", "verdict", "stopped", "name", "artifact", "place", "codes"],
        );
        for line in &self.entries {
            decisions.row([
                Cell::text(line.sequence),
                Cell::text(line.decided_at),
                Cell::Word(line.verdict.as_str()),
                Cell::text(line.stopped.unwrap_or_default()),
                Cell::text(&line.name),
                Cell::text(line.artifact),
                Cell::text(line.place()),
                Cell::text(line.codes.join(", ")),
            ]);
        }
        vec![decisions]
    }
}
