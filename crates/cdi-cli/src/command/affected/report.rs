//! What is affected, as a value that can be written: the JSON of `--output json`, and what the text is made from.
//!
//! The schema is published in `docs/schema/affected.v1.json`.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use cdi_store::GrantedDirectory;
use cdi_types::{Name, Timestamp};
use serde::Serialize;

use super::decider::Decider;
use super::loss::{Loss, Lost};
use super::running::AffectedWorkload;
use super::survey::{Affected, Survey};
use super::thing::Named;
use crate::answer::{self, Answer, Cell, Outputs, Table};
use crate::count;
use crate::failure::{Failure, Kind};
use crate::layout::Page;
use crate::manners;
use crate::terminal::{self, plain};
use crate::verdict::Word;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Whether the revocation is only supposed.
    pub(crate) supposed: bool,
    pub(crate) things: Vec<Named>,
    pub(crate) judged_at: Timestamp,
    pub(crate) artifacts: usize,
    /// How many of them have one of the things in their bundle.
    pub(crate) mentioning: usize,
    pub(crate) affected: Vec<Item>,
    /// How many programs run.
    pub(crate) running: usize,
    pub(crate) workloads: Vec<WorkloadItem>,
    /// Whether there was no bundle at all to look at.
    #[serde(skip)]
    no_bundle: bool,
    /// Files that could not be read: what they would say is missing here.
    pub(crate) unread: Vec<Unread>,
}

/// An artifact of which somebody loses something.
#[derive(Serialize)]
pub(crate) struct Item {
    pub(crate) path: String,
    pub(crate) artifact: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) principals: Vec<Loser>,
}

/// A program that runs, of which somebody loses something.
#[derive(Serialize)]
pub(crate) struct WorkloadItem {
    pub(crate) pid: u32,
    pub(crate) since: Timestamp,
    pub(crate) path: String,
    pub(crate) artifact: String,
    pub(crate) configuration: String,
    pub(crate) environment: String,
    /// What it was given, as for `--dir`.
    pub(crate) directories: Vec<String>,
    pub(crate) principals: Vec<Loser>,
}

#[derive(Serialize)]
pub(crate) struct Loser {
    pub(crate) name: String,
    pub(crate) before: Word,
    pub(crate) after: Word,
    pub(crate) answers: Vec<Lost>,
}

#[derive(Serialize)]
pub(crate) struct Unread {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Report {
    pub(crate) fn of(
        supposed: bool,
        things: Vec<Named>,
        (affected, running): (Vec<Affected>, Vec<AffectedWorkload>),
        survey: &Survey<'_>,
        decider: &Decider,
    ) -> Self {
        let principals: Vec<&Name> = decider.parties.iter().map(|party| &party.principal().name).collect();
        let mentioning = affected.iter().filter(|one| one.mentioned).map(|one| one.artifact.clone());
        let mentioning = mentioning.collect::<BTreeSet<_>>().len();
        let items = affected.into_iter().filter(|one| !one.losses.is_empty());
        let unread = survey.unread.iter();
        Self {
            supposed,
            things,
            judged_at: decider.clock.now(),
            artifacts: survey.artifacts(),
            mentioning,
            affected: items.map(|one| item(one, &principals)).collect(),
            running: survey.workloads(),
            workloads: running.into_iter().map(|one| workload(one, &principals)).collect(),
            no_bundle: survey.is_empty(),
            unread: unread.map(|f| Unread { code: f.code, message: f.message.clone() }).collect(),
        }
    }

    /// Says it; an answer that is not whole ends as one that could not be given.
    pub(crate) fn say<const SET: u8>(&self, outputs: &Outputs<SET>) -> Result<(), Failure> {
        outputs.say(self)?;
        self.remarks()
    }

    /// Says it to people, before something else is done.
    pub(crate) fn remark(&self) -> Result<(), Failure> {
        answer::remark(self)?;
        self.remarks()
    }

