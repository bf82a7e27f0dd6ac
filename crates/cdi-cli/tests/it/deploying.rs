//! Workloads that are placed here, written down and run; and the journal of that.

use std::path::PathBuf;
use std::process::Stdio;

use cdi_envelope::{Budget, PublicKey};
use cdi_types::{AnyStatement, ArtifactDigest, Sha256, Timestamp, parse_statement};
use serde_json::{Value, json};

use crate::environments::host;
use crate::schema::Schema;
use crate::support::Scene;

/// A host on which a workload waits that says `words` to the static program.
pub(crate) fn scene(words: &str) -> Scene {
    let scene = host();
    let words: Vec<String> = words.split_whitespace().map(|word| format!("\"{word}\"")).collect();
    let arguments =
        if words.is_empty() { String::new() } else { format!("  arguments: [{}]\n", words.join(", ")) };
    scene.write(
        "workload.yaml",
        format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Workload\nmetadata: {{name: guest}}\nspec:\n  artifact: \
             {{path: guest}}\n  resources: {{cpuMilli: 100, memoryBytes: 268435456}}\n  lifetime: 1m\n{arguments}"
        )
        .as_bytes(),
    );
    scene
}

/// A policy that wants of the place what no place has.
pub(crate) fn want_the_moon(scene: &Scene) {
    let digest = scene.done("catalogue --output digest");
    let text = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: p}}\nspec:\n  principal: p\n  rule: \
         default-deny\n  catalogue: \"{}\"\n  require: LOCATION=moon\n",
        digest.trim()
    );
    scene.write("p.yaml", text.as_bytes());
}

pub(crate) fn listed(scene: &Scene, rest: &str) -> Vec<Value> {
    let answer: Value =
        serde_json::from_str(&scene.done(&format!("journal list --output json {rest}"))).unwrap();
    Schema::published("journal.v1.json").hold(&answer);
    answer["entries"].as_array().unwrap().clone()
}

pub(crate) fn journal(scene: &Scene) -> PathBuf {
    scene.path(".state-journal/decisions.intoto.jsonl")
}

#[test]
fn a_workload_is_placed_written_down_and_run() {
    let scene = scene("status 7");
    let ended = scene.run("deploy workload.yaml");
    assert_eq!((ended.status, ended.stdout.as_str()), (7, ""), "{}", ended.stderr);
    let entries = listed(&scene, "");
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(
        (&entry["verdict"], &entry["occasion"], &entry["node"]),
        (&"allow".into(), &"deploy".into(), &"this-machine".into())
    );
    assert_eq!(entry["environment"], "process");
    let written: Value = serde_json::from_str(&std::fs::read_to_string(journal(&scene)).unwrap()).unwrap();
    let envelope = cdi_envelope::Envelope::parse(written.to_string().as_bytes()).unwrap().into_untrusted();
    let statement: Value = serde_json::from_slice(envelope.payload()).unwrap();
    assert_eq!(statement["predicate"]["verificationResult"], "PASSED");
    let decision = &statement["predicate"]["cdi_decision"];
    assert_eq!(decision["arguments"], json!(["status", "7"]));
    assert_eq!(decision["principals"][0]["verdict"], "allow");
    let explained = scene.run("deploy workload.yaml --explain");
    assert!(explained.stderr.contains("this-machine/process"), "{}", explained.stderr);
    assert!(scene.done("journal verify").starts_with("the journal holds: 2 entries"));
}

