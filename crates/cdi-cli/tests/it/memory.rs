//! What a host remembers from one decision to the next (rule M-MEMORY; A-TIM-05, A-TIM-13, A-TIM-15).

use std::path::PathBuf;

use cdi_testkit::scenario::{Part, Scenario, key_id};
use cdi_types::Timestamp;
use serde_json::{Value, json};

use crate::deployment::Deployment;

/// The small world as of today: its windows are moved to where the clock of this host is.
pub(crate) fn today(serial: u64, revoked: &Value) -> Scenario {
    as_of_today(Scenario::small().without("north-revokes").and(Part::list("north", serial, revoked)))
}

/// A world whose windows are moved to where the clock of this host is.
pub(crate) fn as_of_today(mut world: Scenario) -> Scenario {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    // Worlds that are made some seconds apart have the same lists: two of one serial that differ contradict each other.
    let now = now - now % 3_600;
    let at = |seconds: u64| Timestamp::from_unix(seconds).to_string();
    for part in &mut world.parts {
        part.change(|statement| {
            let predicate = &mut statement["predicate"];
            if predicate.get("notBefore").is_some() {
                predicate["notBefore"] = json!(at(now - 3_600));
                predicate["notAfter"] = json!(at(now + 86_400));
            }
        });
    }
    world
}

pub(crate) fn revoking() -> Value {
    let key = json!({ "key": key_id("compiler") });
    json!([{ "id": key, "reason": "cessation-of-operation", "date": "2026-05-01T00:00:00Z" }])
}

/// Puts another bundle beside the artifact.
pub(crate) fn beside(deployment: &Deployment, world: &Scenario) {
    std::fs::write(deployment.folder.path().join("app.cwasm.intoto.jsonl"), world.bundle()).unwrap();
}

/// A memory as an earlier version wrote it, without its sum, so that it can be changed.
pub(crate) fn unsummed(kept: &[u8]) -> Value {
    let mut memory: Value = serde_json::from_slice(kept).unwrap();
    assert!(memory.as_object_mut().unwrap().remove("sha256").is_some());
    memory
}

fn memory(deployment: &Deployment) -> PathBuf {
    deployment.folder.path().join(".state/memory.json")
}

/// What `cdi verify` says today, and its status.
fn verified(deployment: &Deployment) -> (Option<i32>, String) {
    let output = deployment.cdi("verify app.cwasm");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code(), said)
}

#[test]
fn an_older_list_hides_nothing_that_was_seen() {
    let deployment = Deployment::of(&today(1, &json!([])));
    let (status, said) = verified(&deployment);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("[memory-begins]"), "{said}");
    beside(&deployment, &today(2, &revoking()));
    let (status, said) = verified(&deployment);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("[revoked]") && !said.contains("[memory-begins]"), "{said}");
    // Whoever deploys goes back to the list before, and then leaves it out.
    beside(&deployment, &today(1, &json!([])));
    assert_eq!(verified(&deployment).0, Some(1));
    let output = deployment.cdi("verify app.cwasm --output json");
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["evidence"]["rememberedLists"], 1);
    assert_eq!(verdict["evidence"]["revocationLists"], 2);
    beside(&deployment, &today(1, &json!([])).without("north-revokes"));
    assert_eq!(verified(&deployment).0, Some(1));
    let shown = String::from_utf8(deployment.cdi("state show").stdout).unwrap();
    assert!(shown.contains("1 revocation list") && shown.contains("serial     2"), "{shown}");
}

#[test]
fn two_lists_with_one_serial_are_a_contradiction_also_if_one_is_remembered() {
    let deployment = Deployment::of(&today(1, &json!([])));
    assert_eq!(verified(&deployment).0, Some(0));
    let other = json!([{ "id": { "key": key_id("south") }, "reason": "unspecified", "date": "2026-05-01T00:00:00Z" }]);
    beside(&deployment, &today(1, &other));
    let (status, said) = verified(&deployment);
    assert!(status == Some(1) && said.contains("[revocation-lists-contradict]"), "{said}");
}

