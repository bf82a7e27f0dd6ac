//! The command line of `cdi-wasm-inspect`: exact outputs and statuses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::process::{Command, Output};

const HELLO: &str = include_str!("../../../agreement-tests/guests/hello.wat");

/// Runs the tool on a file `app.wasm` that holds `wasm`.
fn run(wasm: &[u8], options: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.wasm"), wasm).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cdi-wasm-inspect"));
    command
        .arg("inspect")
        .args(options)
        .arg("app.wasm")
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn text_lists_properties_imports_and_exports() {
    let output = run(&wat::parse_str(HELLO).unwrap(), &[]);
    let expected = "\
properties (3):
  WASM_IMPORTS_WASI_ONLY
  WASM_NO_NETWORK_IMPORTS
  WASM_VALIDATED
imports (2):
  function `wasi_snapshot_preview1` `fd_write`
  function `wasi_snapshot_preview1` `proc_exit`
exports (2):
  function `_start`
  memory `memory`
";
    assert_eq!(stdout(&output), expected);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn json_carries_the_same() {
    let output = run(&wat::parse_str(HELLO).unwrap(), &["--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(json["properties"].as_array().unwrap().len(), 3);
    assert_eq!(json["imports"][0]["name"], "fd_write");
    assert_eq!(json["exports"][1]["kind"], "memory");
}

#[test]
fn control_characters_in_names_do_not_reach_the_terminal() {
    let wasm = wat::parse_str("(module (func (export \"\\1b[31m\")))").unwrap();
    assert!(stdout(&run(&wasm, &[])).contains("`\\u{1b}[31m`"));
}

#[test]
fn a_refused_input_is_status_one_and_prints_nothing() {
    for (wasm, code) in [(b"".as_slice(), "[input-empty]"), (b"\0asm\x01\0\0\0\xff", "[module-invalid]")] {
        let output = run(wasm, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        assert!(String::from_utf8_lossy(&output.stderr).contains(code));
    }
}

#[test]
fn wrong_usage_is_status_two() {
    assert_eq!(run(b"", &["--output", "yaml"]).status.code(), Some(2));
    assert_eq!(run(b"", &["--output", "json", "--output", "json"]).status.code(), Some(2));
}
