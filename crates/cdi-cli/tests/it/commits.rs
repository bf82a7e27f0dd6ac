//! Origins of what a commit of git has (F-COMMIT).

use std::process::Command;

use serde_json::Value;

use crate::support::Scene;

/// A scene with a repository `app` that has `a.c` and `b.c` in a commit.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.done("key generate --out dev.pem");
    git(&scene, &["init", "-q"]);
    scene.write("app/a.c", b"int a;\n");
    scene.write("app/b.c", b"int b;\n");
    git(&scene, &["add", "."]);
    git(&scene, &["commit", "-q", "-m", "one"]);
    scene
}

fn git(scene: &Scene, arguments: &[&str]) -> String {
    let folder = scene.path("app");
    std::fs::create_dir_all(&folder).unwrap();
    let output = Command::new("git")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .args(["-c", "user.name=dev", "-c", "user.email=dev@example.com", "-C"])
        .arg(folder)
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Subjects and predicate of the one statement of a bundle.
fn statement(scene: &Scene, bundle: &str) -> (Vec<String>, Value) {
    let shown = json(&scene.done(&format!("inspect {bundle} --output json")));
    let statement = &shown["lines"][0]["statement"];
    let names = statement["subject"].as_array().unwrap().iter();
    (names.map(|one| one["name"].as_str().unwrap().to_owned()).collect(), statement["predicate"].clone())
}

#[test]
fn an_origin_says_of_which_commit_its_files_are() {
    let scene = scene();
    let signed = "origin sign --key dev.pem --git app --out o.jsonl --output json";
    let signed = json(&scene.done(signed));
    let (names, predicate) = statement(&scene, "o.jsonl");
    assert_eq!(names, ["a.c", "b.c"]);
    let head = git(&scene, &["rev-parse", "HEAD"]);
    assert_eq!(predicate["commit"]["id"]["sha1"], head.as_str());
    assert_eq!(predicate["commit"]["tree"]["sha1"], git(&scene, &["rev-parse", "HEAD^{tree}"]).as_str());
    assert_eq!((&predicate["kind"], &predicate["commit"]["workTree"]), (&"source".into(), &"clean".into()));
    assert_eq!(signed["commit"]["id"]["sha1"], head.as_str());
    assert_eq!(signed["commit"]["changed"], Value::Array(Vec::new()));
    let shown = scene.done("inspect o.jsonl");
    assert!(shown.contains(&format!("commit {}, clean: a.c, b.c by key", &head[..12])), "{shown}");
}

#[test]
fn a_dirty_work_tree_is_refused_or_said_and_what_differs_has_no_origin() {
    let scene = scene();
    scene.write("app/a.c", b"int evil;\n");
    scene.write("app/new.c", b"int new;\n");
    let said = scene.fails("origin sign --key dev.pem --git app --out o.jsonl", "git-dirty");
    assert!(said.contains("`a.c` has other bytes"), "{said}");
    assert!(!scene.path("o.jsonl").exists());
    let said = scene.done("origin sign --key dev.pem --git app --allow-dirty --out o.jsonl");
    assert!(said.contains("left out, not as in the commit: a.c"), "{said}");
    assert!(said.contains("not in the commit, and not ignored: 1 file"), "{said}");
    let (names, predicate) = statement(&scene, "o.jsonl");
    assert_eq!(names, ["b.c"]);
    assert_eq!(predicate["commit"]["workTree"], "dirty");
    assert_eq!(predicate["commit"]["untracked"], 1);
    std::fs::remove_file(scene.path("app/b.c")).unwrap();
    scene.fails("origin sign --key dev.pem --git app --allow-dirty --out o.jsonl", "origin-empty");
}

#[test]
fn a_commit_goes_with_no_other_files_and_no_other_kind() {
    let scene = scene();
    for more in ["--kind library", "tool", "--list tool"] {
        scene.fails(&format!("origin sign --key dev.pem --git app --out o.jsonl {more}"), "usage");
    }
    scene.fails("origin sign --key dev.pem --kind source tool --allow-dirty", "usage");
    scene.fails("origin sign --key dev.pem --git app", "usage");
    std::fs::create_dir(scene.path("bare")).unwrap();
    scene.fails("origin sign --key dev.pem --git bare --out o.jsonl", "git-refused");
}
