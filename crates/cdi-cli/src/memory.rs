//! What this host remembers from one decision to the next (rule M-MEMORY): the newest revocation lists, so that a bundle
//! with older ones hides nothing, the time, so that a clock that was set back lets nothing in, the newest editions of
//! policies and of reports of nodes, so that an older one is not taken again, and when it first relied on each report, so that a compromise of
//! later takes nothing away that was there before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use cdi_decider::{Party, Seat};
use cdi_envelope::Envelope;
use cdi_policy::Seen;
use cdi_store::{
    ChecksFolder, Memory, MemoryFolder, RememberedEdition, RememberedNode, Sightings, StoreError,
};
use cdi_types::{Clock, Duration, KeyId, Mode, StatementId, Timestamp};
use cdi_verify::{FirstSeen, Provenance, SeenNode, Verified, lists_to_remember};
use clap::Args;

use crate::decision::Outcome;
use crate::failure::{Failure, Kind};
use crate::terminal;

/// How long the last decision may lie back before a later one is written down.
const APART: u64 = 60;

/// Where the memory is.
#[derive(Debug, Clone, Args)]
pub(crate) struct StateArguments {
    /// What this host remembers of earlier decisions [default: `cdi` in `$XDG_STATE_HOME` or ~/.local/state]
    #[arg(long, value_name = "DIR", env = "CDI_STATE")]
    pub(crate) state: Option<PathBuf>,
}

impl StateArguments {
    pub(crate) fn folder(&self) -> Result<MemoryFolder, Failure> {
        if let Some(folder) = &self.state {
            return Ok(MemoryFolder::at(folder));
        }
        let absolute =
            |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || absolute("HOME").map(|home| home.join(".local/state"));
        let state = absolute("XDG_STATE_HOME").or_else(home).ok_or_else(|| {
            Failure::failed(
                "state-nowhere",
                "there is no folder for what this host remembers: HOME is not set",
            )
            .hint("name one with `--state DIR`")
        })?;
        Ok(MemoryFolder::at(state.join("cdi")))
    }

    /// The command that begins anew, for this memory.
    pub(crate) fn reset(&self) -> String {
        match &self.state {
            Some(folder) => format!("cdi state reset --state {}", terminal::word(folder)),
            None => "cdi state reset".to_owned(),
        }
    }

    /// Why the memory is not read; beginning anew is the way out where it is missing or damaged, and of nothing else.
    pub(crate) fn unread(&self, error: StoreError) -> Failure {
        let is_lost = matches!(error, StoreError::MemoryMissing { .. } | StoreError::MemoryDamaged { .. });
        let failure = Failure::from(error);
        if !is_lost {
            return failure;
        }
        let reset = self.reset();
        failure.hint(format!(
            "if that is as it should be, `{reset}` begins anew and keeps the old folder beside; until then nothing is decided"
        ))
    }
}

/// The memory as it was read.
pub(crate) struct Remembered {
    folder: MemoryFolder,
    memory: Option<Memory>,
    sightings: Sightings,
    /// Where it is, as the command line has it.
    arguments: StateArguments,
}

impl Remembered {
    pub(crate) fn read(arguments: &StateArguments) -> Result<Self, Failure> {
        let folder = arguments.folder()?;
        let memory = folder.read().map_err(|error| arguments.unread(error))?;
        let sightings = folder.sightings().map_err(|error| arguments.unread(error))?;
        Ok(Self { folder, memory, sightings, arguments: arguments.clone() })
    }

    /// A memory of nothing, of a decision that nobody is to remember.
    pub(crate) fn nothing() -> Self {
        let arguments = StateArguments { state: None };
        Self {
            folder: MemoryFolder::at(PathBuf::new()),
            memory: None,
            sightings: Sightings::none(),
            arguments,
        }
    }

    /// The lines that are remembered.
    pub(crate) fn lists(&self) -> &[String] {
        self.memory.as_ref().map(|memory| memory.lists.as_slice()).unwrap_or_default()
    }

    /// Where it is kept what was checked, if this host remembers anything.
    pub(crate) fn checks(&self) -> Option<ChecksFolder> {
        self.folder.checks()
    }

