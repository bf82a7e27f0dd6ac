//! `cdi policy explain`, `test` and `suggest`.

use std::process::Output;

use cdi_envelope::PublicKey;
use cdi_testkit::scenario::{NOW, Scenario, public_key};
use serde_json::Value;
use snapbox::file;

use crate::deployment::Deployment;
use crate::schema::Schema;

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The whole world, with its anchors' public keys in files.
fn full() -> Deployment {
    let deployment = Deployment::of(&Scenario::full());
    for name in ["north", "south", "west", "developer"] {
        let info = serde_json::from_value(public_key(name).into()).unwrap();
        deployment.write(&format!("{name}.pem"), PublicKey::from_info(&info).unwrap().to_pem().as_bytes());
    }
    deployment
}

#[test]
fn a_policy_is_said_in_sentences() {
    let deployment = full();
    deployment.says("policy explain developer.yaml", 0, file!["snapshots/policy-explain.txt"]);
    let schema = Schema::published("policy-explain.v1.json");
    schema.hold(&json(&deployment.cdi("policy explain data-owner.yaml --output json")));
    let edition = Scenario::signed().part("edition-3").line();
    deployment.write("edition.intoto.jsonl", &[edition.as_slice(), b"\n"].concat());
    deployment.says("policy explain edition.intoto.jsonl", 0, file!["snapshots/policy-explain-edition.txt"]);
    let signed = json(&deployment.cdi("policy explain edition.intoto.jsonl --output json"));
    schema.hold(&signed);
    assert_eq!(signed["policies"][0]["edition"]["mode"], "enforce");
    deployment.write("accepts.yaml", b"apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: p}\nspec: {principal: h, rule: accept-all}\n");
    schema.hold(&json(&deployment.cdi("policy explain accepts.yaml --output json")));
}

const TEST: &str = "apiVersion: code-deployment-integrity.io/v1
kind: PolicyTest
metadata: {name: full}
spec:
  configuration: cdi.yaml
  at: \"2026-06-01T12:00:00Z\"
  cases:
    - name: the good build
      artifact: app.cwasm
      bundles: [app.cwasm.intoto.jsonl]
      expect: {verdict: allow}
    - name: without guard pages
      artifact: app.cwasm
      environment: embedded-software-checks
      expect:
        verdict: deny
        codes: [residual-unmet]
        principals:
          developer: {verdict: allow}
          cloud-provider: {verdict: deny, codes: [residual-unmet]}
    - name: a list that is too old
      artifact: app.cwasm
      at: \"2026-06-03T12:00:00Z\"
      expect: {verdict: unknown}
";

#[test]
fn a_test_of_policies_holds_them_to_what_is_expected() {
    let deployment = full();
    deployment.write("full.test.yaml", TEST.as_bytes());
    deployment.says("policy test full.test.yaml", 0, file!["snapshots/policy-test.txt"]);
    deployment.says("policy test .", 0, file!["snapshots/policy-test-folder.txt"]);
    let wrong = TEST
        .replace("codes: [residual-unmet]", "codes: [property-lost]")
        .replace("expect: {verdict: allow}", "expect: {verdict: deny}");
    deployment.write("full.test.yaml", wrong.as_bytes());
    deployment.says("policy test full.test.yaml", 1, file!["snapshots/policy-test-fails.txt"]);
    let results = json(&deployment.cdi("policy test full.test.yaml --output json"));
    Schema::published("policy-test-results.v1.json").hold(&results);
    assert_eq!((&results["cases"], &results["failed"]), (&3.into(), &2.into()));
    // Nothing was remembered, and nothing that is remembered takes part.
    assert!(!deployment.folder.path().join(".state").exists());
}

#[test]
fn a_test_that_tests_nothing_is_an_error() {
    let deployment = full();
    let fails = |line: &str, code: &str| {
        let output = deployment.cdi(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(&format!("[{code}]")), "{line}: {said}");
    };
    fails("policy test .", "policy-test-none");
    fails("policy test missing.test.yaml", "file-missing");
    for (from, to, code) in [
        ("verdict: unknown", "verdict: maybe", "policy-malformed"),
        ("developer: {verdict", "nobody: {verdict", "policy-test-principal"),
        ("configuration: cdi.yaml", "configuration: else.yaml", "file-missing"),
        ("embedded-software-checks", "moon", "environment-unknown"),
        ("kind: PolicyTest", "kind: Policy", "policy-wrong-kind"),
    ] {
        deployment.write("bad.test.yaml", TEST.replace(from, to).as_bytes());
        fails("policy test bad.test.yaml", code);
    }
    let (before, _) = TEST.split_once("  cases:").unwrap();
    deployment.write("bad.test.yaml", format!("{before}  cases: []\n").as_bytes());
    fails("policy test bad.test.yaml", "policy-empty-list");
}

