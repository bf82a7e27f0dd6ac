//! What is affected, as a value that can be written: the JSON of `--output json`, and what the text is made from.
//!
//! The schema is published in `docs/schema/affected.v1.json`.

use std::collections::BTreeSet;

use cdi_store::GrantedDirectory;
use cdi_types::{Name, Timestamp};
use serde::Serialize;

use super::decider::Decider;
use super::loss::{Loss, Lost};
use super::running::AffectedWorkload;
use super::survey::{Affected, Survey};
use super::thing::Named;
use crate::arguments::Output;
use crate::count;
use crate::failure::{Failure, Kind};
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
    pub(crate) fn say(&self, output: Output) -> Result<(), Failure> {
        match output {
            Output::Json => terminal::json(self)?,
            Output::Text => self.print()?,
        }
        if self.no_bundle && self.unread.is_empty() {
            let failure =
                Failure::failed("bundle-none", "there is no bundle there, and so nothing was looked at");
            terminal::warning(
                &failure.hint("name a bundle, or a folder with files `*.intoto.jsonl`, with `--bundles`"),
            );
        }
        match self.unread.len() {
            0 => Ok(()),
            _ if output == Output::Json => Err(Failure::told(Kind::Undecided, "affected-not-whole")),
            files => {
                for unread in &self.unread {
                    terminal::warning(&Failure::failed(unread.code, &unread.message));
                }
                let message = format!("{} could not be read: more may be affected", count::of(files, "file"));
                Err(Failure::new(Kind::Undecided, "affected-not-whole", message))
            }
        }
    }

    pub(crate) fn print(&self) -> Result<(), Failure> {
        let how = if self.supposed { "supposing a revocation of" } else { "by revocations of" };
        for thing in &self.things {
            terminal::line(format_args!("{how} {thing}"))?;
        }
        for one in &self.affected {
            one.print()?;
        }
        terminal::line(format_args!(
            "affected: {} of {}; {} in whose bundles it stands",
            self.affected.iter().map(|one| one.artifact.as_str()).collect::<BTreeSet<_>>().len(),
            count::of(self.artifacts, "artifact"),
            self.mentioning
        ))?;
        self.workloads.iter().try_for_each(WorkloadItem::print)?;
        match self.running {
            0 => Ok(()),
            all => terminal::line(format_args!(
                "running: {} of {} affected",
                self.workloads.len(),
                count::of(all, "program")
            )),
        }
    }
}

impl Item {
    fn print(&self) -> Result<(), Failure> {
        let name = self.name.as_ref().map(|name| format!(" (`{}`)", plain(name))).unwrap_or_default();
        let digest = self.artifact.get(..8).unwrap_or_default();
        terminal::line(format_args!("{} {digest}{name}", plain(&self.path)))?;
        self.principals.iter().try_for_each(Loser::print)
    }
}

impl WorkloadItem {
    fn print(&self) -> Result<(), Failure> {
        let (pid, since, path) = (self.pid, self.since, plain(&self.path));
        let digest = self.artifact.get(..8).unwrap_or_default();
        terminal::line(format_args!("process {pid}, since {since}: {path} {digest}"))?;
        self.principals.iter().try_for_each(Loser::print)
    }
}

impl Loser {
    fn print(&self) -> Result<(), Failure> {
        let (before, after) = (self.before.as_str(), self.after.as_str());
        terminal::line(format_args!("  {}: {before} -> {after}", plain(&self.name)))?;
        self.answers.iter().try_for_each(|lost| {
            let Lost { question, before, after } = lost;
            terminal::line(format_args!("    {question}: {} -> {}", before.as_str(), after.as_str()))
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