    /// Keeps what was checked for a decision: it depends on no time, and decides nothing.
    pub(crate) fn keep_checks(&self, outcome: &Outcome) {
        if let Some(made) = &outcome.checked {
            made.keep(self.checks().as_ref());
        }
    }

    /// When this host first relied on each report of the evidence.
    pub(crate) fn first_seen(&self, provenance: &Verified<Provenance>) -> Result<FirstSeen, Failure> {
        let reports = provenance.get().reports().iter().map(|report| report.id());
        let seen = self.sightings.of(reports).map_err(|error| self.arguments.unread(error))?;
        Ok(seen.into_iter().collect())
    }

    /// Which file the sights are in.
    pub(crate) fn sightings(&self) -> String {
        self.sightings.identity()
    }

    /// When this host first relied on each report that it remembers.
    pub(crate) fn all_seen(&self) -> Result<FirstSeen, Failure> {
        let seen = self.sightings.all().map_err(|error| self.arguments.unread(error))?;
        Ok(seen.into_iter().collect())
    }

    /// The newest edition of a party's policy that was decided by.
    pub(crate) fn edition(&self, party: &Party) -> Option<Seen> {
        let key = party.key()?;
        let mut known = self.memory.iter().flat_map(|memory| &memory.editions);
        let known = known.find(|known| known.principal == party.principal().name && known.key == key)?;
        Some(Seen { version: known.version, document: known.document })
    }

    /// The newest reports of nodes that were placed by.
    pub(crate) fn nodes(&self) -> BTreeMap<KeyId, SeenNode> {
        let known = self.memory.iter().flat_map(|memory| &memory.nodes);
        known.map(|node| (node.key, SeenNode { serial: node.serial, report: node.report })).collect()
    }

    /// The time to decide at, by a clock that says `now`: never before the last decision, since what had ended then has ended.
    /// A clock that is further behind than clocks may differ is an error.
    pub(crate) fn time(&self, now: Timestamp) -> Result<Timestamp, Failure> {
        let Some(last) = self.memory.as_ref().map(|memory| memory.last_decision) else { return Ok(now) };
        if last <= now.after(Clock::SKEW) {
            return Ok(now.max(last));
        }
        let message = format!("the clock of this host says {now}, and it has decided at {last} already");
        Err(Failure::new(Kind::Undecided, "clock-behind", message)
            .hint(format!("set the clock; if it was ahead then, `{}` begins anew", self.arguments.reset())))
    }

    /// Remembers the lists of this decision and its time, if either is news, and the reports that an allow rests on. A memory that cannot be written changes no
    /// decision, and is said.
    pub(crate) fn keep(&self, outcome: &Outcome, now: Timestamp) {
        let relied_on = outcome.relied_on();
        let unseen: BTreeSet<StatementId> =
            relied_on.into_iter().filter(|report| outcome.seen.at(*report).is_none()).collect();
        let news = self.news(outcome, now);
        let told = news.map_or(Ok(()), |news| self.keep_news(news, now));
        let seen = told.and_then(|()| if unseen.is_empty() { Ok(0) } else { self.folder.see(&unseen, now) });
        if let Err(error) = seen {
            let failure = Failure::from(error).about("this decision is not remembered");
            terminal::warning(&failure);
            return;
        }
        self.keep_checks(outcome);
    }

    /// Remembers the newest reports of nodes that were placed by, if any is news. That it cannot is said, as for [`Self::keep`].
    pub(crate) fn keep_nodes(&self, nodes: &BTreeMap<KeyId, SeenNode>, now: Timestamp) {
        let nodes = nodes.iter().map(|(key, seen)| RememberedNode {
            key: *key,
            serial: seen.serial,
            report: seen.report,
        });
        let mut after = self.memory.clone().unwrap_or_else(|| Memory::of(now, Vec::new()));
        let before = after.nodes.clone();
        nodes.clone().for_each(|node| after.take_node(node));
        if after.nodes == before {
            return;
        }
        let kept = self.update(now, |memory| nodes.for_each(|node| memory.take_node(node)));
        if let Err(error) = kept {
            terminal::warning(&Failure::from(error).about("the reports of nodes are not remembered"));
        }
    }

