//! A build that is run to record its tools one by one, in place of the second and third stage.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::sync::Arc;

use cdi_sys::{Ending, Program, Sight};
use cdi_types::Exit;

use crate::observe::observe_build;
use crate::run::c_string;
use crate::streams::Streams;
use crate::subruns::Workshop;
use crate::traced::{Ledger, Shared, refusals_of};
use crate::{Materials, RecordError, ToolRun, Tools};

/// A build that is over. No process of it is left.
#[derive(Debug)]
pub struct Built {
    ending: Ending,
    left: bool,
    refusals: Vec<String>,
}

impl Materials {
    /// Runs the program as a build, and records each run of one of the tools by itself; `told` learns what became of each,
    /// in the order in which they end. On `Ok` the build has run, in whatever way it ended, and no process of it is left.
    ///
    /// What follows for a tool's run is its [`Outcome`](crate::Outcome) alone. Declared inputs and outputs play no part.
    ///
    /// # Errors
    /// [`RecordError`] if the build could not be executed or observed to its end.
    pub fn build(self, tools: Tools, told: &mut dyn FnMut(ToolRun)) -> Result<Built, RecordError> {
        let (path, arguments) =
            (c_string(self.executable.as_os_str().as_encoded_bytes())?, self.command_line()?);
        let environment = self.run.environment.block();
        let stdin = File::open("/dev/null").map_err(RecordError::TraceLost)?;
        let streams = Streams::to_write_to().map_err(RecordError::TraceLost)?;
        let program = Program {
            path: &path,
            arguments: &arguments,
            environment: &environment,
            stdin: stdin.as_fd(),
            stdout: streams.output(),
            stderr: streams.error(),
            sight: Sight::Files,
            fence: None,
        };
        let digests = Arc::clone(&self.digests);
        let mut ledger = Ledger::of_build(Arc::clone(&digests))?;
        self.run.withheld.iter().for_each(|path| ledger.withhold(path));
        let (given, withheld) = (self.run.environment.open(), self.run.withheld.clone());
        let directory = self.directory.clone().into();
        let shared = Shared::of(streams.identities());
        let workshop = Workshop::new(tools, directory, given, withheld, Arc::clone(&digests), shared, told)?;
        let built = observe_build(&self.run.program, &program, digests, ledger, workshop)?;
        Ok(Built { ending: built.ending, left: built.left, refusals: refusals_of(&built.ledger) })
    }
}

impl Built {
    /// How the build ended.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self.ending {
            Ending::Code(code) => Exit::Code(code),
            Ending::Signal(signal) => Exit::Signal(signal),
        }
    }

    /// Whether processes of it went on when its first one had ended, and were killed.
    #[must_use]
    pub const fn left_processes(&self) -> bool {
        self.left
    }

    /// What was refused to the build between its tools.
    #[must_use]
    pub fn refusals(&self) -> &[String] {
        &self.refusals
    }
}
