//! The tools of a build that are recorded, and what became of each run of one.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use cdi_keys::Signer;
use cdi_sys::Pid;
use cdi_types::{ArtifactDigest, FileDigest, StatementId};
use rustix::fs::{OFlags, fstat};

use crate::file;
use crate::observe::scripts;
use crate::procfs::Proc;
use crate::{FileRole, RecordError, Salt};

/// A tool that is recorded whenever a build executes it, by whatever name.
pub struct Tool {
    /// Where its executable is.
    pub program: PathBuf,
    /// Its report key.
    pub signer: Arc<dyn Signer>,
    /// The certifications that its reports are to name.
    pub certifications: Vec<StatementId>,
    /// Evidence to carry along to its outputs.
    pub evidence: Vec<Vec<u8>>,
}

/// The tools of a build, each known by the file that is executed.
pub struct Tools {
    tools: Vec<Tool>,
    files: Vec<(u64, u64)>,
    /// Whether one is a script, so that what is executed is an interpreter.
    scripts: bool,
}

impl Tools {
    /// Finds the file of each tool.
    ///
    /// # Errors
    /// A file that cannot be opened or is no regular one; [`RecordError::PathRepeated`] if two tools are one file.
    pub fn find(tools: Vec<Tool>) -> Result<Self, RecordError> {
        let mut found = Self { tools: Vec::new(), files: Vec::new(), scripts: false };
        for tool in tools {
            let path = tool.program.to_string_lossy().into_owned();
            let failed = |fault| RecordError::file(FileRole::Executable, path.clone(), fault);
            let mut file = file::open(&tool.program).map_err(failed)?;
            let of = file.metadata().map_err(|error| failed(file::fault(error)))?;
            if found.files.contains(&(of.dev(), of.ino())) {
                return Err(RecordError::PathRepeated { path });
            }
            found.scripts |= begins_as_script(&mut file);
            found.files.push((of.dev(), of.ino()));
            found.tools.push(tool);
        }
        Ok(found)
    }

    /// What the executable of a tool is, for whoever has to see that a certification is about it.
    ///
    /// # Errors
    /// The file cannot be read, or changed meanwhile.
    pub fn measure(program: &std::path::Path) -> Result<FileDigest, RecordError> {
        let failed = |fault| RecordError::file(FileRole::Executable, program.to_string_lossy(), fault);
        let file = file::open(program).map_err(failed)?;
        Ok(FileDigest::new(file::measure(&file).map_err(failed)?.digest))
    }

    pub(super) fn tool(&self, number: usize) -> Option<&Tool> {
        self.tools.get(number)
    }

    /// The tool that a process has just executed: its file, or a script that the file interprets.
    pub(super) fn executed_by(&self, process: Pid) -> Option<usize> {
        let proc = Proc::of_the_kernel().ok()?;
        let stat = fstat(proc.follow(process, "exe", OFlags::PATH).ok()?).ok()?;
        let place = |inode| self.files.iter().position(|file| *file == inode);
        place((stat.st_dev, stat.st_ino)).or_else(|| {
            let asked_for =
                if self.scripts { scripts(process, &file::Stamp::told(&stat)).ok()? } else { Vec::new() };
            asked_for.iter().find_map(|script| {
                let of = script.file.metadata().ok()?;
                place((of.dev(), of.ino()))
            })
        })
    }
}

fn begins_as_script(file: &mut File) -> bool {
    let mut head = [0; 2];
    file.read_exact(&mut head).is_ok() && head == *b"#!"
}

/// A run of a tool that is over.
#[derive(Debug)]
pub struct ToolRun {
    /// Which tool, by its place among the tools.
    pub tool: usize,
    /// The words of its command.
    pub command: Vec<String>,
    /// The folder that it ran in.
    pub directory: PathBuf,
    /// What was refused to it, since nobody could vouch for the bytes.
    pub refusals: Vec<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a run of a tool.
#[derive(Debug)]
pub enum Outcome {
    /// There is a report.
    Recorded {
        /// Which.
        report: StatementId,
        /// What it is about.
        outputs: Vec<(PathBuf, ArtifactDigest)>,
        /// Where it was written.
        bundles: Vec<PathBuf>,
        /// What opens the commitments in it.
        salts: Vec<Salt>,
    },
    /// It made nothing that lasts.
    NothingMade,
    /// There is none, for this reason.
    Unrecorded(RecordError),
}