#[test]
fn what_strangers_revoke_is_not_remembered() {
    let world = today(1, &json!([]));
    let deployment = Deployment::of(&world);
    let mut list = Part::list("stranger", 7, &revoking());
    // It brings its key along, unsigned.
    let brings = Part::endorsement("north", "stranger", 0);
    list.name = "strange".to_owned();
    let world = world.and(list).and_line("brings", {
        let mut line = brings.line();
        let place = line.len() / 2;
        line[place] = if line[place] == b'A' { b'B' } else { b'A' };
        line
    });
    beside(&deployment, &world);
    let (status, said) = verified(&deployment);
    assert_eq!(status, Some(0), "{said}");
    let kept: Value = serde_json::from_slice(&std::fs::read(memory(&deployment)).unwrap()).unwrap();
    assert_eq!(kept["lists"].as_array().unwrap().len(), 1);
}

/// An envelope may have members that nobody signs: they do not make the memory grow until it cannot be read.
#[test]
fn what_stands_beside_a_list_in_its_envelope_is_not_remembered() {
    let world = today(1, &json!([]));
    let deployment = Deployment::of(&world);
    assert_eq!(verified(&deployment).0, Some(0));
    let kept = std::fs::read(memory(&deployment)).unwrap();
    for n in 0..2 {
        let mut list = world.part("north-revokes").clone();
        let mut line = String::from_utf8(list.line()).unwrap();
        assert_eq!(line.pop(), Some('}'));
        line.push_str(&format!(",\"beside\":\"{n}{}\"}}", "\\\\".repeat(100_000)));
        list.line = Some(line.into_bytes());
        beside(&deployment, &world.clone().without("north-revokes").and(list));
        assert_eq!(verified(&deployment).0, Some(0));
        assert_eq!(std::fs::read(memory(&deployment)).unwrap(), kept);
    }
    std::fs::remove_dir_all(memory(&deployment).parent().unwrap()).unwrap();
    assert_eq!(verified(&deployment).0, Some(0));
    assert_eq!(std::fs::metadata(memory(&deployment)).unwrap().len(), u64::try_from(kept.len()).unwrap());
}

#[test]
fn a_clock_that_was_set_back_places_nothing() {
    let deployment = Deployment::of(&today(1, &json!([])));
    assert_eq!(verified(&deployment).0, Some(0));
    deployment.write("app", &[b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9], &[2, 0, 62, 0]].concat());
    std::fs::rename(
        deployment.folder.path().join("app.cwasm.intoto.jsonl"),
        deployment.folder.path().join("app.intoto.jsonl"),
    )
    .unwrap();
    deployment.write(
        "workload.yaml",
        b"apiVersion: code-deployment-integrity.io/v1\nkind: Workload\nmetadata: {name: app}\nspec:\n  artifact: {path: app}\n  \
          resources: {cpuMilli: 100, memoryBytes: 1048576}\n  lifetime: 1h\n",
    );
    let mut ahead = unsummed(&deployment.read(".state/memory.json"));
    let last = Timestamp::parse(ahead["lastDecision"].as_str().unwrap()).unwrap();
    // As far as clocks may differ, the later time is the time of the decision.
    ahead["lastDecision"] = json!(last.after("60s".parse().unwrap()).to_string());
    deployment.write(".state/memory.json", ahead.to_string().as_bytes());
    let placed = deployment.cdi("place workload.yaml --output json");
    let answer: Value = serde_json::from_slice(&placed.stdout).unwrap();
    assert_eq!((placed.status.code(), &answer["decidedAt"]), (Some(1), &ahead["lastDecision"]));
    ahead["lastDecision"] = json!(last.after("1h".parse().unwrap()).to_string());
    deployment.write(".state/memory.json", ahead.to_string().as_bytes());
    let placed = deployment.cdi("place workload.yaml");
    let said = String::from_utf8(placed.stderr).unwrap();
    assert!(placed.status.code() == Some(2) && said.contains("[clock-behind]"), "{said}");
}

