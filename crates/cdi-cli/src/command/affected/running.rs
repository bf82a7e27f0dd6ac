//! The programs that run now, each with the evidence by which it was let in.

use std::collections::BTreeSet;
use std::path::Path;

use cdi_store::{Process, Running};
use cdi_verify::{Supposition, things};

use super::decider::Decider;
use super::index::{Calling, Tables};
use super::judge::{self, Read, Way};
use super::loss::Loss;
use super::thing::Named;
use crate::failure::Failure;
use crate::running;

/// All programs that run.
#[derive(Default)]
pub(crate) struct Workloads {
    all: Vec<Workload>,
    tables: Tables,
}

/// A program that runs.
struct Workload {
    pid: u32,
    record: Running,
    read: Read,
    mentions: BTreeSet<Named>,
}

/// A program that runs, with what is lost of it.
pub(crate) struct AffectedWorkload {
    pub(crate) pid: u32,
    pub(crate) record: Running,
    pub(crate) losses: Vec<Loss>,
}

impl Workloads {
    /// Reads the records beside what the host remembers. What cannot be read is told.
    pub(crate) fn of(state: &Path, decider: &Decider, unread: &mut Vec<Failure>) -> Self {
        let found = match running::found(state) {
            Ok(found) => found,
            Err(error) => {
                unread.push(error.into());
                return Self::default();
            }
        };
        unread.extend(found.unread.into_iter().map(Failure::from));
        let mut tables = Tables::default();
        let of = |(process, mut record): (Process, Running)| {
            let bytes = std::mem::take(&mut record.evidence).join("\n").into_bytes();
            let read = Read::of_evidence(bytes, record.artifact);
            let mut mentions = BTreeSet::new();
            // Evidence over a limit shows nothing, so there is nothing to lose.
            if let Ok(provenance) = read.verified(decider) {
                mentions.extend(things(&provenance).iter().map(Named::from));
                judge::called(&mut tables, decider, provenance.get());
            }
            Workload { pid: process.pid(), record, read, mentions }
        };
        let all = found.running.into_iter().map(of).collect();
        Self { all, tables }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// The things that stand in their evidence.
    pub(crate) fn things(&self) -> impl Iterator<Item = &Named> {
        self.all.iter().flat_map(|workload| &workload.mentions)
    }

    /// The things that go by a name in it.
    pub(crate) fn called(&self, as_: Calling, name: &str) -> impl Iterator<Item = &Named> {
        let here =
            self.tables.called.all.iter().filter(move |called| called.as_ == as_ && called.name == name);
        here.filter_map(|called| self.tables.things.all.get(called.thing))
    }

    /// What is lost under a supposition about these things, of programs in whose evidence one of them stands.
    pub(crate) fn under(
        &self,
        asked: &BTreeSet<Named>,
        supposition: &Supposition,
        decider: &Decider,
        way: Way,
    ) -> Vec<AffectedWorkload> {
        let mentioning = self.all.iter().filter(|workload| !workload.mentions.is_disjoint(asked));
        let lost = mentioning.flat_map(|workload| {
            let each = judge::under(&workload.read, supposition, decider, way).into_iter();
            each.map(|(_, _, losses)| (workload.pid, workload.record.clone(), losses))
        });
        lost.filter(|(_, _, losses)| !losses.is_empty())
            .map(|(pid, record, losses)| AffectedWorkload { pid, record, losses })
            .collect()
    }
}
