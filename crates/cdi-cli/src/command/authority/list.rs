//! `cdi authority list`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use cdi_types::{Revocation, RevokedId, StatementId, Timestamp};
use clap::Args;
use serde::Serialize;

use super::AsOf;
use super::folder::Folder;
use super::shown::Row;
use crate::answer::{Answer, Cell, Outputs, TABLES, Table};
use crate::count;
use crate::failure::Failure;
use crate::layout::Page;
use crate::terminal::plain;

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
    #[command(flatten)]
    output: Outputs<TABLES>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    signed: Vec<Row>,
    countersigned: Vec<StatementId>,
    list: Current<'a>,
    #[serde(skip)]
    at: Timestamp,
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
            at,
            countersigned: folder.countersigned()?,
            list: Current {
                serial: newest.serial,
                not_before: newest.not_before,
                not_after: newest.not_after,
                revoked: &newest.revoked,
            },
        };
        self.output.say(&listed)
    }
}

impl Answer for Listed<'_> {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        for row in &self.signed {
            writeln!(page, "{} {}: {}", row.kind, row.state, plain(&row.about))?;
            writeln!(page, "  id      {}", row.id)?;
            writeln!(page, "  key     {}", row.key)?;
            writeln!(page, "  serial  {}", row.serial)?;
            writeln!(page, "  valid   {} to {}", row.not_before, row.not_after)?;
        }
        for report in &self.countersigned {
            writeln!(page, "countersigned report")?;
            writeln!(page, "  id      {report}")?;
        }
        let stale = if self.at >= self.list.not_after { ", which is over: publish a fresh one" } else { "" };
        writeln!(
            page,
            "revocation list {} with {}, from {} to {}{stale}",
            self.list.serial,
            count::of(self.list.revoked.len(), "entry"),
            self.list.not_before,
            self.list.not_after
        )?;
        self.list.revoked.iter().try_for_each(|entry| {
            let about = self.about(entry.id).map(|about| format!(" ({})", plain(about))).unwrap_or_default();
            let runs = entry.runs.map(|runs| format!(", runs from {} to {}", runs.from, runs.until));
            let since = entry.since.map(|since| format!(", compromised since {since}")).unwrap_or_default();
            let (reason, date, runs) = (entry.reason.as_str(), entry.date, runs.unwrap_or_default());
            writeln!(page, "  {reason} at {date}: {}{runs}{since}{about}", entry.id)
        })
    }

    fn tables(&self) -> Vec<Table> {
        let mut signed =
            Table::new("signed", &["kind", "state", "about", "id", "key", "serial", "from", "until"]);
        for row in &self.signed {
            signed.row([
                Cell::Word(row.kind),
                Cell::Word(row.state),
                Cell::text(&row.about),
                Cell::text(row.id),
                Cell::text(row.key),
                Cell::text(row.serial),
                Cell::text(row.not_before),
                Cell::text(row.not_after),
            ]);
        }
        let mut revoked = Table::new("revoked", &["reason", "date", "what"]);
        for entry in self.list.revoked {
            revoked.row([Cell::Word(entry.reason.as_str()), Cell::text(entry.date), Cell::text(entry.id)]);
        }
        vec![signed, revoked]
    }
}

impl Listed<'_> {
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