    fn keep_news(&self, news: News, now: Timestamp) -> Result<(), StoreError> {
        self.update(now, |memory| {
            // What another process has remembered meanwhile stays.
            memory.lists.retain(|line| id(line).is_none_or(|id| !news.superseded.contains(&id)));
            let known: BTreeSet<StatementId> = memory.lists.iter().filter_map(|line| id(line)).collect();
            let fresh = news.fresh.iter().filter(|(id, _)| !known.contains(*id));
            memory.lists.extend(fresh.map(|(_, line)| line.clone()));
            news.editions.iter().for_each(|edition| memory.take(edition.clone()));
        })
    }

    /// Remembers the time of a decision, and what `change` adds; whoever remembers for the first time is told where.
    fn update(&self, now: Timestamp, change: impl FnOnce(&mut Memory)) -> Result<(), StoreError> {
        if self.memory.is_none() {
            let folder = terminal::path(self.folder.path());
            let message =
                format!("this host remembers no decision yet; it begins with this one, in `{folder}`");
            terminal::warning(&Failure::failed("memory-begins", message));
        }
        self.folder.update(|before| {
            let mut memory = before.unwrap_or_else(|| Memory::of(now, Vec::new()));
            memory.last_decision = memory.last_decision.max(now);
            change(&mut memory);
            Some(memory)
        })
    }

    fn news(&self, outcome: &Outcome, now: Timestamp) -> Option<News> {
        let provenance = outcome.provenance.as_ref()?;
        let trusts = outcome.seats.iter().filter_map(|seat| seat.policy()?.trust());
        let known: BTreeSet<StatementId> = self.lists().iter().filter_map(|line| id(line)).collect();
        let worth = lists_to_remember(provenance, trusts, Clock::at(now), &known);
        let lists = || provenance.get().revocations().iter();
        let heard: BTreeSet<KeyId> =
            lists().filter(|list| worth.contains(&list.id())).map(|list| list.issuer()).collect();
        let mut news = News { editions: self.new_editions(&outcome.seats), ..News::default() };
        for list in lists() {
            match (worth.contains(&list.id()), known.contains(&list.id())) {
                (true, false) => {
                    let line = provenance.get().envelope_of_list(list.id());
                    let line = line.and_then(|line| String::from_utf8(line.to_vec()).ok());
                    news.fresh.extend(line.map(|line| (list.id(), line)));
                }
                // Of an authority that has no part in this decision nothing is newer than what is known.
                (false, true) if heard.contains(&list.issuer()) => drop(news.superseded.insert(list.id())),
                (true, true) | (false, true | false) => {}
            }
        }
        let later = self
            .memory
            .as_ref()
            .is_none_or(|memory| memory.last_decision.after(Duration::from_seconds(APART)) <= now);
        let nothing = news.fresh.is_empty() && news.superseded.is_empty() && news.editions.is_empty();
        (later || !nothing).then_some(news)
    }

    /// The enforced editions that were decided by, and are newer than what is remembered. A trial binds nobody.
    fn new_editions(&self, seats: &[Seat]) -> Vec<RememberedEdition> {
        let of = |seat: &Seat| {
            let (policy, edition) = (seat.policy()?, seat.edition()?);
            (edition.mode == Mode::Enforce).then(|| RememberedEdition {
                principal: policy.principal().clone(),
                key: edition.key,
                version: edition.version,
                document: policy.digest(),
            })
        };
        let known = |new: &RememberedEdition| {
            let mut known = self.memory.iter().flat_map(|memory| &memory.editions);
            known
                .any(|old| old.principal == new.principal && old.key == new.key && old.version >= new.version)
        };
        seats.iter().filter_map(of).filter(|new| !known(new)).collect()
    }
}

/// The id of the list on a line that is remembered: two envelopes of one list are one.
fn id(line: &str) -> Option<StatementId> {
    let envelope = Envelope::parse(line.as_bytes()).ok()?;
    Some(StatementId::of(envelope.into_untrusted().payload()))
}

/// What a decision adds to the memory, and what it makes needless there.
#[derive(Default)]
struct News {
    fresh: BTreeMap<StatementId, String>,
    superseded: BTreeSet<StatementId>,
    editions: Vec<RememberedEdition>,
}
