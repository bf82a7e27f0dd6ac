//! Attacks on what a host reads and keeps (A-STO, A-DOS, A-TIM-05, A-POL-23): bytes that a disk has lost, clocks that jump, evidence
//! without end, names out of evidence, and what is remembered too long.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use cdi_testkit::scenario::{NOW, Part, Scenario};
use cdi_types::Timestamp;
use serde_json::json;

use crate::clock;
use crate::deployment::{Deployment, verify};
use crate::memory::{beside, revoking, today};
use crate::ways::each;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A host on which nothing but its memory knows of a revocation.
fn remembering() -> Deployment {
    let deployment = Deployment::of(&today(1, &json!([])));
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(0), "there are sights too");
    beside(&deployment, &today(2, &revoking()));
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(1));
    beside(&deployment, &today(1, &json!([])));
    deployment
}

/// A-STO-17, A-DOS-11: a byte that a disk has lost, a file that was cut off. The answer is what it was, or an error that says so.
#[test]
fn no_byte_of_what_is_kept_turns_a_denial_into_an_allow() {
    let deployment = remembering();
    let state = deployment.folder.path().join(".state");
    let mut damages = Vec::new();
    for name in ["memory.json", "sightings", "begun"] {
        let whole = std::fs::read(state.join(name)).unwrap();
        // A file of sights is mostly a hole.
        let used: Vec<usize> =
            (0..whole.len()).filter(|&at| name == "memory.json" || whole[at] != 0).collect();
        let step = used.len() / 40 + 1;
        for (number, &at) in used.iter().step_by(step).enumerate() {
            let mut flipped = whole.clone();
            flipped[at] ^= [1, 4, 32, 128][number % 4];
            damages.extend([(name, flipped), (name, whole[..at].to_vec())]);
        }
        damages.push((name, Vec::new()));
    }
    assert!(damages.len() > 120, "{}", damages.len());
    each(&damages, |(name, bytes)| {
        let copy = tempfile::tempdir().unwrap();
        for file in ["memory.json", "sightings", "begun"] {
            std::fs::copy(state.join(file), copy.path().join(file)).unwrap();
        }
        std::fs::write(copy.path().join(name), bytes).unwrap();
        let mut command = deployment.command("verify app.cwasm");
        let output = command.env("CDI_STATE", copy.path()).output().unwrap();
        let said = said(&output);
        let sound = match output.status.code() {
            Some(1) => said.contains("[revoked]"),
            Some(2) => said.contains("[memory-damaged]"),
            _ => false,
        };
        if sound {
            Ok(true)
        } else {
            Err(format!("{name}, {} bytes: {:?} {said}", bytes.len(), output.status))
        }
    });
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(1), "the control");
}

/// A-TIM-05, and clocks that run ahead: no order of times allows what is not allowed at one of them, and time only goes on.
#[test]
fn clocks_that_jump_never_allow() {
    let deployment = Deployment::of(&Scenario::small());
    let now = Timestamp::parse(NOW).unwrap().unix();
    let (hour, day) = (3_600, 86_400);
    // What it is there, and what is allowed by the lists, which are of the first of June and good for a day.
    let jumps = [
        ("as it is", now, 0, ""),
        ("a second back", now - 1, 0, ""),
        ("an hour back", now - hour, 2, "[clock-behind]"),
        ("a year back", now - 365 * day, 2, "[clock-behind]"),
        ("1970", 0, 2, "[clock-behind]"),
        ("an hour ahead", now + hour, 0, ""),
        ("back again", now, 2, "[clock-behind]"),
        ("behind the lists", now + 10 * day, 2, "[revocation-list-stale]"),
        ("behind everything", now + 4_000 * day, 1, "[expired]"),
        ("and back", now + hour, 2, "[clock-behind]"),
    ];
    for (what, time, status, code) in jumps {
        let Some(mut command) = clock::at(deployment.command("verify app.cwasm"), Timestamp::from_unix(time))
        else {
            return;
        };
        let output = command.output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(status), "{what}: {said}");
        assert!(said.contains(code), "{what}: {said}");
    }
    let mut run = clock::at_text(deployment.command("run app.cwasm"), NOW).unwrap();
    assert_ne!(run.output().unwrap().status.code(), Some(0));
}

/// A-DOS-01, A-STO-10: a file that says that it is large, or is, is not taken into memory to find out.
#[test]
fn endless_evidence_is_refused_in_little_memory() {
    let deployment = Deployment::of(&Scenario::full());
    let bundle = deployment.folder.path().join("endless.intoto.jsonl");
    let long = [deployment.read("app.cwasm.intoto.jsonl"), vec![b'x'; 40 << 20]].concat();
    let decided = || {
        let script = format!("ulimit -v 900000; exec \"$0\" {}", verify("--bundle endless.intoto.jsonl"));
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_cdi")]).current_dir(deployment.folder.path());
        shell.env("CDI_STATE", deployment.folder.path().join(".state")).env("COLUMNS", "1000");
        shell.stdin(Stdio::null()).output().unwrap()
    };
    std::fs::File::create(&bundle).unwrap().set_len(8 << 30).unwrap();
    let output = decided();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("[limit-bundle-bytes]"), "{}", said(&output));
    // What is good before a line without an end is not taken either: there may be more behind.
    std::fs::write(&bundle, &long).unwrap();
    let output = decided();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("[limit-line-bytes]"), "{}", said(&output));
}

