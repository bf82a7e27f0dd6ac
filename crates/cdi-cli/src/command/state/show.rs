//! `cdi state show`.

use std::io::{self, Write as _};

use cdi_envelope::Envelope;
use cdi_store::{RememberedEdition, RememberedNode};
use cdi_types::{AnyStatement, KeyId, Predicate as _, StatementId, Timestamp, parse_statement};
use clap::Args;
use serde::Serialize;

use crate::answer::{Answer, Outputs, VALUES};
use crate::count;
use crate::failure::Failure;
use crate::layout::Page;
use crate::memory::StateArguments;
use crate::terminal;

/// Show what this host remembers.
///
/// Signatures are not verified here: that is done with every decision, by the keys that its policies and bundle bring.
///
///   cdi state show
///   cdi state show --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Show {
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    folder: String,
    last_decision: Option<Timestamp>,
    lists: Vec<List>,
    editions: Vec<RememberedEdition>,
    nodes: Vec<RememberedNode>,
    /// How many reports were relied on.
    reports: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List {
    id: StatementId,
    authority: KeyId,
    serial: u64,
    not_before: Timestamp,
    not_after: Timestamp,
    revoked: usize,
}

impl Show {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let folder = self.state.folder()?;
        let memory = folder.read()?;
        let lines = memory.iter().flat_map(|memory| &memory.lists);
        let shown = Shown {
            folder: terminal::path(folder.path()),
            last_decision: memory.as_ref().map(|memory| memory.last_decision),
            lists: lines.filter_map(|line| list(line)).collect(),
            editions: memory.iter().flat_map(|memory| memory.editions.clone()).collect(),
            nodes: memory.iter().flat_map(|memory| memory.nodes.clone()).collect(),
            reports: folder.sightings()?.all()?.len(),
        };
        self.output.say(&shown)
    }
}

impl Answer for Shown {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let Some(last) = self.last_decision else {
            return writeln!(page, "nothing is remembered in `{}` yet", self.folder);
        };
        writeln!(page, "folder         {}", self.folder)?;
        writeln!(page, "last decision  {last}")?;
        let (lists, reports) =
            (count::of(self.lists.len(), "revocation list"), count::of(self.reports, "report"));
        writeln!(page, "remembers      {lists}")?;
        writeln!(page, "relied on      {reports}")?;
        self.lists.iter().try_for_each(|list| {
        let List { id, authority, serial, not_before, not_after, revoked } = list;
        writeln!(page, "\nlist {id}\n  authority  {authority}\n  serial     {serial}\n  valid      {not_before} to {not_after}\n  \
             revokes    {revoked}")
    })?;
        self.editions.iter().try_for_each(|edition| {
            let RememberedEdition { principal, key, version, document } = edition;
            let principal = terminal::plain(principal.as_str());
            writeln!(
                page,
                "\npolicy of {principal}\n  key       {key}\n  version   {version}\n  document  {document}"
            )
        })?;
        self.nodes.iter().try_for_each(|node| {
            let report = node.report.map_or_else(|| "several".to_owned(), |report| report.to_string());
            writeln!(page, "\nnode {}\n  serial    {}\n  report    {report}", node.key, node.serial)
        })
    }
}

/// A remembered line; `None` for one that is no revocation list, which no decision would use either.
fn list(line: &str) -> Option<List> {
    let envelope = Envelope::parse(line.as_bytes()).ok()?.into_untrusted();
    let (id, statement) = parse_statement(envelope.payload()).ok()?;
    let AnyStatement::Revocations(statement) = statement else { return None };
    let list = statement.predicate();
    Some(List {
        id,
        authority: list.issuer(),
        serial: list.serial,
        not_before: list.not_before,
        not_after: list.not_after,
        revoked: list.revoked.len(),
    })
}
