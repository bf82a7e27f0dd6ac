//! What a container is made for: a static program, a root file system, or a WebAssembly runtime with its module.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{ContainerRuntime, archive};
use crate::native::{LaunchError, Sealed};
use crate::wasm::ArtifactKind;

/// The program's name in a root.
const PROGRAM: &str = "program";
/// Names in a root that are not for directories that are given.
const TAKEN: [&str; 4] = [PROGRAM, "proc", "dev", "sys"];

/// The bytes that were decided about, and what they are.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    /// A static program.
    Program(&'a [u8]),
    /// A root file system; the first argument names the program in it.
    Archive(&'a [u8]),
    /// A static program that runs a module.
    Module {
        /// The program.
        runtime: &'a Sealed,
        /// The module.
        bytes: &'a [u8],
        /// Its name in the root.
        name: &'static str,
        /// Address space that the runtime takes for it and does not use, in bytes.
        reserved: u64,
    },
}

impl<'a> Content<'a> {
    /// Of an artifact that a container of its own is made for.
    pub(crate) fn of(artifact: &'a [u8], kind: ArtifactKind) -> Self {
        match kind {
            ArtifactKind::RootFileSystem => Self::Archive(artifact),
            _ => Self::Program(artifact),
        }
    }

    /// Puts it into an empty root; out come the arguments of the program to start, whose name stands first.
    pub(super) fn unpack(&self, root: &Path, arguments: &[String]) -> Result<Vec<String>, LaunchError> {
        let filed = |error| LaunchError::resources("a root file system", error);
        std::fs::create_dir(root).map_err(filed)?;
        let rest = arguments.iter().skip(1).cloned();
        match self {
            Self::Archive(bytes) => {
                let arguments: Vec<String> = rest.collect();
                program_of_archive(bytes, &arguments)?;
                archive::unpack(bytes, root)?;
                return Ok(arguments);
            }
            Self::Program(bytes) => write(&root.join(PROGRAM), 0o555, &mut &**bytes),
            Self::Module { runtime, bytes, name, .. } => {
                write(&root.join(PROGRAM), 0o555, &mut runtime.reader())
                    .and_then(|()| write(&root.join(name), 0o444, &mut &**bytes))
            }
        }
        .map_err(filed)?;
        Ok(std::iter::once(format!("/{PROGRAM}")).chain(rest).collect())
    }

    /// Whether the root has something else by this name.
    pub(super) fn has(&self, directory: &str) -> bool {
        let module = match self {
            Self::Module { name, .. } => Some(*name),
            Self::Program(_) | Self::Archive(_) => None,
        };
        TAKEN.into_iter().chain(module).any(|name| name == directory)
    }

    /// The limit of each process's memory, as the container's runtime is told it. What WebAssembly's runtimes reserve and never
    /// touch is no memory; gVisor limits nothing but address space.
    pub(super) const fn limit(&self, runtime: ContainerRuntime, memory: u64) -> (&'static str, u64) {
        match (self, runtime) {
            (Self::Program(_) | Self::Archive(_), _) => ("RLIMIT_AS", memory),
            (Self::Module { .. }, ContainerRuntime::Runc | ContainerRuntime::Crun) => ("RLIMIT_DATA", memory),
            (Self::Module { reserved, .. }, ContainerRuntime::Runsc) => {
                ("RLIMIT_AS", memory.saturating_add(*reserved))
            }
        }
    }
}

/// Holds if the first argument names a program of the archive (rule G-ARCHIVE).
///
/// # Errors
/// `archive-without-program` if it does not, `archive-refused` if the archive cannot be read.
pub fn program_of_archive(archive: &[u8], arguments: &[String]) -> Result<(), LaunchError> {
    let program = arguments.first().filter(|program| program.starts_with('/')).ok_or(LaunchError::NoEntry)?;
    match archive::has_program(archive, program)? {
        true => Ok(()),
        false => Err(LaunchError::NoProgram { path: program.escape_debug().to_string() }),
    }
}

fn write(path: &Path, mode: u32, bytes: &mut dyn io::Read) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    io::copy(bytes, &mut file)?;
    file.set_permissions(Permissions::from_mode(mode))
}
