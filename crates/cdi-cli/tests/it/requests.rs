//! `cdi request`: what an authority makes of bad ones.

use crate::support::{Scene, certify, request};

#[test]
fn a_request_that_is_missing_truncated_or_tampered_with_is_rejected() {
    let scene = Scene::new().with_request();
    scene.fails(&certify("root", "none.jsonl", "c.jsonl"), "file-missing");
    let good = scene.read("request.jsonl");
    scene.write("bad.jsonl", &good[..good.len() / 2]);
    scene.fails(&certify("root", "bad.jsonl", "c.jsonl"), "json-syntax");
    scene.write("bad.jsonl", b"");
    scene.fails(&certify("root", "bad.jsonl", "c.jsonl"), "request-not-one-envelope");
    scene.write("bad.jsonl", &[good.as_slice(), good.as_slice()].concat());
    scene.fails(&certify("root", "bad.jsonl", "c.jsonl"), "request-not-one-envelope");
    assert!(!scene.path("c.jsonl").exists());
    assert_eq!(scene.lines("root/signed.intoto.jsonl"), 0);
}

#[test]
fn a_request_signed_by_another_key_is_rejected() {
    let scene = Scene::new().with_request();
    scene.done("key generate --out thief.pem");
    scene.done(&request("thief.pem", "cc", "thief.jsonl"));
    let text = |name: &str| String::from_utf8(scene.read(name)).unwrap();
    let (owner, thief) = (text("request.jsonl"), text("thief.jsonl"));
    let at = |line: &str| line.find(r#""signatures""#).unwrap();
    let spliced = format!("{}{}", &owner[..at(&owner)], &thief[at(&thief)..]);
    scene.write("bad.jsonl", spliced.as_bytes());
    scene.fails(&certify("root", "bad.jsonl", "c.jsonl"), "request-possession-unproved");
}

#[test]
fn a_request_of_the_other_kind_is_rejected() {
    let scene = Scene::new().with_request();
    scene.done("request endorsement --key tool.pem --name Tool --scope * --out ask.jsonl");
    scene.fails(&certify("root", "ask.jsonl", "c.jsonl"), "request-wrong-type");
    scene.fails(
        "authority endorse root --request request.jsonl --scope * --depth 0 --for 1d --out e.jsonl",
        "request-wrong-type",
    );
}

#[test]
fn names_paths_and_scopes_are_held_to_their_form() {
    let scene = Scene::new().with_request();
    scene.fails(&request("tool.pem", "cc", "request.jsonl"), "file-exists");
    scene.fails(&request("tool.pem", "cc", "missing/r.jsonl"), "folder-missing");
    scene.fails(
        &request("tool.pem", "cc", "r.jsonl").replace("--executable tool", "--executable ."),
        "file-is-folder",
    );
    let ended = scene.run("request endorsement root --scope lower --out r.jsonl");
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("a pattern is a property"), "{}", ended.stderr);
    assert!(!scene.path("r.jsonl").exists());
}
