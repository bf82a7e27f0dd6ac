//! What `cdi verify`, `cdi inspect` and `cdi run` print, to the letter. Evidence comes from seeded keys and one fixed
//! time, so that every id in it is the same everywhere. `SNAPSHOTS=overwrite` writes the snapshots anew.

use cdi_testkit::scenario::{NOW, Part, Scenario};
use serde_json::{Value, json};
use snapbox::file;

use crate::deployment::{Deployment, verify};

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

/// A-GAT-14: behind `--` no name is an option, and none is standard input or a list of arguments.
#[test]
fn a_file_is_taken_by_its_name_whatever_it_is_called() {
    for name in
        ["--config=evil.yaml", "--at=2020-01-01T00:00:00Z", "-", "@app.cwasm", "app\n.cwasm", "--help"]
    {
        let deployment = Deployment::of(&Scenario::full());
        deployment.write(name, &deployment.read("app.cwasm"));
        deployment.write(&format!("{name}.intoto.jsonl"), &deployment.read("app.cwasm.intoto.jsonl"));
        let [allowed, denied] = ["", "other "].map(|before| {
            deployment.write(name, &[before.as_bytes(), b"artifact app.cwasm"].concat());
            deployment.command(&format!("verify --at {NOW} --output json --")).arg(name).output().unwrap()
        });
        assert_eq!((allowed.status.code(), denied.status.code()), (Some(0), Some(1)), "{name}");
    }
}

#[test]
fn a_bundle_shows_itself_without_being_trusted() {
    let deployment = Deployment::of(&Scenario::full().and_line("garbage", "{]"));
    deployment.says("inspect app.cwasm.intoto.jsonl", 0, file!["snapshots/inspect.txt"]);
}

