//! Faults of the machine around a decision (attacks A-CRY-17, A-CRY-18): whatever fails, nothing fails into an allow.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cdi_testkit::scenario::Scenario;

use crate::deployment::{Deployment, verify};

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
