//! What a running program loses its right by, and by what nobody takes it away or keeps it for himself (rule J-WATCH).

use std::process::{Command, Stdio};

use cdi_envelope::write_line;
use cdi_keys::Signer as _;
use cdi_testkit::scenario::{Scenario, key};
use serde_json::{Value, json};

use crate::deploying::{journal, listed, scene, want_the_moon};
use crate::environments::walled;
use crate::schema::Schema;
use crate::support::Scene;
use crate::watching::{another_host, end, started, started_by, watched};

/// A configuration with something else in it.
fn configure(scene: &Scene, from: &str, to: &str) -> Vec<u8> {
    let before = scene.read("cdi.yaml");
    let text = String::from_utf8(before.clone()).unwrap();
    assert!(text.contains(from), "{text}");
    scene.write("cdi.yaml", text.replacen(from, to, 1).as_bytes());
    before
}

#[test]
fn what_the_host_has_taken_back_ends_the_right() {
    let environments = "  environments: [{name: process, provides: []}]\n";
    for (from, to) in
        [(environments, ""), ("  host: p\n", "  host: p\n  limits: {memoryBytes: 1024, time: 1m}\n")]
    {
        let scene = scene("sleep");
        let mut child = started(&scene);
        let before = configure(&scene, from, to);
        let said = watched(&scene, "", 1);
        let program = &said["programs"][0];
        assert_eq!((&program["verdict"], &program["written"]), (&"deny".into(), &true.into()), "{said:#}");
        assert_eq!(program["error"]["code"], "running-taken-back", "{said:#}");
        assert_eq!(watched(&scene, "", 1)["programs"][0]["written"], false, "it stands there");
        let entry: Value = serde_json::from_str(&scene.done("journal show 1 --output json")).unwrap();
        Schema::published("journal-entry.v1.json").hold(&entry);
        let decision = &entry["statement"]["predicate"]["cdi_decision"];
        assert_eq!((&decision["occasion"], &decision["verdict"]), (&"watch".into(), &"deny".into()));
        assert_eq!(decision["codes"], json!(["running-taken-back"]));
        scene.write("cdi.yaml", &before);
        assert_eq!(watched(&scene, "", 0)["programs"][0]["written"], true, "it is given back");
        configure(&scene, from, to);
        assert_eq!(watched(&scene, "--enforce", 1)["programs"][0]["stopped"], "asked", "{to}");
        child.wait().unwrap();
    }
}

#[test]
fn a_directory_or_a_principal_that_was_taken_back_ends_the_right() {
    if let Some(environment) = walled().first() {
        let scene = scene("sleep");
        let mut child =
            started_by(&scene, &format!("run guest --environment {environment} --dir data -- sleep"));
        configure(&scene, "  directories: [{name: data, path: data, owner: p}]\n", "");
        let said = watched(&scene, "--enforce", 1);
        assert_eq!(said["programs"][0]["error"]["code"], "running-taken-back", "{said:#}");
        child.wait().unwrap();
    }
    let scene = scene("sleep");
    let both = "principals: [{name: p, policy: p.yaml, required: always}, {name: q, policy: q.yaml, required: when-granted}]";
    let before = configure(&scene, "principals: [{name: p, policy: p.yaml, required: always}]", both);
    let policy = String::from_utf8(scene.read("p.yaml")).unwrap();
    scene.write("q.yaml", policy.replace("principal: p", "principal: q").as_bytes());
    let workload = String::from_utf8(scene.read("workload.yaml")).unwrap();
    scene.write("workload.yaml", format!("{workload}  principals: [q]\n").as_bytes());
    let mut child = started(&scene);
    assert_eq!(watched(&scene, "--enforce", 0)["programs"][0]["verdict"], "allow");
    scene.write("cdi.yaml", &before);
    let said = watched(&scene, "--enforce", 1);
    assert_eq!(said["programs"][0]["error"]["code"], "running-taken-back", "{said:#}");
    child.wait().unwrap();
}

