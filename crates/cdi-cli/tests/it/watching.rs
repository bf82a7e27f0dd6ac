//! Programs that run, decided about again by `cdi watch`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cdi_store::{Process, RunningFolder};
use serde_json::Value;

use crate::deploying::{journal, listed, scene, want_the_moon};
use crate::schema::Schema;
use crate::support::Scene;

/// Starts the workload, and waits until it says that it runs.
fn started(scene: &Scene) -> Child {
    let mut command = scene.command("deploy workload.yaml");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "sleeping\n");
    child
}

fn watched(scene: &Scene, rest: &str, status: i32) -> Value {
    let ended = scene.run(&format!("watch --once --output json {rest}"));
    assert_eq!(ended.status, status, "{}{}", ended.stdout, ended.stderr);
    let said = serde_json::from_str(&ended.stdout).unwrap();
    Schema::published("watch.v1.json").hold(&said);
    said
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Takes the place of the policy with which the workload was let in.
fn lose_the_policy(scene: &Scene) {
    std::fs::remove_file(scene.path("p.yaml")).unwrap();
}

#[test]
fn what_would_be_refused_now_is_told_and_written_down_once() {
    let scene = scene("sleep");
    assert_eq!(watched(&scene, "", 0)["programs"], Value::Array(Vec::new()));
    let child = started(&scene);
    let said = watched(&scene, "--stop", 0);
    assert_eq!(said["programs"][0]["verdict"], "allow");
    assert_eq!(said["programs"][0]["pid"], child.id());
    assert_eq!(listed(&scene, "").len(), 1, "nothing has changed");
    let policy = scene.read("p.yaml");
    want_the_moon(&scene);
    let said = watched(&scene, "", 1);
    let program = &said["programs"][0];
    assert_eq!((&program["verdict"], &program["written"]), (&"deny".into(), &true.into()), "{said:#}");
    assert_eq!(program["principals"][0]["failures"][0]["code"], "residual-unmet", "{said:#}");
    assert_eq!(program.get("stopped"), None, "nobody asked for it");
    assert_eq!(watched(&scene, "", 1)["programs"][0]["written"], false, "it stands there");
    let entries = listed(&scene, "");
    let said: Vec<_> = entries.iter().map(|entry| (&entry["occasion"], &entry["verdict"])).collect();
    assert_eq!(said, [(&"deploy".into(), &"allow".into()), (&"watch".into(), &"deny".into())]);
    assert_eq!(entries[1]["environment"], "process");
    scene.write("p.yaml", &policy);
    assert_eq!(watched(&scene, "", 0)["programs"][0]["written"], true, "it is allowed again");
    assert_eq!(listed(&scene, "--verdict allow").len(), 2);
    assert!(scene.done("journal verify").starts_with("the journal holds: 3 entries"));
    let text = scene.run("watch --once").stdout;
    assert!(text.starts_with("allow process ") && text.contains("running: 1 program; 0 would"), "{text}");
    end(child);
}

#[test]
fn what_would_be_refused_is_ended_and_killed_if_it_does_not_end() {
    for (words, how) in [("sleep", "asked"), ("deaf", "killed")] {
        let scene = scene(words);
        let mut child = started(&scene);
        want_the_moon(&scene);
        let said = watched(&scene, "--stop --grace 2s", 1);
        assert_eq!(said["programs"][0]["stopped"], how, "{words}: {said:#}");
        let begun = Instant::now();
        child.wait().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(20), "{words}");
        let mut rest = String::new();
        child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(watched(&scene, "--stop", 0)["programs"], Value::Array(Vec::new()));
    }
}

