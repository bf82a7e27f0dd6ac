//! `cdi init` and `cdi trust`: documents that are begun, and changed in one place.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::schema::Schema;
use crate::support::{Scene, T0};

/// A folder with authorities `acme` and `other` and a host that trusts the first.
fn begun() -> Scene {
    let scene = Scene::new();
    scene.done(&format!("authority create acme --name acme-vetting --at {T0}"));
    scene.done(&format!("authority create other --name other-vetting --at {T0}"));
    scene.done(INIT);
    scene
}

const INIT: &str = "init --host me --anchor acme=acme/public.pem --require STACK_CANARIES --custody software";

fn text(scene: &Scene, name: &str) -> String {
    String::from_utf8(scene.read(name)).unwrap()
}

fn list(scene: &Scene) -> Value {
    let document = serde_json::from_str(&scene.done("trust list --output json")).unwrap();
    Schema::published("trust.v1.json").hold(&document);
    document
}

/// The lines that differ, `-` for one that is gone and `+` for one that came.
fn difference(old: &str, new: &str) -> Vec<String> {
    let gone = old.lines().filter(|line| !new.lines().any(|other| other == *line));
    let came = new.lines().filter(|line| !old.lines().any(|other| other == *line));
    gone.map(|line| format!("-{line}")).chain(came.map(|line| format!("+{line}"))).collect()
}

#[test]
fn what_is_begun_can_be_used_and_is_never_replaced() {
    let scene = begun();
    let trusted = list(&scene);
    assert_eq!(trusted["host"], "me");
    assert_eq!(trusted["principals"][0]["anchors"][0]["scope"][0], "STACK_CANARIES");
    scene.write("app", b"bytes");
    assert_eq!(scene.run("verify app").status, 1);
    let before = (scene.read("cdi.yaml"), scene.read("policies/me.yaml"));
    scene.fails(INIT, "file-exists");
    std::fs::remove_file(scene.path("cdi.yaml")).unwrap();
    scene.fails(INIT, "file-exists");
    scene.write("cdi.yaml", &before.0);
    assert_eq!((scene.read("cdi.yaml"), scene.read("policies/me.yaml")), before);
}

#[test]
fn nothing_is_begun_with_what_could_not_be_used() {
    let scene = Scene::new();
    scene.done(&format!("authority create acme --name acme --at {T0}"));
    let new = "init new --host me --custody software --anchor";
    scene.fails(&format!("{new} a=acme/public.pem --require STACK_CANARYS"), "word-unknown");
    scene.fails(&format!("{new} a=acme/key.pem --require STACK_CANARIES"), "key-pem-label");
    scene.fails(&format!("{new} a=none.pem --require STACK_CANARIES"), "file-missing");
    scene.fails(
        &format!("{new} a=acme/public.pem --require STACK_CANARIES --quorum 2"),
        "quorum-beyond-anchors",
    );
    assert!(!scene.path("new").exists());
    scene.done(&format!("{new} a=acme/public.pem --require CODE_SANDBOXING --require STACK_CANARIES"));
    scene.done("trust list --config new/cdi.yaml");
}

#[test]
fn words_of_ones_own_are_found_from_wherever_the_host_begins() {
    let scene = Scene::new();
    scene.done(&format!("authority create acme --name acme --at {T0}"));
    let base = scene.done("catalogue --output digest");
    let words = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Catalogue\nmetadata: {{name: a-1}}\nspec:\n  extends: \"{}\"\n  prefix: \
         A_\n  properties:\n    A_REVIEWED: {{kind: code, of: bytes, preservable: false, meaning: Two people read it.}}\n",
        base.trim()
    );
    scene.write("words.yaml", words.as_bytes());
    std::fs::create_dir_all(scene.path("far/real")).unwrap();
    std::os::unix::fs::symlink("far/real", scene.path("link")).unwrap();
    for (dir, shown) in [(".", "words.yaml"), ("new/host", "../../words.yaml"), ("./here/", "../words.yaml")]
    {
        let line = "--host me --anchor a=acme/public.pem --require A_REVIEWED --custody software";
        scene.fails(&format!("init {dir} {line}"), "word-unknown");
        scene.done(&format!("init {dir} {line} --catalogue words.yaml"));
        let entry = format!("catalogues: [{{path: \"{shown}\"}}]");
        assert!(text(&scene, &format!("{dir}/cdi.yaml")).contains(&entry), "{dir}");
        scene.done(&format!("trust list --config {dir}/cdi.yaml"));
    }
    // By the link's own name the way back would end elsewhere.
    scene.done(
        "init link --host me --anchor a=acme/public.pem --require A_REVIEWED --custody software --catalogue words.yaml",
    );
    assert!(text(&scene, "link/cdi.yaml").contains("catalogues: [{path: \"/"));
    scene.done("trust list --config link/cdi.yaml");
}

