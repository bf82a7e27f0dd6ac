//! A folder, a key, and what a verifier would read.

use std::path::{Path, PathBuf};

use cdi_envelope::{Algorithm, Envelope};
use cdi_keys::SoftwareKey;
use cdi_recorder::{Materials, Ran, RecordError, Recorded, Run};
use cdi_types::{AnyStatement, Libraries, Report, Sha256, Statement, parse_statement};

pub(crate) fn key() -> SoftwareKey {
    SoftwareKey::dangerously_from_seed(Algorithm::EcdsaP256Sha256, &[7; 32]).unwrap()
}

/// A folder of a test. Its path is absolute, so that tests need not change the working directory.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder in memory, where the machine has one.
    pub(crate) fn in_memory() -> Option<Self> {
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
        if !mounts.lines().any(|line| line.contains(" /dev/shm tmpfs ")) {
            eprintln!("skipped: this machine has no tmpfs at `/dev/shm`");
            return None;
        }
        Some(Self(tempfile::tempdir_in("/dev/shm").unwrap()))
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().canonicalize().unwrap().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    pub(crate) fn script(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.write(name, text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

/// A run without declared files.
pub(crate) fn command(words: &[&str]) -> Run {
    let [program, arguments @ ..] = words else { panic!("no program") };
    Run {
        program: (*program).to_owned(),
        arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
        ..Run::default()
    }
}

/// `sh -c SCRIPT`, which writes the output `out` of a folder.
pub(crate) fn shell(folder: &Folder, script: &str) -> Run {
    Run {
        outputs: vec![folder.path("out")],
        ..command(&["sh", "-c", &script.replace("OUT", &folder.path("out"))])
    }
}

pub(crate) fn ran(run: Run) -> Result<Ran, RecordError> {
    Materials::take(run)?.run()
}

pub(crate) fn recorded(run: Run) -> Result<Recorded, RecordError> {
    ran(run)?.products()?.seal(&key(), &[])
}

pub(crate) fn report(recorded: &Recorded) -> Statement<Report> {
    statement(&recorded.sealed.line)
}

pub(crate) fn statement(line: &[u8]) -> Statement<Report> {
    let envelope = Envelope::parse(line).unwrap().into_untrusted();
    match parse_statement(envelope.payload()).unwrap().1 {
        AnyStatement::Report(report) => *report,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn digest(path: impl AsRef<Path>) -> Sha256 {
    Sha256::of(&std::fs::read(path).unwrap())
}

/// The last segments of the executables' paths, in their order.
pub(crate) fn names(report: &Report) -> Vec<String> {
    let last = |path: &str| PathBuf::from(path).file_name().unwrap().to_str().unwrap().to_owned();
    report.tool.executables.iter().map(|file| last(file.path.as_str())).collect()
}

pub(crate) fn libraries(report: &Report) -> Vec<String> {
    match &report.tool.libraries {
        Libraries::Measured(files) => files.iter().map(|file| file.path.to_string()).collect(),
        Libraries::Unmeasured => panic!("not measured"),
    }
}

/// Where a program of the machine is, links followed.
pub(crate) fn real(program: &str) -> PathBuf {
    ["/usr/bin", "/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.is_file())
        .unwrap()
        .canonicalize()
        .unwrap()
}
