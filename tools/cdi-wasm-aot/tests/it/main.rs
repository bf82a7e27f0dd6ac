//! The command line of `cdi-wasm-aot`: exact statuses, codes, and what stands in the files afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const HELLO: &str = include_str!("../../../agreement-tests/guests/hello.wat");

struct Folder(TempDir);

impl Folder {
    /// A folder with `hello.wat` in it.
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.path("hello.wat"), HELLO).unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the tool with the words of `line` inside the folder.
    fn run(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdi-wasm-aot"));
        command.args(line.split_whitespace()).current_dir(self.0.path()).env_clear().output().unwrap()
    }

    fn done(&self, line: &str) {
        let output = self.run(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{line} is not quiet");
    }

    fn refused(&self, line: &str, status: i32, code: &str) {
        let output = self.run(line);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{line}: {stderr}");
        assert!(stderr.contains(code), "{line}: {stderr}");
    }
}

fn compile_line(profile: &str, rest: &str) -> String {
    format!("compile --profile {profile} --opt-level speed {rest}")
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn text_becomes_a_module_and_then_machine_code_of_each_profile() {
    let folder = Folder::new();
    folder.done("assemble hello.wat -o hello.wasm");
    assert!(bytes(&folder.path("hello.wasm")).starts_with(b"\0asm"));
    for profile in ["wasmtime-48-guard-pages", "wasmtime-48-software-checks"] {
        folder.done(&compile_line(profile, "hello.wasm -o hello.cwasm"));
        assert!(bytes(&folder.path("hello.cwasm")).starts_with(b"\x7fELF"));
    }
}

#[test]
fn separate_processes_make_equal_artifacts() {
    let folder = Folder::new();
    folder.done("assemble hello.wat -o hello.wasm");
    for output in ["a", "b"] {
        folder.done(&compile_line("wasmtime-48-guard-pages", &format!("hello.wasm -o {output}")));
    }
    assert_eq!(bytes(&folder.path("a")), bytes(&folder.path("b")));
}

#[test]
fn the_spectre_switch_changes_the_artifact() {
    let folder = Folder::new();
    folder.done("assemble hello.wat -o hello.wasm");
    for (choice, output) in [("on", "a"), ("dangerously-off", "b")] {
        let rest = format!("--spectre-mitigations {choice} hello.wasm -o {output}");
        folder.done(&compile_line("wasmtime-48-software-checks", &rest));
    }
    assert_ne!(bytes(&folder.path("a")), bytes(&folder.path("b")));
}

#[test]
fn a_refused_input_leaves_the_output_alone() {
    let folder = Folder::new();
    let inputs: [(&str, &[u8], &str); 5] = [
        ("empty", b"", "[input-empty]"),
        ("component", b"\0asm\x0d\0\x01\0", "[input-is-component]"),
        ("elf", b"\x7fELF\x02\x01\x01", "[input-is-elf]"),
        ("text", b"(module)", "[input-not-wasm]"),
        ("broken", b"\0asm\x01\0\0\0\xff", "[module-invalid]"),
    ];
    for (name, content, code) in inputs {
        std::fs::write(folder.path(name), content).unwrap();
        std::fs::write(folder.path("out"), "before").unwrap();
        folder.refused(&compile_line("wasmtime-48-guard-pages", &format!("{name} -o out")), 1, code);
        assert_eq!(bytes(&folder.path("out")), b"before", "{name}");
    }
}

#[test]
fn wrong_usage_is_status_two() {
    let folder = Folder::new();
    for line in [
        "",
        "compile hello.wat",
        "compile --profile wasmtime-48 --opt-level speed hello.wat -o x",
        "compile --profile wasmtime-48-guard-pages --opt-level 2 hello.wat -o x",
        "compile --profile wasmtime-48-guard-pages hello.wat -o x",
        "compile --profile wasmtime-48-guard-pages --opt-level speed --spectre-mitigations off hello.wat -o x",
        "assemble --profile wasmtime-48-guard-pages hello.wat -o x",
    ] {
        folder.refused(line, 2, "--help");
        assert!(!folder.path("x").exists(), "{line}");
    }
}

#[test]
fn an_absent_input_and_an_absent_folder_are_status_two() {
    let folder = Folder::new();
    folder.refused("assemble absent.wat -o x", 2, "[file-missing]");
    folder.refused("assemble hello.wat -o absent/x", 2, "[folder-missing]");
}

#[test]
fn help_names_the_profiles_and_statuses() {
    let output = Folder::new().run("compile --help");
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0));
    for word in ["wasmtime-48-guard-pages", "wasmtime-48-software-checks", "dangerously-off", "guard pages"] {
        assert!(help.contains(word), "no `{word}` in {help}");
    }
}
