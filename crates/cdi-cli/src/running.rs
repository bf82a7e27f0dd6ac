//! The record of a program that runs: for whoever asks what a revocation would cost. It is bookkeeping and no decision: a
//! host that cannot keep it runs the program all the same, and says so.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use cdi_envelope::Envelope;
use cdi_policy::Access;
use cdi_store::{
    Concerns, GrantedDirectory, GrantedLimits, Kept, Running, RunningFolder, StoreError, default_bundle_path,
    join_lines,
};
use cdi_types::{Bundle, StatementId, Timestamp, Unverified};

use crate::failure::Failure;
use crate::memory::StateArguments;
use crate::starting::Starting;
use crate::terminal;

/// Statements that may be there again in other envelopes: with sixteen signatures each that is as much as is verified in vain when
/// it is decided again ([`cdi_types::limits::VERIFICATIONS_IN_VAIN`]).
const MOST_REPEATED: usize = 64;

/// A record that goes when the program has ended.
pub(crate) struct Recorded(Option<Kept>);

impl Recorded {
    /// Keeps the record of what this process is about to run.
    pub(crate) fn keep(starting: &Starting<'_>, since: Timestamp) -> Self {
        let folder = folder(&starting.decision.state);
        let mut record = record(starting, since);
        let kept = folder.and_then(|folder| match folder.keep(&record) {
            // More evidence than a record takes: it is named, and looked at where it lies.
            Err(StoreError::RunningDamaged { .. }) => {
                record.evidence.clear();
                Ok(folder.keep(&record)?)
            }
            kept => Ok(kept?),
        });
        Self(kept.map_err(warn).ok())
    }

    /// The program has ended.
    pub(crate) fn end(self) {
        if let Some(Err(error)) = self.0.map(Kept::end) {
            warn(error.into());
        }
    }
}

/// The folder of the records, beside what this host remembers.
pub(crate) fn folder(state: &StateArguments) -> Result<RunningFolder, Failure> {
    let state = state.folder()?;
    let nameless = || Failure::failed("state-nowhere", "the folder of what this host remembers has no name");
    RunningFolder::beside(state.path()).ok_or_else(nameless)
}

fn warn(failure: Failure) {
    terminal::warning(
        &failure.about("this run is not recorded, and neither `cdi affected` nor `cdi watch` sees it"),
    );
}

/// What was decided, with the evidence about this artifact as it was then: bundles may be changed while it runs.
fn record(starting: &Starting<'_>, since: Timestamp) -> Running {
    let (decision, walk) = (starting.decision, starting.walk);
    let digest = walk.artifact.digest();
    let evidence = worth_keeping(walk.evidence.together.as_untrusted(), &starting.unsigned);
    let evidence = evidence.as_ref().unwrap_or(&walk.evidence.together);
    let concerning = Concerns::of(evidence.as_untrusted()).with(&[digest]);
    let text = String::from_utf8_lossy(&concerning.bytes);
    let evidence = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    let directories = walk
        .request
        .directories
        .iter()
        .map(|given| GrantedDirectory { name: given.name.clone(), write: given.access == Access::ReadWrite });
    let mut running = Running::of(digest, since);
    running.workload = starting.workload.cloned();
    running.path = absolute(&decision.artifact);
    running.configuration = absolute(&decision.config);
    running.environment.clone_from(&decision.environment);
    running.directories = directories.collect();
    running.arguments.clone_from(&walk.request.arguments);
    running.variables = walk.request.environment.iter().map(|(name, _)| name.clone()).collect();
    running.limits = GrantedLimits {
        memory_bytes: walk.request.limits.memory_bytes,
        time_seconds: walk.request.limits.time.seconds(),
    };
    running.principals = starting.named.iter().map(|name| (*name).clone()).collect();
    let beside = [default_bundle_path(&decision.artifact)];
    let bundles = if decision.bundle.is_empty() { &beside[..] } else { &decision.bundle };
    running.bundles = bundles.iter().map(|path| absolute(path)).collect();
    running.evidence = evidence;
    running
}

/// The evidence without what shows nothing, or nothing new, to whoever decides again: lines that whom they name has not signed, and
/// where statements are there more than a few times in other envelopes, all envelopes but one. `None` if it cannot be told.
fn worth_keeping(evidence: &Bundle, unsigned: &BTreeSet<usize>) -> Option<Unverified<Bundle>> {
    let signed: Vec<&[u8]> =
        evidence.lines().filter(|line| !unsigned.contains(&line.number)).map(|line| line.bytes).collect();
    let id = |line: &[u8]| Some(StatementId::of(Envelope::parse(line).ok()?.into_untrusted().payload()));
    let mut known = HashSet::new();
    let is_new: Vec<bool> = signed.iter().map(|line| id(line).is_none_or(|id| known.insert(id))).collect();
    let few = is_new.iter().filter(|is_new| !**is_new).count() <= MOST_REPEATED;
    let kept = signed.iter().zip(is_new).filter(|(_, is_new)| few || *is_new).map(|(line, _)| *line);
    Bundle::parse(join_lines(kept)).ok()
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// What runs by the decisions of this user, beside what is remembered in a folder.
pub(crate) fn found(state: &Path) -> Result<cdi_store::FoundRunning, StoreError> {
    RunningFolder::beside(state).map(|folder| folder.read()).unwrap_or_else(|| Ok(Default::default()))
}
