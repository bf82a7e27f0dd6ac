//! What runs and what would become of it, as a value that can be written: the JSON of `--output json`, and what the text is
//! made from.
//!
//! The schema is published in `docs/schema/watch.v1.json`.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use cdi_store::{Process, Running, StopError, Stopped, StoreError};
use cdi_types::{ArtifactDigest, Timestamp};
use serde::Serialize;

use crate::answer::{Answer, Cell, Table};
use crate::count;
use crate::failure::{Failure, Kind};
use crate::layout::Page;
use crate::log;
use crate::manners;
use crate::shown::Shown;
use crate::terminal::{self, STRONG, plain};
use crate::verdict::{Principal, Word};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    decided_at: Timestamp,
    /// Whether each line for people begins with the time: of one look among many.
    #[serde(skip)]
    dated: bool,
    pub(super) programs: Vec<Program>,
    /// Records that could not be read, of which what they are of may run; and the journal.
    unread: Vec<Shown>,
}

/// A program that runs.
#[derive(Serialize)]
pub(crate) struct Program {
    pid: u32,
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    workload: Option<String>,
    path: String,
    artifact: ArtifactDigest,
    environment: String,
    pub(super) verdict: Word,
    /// Why nothing could be decided, if so it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<Shown>,
    pub(super) principals: Vec<Principal>,
    /// Files of evidence that are of no use as they are now: what was kept of them counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) unusable: Vec<Shown>,
    /// Whether the journal has got an entry of it.
    pub(super) written: bool,
    /// Why it has not, where it should.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unwritten: Option<Shown>,
    /// How it came to its end, if it was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<&'static str>,
    /// Why it was not, where it should.
    #[serde(skip_serializing_if = "Option::is_none")]
    unstopped: Option<Shown>,
}

