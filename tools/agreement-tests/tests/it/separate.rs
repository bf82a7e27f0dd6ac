//! The same agreement between binaries that were built apart, as they are in use.
//!
//! Cargo adds up features over one build, so the host above has a compiler and the compiler above has a host's
//! features. `CDI_GATE_EXAMPLE` names the host, built from the root workspace with
//! `cargo build -p cdi-gate --example run-precompiled`; `CDI_WASM_AOT` names the compiler tool, built from this one with
//! `cargo build -p cdi-wasm-aot`. Without them these tests do nothing on a workstation, and say so; where `CI` is
//! `true` they fail.

use std::path::{Path, PathBuf};
use std::process::Command;

use cdi_wasm_aot::Profile;

use crate::host::{AMPLE, Host, compiled, other};

const HELLO: &str = include_str!("../../guests/hello.wat");

/// The binary that `variable` names, or `None` where it may be missing.
fn binary(variable: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        let path = PathBuf::from(path);
        assert!(path.is_absolute() && path.is_file(), "{variable} names no file by absolute path: {path:?}");
        return Some(path);
    }
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "{variable} is not set: build the binary apart and name it, see this file's first lines");
    eprintln!("not tested: {variable} is not set");
    None
}

/// The artifact of the guest for `profile`, made by the separate compiler tool.
fn compiled_apart(tool: &Path, profile: Profile) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hello.wat"), HELLO).unwrap();
    let run = |line: &str| {
        let mut command = Command::new(tool);
        let output = command.args(line.split(' ')).current_dir(folder.path()).env_clear().output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
    };
    run("assemble hello.wat -o hello.wasm");
    run(&format!("compile --profile {profile} --opt-level speed hello.wasm -o hello.cwasm"));
    std::fs::read(folder.path().join("hello.cwasm")).unwrap()
}

#[test]
fn a_host_without_compiler_runs_and_refuses_the_same() {
    let Some(host) = binary("CDI_GATE_EXAMPLE").map(Host) else { return };
    for profile in Profile::ALL {
        let artifact = compiled(HELLO, profile);
        let ended = host.run(&artifact, profile, AMPLE);
        assert_eq!(
            (ended.status, &*ended.stdout),
            (Some(7), "hello from the guest\n"),
            "{profile}: {ended:?}"
        );
        host.run(&artifact, other(profile), AMPLE).failed_with("artifact-refused-by-engine");
    }
}

#[test]
fn a_compiler_built_apart_makes_the_same_artifacts() {
    let Some(tool) = binary("CDI_WASM_AOT") else { return };
    for profile in Profile::ALL {
        assert!(
            compiled_apart(&tool, profile) == compiled(HELLO, profile),
            "{profile}: the artifacts differ"
        );
    }
}

#[test]
fn host_and_compiler_built_apart_agree() {
    let (Some(host), Some(tool)) = (binary("CDI_GATE_EXAMPLE").map(Host), binary("CDI_WASM_AOT")) else {
        return;
    };
    for profile in Profile::ALL {
        let artifact = compiled_apart(&tool, profile);
        let ended = host.run(&artifact, profile, AMPLE);
        assert_eq!(
            (ended.status, &*ended.stdout),
            (Some(7), "hello from the guest\n"),
            "{profile}: {ended:?}"
        );
        host.run(&artifact, other(profile), AMPLE).failed_with("artifact-refused-by-engine");
    }
}
