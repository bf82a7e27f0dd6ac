//! `cdi policy lint`, and how a verdict tells a conflict.

use cdi_testkit::scenario::{Place, Scenario};
use serde_json::Value;
use snapbox::file;

use crate::deployment::{Deployment, verify};
use crate::schema::Schema;

const AT: &str = "--at 2026-06-01T12:00:00Z";

/// Two principals that want the artifact in different places.
fn disagreeing() -> Deployment {
    let world = Scenario::full()
        .with_policy(
            "cloud-provider",
            "[CODE_SANDBOXING, SPECULATION_HARDENING]",
            "[CODE_SANDBOXING, LOCATION=eu-de]",
        )
        .with_policy("data-owner", "[NO_NETWORK, CODE_SANDBOXING]", "[NO_NETWORK, LOCATION=eu-fr]");
    let host = "host: cloud-provider\n";
    let place = "  environments:\n    - {name: berlin, provides: [LOCATION=eu-de, VM_ISOLATION]}\n";
    Deployment::of(&Scenario { place: None::<Place>, ..world })
        .with_configuration(host, &format!("{host}{place}"))
}

#[test]
fn findings_and_conflicts_are_shown_with_their_texts() {
    let deployment = disagreeing();
    deployment.says(
        &format!("policy lint --config cdi.yaml {AT}"),
        1,
        file!["snapshots/policy-lint-config.txt"],
    );
    deployment.says(&format!("policy lint developer.yaml {AT}"), 0, file!["snapshots/policy-lint.txt"]);
    let output = deployment.cdi("policy lint cdi.yaml");
    assert_eq!(output.status.code(), Some(2), "a configuration is no policy");
}

#[test]
fn findings_are_of_the_published_form() {
    let output = disagreeing().cdi("policy lint --config cdi.yaml --output json");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    Schema::published("policy-lint.v1.json").hold(&document);
    assert_eq!(document["conflicts"][0]["code"], "policies-conflict");
    assert_eq!(document["policies"].as_array().unwrap().len(), 3);
}

#[test]
fn a_verdict_tells_a_conflict_at_the_place() {
    let deployment = disagreeing();
    deployment.says(&verify("--environment berlin"), 1, file!["snapshots/conflict.txt"]);
    let output = deployment.cdi(&verify("--environment berlin --output json"));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    Schema::published("verdict.v1.json").hold(&document);
    assert_eq!(document["conflict"]["code"], "policies-conflict");
}

#[test]
fn a_policy_that_is_named_twice_is_looked_at_once() {
    let output = disagreeing().cdi("policy lint ./developer.yaml --config cdi.yaml --output json");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["policies"].as_array().unwrap().len(), 3);
}

#[test]
fn an_edition_is_looked_at_as_its_document_is() {
    let world = Scenario::signed();
    let edition = world.part("edition-3").line();
    let deployment = Deployment::of(&Scenario::small());
    deployment.write("edition.intoto.jsonl", &[edition.as_slice(), b"\n"].concat());
    let told = |file: &str| {
        let output = deployment.cdi(&format!("policy lint {file} --output json"));
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        document["policies"][0].clone()
    };
    let (signed, document) = (told("edition.intoto.jsonl"), told("cloud-provider.yaml"));
    assert_eq!(signed["findings"], document["findings"]);
    assert_eq!((&signed["version"], &document["version"]), (&3.into(), &Value::Null));
}