/// Every name below a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        found.insert(entry.path().display().to_string());
        if entry.path().is_dir() {
            found.extend(names(&entry.path()));
        }
    }
    found
}

/// A-STO-15: files are called by digests and by what the command line says. What evidence calls something is shown, and not used.
#[test]
fn no_name_in_evidence_becomes_the_name_of_a_file() {
    let hostile = [
        "../../escaped",
        "/tmp/escaped",
        "..",
        ".",
        "a/../../escaped",
        "-rf",
        "app.cwasm",
        "escaped\u{2f}x",
        "~/escaped",
    ];
    for name in hostile {
        let world = Scenario::full().with("compiler-runs", |statement| {
            statement["subject"][0]["name"] = json!(name);
        });
        let world = world.with("north-certifies-compiler", |statement| {
            statement["predicate"]["tool"]["name"] = json!(name);
        });
        let outer = tempfile::tempdir_in(std::env::temp_dir()).unwrap();
        let deployment = Deployment::of(&world);
        let line = "app.cwasm.intoto.jsonl";
        let before = names(deployment.folder.path());
        for command in [
            format!("bundle split {line} --into bundles"),
            "graph app.cwasm --out picture.svg".to_owned(),
            "report app.cwasm --out page.html".to_owned(),
            "verify app.cwasm".to_owned(),
            "affected --what-if compiler --bundles .".to_owned(),
            format!("inspect {line}"),
        ] {
            deployment.cdi(&command);
        }
        let made: Vec<String> = names(deployment.folder.path()).difference(&before).cloned().collect();
        assert!(made.len() >= 3, "{name}: {made:?}");
        assert!(
            made.iter().all(|path| !path.contains("escaped") && !path.contains("-rf")),
            "{name}: {made:?}"
        );
        let bundles = std::fs::read_dir(deployment.folder.path().join("bundles")).into_iter().flatten();
        for bundle in bundles.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
            let digest = bundle.strip_suffix(".intoto.jsonl").unwrap();
            assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{bundle}");
        }
        assert!(!Path::new("/tmp/escaped").exists() && names(outer.path()).is_empty());
        let around = deployment.folder.path().parent().unwrap();
        assert!(!around.join("escaped").exists() && !around.parent().unwrap().join("escaped").exists());
    }
}

/// A-STO-08: whatever is taken from a bundle that has nothing too much, the answer is another, and never an allow.
#[test]
fn what_is_taken_from_a_bundle_is_missed() {
    let world = Scenario::endorsed();
    let deployment = Deployment::of(&world);
    assert_eq!(deployment.cdi(&verify("")).status.code(), Some(0), "the control");
    for part in &world.parts {
        beside(&deployment, &world.clone().without(&part.name));
        let status = deployment.cdi(&verify("")).status.code();
        assert!(matches!(status, Some(1 | 2)), "{}: {status:?}", part.name);
    }
    let bundle = deployment.folder.path().join("app.cwasm.intoto.jsonl");
    for bytes in [b"".as_slice(), b"\n", b"{}\n", b"null\n"] {
        std::fs::write(&bundle, bytes).unwrap();
        assert_eq!(deployment.cdi(&verify("")).status.code(), Some(1), "{bytes:?}");
    }
    std::fs::remove_file(bundle).unwrap();
    assert_eq!(deployment.cdi(&verify("")).status.code(), Some(1));
}

/// A-POL-23: between two decisions that are asked for alike, one thing changes. Nothing of the first is in the second.
#[test]
fn what_is_decided_again_is_decided_anew() {
    let world = today(1, &json!([]));
    let deployment = Deployment::of(&world);
    let decided = || deployment.cdi("verify app.cwasm").status.code();
    let (artifact, bundle) = (deployment.read("app.cwasm"), world.bundle());
    let (policy, configuration) = (deployment.read("cloud-provider.yaml"), deployment.read("cdi.yaml"));
    let changed = |bytes: &[u8], from: &str, to: &str| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.contains(from), "{from}");
        text.replace(from, to).into_bytes()
    };
    let changes = [
        ("app.cwasm", [artifact.as_slice(), b"!"].concat(), 1, &artifact),
        ("app.cwasm.intoto.jsonl", world.clone().without("compiler-runs").bundle(), 1, &bundle),
        ("app.cwasm.intoto.jsonl", world.clone().without("north-certifies-compiler").bundle(), 1, &bundle),
        ("cloud-provider.yaml", changed(&policy, "WASM_SPECTRE_MITIGATED", "WASM_VALIDATED"), 1, &policy),
        ("cloud-provider.yaml", changed(&policy, "custody: software", "custody: hardware"), 1, &policy),
        (
            "cdi.yaml",
            changed(&configuration, "policy: cloud-provider.yaml", "policy: other.yaml"),
            2,
            &configuration,
        ),
    ];
    assert_eq!(decided(), Some(0));
    for (name, other, status, before) in changes {
        deployment.write(name, &other);
        assert_eq!(decided(), Some(status), "{name}");
        deployment.write(name, before);
        assert_eq!(decided(), Some(0), "{name}");
    }
    // A revocation is the one thing that is not forgotten when it is taken away again.
    beside(&deployment, &world.clone().without("north-revokes").and(Part::list("north", 2, &revoking())));
    assert_ne!(decided(), Some(0));
    deployment.write("app.cwasm.intoto.jsonl", &bundle);
    assert_ne!(decided(), Some(0));
}
