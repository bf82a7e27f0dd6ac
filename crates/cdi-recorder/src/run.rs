//! A run that is asked for, and the second stage: the tool has run.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;

use cdi_sys::{Ending, Program, Sight};
use cdi_types::{Exit, Timestamp};

use crate::confined::{Fence, Temporary, ruleset};
use crate::digests::Digests;
use crate::materials::{Materials, Of};
use crate::observe::{Observed, observe};
use crate::streams::Streams;
use crate::traced::{Ledger, OutOfReach, TracedRun};
use crate::{Environment, Products, Reach, RecordError, report};

/// A command line with what it reads and writes, as its user declares it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// Argument zero, as typed: what is executed is found by it, and the tool gets it.
    pub program: String,
    /// The arguments after it.
    pub arguments: Vec<String>,
    /// The files that the tool reads.
    pub inputs: Vec<String>,
    /// The files that it writes.
    pub outputs: Vec<String>,
    /// The file that is its standard input; it counts as an input. Without one the tool reads nothing there.
    pub stdin: Option<String>,
    /// The environment that it gets.
    pub environment: Environment,
    /// Who is to vouch that no input is left out.
    pub capture: Capture,
    /// What it may reach besides, at [`Capture::Confined`].
    pub reach: Reach,
    /// Files that the tool does not get if it is traced, such as its report key.
    pub withheld: Vec<PathBuf>,
}

/// How the files of a run come to be known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Capture {
    /// Its user declares them (level `declared`).
    #[default]
    Declared,
    /// The recorder opens each of them for the tool (level `traced`).
    Traced,
    /// The same, and the tool reaches only what was declared (level `confined`).
    Confined,
}

/// The second stage: the tool has run, and nothing of it runs any more. Outputs have not been looked at.
#[derive(Debug)]
#[must_use]
pub struct Ran {
    pub(crate) materials: Materials,
    /// The folder for what lasts no longer than the run, at [`Capture::Confined`].
    pub(crate) _temporary: Option<Temporary>,
    /// What it could reach then.
    pub(crate) reach: Option<cdi_types::Reach>,
    pub(crate) observed: Observed,
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Timestamp,
}

impl Materials {
    /// Runs the tool, its standard output and error being this process's. On `Ok` it has run, in whatever way it ended,
    /// and no process of it is left.
    ///
    /// # Errors
    /// [`RecordError`] if it could not be executed or observed, or left processes behind.
    pub fn run(mut self) -> Result<Ran, RecordError> {
        let temporary = match self.run.capture {
            Capture::Confined => Some(Temporary::of(&mut self.run.environment)?),
            Capture::Declared | Capture::Traced => None,
        };
        let fence = temporary.as_ref().map(|temporary| Fence::around(&self, temporary)).transpose()?;
        let ruleset = fence.as_ref().map(ruleset).transpose()?;
        let reach = fence.as_ref().map(|fence| fence.reach().clone());
        let (path, arguments) =
            (c_string(self.executable.as_os_str().as_encoded_bytes())?, self.command_line()?);
        let environment = self.run.environment.block();
        let stdin = match self.stdin.take() {
            None => File::open("/dev/null").map_err(RecordError::TraceLost)?,
            Some(measured) => measured,
        };
        let streams = match self.run.capture {
            Capture::Declared => None,
            Capture::Traced | Capture::Confined => {
                Some(Streams::to_write_to().map_err(RecordError::TraceLost)?)
            }
        };
        let program = Program {
            path: &path,
            arguments: &arguments,
            environment: &environment,
            stdin: stdin.as_fd(),
            stdout: streams.as_ref().and_then(Streams::output),
            stderr: streams.as_ref().and_then(Streams::error),
            sight: match self.run.capture {
                Capture::Declared => Sight::Code,
                Capture::Traced | Capture::Confined => Sight::Files,
            },
            fence: ruleset.as_ref().map(OwnedFd::as_fd),
        };
        let started_at = report::now();
        let digests = Arc::clone(&self.digests);
        let ledger = match self.run.capture {
            Capture::Declared => None,
            Capture::Traced | Capture::Confined => Some(self.ledger(Arc::clone(&digests), fence)?),
        };
        let observed = observe(&self.run.program, &program, digests, ledger)?;
        drop(streams);
        // A clock that was set back meanwhile must not make the report end before it starts.
        let finished_at = report::now().max(started_at);
        Ok(Ran { materials: self, _temporary: temporary, reach, observed, started_at, finished_at })
    }

    /// What the run's files are written down in: the declared inputs first.
    fn ledger(&self, digests: Arc<Digests>, fence: Option<Fence>) -> Result<Ledger, RecordError> {
        let mut ledger = Ledger::new(digests, fence)?;
        for material in &self.inputs {
            let path = material.input.path.clone();
            match &material.of {
                Of::Tree(tree) => ledger.declare_tree(path, &material.typed, tree)?,
                Of::File(file) => {
                    ledger.declare(path, &material.typed, file.stamp());
                    if self.run.stdin.as_ref() == Some(&material.typed) {
                        ledger.given(file.stamp().inode());
                    }
                }
            }
        }
        self.run.withheld.iter().for_each(|path| ledger.withhold(path));
        Ok(ledger)
    }

    pub(crate) fn command_line(&self) -> Result<Vec<CString>, RecordError> {
        let words = [&self.run.program].into_iter().chain(&self.run.arguments);
        words.map(|word| c_string(word.as_bytes())).collect()
    }
}

pub(crate) fn c_string(bytes: &[u8]) -> Result<CString, RecordError> {
    CString::new(bytes)
        .map_err(|_| RecordError::NotUnicode { what: "an argument with a null byte".to_owned() })
}

impl Ran {
    /// How the tool ended.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self.observed.ending {
            Ending::Code(code) => Exit::Code(code),
            Ending::Signal(signal) => Exit::Signal(signal),
        }
    }

    /// The executables and libraries, as measured.
    #[must_use]
    pub const fn tool(&self) -> &cdi_types::MeasuredTool {
        &self.observed.tool
    }

    /// What the user should know, such as why libraries are not measured.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.observed.notes
    }

    /// What was refused to the tool, since nobody could vouch for the bytes.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.observed.traced.as_ref().map(TracedRun::refusals).unwrap_or_default()
    }

    /// What was not there for the tool, since nobody had declared it: files that are there.
    #[must_use]
    pub fn out_of_reach(&self) -> Vec<OutOfReach> {
        self.observed.traced.as_ref().map(TracedRun::out_of_reach).unwrap_or_default()
    }

    /// Measures the outputs, and finds the inputs as they were.
    ///
    /// # Errors
    /// [`RecordError`] names the first file that cannot serve.
    pub fn products(self) -> Result<Products, RecordError> {
        Products::take(self)
    }
}
