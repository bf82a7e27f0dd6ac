//! One look at what runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cdi_journal::{Occasion, Record, Verdict};
use cdi_store::{Process, Running, RunningFolder, StopError, Stopped};
use cdi_types::Timestamp;

use super::again::{Given, Looked, configuration_of, files, request};
use super::answer::{Program, Report};
use super::ending::{Condemned, Endings};
use super::files::Noticed;
use super::past::{self, verdicts};
use super::{Enforced, Looking};
use crate::command::verify::now;
use crate::decision::{Embedded, digested_configuration};
use crate::decision_record::{Made, Undecided, word};
use crate::embedded;
use crate::failure::Failure;
use crate::host_journal::HostJournal;
use crate::log;
use crate::memory::Remembered;
use crate::placing::HERE;
use crate::running;
use crate::shown::Shown;
use crate::verdict::Word;

/// Whoever looks, with what was found about each program before.
pub(crate) struct Watcher {
    wanted: Looking,
    folder: RunningFolder,
    journal: HostJournal,
    embedded: Embedded,
    known: BTreeMap<Process, Verdict>,
    endings: Endings,
}

/// How long what is stopped is waited for within a look that is one of many: what ends when it is asked to has ended by then.
const SHORTLY: Duration = Duration::from_millis(150);

impl Watcher {
    pub(crate) fn new(wanted: Looking) -> Result<Self, Failure> {
        Ok(Self {
            folder: running::folder(&wanted.state)?,
            journal: HostJournal::beside(&wanted.state)?,
            embedded: embedded::environments()?,
            known: BTreeMap::new(),
            endings: Endings::default(),
            wanted,
        })
    }

    /// Looks once. When this returns, all that was to be stopped is gone, or it is told why not.
    ///
    /// # Errors
    /// The folder of the records cannot be looked into.
    pub(crate) fn look(&mut self) -> Result<Report, Failure> {
        self.look_for(Duration::MAX).map(|(report, _)| report)
    }

