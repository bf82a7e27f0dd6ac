//! What is known of others' statements, for people and as one JSON document (`docs/schema/import.v1.json`).

use std::io::{self, Write as _};
use std::path::Path;

use cdi_import::{Account, Gap, Imported, Resource, Signer};
use cdi_types::{KeyId, StatementId};
use serde::Serialize;

use crate::answer::{Answer, Cell, Table};
use crate::count;
use crate::layout::Page;
use crate::terminal::{self, DIM, STRONG};

/// What is in the files.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    pub(super) statements: Vec<Statement>,
    /// What is no statement of anybody's.
    pub(super) unread: Vec<Unread>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle: Option<Written>,
}

/// The bundle that was added to.
#[derive(Debug, Serialize)]
struct Written {
    file: String,
    added: usize,
    there: usize,
}

/// A statement as its document has it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Statement {
    file: String,
    line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<StatementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate_type: Option<String>,
    /// Whether a bundle can carry it.
    carried: bool,
    /// Who it names as its signers.
    signers: Vec<Signer>,
    /// Those of the keys that were given that have signed it.
    signed_by: Vec<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Account>,
    unusable: Vec<Unusable>,
}

#[derive(Debug, Serialize)]
struct Unusable {
    code: &'static str,
    reason: String,
}

/// What is no statement, and why.
#[derive(Debug, Serialize)]
pub(super) struct Unread {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) code: &'static str,
    pub(super) reason: String,
}

/// Of a long list so many are told to people.
const TOLD: usize = 5;

/// What one member says is shown up to so many characters.
const SAID: usize = 400;

