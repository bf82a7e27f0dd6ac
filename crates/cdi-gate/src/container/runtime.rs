//! The runtimes of containers, measured from the very bytes that are executed.

use std::ffi::CString;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::PathBuf;
use std::process::Command;

use cdi_types::{FileDigest, Libraries, MeasuredFile, RecordedPath};

use crate::elf;
use crate::native::plan::c_text;
use crate::native::{LaunchError, Sealed};

/// A runtime of containers, by the name of its executable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContainerRuntime {
    Runc,
    Crun,
    Runsc,
}

/// Where a host has such programs. Whoever starts this program does not choose another by a variable.
const FOLDERS: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/// The largest that is read: `runsc` has some 40 MB.
const MOST_BYTES: u64 = 256 << 20;
/// Where hosts with both hierarchies of control groups have the newer one.
const UNIFIED: &str = "/sys/fs/cgroup/unified";

impl ContainerRuntime {
    pub(crate) const ALL: [Self; 3] = [Self::Runc, Self::Crun, Self::Runsc];

    /// The executable's name.
    pub(crate) const fn program(self) -> &'static str {
        match self {
            Self::Runc => "runc",
            Self::Crun => "crun",
            Self::Runsc => "runsc",
        }
    }

    /// Options that decide what it provides. They are settings of the runtime, for certifications.
    pub(crate) const fn options(self) -> &'static [&'static str] {
        match self {
            Self::Runc | Self::Crun => &[],
            Self::Runsc => &["--platform=ptrace", "--network=none", "--ignore-cgroups"],
        }
    }

    /// The options as settings.
    pub(crate) fn settings(self) -> impl Iterator<Item = (String, String)> {
        self.options().iter().map(|text| {
            let (name, value) = text.split_once('=').unwrap_or((text, "true"));
            (name.trim_start_matches('-').to_owned(), value.to_owned())
        })
    }

    /// All arguments of a call of it, from its name on.
    pub(super) fn arguments(self, own: &[&str]) -> Result<Vec<CString>, LaunchError> {
        let (name, state) = ([self.program()], ["--root", "/tmp/state"]);
        let all = name.iter().chain(self.options()).chain(&state).chain(own);
        all.map(|text| c_text("argument", text)).collect()
    }

    /// Where it writes what goes wrong.
    pub(crate) const fn log(self) -> &'static str {
        match self {
            Self::Runc | Self::Runsc => "--log=/tmp/log",
            Self::Crun => "--log=file:/tmp/log",
        }
    }

    /// `crun` takes a host with both hierarchies for one with the newer, and finds no controllers there.
    pub(super) fn hides_unified_hierarchy(self) -> bool {
        self == Self::Crun && std::path::Path::new(UNIFIED).join("cgroup.procs").exists()
    }

    /// Whether it changes the owners of the files that its standard streams are.
    pub(super) const fn takes_streams(self) -> bool {
        matches!(self, Self::Runsc)
    }

    /// Whether a signal ends it, and the container with it, instead of being handed on to the program.
    pub(super) const fn dies_of_signals(self) -> bool {
        matches!(self, Self::Runsc)
    }

    /// # Errors
    /// That it is not there, in words.
    pub(crate) fn path(self) -> Result<PathBuf, String> {
        let mut candidates = FOLDERS.iter().map(|folder| PathBuf::from(folder).join(self.program()));
        let found = candidates.find(|path| path.is_file());
        found.ok_or_else(|| format!("`{}` is not installed", self.program()))
    }

    /// What it says of its version.
    pub(crate) fn version(self) -> Option<String> {
        let output = Command::new(self.path().ok()?).arg("--version").env_clear().output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let line = text.lines().next()?;
        Some(line.split_whitespace().next_back()?.to_owned())
    }
}

/// What a runtime writes of its own accord goes where its state is.
pub(super) fn environment() -> Vec<CString> {
    vec![c"PATH=/usr/sbin:/usr/bin:/sbin:/bin".to_owned(), c"XDG_RUNTIME_DIR=/tmp/state".to_owned()]
}

/// A runtime's executable, in a descriptor that nobody can change, with its digest.
#[derive(Debug)]
pub(crate) struct RuntimeFile {
    kind: ContainerRuntime,
    sealed: Sealed,
    digest: FileDigest,
    libraries: Libraries,
}

impl RuntimeFile {
    /// Reads the executable once; what was read is what is measured and what is executed.
    ///
    /// # Errors
    /// That it is not there or cannot be read, in words.
    pub(crate) fn of(kind: ContainerRuntime) -> Result<Self, String> {
        let path = kind.path()?;
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
        read.map_err(|error| format!("`{}` cannot be read: {error}", path.display()))?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(format!("`{}` is larger than any runtime", path.display()));
        }
        let sealed = Sealed::of(&bytes).map_err(|error| format!("it cannot be sealed: {error}"))?;
        let libraries = libraries(&bytes, &sealed);
        Ok(Self { kind, digest: FileDigest::of(&bytes), sealed, libraries })
    }

    pub(crate) const fn kind(&self) -> ContainerRuntime {
        self.kind
    }

    pub(crate) const fn sealed(&self) -> &Sealed {
        &self.sealed
    }

    pub(crate) const fn digest(&self) -> FileDigest {
        self.digest
    }

    pub(crate) const fn libraries(&self) -> &Libraries {
        &self.libraries
    }
}

/// The libraries that the loader would add, as it lists them itself, without running the program. Who can write them is
/// root: they are the host's word, as its kernel is.
fn libraries(bytes: &[u8], sealed: &Sealed) -> Libraries {
    let Some(interpreter) = elf::interpreter(bytes) else { return Libraries::Measured(Vec::new()) };
    let own = format!("/proc/{}/fd/{}", std::process::id(), sealed.as_fd().as_raw_fd());
    let listed = Command::new(&interpreter).arg("--list").arg(own).env_clear().output();
    let Some(output) = listed.ok().filter(|output| output.status.success()) else {
        return Libraries::Unmeasured;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut measured = Vec::new();
    for line in text.lines() {
        // `NAME => PATH (ADDRESS)`, the loader itself without the arrow; what the kernel brings has no path.
        let words = line.split_whitespace().find(|word| word.starts_with('/'));
        let Some(path) = words else { continue };
        match (std::fs::read(path), RecordedPath::parse(path)) {
            (Ok(bytes), Ok(path)) => {
                measured.push(MeasuredFile { path, sha256: FileDigest::of(&bytes) });
            }
            _ => return Libraries::Unmeasured,
        }
    }
    Libraries::Measured(measured)
}
