//! What is affected, as a value that can be written: the JSON of `--output json`, and what the text is made from.
//!
//! The schema is published in `docs/schema/affected.v1.json`.

use cdi_types::{Name, Timestamp};
use serde::Serialize;

use super::decider::Decider;
use super::loss::Lost;
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
        affected: Vec<Affected>,
        survey: &Survey<'_>,
        decider: &Decider,
    ) -> Self {
        let principals: Vec<&Name> = decider.parties.iter().map(|party| &party.principal.name).collect();
        let mentioning = affected.iter().filter(|one| one.mentioned).count();
        let items = affected.into_iter().filter(|one| !one.losses.is_empty());
        let unread = survey.unread.iter();
        Self {
            supposed,
            things,
            judged_at: decider.clock.now(),
            artifacts: survey.artifacts(),
            mentioning,
            affected: items.map(|one| item(one, &principals)).collect(),
            unread: unread.map(|f| Unread { code: f.code, message: f.message.clone() }).collect(),
        }
    }

    /// Says it; an answer that is not whole ends as one that could not be given.
    pub(crate) fn say(&self, output: Output) -> Result<(), Failure> {
        match output {
            Output::Json => terminal::json(self)?,
            Output::Text => self.print()?,
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
            self.affected.len(),
            count::of(self.artifacts, "artifact"),
            self.mentioning
        ))
    }
}

impl Item {
    fn print(&self) -> Result<(), Failure> {
        let name = self.name.as_ref().map(|name| format!(" (`{}`)", plain(name))).unwrap_or_default();
        let digest = self.artifact.get(..8).unwrap_or_default();
        terminal::line(format_args!("{} {digest}{name}", plain(&self.path)))?;
        self.principals.iter().try_for_each(|loser| {
            let Loser { name, before, after, answers } = loser;
            let (before, after) = (before.as_str(), after.as_str());
            terminal::line(format_args!("  {}: {before} -> {after}", plain(name)))?;
            answers.iter().try_for_each(|lost| {
                let Lost { question, before, after } = lost;
                terminal::line(format_args!("    {question}: {} -> {}", before.as_str(), after.as_str()))
            })
        })
    }
}

fn item(affected: Affected, principals: &[&Name]) -> Item {
    let losers = affected.losses.into_iter().map(|loss| Loser {
        name: principals.get(loss.principal).map(ToString::to_string).unwrap_or_default(),
        before: loss.before,
        after: loss.after,
        answers: loss.answers,
    });
    Item {
        path: affected.path,
        artifact: affected.artifact,
        name: affected.name,
        principals: losers.collect(),
    }
}
