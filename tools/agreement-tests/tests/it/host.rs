//! Running a guest in a host process, and what came of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cdi_wasm_aot::{CompilerOptions, Profile, assemble, compile};
use tempfile::TempDir;

pub(crate) const MEBIBYTE: u64 = 1 << 20;

/// A host binary: the gate's example `run-precompiled`.
pub(crate) struct Host(pub(crate) PathBuf);

/// What a host process left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// What one run may use up.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) memory_bytes: u64,
    pub(crate) time: Duration,
}

/// More than any guest here needs.
pub(crate) const AMPLE: Limits = Limits { memory_bytes: 64 * MEBIBYTE, time: Duration::from_secs(60) };

impl Host {
    /// The host that is built in this workspace, beside a compiler.
    pub(crate) fn unified() -> Self {
        Self(PathBuf::from(env!("CARGO_BIN_EXE_run-precompiled")))
    }

    /// The command that runs `artifact`.
    pub(crate) fn command(&self, artifact: &Path, profile: Profile, limits: Limits) -> Command {
        let mut command = Command::new(&self.0);
        command.env_clear().arg(profile.name()).arg(limits.memory_bytes.to_string());
        command.arg(limits.time.as_millis().to_string()).arg(artifact);
        command
    }

    /// Runs `artifact` to its end.
    pub(crate) fn run(&self, artifact: &[u8], profile: Profile, limits: Limits) -> Ended {
        let (_folder, path) = stored(artifact);
        let output = self.command(&path, profile, limits).output().unwrap();
        Ended {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs `artifact` with a standard error that nobody reads; gives the status and how long it took.
    pub(crate) fn run_unread(
        &self,
        artifact: &[u8],
        profile: Profile,
        limits: Limits,
    ) -> (Option<i32>, Duration) {
        let (_folder, path) = stored(artifact);
        let start = Instant::now();
        let mut child = self.command(&path, profile, limits).stderr(Stdio::piped()).spawn().unwrap();
        let kept_open = child.stderr.take();
        let status = child.wait().unwrap().code();
        drop(kept_open);
        (status, start.elapsed())
    }
}

impl Ended {
    /// The process failed with CDI's own status and this code.
    #[track_caller]
    pub(crate) fn failed_with(&self, code: &str) {
        assert_eq!(self.status, Some(125), "{self:?}");
        assert!(self.stderr.contains(&format!("[{code}]")), "{self:?}");
    }
}

/// A file that holds `artifact`, as long as the folder lives.
pub(crate) fn stored(artifact: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guest.cwasm");
    std::fs::write(&path, artifact).unwrap();
    (folder, path)
}

/// The artifact of a guest's text for `profile`, made in this process.
pub(crate) fn compiled(text: &str, profile: Profile) -> Vec<u8> {
    let module = assemble(text.as_bytes()).unwrap().artifact;
    compile(&module, profile, &CompilerOptions::default()).unwrap().artifact
}

/// The profile that is not `profile`.
pub(crate) fn other(profile: Profile) -> Profile {
    match profile {
        Profile::GuardPages => Profile::SoftwareChecks,
        Profile::SoftwareChecks => Profile::GuardPages,
    }
}