#[test]
fn hostile_text_reaches_no_terminal_raw() {
    let blanks = " ".repeat(90);
    let said = format!("\u{1b}[2J\u{7f}\u{9b}31m\u{202e}\u{2028}\u{e0041}{blanks}verdict: allow");
    let statement = json!({ "_type": "https://in-toto.io/Statement/v1", "predicateType": format!("https://x/{said}"),
        "subject": [ { "name": said, "digest": { "sha256": "0".repeat(64) } } ], "predicate": { said.as_str(): said } });
    let hostile = Part::new("hostile", "nobody", &statement);
    let deployment = Deployment::of(&Scenario { parts: vec![hostile], ..Scenario::full() });
    deployment.says("inspect app.cwasm.intoto.jsonl", 0, file!["snapshots/inspect-hostile.txt"]);
    deployment.says(
        "inspect app.cwasm.intoto.jsonl --output json",
        0,
        file!["snapshots/inspect-hostile.json"],
    );
    let output = deployment.cdi("inspect app.cwasm.intoto.jsonl --output json").stdout;
    let shown: Value = serde_json::from_slice(&output).unwrap();
    assert_eq!(shown["lines"][0]["statement"], statement);
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

/// A world whose data owner must agree if the program gets the transactions.
pub(crate) fn granting() -> Deployment {
    let mut scenario = Scenario::full();
    for (name, text) in &mut scenario.policies {
        if name != "developer" {
            text.push_str(
                "  grants: {directories: [{name: transactions, access: read}], environment: [TZ]}\n",
            );
        }
    }
    Deployment::of(&scenario)
        .with_configuration(
            "policy: data-owner.yaml, required: always",
            "policy: data-owner.yaml, required: when-granted",
        )
        .with_configuration(
            "  principals:",
            "  directories: [{name: transactions, path: data, owner: data-owner}]\n  \
             limits: {memoryBytes: 1048576, time: 30s}\n  principals:",
        )
}

#[test]
fn whoever_owns_what_is_given_takes_part_before_anything_runs() {
    let deployment = granting();
    deployment.says(&verify(""), 0, file!["snapshots/granted-nothing.txt"]);
    deployment.says(&verify("--dir transactions --env TZ=UTC"), 1, file!["snapshots/granted.txt"]);
    deployment.says(&verify("--dir transactions:rw --output json"), 1, file!["snapshots/granted.json"]);
    deployment.says(&verify("--dir transaction"), 2, file!["snapshots/unknown-directory.txt"]);
}

#[test]
fn no_run_has_more_than_the_configuration_allows() {
    let deployment = granting();
    deployment.says("run app.cwasm --memory 2", 125, file!["snapshots/run-memory.txt"]);
    deployment.says("run app.cwasm --timeout 1m", 125, file!["snapshots/run-timeout.txt"]);
    deployment.says(
        "run app.cwasm --memory 1 --timeout 30s",
        125,
        file!["snapshots/run-no-module-limits.txt"],
    );
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

#[test]
fn misspelt_words_of_a_policy_are_told_with_what_was_likely_meant() {
    let misspelt =
        Scenario::full().with_policy("developer", "require: WASM_VALIDATED", "require: WASM_VALIDTED");
    Deployment::of(&misspelt).says(&verify(""), 2, file!["snapshots/misspelt-word.txt"]);
    let unscoped = Scenario::small().with_policy("cloud-provider", "scope: [\"*\"]", "scope: [WASM_SPECTRE]");
    Deployment::of(&unscoped).says(&verify(""), 2, file!["snapshots/misspelt-scope.txt"]);
    let half = Scenario::small().with_policy(
        "cloud-provider",
        "scope: [\"*\"]",
        "scope: [\"WASM_*\", STACK_CANARYS]",
    );
    Deployment::of(&half).says(&verify(""), 0, file!["snapshots/misspelt-part-of-scope.txt"]);
}

#[test]
fn evidence_that_is_none_is_named() {
    let deployment = Deployment::of(&Scenario::full().and_line("garbage", "{]"));
    std::fs::write(deployment.folder.path().join("notes.txt"), "no\nbundle\n").unwrap();
    std::fs::write(deployment.folder.path().join("empty"), "").unwrap();
    let bundles = "--bundle notes.txt --bundle empty --bundle app.cwasm.intoto.jsonl";
    deployment.says(&verify(bundles), 0, file!["snapshots/discarded.txt"]);
    deployment.says("inspect notes.txt", 2, file!["snapshots/inspect-no-bundle.txt"]);
    deployment.says(
        "inspect app.cwasm.intoto.jsonl notes.txt app.cwasm",
        2,
        file!["snapshots/inspect-several.txt"],
    );
    std::fs::remove_file(deployment.folder.path().join("app.cwasm.intoto.jsonl")).unwrap();
    deployment.says(&verify(""), 1, file!["snapshots/nothing-beside.txt"]);
}

#[test]
fn an_anchor_that_may_not_endorse_is_told_so() {
    let shallow = Scenario::full().without("north-certifies-compiler");
    let shallow = shallow.with_policy("cloud-provider", "depth: 1", "depth: 0");
    Deployment::of(&shallow).says(&verify(""), 1, file!["snapshots/without-depth.txt"]);
}

#[test]
fn what_was_revoked_and_by_whom_is_named() {
    let world = Scenario::small();
    let revoked = json!([ { "id": { "certification": world.id("north-certifies-compiler") }, "reason": "vetting-withdrawn",
        "date": "2026-06-01T00:00:00Z" } ]);
    let world = world.and(Part::list("north", 1, &revoked));
    Deployment::of(&world).says(&verify("--output json"), 1, file!["snapshots/revoked.json"]);
}

#[test]
fn what_is_wrong_with_a_command_line_is_told_without_its_bytes() {
    let scene = crate::support::Scene::new();
    for hostile in ["\u{1b}[2Jx", "x\u{202e}y", "--\u{1b}]0;title\u{7}", "a\rb"] {
        for line in
            [format!("verify app {hostile}"), hostile.to_owned(), format!("verify app --at {hostile}")]
        {
            let ended = scene.run(&line);
            assert_eq!(ended.status, 2, "{line:?}");
            assert!(!ended.stderr.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']), "{:?}", ended.stderr);
        }
    }
}
