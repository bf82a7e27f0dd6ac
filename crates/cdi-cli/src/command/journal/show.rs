//! `cdi journal show`.

use std::io::{self, Write as _};

use cdi_envelope::Envelope;
use cdi_journal::{Agreement, Annex, Decision, Entry, GivenLimits, Head, Stopped, Verdict};
use cdi_types::{KeyId, StatementId};
use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Reading;
use super::list::place;
use super::one::Named;
use crate::answer::{Answer, Outputs, VALUES};
use crate::count;
use crate::failure::Failure;
use crate::layout::Page;
use crate::terminal::{STRONG, plain};

/// Show one entry of the journal: what was decided, by what, and what came before it.
///
/// The whole journal is verified first. `--output json` has the statement as it was signed.
///
///   cdi journal show 12
///   cdi journal show 9f3c2a71 --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Show {
    /// The entry, by its number or the first 8 digits or more of its id
    #[arg(value_name = "ENTRY")]
    entry: Named,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    output: Outputs<VALUES>,
}

/// An entry, for people and programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    sequence: u64,
    id: StatementId,
    /// The key that has signed it.
    key: KeyId,
    /// What was signed.
    statement: Box<RawValue>,
    /// The lists that the entry has set apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    annex: Option<Annex>,
    #[serde(skip)]
    entry: Entry,
}

impl Show {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (file, key) = self.reading.opened()?;
        let entry = self.reading.one(&self.entry)?;
        let envelope = Envelope::parse(entry.line())?.into_untrusted();
        let text = String::from_utf8_lossy(envelope.payload()).into_owned();
        // It was read once already, by stricter rules.
        let statement = RawValue::from_string(text).map_err(|error| Failure::failed("internal", error))?;
        let Head { sequence, id } = entry.head();
        let annex = file.annex(&entry)?;
        self.output.say(&Shown { sequence, id, key: key.key_id(), statement, annex, entry })
    }
}

impl Answer for Shown {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let (verified, decision) = (self.entry.verified(), &self.whole());
        let (verdict, occasion) = (decision.verdict.as_str(), decision.occasion.as_str());
        writeln!(page, "{STRONG}entry {}{STRONG:#}  {}", self.sequence, self.id)?;
        let after =
            verified.link().previous.map_or_else(|| "none: it is the first".to_owned(), |id| id.to_string());
        writeln!(page, "  after     {after}")?;
        writeln!(page, "  signed    by the key {}", self.key)?;
        writeln!(
            page,
            "  decided   {}, on `{occasion}`: {STRONG}{verdict}{STRONG:#}",
            verified.decided_at()
        )?;
        writeln!(page, "  artifact  {}  {}", self.entry.artifact(), plain(self.entry.name()))?;
        writeln!(page, "  from      {}", plain(verified.resource()))?;
        if let Some(process) = &decision.process {
            writeln!(page, "  process   {}", plain(process))?;
        }
        match decision.stopped {
            Some(Stopped::Asked) => writeln!(page, "  stopped   it ended when it was asked to")?,
            Some(Stopped::Killed) => writeln!(page, "  stopped   it was killed")?,
            None => {}
        }
        writeln!(page, "  place     {}", plain(&place(decision)))?;
        self.runtime(decision, page)?;
        given(decision, page)?;
        let (uri, digest) = verified.configuration();
        writeln!(page, "  by        {}  {digest}", plain(uri))?;
        decision.principals.iter().try_for_each(|one| agreement(one, page))?;
        for list in &decision.lists {
            writeln!(page, "  list      {} of {}", list.serial, list.authority)?;
        }
        for bundle in &decision.bundles {
            writeln!(page, "  bundle    {}  {}", bundle.sha256, plain(&bundle.uri))?;
        }
        let apart = self.annex.as_ref().map_or(0, |annex| annex.statements.len());
        writeln!(page, "  evidence  {}", count::of(verified.evidence().len() + apart, "statement"))?;
        if decision.verdict == Verdict::Allow {
            writeln!(page, "  shown     {}", plain(&verified.levels().join(", ")))?;
        } else {
            writeln!(page, "  for       {}", plain(&decision.codes.join(", ")))?;
        }
        writeln!(page, "  expires   {}", decision.expires)
    }
}

impl Shown {
    /// The decision with the lists that were set apart.
    fn whole(&self) -> Decision {
        let mut decision = self.entry.verified().decision().clone();
        if let Some(annex) = self.annex.clone() {
            decision.arguments = annex.arguments;
            decision.variables = annex.variables;
            decision.directories = annex.directories;
            decision.bundles = annex.bundles;
            decision.lists = annex.lists;
        }
        decision
    }

    fn runtime(&self, decision: &Decision, page: &mut Page) -> io::Result<()> {
        let Some(runtime) = &decision.runtime else { return Ok(()) };
        writeln!(page, "  runtime   {}  {}", runtime.executable, plain(&runtime.program))?;
        for (name, value) in &runtime.settings {
            writeln!(page, "  set       {}", plain(&format!("{name}: {value}")))?;
        }
        Ok(())
    }
}

/// What the program was given.
fn given(decision: &Decision, page: &mut Page) -> io::Result<()> {
    let directories = decision.directories.iter().map(|given| {
        let access = if given.write { "read-write" } else { "read" };
        format!("{} ({access})", given.name)
    });
    let directories: Vec<String> = directories.collect();
    for (what, values) in [
        ("arguments", &decision.arguments),
        ("variables", &decision.variables),
        ("directories", &directories),
    ] {
        if !values.is_empty() {
            writeln!(page, "  given     {what} {}", plain(&values.join(", ")))?;
        }
    }
    if let Some(GivenLimits { memory_bytes, time_seconds }) = decision.limits {
        writeln!(page, "  up to     {memory_bytes} bytes of memory, {time_seconds} seconds")?;
    }
    Ok(())
}

fn agreement(one: &Agreement, page: &mut Page) -> io::Result<()> {
    let policy = one.policy.map_or_else(|| "no policy".to_owned(), |digest| format!("policy {digest}"));
    let version = one.version.map(|version| format!(", version {version}")).unwrap_or_default();
    writeln!(
        page,
        "  {STRONG}{}{STRONG:#}  {}, by {policy}{version}",
        plain(one.name.as_str()),
        one.verdict.as_str()
    )
}
