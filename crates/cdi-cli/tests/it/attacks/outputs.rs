//! What is written where a compiler writes, and by whom.

use std::os::unix::fs::{MetadataExt as _, symlink};
use std::process::Command;
use std::time::{Duration, Instant};

use super::{outputs, recorded, scene, script};

/// A-CAP-03, A-CAP-13: what somebody else puts in the output's place, or beside it, is not the run's.
#[test]
fn files_of_others_are_no_outputs_of_a_traced_run() {
    let Some(scene) = scene() else { return };
    script(&scene, "build", "gcc -c -o x.o x.c; : > ready; while [ ! -e go ]; do sleep 0.01; done");
    let others = || {
        let begun = Instant::now();
        while !scene.path("ready").exists() && begun.elapsed() < Duration::from_secs(60) {
            std::thread::yield_now();
        }
        scene.write("planted.o", b"planted");
        scene.write("evil", b"evil");
        std::fs::rename(scene.path("evil"), scene.path("x.o")).unwrap();
        scene.write("go", b"");
    };
    let (said, report) = std::thread::scope(|scope| {
        scope.spawn(others);
        recorded(&scene, "traced", "", &["./build"])
    });
    assert_eq!(scene.read("x.o"), b"evil");
    match report {
        Some(report) => assert_eq!(outputs(&report), ["ready"]),
        None => assert_ne!(said.status, 0, "{}", said.stderr),
    }
}

/// A-CAP-03: a report is about the bytes that are there when it is written, whoever wrote them: what is deployed is looked up by
/// its digest.
#[test]
fn an_output_that_is_exchanged_afterwards_has_no_report() {
    let Some(scene) = scene() else { return };
    let (_, report) =
        recorded(&scene, "declared", "--input x.c --output x.o", &["gcc", "-c", "-o", "x.o", "x.c"]);
    let made = cdi_types::Sha256::of(&scene.read("x.o")).to_string();
    assert_eq!(report.unwrap()["subject"][0]["digest"]["sha256"], made.as_str());
    scene.write("x.o", b"evil");
    let said = scene.run("explain x.o --bundle run.jsonl --property STACK_CANARIES");
    assert_ne!(said.status, 0, "{}", said.stdout);
}

/// A-CAP-14: what lies at the output's place is no plain file, or one of others. Nothing is signed but what the compiler makes anew.
#[test]
fn an_output_is_a_plain_file_of_its_own() {
    let Some(scene) = scene() else { return };
    let place = scene.path("o.o");
    let kinds: [(&str, &dyn Fn()); 6] = [
        ("folder", &|| std::fs::create_dir(&place).unwrap()),
        ("pipe", &|| assert!(Command::new("mkfifo").arg(&place).status().unwrap().success())),
        ("socket", &|| drop(std::os::unix::net::UnixListener::bind(&place).unwrap())),
        ("link", &|| symlink("victim", &place).unwrap()),
        ("hard link", &|| std::fs::hard_link(scene.path("victim"), &place).unwrap()),
        ("device", &|| symlink("/dev/null", &place).unwrap()),
    ];
    let tools: [&[&str]; 3] = [
        &["gcc", "-c", "-o", "o.o", "x.c"],
        &["cp", "--remove-destination", "-T", "x.c", "o.o"],
        &["dd", "status=none", "if=x.c", "of=o.o", "bs=9"],
    ];
    for level in ["declared", "traced"] {
        for (kind, make) in &kinds {
            // Whoever opens a pipe for writing waits for a reader.
            for words in tools.iter().filter(|words| *kind != "pipe" || words[0] != "dd") {
                scene.write("victim", b"victim");
                make();
                let (said, report) = recorded(&scene, level, "--input x.c --output o.o", words);
                let metadata = std::fs::symlink_metadata(&place);
                let plain = metadata.is_ok_and(|found| found.is_file() && found.nlink() == 1);
                assert!(plain || report.is_none(), "{level} {kind} {words:?}: {report:#?}");
                assert!(report.is_some() || said.status != 0, "{level} {kind} {words:?}: {}", said.stderr);
                let _ = std::fs::remove_dir_all(&place);
                let _ = std::fs::remove_file(&place);
            }
        }
    }
}
