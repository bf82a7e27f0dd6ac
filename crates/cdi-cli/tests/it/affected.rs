//! `cdi affected`: the same answers with an index, without one, and with one that is stale or damaged (ADR 0012).

use std::path::PathBuf;

use boon::{Compiler, Schemas};
use cdi_testkit::scenario::{NOW, Part, Scenario, executable, key_id};
use serde_json::{Value, json};

use crate::deployment::Deployment;
use crate::memory::{beside, revoking, today};

/// A line that asks at the fixed time.
fn asking(rest: &str) -> String {
    format!("affected --at {NOW} --output json {rest}")
}

/// What is said, which must be an answer.
fn said(deployment: &Deployment, line: &str) -> Value {
    let output = deployment.cdi(line);
    assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    of_the_published_form(&document);
    document
}

fn of_the_published_form(document: &Value) {
    let text = include_str!("../../../../docs/schema/affected.v1.json");
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("affected.v1.json", serde_json::from_str(text).unwrap()).unwrap();
    let schema = compiler.compile("affected.v1.json", &mut schemas).unwrap();
    let error = schemas.validate(document, schema).err().map(|error| format!("{error:#}"));
    assert_eq!(error, None, "{document:#}");
    let mut more = document.clone();
    more["extra"] = json!(1);
    assert!(schemas.validate(&more, schema).is_err());
}

/// How many artifacts lose something, and how many mention it.
fn counts(document: &Value) -> (usize, u64) {
    (document["affected"].as_array().unwrap().len(), document["mentioning"].as_u64().unwrap())
}

/// The one index of a deployment.
fn index(deployment: &Deployment) -> PathBuf {
    let folder = deployment.folder.path().join(".state-index");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.into_iter().next().unwrap()
}

/// Everything that could be asked about the small worlds.
fn everything(world: &Scenario) -> Vec<String> {
    let names = ["north", "south", "compiler"].map(str::to_owned);
    let keys = ["north", "south", "compiler"].map(key_id);
    let ids = ["compiler-runs", "north-certifies-compiler", "south-certifies-compiler"];
    names.into_iter().chain(keys).chain(ids.map(|id| world.id(id))).chain([executable("compiler")]).collect()
}

#[test]
fn what_others_vouch_for_too_is_not_lost() {
    let world = Scenario::quorum(&["north", "south"], 1);
    let deployment = Deployment::of(&world);
    for one in ["north", "south"] {
        let document = said(&deployment, &asking(&format!("--what-if {one}")));
        assert_eq!((counts(&document), &document["artifacts"]), ((0, 1), &json!(1)), "{one}");
    }
    let (key, run, tool) = (key_id("compiler"), world.id("compiler-runs"), executable("compiler"));
    for all in ["compiler", &key[..8], &run[..8], &tool[..8]] {
        let document = said(&deployment, &asking(&format!("--what-if {all}")));
        assert_eq!(counts(&document), (1, 1), "{all}");
        let affected = &document["affected"][0];
        assert_eq!(affected["path"], "app.cwasm");
        let principal = &affected["principals"][0];
        assert_eq!((&principal["before"], &principal["after"]), (&json!("allow"), &json!("deny")));
        assert_eq!(principal["answers"][0]["question"], "WASM_SPECTRE_MITIGATED");
    }
}

#[test]
fn of_a_quorum_of_two_each_is_needed() {
    let world = Scenario::quorum(&["north", "south"], 2);
    let deployment = Deployment::of(&world);
    for one in ["north", "south", &world.id("south-certifies-compiler")] {
        assert_eq!(counts(&said(&deployment, &asking(&format!("--what-if {one}")))), (1, 1), "{one}");
    }
    deployment.says(
        &format!("affected --at {NOW} --what-if south"),
        0,
        snapbox::file!["snapshots/affected-what-if.txt"],
    );
}

#[test]
fn what_is_not_there_affects_nothing_and_what_is_no_name_is_an_error() {
    let deployment = Deployment::of(&Scenario::small());
    let nobody = key_id("nobody");
    assert_eq!(counts(&said(&deployment, &asking(&format!("--what-if {nobody}")))), (0, 0));
    for unknown in [&nobody[..8], "nobody", "comp"] {
        let output = deployment.cdi(&asking(&format!("--what-if {unknown}")));
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("\"affected-unknown\""), "{unknown}");
    }
}