#[test]
fn the_schema_of_tests_is_that_of_their_reader() {
    let schema = Schema::published("policy-test.v1.json");
    let value = |text: &str| -> Value {
        serde_json::from_str(&cdi_policy::yaml_to_json(text.as_bytes()).unwrap()).unwrap()
    };
    schema.hold(&value(TEST));
    schema.hold(&value(&TEST.replace("configuration: cdi.yaml", "policies: {developer: developer.yaml}")));
    for (from, to) in [
        ("verdict: unknown", "verdict: maybe"),
        ("expect: {verdict: allow}", "expect: {verdict: allow, codes: [a-b]}"),
        ("bundles: [app.cwasm.intoto.jsonl]", "bundles: []"),
        ("codes: [residual-unmet]", "codes: []"),
        ("codes:", "kodes:"),
        ("configuration: cdi.yaml", "configuration: cdi.yaml\n  policies: {a: b}"),
        ("configuration: cdi.yaml", "host: a"),
        ("name: the good build", "title: the good build"),
    ] {
        assert!(!schema.allows(&value(&TEST.replacen(from, to, 1))), "{to}");
    }
}

#[test]
fn a_policy_alone_is_tested_as_well() {
    let deployment = full();
    let alone = TEST.replace("configuration: cdi.yaml", "policies: {developer: developer.yaml}");
    let (alone, _) = alone.split_once("    - name: without").unwrap();
    deployment.write("alone.test.yaml", alone.as_bytes());
    assert_eq!(deployment.cdi("policy test alone.test.yaml").status.code(), Some(0));
}

const SUGGEST: &str = "policy suggest app.cwasm --principal provider --at 2026-06-01T12:00:00Z";

#[test]
fn a_suggested_policy_is_written_whole_and_decides() {
    let deployment = full();
    let anchors =
        "--anchor north=north.pem --anchor south=south.pem --anchor west=west.pem --origin developer.pem";
    deployment.says(&format!("{SUGGEST} {anchors}"), 0, file!["snapshots/policy-suggest.txt"]);
    let written = format!("{SUGGEST} {anchors} -o tight.yaml");
    assert_eq!(deployment.cdi(&written).status.code(), Some(0));
    let text = String::from_utf8(deployment.read("tight.yaml")).unwrap();
    let said = String::from_utf8(deployment.cdi(&format!("{SUGGEST} {anchors}")).stdout).unwrap();
    assert_eq!(text, said);
    assert_eq!(deployment.cdi(&written).status.code(), Some(2), "a file is not written over");
    let deployment = deployment.with_configuration(
        "policy: cloud-provider.yaml",
        "policy: cloud-provider.yaml, required: always}\n    - {name: provider, policy: tight.yaml",
    );
    assert_eq!(deployment.cdi(&format!("verify app.cwasm --at {NOW}")).status.code(), Some(0));
    assert_eq!(deployment.cdi("policy lint tight.yaml").status.code(), Some(0));
}

#[test]
fn a_time_at_which_nothing_is_current_is_the_reason() {
    let line = SUGGEST.replace("2026-06-01", "2046-06-01");
    let output = full().cdi(&format!("{line} --anchor north=north.pem"));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && said.contains("no certification in the bundle is current"),
        "{said}"
    );
}

#[test]
fn nobody_is_trusted_by_default() {
    let deployment = full();
    let fails = |line: &str, code: &str| {
        let output = deployment.cdi(&format!("{line} -o none.yaml"));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(&format!("[{code}]")), "{line}: {said}");
        assert!(!deployment.folder.path().join("none.yaml").exists());
    };
    fails(SUGGEST, "suggest-without-anchor");
    fails(&format!("{SUGGEST} --anchor developer=developer.pem"), "suggest-nothing-shown");
    fails(&format!("{SUGGEST} --anchor north=missing.pem"), "file-missing");
}
