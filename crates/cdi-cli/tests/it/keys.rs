//! `cdi key`.

use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::support::{Scene, ended, field};

#[test]
fn a_private_key_is_for_its_owner_only_and_never_shown() {
    let scene = Scene::new();
    for (name, algorithm) in [("a", "ecdsa-p256"), ("b", "ed25519")] {
        let said = scene.done(&format!("key generate --algorithm {algorithm} --out {name}.pem"));
        assert_eq!(scene.mode(&format!("{name}.pem")) & 0o177, 0);
        let private = scene.done(&format!("key show {name}.pem"));
        assert_eq!(private, scene.done(&format!("key show {name}.pub.pem")));
        assert_eq!(field(&said, "key id"), field(&private, "key id"));
        assert!(!private.contains("PRIVATE"));
    }
}

#[test]
fn who_signs_with_a_key_that_others_can_read_is_told() {
    let scene = Scene::new();
    scene.done("key generate --out key.pem");
    scene.write("page.txt", b"text");
    for (mode, is_told) in [(0o600, false), (0o400, false), (0o640, true), (0o602, true), (0o666, true)] {
        std::fs::set_permissions(scene.path("key.pem"), Permissions::from_mode(mode)).unwrap();
        let _ = std::fs::remove_file(scene.path("page.txt.intoto.jsonl"));
        let done =
            ended(&scene.command("origin sign --key key.pem --kind source page.txt").output().unwrap());
        assert_eq!(
            (done.status, done.stderr.contains("[key-readable]")),
            (0, is_told),
            "{mode:o}: {}",
            done.stderr
        );
    }
}

#[test]
fn a_path_forges_no_lines() {
    let scene = Scene::new();
    scene.done("authority create root --name Root");
    let steering = "x\u{1b}[2K\r\nkey-id.pem";
    for line in [
        "key generate --out",
        "request endorsement root --scope STEP --out",
        "request certification --key root/key.pem --tool-name cc --tool-version 1 --supplier acme --executable tool \
         --linkage static --custody software --out",
        "origin sign --key root/key.pem --kind source tool --out",
        "authority create --name Other",
    ] {
        let done = ended(&scene.command(line).arg(steering).output().unwrap());
        assert_eq!(done.status, 0, "cdi {line}: {}", done.stderr);
        assert!(
            !done.stdout.contains(['\u{1b}', '\r']) && !done.stdout.contains("\nkey-id"),
            "{}",
            done.stdout
        );
        assert!(done.stdout.contains("\\u{1b}"), "{}", done.stdout);
        let path = scene.path(steering);
        let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
        let _ = std::fs::remove_file(scene.path("x\u{1b}[2K\r\nkey-id.pub.pem"));
    }
}

#[test]
fn a_key_as_json_has_its_forms() {
    let scene = Scene::new();
    scene.done("key generate --out a.pem");
    let shown: serde_json::Value = serde_json::from_str(&scene.done("key show a.pem --output json")).unwrap();
    assert_eq!(shown["algorithm"], "ecdsa-p256-sha256");
    assert_eq!(shown["keyId"].as_str().unwrap().len(), 64);
    assert_eq!(shown["pem"], String::from_utf8(scene.read("a.pub.pem")).unwrap());
    assert!(shown["publicKey"].as_str().unwrap().starts_with("MFkw"));
}

#[test]
fn one_part_of_a_key_is_printed_alone() {
    let scene = Scene::new();
    scene.done("key generate --out a.pem");
    let shown: serde_json::Value = serde_json::from_str(&scene.done("key show a.pem --output json")).unwrap();
    for (only, member) in [("public-key", "publicKey"), ("key-id", "keyId")] {
        for file in ["a.pem", "a.pub.pem"] {
            let said = scene.done(&format!("key show {file} --only {only} --quiet"));
            assert_eq!(said, format!("{}\n", shown[member].as_str().unwrap()), "{file}");
        }
    }
    assert_eq!(scene.run("key show a.pem --only key-id --output json").status, 2);
}

#[test]
fn a_passphrase_is_never_given_in_vain() {
    let scene = Scene::new();
    scene.write("secret", b"correct horse\n");
    scene.fails("key generate --passphrase-file secret --out a.pem", "passphrase-unused");
    scene.fails("authority create root --name Root --passphrase-file secret", "passphrase-unused");
    assert!(!scene.path("a.pem").exists() && !scene.path("root").exists());
    scene.done("key generate --encrypt --passphrase-file secret --out a.pem");
    assert!(String::from_utf8(scene.read("a.pem")).unwrap().contains("ENCRYPTED"));
}

#[test]
fn no_key_is_overwritten() {
    let scene = Scene::new();
    scene.done("key generate --out a.pem");
    let before = scene.read("a.pem");
    scene.fails("key generate --out a.pem", "file-exists");
    std::fs::remove_file(scene.path("a.pem")).unwrap();
    scene.fails("key generate --out a.pem", "file-exists");
    assert!(!scene.path("a.pem").exists());
    scene.write("a.pem", &before);
    assert!(scene.done("key show a.pem").contains("ecdsa"));
}

#[test]
fn an_encrypted_key_opens_with_its_passphrase_only() {
    let scene = Scene::new();
    scene.write("right", b"correct horse\nsecond line\n");
    scene.write("wrong", b"battery staple\n");
    scene.write("empty", b"\n");
    scene.done("key generate --encrypt --passphrase-file right --out a.pem");
    assert!(String::from_utf8(scene.read("a.pem")).unwrap().contains("ENCRYPTED"));
    scene.done("key show a.pem --passphrase-file right");
    scene.fails("key show a.pem --passphrase-file wrong", "key-passphrase-wrong");
    scene.fails("key show a.pem --passphrase-file empty", "key-passphrase-empty");
    scene.fails("key show a.pem --passphrase-file none", "file-missing");

    let mut child = scene.command("key show a.pem --passphrase-fd 0");
    let mut child =
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"correct horse").unwrap();
    let ended = ended(&child.wait_with_output().unwrap());
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(!ended.stdout.contains("correct horse"));
}

#[test]
fn what_is_no_key_is_rejected() {
    let scene = Scene::new();
    scene.fails("key show missing.pem", "file-missing");
    scene.write("empty.pem", b"");
    scene.fails("key show empty.pem", "key-pem-malformed");
    scene.write("broken.pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    scene.fails("key show broken.pem", "key-not-pkcs8");
    scene.write("huge.pem", &vec![b'x'; 70_000]);
    scene.fails("key show huge.pem", "limit-key-bytes");
    scene.write("bytes.pem", &[0xff; 8]);
    scene.fails("key show bytes.pem", "file-not-text");
    scene.fails("key show .", "file-is-folder");
}