/// Whoever can write to a bundle neither stops what runs nor keeps it from being stopped.
#[test]
fn a_bundle_that_is_of_no_use_counts_as_gone() {
    let folder = |scene: &Scene| std::fs::create_dir(scene.path("guest.intoto.jsonl")).unwrap();
    let pipe = |scene: &Scene| {
        let made = Command::new("mkfifo").arg(scene.path("guest.intoto.jsonl")).status().unwrap();
        assert!(made.success());
    };
    let long = |scene: &Scene| {
        scene.write("guest.intoto.jsonl", &vec![b'x'; cdi_types::limits::LINE_BYTES + 1]);
    };
    let wrongs: [&dyn Fn(&Scene); 3] = [&folder, &pipe, &long];
    for (wrong, code) in wrongs.into_iter().zip(["file-is-folder", "file-not-regular", "limit-line-bytes"]) {
        let scene = scene("sleep");
        scene.write("guest.intoto.jsonl", b"\n");
        let mut child = started(&scene);
        std::fs::remove_file(scene.path("guest.intoto.jsonl")).unwrap();
        wrong(&scene);
        let said = watched(&scene, "--enforce", 0);
        let program = &said["programs"][0];
        assert_eq!((&program["verdict"], &program["unusable"][0]["code"]), (&"allow".into(), &code.into()));
        want_the_moon(&scene);
        let said = watched(&scene, "--enforce", 1);
        assert_eq!(said["programs"][0]["stopped"], "asked", "{code}: {said:#}");
        child.wait().unwrap();
    }
}

/// Who breaks his own policy leaves the answer open, and keeps nothing running that another refuses.
#[test]
fn a_policy_that_cannot_be_read_hides_no_refusal() {
    let scene = scene("sleep");
    let both = "principals: [{name: q, policy: q.yaml, required: always}, {name: p, policy: p.yaml, required: always}]";
    configure(&scene, "principals: [{name: p, policy: p.yaml, required: always}]", both);
    let policy = String::from_utf8(scene.read("p.yaml")).unwrap();
    scene.write("q.yaml", policy.replace("principal: p", "principal: q").as_bytes());
    let mut child = started(&scene);
    scene.write("q.yaml", b"kind: Nonsense\n");
    let program = &watched(&scene, "--enforce", 2)["programs"][0];
    assert_eq!((&program["verdict"], program.get("stopped")), (&"unknown".into(), None));
    want_the_moon(&scene);
    let said = watched(&scene, "--enforce", 1);
    assert_eq!(said["programs"][0]["stopped"], "asked", "{said:#}");
    child.wait().unwrap();
}

/// What is looked up about one program does not depend on what was written about others: an entry between is not read.
#[test]
fn the_last_entry_of_a_program_is_found_without_reading_those_of_others() {
    let scene = scene("sleep");
    another_host(&scene);
    let child = started(&scene);
    want_the_moon(&scene);
    assert_eq!(watched(&scene, "", 1)["programs"][0]["written"], true);
    for _ in 0..4 {
        assert_eq!(scene.run("deploy mark.yaml --config other.yaml").stdout, "mark-one\n");
    }
    let whole = String::from_utf8(std::fs::read(journal(&scene)).unwrap()).unwrap();
    let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
    lines[2] = "x".repeat(lines[2].len());
    std::fs::write(journal(&scene), lines.join("\n") + "\n").unwrap();
    let said = watched(&scene, "", 1);
    assert_eq!((&said["unread"], &said["programs"][0]["written"]), (&json!([]), &false.into()), "{said:#}");
    std::fs::write(journal(&scene), &whole).unwrap();
    // Whoever was killed between the entry and the note about it has left where to look for it.
    let notes: Vec<_> = std::fs::read_dir(scene.path(".state-journal/running"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let [note] = notes.as_slice() else { panic!("{notes:?}") };
    std::fs::write(note, "{\"from\":1}").unwrap();
    assert_eq!(watched(&scene, "", 1)["programs"][0]["written"], false, "it stands there");
    std::fs::write(note, "nonsense").unwrap();
    assert_eq!(watched(&scene, "", 1)["programs"][0]["written"], false);
    assert_eq!(listed(&scene, "--verdict deny").len(), 1);
    end(child);
}

/// One workload's evidence makes no entry long, and what is written of it can be read again.
#[test]
fn an_entry_about_many_bundles_stays_short() {
    let scene = scene("mark");
    let names: Vec<String> = (0..700).map(|n| format!("b{n}")).collect();
    names.iter().for_each(|name| scene.write(name, format!("\n{name}").as_bytes()));
    let workload = String::from_utf8(scene.read("workload.yaml")).unwrap();
    let bundles = format!("{{path: guest, bundles: [{}, b1, b1]}}", names.join(", "));
    scene.write("workload.yaml", workload.replace("{path: guest}", &bundles).as_bytes());
    assert_eq!(scene.run("deploy workload.yaml").stdout, "mark-one\n");
    let whole = std::fs::read(journal(&scene)).unwrap();
    assert!(whole.len() < 64 << 10, "{}", whole.len());
    let entry: Value = serde_json::from_str(&scene.done("journal show 0 --output json")).unwrap();
    Schema::published("journal-entry.v1.json").hold(&entry);
    assert_eq!(entry["annex"]["bundles"].as_array().unwrap().len(), names.len(), "each once");
    assert!(scene.done("journal show 0").contains("/b699"));
    scene.done("journal verify");
    let annexes = scene.path(".state-journal/decisions.intoto.jsonl.annexes");
    let annex = std::fs::read_dir(annexes).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&annex, std::fs::read_to_string(&annex).unwrap().replace("/b699", "/b700")).unwrap();
    scene.fails("journal verify", "journal-annex");
    scene.fails("journal show 0", "journal-annex");
}

#[test]
fn a_pipe_in_the_place_of_a_key_or_a_lock_is_told() {
    for (name, status) in [("key.pem", 125), ("key.pub.pem", 125), ("watch.lock", 1)] {
        let scene = scene("sleep");
        let child = started(&scene);
        let path = scene.path(&format!(".state-journal/{name}"));
        drop(std::fs::remove_file(&path));
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        want_the_moon(&scene);
        if name == "watch.lock" {
            let said = watched(&scene, "", status);
            assert_eq!(said["programs"][0]["unwritten"]["code"], "file-io", "{said:#}");
        } else {
            another_host(&scene);
            accept_all(&scene);
            let ended = scene.run("deploy mark.yaml --config other.yaml");
            assert_eq!((ended.status, ended.stdout.as_str()), (status, ""), "{}", ended.stderr);
            assert!(ended.stderr.contains("[file-not-regular]"), "{}", ended.stderr);
        }
        end(child);
    }
}

fn accept_all(scene: &Scene) {
    let text = "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: p}\nspec:\n  principal: p\n  rule: accept-all\n";
    scene.write("q.yaml", text.as_bytes());
}

/// A file that outgrows its limit is an error with a code, and no signal.
#[test]
fn a_file_that_outgrows_its_limit_is_an_error() {
    let scene = scene("mark");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 0; exec \"$0\" deploy workload.yaml", env!("CARGO_BIN_EXE_cdi")]);
    command.current_dir(scene.path("")).env("CDI_STATE", scene.path(".state")).stdin(Stdio::null());
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(125), "{said}");
    assert!(said.contains("[file-io]") || said.contains("[journal-file]"), "{said}");
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "", "what cannot be written down does not run");
}