#[test]
fn a_change_of_trust_is_one_line_and_can_be_taken_back() {
    let scene = begun();
    std::fs::set_permissions(scene.path("policies/me.yaml"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let before = text(&scene, "policies/me.yaml");
    scene.done("trust add anchor other --key other/public.pem --scope STACK_* --depth 1");
    let with = text(&scene, "policies/me.yaml");
    let changed = difference(&before, &with);
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert!(changed[0].starts_with("+      - {name: \"other\", keys: ["), "{changed:?}");
    assert_eq!(list(&scene)["principals"][0]["anchors"][1]["depth"], 1);
    assert_eq!(scene.mode("policies/me.yaml"), 0o640);
    scene.done("trust remove anchor other");
    assert_eq!(text(&scene, "policies/me.yaml"), before);
    scene.done("trust add key --anchor acme --key other/public.pem");
    let keys = list(&scene)["principals"][0]["anchors"][0]["keys"].clone();
    assert_eq!(keys.as_array().unwrap().len(), 2);
    let first = keys[0].as_str().unwrap();
    scene.done(&format!("trust remove key --anchor acme --key {}", &first[..12]));
    assert_eq!(list(&scene)["principals"][0]["anchors"][0]["keys"][0], keys[1]);
    scene.fails("trust remove key --anchor acme --key acme/public.pem", "key-not-there");
}

#[test]
fn a_change_that_would_be_refused_changes_nothing() {
    let scene = begun();
    let before = (text(&scene, "cdi.yaml"), text(&scene, "policies/me.yaml"));
    for (line, code) in [
        ("trust remove anchor acme", "edit-no-place"),
        ("trust remove anchor acm", "anchor-not-there"),
        ("trust remove key --anchor acme --key acme/public.pem", "anchor-without-key"),
        ("trust remove key --anchor none --key acme/public.pem", "anchor-not-there"),
        ("trust remove principal me", "principal-needed"),
        ("trust remove principal you", "configuration-unknown-principal"),
        ("trust add key --anchor acme --key acme/public.pem", "anchor-key-twice"),
        ("trust add key --anchor acme --key acme/key.pem", "key-pem-label"),
        ("trust add key --anchor none --key other/public.pem", "anchor-not-there"),
        ("trust add anchor acme --key other/public.pem --scope STACK_*", "anchor-name-twice"),
        ("trust add anchor b --key other/public.pem --scope STAK_*", "scope-word-unknown"),
        ("trust add origin --key other/public.pem --kind source", "edit-no-place"),
        (
            "trust add principal you --policy policies/me.yaml --required always",
            "policy-of-another-principal",
        ),
        ("trust add principal you --policy none.yaml --required always", "file-missing"),
        ("trust add principal me --policy policies/me.yaml --required always", "configuration-name-twice"),
        (
            "trust add anchor b --key other/public.pem --scope STACK_* --principal mee",
            "configuration-unknown-principal",
        ),
    ] {
        scene.fails(line, code);
        assert_eq!((text(&scene, "cdi.yaml"), text(&scene, "policies/me.yaml")), before, "{line}");
    }
}

#[test]
fn what_keeps_a_change_from_being_made_is_named() {
    let scene = begun();
    let said = scene.fails("trust add key --anchor acmee --key other/public.pem", "anchor-not-there");
    assert!(said.contains("did you mean `acme`?"), "{said}");
    scene
        .write("policies/you.yaml", text(&scene, "policies/me.yaml").replace("\"me\"", "\"you\"").as_bytes());
    scene.done("trust add principal you --policy policies/you.yaml --required when-granted");
    let with = text(&scene, "cdi.yaml")
        .replace("  # directories:", "  directories: [{name: data, path: d, owner: you}]\n  #");
    scene.write("cdi.yaml", with.as_bytes());
    let said = scene.fails("trust remove principal you", "principal-needed");
    assert!(said.contains("the owner of the directory `data`"), "{said}");
    assert!(scene.fails("trust remove principal me", "principal-needed").contains("the host"));
}

#[test]
fn a_signed_policy_is_listed_with_what_of_it_is_in_force() {
    let scene = begun();
    scene.done("key generate --out policy.pem");
    let sign = "policy sign policies/me.yaml --key policy.pem --for 30d --version 2";
    scene.done(&format!("{sign} --audience elsewhere --out elsewhere.jsonl"));
    let shown: Value = serde_json::from_str(&scene.done("key show policy.pem --output json")).unwrap();
    let name = list_name(&scene);
    scene.done(&format!("{sign} --audience {name} --out here.jsonl"));
    let key = shown["publicKey"].as_str().unwrap();
    let before = text(&scene, "cdi.yaml");
    let named = |file: &str| {
        let policy = format!("policy: \"{file}\", key: \"{key}\", atLeast: 1");
        let changed = before.replace("policy: \"policies/me.yaml\"", &policy);
        assert_ne!(changed, before, "{before}");
        scene.write("cdi.yaml", changed.as_bytes());
        list(&scene)["principals"][0].clone()
    };
    let here = named("here.jsonl");
    assert_eq!((&here["editions"][0]["version"], &here["atLeast"]), (&2.into(), &1.into()));
    assert_eq!(here["editions"][0]["audience"][0], name.as_str());
    assert_eq!(here["anchors"][0]["name"], "acme");
    let elsewhere = named("elsewhere.jsonl");
    assert_eq!(elsewhere["refused"]["code"], "policy-audience");
    assert!(scene.done("trust list").contains("[policy-audience]"));
    // So says the lint, which asks nobody's clock, and so does the doctor.
    let ended = scene.run("policy lint --config cdi.yaml");
    assert!(ended.status == 1 && ended.stdout.contains("[policy-audience]"), "{}", ended.stdout);
    assert!(scene.run("doctor").stdout.contains("[policy-audience]"));
}

/// The decider's own name.
fn list_name(scene: &Scene) -> String {
    let document = text(scene, "cdi.yaml");
    let name = document.lines().find_map(|line| line.split_once("name: ")).unwrap().1;
    name.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-').to_owned()
}

#[test]
fn a_pinned_policy_is_changed_with_its_pin_or_not_at_all() {
    let scene = begun();
    scene
        .write("policies/you.yaml", text(&scene, "policies/me.yaml").replace("\"me\"", "\"you\"").as_bytes());
    let before = text(&scene, "cdi.yaml");
    scene.done("trust add principal you --policy policies/you.yaml --required when-granted --pin");
    assert_eq!(difference(&before, &text(&scene, "cdi.yaml")).len(), 1);
    let anchor = "trust add anchor other --key other/public.pem --scope STACK_*";
    scene.fails(anchor, "principal-unnamed");
    scene.fails(&format!("{anchor} --principal you"), "policy-pinned");
    scene.done(&format!("{anchor} --principal you --repin"));
    let you = list(&scene)["principals"][1].clone();
    assert_eq!((you["pinned"].clone(), you["anchors"].as_array().unwrap().len()), (Value::Bool(true), 2));
    scene.done("trust remove principal you");
    assert_eq!(text(&scene, "cdi.yaml"), before);
}

#[test]
fn processes_that_change_trust_at_once_lose_nothing() {
    let scene = begun();
    for n in 0..6 {
        scene.done(&format!("key generate --out k{n}.pem"));
    }
    let children: Vec<_> = (0..6)
        .map(|n| scene.command(&format!("trust add key --anchor acme --key k{n}.pub.pem")).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(list(&scene)["principals"][0]["anchors"][0]["keys"].as_array().unwrap().len(), 7);
}

#[test]
fn a_change_that_is_killed_leaves_a_whole_document() {
    let scene = begun();
    scene.done("key generate --out k.pem");
    for n in 0..20_u64 {
        let mut child = scene.command("trust add key --anchor acme --key k.pub.pem").spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(n * 500));
        child.kill().unwrap();
        child.wait().unwrap();
        let keys = list(&scene)["principals"][0]["anchors"][0]["keys"].as_array().unwrap().len();
        if keys == 2 {
            scene.done("trust remove key --anchor acme --key k.pub.pem");
        }
    }
}

#[test]
fn a_linked_configuration_is_changed_where_it_is() {
    let scene = begun();
    std::fs::create_dir(scene.path("etc")).unwrap();
    std::os::unix::fs::symlink("../cdi.yaml", scene.path("etc/cdi.yaml")).unwrap();
    std::os::unix::fs::symlink("../policies", scene.path("etc/policies")).unwrap();
    let anchor = "trust add anchor other --key other/public.pem --scope STACK_*";
    scene.done(&format!("{anchor} --config etc/cdi.yaml"));
    assert!(scene.path("etc/cdi.yaml").is_symlink());
    assert_eq!(list(&scene)["principals"][0]["anchors"].as_array().unwrap().len(), 2);
}

#[test]
fn documents_that_are_too_large_or_no_files_are_not_changed() {
    let scene = begun();
    let policy = text(&scene, "policies/me.yaml");
    let key = "trust add key --anchor acme --key other/public.pem";
    let nearly = policy.clone() + "#" + &"x".repeat((256 << 10) - policy.len() - 40) + "\n";
    scene.write("policies/me.yaml", nearly.as_bytes());
    scene.fails(key, "limit-policy-bytes");
    assert_eq!(text(&scene, "policies/me.yaml"), nearly);
    std::fs::remove_file(scene.path("policies/me.yaml")).unwrap();
    std::fs::create_dir(scene.path("policies/me.yaml")).unwrap();
    scene.fails(key, "file-is-folder");
}

#[test]
fn names_that_look_like_yaml_stay_names() {
    let scene = begun();
    for name in ["no", "1.0", "a: b", "x, y", "\"q\"", "# c", "{", "-", "null"] {
        scene.done(&format!("key generate --out {}.pem", name.len()));
        let mut command = scene.command("trust add anchor --scope STACK_* --key");
        let added = command.arg(format!("{}.pub.pem", name.len())).args(["--", name]).output().unwrap();
        assert!(added.status.success(), "{name}: {}", String::from_utf8_lossy(&added.stderr));
        assert_eq!(list(&scene)["principals"][0]["anchors"][1]["name"], name);
        assert!(scene.command("trust remove anchor --").arg(name).status().unwrap().success());
        for end in ["pem", "pub.pem"] {
            std::fs::remove_file(scene.path(&format!("{}.{end}", name.len()))).unwrap();
        }
    }
}
