//! Why a run is not recorded. Nothing is signed then.

use std::io;

use cdi_keys::SealError;
use cdi_store::StoreError;
use cdi_types::{PathError, StatementError};

use crate::TreeFault;

/// What a file was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRole {
    /// A declared input.
    Input,
    /// A declared output.
    Output,
    /// Something that ran.
    Executable,
}

impl FileRole {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Executable => "executable",
        }
    }
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// There is none.
    #[error("is missing")]
    Missing,
    /// It is a folder.
    #[error("is a folder, expected a file")]
    Folder,
    /// It is a file, or nothing that has files below it, and was declared as a folder.
    #[error("is no folder, and was declared as one")]
    NoFolder,
    /// The operating system does not tell of writes to it, in a file system where times do not tell of them.
    #[error("is on a file system in memory, where the operating system does not tell of writes to it: {0}")]
    Unfollowed(io::Error),
    /// It is a pipe, a device, a socket, or (an output) a symbolic link.
    #[error("is not a regular file")]
    NotRegular,
    /// It is an output that has a second name, by which it can be changed.
    #[error("has {names} hard links, expected 1")]
    Linked {
        /// How many names it has.
        names: u64,
    },
    /// It was written to, replaced or touched while it had to stay the same.
    #[error("changed while the tool ran or while it was read")]
    Changed,
    /// The operating system does not give it out.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// Somebody has it open for writing, by a descriptor or in memory, when it is to be used.
    #[error("is open for writing")]
    OpenForWriting,
    /// It is somebody else's, in memory, where no write shows.
    #[error(
        "belongs to another user, and is on a file system in memory, where a write by that user shows nowhere"
    )]
    Unwatched,
    /// Its name leads through a link of the kernel's in `/proc` that means another file to each process.
    #[error("is named through a link that means another file to each process, such as `/dev/fd/0`")]
    ByDescriptor,
    /// It, or a folder or link on the way to it, is on a file system that may give each reader other bytes.
    #[error("is on a file system that may give each reader other bytes (of type {kind:#x}), or behind one")]
    NotLocal {
        /// The type, as statfs(2) tells it.
        kind: u32,
    },
}

