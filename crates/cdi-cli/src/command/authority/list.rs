//! `cdi authority list`.

use std::path::PathBuf;

use cdi_types::{Revocation, RevokedId, StatementId, Timestamp};
use clap::Args;
use serde::Serialize;

use super::AsOf;
use super::folder::Folder;
use super::shown::Row;
use crate::arguments::Output;
use crate::count;
use crate::failure::Failure;
use crate::terminal::{self, plain};

/// List everything that this authority has signed, and what it has revoked.
///
///   cdi authority list acme
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct List {
    /// The authority's folder
    dir: PathBuf,
    #[command(flatten)]
    at: AsOf,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    signed: Vec<Row>,
    countersigned: Vec<StatementId>,
    list: Current<'a>,
}

/// The newest revocation list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Current<'a> {
    serial: u64,
    not_before: Timestamp,
    not_after: Timestamp,
    revoked: &'a [Revocation],
}

impl List {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let folder = Folder::open(&self.dir)?;
        let records = folder.records()?;
        let at = self.at.time();
        let newest = records.lists().newest();
        let listed = Listed {
            signed: records.journal().entries().iter().map(|entry| Row::of(entry, &records, at)).collect(),
            countersigned: folder.countersigned()?,
            list: Current {
                serial: newest.serial,
                not_before: newest.not_before,
                not_after: newest.not_after,
                revoked: &newest.revoked,
            },
        };
        match self.output {
            Output::Json => terminal::json(&listed),
            Output::Text => listed.print(at),
        }
    }
}

impl Listed<'_> {
    fn print(&self, at: Timestamp) -> Result<(), Failure> {
        for row in &self.signed {
            terminal::line(format_args!("{} {}: {}", row.kind, row.state, plain(&row.about)))?;
            terminal::line(format_args!("  id      {}", row.id))?;
            terminal::line(format_args!("  key     {}", row.key))?;
            terminal::line(format_args!("  serial  {}", row.serial))?;
            terminal::line(format_args!("  valid   {} to {}", row.not_before, row.not_after))?;
        }
        for report in &self.countersigned {
            terminal::line(format_args!("countersigned report"))?;
            terminal::line(format_args!("  id      {report}"))?;
        }
        let stale = if at >= self.list.not_after { ", which is over: publish a fresh one" } else { "" };
        terminal::line(format_args!(
            "revocation list {} with {}, from {} to {}{stale}",
            self.list.serial,
            count::of(self.list.revoked.len(), "entry"),
            self.list.not_before,
            self.list.not_after
        ))?;
        self.list.revoked.iter().try_for_each(|entry| {
            let about = self.about(entry.id).map(|about| format!(" ({})", plain(about))).unwrap_or_default();
            let runs = entry.runs.map(|runs| format!(", runs from {} to {}", runs.from, runs.until));
            let since = entry.since.map(|since| format!(", compromised since {since}")).unwrap_or_default();
            let (reason, date, runs) = (entry.reason.as_str(), entry.date, runs.unwrap_or_default());
            terminal::line(format_args!("  {reason} at {date}: {}{runs}{since}{about}", entry.id))
        })
    }

    /// What was revoked, as far as this authority has signed something about it.
    fn about(&self, id: RevokedId) -> Option<&str> {
        let is = |row: &&Row| match id {
            RevokedId::Certification(id) | RevokedId::Endorsement(id) => row.id == id,
            RevokedId::Key(key) => row.key == key,
            RevokedId::Report(_) => false,
        };
        self.signed.iter().find(is).map(|row| row.about.as_str())
    }
}