/// What is told once: programs with verdicts and codes, without words that have times in them.
#[derive(PartialEq)]
pub(crate) struct Gist(Vec<Known>, Vec<&'static str>);

/// A program with its verdict, its codes and its end.
type Known = (u32, Timestamp, Word, BTreeSet<&'static str>, Option<&'static str>);

impl Report {
    pub(super) fn new(decided_at: Timestamp, unread: &[StoreError]) -> Self {
        let unread = unread.iter().map(|error| Shown::plainly(error.code(), &error.to_string()));
        Self { decided_at, dated: false, programs: Vec::new(), unread: unread.collect() }
    }

    /// The same, as one of many.
    pub(crate) fn dated(self) -> Self {
        Self { dated: true, ..self }
    }

    /// What a line for people begins with.
    fn time(&self) -> String {
        if self.dated { format!("{} ", self.decided_at) } else { String::new() }
    }

    /// The journal could not be read.
    pub(super) fn unread(&mut self, failure: &Failure) {
        self.unread.push(Shown::plainly(failure.code, &failure.message));
    }

    pub(crate) fn gist(&self) -> Gist {
        let program = |one: &Program| (one.pid, one.since, one.verdict, one.codes(), one.stopped);
        let unread = self.unread.iter().map(|shown| shown.code).collect();
        Gist(self.programs.iter().map(program).collect(), unread)
    }

    /// How a look ends that was to find nothing to refuse.
    pub(crate) fn end(&self) -> Option<Failure> {
        self.remarks();
        let refused = self.count(Word::Deny);
        if refused > 0 {
            return Some(Failure::told(Kind::Denied, "running-refused"));
        }
        let untold = self.count(Word::Unknown) + self.unread.len();
        let undone = self.programs.iter().any(|one| one.unwritten.is_some() || one.unstopped.is_some());
        if untold == 0 && !undone {
            return None;
        }
        if manners::settled().answers_machine {
            return Some(Failure::told(Kind::Undecided, "running-undecided"));
        }
        let message = match untold {
            0 => "not everything that was to be done could be done",
            _ => "it could not be told of everything that runs whether it may",
        };
        Some(Failure::new(Kind::Undecided, "running-undecided", message))
    }

    /// What people are told besides.
    pub(crate) fn remarks(&self) {
        if !manners::settled().answers_machine {
            let undone = self.programs.iter().flat_map(|one| one.unwritten.iter().chain(&one.unstopped));
            for shown in self.unread.iter().chain(undone) {
                terminal::warning(&Failure::failed(shown.code, &shown.message));
            }
        }
    }

    /// Tells, beside what a command does, of each program that would be refused or could not be decided about, and what became
    /// of it.
    pub(crate) fn aside(&self) {
        self.programs.iter().filter(|one| one.verdict != Word::Allow).for_each(Program::aside);
        self.remarks();
    }

    fn count(&self, verdict: Word) -> usize {
        self.programs.iter().filter(|one| one.verdict == verdict).count()
    }
}

impl Program {
    /// A program of which nothing is told yet.
    pub(super) fn of(process: &Process, record: &Running) -> Self {
        Self {
            pid: process.pid(),
            since: record.since,
            workload: record.workload.as_ref().map(ToString::to_string),
            path: record.path.clone(),
            artifact: record.artifact,
            environment: record.environment.clone(),
            verdict: Word::Unknown,
            error: None,
            principals: Vec::new(),
            unusable: Vec::new(),
            written: false,
            unwritten: None,
            stopped: None,
            unstopped: None,
        }
    }

    /// Nothing can be decided about it.
    pub(super) fn untold(&mut self, failure: &Failure) {
        self.verdict = Word::Unknown;
        self.error = Some(Shown::plainly(failure.code, &failure.message));
    }

    /// It has lost its right, whatever anybody says of it.
    pub(super) fn lost(&mut self, failure: &Failure) {
        self.verdict = Word::Deny;
        self.error = Some(Shown::plainly(failure.code, &failure.message));
    }

    /// It was to be stopped.
    pub(super) fn ended(&mut self, how: &Result<Stopped, StopError>) {
        match how {
            Ok(Stopped::Before) => self.stopped = Some("before"),
            Ok(Stopped::Asked) => self.stopped = Some("asked"),
            Ok(Stopped::Killed) => self.stopped = Some("killed"),
            Err(error) => self.unstopped = Some(Shown::plainly(error.code(), &error.to_string())),
        }
    }

    /// Why not: of each principal what failed, with what stood in the way.
    fn why(&self) -> impl Iterator<Item = (Option<&str>, &Shown)> {
        let failed = self.principals.iter().flat_map(|principal| {
            principal.failures.iter().flat_map(move |failed| {
                let obstacles = failed.causes.iter().flat_map(|cause| &cause.obstacles);
                std::iter::once(&failed.shown)
                    .chain(obstacles)
                    .map(|shown| (Some(principal.name.as_str()), shown))
            })
        });
        self.error.iter().map(|shown| (None, shown)).chain(failed)
    }

    fn aside(&self) {
        let (code, so) = match self.verdict {
            Word::Deny => ("running-refused", "would be refused now"),
            Word::Allow | Word::Unknown => ("running-undecided", "cannot be decided about now"),
        };
        let message =
            format!("process {} of {}, which runs since {}, {so}", self.pid, self.named(), self.since);
        let why = self.why().map(|(whose, shown)| {
            format!(
                "{}{} [{}]",
                whose.map(|name| format!("{name}: ")).unwrap_or_default(),
                shown.message,
                shown.code
            )
        });
        let why: Vec<String> = why.collect();
        let mut warning =
            log::warn(code, message).with("process", self.pid).with("artifact", self.artifact.to_string());
        // Of what has taken its time to end it was told before.
        if !why.is_empty() {
            warning = warning.with("why", why);
        }
        match self.stopped {
            Some(how) => warning.with("stopped", how).tell(),
            None => warning.tell(),
        }
    }

    /// The file that it was read from, with the workload's name before it.
    fn named(&self) -> String {
        let path = format!("`{}`", self.path);
        self.workload.as_ref().map_or_else(|| path.clone(), |workload| format!("`{workload}`, {path}"))
    }

    fn codes(&self) -> BTreeSet<&'static str> {
        let undone = self.unwritten.iter().chain(&self.unstopped);
        self.why()
            .map(|(_, shown)| shown)
            .chain(undone)
            .chain(&self.unusable)
            .map(|shown| shown.code)
            .collect()
    }

    fn print(&self, time: &str, page: &mut Page) -> io::Result<()> {
        let (verdict, pid, since) = (self.verdict.as_str(), self.pid, self.since);
        let digest = self.artifact.to_string();
        let digest = digest.get(..8).unwrap_or_default();
        let (path, place) = (plain(&self.path), plain(&self.environment));
        let workload = self.workload.as_ref().map(|name| format!("{}, ", plain(name))).unwrap_or_default();
        writeln!(
            page,
            "{time}{STRONG}{verdict}{STRONG:#} process {pid}, since {since}: {workload}{path} {digest} in {place}"
        )?;
        for (whose, shown) in self.why() {
            let whose = whose.map(|name| format!("{}: ", plain(name))).unwrap_or_default();
            writeln!(page, "    {whose}{} [{}]", plain(&shown.message), shown.code)?;
        }
        for shown in &self.unusable {
            let (message, code) = (plain(&shown.message), shown.code);
            writeln!(page, "    of no use now, what was kept of it counts: {message} [{code}]")?;
        }
        if self.written {
            writeln!(page, "    written to the journal")?;
        }
        match self.stopped {
            Some("before") => writeln!(page, "    it has ended meanwhile"),
            Some("asked") => writeln!(page, "    stopped: it ended when it was asked to"),
            Some(_) => writeln!(page, "    stopped: it was killed"),
            None => Ok(()),
        }
    }
}

impl Answer for Report {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let time = self.time();
        self.programs.iter().try_for_each(|one| one.print(&time, page))?;
        writeln!(
            page,
            "{time}running: {}; {} would be refused now, {} could not be decided",
            count::of(self.programs.len(), "program"),
            self.count(Word::Deny),
            self.count(Word::Unknown)
        )
    }

    fn tables(&self) -> Vec<Table> {
        let mut table =
            Table::new("running", &["process", "workload", "artifact", "verdict", "codes", "stopped"]);
        for one in &self.programs {
            let codes: Vec<&str> = one.codes().into_iter().collect();
            table.row([
                Cell::text(one.pid),
                Cell::text(one.workload.as_deref().unwrap_or_default()),
                Cell::text(&one.path),
                Cell::Word(one.verdict.as_str()),
                Cell::text(codes.join(", ")),
                Cell::text(one.stopped.unwrap_or_default()),
            ]);
        }
        vec![table]
    }
}