/// Text of others for people, not all of one that is endless.
fn plain(text: &str) -> String {
    let shown = terminal::plain(text);
    match shown.char_indices().nth(SAID) {
        Some((end, _)) => format!("{} ...", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

impl Document {
    pub(super) fn added_to(&mut self, bundle: &Path, added: usize, of: usize) {
        let there = of.saturating_sub(added);
        self.bundle = Some(Written { file: bundle.display().to_string(), added, there });
    }

    /// Whether a statement is carried, or says something of a run.
    pub(super) fn is_of_use(&self) -> bool {
        self.statements.iter().any(|statement| statement.carried || statement.account.is_some())
    }
}

impl Statement {
    /// The statement, and apart from it the line that carries it.
    pub(super) fn new(
        file: String,
        line: usize,
        imported: Imported,
        signed_by: Vec<KeyId>,
    ) -> (Self, Option<Vec<u8>>) {
        let Imported { line: carrier, id, predicate_type, signers, account, gaps } = imported;
        let unusable = |gap: &Gap| Unusable { code: gap.code(), reason: gap.to_string() };
        let unusable = gaps.iter().map(unusable).collect();
        let carried = carrier.is_some();
        (Self { file, line, id, predicate_type, carried, signers, signed_by, account, unusable }, carrier)
    }

    /// What it is, in a few words.
    fn kind(&self) -> String {
        let form = self.account.as_ref().map(|account| account.form.as_str().to_owned());
        form.or_else(|| self.predicate_type.as_deref().map(plain)).unwrap_or_else(|| "unusable".to_owned())
    }

    fn told(&self, page: &mut Page) -> io::Result<()> {
        let (file, line, kind) = (plain(&self.file), self.line, self.kind());
        let id = self.id.map(|id| format!(", statement {id}")).unwrap_or_default();
        writeln!(page, "{STRONG}{file}{STRONG:#}, line {line}: {STRONG}{kind}{STRONG:#}{id}")?;
        for signer in &self.signers {
            said("signer", &named(signer), page)?;
        }
        for key in &self.signed_by {
            said("signed by", &format!("{key}, verified"), page)?;
        }
        if let Some(account) = &self.account {
            of_account(account, page)?;
        }
        for gap in &self.unusable {
            writeln!(page, "  {DIM}{:<12}{} [{}]{DIM:#}", "not used", plain(&gap.reason), gap.code)?;
        }
        Ok(())
    }
}

fn said(label: &str, text: &str, page: &mut Page) -> io::Result<()> {
    writeln!(page, "  {label:<12}{text}")
}

/// Who a document names, as it says.
fn named(signer: &Signer) -> String {
    let quoted = |text: &Option<String>| {
        text.as_ref().map_or_else(|| "nobody".to_owned(), |text| format!("`{}`", plain(text)))
    };
    match signer {
        Signer::Key { hint } if hint.is_empty() => "a key that it does not name".to_owned(),
        Signer::Key { hint } => format!("a key that it calls `{}`", plain(hint)),
        Signer::Certificate { identity, issuer } => {
            format!("a certificate of {} by {}, as it says", quoted(identity), quoted(issuer))
        }
    }
}

fn of_account(account: &Account, page: &mut Page) -> io::Result<()> {
    let said_of =
        [("builder", &account.builder), ("build type", &account.build_type), ("step", &account.step)];
    for (label, text) in said_of {
        text.as_ref().map_or(Ok(()), |text| said(label, &plain(text), page))?;
    }
    if let Some(command) = &account.command {
        said("command", &plain(&command.join(" ")), page)?;
    }
    let outputs: Vec<String> =
        account.outputs.iter().map(|output| format!("{} {}", output.sha256, plain(&output.name))).collect();
    listed("made", &outputs, page)?;
    listed("of", &account.inputs.iter().map(resource).collect::<Vec<_>>(), page)
}

fn resource(input: &Resource) -> String {
    let name = plain(&input.name);
    match (&input.sha256, &input.git_commit) {
        (Some(sha256), _) => format!("{sha256} {name}"),
        (None, Some(commit)) => format!("{name} at commit {}", plain(commit)),
        (None, None) => name,
    }
}

fn listed(label: &str, items: &[String], page: &mut Page) -> io::Result<()> {
    items.iter().take(TOLD).try_for_each(|item| said(label, item, page))?;
    match items.len().saturating_sub(TOLD) {
        0 => Ok(()),
        more => said(label, &format!("{more} more: `--output json` has all"), page),
    }
}

impl Answer for Document {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        self.statements.iter().try_for_each(|statement| statement.told(page))?;
        for unread in &self.unread {
            let (file, line, reason) = (plain(&unread.file), unread.line, plain(&unread.reason));
            writeln!(page, "{STRONG}{file}{STRONG:#}, line {line}: not read: {reason} [{}]", unread.code)?;
        }
        let carried = self.statements.iter().filter(|statement| statement.carried).count();
        let statements = count::of(self.statements.len(), "statement");
        writeln!(page, "{statements}, of which a bundle can carry {carried}")?;
        if let Some(Written { file, added, there }) = &self.bundle {
            writeln!(page, "{} added to {}, {there} there", count::of(*added, "line"), plain(file))?;
        }
        Ok(())
    }

    fn tables(&self) -> Vec<Table> {
        let mut table =
            Table::new("imported", &["file", "line", "form", "id", "carried", "signer", "made", "not used"]);
        for statement in &self.statements {
            let signers: Vec<String> = statement.signers.iter().map(named).collect();
            let made = statement.account.as_ref().map_or(0, |account| account.outputs.len());
            let codes: Vec<&str> = statement.unusable.iter().map(|gap| gap.code).collect();
            table.row([
                Cell::text(&statement.file),
                Cell::text(statement.line),
                Cell::Text(statement.kind()),
                Cell::text(statement.id.map(|id| id.to_string()).unwrap_or_default()),
                Cell::Word(if statement.carried { "yes" } else { "no" }),
                Cell::Text(signers.join("; ")),
                Cell::text(made),
                Cell::Text(codes.join(" ")),
            ]);
        }
        for unread in &self.unread {
            table.row([
                Cell::text(&unread.file),
                Cell::text(unread.line),
                Cell::Word("not read"),
                Cell::Word(""),
                Cell::Word("no"),
                Cell::Word(""),
                Cell::Word(""),
                Cell::Word(unread.code),
            ]);
        }
        vec![table]
    }
}
