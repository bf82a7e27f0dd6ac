//! An authority's new key says again what the old one says, and claims begin from a recorded run.

use serde_json::Value;

use crate::support::{Scene, T0, T1, certify, field, request};

/// An authority `root` with one certification, of the tool `cc`, and a folder `new` with its next key.
fn changing() -> Scene {
    let scene = Scene::new().with_request();
    scene.done(&certify("root", "request.jsonl", "c.jsonl"));
    scene.done(&format!("authority create new --name Root --at {T0}"));
    scene
}

fn succeed(out: &str, at: &str) -> String {
    format!("authority succeed new --from root --at {at} --out {out}")
}

fn json(scene: &Scene, line: &str) -> Value {
    serde_json::from_str(&scene.done(&format!("{line} --output json"))).unwrap()
}

fn counts(document: &Value) -> [usize; 2] {
    ["said", "left"].map(|member| document[member].as_array().unwrap().len())
}

#[test]
fn a_new_key_says_what_is_current_and_says_it_once() {
    let scene = changing();
    let document = json(&scene, &succeed("n.jsonl", T1));
    crate::schema::Schema::published("succession.v1.json").hold(&document);
    assert_eq!(counts(&document), [1, 0]);
    assert_eq!(scene.lines("new/signed.intoto.jsonl"), 1);
    let (old, new) = (scene.done("authority list root"), scene.done("authority list new"));
    let valid = |text: &str| text.lines().find(|line| line.contains(" to ")).unwrap().trim().to_owned();
    let (old, new) = (valid(&old), valid(&new));
    assert_eq!(old.split(" to ").nth(1), new.split(" to ").nth(1), "until the same time");
    assert!(new.contains(T1) && !old.contains(T1), "{old} {new}");
    assert_eq!(counts(&json(&scene, &succeed("n2.jsonl", T1))), [0, 1]);
    assert_eq!(scene.lines("new/signed.intoto.jsonl"), 1);
}

#[test]
fn what_has_ended_or_was_revoked_is_not_said_again() {
    let scene = changing();
    scene.done(&certify("root", "request.jsonl", "c2.jsonl").replace("90d", "1h"));
    let first = field(&scene.done("authority list root"), "id");
    scene.done(&format!(
        "authority revoke root --certification {first} --reason vetting-withdrawn --at {T0} --out r.jsonl"
    ));
    assert_eq!(counts(&json(&scene, &succeed("n.jsonl", T1))), [0, 2]);
    assert_eq!(scene.lines("new/signed.intoto.jsonl"), 0);
}

#[test]
fn a_new_key_says_nothing_that_it_may_not_say() {
    let scene = changing();
    scene.fails(
        &format!("authority succeed root --from root --at {T1} --out n.jsonl"),
        "authority-succeeds-itself",
    );
    scene.done(&format!("authority create parent --name Parent --at {T0}"));
    scene.done("request endorsement new --scope STACK_CANARIES --out e-request.jsonl");
    scene.done(&format!(
        "authority endorse parent --request e-request.jsonl --scope STACK_CANARIES --depth 0 --for 90d --at {T0} --out e.jsonl"
    ));
    scene.done(&format!("authority import new e.jsonl --root parent/public.pem --at {T0}"));
    scene.fails(&succeed("n.jsonl", T1), "scope-exceeded");
    assert_eq!(scene.lines("new/signed.intoto.jsonl"), 0);
    assert!(!scene.path("n.jsonl").exists());
}

#[test]
fn endorsements_are_said_again_but_for_that_of_the_new_key() {
    let scene = Scene::new();
    for (name, of) in [("root", "root"), ("child", "child"), ("new", "root")] {
        scene.done(&format!("authority create {name} --name {of} --at {T0}"));
    }
    for child in ["child", "new"] {
        scene.done(&format!("request endorsement {child} --scope * --out {child}-request.jsonl"));
        scene.done(&format!(
            "authority endorse root --request {child}-request.jsonl --scope * --depth 0 --for 90d --at {T0} --out {child}.jsonl"
        ));
    }
    assert_eq!(counts(&json(&scene, &succeed("n.jsonl", T1))), [1, 1]);
    assert_eq!(counts(&json(&scene, &succeed("n2.jsonl", T1))), [0, 2]);
}

#[test]
fn an_authority_does_not_say_what_another_has_said() {
    let scene = changing();
    scene.done(&format!("authority create other --name Other --at {T0}"));
    let said = scene.fails(
        &format!("authority succeed other --from root --at {T1} --out n.jsonl"),
        "authority-succeeds-another",
    );
    assert!(said.contains("--name \"Root\""), "{said}");
    assert!(scene.lines("other/signed.intoto.jsonl") == 0 && !scene.path("n.jsonl").exists());
}

#[test]
fn a_template_is_made_of_one_recorded_run() {
    let scene = Scene::new();
    scene.done("key generate --out tool.pem");
    scene.write("a", b"bytes");
    for copy in ["b", "c"] {
        let ended = scene.run(&format!(
            "wrap --key tool.pem --input a --output {copy} --bundle none.jsonl -- cp a {copy}"
        ));
        assert_eq!(ended.status, 125, "a bundle that is not there: {}", ended.stderr);
        let ended = scene.run(&format!("wrap --key tool.pem --input a --output {copy} -- cp a {copy}"));
        assert_eq!(ended.status, 0, "{}", ended.stderr);
    }
    let template = "authority template b.intoto.jsonl --establishes STACK_CANARIES --out claims-b.json";
    scene.done(template);
    let claims: Value = serde_json::from_slice(&scene.read("claims-b.json")).unwrap();
    let recorded = &claims["invocations"]["recorded"];
    assert_eq!(recorded["arguments"], serde_json::json!([{ "input": "code" }, { "output": "code" }]));
    assert_eq!(recorded["program"], serde_json::json!(["cp"]));
    scene.done("authority lint claims-b.json");
    scene.fails(template, "file-exists");
    scene.done("bundle merge b.intoto.jsonl c.intoto.jsonl --out both.jsonl");
    let from = |bundle: &str, claim: &str| format!("authority template {bundle} {claim} --out new.json");
    scene.fails(&from("both.jsonl", "--establishes STACK_CANARIES"), "report-unnamed");
    scene.fails(&from("both.jsonl", "--establishes STACK_CANARIES --report 00000000"), "report-not-there");
    scene.fails(&from("b.intoto.jsonl", ""), "usage");
    scene.fails(&from("b.intoto.jsonl", "--establishes STACK_CANARYS"), "claim-word-unknown");
    scene.done(&request("tool.pem", "cc", "request.jsonl"));
    scene.fails(&from("request.jsonl", "--establishes STACK_CANARIES"), "report-not-there");
    assert!(!scene.path("new.json").exists());
}
