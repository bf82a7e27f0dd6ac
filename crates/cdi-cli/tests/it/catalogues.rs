//! Catalogues that extend the one that ships: in a configuration, and for commands that read none.

use cdi_testkit::scenario::{NOW, Scenario, acme, sha256, swap};
use serde_json::Value;
use snapbox::file;

use crate::deployment::Deployment;
use crate::schema::Schema;

const VERIFY: &str = "verify app.wasm --at 2026-06-01T12:00:00Z --environment none";

fn deployment() -> Deployment {
    assert_eq!(NOW, "2026-06-01T12:00:00Z");
    let deployment = Deployment::of(&Scenario::reviewed());
    deployment.write("app.wasm", b"artifact app.wasm");
    deployment.write("app.wasm.intoto.jsonl", &Scenario::reviewed().bundle());
    deployment
}

fn json(deployment: &Deployment, line: &str) -> Value {
    let output = deployment.cdi(&format!("{line} --output json"));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that must fail with this code, and says nothing else.
fn fails(deployment: &Deployment, line: &str, code: &str) -> String {
    let output = deployment.cdi(line);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{line}: {stderr}");
    assert!(stderr.contains(&format!("[{code}]")), "{line}: {stderr}");
    assert!(output.stdout.is_empty());
    stderr
}

#[test]
fn a_word_of_an_extension_is_decided_and_explained() {
    let deployment = deployment();
    deployment.says(VERIFY, 0, file!["snapshots/catalogue-verify.txt"]);
    let explain = VERIFY.replacen("verify", "explain", 1) + " --property ACME_FIT --property ACME_RACK=7";
    deployment.says(&explain, 1, file!["snapshots/catalogue-explain.txt"]);
    let verdict = json(&deployment, VERIFY);
    Schema::published("verdict.v1.json").hold(&verdict);
    assert_eq!(verdict["extensions"], serde_json::json!([sha256(acme())]));
    let explained = json(&deployment, &VERIFY.replacen("verify", "explain", 1));
    Schema::published("explain.v1.json").hold(&explained);
    assert_eq!(explained["extensions"], verdict["extensions"]);
}

#[test]
fn a_configuration_without_the_extension_decides_nothing() {
    let deployment = deployment().with_configuration("  catalogues: [{path: catalogue-0.yaml}]\n", "");
    let said = fails(&deployment, VERIFY, "policy-unknown-catalogue");
    assert!(said.contains("`catalogues`"), "{said}");
    fails(&deployment, "affected 00000000 --at 2026-06-01T12:00:00Z", "policy-unknown-catalogue");
}

#[test]
fn a_catalogue_that_was_changed_swapped_or_is_gone_is_told() {
    let pin = |digest: &str| format!("{{path: catalogue-0.yaml, sha256: \"{digest}\"}}");
    let pinned = deployment().with_configuration("{path: catalogue-0.yaml}", &pin(&sha256(acme())));
    assert_eq!(pinned.cdi(VERIFY).status.code(), Some(0));
    pinned.write("catalogue-0.yaml", acme().replace("Two people", "Nobody").as_bytes());
    fails(&pinned, VERIFY, "catalogue-digest");
    let changed = deployment();
    changed.write("catalogue-0.yaml", acme().replace("Two people", "Nobody").as_bytes());
    fails(&changed, VERIFY, "policy-unknown-catalogue");
    let prefixed = deployment();
    prefixed.write("catalogue-0.yaml", acme().replace("ACME_RACK", "LOCATION").as_bytes());
    fails(&prefixed, VERIFY, "word-not-prefixed");
    std::fs::remove_file(prefixed.folder.path().join("catalogue-0.yaml")).unwrap();
    let said = fails(&prefixed, VERIFY, "file-missing");
    assert!(said.contains("names it as a catalogue"), "{said}");
    // A name that leads out of the folder is as good as any: the configuration is the host's own word.
    std::fs::create_dir(prefixed.folder.path().join("catalogue-0.yaml")).unwrap();
    assert_eq!(prefixed.cdi(VERIFY).status.code(), Some(2));
}

#[test]
fn a_bundle_brings_no_catalogue() {
    let deployment = deployment().with_configuration("  catalogues: [{path: catalogue-0.yaml}]\n", "");
    let mut bundle = Scenario::reviewed().bundle();
    let line = serde_json::json!({ "kind": "Catalogue", "document": acme() }).to_string();
    bundle.extend(line.as_bytes());
    deployment.write("app.wasm.intoto.jsonl", &bundle);
    fails(&deployment, VERIFY, "policy-unknown-catalogue");
}

#[test]
fn catalogues_are_shown_as_text_json_and_digest() {
    let deployment = deployment();
    let with = "catalogue --catalogue catalogue-0.yaml";
    let text = String::from_utf8(deployment.cdi(with).stdout).unwrap();
    let own = text.split("acme-1").nth(1).unwrap();
    assert!(text.starts_with("code-deployment-integrity-v1") && own.contains("ACME_RACK"), "{text}");
    assert!(!own.contains("WASM_VALIDATED\n"), "{own}");
    let digest = deployment.cdi(&format!("{with} --output digest")).stdout;
    assert_eq!(String::from_utf8(digest).unwrap().trim_end(), sha256(acme()));
    for line in ["catalogue", with] {
        Schema::published("catalogue.v1.json").hold(&json(&deployment, line));
    }
    let shown = json(&deployment, with);
    assert_eq!(shown["tags"]["ACME_FIT"]["formula"], "ACME_REVIEWED or CODE_SANDBOXING");
    assert!(shown["properties"]["WASM_VALIDATED"].is_object() && shown["extends"].is_string());
    fails(&deployment, &format!("{with} --output yaml"), "usage");
    fails(&deployment, &format!("{with} --catalogue catalogue-0.yaml"), "catalogue-twice");
    deployment.write("hostile.yaml", swap(&acme(), "Fit for us.", "\"\\e[2JFit\"").as_bytes());
    let said = fails(&deployment, "catalogue --catalogue hostile.yaml", "word-ill-described");
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn a_scope_may_name_words_of_an_extension() {
    let deployment = deployment();
    assert_eq!(deployment.cdi("authority create root --name root").status.code(), Some(0));
    let ask = "request endorsement root --scope ACME_* --out request.intoto.jsonl";
    fails(&deployment, ask, "scope-word-unknown");
    let asked = deployment.cdi(&format!("{ask} --catalogue catalogue-0.yaml"));
    assert_eq!(asked.status.code(), Some(0), "{}", String::from_utf8_lossy(&asked.stderr));
}

#[test]
fn doctor_looks_at_catalogues() {
    let deployment = deployment();
    let said = String::from_utf8(deployment.cdi("doctor").stdout).unwrap();
    assert!(said.contains("the catalogue"), "{said}");
}
