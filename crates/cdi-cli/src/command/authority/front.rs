//! `cdi revoke`: `cdi authority revoke` for people in a hurry. Finds the authority's folder, and what is meant by a name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cdi_authority::{Entry, Records, Signed, revoke};
use cdi_types::{KeyId, RevokedId, StatementId, Timestamp};
use clap::Args;

use super::At;
use super::beforehand::Beforehand;
use super::folder::{Folder, SETTINGS};
use super::revoke::EntryArguments;
use super::revoked;
use super::shown::Row;
use super::signing::Signing;
use crate::answer::{Outputs, VALUES};
use crate::failure::Failure;
use crate::passphrase::PassphraseSource;
use crate::terminal;

/// Revoke what an authority has signed, or a key or report, and say first what that costs.
///
/// WHAT is the name of a tool or an authority of which this authority has signed one thing that it has not revoked, or an id
/// (its first 8 digits will do for what this authority knows, reports that it has countersigned among it). The authority's folder is found if it is the present one, or the only
/// one in it or in `authorities`. With `--bundles DIR` every artifact is told that would lose something by it
/// (`cdi affected`); with `--what-if` nothing is signed. Otherwise this is `cdi authority revoke`.
///
///   cdi revoke gcc --reason vetting-withdrawn --bundles deployed --what-if
///   cdi revoke gcc --reason vetting-withdrawn --bundles deployed --out revocations.intoto.jsonl
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Front {
    /// A name, an id, or the first 8 digits or more of one
    what: String,
    /// The authority's folder [default: the only one that is here]
    #[arg(long, value_name = "DIR")]
    authority: Option<PathBuf>,
    #[command(flatten)]
    entry: EntryArguments,
    /// Tell what it would cost, and sign nothing
    #[arg(long)]
    what_if: bool,
    #[command(flatten)]
    beforehand: Beforehand,
    /// Where to write the list; of files that are there already only an older list of this authority is replaced
    #[arg(long, value_name = "FILE", required_unless_present = "what_if")]
    out: Option<PathBuf>,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    output: Outputs<VALUES>,
    #[command(flatten)]
    passphrase: PassphraseSource,
}

