//! Reports that are revoked as runs of a time (rule M-REVOKE): what an entry about their key with `runs` says.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{KeyId, Report, Revocation, RevokedId, RunWindow, StatementId};

use super::Revocations;
use crate::provenance::{Provenance, Signed};
use crate::suppose::{Supposition, Thing};

/// The times of which an authority has revoked the runs of a key: in order, and none overlaps another.
#[derive(Debug, Default)]
struct Times(Vec<RunWindow>);

impl Times {
    fn of(mut windows: Vec<RunWindow>) -> Self {
        windows.sort();
        let mut merged: Vec<RunWindow> = Vec::new();
        for window in windows {
            match merged.last_mut().filter(|last| window.from <= last.until) {
                Some(last) => last.until = last.until.max(window.until),
                None => merged.push(window),
            }
        }
        Self(merged)
    }

    /// Whether the run was going on in one of them, by its own word.
    fn touch(&self, run: &Report) -> bool {
        let (started, finished) = (run.operation.started_at, run.operation.finished_at);
        let first = self.0.partition_point(|window| window.until <= started);
        self.0.get(first).is_some_and(|window| window.from <= finished)
    }
}

impl Revocations<'_> {
    /// Works out which reports are revoked so, and by whom.
    pub(super) fn with_runs(mut self, provenance: &Provenance) -> Self {
        let mut windows: BTreeMap<KeyId, BTreeMap<KeyId, Vec<RunWindow>>> = BTreeMap::new();
        let mut take = |by: KeyId, entry: &Revocation| {
            if let (RevokedId::Key(key), Some(runs)) = (entry.id, entry.runs)
                && self.standing.contains(&by)
            {
                windows.entry(key).or_default().entry(by).or_default().push(runs);
            }
        };
        for list in self.lists.values().flatten() {
            let listed = list.predicate().revoked.iter().filter(|entry| !self.is_taken_back(entry.id));
            listed.for_each(|entry| take(list.issuer(), entry));
        }
        if let Some(Supposition::Listed { by, entry }) = self.supposition {
            take(*by, entry);
        }
        if windows.is_empty() {
            return self;
        }
        let times: BTreeMap<KeyId, BTreeMap<KeyId, Times>> = windows
            .into_iter()
            .map(|(key, of)| (key, of.into_iter().map(|(by, windows)| (by, Times::of(windows))).collect()))
            .collect();
        let revokers = |report: &Signed<Report>| -> Option<(StatementId, BTreeSet<KeyId>)> {
            let of_key = times.get(&report.issuer())?.iter();
            let by: BTreeSet<KeyId> =
                of_key.filter(|(_, times)| times.touch(report.predicate())).map(|(by, _)| *by).collect();
            (!by.is_empty()).then(|| (report.id(), by))
        };
        self.of_runs = provenance.reports.iter().filter_map(revokers).collect();
        self
    }

    /// Whether it is supposed that nobody has revoked this.
    fn is_taken_back(&self, id: RevokedId) -> bool {
        match self.supposition {
            Some(Supposition::NotRevoked(things)) => things.contains(&Thing::Listed(id)),
            Some(Supposition::Revoked(_) | Supposition::Listed { .. }) | None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use cdi_types::Timestamp;

    use super::*;

    #[test]
    fn times_that_touch_are_one() {
        let time = |from, until| {
            let [from, until] = [from, until].map(Timestamp::from_unix);
            RunWindow { from, until }
        };
        let all = [time(200, 300), time(10, 20), time(0, 100), time(15, 30), time(100, 110), time(111, 112)];
        assert_eq!(Times::of(all.to_vec()).0, [time(0, 110), time(111, 112), time(200, 300)]);
    }
}
