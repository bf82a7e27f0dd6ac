//! A sub-run that is over: from what was written down to a sealed report in the bundles of its outputs.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cdi_keys::Sealed;
use cdi_store::{append_lines, default_bundle_path};
use cdi_sys::Ending;
use cdi_types::{ArtifactDigest, CaptureLevel, MeasuredFile, ReportKind, Subject, Timestamp};

use super::begun::Begun;
use super::made::{Gathered, Line, Made, Output};
use super::tools::{Outcome, Tool, ToolRun, Tools};
use crate::observe::Log;
use crate::report::{Parts, now};
use crate::traced::{DeclaredFiles, Ledger, Ledgers, Program, SubRun, TracedRun, refusals_of};
use crate::{FileFault, FileRole, RecordError, Salt};

/// What all sub-runs of a build share.
pub(super) struct Build {
    pub(super) tools: Tools,
    pub(super) made: Made,
    pub(super) ledgers: Arc<Ledgers>,
    /// The folder that the build began in.
    pub(super) directory: PathBuf,
    /// The variables that it was given, and that its user told.
    pub(super) given: BTreeMap<String, String>,
    pub(super) recorder: MeasuredFile,
}

/// A sub-run whose first process has ended, and nobody knows yet.
pub(super) struct Over {
    pub(super) subrun: SubRun,
    pub(super) tool: usize,
    pub(super) begun: Result<Begun, RecordError>,
    pub(super) log: Log,
    /// Why there is no report, if that is known already.
    pub(super) fault: Option<RecordError>,
    pub(super) started_at: Timestamp,
    pub(super) ending: Ending,
    pub(super) programs: Vec<Program>,
    /// So many processes and threads of it go on.
    pub(super) left: usize,
}

impl Over {
    /// What becomes of it.
    pub(super) fn conclude(mut self, build: &Build) -> ToolRun {
        let ledger = build.ledgers.end(self.subrun);
        let (command, directory) = match &self.begun {
            Ok(begun) => (begun.words.clone(), begun.directory.clone()),
            Err(_) => Default::default(),
        };
        let refusals = ledger.as_ref().map(refusals_of).unwrap_or_default();
        let tool = self.tool;
        let outcome = match (self.fault(), ledger, build.tools.tool(tool)) {
            (Some(fault), ..) => Err(fault),
            (None, Some(ledger), Some(of)) => self.report(ledger, of, build),
            (None, ..) => {
                Err(RecordError::TraceLost(std::io::Error::other("nothing was written down of it")))
            }
        };
        let outcome = outcome.unwrap_or_else(Outcome::Unrecorded);
        ToolRun { tool, command, directory, refusals, outcome }
    }

    /// Why there is no report, as far as that shows without a look at what it did.
    fn fault(&mut self) -> Option<RecordError> {
        let status = match self.ending {
            Ending::Code(0) => None,
            Ending::Code(status) => Some(status),
            Ending::Signal(signal) => Some(128_u8.saturating_add(signal)),
        };
        let failed = status.map(|status| RecordError::ToolFailed { status });
        let left = (self.left > 0).then_some(RecordError::ToolLeftProcesses { count: self.left });
        failed.or_else(|| self.fault.take()).or(left)
    }

    fn report(self, ledger: Ledger, tool: &Tool, build: &Build) -> Result<Outcome, RecordError> {
        let begun = self.begun?;
        let base = ledger.directory().to_owned();
        let mut traced = TracedRun { ledger, programs: self.programs };
        let mut log = self.log;
        if let Some(why) = traced.unmeasured() {
            log.unmeasured(why);
        }
        let (measured, _) = log.conclude(traced.libraries()?)?;
        let gathered = RefCell::new(Gathered::default());
        let declared = DeclaredFiles {
            inputs: Vec::new(),
            outputs: &[],
            leaves: HashMap::new(),
            temporary: begun.temporary_folders(),
            build: Some(&build.directory),
            behind: &|path, digest| gathered.borrow_mut().behind(&build.made, path, digest),
        };
        let found = traced.conclude(&measured, &declared)?;
        if found.outputs.is_empty() {
            // Somebody has given its output another name meanwhile.
            let linked = found
                .linked
                .into_iter()
                .next()
                .map(|path| RecordError::file(FileRole::Output, path, FileFault::Linked { names: 2 }));
            return linked.map_or(Ok(Outcome::NothingMade), Err);
        }
        // A clock that was set back meanwhile must not make the report end before it starts.
        let times = (self.started_at, now().max(self.started_at));
        let (operation, salts) = begun.operation(&build.given, times)?;
        let parts = Parts {
            kind: ReportKind::Transform,
            tool: measured,
            recorder: build.recorder.clone(),
            capture: CaptureLevel::Traced,
            trees: BTreeMap::new(),
            trace: Some(found.trace),
            operation,
            inputs: found.inputs,
            findings: Vec::new(),
            subject: found.outputs.clone(),
        };
        let sealed = parts.seal(&*tool.signer, &tool.certifications)?;
        let mut gathered = gathered.into_inner();
        tool.evidence.iter().for_each(|line| gathered.add(line.as_slice().into()));
        gathered.add(sealed.line.as_slice().into());
        keep(&sealed, gathered.lines(), places(&base, &found.outputs), build, salts)
    }
}

/// Where the outputs are, whatever the tool's folder was.
fn places(base: &Path, outputs: &[Subject]) -> Vec<(PathBuf, ArtifactDigest)> {
    let place = |output: &Subject| Some((base.join(output.path.as_ref()?.as_str()), output.digest));
    outputs.iter().filter_map(place).collect()
}

/// Puts the report, with its evidence, beside each output. What can be seen to fail fails before anything is written.
fn keep(
    sealed: &Sealed,
    lines: Vec<Line>,
    outputs: Vec<(PathBuf, ArtifactDigest)>,
    build: &Build,
    salts: Vec<Salt>,
) -> Result<Outcome, RecordError> {
    let bundles: Vec<PathBuf> = outputs.iter().map(|(path, _)| default_bundle_path(path)).collect();
    for bundle in &bundles {
        append_lines(bundle, &[])?;
    }
    let written: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
    for bundle in &bundles {
        append_lines(bundle, &written)?;
    }
    let lines: Arc<[Line]> = lines.into();
    for (path, digest) in &outputs {
        let output = Output { path: path.clone(), report: sealed.id, lines: Arc::clone(&lines) };
        build.made.add(*digest, output);
    }
    Ok(Outcome::Recorded { report: sealed.id, outputs, bundles, salts })
}