impl Front {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let dir = match self.authority {
            Some(dir) => dir,
            None => found()?,
        };
        let folder = Folder::open(&dir)?;
        let records = folder.records()?;
        let (out, at, output, passphrase) =
            (self.out.unwrap_or_default(), self.at, self.output, self.passphrase);
        let signing = Signing { dir, out, at, output, passphrase };
        let id = meant(&self.what, &records, &folder.countersigned()?, signing.at.time()?)?;
        revoked::warn(id, &records);
        let entry = self.entry.entry(id, signing.at.time()?, &records)?;
        if self.what_if {
            self.beforehand.report(&signing, &entry)?.say(&signing.output)?;
            return Ok(ExitCode::SUCCESS);
        }
        self.beforehand.show(&signing, &entry)?;
        signing.list(self.entry.length, |records, window, signer| {
            Ok((format!("revoked the {id}"), revoke(records, entry, window, signer)?))
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The only authority's folder here: this one, one in it, or one in `authorities`.
fn found() -> Result<PathBuf, Failure> {
    let is_authority = |path: &Path| path.join(SETTINGS).is_file();
    if is_authority(Path::new(".")) {
        return Ok(PathBuf::from("."));
    }
    let folders = ["authorities", "."].into_iter().filter_map(|folder| std::fs::read_dir(folder).ok());
    let mut authorities: Vec<PathBuf> =
        folders.flatten().flatten().map(|entry| entry.path()).filter(|path| is_authority(path)).collect();
    authorities.sort();
    match authorities.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            let message = "there is no authority's folder here, nor in `authorities`";
            Err(Failure::failed("authority-missing", message).hint("name it with `--authority DIR`"))
        }
        several => {
            let names: Vec<String> =
                several.iter().map(|path| format!("`{}`", terminal::path(path))).collect();
            let message = format!("there are {} authorities here: {}", several.len(), names.join(", "));
            Err(Failure::failed("authority-ambiguous", message).hint("name one with `--authority DIR`"))
        }
    }
}

/// The one thing that is meant. Of what goes by a name only what is not revoked yet is meant, if anything is.
fn meant(
    what: &str,
    records: &Records,
    countersigned: &[StatementId],
    at: Timestamp,
) -> Result<RevokedId, Failure> {
    let entries = records.journal().entries();
    let of = |entry: &Entry| match entry.signed {
        Signed::Certification(_) => RevokedId::Certification(entry.id),
        Signed::Endorsement(_) => RevokedId::Endorsement(entry.id),
    };
    let named: Vec<&Entry> = entries.iter().filter(|entry| is_called(entry, what)).collect();
    let live = |entry: &&&Entry| records.lists().entry(of(entry)).is_none();
    let some_live = named.iter().any(|entry| live(&entry));
    let named = named.iter().filter(|entry| !some_live || live(entry)).map(|entry| of(entry));
    let keys = entries.iter().map(|entry| match &entry.signed {
        Signed::Certification(statement) => statement.predicate().report_key.key_id(),
        Signed::Endorsement(statement) => statement.predicate().public_key.key_id(),
    });
    let keys = keys.chain([records.key().key_id()]).map(RevokedId::Key);
    let reports = countersigned.iter().copied().map(RevokedId::Report);
    let is_id = what.len() >= FEWEST && what.bytes().all(|byte| byte.is_ascii_hexdigit());
    let begins = |id: &RevokedId| is_id && digits(*id).starts_with(what);
    let found: BTreeSet<RevokedId> =
        named.chain(entries.iter().map(of).chain(keys).chain(reports).filter(begins)).collect();
    if found.len() > 1 {
        let all: Vec<String> = found.iter().map(|id| format!("`{id}`")).collect();
        let message = format!("`{what}` may be any of {}", all.join(", "));
        let failure = Failure::failed("revokes-ambiguous", message).hint("name one by its id");
        let rows = entries.iter().filter(|entry| found.contains(&of(entry)));
        let rows = rows.map(|entry| Row::of(entry, records, at));
        let said = rows.map(|row| {
            format!("`{}` is {}, {} to {}", row.id.short(), row.state, row.not_before, row.not_after)
        });
        let said: Vec<String> = said.collect();
        return Err(if said.is_empty() { failure } else { failure.hint(said.join("; ")) });
    }
    let unknown = || {
        let message =
            format!("this authority has signed nothing called `{what}`, and knows no id that begins so");
        let names = entries.iter().map(name);
        Failure::failed("revokes-unknown", message).meant(what, names).hint(
            "`cdi authority list DIR` prints what it has signed; a report or the key of somebody else is revoked with \
             `cdi authority revoke --report ID` or `--key ID`",
        )
    };
    found.into_iter().next().ok_or_else(unknown)
}

/// Fewer digits are more likely somebody's slip than a choice.
const FEWEST: usize = 8;

/// What people call it.
fn name(entry: &Entry) -> &str {
    match &entry.signed {
        Signed::Certification(statement) => statement.predicate().tool.name.as_str(),
        Signed::Endorsement(statement) => statement.predicate().name.as_str(),
    }
}

fn is_called(entry: &Entry, name: &str) -> bool {
    match &entry.signed {
        Signed::Certification(statement) => {
            let tool = &statement.predicate().tool;
            tool.name.as_str() == name || format!("{} {}", tool.name, tool.version) == name
        }
        Signed::Endorsement(statement) => statement.predicate().name.as_str() == name,
    }
}

fn digits(id: RevokedId) -> String {
    let statement = |id: StatementId| id.to_string();
    let key = |id: KeyId| id.to_string();
    match id {
        RevokedId::Certification(id) | RevokedId::Endorsement(id) | RevokedId::Report(id) => statement(id),
        RevokedId::Key(id) => key(id),
    }
}