#[test]
fn the_names_that_strangers_give_are_not_heard() {
    let stranger = Part::compiler("stranger").named("strange");
    let mut stranger = stranger;
    stranger.change(|statement| statement["predicate"]["tool"]["name"] = json!("north"));
    let deployment = Deployment::of(&Scenario::small().and(stranger));
    assert_eq!(counts(&said(&deployment, &asking("--what-if north"))), (1, 1));
}

#[test]
fn an_index_is_as_good_as_none() {
    let world = Scenario::quorum(&["north", "south"], 2);
    let deployment = Deployment::of(&world);
    let fresh: Vec<Value> = everything(&world)
        .iter()
        .map(|what| {
            let _ = std::fs::remove_dir_all(deployment.folder.path().join(".state-index"));
            said(&deployment, &asking(&format!("--what-if {what}")))
        })
        .collect();
    let again = |deployment: &Deployment| -> Vec<Value> {
        let all = everything(&world);
        all.iter().map(|what| said(deployment, &asking(&format!("--what-if {what}")))).collect()
    };
    assert_eq!(again(&deployment), fresh);
    let whole = std::fs::read(index(&deployment)).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..whole.len()).step_by(211).map(|end| whole[..end].to_vec()).collect();
    damaged.extend((0..whole.len()).step_by(173).map(|place| {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        bytes
    }));
    for bytes in damaged {
        std::fs::write(index(&deployment), bytes).unwrap();
        assert_eq!(said(&deployment, &asking("--what-if north")), fresh[0]);
        let anew = std::fs::read(index(&deployment)).unwrap();
        assert_eq!(anew[..64], *cdi_types::Sha256::of(&anew[65..]).to_string().as_bytes(), "it is made anew");
    }
}

#[test]
fn a_bundle_a_policy_a_list_or_a_time_that_is_another_is_looked_at_anew() {
    let two = Scenario::quorum(&["north", "south"], 2);
    let deployment = Deployment::of(&two);
    let lost = |deployment: &Deployment, rest: &str| counts(&said(deployment, &asking(rest))).0;
    assert_eq!(lost(&deployment, "--what-if south"), 1);
    // A policy.
    let policy = deployment.folder.path().join("cloud-provider.yaml");
    let text = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&policy, text.replace("{default: 2}", "{default: 1}")).unwrap();
    assert_eq!(lost(&deployment, "--what-if south"), 0);
    std::fs::write(&policy, text).unwrap();
    assert_eq!(lost(&deployment, "--what-if south"), 1);
    // A time: when lists are too old, nothing could be told before or after; and back again.
    let later = deployment.cdi("affected --at 2026-06-03T12:00:00Z --output json --what-if south");
    let later: Value = serde_json::from_slice(&later.stdout).unwrap();
    assert_eq!(later["affected"][0]["principals"][0]["before"], "unknown");
    assert_eq!(lost(&deployment, "--what-if south"), 1);
    // Evidence that every bundle gets.
    let list = Part::list("south", 1, &revoking()).line();
    std::fs::write(deployment.folder.path().join("list.jsonl"), list).unwrap();
    assert_eq!(lost(&deployment, "--what-if north --bundle list.jsonl"), 0, "it is lost already");
    // The bundle itself, with the time of its last change as it was.
    let bundle = deployment.folder.path().join("app.cwasm.intoto.jsonl");
    let before = bundle.metadata().unwrap().modified().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    assert_eq!(lost(&deployment, "--what-if south"), 1);
    let (kept, other) = (two.bundle(), two.without("south-certifies-compiler"));
    let mut shorter = other.bundle();
    shorter.resize(kept.len(), b'\n');
    std::fs::write(&bundle, shorter).unwrap();
    let file = std::fs::File::options().write(true).open(&bundle).unwrap();
    file.set_modified(before).unwrap();
    assert_eq!(lost(&deployment, "--what-if south"), 0);
    // The artifact.
    std::fs::write(&bundle, kept).unwrap();
    assert_eq!(lost(&deployment, "--what-if south"), 1);
    std::fs::write(deployment.folder.path().join("app.cwasm"), b"another").unwrap();
    assert_eq!(lost(&deployment, "--what-if south"), 0);
    std::fs::remove_file(deployment.folder.path().join("app.cwasm")).unwrap();
    let document = said(&deployment, &asking("--what-if south"));
    assert_eq!(document["affected"][0]["path"], "app.cwasm.intoto.jsonl");
    assert_eq!(document["affected"][0]["name"], "app.cwasm");
}

