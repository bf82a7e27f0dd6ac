//! What the journal says already of programs that run.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use cdi_journal::{Entry, Verdict};
use cdi_store::{Process, Running};
use cdi_types::{Clock, Timestamp};

use crate::failure::Failure;
use crate::host_journal::{HostJournal, read_public};

/// The last verdict about each of these processes, which runs one program; where there is none, that by which it was let in.
///
/// The journal is read from its end, to where the first of them was let in: decisions are never dated before the last one that
/// this host remembers. Where it was made to forget (`cdi state reset`) and its clock was set back, a verdict may be written that
/// stands there.
///
/// # Errors
/// The journal does not hold, or cannot be read.
pub(super) fn verdicts<'r>(
    journal: &HostJournal,
    programs: impl Iterator<Item = (&'r Process, &'r Running)>,
) -> Result<BTreeMap<Process, Verdict>, Failure> {
    let mut wanted: BTreeMap<String, (&Process, &Running)> =
        programs.map(|(process, record)| (process.name(), (process, record))).collect();
    let mut verdicts: BTreeMap<Process, Verdict> =
        wanted.values().map(|(process, _)| ((*process).clone(), Verdict::Allow)).collect();
    let since = wanted.values().map(|(_, record)| record.since).min();
    let file = journal.journal();
    let (Some(since), true) = (since, file.path().exists()) else { return Ok(verdicts) };
    file.read_back(&read_public(&journal.public_key())?, |entry| {
        if let Some((process, verdict)) = about(&entry, &mut wanted) {
            verdicts.insert(process.clone(), verdict);
        }
        if wanted.is_empty() || is_before(&entry, since) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    Ok(verdicts)
}

/// The process that an entry is about, if it is one of these; each is told of once.
fn about<'r>(
    entry: &Entry,
    wanted: &mut BTreeMap<String, (&'r Process, &'r Running)>,
) -> Option<(&'r Process, Verdict)> {
    let decision = entry.verified().decision();
    let name = decision.process.as_ref()?;
    let (process, _) = *wanted.get(name).filter(|(_, record)| record.artifact == entry.artifact())?;
    wanted.remove(name);
    Some((process, decision.verdict))
}

/// What could not be decided is dated by the clock as it was.
fn is_before(entry: &Entry, since: Timestamp) -> bool {
    let verified = entry.verified();
    !verified.decision().principals.is_empty() && verified.decided_at().after(Clock::SKEW) < since
}
