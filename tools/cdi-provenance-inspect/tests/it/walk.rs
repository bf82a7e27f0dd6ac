//! What `docs/importing.md` shows: from a bundle of somebody else's to a decision.
//!
//! `CDI` names the program `cdi`, built from the root workspace with `cargo build -p cdi-cli`. Without it the test does nothing on a
//! workstation, and says so; where `CI` is `true` it fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::{ARTIFACT, BUNDLE, ROOT};

const TOOL: &str = env!("CARGO_BIN_EXE_cdi-provenance-inspect");
const PAGE: &str = include_str!("../../../../docs/importing.md");
const STATUS: &str = "# exit status ";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("hello", ARTIFACT), ("hello.sigstore.json", BUNDLE), ("trusted_root.json", ROOT)] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn cdi() -> Option<PathBuf> {
    let Some(path) = std::env::var_os("CDI").map(PathBuf::from) else {
        let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!in_ci, "CDI is not set: build the program apart and name it, see this file's first lines");
        eprintln!("not tested: CDI is not set");
        return None;
    };
    assert!(path.is_absolute() && path.is_file(), "CDI names no file by absolute path: {path:?}");
    Some(path)
}

/// The blocks of the page that are for this test, each with the status that it ends with.
fn blocks() -> Vec<(String, i32)> {
    let after = PAGE.split("```sh inspector\n").skip(1);
    let block = |text: &str| {
        let block = text.split("```").next().unwrap().to_owned();
        let status = block.split_once(STATUS).map_or(0, |(_, status)| status.trim().parse().unwrap());
        (block, status)
    };
    after.map(block).collect()
}

#[test]
fn the_page_shows_commands_that_do_what_it_says() {
    let Some(cdi) = cdi() else { return };
    let folder = folder();
    let parents = [cdi.parent().unwrap(), Path::new(TOOL).parent().unwrap()].map(Path::to_string_lossy);
    let path = format!("{}:{}", parents.join(":"), std::env::var("PATH").unwrap());
    let (blocks, mut said) = (blocks(), String::new());
    assert!(blocks.len() >= 7, "{}", blocks.len());
    for (block, status) in blocks {
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &block]).current_dir(folder.path()).env("PATH", &path);
        shell.env_remove("CDI_CONFIG").env("CDI_STATE", folder.path().join(".state"));
        let output = shell.output().unwrap();
        let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert_eq!(output.status.code(), Some(status), "{block}\n{}", text.concat());
        said.push_str(&text.concat());
    }
    for told in ["[import-signer-by-certificate]", "[provenance-not-verified]", "[invocation-option-missing]"]
    {
        assert!(said.contains(told), "{told}: {said}");
    }
}

/// Runs the tool with the words of `line`.
fn run(folder: &TempDir, line: &str) -> Output {
    let mut command = Command::new(TOOL);
    command.args(line.split_whitespace()).current_dir(folder.path()).env_clear().output().unwrap()
}

const CERTIFICATE: &str = "--trusted-root trusted_root.json --certificate-identity https://github.com/too-legit/attest/.github/workflows/integration.yml@refs/heads/main --certificate-issuer https://token.actions.githubusercontent.com/hammer-time";

#[test]
fn statuses_tell_a_refusal_from_a_mistake() {
    let folder = folder();
    let status = |line: &str| run(&folder, line).status.code();
    assert_eq!(status(&format!("inspect --finds ACME_X {CERTIFICATE} hello hello.sigstore.json")), Some(0));
    assert_eq!(
        status(&format!("inspect --finds ACME_X {CERTIFICATE} --step x hello hello.sigstore.json")),
        Some(1)
    );
    for mistaken in [
        format!("inspect {CERTIFICATE} hello hello.sigstore.json"),
        format!("inspect --finds acme {CERTIFICATE} hello hello.sigstore.json"),
        format!("inspect --finds ACME_X {CERTIFICATE} none hello.sigstore.json"),
        format!("inspect --finds ACME_X {CERTIFICATE} --key hello hello hello.sigstore.json"),
        format!("inspect --finds ACME_X {CERTIFICATE} --step x --step y hello hello.sigstore.json"),
        "inspect --finds ACME_X hello hello.sigstore.json".to_owned(),
        "inspect --finds ACME_X --trusted-root trusted_root.json hello hello.sigstore.json".to_owned(),
        "inspect --finds ACME_X --key trusted_root.json hello hello.sigstore.json".to_owned(),
    ] {
        assert_eq!(status(&mistaken), Some(2), "{mistaken}");
    }
}

#[test]
fn json_says_what_was_found() {
    let folder = folder();
    let line = format!("inspect --finds ACME_X {CERTIFICATE} --output json hello hello.sigstore.json");
    let found: serde_json::Value = serde_json::from_slice(&run(&folder, &line).stdout).unwrap();
    assert_eq!(found["finds"], "ACME_X");
    assert_eq!(found["account"]["form"], "slsa-v1");
    assert_eq!(found["unusable"][0]["code"], "import-input-without-sha256");
}