#[test]
fn what_cannot_be_decided_is_told_and_stopped_only_if_asked_for() {
    let scene = scene("sleep");
    let mut child = started(&scene);
    lose_the_policy(&scene);
    let said = watched(&scene, "--stop", 2);
    let program = &said["programs"][0];
    assert_eq!((&program["verdict"], &program["error"]["code"]), (&"unknown".into(), &"file-missing".into()));
    assert_eq!((program.get("stopped"), child.try_wait().unwrap()), (None, None), "{said:#}");
    assert_eq!(listed(&scene, "").len(), 1, "nothing was decided");
    scene.write("p.yaml", b"kind: Nonsense\n");
    assert_eq!(watched(&scene, "--stop=refused", 2)["programs"][0]["verdict"], "unknown");
    scene.write("list.jsonl", &vec![b'x'; (64 << 20) + 1]);
    assert_eq!(watched(&scene, "--stop --bundle list.jsonl", 2)["programs"][0]["verdict"], "unknown");
    // A record that cannot be read leaves the answer open, and hides no other.
    scene.write(".state-running/notes.json", b"{}");
    let said = watched(&scene, "", 2);
    assert_eq!(
        (&said["unread"][0]["code"], said["programs"].as_array().unwrap().len()),
        (&"running-damaged".into(), 1)
    );
    std::fs::remove_file(scene.path(".state-running/notes.json")).unwrap();
    let ended = scene.run("watch --once");
    assert!(ended.stderr.contains("[running-undecided]"), "{}", ended.stderr);
    assert_eq!(child.try_wait().unwrap(), None);
    assert_eq!(watched(&scene, "--stop=undecided", 2)["programs"][0]["stopped"], "asked");
    child.wait().unwrap();
}

#[test]
fn a_forged_record_stops_no_process() {
    let scene = scene("sleep");
    let child = started(&scene);
    want_the_moon(&scene);
    let folder = RunningFolder::beside(&scene.path(".state")).unwrap();
    let found = folder.read().unwrap().running;
    let [(process, _)] = found.as_slice() else { panic!("{found:?}") };
    let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", other.id())).unwrap();
    let start = stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().to_owned();
    let record = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let name = record.file_name().unwrap().to_str().unwrap().to_owned();
    let parts: Vec<&str> = name.split('-').collect();
    let forged = folder.path().join(format!("{}-{}-{}-{start}.json", parts[0], parts[1], other.id()));
    std::fs::rename(&record, &forged).unwrap();
    let said = watched(&scene, "--stop", 1);
    assert_eq!(said["programs"][0]["pid"], other.id());
    assert_eq!(said["programs"][0]["unstopped"]["code"], "running-unproven", "{said:#}");
    assert_eq!(other.try_wait().unwrap(), None);
    // Of a process whose number somebody else has now nothing is known.
    std::fs::rename(&forged, folder.path().join(format!("{}-{}-{}-7.json", parts[0], parts[1], other.id())))
        .unwrap();
    assert_eq!(watched(&scene, "--stop", 0)["programs"], Value::Array(Vec::new()));
    assert_eq!(other.try_wait().unwrap(), None);
    assert_eq!(process.life().unwrap(), cdi_store::Life::Runs);
    end(other);
    end(child);
}

#[test]
fn several_watchers_write_a_change_once_and_notice_it_soon() {
    let scene = scene("sleep");
    let mut child = started(&scene);
    let watch = || {
        let mut command = scene.command("watch --every 1h");
        let mut watcher = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(watcher.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().unwrap().starts_with("allow process "));
        (watcher, lines)
    };
    let (mut one, mut two) = (watch(), watch());
    want_the_moon(&scene);
    let begun = Instant::now();
    for (_, lines) in [&mut one, &mut two] {
        assert!(lines.any(|line| line.unwrap().starts_with("deny process ")));
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "it waits for an hour if nothing is noticed");
    assert_eq!(listed(&scene, "--verdict deny").len(), 1);
    // Whoever is killed leaves nothing in the way of the others.
    end(one.0);
    end(two.0);
    assert_eq!(watched(&scene, "--stop", 1)["programs"][0]["written"], false);
    child.wait().unwrap();
    let whole = std::fs::read(journal(&scene)).unwrap();
    assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 2);
}

#[test]
fn what_cannot_be_written_down_is_stopped_all_the_same() {
    let scene = scene("sleep");
    let mut child = started(&scene);
    want_the_moon(&scene);
    let whole = String::from_utf8(std::fs::read(journal(&scene)).unwrap()).unwrap();
    std::fs::write(journal(&scene), whole.replacen("\"sig\":\"", "\"sig\":\"AA", 1)).unwrap();
    let program = &watched(&scene, "--stop", 1)["programs"][0];
    assert_eq!(
        (&program["unwritten"]["code"], &program["stopped"]),
        (&"journal-signature".into(), &"asked".into())
    );
    child.wait().unwrap();
    assert!(Process::this().is_ok());
}
