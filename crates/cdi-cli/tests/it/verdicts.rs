//! What `cdi verify`, `cdi inspect` and `cdi run` print, to the letter. Evidence comes from seeded keys and one fixed
//! time, so that every id in it is the same everywhere. `SNAPSHOTS=overwrite` writes the snapshots anew.

use std::process::{Command, Output, Stdio};

use cdi_testkit::scenario::{NOW, Scenario};
use snapbox::{assert_data_eq, file};

/// A folder with a scenario in it, as a user would have it.
struct Deployment {
    folder: tempfile::TempDir,
}

impl Deployment {
    fn of(scenario: &Scenario) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("app.cwasm", b"artifact app.cwasm");
        write("app.cwasm.intoto.jsonl", &scenario.bundle());
        let mut principals = String::new();
        for (name, policy) in &scenario.policies {
            write(&format!("{name}.yaml"), policy.as_bytes());
            principals.push_str(&format!("    - {{name: {name}, policy: {name}.yaml, required: always}}\n"));
        }
        let configuration = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata:\n  name: test\nspec:\n  \
             host: cloud-provider\n  principals:\n{principals}"
        );
        write("cdi.yaml", configuration.as_bytes());
        Self { folder }
    }

    fn cdi(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdi"));
        command.args(line.split_whitespace()).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("CDI_CONFIG").output().unwrap()
    }

    fn says(&self, line: &str, status: i32, snapshot: snapbox::Data) {
        let output = self.cdi(line);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(output.status.code(), Some(status), "{line}: {}", text(&output.stderr));
        let said = format!("$ cdi {line}\n{}{}", text(&output.stdout), text(&output.stderr));
        assert_data_eq!(said, snapshot);
    }
}

fn verify(rest: &str) -> String {
    format!("verify app.cwasm --at {NOW} {rest}").trim_end().to_owned()
}

#[test]
fn an_allowed_artifact_is_explained_authority_by_authority() {
    let deployment = Deployment::of(&Scenario::full());
    deployment.says(&verify(""), 0, file!["snapshots/allowed.txt"]);
    deployment.says(&verify("--output json"), 0, file!["snapshots/allowed.json"]);
}

#[test]
fn an_artifact_that_leaves_something_open_is_refused_without_a_place() {
    let deployment = Deployment::of(&Scenario::full());
    deployment.says(&verify("--environment none"), 1, file!["snapshots/residual.txt"]);
    deployment.says(&verify("--environment moon"), 2, file!["snapshots/unknown-environment.txt"]);
}

#[test]
fn every_failed_requirement_is_listed_with_code_and_hint() {
    let denied = Scenario::full().without("inspector-runs").without("north-certifies-compiler");
    Deployment::of(&denied).says(&verify(""), 1, file!["snapshots/denied.txt"]);
}

#[test]
fn stale_revocation_lists_leave_it_undecided() {
    let later = Scenario::full();
    let line = "verify app.cwasm --at 2026-06-03T12:00:00Z";
    Deployment::of(&later).says(line, 2, file!["snapshots/undecided.txt"]);
}

#[test]
fn other_bytes_have_no_history() {
    let deployment = Deployment::of(&Scenario::full());
    std::fs::write(deployment.folder.path().join("app.cwasm"), b"artifact app.cwasm!").unwrap();
    deployment.says(&verify(""), 1, file!["snapshots/other-bytes.txt"]);
}

#[test]
fn a_bundle_shows_itself_without_being_trusted() {
    let deployment = Deployment::of(&Scenario::full().and_line("garbage", "{]"));
    deployment.says("inspect app.cwasm.intoto.jsonl", 0, file!["snapshots/inspect.txt"]);
}

#[test]
fn what_is_no_precompiled_module_is_never_run() {
    let deployment = Deployment::of(&Scenario::full());
    deployment.says("run app.cwasm", 125, file!["snapshots/run-no-module.txt"]);
    deployment.says("run app.cwasm --environment none", 125, file!["snapshots/run-nowhere.txt"]);
    deployment.says("run app.cwasm --memory many", 125, file!["snapshots/run-usage.txt"]);
    std::fs::write(deployment.folder.path().join("app.wasm"), b"\0asm\x01\0\0\0").unwrap();
    deployment.says("run app.wasm", 125, file!["snapshots/run-bytecode.txt"]);
}

#[test]
fn missing_and_broken_files_are_named() {
    let deployment = Deployment::of(&Scenario::full());
    deployment.says("verify missing.cwasm", 2, file!["snapshots/missing-artifact.txt"]);
    deployment.says("verify app.cwasm --config missing.yaml", 2, file!["snapshots/missing-config.txt"]);
    deployment.says("verify app.cwasm --bundle missing.jsonl", 2, file!["snapshots/missing-bundle.txt"]);
    std::fs::write(deployment.folder.path().join("cloud-provider.yaml"), "a: no").unwrap();
    deployment.says(&verify(""), 2, file!["snapshots/broken-policy.txt"]);
}