    /// What there is to say besides: that nothing was looked at, or not all.
    fn remarks(&self) -> Result<(), Failure> {
        if self.no_bundle && self.unread.is_empty() {
            let failure =
                Failure::failed("bundle-none", "there is no bundle there, and so nothing was looked at");
            terminal::warning(
                &failure.hint("name a bundle, or a folder with files `*.intoto.jsonl`, with `--bundles`"),
            );
        }
        match self.unread.len() {
            0 => Ok(()),
            _ if manners::settled().answers_machine => {
                Err(Failure::told(Kind::Undecided, "affected-not-whole"))
            }
            files => {
                for unread in &self.unread {
                    terminal::warning(&Failure::failed(unread.code, &unread.message));
                }
                let message = format!("{} could not be read: more may be affected", count::of(files, "file"));
                Err(Failure::new(Kind::Undecided, "affected-not-whole", message))
            }
        }
    }
}

impl Answer for Report {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        let how = if self.supposed { "supposing a revocation of" } else { "by revocations of" };
        for thing in &self.things {
            writeln!(page, "{how} {thing}")?;
        }
        for one in &self.affected {
            one.print(page)?;
        }
        writeln!(
            page,
            "affected: {} of {}; {} in whose bundles it stands",
            self.affected.iter().map(|one| one.artifact.as_str()).collect::<BTreeSet<_>>().len(),
            count::of(self.artifacts, "artifact"),
            self.mentioning
        )?;
        self.workloads.iter().try_for_each(|one| one.print(page))?;
        match self.running {
            0 => Ok(()),
            all => {
                writeln!(page, "running: {} of {} affected", self.workloads.len(), count::of(all, "program"))
            }
        }
    }

    fn tables(&self) -> Vec<Table> {
        let heading = if self.supposed { "affected, if revoked" } else { "affected" };
        let mut artifacts =
            Table::new(heading, &["artifact", "sha256", "principal", "before", "after", "loses"]);
        for one in &self.affected {
            for loser in &one.principals {
                artifacts
                    .row([&[Cell::text(&one.path), Cell::text(&one.artifact)], &loser.cells()[..]].concat());
            }
        }
        let mut running =
            Table::new("running", &["process", "artifact", "principal", "before", "after", "loses"]);
        for one in &self.workloads {
            for loser in &one.principals {
                running.row([&[Cell::text(one.pid), Cell::text(&one.path)], &loser.cells()[..]].concat());
            }
        }
        vec![artifacts, running]
    }
}

impl Item {
    fn print(&self, page: &mut Page) -> io::Result<()> {
        let name = self.name.as_ref().map(|name| format!(" (`{}`)", plain(name))).unwrap_or_default();
        let digest = self.artifact.get(..8).unwrap_or_default();
        writeln!(page, "{} {digest}{name}", plain(&self.path))?;
        self.principals.iter().try_for_each(|loser| loser.print(page))
    }
}

impl WorkloadItem {
    fn print(&self, page: &mut Page) -> io::Result<()> {
        let (pid, since, path) = (self.pid, self.since, plain(&self.path));
        let digest = self.artifact.get(..8).unwrap_or_default();
        writeln!(page, "process {pid}, since {since}: {path} {digest}")?;
        self.principals.iter().try_for_each(|loser| loser.print(page))
    }
}

impl Loser {
    fn cells(&self) -> [Cell; 4] {
        let loses: Vec<String> = self.answers.iter().map(|lost| lost.question.to_string()).collect();
        let (before, after) = (self.before.as_str(), self.after.as_str());
        [Cell::text(&self.name), Cell::Word(before), Cell::Word(after), Cell::text(loses.join(", "))]
    }

    fn print(&self, page: &mut Page) -> io::Result<()> {
        let (before, after) = (self.before.as_str(), self.after.as_str());
        writeln!(page, "  {}: {before} -> {after}", plain(&self.name))?;
        self.answers.iter().try_for_each(|lost| {
            let Lost { question, before, after } = lost;
            writeln!(page, "    {question}: {} -> {}", before.as_str(), after.as_str())
        })
    }
}

fn item(affected: Affected, principals: &[&Name]) -> Item {
    Item {
        path: affected.path,
        artifact: affected.artifact,
        name: affected.name,
        principals: losers(affected.losses, principals),
    }
}

fn workload(affected: AffectedWorkload, principals: &[&Name]) -> WorkloadItem {
    let AffectedWorkload { pid, record, losses } = affected;
    let given = |directory: &GrantedDirectory| {
        format!("{}{}", directory.name, if directory.write { ":rw" } else { "" })
    };
    WorkloadItem {
        pid,
        since: record.since,
        path: record.path,
        artifact: record.artifact.to_string(),
        configuration: record.configuration,
        environment: record.environment,
        directories: record.directories.iter().map(given).collect(),
        principals: losers(losses, principals),
    }
}

fn losers(losses: Vec<Loss>, principals: &[&Name]) -> Vec<Loser> {
    let loser = |loss: Loss| Loser {
        name: principals.get(loss.principal).map(ToString::to_string).unwrap_or_default(),
        before: loss.before,
        after: loss.after,
        answers: loss.answers,
    };
    losses.into_iter().map(loser).collect()
}
