//! What is secret is in nothing that is written or said: planted secrets are looked for in all of it.

use std::path::Path;

use crate::support::{Scene, ended, on_path};

/// The one folder in which secrets may be, of those that the script makes.
const PRIVATE: &str = "private";

/// The text, and what is in it as base64: payloads of envelopes.
fn layers(bytes: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(bytes);
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c));
    let decoded = words
        .filter(|word| word.len() >= 16)
        .filter_map(|word| base64_simd::STANDARD.decode_to_vec(word.as_bytes()).ok());
    decoded.chain([bytes.to_vec()]).collect()
}

fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() && entry.file_name() != PRIVATE => walk(&entry.path(), each),
            kind if kind.is_file() => each(&entry.path()),
            _ => {}
        }
    }
}

/// The lines of a private key in PEM that have it, but the header that all keys have.
fn private_lines(pem: &str) -> Vec<String> {
    let lines = pem.lines().filter(|line| line.len() == 64 && !line.starts_with('-'));
    lines.map(|line| line[20..].to_owned()).collect()
}

#[test]
fn planted_secrets_are_in_nothing_that_is_written_or_said() {
    let scene = Scene::new();
    scene.write("pass", b"plantedpassphrase9417\n");
    scene.write("notes", b"plantednotes5530\n");
    scene.write("first.c", b"int first(int n) { char text[64]; text[n] = 1; return text[0]; }");
    let mut shell = on_path(&scene, "sh");
    shell.args(["-c", include_str!("secrets.sh")]);
    shell.env("COMMITTED", "plantedvalue2286").env("UNNAMED", "plantedunnamed7702");
    shell.env("XDG_CACHE_HOME", scene.path("cache"));
    let said = ended(&shell.output().unwrap());
    assert_eq!(said.status, 0, "{}{}", said.stdout, said.stderr);

    let mut secrets: Vec<String> =
        ["plantedpassphrase9417", "plantednotes5530", "plantedvalue2286", "plantedunnamed7702"]
            .map(str::to_owned)
            .to_vec();
    for key in ["gcc.pem", "agent.pem", "acme.pem"] {
        let lines = private_lines(&String::from_utf8(scene.read(&format!("private/{key}"))).unwrap());
        assert!(!lines.is_empty(), "{key}");
        secrets.extend(lines);
    }
    for salts in ["1", "2", "3"] {
        let kept: serde_json::Value =
            serde_json::from_slice(&scene.read(&format!("private/{salts}"))).unwrap();
        secrets.push(kept[0]["salt"].as_str().unwrap().to_owned());
    }
    let planted = ["pass", "notes"].map(|name| scene.path(name));
    let mut looked_through = 0;
    let mut look = |name: &str, bytes: &[u8]| {
        looked_through += 1;
        for layer in layers(bytes) {
            let layer = String::from_utf8_lossy(&layer);
            let found = secrets.iter().find(|secret| layer.contains(secret.as_str()));
            assert_eq!(found, None, "{name}");
        }
    };
    look("what was said", said.stdout.as_bytes());
    walk(&scene.path("."), &mut |file| {
        if !planted.iter().any(|planted| planted.file_name() == file.file_name()) {
            look(&file.display().to_string(), &std::fs::read(file).unwrap());
        }
    });
    // Of all of these there was something: reports, pages, exports, the cache of digests.
    assert!(looked_through > 30, "{looked_through} files");
    for name in
        ["traced.o.intoto.jsonl", "confined.o.intoto.jsonl", "agent.o.intoto.jsonl", "told/declared.o.html"]
    {
        assert!(scene.path(name).exists(), "{name}\n{}", said.stdout);
    }
}