#[test]
fn what_is_revoked_is_said_with_what_it_has_cost() {
    let revoked = Scenario::small().with("north-revokes", |list| list["predicate"]["revoked"] = revoking());
    let deployment = Deployment::of(&revoked);
    assert_eq!(counts(&said(&deployment, &asking(&key_id("compiler")))), (1, 1));
    assert_eq!(counts(&said(&deployment, &asking("compiler"))), (0, 1), "its certification is not revoked");
    let sound = Deployment::of(&Scenario::small());
    assert_eq!(counts(&said(&sound, &asking(&key_id("compiler")))), (0, 1));
    deployment.says(
        &format!("affected --at {NOW} {}", &key_id("compiler")[..8]),
        0,
        snapbox::file!["snapshots/affected-revoked.txt"],
    );
}

#[test]
fn lists_and_times_that_the_host_remembers_take_part() {
    let deployment = Deployment::of(&today(1, &json!([])));
    let key = key_id("compiler");
    let lost =
        |deployment: &Deployment| counts(&said(deployment, &format!("affected {key} --output json"))).0;
    assert_eq!(lost(&deployment), 0);
    // A decision sees the newer list, which the bundle does not have any more after that.
    beside(&deployment, &today(2, &revoking()));
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(1));
    beside(&deployment, &today(1, &json!([])));
    assert_eq!(lost(&deployment), 1);
    // A clock that was set back answers nothing.
    let memory = deployment.folder.path().join(".state/memory.json");
    let mut ahead = crate::memory::unsummed(&std::fs::read(&memory).unwrap());
    ahead["lastDecision"] = json!("9000-01-01T00:00:00Z");
    std::fs::write(&memory, ahead.to_string()).unwrap();
    let output = deployment.cdi(&format!("affected {key}"));
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("[clock-behind]"));
}

#[test]
fn an_answer_that_is_not_whole_says_so() {
    let deployment = Deployment::of(&Scenario::small());
    let folder = deployment.folder.path();
    std::fs::write(folder.join("pipe.intoto.jsonl"), b"").unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    let output = deployment.cdi(&asking("--what-if north"));
    assert_eq!(output.status.code(), Some(2));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    of_the_published_form(&document);
    assert_eq!(document["unread"][0]["code"], "file-not-regular");
    assert_eq!(counts(&document), (1, 1));
    let output = deployment.cdi(&format!("affected --at {NOW} --what-if north"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("[affected-not-whole]"));
}

#[test]
fn an_artifact_of_many_bundles_is_counted_once_and_one_bundle_can_be_named() {
    let deployment = Deployment::of(&Scenario::small());
    let folder = deployment.folder.path();
    for copy in ["one", "two"] {
        std::fs::copy(folder.join("app.cwasm.intoto.jsonl"), folder.join(format!("{copy}.intoto.jsonl")))
            .unwrap();
    }
    let document = said(&deployment, &asking("--what-if north"));
    assert_eq!((&document["artifacts"], counts(&document)), (&json!(1), (3, 1)));
    let text = deployment.cdi(&format!("affected --at {NOW} --what-if north")).stdout;
    assert!(String::from_utf8(text).unwrap().contains("affected: 1 of 1 artifact; 1 in"));
    let before = std::fs::read(index(&deployment)).unwrap();
    let document = said(&deployment, &asking("--what-if north --bundles two.intoto.jsonl"));
    assert_eq!(counts(&document), (1, 1));
    assert_eq!(document["affected"][0]["path"], "two.intoto.jsonl");
    assert_eq!(std::fs::read(index(&deployment)).unwrap(), before, "the index is of the folder");
    std::fs::create_dir(folder.join("src")).unwrap();
    let nobody = key_id("nobody");
    let output = deployment.cdi(&format!("affected --at {NOW} --what-if {nobody} --bundles src"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("[bundle-none]"));
}

#[test]
fn an_index_that_cannot_be_written_changes_no_answer() {
    let deployment = Deployment::of(&Scenario::small());
    std::fs::write(deployment.folder.path().join(".state-index"), b"").unwrap();
    let output = deployment.cdi(&asking("--what-if north"));
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the index is not kept"));
}