/// However many signatures somebody's bundle has that nobody made, what they cost everybody else is bounded, and what was kept
/// when the program was let in decides.
#[test]
fn signatures_in_vain_hold_up_nobody() {
    let scene = scene("sleep");
    let (_, policy) = Scenario::small().policies.swap_remove(0);
    let line = |line: &str| match line.trim_start().split(':').next() {
        Some("require") => "  require: LOCATION=earth".to_owned(),
        Some("principal") => "  principal: p".to_owned(),
        _ => line.to_owned(),
    };
    let policy: Vec<String> = policy.lines().map(line).collect();
    scene.write("p.yaml", (policy.join("\n") + "\n").as_bytes());
    configure(&scene, "provides: []", "provides: [LOCATION=earth]");
    scene.write("guest.intoto.jsonl", &unsigned(&scene, 100));
    let child = started(&scene);
    let record = std::fs::read_dir(scene.path(".state-running")).unwrap().next().unwrap().unwrap().path();
    let record: Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
    assert_eq!(record["evidence"], json!([]), "what nobody signed is not kept");
    assert_eq!(watched(&scene, "", 0)["programs"][0].get("unusable"), None, "a few are no matter");
    scene.write("guest.intoto.jsonl", &unsigned(&scene, 5_000));
    let said = watched(&scene, "", 0);
    let program = &said["programs"][0];
    assert_eq!(program["verdict"], "allow", "{said:#}");
    assert_eq!(program["unusable"][0]["code"], "limit-signature-verifications", "{said:#}");
    end(child);
}

/// Origins of the artifact that name an anchor as their issuer, which never signed them.
fn unsigned(scene: &Scene, many: usize) -> Vec<u8> {
    let (key, artifact) = (key("north"), cdi_types::Sha256::of(&scene.read("guest")).to_string());
    let line = |n: usize| {
        let subject = json!([{ "name": format!("guest-{n}"), "digest": { "sha256": artifact } }]);
        let issuer = key.public_key().key_id();
        let statement = json!({ "_type": "https://in-toto.io/Statement/v1", "subject": subject,
            "predicateType": "https://code-deployment-integrity.io/origin/v1",
            "predicate": { "issuer": issuer.to_string(), "kind": "binary" } });
        let mut line = write_line(statement.to_string().as_bytes(), &[(issuer, vec![0; 64])]);
        line.push(b'\n');
        line
    };
    (0..many).flat_map(line).collect()
}
