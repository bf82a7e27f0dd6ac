//! Several processes at once, processes that are killed, and evidence that is put together.

use std::collections::BTreeSet;
use std::process::Stdio;

use crate::support::{Scene, certify, ended, field};

#[test]
fn concurrent_certifications_get_serials_of_their_own() {
    let scene = Scene::new().with_request();
    let children: Vec<_> = (0..6)
        .map(|n| {
            let mut command = scene.command(&certify("root", "request.jsonl", &format!("c{n}.jsonl")));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let serials: BTreeSet<String> = children
        .into_iter()
        .map(|child| {
            let ended = ended(&child.wait_with_output().unwrap());
            assert_eq!(ended.status, 0, "{}", ended.stderr);
            field(&ended.stdout, "serial")
        })
        .collect();
    assert_eq!(serials.len(), 6);
    assert_eq!(scene.lines("root/signed.intoto.jsonl"), 6);
}

#[test]
fn a_command_that_is_killed_leaves_whole_records() {
    let scene = Scene::new().with_request();
    for n in 0..20_u64 {
        let mut command = scene.command(&certify("root", "request.jsonl", &format!("c{n}.jsonl")));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(n * 700));
        child.kill().unwrap();
        child.wait().unwrap();
        scene.done("authority list root");
        let out = scene.path(&format!("c{n}.jsonl"));
        assert!(!out.exists() || std::fs::read(out).unwrap().ends_with(b"\n"));
    }
    scene.done(&certify("root", "request.jsonl", "last.jsonl"));
}

#[test]
fn evidence_is_added_once_and_only_if_it_is_evidence() {
    let scene = Scene::new().with_request();
    scene.done(&certify("root", "request.jsonl", "c.jsonl"));
    let added = scene.done("bundle add app.jsonl c.jsonl root/revocations.intoto.jsonl c.jsonl");
    assert!(added.starts_with("2 lines added to app.jsonl"), "{added}");
    let before = scene.read("app.jsonl");
    assert_eq!(scene.done("bundle add app.jsonl c.jsonl"), "0 lines added to app.jsonl, 1 was there\n");
    assert_eq!(scene.read("app.jsonl"), before);
    scene.fails("bundle add app.jsonl request.jsonl tool.pub.pem", "json-syntax");
    scene.fails("bundle add app.jsonl none.jsonl", "file-missing");
    let key = scene.read("tool.pem");
    let said = scene.fails("bundle add tool.pem c.jsonl", "bundle-none");
    assert!(said.contains("`FILE.intoto.jsonl`"), "{said}");
    assert_eq!(scene.read("tool.pem"), key);
    assert_eq!(scene.read("app.jsonl"), before);
}

#[test]
fn an_origin_is_added_to_the_bundle_beside_the_artifact() {
    let scene = Scene::new();
    scene.done("key generate --out dev.pem");
    scene.done("origin sign --key dev.pem --kind source ./tool");
    assert_eq!(scene.lines("tool.intoto.jsonl"), 1);
    scene.done("origin sign --key dev.pem --kind library tool claims.json --out lib.jsonl");
    assert_eq!(scene.lines("lib.jsonl"), 1);
    scene.fails("origin sign --key dev.pem --kind library tool claims.json", "usage");
    scene.fails("origin sign --key dev.pem --kind source none", "file-missing");
    scene.fails("origin sign --key dev.pem --kind source ../tool --out o.jsonl", "path-not-normalised");
    assert!(!scene.path("o.jsonl").exists());
}

#[test]
fn an_origin_is_about_all_files_of_a_folder_or_of_a_package() {
    let scene = Scene::new();
    scene.done("key generate --out dev.pem");
    std::fs::create_dir_all(scene.path("src/deep")).unwrap();
    std::fs::create_dir(scene.path("empty")).unwrap();
    for name in ["src/a.c", "src/deep/b.c", "src/deep/c.h"] {
        scene.write(name, name.as_bytes());
    }
    std::os::unix::fs::symlink("a.c", scene.path("src/link.c")).unwrap();
    let signed = "origin sign --key dev.pem --kind source src --out src.jsonl --output json";
    let signed: serde_json::Value = serde_json::from_str(&scene.done(signed)).unwrap();
    assert_eq!((signed["files"].as_u64(), signed["links"].as_u64()), (Some(3), Some(1)));
    let shown = scene.done("inspect src.jsonl --output json");
    assert!(shown.contains("src/deep/b.c") && !shown.contains("link.c"), "{shown}");
    scene.write("package.list", b"src\nsrc/a.c\nsrc/link.c\nsrc/deep\n");
    let listed = scene.done("origin sign --key dev.pem --kind toolchain --list package.list --out p.jsonl");
    assert!(listed.contains("origin of 1 file, added to p.jsonl"), "{listed}");
    assert!(listed.contains("left out: 1 symbolic link"), "{listed}");
    scene.fails("origin sign --key dev.pem --kind toolchain --list package.list", "usage");
    scene.fails("origin sign --key dev.pem --kind source empty --out e.jsonl", "origin-empty");
    scene.write("gone.list", b"src/gone.c\n");
    scene.fails("origin sign --key dev.pem --kind library --list gone.list --out g.jsonl", "file-missing");
    assert!(!scene.path("e.jsonl").exists() && !scene.path("g.jsonl").exists());
}
