//! `cdi revoke` finds the authority and what is meant, and tells what it would cost before it signs.

use cdi_testkit::scenario::{NOW, Scenario, key_id};

use crate::deployment::Deployment;
use crate::support::{Scene, T0, certify, field, request};

/// Two tools that `root` has certified.
fn scene() -> Scene {
    let scene = Scene::new().with_request();
    scene.done(&certify("root", "request.jsonl", "cc.jsonl"));
    scene.done("key generate --out ld.pem");
    scene.done(&request("ld.pem", "ld", "ld-request.jsonl"));
    scene.done(&certify("root", "ld-request.jsonl", "ld.jsonl"));
    scene
}

#[test]
fn the_only_authority_and_the_thing_of_a_name_are_found() {
    let scene = scene();
    let said = scene.done(&format!("revoke cc --reason superseded --at {T0} --out list.jsonl"));
    assert!(said.contains("revoked the certification"), "{said}");
    assert!(scene.done("authority list root").contains("certification revoked: cc"));
    scene.fails(&format!("revoke gcc --reason superseded --at {T0} --out list.jsonl"), "revokes-unknown");
    // What was revoked is not meant any more, where something else goes by the name.
    scene.done(&certify("root", "request.jsonl", "again.jsonl"));
    scene.done(&format!("revoke cc --reason superseded --at {T0} --out list.jsonl"));
    assert_eq!(scene.done("authority list root").matches("certification revoked: cc").count(), 2);
    scene.done(&certify("root", "request.jsonl", "third.jsonl"));
    scene.done(&certify("root", "request.jsonl", "fourth.jsonl"));
    let said = scene
        .fails(&format!("revoke cc --reason superseded --at {T0} --out list.jsonl"), "revokes-ambiguous");
    assert!(said.matches("is valid, ").count() == 2, "{said}");
    scene.done(&format!("authority create other --name Other --at {T0}"));
    scene.fails(&format!("revoke ld --reason superseded --at {T0} --out list.jsonl"), "authority-ambiguous");
    scene.done(&format!("revoke ld --authority root --reason superseded --at {T0} --out list.jsonl"));
}

#[test]
fn a_key_that_the_authority_does_not_know_is_warned_of() {
    let scene = scene();
    let revoking = |key: &str| {
        format!("authority revoke root --key {key} --reason key-compromise --at {T0} --out l.jsonl")
    };
    let warned = |line: &str, code: &str| {
        let ended = scene.run(line);
        assert!(ended.status == 0 && ended.stderr.contains(code), "{}", ended.stderr);
    };
    warned(&revoking(&"a".repeat(64)), "[revokes-stranger]");
    let own = scene.done("key show root/public.pem --output json");
    let own: serde_json::Value = serde_json::from_str(&own).unwrap();
    warned(&revoking(own["keyId"].as_str().unwrap()), "[revokes-own-key]");
    let of_tool = field(&scene.done("authority list root"), "key");
    assert!(!scene.run(&revoking(&of_tool)).stderr.contains("revokes-"));
}

#[test]
fn what_it_would_cost_is_told_and_nothing_is_signed() {
    let scene = scene();
    let policy = "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: p}\n\
                  spec: {principal: host, rule: accept-all}\n";
    let configuration = "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {name: c}\n\
                         spec:\n  host: host\n  principals:\n    - {name: host, policy: p.yaml, required: always}\n";
    scene.write("p.yaml", policy.as_bytes());
    scene.write("cdi.yaml", configuration.as_bytes());
    let lists = scene.lines("root/revocations.intoto.jsonl");
    let said = scene.done(&format!("revoke ld --reason superseded --at {T0} --what-if --bundles ."));
    assert!(said.contains("affected: 0 of 0 artifacts"), "{said}");
    assert_eq!(scene.lines("root/revocations.intoto.jsonl"), lists);
    let said = scene.done(&format!("revoke ld --reason superseded --at {T0} --bundles . --out list.jsonl"));
    assert!(said.contains("affected: 0 of 0") && said.contains("revoked the certification"), "{said}");
    // Without `--out` there must be `--what-if`.
    assert_eq!(scene.run(&format!("revoke ld --reason superseded --at {T0}")).status, 2);
}

#[test]
fn a_successor_is_told_wherever_the_revocation_is() {
    let mut entry = crate::memory::revoking();
    entry[0]["successor"] = serde_json::json!(key_id("successor"));
    let world = Scenario::small().with("north-revokes", |list| list["predicate"]["revoked"] = entry);
    let deployment = Deployment::of(&world);
    let told = format!("in its place it names the key {}", &key_id("successor")[..12]);
    for line in ["verify app.cwasm", "explain app.cwasm"] {
        let output = deployment.cdi(&format!("{line} --at {NOW}"));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&told) && said.contains("which gives no trust"), "{line}: {said}");
    }
}
