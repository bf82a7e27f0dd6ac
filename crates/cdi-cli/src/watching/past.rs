//! What the journal says already of programs that run.
//!
//! Beside the journal lies a note for each program about which something was written since it runs: where its last entry is. So
//! what is looked up about one does not depend on how much was written about others.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use cdi_envelope::PublicKey;
use cdi_journal::{Entry, Head, Journal, Place, Record, Verdict};
use cdi_store::{Life, Process, Running, make_folder, read_document, replace_name};
use cdi_types::json::{strict, typed};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::host_journal::{HostJournal, read_public};

/// The mode of a note.
const MODE: u32 = 0o600;

/// Where the last entry about a program is.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Note {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<Place>,
    /// One more was about to be written, with this number or a higher one. Whoever was killed then has left it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
}

/// A journal whose end holds.
struct Opened {
    file: Journal,
    key: PublicKey,
    end: Option<Head>,
}

/// The last verdict about each of these processes, which runs one program; where there is none, that by which it was let in.
///
/// # Errors
/// The end of the journal, or one of these entries, does not hold, or cannot be read.
pub(super) fn verdicts<'r>(
    journal: &HostJournal,
    programs: impl Iterator<Item = (&'r Process, &'r Running)>,
) -> Result<BTreeMap<Process, Verdict>, Failure> {
    let mut programs = programs.peekable();
    let opened = if programs.peek().is_some() { opened(journal)? } else { None };
    let verdict = |(process, record): (&Process, &Running)| {
        let said = opened.as_ref().map(|opened| opened.last(note(journal, process)?, (process, record)));
        Ok((process.clone(), said.transpose()?.flatten().unwrap_or(Verdict::Allow)))
    };
    programs.map(verdict).collect()
}

/// Writes an entry about a program, and where it is. Whoever is killed on the way leaves what is needed to find it.
///
/// # Errors
/// Why it is not on disk.
pub(super) fn write(journal: &HostJournal, process: &Process, record: Record) -> Result<(), Failure> {
    let last = note(journal, process)?.last;
    let end = opened(journal)?.and_then(|opened| opened.end);
    let from = end.map_or(0, |head| head.sequence.saturating_add(1));
    keep(journal, process, Note { last, from: Some(from) })?;
    let place = journal.append(record)?;
    keep(journal, process, Note { last: Some(place), from: None })
}

/// The journal, if there is one yet.
fn opened(journal: &HostJournal) -> Result<Option<Opened>, Failure> {
    let file = journal.journal();
    if !file.path().exists() {
        return Ok(None);
    }
    let key = read_public(&journal.public_key())?;
    let end = file.end(&key)?;
    Ok(Some(Opened { file, key, end }))
}

impl Opened {
    /// What the journal said last about a program.
    fn last(&self, note: Note, (process, record): (&Process, &Running)) -> Result<Option<Verdict>, Failure> {
        let name = process.name();
        let about = |entry: &Entry| {
            let decision = entry.verified().decision();
            let is_about = decision.process.as_ref() == Some(&name) && entry.artifact() == record.artifact;
            is_about.then_some(decision.verdict)
        };
        let mut found = None;
        if let Some(from) = note.from {
            self.file.read_back(&self.key, |entry| {
                let number = entry.head().sequence;
                if number >= from {
                    found = about(&entry);
                }
                let goes_on = found.is_none() && number > from;
                if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
        }
        match (found, note.last) {
            (Some(verdict), _) => Ok(Some(verdict)),
            (None, Some(place)) => Ok(about(&self.file.entry_at(&self.key, place)?)),
            (None, None) => Ok(None),
        }
    }
}

fn path(journal: &HostJournal, process: &Process) -> PathBuf {
    journal.notes().join(process.name())
}

/// The note about a program. One that cannot be understood says nothing, so that the journal is read for it.
fn note(journal: &HostJournal, process: &Process) -> Result<Note, Failure> {
    let path = path(journal, process);
    if path.symlink_metadata().is_err() {
        return Ok(Note::default());
    }
    let bytes = read_document(&path)?;
    let read = strict(&bytes).ok().and_then(|text| typed(text).ok());
    Ok(read.unwrap_or(Note { last: None, from: Some(0) }))
}

fn keep(journal: &HostJournal, process: &Process, note: Note) -> Result<(), Failure> {
    make_folder(&journal.notes())?;
    sweep(journal);
    let bytes = serde_json::to_vec(&note).map_err(|error| Failure::failed("internal", error))?;
    Ok(replace_name(path(journal, process), &bytes, MODE)?)
}

/// Takes away the notes about programs that have ended. What cannot be taken away is in nobody's way.
fn sweep(journal: &HostJournal) {
    for entry in std::fs::read_dir(journal.notes()).into_iter().flatten().flatten() {
        let process = entry.file_name().to_str().and_then(Process::named);
        if process.is_some_and(|process| matches!(process.life(), Ok(Life::Ended))) {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}