    /// As [`Self::look`], for whoever looks again: what takes its time to end is told of later, and holds up no other. Also when
    /// the next look is due.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub(crate) fn look_on(&mut self) -> Result<(Report, Next), Failure> {
        self.look_for(SHORTLY)
    }

    /// Waits until the next look is due, but no longer than this.
    pub(crate) fn wait(&self, next: &Next, most: Duration) {
        next.noticed.wait(most, next.until, || self.endings.is_news());
    }

    /// Decides about everything that runs, writes down what is another than before, and stops what is to be stopped.
    fn look_for(&mut self, patience: Duration) -> Result<(Report, Next), Failure> {
        log::another_look();
        let found = self.folder.read()?;
        let noticed = Noticed::now(self.files(&found.running)?);
        let remembered = self.remembered();
        let at = remembered.as_ref().map_or_else(|_| now(), |(_, at)| Ok(*at))?;
        let (mut report, mut until, mut changes) = (Report::new(at, &found.unread), None, Vec::new());
        self.recall(&found.running, &mut report);
        for (process, record) in &found.running {
            let mut program = Program::of(process, record);
            let settled = match &remembered {
                Ok((memory, at)) => self.decide(&mut program, (process, record), memory, *at),
                Err(failure) => self.undecided(&mut program, (process, record), at, failure),
            };
            until = until.into_iter().chain(settled.until).min();
            self.begin_to_stop(&program, (process, record), settled.end);
            changes.push(settled.change);
            report.programs.push(program);
        }
        self.known.retain(|process, _| found.running.iter().any(|(runs, _)| runs == process));
        self.write(&mut report, &found.running, changes);
        self.tell_of_ends(&mut report, &found.running, patience);
        Ok((report, Next { noticed, until }))
    }

    /// What the journal says of programs that were not looked at before.
    fn recall(&mut self, found: &[(Process, Running)], report: &mut Report) {
        let new = found.iter().filter(|(process, _)| !self.known.contains_key(process));
        match verdicts(&self.journal, new.map(|(process, record)| (process, record))) {
            Ok(new) => self.known.extend(new),
            Err(failure) => report.unread(&failure),
        }
    }

    fn remembered(&self) -> Result<(Remembered, Timestamp), Failure> {
        let memory = Remembered::read(&self.wanted.state)?;
        let at = memory.time(now()?)?;
        Ok((memory, at))
    }

    /// With the folders of the memory and of the records: what is remembered, and what begins to run, is seen by them.
    fn files(&self, found: &[(Process, Running)]) -> Result<BTreeSet<PathBuf>, Failure> {
        let state = self.wanted.state.folder()?.path().to_owned();
        let mut all: BTreeSet<PathBuf> = self.wanted.bundle.iter().cloned().collect();
        all.extend(found.iter().flat_map(|(_, record)| files(record, self.wanted.config.as_deref())));
        all.extend([state, self.folder.path().to_owned()]);
        Ok(all)
    }

    /// Decides about one.
    fn decide(
        &self,
        program: &mut Program,
        (process, record): (&Process, &Running),
        memory: &Remembered,
        at: Timestamp,
    ) -> Settled {
        let (config, bundles) = (self.wanted.config.as_deref(), self.wanted.bundle.as_slice());
        let given = Given { config, bundles, embedded: &self.embedded, memory, at };
        let last = self.known.get(process).copied().unwrap_or(Verdict::Allow);
        let mut again = match Looked::of(record, &given) {
            Ok(Looked::Decided(again)) => *again,
            Ok(Looked::TakenBack(taken)) => {
                program.lost(&taken.why);
                let made = |occasion| taken.entry(process, record, occasion).record(at, &taken.why);
                return Settled {
                    until: None,
                    change: (last != Verdict::Deny).then(|| made(Occasion::Watch)),
                    end: self.condemns(program.verdict, process).then(|| made(Occasion::Stop)),
                };
            }
            Err(failure) => return self.undecided(program, (process, record), at, &failure),
        };
        (program.verdict, program.error, program.principals) = again.judged();
        program.unusable = again.unusable();
        let is_news = last != word(program.verdict);
        let made = |occasion| {
            let made = Made {
                grounds: again.grounds(memory),
                occasion,
                process: Some(process.name()),
                outcome: &again.outcome,
                configuration: again.document,
                path: Path::new(&record.path),
                bundles: again.bundles(),
                at,
                verdict: program.verdict,
                place: Some((HERE.to_owned(), record.environment.clone())),
                ruled_out: BTreeSet::new(),
            };
            made.record()
        };
        Settled {
            until: again.until(at),
            change: is_news.then(|| made(Occasion::Watch)),
            end: self.condemns(program.verdict, process).then(|| made(Occasion::Stop)),
        }
    }

    /// Nothing can be decided about one.
    fn undecided(
        &self,
        program: &mut Program,
        (process, record): (&Process, &Running),
        at: Timestamp,
        why: &Failure,
    ) -> Settled {
        program.untold(why);
        let end = || undecided_end(process, record, self.wanted.config.as_deref(), (at, why));
        Settled { until: None, change: None, end: self.condemns(program.verdict, process).then(end) }
    }

    /// Whether a program is to be stopped that is not being stopped yet.
    fn condemns(&self, verdict: Word, process: &Process) -> bool {
        let stops = match (verdict, self.wanted.enforcement.enforce) {
            (Word::Allow, _) | (_, None) => false,
            (Word::Deny, Some(_)) => true,
            (Word::Unknown, Some(wanted)) => wanted == Enforced::Undecided,
        };
        stops && !self.endings.has(process)
    }

    /// Writes down each verdict that is another than the journal's last one about the same program. One watcher at a time does,
    /// so that two do not write the same.
    fn write(&mut self, report: &mut Report, found: &[(Process, Running)], changes: Vec<Option<Change>>) {
        let news = found.iter().zip(&changes).filter(|(_, change)| change.is_some());
        let mut news = news.map(|((process, record), _)| (process, record)).peekable();
        if news.peek().is_none() {
            return;
        }
        let turn = self.journal.turn();
        let last = turn.and_then(|turn| Ok((verdicts(&self.journal, news)?, turn)));
        for ((program, (process, _)), change) in report.programs.iter_mut().zip(found).zip(changes) {
            let written = match (change, &last) {
                (None, _) => continue,
                (Some(Err(failure)), _) => Err(Shown::plainly(failure.code, &failure.message)),
                (Some(Ok(_)), Err(failure)) => Err(Shown::plainly(failure.code, &failure.message)),
                (Some(Ok(record)), Ok((last, _))) => {
                    let stands_there = last.get(process) == Some(&record.decision.verdict);
                    let written =
                        if stands_there { Ok(()) } else { past::write(&self.journal, process, record) };
                    written
                        .map(|()| !stands_there)
                        .map_err(|failure| Shown::plainly(failure.code, &failure.message))
                }
            };
            match written {
                Ok(written) => {
                    program.written = written;
                    self.known.insert(process.clone(), word(program.verdict));
                }
                Err(shown) => program.unwritten = Some(shown),
            }
        }
    }

    /// Begins to stop a program, if it is to be stopped: before anything is written, and without waiting for it.
    fn begin_to_stop(
        &mut self,
        program: &Program,
        (process, record): (&Process, &Running),
        end: Option<Change>,
    ) {
        let Some(entry) = end else { return };
        let (process, record, verdict) = (process.clone(), record.clone(), program.verdict);
        let grace = Duration::from_secs(self.wanted.enforcement.grace.seconds());
        self.endings.begin(Condemned { process, record, verdict, entry }, &self.folder, grace);
    }

    /// Whether something is being stopped.
    pub(crate) const fn is_stopping(&self) -> bool {
        !self.endings.is_empty()
    }

    /// Waits until all that is being stopped is gone, and tells of it.
    pub(crate) fn rest(&mut self) -> Report {
        let at = self.remembered().map(|(_, at)| at).or_else(|_| now()).unwrap_or(Timestamp::from_unix(0));
        let mut report = Report::new(at, &[]);
        self.tell_of_ends(&mut report, &[], Duration::MAX);
        report
    }

    /// Tells of what has been stopped so far.
    fn tell_of_ends(&mut self, report: &mut Report, found: &[(Process, Running)], patience: Duration) {
        self.endings.wait(patience);
        for (of, how) in self.endings.ended() {
            let mut those = report.programs.iter_mut().zip(found);
            let unwritten = self.write_end(of.entry, &how).err();
            let tell = |program: &mut Program| {
                program.ended(&how);
                program.unwritten = program.unwritten.take().or(unwritten);
            };
            match those.find(|(_, (process, _))| *process == of.process) {
                Some((program, _)) => tell(program),
                None => {
                    let mut program = Program::of(&of.process, &of.record);
                    program.verdict = of.verdict;
                    tell(&mut program);
                    report.programs.push(program);
                }
            }
        }
    }

    /// Writes down that a program was stopped. One that had ended by itself, or runs on, was not.
    fn write_end(&self, entry: Change, how: &Result<Stopped, StopError>) -> Result<(), Shown> {
        let stopped = match how {
            Ok(Stopped::Asked) => cdi_journal::Stopped::Asked,
            Ok(Stopped::Killed) => cdi_journal::Stopped::Killed,
            Ok(Stopped::Before) | Err(_) => return Ok(()),
        };
        let written = entry.and_then(|mut record| {
            record.decision.stopped = Some(stopped);
            self.journal.append(record).map(drop)
        });
        written.map_err(|failure| Shown::plainly(failure.code, &failure.message))
    }
}