/// A run that is not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A path of a file cannot be recorded.
    #[error("{0}")]
    Path(#[from] PathError),
    /// One file is named twice, as input, output or both.
    #[error("the file `{path}` is named twice")]
    PathRepeated {
        /// The path.
        path: String,
    },
    /// No output was declared, so that a report would be about nothing.
    #[error("there is no output to make a report about")]
    NoOutput,
    /// An inspection has left a file.
    #[error("an inspection has no outputs, and the tool has written `{path}`")]
    InspectionWrote {
        /// The file.
        path: String,
    },
    /// What is to have been inspected was not read.
    #[error("the tool did not read `{path}`, so that it was not inspected")]
    NotInspected {
        /// The file.
        path: String,
    },
    /// A file of the run cannot serve.
    #[error("the {} `{path}` {fault}", role.as_str())]
    File {
        /// What it was for.
        role: FileRole,
        /// The file.
        path: String,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// A folder cannot serve, for what is in it.
    #[error("the {} folder `{path}` {fault}", role.as_str())]
    Tree {
        /// What it was for.
        role: FileRole,
        /// The folder.
        path: String,
        /// What is wrong with it.
        fault: TreeFault,
    },
    /// An output is exactly as it was before the run.
    #[error("the output `{path}` was there before the run, and the tool did not write it")]
    OutputNotWritten {
        /// The file.
        path: String,
    },
    /// A variable's name is empty or has `=` or a null byte in it, or its value has a null byte.
    #[error("`{name}` cannot be an environment variable: an empty name, or `=` or a null byte in it")]
    VariableMalformed {
        /// The name, or what was given for one.
        name: String,
    },
    /// A variable is given twice.
    #[error("the environment variable `{name}` is given twice")]
    VariableRepeated {
        /// Its name.
        name: String,
    },
    /// Text that a report cannot carry, since JSON has none of it.
    #[error("{what} is not UTF-8, so that no report can carry it")]
    NotUnicode {
        /// What it is.
        what: String,
    },
    /// Argument zero names no program.
    #[error("there is no program `{program}` {place}")]
    ProgramMissing {
        /// Argument zero.
        program: String,
        /// Where it was looked for.
        place: String,
    },
    /// The program's file is not executable, or no program at all.
    #[error("the program `{program}` cannot be executed: {source}")]
    ProgramUnusable {
        /// Argument zero.
        program: String,
        /// What the operating system says.
        source: io::Error,
        /// That may be because it, its interpreter or its loader is not among what the run was to reach.
        confined: bool,
    },
    /// The operating system does not let the tool be observed.
    #[error("the operating system does not let the tool be observed: {0}")]
    TraceRefused(io::Error),
    /// The operating system does not let the recorder make the tool's calls, which level `traced` needs.
    #[error("the operating system does not let the tool's files be watched: {0}")]
    ListenRefused(io::Error),
    /// The operating system does not hold the tool to what was declared, which level `confined` needs.
    #[error("the operating system does not confine the tool: {0}")]
    FenceRefused(io::Error),
    /// What a confined run is to reach cannot be used.
    #[error("`{path}`, which the tool is to reach, cannot be used: {source}")]
    OutOfReach {
        /// The path, as it was given.
        path: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// A call that observes the tool failed.
    #[error("the tool could not be observed to its end: {0}")]
    TraceLost(io::Error),
    /// The tool's first process has ended and others have not.
    #[error("the tool has ended but left processes running ({count}), which were killed")]
    ToolStillRunning {
        /// How many.
        count: usize,
    },
    /// Of a build whose tools are recorded one by one: the tool ended otherwise than with status 0.
    #[error("the tool ended with status {status}")]
    ToolFailed {
        /// As a shell tells it: 128 + N if signal N ended it.
        status: u8,
    },
    /// Of a build whose tools are recorded one by one: the tool's first process has ended and others have not.
    #[error("the tool has ended but left processes running ({count})")]
    ToolLeftProcesses {
        /// How many.
        count: usize,
    },
    /// It was given something open that gives bytes which nobody can measure, or takes those of others.
    #[error("the tool was given descriptor {number} open, which is {what}")]
    DescriptorUnmeasured {
        /// The descriptor.
        number: i32,
        /// What it is.
        what: String,
    },
    /// Others of the build wrote to what it made, while it ran.
    #[error("others wrote to `{path}` while the tool ran")]
    WrittenByOthers {
        /// The file, or what stands in its place.
        path: String,
    },
    /// The recorder cannot read itself.
    #[error("the recorder cannot measure itself: {0}")]
    RecorderUnmeasured(io::Error),
    /// What stands at `/proc` does not tell what runs.
    #[error("`/proc` does not tell what runs: {0}")]
    ProcNotTheKernels(io::Error),
    /// The dynamic linker was told to put other code into the recorder.
    #[error("`{by}` puts other code into the recorder")]
    RecorderPreloaded {
        /// What told it.
        by: String,
    },
    /// The kernel plays another system for the recorder and all that it starts.
    #[error(
        "the tool would find another platform than this one: the recorder's personality is {personality:#x}"
    )]
    PlatformAltered {
        /// As personality(2) tells it, without what is harmless.
        personality: u32,
    },
    /// There is no randomness for salts.
    #[error("the operating system gives no randomness")]
    NoRandomness,
    /// A bundle or an output cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line of a bundle that was named as evidence is no statement.
    #[error("line {line} of `{path}` is no evidence: {detail}")]
    EvidenceUnusable {
        /// The bundle.
        path: String,
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        detail: String,
    },
    /// The report would break a rule of its form.
    #[error("the report would be refused: {0}")]
    Statement(#[from] StatementError),
    /// The report was not sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl RecordError {
    pub(crate) fn tree(role: FileRole, path: impl Into<String>, fault: TreeFault) -> Self {
        Self::Tree { role, path: path.into(), fault }
    }

    pub(crate) fn file(role: FileRole, path: impl Into<String>, fault: FileFault) -> Self {
        Self::File { role, path: path.into(), fault }
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Path(error) => error.code(),
            Self::PathRepeated { .. } => "path-repeated",
            Self::NoOutput => "output-undeclared",
            Self::InspectionWrote { .. } => "inspection-wrote",
            Self::NotInspected { .. } => "inspected-unread",
            Self::File { role, fault, .. } => file_code(*role, fault),
            Self::Tree { fault, .. } => fault.code(),
            Self::OutputNotWritten { .. } => "output-not-written",
            Self::VariableMalformed { .. } => "variable-malformed",
            Self::VariableRepeated { .. } => "variable-repeated",
            Self::NotUnicode { .. } => "text-not-unicode",
            Self::ProgramMissing { .. } => "program-missing",
            Self::ProgramUnusable { .. } => "program-unusable",
            Self::TraceRefused(_) => "trace-refused",
            Self::ListenRefused(_) => "listen-refused",
            Self::FenceRefused(_) => "fence-refused",
            Self::OutOfReach { .. } => "reach-unusable",
            Self::TraceLost(_) => "trace-lost",
            Self::ToolStillRunning { .. } => "tool-still-running",
            Self::ToolFailed { .. } => "tool-failed",
            Self::ToolLeftProcesses { .. } => "tool-left-processes",
            Self::DescriptorUnmeasured { .. } => "descriptor-unmeasured",
            Self::WrittenByOthers { .. } => "written-by-others",
            Self::RecorderUnmeasured(_) => "recorder-unmeasured",
            Self::ProcNotTheKernels(_) => "proc-not-the-kernels",
            Self::RecorderPreloaded { .. } => "recorder-preloaded",
            Self::PlatformAltered { .. } => "platform-altered",
            Self::NoRandomness => "no-randomness",
            Self::Store(error) => error.code(),
            Self::EvidenceUnusable { .. } => "evidence-unusable",
            Self::Statement(error) => error.code(),
            Self::Seal(error) => error.code(),
        }
    }

    /// What to try, where there is something.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Tree { fault, .. } => fault.hint(),
            Self::Path(PathError::NotNormalised { .. }) => {
                Some("name the file without `..`, or change to another folder first")
            }
            Self::NoOutput => Some(
                "name each file that the tool writes with --output, also where it lies in the temporary folder, or that it inspects with --inspect",
            ),
            Self::InspectionWrote { .. } => Some(
                "tell the tool to write nothing, or into its temporary folder; what it makes needs a report of its own",
            ),
            Self::File { role: FileRole::Input, fault: FileFault::Folder, .. } => {
                Some("for `cdi wrap`, write a slash behind its name: all files below it are one input then")
            }
            Self::File { role: FileRole::Output, fault: FileFault::Folder, .. } => {
                Some("for `cdi wrap`, write a slash behind its name: all files below it are one output then")
            }
            Self::File { fault: FileFault::NoFolder, .. } => Some("leave out the slash behind its name"),
            Self::File { fault: FileFault::Unfollowed(_), .. } => Some("make a copy of it on a disk"),
            Self::File { role: FileRole::Input, fault: FileFault::Changed, .. } => {
                Some("let the tool write to another file, and leave the inputs alone while it runs")
            }
            Self::File { role: FileRole::Output, fault: FileFault::Missing, .. } => {
                Some("name the file that the tool really writes, as seen from this folder")
            }
            Self::File { fault: FileFault::OpenForWriting, .. } => {
                Some("let whoever writes it finish, and close it, before the run")
            }
            Self::File { fault: FileFault::Unwatched, .. } => Some("make a copy of your own, on a disk"),
            Self::RecorderPreloaded { .. } => {
                Some("unset LD_PRELOAD, LD_AUDIT and LD_LIBRARY_PATH, and leave /etc/ld.so.preload empty")
            }
            Self::PlatformAltered { .. } => {
                Some("start it without `setarch` or `linux32`; wrap that instead")
            }
            Self::File { fault: FileFault::ByDescriptor, .. } => Some("name the file itself"),
            Self::File { fault: FileFault::NotLocal { .. }, .. } => {
                Some("copy it to a local file system, such as ext4, xfs, btrfs or tmpfs")
            }
            Self::ProcNotTheKernels(_) => {
                Some("mount procfs there, in the process namespace of the run, and nothing over it")
            }
            Self::OutputNotWritten { .. } => Some("remove the file before the run"),
            Self::ProgramMissing { .. } => Some("give the program's path, or set PATH with --env"),
            Self::ProgramUnusable { confined: true, .. } => Some(
                "let it reach its own file, its interpreter and its libraries, such as with `--allow-read /usr`; a run with \
                 --suggest says what it needs",
            ),
            Self::TraceRefused(_) => {
                Some("allow ptrace: not inside another tracer, nor in a container that forbids it")
            }
            Self::ListenRefused(_) => Some(
                "this needs Linux 5.19 or later, and no other listener for system calls around it; or record with \
                 `--capture declared`",
            ),
            Self::FenceRefused(_) => {
                Some("this needs Linux 6.12 or later with Landlock; or record with `--capture traced`")
            }
            Self::OutOfReach { .. } => Some("make it before the run, or leave it out"),
            Self::DescriptorUnmeasured { .. } => {
                Some("let the tool read a file in place of a pipe, and write into one of its own")
            }
            Self::WrittenByOthers { .. } => Some("let each tool write into a file of its own"),
            Self::ToolStillRunning { .. } | Self::ToolLeftProcesses { .. } => {
                Some("make the tool wait for the processes that it starts")
            }
            _ => None,
        }
    }
}

