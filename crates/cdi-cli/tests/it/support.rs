//! A folder in which the binary is run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

pub(crate) const CLAIMS: &str = r#"{
  "claims": [ { "property": "WASM_VALIDATED", "effect": "attests", "invocation": "default" } ],
  "invocations": { "default": { "program": ["tool"], "arguments": [ {"input": "code"} ],
    "environment": {}, "exitStatus": [0] } }
}"#;

/// What a command said, and how it ended.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) struct Scene {
    dir: tempfile::TempDir,
    /// What a user's caches are kept in, out of the way of what a test makes.
    cache: tempfile::TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let scene = Self { dir: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        scene.write("claims.json", CLAIMS.as_bytes());
        scene.write("tool", b"the tool's executable");
        scene
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdi"));
        command.args(line.split_whitespace()).current_dir(self.dir.path()).stdin(Stdio::null());
        command.env("CDI_STATE", self.dir.path().join(".state"));
        command.env("XDG_CACHE_HOME", self.cache.path());
        command.env_remove("CDI_AGENT").env_remove("SSH_AUTH_SOCK");
        // Wide, so that a test finds a sentence whole; what is folded where is what the snapshots are for.
        command.env("COLUMNS", "1000");
        command
    }

    /// Runs `cdi` with words that have no spaces in them.
    pub(crate) fn run(&self, line: &str) -> Ended {
        ended(&self.command(line).output().unwrap())
    }

    /// As [`Self::run`], for a command that must do what was asked.
    pub(crate) fn done(&self, line: &str) -> String {
        let ended = self.run(line);
        assert_eq!(ended.status, 0, "cdi {line}: {}", ended.stderr);
        ended.stdout
    }

    /// As [`Self::run`], for a command that must fail with this code.
    pub(crate) fn fails(&self, line: &str, code: &str) -> String {
        let ended = self.run(line);
        assert_eq!(ended.status, 2, "cdi {line}: {}", ended.stdout);
        assert!(ended.stderr.contains(&format!("[{code}]")), "cdi {line}: {}", ended.stderr);
        assert!(ended.stdout.is_empty(), "{}", ended.stdout);
        ended.stderr
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn lines(&self, name: &str) -> usize {
        self.read(name).iter().filter(|&&byte| byte == b'\n').count()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        std::fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o7777
    }

    /// An authority `root`, a tool's key and its request.
    pub(crate) fn with_request(self) -> Self {
        self.done(&format!("authority create root --name Root --at {T0}"));
        self.done("key generate --out tool.pem");
        self.done(&request("tool.pem", "cc", "request.jsonl"));
        self
    }
}

pub(crate) const T0: &str = "2026-11-21T12:00:00Z";
pub(crate) const T1: &str = "2026-11-22T12:00:00Z";

pub(crate) fn request(key: &str, tool: &str, out: &str) -> String {
    format!(
        "request certification --key {key} --tool-name {tool} --tool-version 1.0 --supplier acme --executable tool \
         --linkage static --custody software --out {out}"
    )
}

pub(crate) fn certify(dir: &str, request: &str, out: &str) -> String {
    format!(
        "authority certify {dir} --request {request} --claims claims.json --for 90d --vetting-method review \
         --at {T0} --out {out}"
    )
}

/// The value of a line `  word  value`.
pub(crate) fn field(text: &str, word: &str) -> String {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(word)).unwrap();
    line.split_whitespace().next().unwrap().to_owned()
}

/// A program of the system's in the scene's folder, for which `cdi` is in the path.
pub(crate) fn on_path(scene: &Scene, program: &str) -> Command {
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_cdi")).parent().unwrap().display();
    let mut command = Command::new(program);
    command.current_dir(scene.path(".")).stdin(Stdio::null()).env("COLUMNS", "1000");
    command.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap()));
    command.env("CDI_STATE", scene.path(".state")).env("XDG_CACHE_HOME", scene.cache.path());
    command.env_remove("CDI_CONFIG");
    command.env_remove("CDI_AGENT").env_remove("SSH_AUTH_SOCK");
    command
}

/// Whether a program of the system's is here; without it a test is passed over.
pub(crate) fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !there {
        passed_over(&format!("`{program}` is not here"));
    }
    there
}

/// A test is passed over, for want of something on this machine; where everything was installed that is a failure.
pub(crate) fn passed_over(reason: &str) {
    assert!(
        std::env::var_os("CDI_TEST_ENVIRONMENTS").is_none(),
        "tests were told that all is here: {reason}"
    );
    eprintln!("skipped: {reason}");
}

pub(crate) fn ended(output: &Output) -> Ended {
    Ended {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}
