//! What a host relied on before a key was compromised (rules M-COMPROMISE, M-MEMORY).

use std::collections::BTreeSet;

use cdi_store::MemoryFolder;
use cdi_testkit::scenario::{Part, Scenario, key_id};
use cdi_types::{StatementId, Timestamp};
use serde_json::{Value, json};

use crate::deployment::Deployment;
use crate::memory::{as_of_today, beside};
use crate::schema::Schema;
use crate::support::{Scene, T0, T1, certify, field};

const HOUR: u64 = 3_600;

/// The hour of this host's clock, and that many hours before.
fn ago(hours: u64) -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    Timestamp::from_unix(now - now % HOUR - hours * HOUR)
}

/// Of two authorities either is enough; the first says what is given of the compiler's key.
fn world(entry: Option<Value>) -> Scenario {
    let revoked: Vec<Value> = entry.into_iter().collect();
    let world = Scenario::quorum(&["north", "south"], 1).without("north-revokes");
    as_of_today(world.and(Part::list("north", 7, &json!(revoked))))
}

fn stolen(since: Option<Timestamp>) -> Value {
    let id = json!({ "key": key_id("compiler") });
    let mut entry = json!({ "id": id, "reason": "key-compromise", "date": "2026-05-01T00:00:00Z" });
    if let Some(since) = since {
        entry["since"] = json!(since.to_string());
    }
    entry
}

fn run(world: &Scenario) -> StatementId {
    StatementId::parse(&world.id("compiler-runs")).unwrap()
}

fn memory(deployment: &Deployment) -> MemoryFolder {
    MemoryFolder::at(deployment.folder.path().join(".state"))
}

fn seen(deployment: &Deployment, report: StatementId) -> Option<Timestamp> {
    memory(deployment).sightings().unwrap().of([report]).unwrap().get(&report).copied()
}

/// A host that has decided before, and has relied on the compiler's run so many hours ago.
fn relied_on(world: &Scenario, hours: u64) -> Deployment {
    let deployment = Deployment::of(world);
    assert!(deployment.cdi("verify app.cwasm").status.code().is_some());
    memory(&deployment).see(&BTreeSet::from([run(world)]), ago(hours)).unwrap();
    deployment
}

fn said(deployment: &Deployment, line: &str) -> (Option<i32>, String) {
    let output = deployment.cdi(line);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn what_an_allow_rests_on_is_remembered_once_and_what_is_refused_is_not() {
    let refused = world(Some(stolen(None)));
    let deployment = Deployment::of(&refused);
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(1));
    assert_eq!(seen(&deployment, run(&refused)), None);
    assert!(said(&deployment, "state show").1.contains("relied on 0 reports"));
    // As of another time nothing is remembered, and nothing is where nothing is shown.
    let sound = world(None);
    let deployment = Deployment::of(&sound);
    let at = Timestamp::from_unix(ago(0).unix() + 1);
    assert_eq!(deployment.cdi(&format!("verify app.cwasm --at {at}")).status.code(), Some(0));
    assert!(!deployment.folder.path().join(".state").exists());
    let before = ago(0);
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(0));
    let first = seen(&deployment, run(&sound)).unwrap();
    assert!(first >= before);
    assert!(said(&deployment, "state show").1.contains("relied on 1 report"));
    // An earlier sight stays as it is.
    let deployment = relied_on(&refused, 20);
    beside(&deployment, &sound);
    assert_eq!(seen(&deployment, run(&sound)), Some(ago(20)));
    assert_eq!(deployment.cdi("verify app.cwasm --state other").status.code(), Some(0));
    assert_eq!(seen(&deployment, run(&sound)), Some(ago(20)));
}

#[test]
fn what_was_relied_on_before_the_compromise_survives_and_that_is_said() {
    let world = world(Some(stolen(Some(ago(10)))));
    let deployment = relied_on(&world, 20);
    let (status, text) = said(&deployment, "verify app.cwasm");
    assert_eq!(status, Some(0), "{text}");
    let told = format!("its key is compromised since {}", ago(10));
    assert!(text.contains("survives") && text.contains(&told), "{text}");
    assert!(text.contains(&format!("relied on it at {}", ago(20))), "{text}");
    let explained = said(&deployment, "explain app.cwasm").1;
    assert!(explained.contains("The report survives") && explained.contains(&told), "{explained}");
    let output = deployment.cdi("verify app.cwasm --output json");
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    Schema::published("verdict.v1.json").hold(&verdict);
    let survival = &verdict["principals"][0]["reasons"][0]["proof"][0]["survivals"][0];
    let expected = json!({
        "authority": key_id("north"), "by": "seen", "seenAt": ago(20).to_string(), "since": ago(10).to_string()
    });
    assert_eq!(*survival, expected);
    // A host that never saw it has nothing but the report's own word; and so has one that saw it later.
    assert_eq!(deployment.cdi("verify app.cwasm --state other").status.code(), Some(1));
    let later = relied_on(&world, 9);
    let (status, text) = said(&later, "verify app.cwasm");
    assert!(status == Some(1) && text.contains("[report-key-compromised]"), "{text}");
}