const fn file_code(role: FileRole, fault: &FileFault) -> &'static str {
    use {FileFault as Fault, FileRole as Role};
    match (role, fault) {
        (Role::Input, Fault::Missing) => "input-missing",
        (Role::Input, Fault::Folder) => "input-is-folder",
        (Role::Input, Fault::NotRegular) => "input-not-regular",
        (Role::Input, Fault::NoFolder) => "input-no-folder",
        (Role::Input | Role::Executable, Fault::Unfollowed(_)) => "input-unwatched",
        (Role::Output, Fault::NoFolder) => "output-no-folder",
        (Role::Output, Fault::Unfollowed(_)) => "output-unwatched",
        (Role::Input, Fault::Linked { .. }) => "input-linked",
        (Role::Input, Fault::Changed) => "input-changed",
        (Role::Input, Fault::Unreadable(_)) => "input-unreadable",
        (Role::Input, Fault::OpenForWriting) => "input-open-for-writing",
        (Role::Input, Fault::Unwatched) => "input-unwatched",
        (Role::Input, Fault::ByDescriptor) => "input-by-descriptor",
        (Role::Input, Fault::NotLocal { .. }) => "input-not-local",
        (Role::Output, Fault::Missing) => "output-missing",
        (Role::Output, Fault::Folder) => "output-is-folder",
        (Role::Output, Fault::NotRegular) => "output-not-regular",
        (Role::Output, Fault::Linked { .. }) => "output-linked",
        (Role::Output, Fault::Changed) => "output-changed",
        (Role::Output, Fault::Unreadable(_)) => "output-unreadable",
        (Role::Output, Fault::OpenForWriting) => "output-open-for-writing",
        (Role::Output, Fault::Unwatched) => "output-unwatched",
        (Role::Output, Fault::ByDescriptor) => "output-by-descriptor",
        (Role::Output, Fault::NotLocal { .. }) => "output-not-local",
        (Role::Executable, Fault::Missing) => "executable-missing",
        (Role::Executable, Fault::Folder | Fault::NoFolder | Fault::NotRegular | Fault::Linked { .. }) => {
            "executable-not-regular"
        }
        (Role::Executable, Fault::Changed) => "executable-changed",
        (Role::Executable, Fault::Unreadable(_)) => "executable-unreadable",
        (Role::Executable, Fault::OpenForWriting) => "executable-open-for-writing",
        (Role::Executable, Fault::Unwatched) => "executable-unwatched",
        (Role::Executable, Fault::ByDescriptor) => "executable-by-descriptor",
        (Role::Executable, Fault::NotLocal { .. }) => "executable-not-local",
    }
}