#[test]
fn a_clock_that_was_set_back_decides_nothing() {
    let deployment = Deployment::of(&today(1, &json!([])));
    assert_eq!(verified(&deployment).0, Some(0));
    let mut ahead = unsummed(&std::fs::read(memory(&deployment)).unwrap());
    let last = Timestamp::parse(ahead["lastDecision"].as_str().unwrap()).unwrap();
    ahead["lastDecision"] = json!(last.after("1h".parse().unwrap()).to_string());
    std::fs::write(memory(&deployment), ahead.to_string()).unwrap();
    let (status, said) = verified(&deployment);
    assert!(status == Some(2) && said.contains("[clock-behind]"), "{said}");
    assert_eq!(std::fs::read_to_string(memory(&deployment)).unwrap(), ahead.to_string());
    // Asked about another time, nothing is admitted and nothing remembered.
    assert_ne!(deployment.cdi("verify app.cwasm --at 2026-01-01T00:00:00Z").status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(memory(&deployment)).unwrap(), ahead.to_string());
    // As far as clocks may differ, the later time is the time of the decision.
    ahead["lastDecision"] = json!(last.after("60s".parse().unwrap()).to_string());
    std::fs::write(memory(&deployment), ahead.to_string()).unwrap();
    let output = deployment.cdi("verify app.cwasm --output json");
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict["decidedAt"], ahead["lastDecision"]);
}

#[test]
fn a_memory_that_is_gone_or_damaged_is_an_error_with_a_way_out() {
    let deployment = Deployment::of(&today(1, &json!([])));
    assert_eq!(verified(&deployment).0, Some(0));
    for (damage, code) in
        [(Some("{}"), "memory-damaged"), (Some(""), "memory-damaged"), (None, "memory-missing")]
    {
        match damage {
            Some(text) => std::fs::write(memory(&deployment), text).unwrap(),
            None => std::fs::remove_file(memory(&deployment)).unwrap(),
        }
        let (status, said) = verified(&deployment);
        assert!(status == Some(2) && said.contains(&format!("[{code}]")), "{said}");
        assert!(said.contains("cdi state reset"), "{said}");
    }
    let reset = deployment.cdi("state reset");
    assert!(reset.status.success());
    assert_eq!(verified(&deployment).0, Some(0));
}

/// `--state` may name anything: what is no memory is left where it is, and the way out names what was given.
#[test]
fn only_a_memory_is_given_up() {
    let deployment = Deployment::of(&today(1, &json!([])));
    std::fs::create_dir_all(deployment.folder.path().join("precious/inner")).unwrap();
    for other in ["app.cwasm", "precious", "."] {
        let output = deployment.cdi(&format!("state reset --state {other}"));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains("[memory-foreign]"), "{said}");
        assert!(deployment.folder.path().join(other).exists());
    }
    std::fs::create_dir(deployment.folder.path().join("mine")).unwrap();
    deployment.write("mine/begun", b"");
    let said = deployment.cdi("verify app.cwasm --state mine").stderr;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("[memory-missing]") && said.contains("cdi state reset --state mine"), "{said}");
    assert!(deployment.cdi("state reset --state mine").status.success());
    // Of what is no memory's fault no new beginning is the way out.
    let said = String::from_utf8(deployment.cdi("verify app.cwasm --state app.cwasm").stderr).unwrap();
    assert!(said.contains("[memory-foreign]") && !said.contains("state reset"), "{said}");
}

#[test]
fn a_memory_that_cannot_be_written_changes_no_decision() {
    let deployment = Deployment::of(&today(1, &json!([])));
    std::fs::write(deployment.folder.path().join("file"), b"").unwrap();
    let output = deployment.command("verify app.cwasm --state file/state").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("this decision is not remembered"), "{said}");
}

#[test]
fn processes_that_decide_at_once_lose_nothing() {
    let deployment = Deployment::of(&today(1, &json!([])));
    let running: Vec<_> = (0..8).map(|_| deployment.command("verify app.cwasm").spawn().unwrap()).collect();
    for mut one in running {
        assert!(one.wait().unwrap().success());
    }
    assert_eq!(verified(&deployment).0, Some(0));
    let kept: Value = serde_json::from_slice(&std::fs::read(memory(&deployment)).unwrap()).unwrap();
    assert_eq!(kept["lists"].as_array().unwrap().len(), 1);
}