#[test]
fn a_later_list_with_a_later_time_brings_nothing_back() {
    let early = world(Some(stolen(Some(ago(22)))));
    let deployment = relied_on(&early, 20);
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(1));
    // The older list is in no bundle any more: this host remembers it.
    let later = world(Some(stolen(Some(ago(10)))))
        .with("north-revokes", |list| list["predicate"]["serial"] = json!(8));
    beside(&deployment, &later);
    let (status, text) = said(&deployment, "verify app.cwasm");
    assert!(status == Some(1) && text.contains("[report-key-compromised]"), "{text}");
    let kept: Value = serde_json::from_slice(&deployment.read(".state/memory.json")).unwrap();
    assert_eq!(kept["lists"].as_array().unwrap().len(), 3, "two of north, one of south");
}

#[test]
fn what_is_affected_is_told_by_what_this_host_remembers() {
    let world = world(Some(stolen(Some(ago(10)))));
    let (deployment, key) = (relied_on(&world, 20), key_id("compiler"));
    for (line, lost) in [
        (format!("affected {key}"), "affected: 0 of 1 artifact;"),
        (format!("affected {key} --state other"), "affected: 1 of 1 artifact;"),
        // Nobody would know since when.
        (format!("affected {key} --what-if"), "affected: 1 of 1 artifact;"),
    ] {
        for _ in 0..2 {
            let (status, text) = said(&deployment, &line);
            assert!(status == Some(0) && text.contains(lost), "{line}: {text}");
        }
    }
}

#[test]
fn sights_that_are_damaged_or_another_users_decide_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world(Some(stolen(Some(ago(10)))));
    let deployment = relied_on(&world, 20);
    let sights = deployment.folder.path().join(".state/sightings");
    let refused = |why: &str| {
        for line in ["verify app.cwasm", "explain app.cwasm", "affected compiler"] {
            let (status, text) = said(&deployment, line);
            assert!(status == Some(2) && text.contains("[memory-damaged]"), "{why}: {text}");
            assert!(text.contains("cdi state reset"), "{text}");
        }
        assert!(said(&deployment, "doctor").1.contains("[memory-damaged]"));
    };
    std::fs::set_permissions(&sights, std::fs::Permissions::from_mode(0o666)).unwrap();
    refused("others may write");
    std::fs::set_permissions(&sights, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(0));
    std::fs::write(&sights, b"not a file of sights").unwrap();
    refused("no such file");
    // Without the file this host has relied on nothing.
    std::fs::remove_file(&sights).unwrap();
    assert_eq!(deployment.cdi("verify app.cwasm").status.code(), Some(1));
}

#[test]
fn the_time_of_a_compromise_gets_earlier_and_never_later() {
    let scene = Scene::new().with_request();
    scene.done(&certify("root", "request.jsonl", "cc.jsonl"));
    let key = field(&scene.done("key show tool.pem"), "key id");
    let line = |rest: &str| format!("authority revoke root --key {key} --at {T1} --out list.jsonl {rest}");
    let stolen = |since: &str| line(&format!("--reason key-compromise {since}"));
    scene.fails(&line(&format!("--reason superseded --since {T0}")), "revocation-member-misplaced");
    scene.fails(&stolen("--since 2026-11-22T12:00:01Z"), "revocation-since-late");
    let root = field(&scene.done("key show root/public.pem"), "key id");
    let own = format!("revoke {root} --reason key-compromise --since {T0} --at {T1} --out list.jsonl");
    scene.fails(&own, "revocation-member-misplaced");
    scene.done(&stolen(&format!("--since {T0}")));
    assert!(scene.done("authority list root").contains(&format!("compromised since {T0}")));
    scene.fails(&stolen(&format!("--since {T0}")), "revoked-already");
    let said = scene.fails(&stolen(&format!("--since {T1}")), "revocation-weakened");
    assert!(said.contains(&format!("since {T0}")), "{said}");
    scene.done(&stolen("--since 2026-11-20T00:00:00Z"));
    scene.done(&stolen(""));
    scene.fails(&stolen("--since 2026-11-01T00:00:00Z"), "revocation-weakened");
}
