//! A sub-run as it begins: what the kernel says of a process that stands before the first instruction of its program.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cdi_sys::Pid;
use cdi_types::{Exit, Operation, Timestamp};

use super::variables::Variables;
use crate::procfs::Proc;
use crate::report::platform;
use crate::{RecordError, Salt};

/// How a tool was executed.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) words: Vec<String>,
    pub(super) directory: PathBuf,
    variables: Variables,
}

impl Begun {
    /// Asks the kernel.
    ///
    /// # Errors
    /// Something that a report cannot tell; the process was killed meanwhile.
    pub(super) fn of(process: Pid) -> Result<Self, RecordError> {
        let proc = Proc::of_the_kernel().map_err(RecordError::ProcNotTheKernels)?;
        let directory = proc.link(process, "cwd").map_err(RecordError::TraceLost)?;
        let words = proc.read(process, "cmdline").map_err(RecordError::TraceLost)?;
        let words = words.strip_suffix(b"\0").unwrap_or(&words).split(|&byte| byte == 0);
        let word = |word: &[u8]| {
            String::from_utf8(word.to_vec())
                .map_err(|_| RecordError::NotUnicode { what: "an argument".to_owned() })
        };
        let words = words.map(word).collect::<Result<_, _>>()?;
        let block = proc.read(process, "environ").map_err(RecordError::TraceLost)?;
        Ok(Self { words, directory, variables: Variables::read(&block)? })
    }

    /// Where files lie that last no longer than the run.
    pub(super) fn temporary_folders(&self) -> Vec<PathBuf> {
        crate::environment::temporary_folders(self.variables.value("TMPDIR"))
    }

    /// As a report tells it, and what opens the commitments.
    pub(super) fn operation(
        self,
        given: &BTreeMap<String, String>,
        (started_at, finished_at): (Timestamp, Timestamp),
    ) -> Result<(Operation, Vec<Salt>), RecordError> {
        let (environment, salts) = self.variables.recorded(given)?;
        let mut words = self.words.into_iter();
        let program = words.next().unwrap_or_default();
        let not_unicode = |_| RecordError::NotUnicode { what: "the working directory".to_owned() };
        let operation = Operation {
            program,
            arguments: words.collect(),
            directory: self.directory.into_os_string().into_string().map_err(not_unicode)?,
            environment,
            settings: Default::default(),
            exit: Exit::Code(0),
            started_at,
            finished_at,
            platform: platform(),
        };
        Ok((operation, salts))
    }
}
