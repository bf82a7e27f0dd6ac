//! `cdi doctor` finds what is wrong, and nothing where nothing is.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::schema::Schema;
use crate::support::Scene;

/// A host on which nothing is wrong.
fn sound() -> Scene {
    let scene = Scene::new();
    scene.done("authority create acme --name acme-vetting");
    scene.done("key generate --out tool.pem");
    scene.done("init --host me --anchor acme=acme/public.pem --require STACK_CANARIES --custody software");
    for name in [".", "policies", "acme"] {
        chmod(&scene, name, 0o755);
    }
    for name in ["cdi.yaml", "policies/me.yaml"] {
        chmod(&scene, name, 0o644);
    }
    scene
}

fn chmod(scene: &Scene, name: &str, mode: u32) {
    std::fs::set_permissions(scene.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

fn swap(scene: &Scene, name: &str, from: &str, to: &str) {
    let text = String::from_utf8(scene.read(name)).unwrap();
    assert!(text.contains(from), "{text}");
    scene.write(name, text.replace(from, to).as_bytes());
}

/// What is found, but for what a test's machine may lack.
fn found(scene: &Scene) -> Vec<(String, String)> {
    let ended = scene.run("doctor --output json");
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    Schema::published("doctor.v1.json").hold(&document);
    let text = |finding: &Value, member: &str| finding[member].as_str().unwrap().to_owned();
    let findings = document["findings"].as_array().unwrap();
    let errors = findings.iter().any(|finding| finding["severity"] == "error");
    assert_eq!(ended.status, i32::from(errors), "{}", ended.stdout);
    let of_host = |finding: &&Value| finding["about"] != "kernel";
    findings.iter().filter(of_host).map(|found| (text(found, "severity"), text(found, "code"))).collect()
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let scene = sound();
    assert_eq!(found(&scene), []);
    let said = scene.done("doctor");
    assert!(said.contains("looked at the policy policies/me.yaml"), "{said}");
    assert!(said.contains("0 errors"), "{said}");
}

#[test]
fn each_thing_that_is_wrong_is_found_with_its_code() {
    type Spoil = fn(&Scene);
    let cases: [(&str, &str, Spoil); 21] = [
        ("error", "file-missing", |scene| std::fs::remove_file(scene.path("cdi.yaml")).unwrap()),
        ("error", "file-missing", |scene| std::fs::remove_file(scene.path("policies/me.yaml")).unwrap()),
        ("error", "configuration-nobody-required", |scene| {
            swap(scene, "cdi.yaml", "always}", "when-granted}")
        }),
        ("error", "policy-wrong-kind", |scene| {
            swap(scene, "policies/me.yaml", "kind: Policy", "kind: Polisy")
        }),
        ("error", "word-unknown", |scene| {
            swap(scene, "policies/me.yaml", "require: \"STACK", "require: \"STAK")
        }),
        ("error", "policy-digest", |scene| {
            let pinned = format!("always, sha256: \"{}\"}}", "00".repeat(32));
            swap(scene, "cdi.yaml", "always}", &pinned);
        }),
        ("error", "document-writable", |scene| chmod(scene, "cdi.yaml", 0o646)),
        ("error", "document-writable", |scene| chmod(scene, "policies/me.yaml", 0o646)),
        ("error", "document-writable", |scene| chmod(scene, "policies", 0o757)),
        ("warning", "document-writable", |scene| chmod(scene, "cdi.yaml", 0o664)),
        ("warning", "revocation-not-asked", |scene| {
            swap(scene, "policies/me.yaml", "{maxAge: 7d}", "dangerously-none");
        }),
        ("warning", "nothing-required", |scene| {
            let text = String::from_utf8(scene.read("policies/me.yaml")).unwrap();
            let head = text.split("  # Refuse").next().unwrap();
            scene.write("policies/me.yaml", format!("{head}  rule: accept-all\n").as_bytes());
        }),
        ("error", "directory-missing", |scene| {
            swap(
                scene,
                "cdi.yaml",
                "  # directories:",
                "  directories: [{name: d, path: d, owner: me}]\n  #",
            );
        }),
        ("error", "key-readable", |scene| chmod(scene, "tool.pem", 0o640)),
        ("error", "key-readable", |scene| chmod(scene, "acme/key.pem", 0o604)),
        ("error", "authority-writable", |scene| chmod(scene, "acme", 0o777)),
        ("warning", "authority-writable", |scene| chmod(scene, "acme", 0o770)),
        ("error", "authority-folder-damaged", |scene| {
            scene.write("acme/public.pem", &scene.read("tool.pub.pem"));
        }),
        ("error", "memory-missing", |scene| {
            std::fs::create_dir(scene.path(".state")).unwrap();
            scene.write(".state/begun", b"");
        }),
        ("error", "state-writable", |scene| {
            scene.write("app", b"app");
            scene.run("verify app");
            chmod(scene, ".state", 0o777);
        }),
        ("error", "clock-behind", |scene| {
            scene.write("app", b"app");
            scene.run("verify app");
            let mut memory = crate::memory::unsummed(&scene.read(".state/memory.json"));
            memory["lastDecision"] = "2999-01-01T00:00:00Z".into();
            scene.write(".state/memory.json", memory.to_string().as_bytes());
        }),
    ];
    for (severity, code, spoil) in cases {
        let scene = sound();
        spoil(&scene);
        let found = found(&scene);
        assert_eq!(found, [(severity.to_owned(), code.to_owned())]);
    }
}

/// What a decision would say of a signed policy, the doctor says.
#[test]
fn a_signed_policy_that_is_not_in_force_is_found() {
    let scene = sound();
    scene.done("key generate --out policy.pem");
    let shown: Value = serde_json::from_str(&scene.done("key show policy.pem --output json")).unwrap();
    let key = shown["publicKey"].as_str().unwrap();
    let configured = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    let name = configured.lines().find_map(|line| line.split_once("name: ")).unwrap().1;
    let name = name.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let sign = |version: u64, audience: &str| {
        let out = format!("v{version}-{audience}.jsonl");
        scene.done(&format!(
            "policy sign policies/me.yaml --key policy.pem --for 30d --version {version} --audience {audience} --out {out}"
        ));
        out
    };
    let found_in = |file: &str, least: u64| {
        let policy = format!("policy: \"{file}\", key: \"{key}\", atLeast: {least}");
        scene.write("cdi.yaml", configured.replace("policy: \"policies/me.yaml\"", &policy).as_bytes());
        chmod(&scene, file, 0o644);
        found(&scene)
    };
    let one = |severity: &str, code: &str| vec![(severity.to_owned(), code.to_owned())];
    let (first, second) = (sign(1, name), sign(2, name));
    assert_eq!(found_in(&second, 1), []);
    assert_eq!(found_in(&sign(2, "elsewhere"), 1), one("error", "policy-audience"));
    assert_eq!(found_in(&first, 2), one("error", "policy-rolled-back"));
    // Once version 2 was gone by, a file with version 1 is not enough by itself.
    scene.write("app", b"app");
    assert_eq!(found_in(&second, 1), []);
    scene.run("verify app");
    assert_eq!(found_in(&first, 1), one("warning", "policy-rolled-back"));
}

#[test]
fn a_folder_of_keys_that_cannot_be_read_is_an_error() {
    let scene = sound();
    let said = scene.run("doctor --keys authorities");
    assert!(said.status == 1 && said.stdout.contains("[folder-unreadable]"), "{}", said.stdout);
}

#[test]
fn lists_and_endorsements_that_have_ended_are_found() {
    let scene = sound();
    scene.done("authority create late --name late --at 2026-01-01T00:00:00Z");
    assert_eq!(found(&scene), [("warning".to_owned(), "list-ended".to_owned())]);
    scene.done("authority create child --name child");
    scene.done("request endorsement child --scope STACK_CANARIES --out request.jsonl");
    scene.done(
        "authority endorse acme --request request.jsonl --scope STACK_CANARIES --depth 0 --for 1d \
        --at 2026-01-01T00:00:00Z --out e.jsonl",
    );
    scene.done("authority import child e.jsonl --root acme/public.pem --at 2026-01-01T00:00:00Z");
    let found: Vec<String> = found(&scene).into_iter().map(|(_, code)| code).collect();
    assert_eq!(found, ["endorsement-ended", "list-ended"]);
}

#[test]
fn keys_are_looked_for_where_they_are_said_to_be_and_links_are_not_followed() {
    let (scene, elsewhere) = (sound(), sound());
    chmod(&elsewhere, "tool.pem", 0o644);
    std::os::unix::fs::symlink(elsewhere.path("tool.pem"), scene.path("link.pem")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path("."), scene.path("folder")).unwrap();
    std::os::unix::fs::symlink(scene.path("."), scene.path("cycle")).unwrap();
    assert_eq!(found(&scene), []);
    let said = scene.run(&format!("doctor --keys {}", elsewhere.path(".").display()));
    assert_eq!(said.status, 1);
    assert!(said.stdout.contains("[key-readable]") && said.stdout.contains("chmod 600"), "{}", said.stdout);
}
