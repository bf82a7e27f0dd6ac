//! `cdi authority show`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use cdi_authority::{Entry, Records, Signed};
use cdi_types::{KeyId, Name, PublicKeyInfo, Scope, StatementId, Timestamp};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::AsOf;
use super::folder::Folder;
use super::shown::Row;
use crate::answer::{Answer, Outputs, VALUES};
use crate::count;
use crate::failure::Failure;
use crate::harmless;
use crate::id_prefix::IdPrefix;
use crate::layout::Page;
use crate::terminal::plain;

/// Show this authority, or one thing that it has signed.
///
/// With --out the statement is written again, with the endorsements above this authority, as when it was signed.
///
///   cdi authority show acme
///   cdi authority show acme ID --output json
///   cdi authority show acme ID --out compiler-certification.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Show {
    /// The authority's folder
    dir: PathBuf,
    /// A certification's or an endorsement's id, or how it begins
    id: Option<IdPrefix>,
    /// Write the statement's envelope to this file as well
    #[arg(long, value_name = "FILE", requires = "id")]
    out: Option<PathBuf>,
    #[command(flatten)]
    at: AsOf,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

impl Show {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let folder = Folder::open(&self.dir)?;
        let records = folder.records()?;
        let Some(prefix) = &self.id else { return self.authority(&folder, &records) };
        let unknown = || {
            Failure::failed("statement-unknown", format!("this authority has signed no statement `{prefix}`"))
                .hint("`cdi authority list DIR` prints the ids of all that it has signed")
        };
        let id = prefix.among(records.journal().entries().iter().map(|entry| entry.id), unknown)?;
        let entry = records.journal().find(id).ok_or_else(unknown)?;
        if let Some(out) = &self.out {
            folder.refuse_as_output(out)?;
            cdi_store::write_new(out, &records.with_chain(&entry.line), 0o644)?;
        }
        self.entry(entry, &records)
    }

    fn authority(&self, folder: &Folder, records: &Records) -> Result<(), Failure> {
        let endorsements = records.lineage().endorsements().map(|(id, e)| Endorsed {
            id,
            name: e.name.clone(),
            issuer: e.issuer,
            scope: e.scope.clone(),
            not_before: e.not_before,
            not_after: e.not_after,
        });
        self.output.say(&Authority {
            name: folder.settings.name.clone(),
            key_id: folder.key.key_id(),
            public_key: folder.key.info().clone(),
            signed: records.journal().entries().len(),
            revocation_list: records.lists().newest_id(),
            endorsements: endorsements.collect(),
            is_root: records.lineage().is_root(),
        })
    }

    fn entry(&self, entry: &Entry, records: &Records) -> Result<(), Failure> {
        let row = Row::of(entry, records, self.at.time());
        let predicate = match &entry.signed {
            Signed::Certification(statement) => serde_json::to_value(statement.predicate()),
            Signed::Endorsement(statement) => serde_json::to_value(statement.predicate()),
        };
        let predicate = predicate.map_err(|error| Failure::failed("output-unwritable", error))?;
        let (id, kind, state) = (row.id, row.kind, row.state);
        self.output.say(&One { id, kind, state, predicate, row })
    }
}

/// An authority.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authority {
    name: Name,
    key_id: KeyId,
    public_key: PublicKeyInfo,
    /// How much it has signed.
    signed: usize,
    revocation_list: StatementId,
    endorsements: Vec<Endorsed>,
    #[serde(skip)]
    is_root: bool,
}

/// An endorsement above it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endorsed {
    id: StatementId,
    name: Name,
    issuer: KeyId,
    scope: Scope,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Answer for Authority {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        writeln!(page, "{}", plain(self.name.as_str()))?;
        writeln!(page, "  key     {}", self.key_id)?;
        writeln!(page, "  signed  {}", count::of(self.signed, "statement"))?;
        if self.is_root {
            return writeln!(page, "  scope   a root: bounded by policies only");
        }
        self.endorsements.iter().try_for_each(|e| {
            let scope: Vec<String> = e.scope.properties.iter().map(ToString::to_string).collect();
            let (name, scope, depth) = (plain(e.name.as_str()), scope.join(", "), e.scope.depth);
            writeln!(page, "  scope   {scope}, depth {depth}, of {name}, until {} ({})", e.not_after, e.id)
        })
    }
}

/// One thing that it has signed.
#[derive(Serialize)]
struct One {
    id: StatementId,
    kind: &'static str,
    state: &'static str,
    predicate: Value,
    #[serde(skip)]
    row: Row,
}

impl Answer for One {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let row = &self.row;
        writeln!(page, "{} {}: {}", row.kind, row.state, plain(&row.about))?;
        writeln!(page, "  id     {}", row.id)?;
        writeln!(page, "  key    {}", row.key)?;
        writeln!(page, "  valid  {} to {}", row.not_before, row.not_after)?;
        page.verbatim(&harmless::pretty(&self.predicate)?);
        Ok(())
    }
}
