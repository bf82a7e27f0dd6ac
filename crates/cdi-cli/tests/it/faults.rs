//! Faults of the machine around a decision (attacks A-CRY-17, A-CRY-18): whatever fails, nothing fails into an allow.

mod changing;
mod endurance;
mod interrupted;
mod writing;

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cdi_testkit::scenario::Scenario;

use crate::deployment::{Deployment, verify};
use crate::support::passed_over;

/// Bytes that a gate takes for a module that was compiled ahead of time, and that nobody ever reported.
fn unreported_module() -> Vec<u8> {
    let mut header = vec![0; 64];
    header[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\xc8");
    // Its flags: a module.
    header[48] = 1;
    header
}

#[test]
fn a_verdict_that_cannot_be_written_is_no_success() {
    let deployment = Deployment::of(&Scenario::full());
    assert_eq!(deployment.cdi(&verify("")).status.code(), Some(0), "allowed where it can be written");
    for line in [verify(""), verify("--output json")] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let status = deployment.command(&line).stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(2), "{line}");
    }
}

#[test]
fn the_status_is_the_verdict_when_nobody_reads_on() {
    let (allowed, denied) = (Scenario::full(), Scenario::full().without("inspector-runs"));
    for (scenario, expected) in [(allowed, 0), (denied, 1)] {
        let deployment = Deployment::of(&scenario);
        for line in [verify(""), verify("--output json")] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let status = deployment.command(&line).stdout(writer).stderr(Stdio::null()).status().unwrap();
            assert_eq!(status.code(), Some(expected), "{line}");
        }
    }
}

#[test]
fn completions_that_cannot_be_written_are_told_and_a_closed_pipe_is_not() {
    let completions = |out: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdi"));
        command.args(["completions", "bash"]).stdin(Stdio::null()).stdout(out).output().unwrap()
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let nobody = completions(writer.into());
    assert_eq!((nobody.status.code(), nobody.stderr), (Some(0), Vec::new()));
    let full = completions(File::options().write(true).open("/dev/full").unwrap().into());
    assert_eq!(full.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&full.stderr).contains("[output-unwritable]"));
}

#[test]
fn without_memory_a_denial_never_turns_into_an_allow() {
    let denied = Deployment::of(&Scenario::full().without("inspector-runs"));
    let refused = denied.cdi(&verify(""));
    assert_eq!(refused.status.code(), Some(1));
    let mut starved = 0;
    for kib in (4..60).map(|step| step * 1_000) {
        let script = format!("ulimit -v {kib}; exec \"$0\" {}", verify(""));
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_cdi")]).current_dir(denied.folder.path());
        shell.env("CDI_STATE", denied.folder.path().join(".state"));
        let output = shell.stdin(Stdio::null()).output().unwrap();
        assert!(!output.status.success(), "{kib} KiB");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("verdict: allow"), "{kib} KiB");
        starved += u32::from(output.status.code() != Some(1) || output.status.signal().is_some());
    }
    assert!(starved > 0, "none of these limits was too small");
}

/// Every system call by which a decision gets to know something or writes something down, or waits for another.
const CALLS: [&str; 23] = [
    "access",
    "close",
    "fcntl",
    "fdatasync",
    "flock",
    "fsync",
    "futex",
    "getdents64",
    "getrandom",
    "ioctl",
    "linkat",
    "lseek",
    "mkdir",
    "mmap",
    "munmap",
    "newfstatat",
    "openat",
    "pread64",
    "pwrite64",
    "read",
    "renameat",
    "statx",
    "write",
];

/// Lets one call after another fail, of each kind the first, the second and so on; of each run the status and what it said.
fn with_each_fault(
    deployment: &Deployment,
    line: &str,
    mut look: impl FnMut(&str, Option<i32>, &str),
) -> u32 {
    let log = deployment.folder.path().join("calls.log");
    let state = deployment.folder.path().join(".state");
    let before = tree(&state);
    let mut faults = 0;
    for call in CALLS {
        for when in 1..1_000 {
            let fault = format!("inject={call}:error=EIO:when={when}");
            let mut strace = Command::new("strace");
            strace.args(["-f", "-qq", "-e", &format!("trace={call}"), "-e", &fault, "-o"]).arg(&log);
            strace.arg(env!("CARGO_BIN_EXE_cdi")).args(line.split_whitespace());
            strace.current_dir(deployment.folder.path()).stdin(Stdio::null());
            let output = strace.env_remove("CDI_CONFIG").env("CDI_STATE", &state).output().unwrap();
            if !std::fs::read_to_string(&log).unwrap().contains("(INJECTED)") {
                break;
            }
            look(&fault, output.status.code(), &String::from_utf8_lossy(&output.stdout));
            // What one fault has done to the memory is not the next one's.
            if tree(&state) != before {
                std::fs::remove_dir_all(&state).unwrap();
                std::fs::create_dir(&state).unwrap();
                for (path, bytes) in &before {
                    std::fs::write(path, bytes.as_deref().unwrap()).unwrap();
                }
            }
            faults += 1;
        }
    }
    faults
}

/// A.14: an error of the machine at any call never allows. What is revoked is known from this host's memory alone.
#[test]
fn a_fault_at_any_call_never_allows() {
    if Command::new("strace").arg("--version").output().is_err() {
        passed_over("this machine has no strace, which lets calls fail");
        return;
    }
    let deployment = Deployment::of(&crate::memory::today(2, &crate::memory::revoking()));
    let line = "verify app.cwasm";
    assert_eq!(deployment.cdi(line).status.code(), Some(1));
    let bundle = crate::memory::today(1, &serde_json::json!([]));
    crate::memory::beside(&deployment, &bundle);
    assert_eq!(deployment.cdi(line).status.code(), Some(1), "the memory has the newer list");
    let faults = with_each_fault(&deployment, line, |fault, status, said| {
        assert!(status != Some(0) && !said.contains("verdict: allow"), "{fault}: {status:?} {said}");
    });
    assert!(faults > 80, "{faults} calls failed");
}

#[test]
fn what_is_refused_leaves_no_trace() {
    let deployment = Deployment::of(&Scenario::full());
    let folder = deployment.folder.path();
    std::fs::write(folder.join("other.cwasm"), unreported_module()).unwrap();
    for name in ["home", "temporary", "cache"] {
        std::fs::create_dir(folder.join(name)).unwrap();
    }
    // What this host remembers begins with its first decision, whichever way that goes.
    assert_eq!(deployment.cdi("run other.cwasm").status.code(), Some(126));
    let before = tree(folder);
    let mut run = deployment.command("run other.cwasm");
    run.env("HOME", folder.join("home")).env("TMPDIR", folder.join("temporary"));
    run.env("XDG_CACHE_HOME", folder.join("cache")).env("XDG_STATE_HOME", folder.join("cache"));
    let output = run.output().unwrap();
    assert_eq!(output.status.code(), Some(126), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.is_empty());
    assert_eq!(tree(folder), before);
}

/// Every file below a folder with its bytes, and every folder.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
            found.insert(path, None);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path, Some(bytes));
        }
    }
    found
}
