//! `cdi authority show`.

use std::path::PathBuf;

use cdi_authority::{Entry, Records, Signed};
use clap::Args;
use serde_json::{Value, json};

use super::AsOf;
use super::folder::Folder;
use super::shown::Row;
use crate::arguments::Output;
use crate::count;
use crate::failure::Failure;
use crate::id_prefix::IdPrefix;
use crate::terminal::{self, plain};

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
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    output: Output,
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
        let endorsements: Vec<Value> = records
            .lineage()
            .endorsements()
            .map(|(id, e)| {
                json!({ "id": id.to_string(), "name": e.name, "issuer": e.issuer, "scope": e.scope,
                "notBefore": e.not_before, "notAfter": e.not_after })
            })
            .collect();
        if self.output == Output::Json {
            return terminal::json(&json!({ "name": folder.settings.name, "keyId": folder.key.key_id(),
                "publicKey": folder.key.info(), "signed": records.journal().entries().len(),
                "revocationList": records.lists().newest_id(), "endorsements": endorsements }));
        }
        terminal::line(format_args!("{}", plain(folder.settings.name.as_str())))?;
        terminal::line(format_args!("  key     {}", folder.key.key_id()))?;
        terminal::line(format_args!(
            "  signed  {}",
            count::of(records.journal().entries().len(), "statement")
        ))?;
        if records.lineage().is_root() {
            return terminal::line("  scope   a root: bounded by policies only");
        }
        records.lineage().endorsements().try_for_each(|(id, e)| {
            let scope: Vec<String> = e.scope.properties.iter().map(ToString::to_string).collect();
            let (name, scope, depth) = (plain(e.name.as_str()), scope.join(", "), e.scope.depth);
            terminal::line(format_args!(
                "  scope   {scope}, depth {depth}, of {name}, until {} ({id})",
                e.not_after
            ))
        })
    }

    fn entry(&self, entry: &Entry, records: &Records) -> Result<(), Failure> {
        let row = Row::of(entry, records, self.at.time());
        let predicate = match &entry.signed {
            Signed::Certification(statement) => serde_json::to_value(statement.predicate()),
            Signed::Endorsement(statement) => serde_json::to_value(statement.predicate()),
        };
        let predicate = predicate.map_err(|error| Failure::failed("output-unwritable", error))?;
        if self.output == Output::Json {
            return terminal::json(
                &json!({ "id": row.id, "kind": row.kind, "state": row.state, "predicate": predicate }),
            );
        }
        terminal::line(format_args!("{} {}: {}", row.kind, row.state, plain(&row.about)))?;
        terminal::line(format_args!("  id     {}", row.id))?;
        terminal::line(format_args!("  key    {}", row.key))?;
        terminal::line(format_args!("  valid  {} to {}", row.not_before, row.not_after))?;
        terminal::json(&predicate)
    }
}
