//! What was checked before a decision saves time and decides nothing: poisoned, foreign, cut off, unwritable and by two at once.

use std::path::PathBuf;
use std::process::Output;

use cdi_testkit::scenario::{Scenario, artifact};
use serde_json::json;

use crate::deployment::Deployment;
use crate::memory::today;
use crate::ways::each;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn state(deployment: &Deployment) -> PathBuf {
    deployment.folder.path().join(".state")
}

/// The file of checks about the artifact.
fn file(deployment: &Deployment) -> PathBuf {
    state(deployment).join("checks").join(artifact("app.cwasm"))
}

/// A host that has decided once.
fn warm(world: &Scenario) -> Deployment {
    let deployment = Deployment::of(world);
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(0));
    assert!(file(&deployment).exists());
    deployment
}

/// The bundle in which every signature is another one.
fn forged(world: &Scenario) -> Vec<u8> {
    let bundle = String::from_utf8(world.bundle()).unwrap();
    let lines: Vec<String> = bundle
        .lines()
        .map(|line| {
            let at = line.find("\"sig\":\"").unwrap() + 30;
            let other = if line.as_bytes()[at] == b'A' { "B" } else { "A" };
            format!("{}{other}{}", &line[..at], &line[at + 1..])
        })
        .collect();
    (lines.join("\n") + "\n").into_bytes()
}

/// A-CHN-15, A-POL-23: what was checked under one policy helps nobody under another.
#[test]
fn checks_that_are_kept_trust_nobody() {
    let world = today(1, &json!([]));
    let deployment = warm(&world);
    let policy = String::from_utf8(deployment.read("cloud-provider.yaml")).unwrap();
    let (north, south) = ["north", "south"].map(cdi_testkit::scenario::public_key).into();
    assert!(policy.contains(&north));
    deployment.write("cloud-provider.yaml", policy.replace(&north, &south).as_bytes());
    let output = deployment.cdi("verify app.cwasm");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    deployment.write("cloud-provider.yaml", policy.as_bytes());
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(0));
    deployment.write("app.cwasm.intoto.jsonl", &world.without("compiler-runs").bundle());
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(1));
}

/// A-STO-17, A-DOS-11: whatever becomes of the file, forged evidence is denied and sound evidence allowed.
#[test]
fn checks_that_were_poisoned_admit_nothing() {
    let world = today(1, &json!([]));
    let deployment = warm(&world);
    let forged = forged(&world);
    deployment.write("forged.jsonl", &forged);
    let (whole, key) = (std::fs::read(file(&deployment)).unwrap(), state(&deployment).join("checks/key"));
    let key_bytes = std::fs::read(&key).unwrap();
    // The program that wrote it stands behind the form's line: a file by another is no damage.
    let by = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let by = by..by + 32;
    let mut damages: Vec<(&str, Vec<u8>)> = Vec::new();
    for at in (0..whole.len()).step_by(5) {
        let mut flipped = whole.clone();
        flipped[at] ^= [1, 4, 32, 128][at % 4];
        let what = if by.contains(&at) { "another's file" } else { "file" };
        damages.extend([(what, flipped), ("file", whole[..at].to_vec())]);
    }
    for at in 0..key_bytes.len() {
        let mut flipped = key_bytes.clone();
        flipped[at] ^= 1;
        damages.extend([("key", flipped), ("key", key_bytes[..at].to_vec())]);
    }
    damages.push(("none", Vec::new()));
    let looked = each(&damages, |(what, bytes)| {
        let copy = tempfile::tempdir().unwrap();
        let checks = copy.path().join("checks");
        std::fs::create_dir(&checks).unwrap();
        std::fs::set_permissions(&checks, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        for name in ["memory.json", "sightings", "begun", "checks/key"] {
            std::fs::copy(state(&deployment).join(name), copy.path().join(name)).unwrap();
        }
        let path = checks.join(artifact("app.cwasm"));
        std::fs::copy(file(&deployment), &path).unwrap();
        match *what {
            "file" | "another's file" => std::fs::write(&path, bytes).unwrap(),
            "key" => std::fs::write(checks.join("key"), bytes).unwrap(),
            _ => {}
        }
        let verify = |line: &str| deployment.command(line).env("CDI_STATE", copy.path()).output().unwrap();
        let denied = verify("verify app.cwasm --bundle forged.jsonl");
        let first = verify("verify app.cwasm");
        let again = verify("verify app.cwasm");
        let told = |output: &Output| said(output).contains("[checks-damaged]");
        let expected = matches!(*what, "file" | "key");
        let sound = (denied.status.code(), first.status.code(), again.status.code())
            == (Some(1), Some(0), Some(0))
            && told(&denied) == expected
            && !told(&again);
        if sound {
            Ok(true)
        } else {
            let outputs = [&denied, &first, &again].map(said).join("\n--\n");
            Err(format!("{what}, {} bytes: {outputs}", bytes.len()))
        }
    });
    assert!(looked > 80, "{looked}");
}

/// A folder that cannot be written to keeps nothing, and nothing else changes.
#[test]
fn where_nothing_can_be_written_the_decision_is_the_same() {
    let world = today(1, &json!([]));
    let deployment = warm(&world);
    std::fs::remove_file(file(&deployment)).unwrap();
    let checks = state(&deployment).join("checks");
    std::fs::remove_file(checks.join("key")).unwrap();
    std::fs::remove_dir(&checks).unwrap();
    // Whoever may write anywhere cannot write into a file.
    std::fs::write(&checks, "in its place").unwrap();
    let output = deployment.cdi("verify app.cwasm");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("what was checked is not kept"), "{}", said(&output));
}

#[test]
fn two_who_decide_at_once_leave_checks_that_are_whole() {
    let world = today(1, &json!([]));
    let deployment = warm(&world);
    let rounds: Vec<u32> = (0..12).collect();
    each(&rounds, |_| {
        let _ = std::fs::remove_file(file(&deployment));
        let output = deployment.cdi("verify app.cwasm");
        match (output.status.code(), said(&output).contains("[checks-damaged]")) {
            (Some(0), false) => Ok(true),
            other => Err(format!("{other:?}: {}", said(&output))),
        }
    });
}

/// At a time that is asked about nothing is remembered of the decision; that signatures verify depends on no time.
#[test]
fn what_begins_no_memory_keeps_no_checks() {
    let deployment = Deployment::of(&Scenario::small());
    let line = crate::deployment::verify("");
    assert_eq!(deployment.cdi(&line).status.code(), Some(0));
    assert!(!state(&deployment).exists());
}
