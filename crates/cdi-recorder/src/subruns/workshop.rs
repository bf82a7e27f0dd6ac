//! The tracing thread's part of recording tools one by one: sub-runs begin where a tool is executed, and end with its process.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use cdi_sys::{Ending, Pid};
use cdi_types::Timestamp;

use super::begun::Begun;
use super::made::Made;
use super::over::{Build, Over};
use super::tools::{Outcome, ToolRun, Tools};
use crate::RecordError;
use crate::digests::Digests;
use crate::observe::Log;
use crate::own::remembered_recorder;
use crate::report::now;
use crate::traced::{Ledger, Ledgers, Programs, Shared, SubRun};

/// A build under way.
pub(crate) struct Workshop<'t> {
    build: Arc<Build>,
    programs: Arc<Programs>,
    digests: Arc<Digests>,
    shared: Shared,
    /// Files that no tool gets.
    withheld: Vec<PathBuf>,
    under_way: BTreeMap<SubRun, UnderWay>,
    begun: usize,
    told: &'t mut dyn FnMut(ToolRun),
}

/// A sub-run under way.
struct UnderWay {
    tool: usize,
    main: Pid,
    begun: Result<Begun, RecordError>,
    log: Log,
    fault: Option<RecordError>,
    started_at: Timestamp,
}

impl<'t> Workshop<'t> {
    /// For a build that begins in this folder with these variables, told in the open, and whose processes share what they say
    /// things to. Whatever becomes of a tool's run goes to `told`, in the order in which they end.
    pub(crate) fn new(
        tools: Tools,
        directory: PathBuf,
        given: BTreeMap<String, String>,
        withheld: Vec<PathBuf>,
        digests: Arc<Digests>,
        shared: Shared,
        told: &'t mut dyn FnMut(ToolRun),
    ) -> Result<Self, RecordError> {
        // The kernel lets nobody write to an executable that runs: it stays what it is.
        let (made, ledgers, recorder) = (Made::default(), Arc::default(), remembered_recorder(&digests)?);
        let build = Arc::new(Build { tools, made, ledgers, directory, given, recorder });
        let (programs, under_way) = (Arc::default(), BTreeMap::new());
        Ok(Self { build, programs, digests, shared, withheld, under_way, begun: 0, told })
    }

    pub(crate) fn programs(&self) -> Arc<Programs> {
        Arc::clone(&self.programs)
    }

    pub(crate) fn ledgers(&self) -> Arc<Ledgers> {
        Arc::clone(&self.build.ledgers)
    }

    /// A process stands before the first instruction of a program.
    pub(crate) fn executed(&mut self, process: Pid, former: Option<Pid>) {
        let subrun = self.programs.subrun_of(process, former);
        match subrun.and_then(|subrun| Some((subrun, self.under_way.get_mut(&subrun)?))) {
            Some((subrun, of)) => {
                let executable = of.log.executed(process);
                let executable = executable.map_err(|fault| of.fault.get_or_insert(fault)).ok();
                self.programs.executed(process, former, Some(subrun), executable);
            }
            None => match self.build.tools.executed_by(process) {
                Some(tool) => self.begin(process, former, tool),
                None => self.programs.executed(process, former, None, None),
            },
        }
    }

    fn begin(&mut self, process: Pid, former: Option<Pid>, tool: usize) {
        let subrun = SubRun(self.begun);
        self.begun += 1;
        let mut log = Log::new(Arc::clone(&self.digests));
        let (mut fault, mut executable) = (None, None);
        match log.executed(process) {
            Ok(measured) => executable = Some(measured),
            Err(error) => fault = Some(error),
        }
        match Ledger::of_subrun(process, Arc::clone(&self.digests)) {
            Ok(mut ledger) => {
                self.withheld.iter().for_each(|path| ledger.withhold(path));
                if let Err(error) = ledger.take_over(process, self.shared) {
                    fault.get_or_insert(error);
                }
                self.build.ledgers.begin(subrun, ledger);
            }
            Err(error) => drop(fault.get_or_insert(error)),
        }
        let (begun, started_at) = (Begun::of(process), now());
        self.under_way.insert(subrun, UnderWay { tool, main: process, begun, log, fault, started_at });
        self.programs.executed(process, former, Some(subrun), executable);
    }

    /// A process has ended, and nobody but the tracer knows. If it was a sub-run's first one, what becomes of that is being
    /// worked out, and is told here.
    pub(crate) fn ended(&mut self, process: Pid, ending: Ending) -> Option<Receiver<ToolRun>> {
        let (&subrun, _) = self.under_way.iter().find(|(_, of)| of.main == process)?;
        let UnderWay { tool, begun, log, fault, started_at, .. } = self.under_way.remove(&subrun)?;
        let (programs, left) = self.programs.over(subrun);
        let over = Over { subrun, tool, begun, log, fault, started_at, ending, programs, left };
        let (build, (done, result)) = (Arc::clone(&self.build), sync_channel(1));
        std::thread::spawn(move || done.send(over.conclude(&build)));
        Some(result)
    }

    /// What has become of a run.
    pub(crate) fn tell(&mut self, run: ToolRun) {
        (self.told)(run);
    }

    /// The build is over, and sub-runs that are still under way never ended.
    pub(crate) fn abandon(&mut self) {
        for (_, of) in std::mem::take(&mut self.under_way) {
            let (command, directory) =
                of.begun.map(|begun| (begun.words, begun.directory)).unwrap_or_default();
            let outcome = Outcome::Unrecorded(RecordError::ToolLeftProcesses { count: 1 });
            (self.told)(ToolRun { tool: of.tool, command, directory, refusals: Vec::new(), outcome });
        }
    }
}