#[test]
fn an_entry_names_all_that_the_decision_was_about() {
    let scene = scene("status 0");
    scene.write("guest.intoto.jsonl", b"\n");
    scene.done("deploy workload.yaml");
    let entry: Value = serde_json::from_str(&scene.done("journal show 0 --output json")).unwrap();
    Schema::published("journal-entry.v1.json").hold(&entry);
    let (statement, sha256) = (&entry["statement"], |name: &str| Sha256::of(&scene.read(name)).to_string());
    assert_eq!(statement["subject"][0]["digest"]["sha256"], sha256("guest"));
    let (summary, decision) = (&statement["predicate"], &statement["predicate"]["cdi_decision"]);
    assert_eq!(summary["policy"]["digest"]["sha256"], sha256("cdi.yaml"));
    assert_eq!(decision["principals"][0]["policy"], sha256("p.yaml"));
    assert_eq!(decision["bundles"][0]["sha256"], sha256("guest.intoto.jsonl"));
    assert!(decision["bundles"][0]["uri"].as_str().unwrap().ends_with("/guest.intoto.jsonl"));
    assert_eq!((&decision["node"], &decision["environment"]), (&"this-machine".into(), &"process".into()));
    assert_eq!(decision["limits"], json!({ "memoryBytes": 268_435_456, "timeSeconds": 60 }));
    // Nobody asked about the runtime.
    let own = Sha256::of(&std::fs::read(env!("CARGO_BIN_EXE_cdi")).unwrap()).to_string();
    assert_eq!(decision["runtime"]["executable"], own);
    assert!(!decision["runtime"]["settings"].as_object().unwrap().is_empty());
    // The policy asks for nothing: that it is met says nothing of the artifact.
    assert_eq!(summary["verifiedLevels"], json!(["CDI_ALLOWED"]));
    let time = |value: &Value| Timestamp::parse_rfc3339(value.as_str().unwrap()).unwrap();
    assert!(time(&decision["expires"]) > time(&summary["timeVerified"]));
    let text = scene.done(&format!("journal show {}", &entry["id"].as_str().unwrap()[..8]));
    for words in [
        "entry 0",
        "none: it is the first",
        "allow",
        "this-machine/process",
        "p  allow, by policy ",
        "up to     268435456 bytes of memory, 60 seconds",
        &own,
    ] {
        assert!(text.contains(words), "`{words}`: {text}");
    }
    scene.fails("journal show 1", "journal-entry-unknown");
    scene.fails("journal show 0000000000", "journal-entry-unknown");
    assert_eq!(scene.run("journal show seven").status, 2);
}

#[test]
fn an_entry_is_handed_out_as_readers_of_summaries_take_it() {
    let scene = scene("status 0");
    scene.done("deploy workload.yaml");
    want_the_moon(&scene);
    assert_eq!(scene.run("deploy workload.yaml").status, 126);
    scene.done("journal export --out all.intoto.jsonl");
    assert_eq!(scene.read("all.intoto.jsonl"), std::fs::read(journal(&scene)).unwrap());
    scene.fails("journal export --out all.intoto.jsonl", "file-exists");
    scene.fails("journal export 0 7 --out none.intoto.jsonl", "journal-entry-unknown");
    let key =
        PublicKey::from_pem(std::str::from_utf8(&scene.read(".state-journal/key.pub.pem")).unwrap()).unwrap();
    for (entry, passed) in [(0, true), (1, false)] {
        let line = scene.done(&format!("journal export {entry}"));
        let envelope = cdi_envelope::Envelope::parse(line.trim_end().as_bytes()).unwrap().into_untrusted();
        envelope.verify_by(&key, &mut Budget::new(1)).unwrap();
        let AnyStatement::Summary(summary) = parse_statement(envelope.payload()).unwrap().1 else {
            panic!("{line}")
        };
        assert_eq!(summary.is_passed(), passed);
        assert_eq!(summary.subjects, [ArtifactDigest::of(&scene.read("guest"))].into());
        assert!(summary.verifier.as_str().contains("/decider/v1#"), "{}", summary.verifier);
    }
    // Of a journal that does not hold nothing is handed out.
    let whole = std::fs::read(journal(&scene)).unwrap();
    let end = whole.iter().position(|byte| *byte == b'\n').unwrap();
    std::fs::write(journal(&scene), &whole[end + 1..]).unwrap();
    scene.fails("journal export 1", "journal-chain");
}

