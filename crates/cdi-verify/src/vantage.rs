//! From where a decider looks at evidence: its clock, and what it saw before (rules M-TIME, M-MEMORY).

use std::collections::BTreeMap;

use cdi_types::{Clock, StatementId, Timestamp};

/// When the decider first relied on a report, by its own clock: of each report that it remembers.
///
/// Assumption: whoever makes one says nothing but what an earlier decision of this decider wrote down. A time that a
/// report or a bundle says is no such time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirstSeen(BTreeMap<StatementId, Timestamp>);

impl FirstSeen {
    /// When the decider first relied on this report; `None` if it never did.
    #[must_use]
    pub fn at(&self, report: StatementId) -> Option<Timestamp> {
        self.0.get(&report).copied()
    }
}

impl FromIterator<(StatementId, Timestamp)> for FirstSeen {
    /// Of several times of one report the latest counts: it lets the fewest survive.
    fn from_iter<I: IntoIterator<Item = (StatementId, Timestamp)>>(sights: I) -> Self {
        let mut first = BTreeMap::new();
        for (report, at) in sights {
            first.entry(report).and_modify(|known: &mut Timestamp| *known = (*known).max(at)).or_insert(at);
        }
        Self(first)
    }
}

/// The time of a decision, and what the decider saw before. A clock alone is a decider that saw nothing: then no report
/// survives a compromise by its time.
#[derive(Debug, Clone, Copy)]
pub struct Vantage<'a> {
    pub(crate) clock: Clock,
    seen: Option<&'a FirstSeen>,
}

impl<'a> Vantage<'a> {
    /// A decider that remembers what it saw.
    #[must_use]
    pub const fn remembering(clock: Clock, seen: &'a FirstSeen) -> Self {
        Self { clock, seen: Some(seen) }
    }

    /// The time of the decision.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// When the decider first relied on this report.
    pub(crate) fn first_seen(&self, report: StatementId) -> Option<Timestamp> {
        self.seen?.at(report)
    }
}

impl From<Clock> for Vantage<'_> {
    fn from(clock: Clock) -> Self {
        Self { clock, seen: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_times_of_one_report_the_later_counts() {
        let report = StatementId::of(b"report");
        let at = |times: [u64; 2]| {
            let seen: FirstSeen =
                times.map(|time| (report, Timestamp::from_unix(time))).into_iter().collect();
            seen.at(report)
        };
        assert_eq!(at([1, 2]), Some(Timestamp::from_unix(2)));
        assert_eq!(at([2, 1]), Some(Timestamp::from_unix(2)));
    }
}
