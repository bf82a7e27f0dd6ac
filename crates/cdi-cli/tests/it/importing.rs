//! `cdi import`: what others' statements are good for, and how they come into a bundle.

use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::Scene;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../cdi-import/tests/fixtures/", $name)).as_slice()
    };
}

/// A folder with files of other projects.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("app", fixture!("gh-custom-issuer-artifact"));
    scene.write("app.sigstore.json", fixture!("gh-custom-issuer.sigstore.json"));
    scene.write("generic.intoto.jsonl", fixture!("slsa-verifier-generic-v1.2.2.intoto.jsonl"));
    scene.write("package.link", fixture!("in-toto-package.link"));
    scene.write("commit.att.json", fixture!("witness-commit.json"));
    scene
}

fn json_of(scene: &Scene, line: &str) -> Value {
    let document = serde_json::from_str(&scene.done(&format!("import {line} --output json"))).unwrap();
    Schema::published("import.v1.json").hold(&document);
    document
}

#[test]
fn each_statement_is_told_with_what_of_it_cannot_be_used() {
    let scene = scene();
    let files = "app.sigstore.json generic.intoto.jsonl package.link commit.att.json";
    let document = json_of(&scene, files);
    let statements = document["statements"].as_array().unwrap();
    let forms: Vec<&Value> = statements.iter().map(|statement| &statement["account"]["form"]).collect();
    assert_eq!(forms, ["slsa-v1", "slsa-v02", "link", "witness"]);
    let carried: Vec<&Value> = statements.iter().map(|statement| &statement["carried"]).collect();
    assert_eq!(carried, [true, true, false, true]);
    assert_eq!(statements[2]["unusable"][0]["code"], "import-no-statement");
    assert_eq!(statements[0]["signers"][0]["by"], "certificate");
    let text = scene.done(&format!("import {files}"));
    for told in [
        "app.sigstore.json, line 1: SLSA provenance v1, statement ",
        "`https://token.actions.githubusercontent.com/hammer-time`, as it says",
        "  command     tar zcvf foo.tar.gz foo.py\n",
        "[import-signer-by-certificate]",
        "more: `--output json` has all",
        "4 statements, of which a bundle can carry 3\n",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[test]
fn what_a_bundle_can_carry_is_added_once() {
    let scene = scene();
    let files = "app.sigstore.json generic.intoto.jsonl package.link";
    let document = json_of(&scene, &format!("{files} --out app.intoto.jsonl"));
    assert_eq!(document["bundle"], json!({ "file": "app.intoto.jsonl", "added": 2, "there": 0 }));
    let again = scene.done(&format!("import {files} --out app.intoto.jsonl"));
    assert!(again.ends_with("0 lines added to app.intoto.jsonl, 2 there\n"), "{again}");
    assert_eq!(scene.lines("app.intoto.jsonl"), 2);
    assert!(scene.done("inspect app.intoto.jsonl").contains("https://slsa.dev/provenance/v0.2"));
    scene.fails("import app.sigstore.json --out app.sigstore.json", "bundle-none");
}

#[test]
fn a_file_without_statements_is_told_and_adds_nothing() {
    let scene = scene();
    scene.write("empty", b"");
    for file in ["app", "empty", "claims.json"] {
        let ended = scene.run(&format!("import {file} --out new.jsonl"));
        assert_eq!(ended.status, 2, "{file}");
        assert!(ended.stderr.contains("[import-nothing]"), "{}", ended.stderr);
    }
    assert!(!scene.path("new.jsonl").exists());
    let document = json_of(&scene, "claims.json app.sigstore.json");
    assert_eq!(document["unread"][0]["code"], "import-form-unknown");
    scene.fails("import none", "file-missing");
    scene.fails("import app.sigstore.json --key app", "key-pem-malformed");
}

#[test]
fn keys_that_are_given_say_who_signed() {
    let scene = scene().with_request();
    let request: Value = serde_json::from_slice(&scene.read("request.jsonl")).unwrap();
    let key = &request["signatures"][0]["keyid"];
    scene.done("key generate --out other.pem");
    let document = json_of(&scene, "request.jsonl app.sigstore.json --key other.pub.pem --key tool.pub.pem");
    assert_eq!(document["statements"][0]["signedBy"], json!([key]));
    assert_eq!(document["statements"][1]["signedBy"], json!([]));
    assert_eq!(document["statements"][0]["unusable"], json!([]), "CDI's own statements need no mapping");
}

#[test]
fn nothing_in_a_statement_steers_a_terminal() {
    let scene = scene();
    let link = r#"{"signed":{"_type":"link","name":"\u001b[31m\nallowed","command":["\u202e"],"products":{"\u0007":{}}},
        "signatures":[{"keyid":"\u001b]0;x","sig":"00"}]}"#;
    scene.write("evil.link", link.as_bytes());
    let text = scene.done("import evil.link");
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']) && !text.contains("\nallowed"), "{text}");
}