/// An entry to be written, or why there is none.
pub(super) type Change = Result<Record, Failure>;

/// The entry of the end of a program about which nothing could be decided, if its configuration can be read.
fn undecided_end(
    process: &Process,
    record: &Running,
    config: Option<&Path>,
    (at, why): (Timestamp, &Failure),
) -> Change {
    let ((configuration, _), document) = digested_configuration(&configuration_of(record, config))?;
    let request = request(record);
    let undecided = Undecided {
        occasion: Occasion::Stop,
        path: PathBuf::from(&record.path),
        artifact: record.artifact,
        configuration: (configuration.name().clone(), document),
        arguments: request.arguments,
        variables: record.variables.clone(),
        directories: request.directories,
        limits: Some(request.limits),
        runs: Some((process.name(), record.environment.clone())),
    };
    let mut entry = undecided.record(at, why)?;
    entry.decision.verdict = Verdict::Unknown;
    Ok(entry)
}

/// What came of a program.
struct Settled {
    /// Until when it stays as it is, if no file changes.
    until: Option<Timestamp>,
    /// The entry of it, if the verdict is another than before.
    change: Option<Change>,
    /// The entry of its end, if it is to be stopped.
    end: Option<Change>,
}

/// When the next look is due.
pub(crate) struct Next {
    noticed: Noticed,
    /// From then on something comes out otherwise by itself.
    until: Option<Timestamp>,
}
