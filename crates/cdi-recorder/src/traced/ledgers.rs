//! The ledgers of the sub-runs that are under way, and what others of the build do to their files.
//!
//! A call goes to the ledger of the sub-run that its caller is of. What it does to a file that another sub-run has made
//! is told to that one: from then on what is in the file is not that tool's alone.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::Stat;

use super::ledger::Ledger;
use super::programs::SubRun;

type Shared = Arc<Mutex<Option<Ledger>>>;

/// The ledgers, each until its sub-run is over. The tracing thread begins and ends them, and never waits for a call.
#[derive(Debug, Default)]
pub(crate) struct Ledgers(Mutex<BTreeMap<SubRun, Shared>>);

impl Ledgers {
    fn known(&self) -> MutexGuard<'_, BTreeMap<SubRun, Shared>> {
        // What is written under the lock is whole at each step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin(&self, subrun: SubRun, ledger: Ledger) {
        self.known().insert(subrun, Arc::new(Mutex::new(Some(ledger))));
    }

    /// What was written down of a sub-run that is over, once no call of it is being made.
    pub(crate) fn end(&self, subrun: SubRun) -> Option<Ledger> {
        let shared = self.known().remove(&subrun)?;
        held(&shared).take()
    }

    /// The ledger of a sub-run that is under way.
    pub(super) fn of(&self, subrun: SubRun) -> Option<Shared> {
        self.known().get(&subrun).map(Arc::clone)
    }

    fn others(&self, than: Option<SubRun>, tell: impl Fn(&mut Ledger)) {
        let shared: Vec<Shared> = self
            .known()
            .iter()
            .filter(|(subrun, _)| Some(**subrun) != than)
            .map(|(_, shared)| Arc::clone(shared))
            .collect();
        shared.iter().for_each(|shared| held(shared).iter_mut().for_each(&tell));
    }

    /// Whoever this is writes to a file, or to a pipe.
    pub(super) fn written(&self, by: Option<SubRun>, stat: &Stat) {
        self.others(by, |ledger| ledger.written_by_others(stat));
    }

    /// It is about to take a name away from a file.
    pub(super) fn loses_name(&self, by: Option<SubRun>, stat: &Stat) {
        self.others(by, |ledger| ledger.loses_name(stat));
    }

    /// It has.
    pub(super) fn lost_name(&self, by: Option<SubRun>, stat: &Stat, file: &OwnedFd) {
        self.others(by, |ledger| {
            ledger.lost_name(stat, file);
        });
    }
}

pub(super) fn held(shared: &Shared) -> MutexGuard<'_, Option<Ledger>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