#[test]
fn what_is_refused_is_written_down_and_does_not_run() {
    let scene = scene("");
    assert!(scene.run("deploy workload.yaml").stdout.contains("unknown"), "so that silence means something");
    std::fs::remove_dir_all(scene.path(".state-journal")).unwrap();
    want_the_moon(&scene);
    let ended = scene.run("deploy workload.yaml");
    assert_eq!((ended.status, ended.stdout.as_str()), (126, ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("nowhere"), "{}", ended.stderr);
    let entries = listed(&scene, "--verdict deny --principal p");
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(entry["verdict"], "deny");
    assert!(entry["codes"].as_array().unwrap().contains(&"residual-unmet".into()), "{entry}");
    assert!(entry.get("environment").is_none(), "{entry}");
    assert!(listed(&scene, "--verdict allow").is_empty());
    assert!(listed(&scene, "--principal q").is_empty());
    assert!(listed(&scene, "--since 2100-01-01T00:00:00Z").is_empty());
    assert_eq!(listed(&scene, &format!("--artifact {}", &entry["artifact"].as_str().unwrap()[..8])).len(), 1);
}

#[test]
fn what_cannot_be_decided_is_written_down_with_what_is_known() {
    let scene = scene("mark");
    let bundle = "guest.intoto.jsonl";
    let mut written = 0;
    let mut undecided = |code: &str| {
        let ended = scene.run("deploy workload.yaml");
        assert_eq!((ended.status, ended.stdout.as_str()), (127, ""), "{code}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("[{code}]")), "{}", ended.stderr);
        let entries = listed(&scene, "--verdict unknown");
        written += 1;
        assert_eq!(entries.len(), written, "{code}");
        let entry = entries.last().unwrap();
        assert_eq!((&entry["codes"], &entry["principals"]), (&json!([code]), &json!([])), "{code}");
        assert_eq!(entry["artifact"], Sha256::of(&scene.read("guest")).to_string());
        let shown = scene.done(&format!("journal show {}", entry["sequence"]));
        assert!(shown.contains("nowhere"), "{shown}");
    };
    scene.write(bundle, &vec![b'x'; cdi_types::limits::LINE_BYTES + 1]);
    undecided("limit-line-bytes");
    std::fs::remove_file(scene.path(bundle)).unwrap();
    std::fs::create_dir(scene.path(bundle)).unwrap();
    undecided("file-is-folder");
    std::fs::remove_dir(scene.path(bundle)).unwrap();
    let policy = scene.read("p.yaml");
    scene.write("p.yaml", b"kind: Nonsense\n");
    undecided("policy-wrong-kind");
    scene.write("p.yaml", &policy);
    std::fs::create_dir(scene.path(".state")).unwrap();
    scene.write(".state/begun", b"");
    undecided("memory-missing");
    std::fs::remove_dir_all(scene.path(".state")).unwrap();
    assert_eq!(scene.run("deploy workload.yaml").stdout, "mark-one\n", "so that refusals mean something");
    // Of what was never read there is nothing to write.
    let before = listed(&scene, "").len();
    std::fs::rename(scene.path("guest"), scene.path("gone")).unwrap();
    assert_eq!(scene.run("deploy workload.yaml").status, 125);
    assert_eq!(listed(&scene, "").len(), before);
}

#[test]
fn nothing_runs_by_a_decision_that_cannot_be_written_down() {
    let scene = scene("mark");
    let refused = |code: &str| {
        let ended = scene.run("deploy workload.yaml");
        assert_eq!((ended.status, ended.stdout.as_str()), (125, ""), "{}", ended.stderr);
        assert!(ended.stderr.contains(code), "{}", ended.stderr);
    };
    scene.write(".state-journal", b"no folder");
    refused("nothing runs by it");
    std::fs::remove_file(scene.path(".state-journal")).unwrap();
    assert_eq!(scene.run("deploy workload.yaml").stdout, "mark-one\n");
    // To a journal that does not hold nothing is added.
    let whole = std::fs::read(journal(&scene)).unwrap();
    let forged = String::from_utf8(whole.clone()).unwrap().replacen("\"sig\":\"", "\"sig\":\"AA", 1);
    std::fs::write(journal(&scene), forged).unwrap();
    refused("[journal-signature]");
    scene.fails("journal list", "journal-signature");
    assert_eq!(std::fs::read(journal(&scene)).unwrap().iter().filter(|byte| **byte == b'\n').count(), 1);
    std::fs::write(journal(&scene), &whole).unwrap();
    // A key that was taken away is not made anew.
    std::fs::remove_file(scene.path(".state-journal/key.pem")).unwrap();
    refused("[key-public-mismatch]");
}

#[test]
fn an_edit_of_the_journal_is_seen() {
    let scene = scene("mark");
    scene.fails("journal verify", "file-missing");
    (0..3).for_each(|_| assert_eq!(scene.run("deploy workload.yaml").status, 0));
    let answer: Value = serde_json::from_str(&scene.done("journal verify --output json")).unwrap();
    let head = answer["head"].as_str().unwrap().to_owned();
    scene.done(&format!("journal verify --head {head}"));
    let whole = std::fs::read(journal(&scene)).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let mut others =
        vec![(lines[..2].concat(), "journal-cut"), ([lines[0], lines[2]].concat(), "journal-chain")];
    others.push(([lines[1], lines[0], lines[2]].concat(), "journal-chain"));
    others.push(([lines[0], lines[1], lines[2], lines[2]].concat(), "journal-chain"));
    for (bytes, code) in others {
        std::fs::write(journal(&scene), bytes).unwrap();
        scene.fails("journal verify", code);
    }
    // What a writer that was killed had begun was acknowledged to nobody.
    std::fs::write(journal(&scene), [&whole[..], b"{\"payload"].concat()).unwrap();
    assert!(scene.done("journal verify").contains("not finished"));
    assert_eq!(scene.run("deploy workload.yaml").status, 0);
    assert!(scene.done("journal verify").starts_with("the journal holds: 4 entries"));
    // Another journal, by the same program, holds by itself: the head that was kept elsewhere shows that it is another.
    std::fs::remove_dir_all(scene.path(".state-journal")).unwrap();
    assert_eq!(scene.run("deploy workload.yaml").status, 0);
    scene.done("journal verify");
    scene.fails(&format!("journal verify --head {head}"), "journal-cut");
    let usage = scene.run("journal verify --head 1");
    assert_eq!(usage.status, 2);
}

#[test]
fn of_several_at_once_each_is_written_down() {
    let scene = scene("mark");
    let run =
        || scene.command("deploy workload.yaml").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let running: Vec<_> = (0..6).map(|_| run()).collect();
    let ended = running.into_iter().map(|mut child| child.wait().unwrap().code());
    assert_eq!(ended.collect::<Vec<_>>(), vec![Some(0); 6]);
    assert!(scene.done("journal verify").starts_with("the journal holds: 6 entries"));
}

/// As a service manager makes them (`StateDirectory=` of systemd).
#[test]
fn folders_that_were_made_before_are_taken_if_they_are_ones_own() {
    use std::os::unix::fs::PermissionsExt as _;
    let folders = [".state", ".state-journal", ".state-running"];
    let scene = scene("status 7");
    folders.iter().for_each(|folder| std::fs::create_dir(scene.path(folder)).unwrap());
    let ended = scene.run("deploy workload.yaml");
    assert_eq!((ended.status, ended.stdout.as_str()), (7, ""), "{}", ended.stderr);
    assert!(!ended.stderr.contains("not recorded"), "{}", ended.stderr);
    assert_eq!(listed(&scene, "").len(), 1);
    for (folder, status, code) in [
        (".state", 127, "memory-foreign"),
        (".state-journal", 125, "folder-not-own"),
        (".state-running", 7, "folder-not-own"),
    ] {
        let scene = self::scene("status 7");
        std::fs::create_dir(scene.path(folder)).unwrap();
        std::fs::set_permissions(scene.path(folder), std::fs::Permissions::from_mode(0o777)).unwrap();
        let ended = scene.run("deploy workload.yaml");
        assert!(ended.stderr.contains(&format!("[{code}]")), "{folder}: {}", ended.stderr);
        assert!(ended.stderr.contains("others can write to it"), "{folder}: {}", ended.stderr);
        assert_eq!(ended.status, status, "{folder}: {}", ended.stderr);
    }
}
