//! Bundles that are put together and taken apart.

use std::collections::BTreeSet;

use cdi_testkit::scenario::Scenario;
use serde_json::Value;

use crate::deployment::{Deployment, verify};
use crate::schema::Schema;
use crate::support::{Scene, T0};

const BUNDLE: &str = "app.cwasm.intoto.jsonl";

/// A deployment whose bundle has the evidence of a release, with what does not concern `app.cwasm`.
fn release() -> Deployment {
    let scene = Scene::new();
    scene.done(&format!("authority create stranger --name Stranger --at {T0}"));
    scene.done("key generate --out dev.pem");
    scene.done("origin sign --key dev.pem --kind source tool --out origin.jsonl");
    let deployment = Deployment::of(&Scenario::full());
    let mut bundle = deployment.read(BUNDLE);
    bundle.extend(scene.read("stranger/revocations.intoto.jsonl"));
    bundle.extend(scene.read("origin.jsonl"));
    bundle.extend(b"{]\n");
    deployment.write(BUNDLE, &bundle);
    deployment
}

fn json(deployment: &Deployment, line: &str) -> Value {
    let output = deployment.cdi(&format!("{line} --output json"));
    assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let document = serde_json::from_slice(&output.stdout).unwrap();
    if line.starts_with("bundle") {
        Schema::published("bundle.v1.json").hold(&document);
    }
    document
}

fn codes(document: &Value, member: &str) -> Vec<String> {
    let lines = document[member].as_array().unwrap();
    lines.iter().map(|line| line["code"].as_str().unwrap().to_owned()).collect()
}

fn lines(bytes: &[u8]) -> BTreeSet<Vec<u8>> {
    bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[test]
fn what_is_pruned_is_told_and_the_verdict_stays() {
    let deployment = release();
    let before = json(&deployment, &verify(""))["principals"].clone();
    let mode = deployment.mode(BUNDLE);
    let whole = deployment.read(BUNDLE);
    let pruned = json(&deployment, &format!("bundle prune {BUNDLE} --artifact app.cwasm"));
    assert_eq!(
        codes(&pruned, "dropped"),
        ["list-of-unused-authority", "statement-of-other-artifacts", "json-syntax"]
    );
    let rest = deployment.read(BUNDLE);
    assert!(lines(&rest).is_subset(&lines(&whole)), "lines keep their bytes");
    assert_eq!(rest.iter().filter(|&&byte| byte == b'\n').count(), pruned["written"][0]["lines"]);
    assert_eq!(deployment.mode(BUNDLE), mode);
    assert_eq!(json(&deployment, &verify(""))["principals"], before);
    let again = json(&deployment, &format!("bundle prune {BUNDLE} --artifact app.cwasm"));
    assert_eq!(codes(&again, "dropped"), <[&str; 0]>::default());
    assert_eq!(deployment.read(BUNDLE), rest);
}

#[test]
fn nothing_is_pruned_for_the_wrong_artifact_or_into_a_file_that_is_there() {
    let deployment = release();
    let whole = deployment.read(BUNDLE);
    let fails = |line: &str, code: &str| {
        let output = deployment.cdi(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(said.contains(&format!("[{code}]")), "{line}: {said}");
    };
    fails(&format!("bundle prune {BUNDLE} --artifact cdi.yaml"), "bundle-without-artifact");
    fails(&format!("bundle prune {BUNDLE} --artifact none"), "file-missing");
    fails(&format!("bundle prune {BUNDLE} --artifact app.cwasm --out cdi.yaml"), "file-exists");
    fails("bundle prune cdi.yaml --artifact app.cwasm", "bundle-none");
    fails("bundle prune none --artifact app.cwasm", "file-missing");
    fails(&format!("bundle merge {BUNDLE} --out cdi.yaml"), "file-exists");
    fails("bundle merge cdi.yaml --out new.jsonl", "bundle-none");
    fails(&format!("bundle split {BUNDLE} --artifact cdi.yaml --out new.jsonl"), "bundle-without-artifact");
    std::fs::create_dir(deployment.folder.path().join("empty")).unwrap();
    fails(&format!("bundle split {BUNDLE} --into empty"), "file-exists");
    let link = deployment.folder.path().join("link.intoto.jsonl");
    std::os::unix::fs::symlink(BUNDLE, link).unwrap();
    fails("bundle prune link.intoto.jsonl --artifact app.cwasm", "file-is-link");
    assert_eq!(deployment.read(BUNDLE), whole);
    assert!(!deployment.folder.path().join("new.jsonl").exists());
}

#[test]
fn a_split_bundle_allows_what_the_whole_one_allowed() {
    let deployment = release();
    let split = json(&deployment, &format!("bundle split {BUNDLE} --into each"));
    let written = split["written"].as_array().unwrap();
    assert_eq!(written.len(), 2, "the artifact, and the stranger's origin: {split:#}");
    let digest = cdi_types::ArtifactDigest::of(b"artifact app.cwasm");
    let own = verify(&format!("--bundle each/{digest}.intoto.jsonl"));
    assert_eq!(json(&deployment, &own)["verdict"], "allow");
    json(&deployment, &format!("bundle split {BUNDLE} --artifact {digest} --out one.jsonl"));
    assert_eq!(deployment.read("one.jsonl"), deployment.read(&format!("each/{digest}.intoto.jsonl")));
}

#[test]
fn merging_keeps_every_line_once() {
    let deployment = release();
    deployment.write("other.jsonl", &deployment.read(BUNDLE));
    let merged = json(&deployment, &format!("bundle merge {BUNDLE} other.jsonl --out all.jsonl"));
    assert_eq!(codes(&merged, "unusable"), ["json-syntax"]);
    assert!(codes(&merged, "dropped").iter().all(|code| code == "statement-repeated"));
    assert_eq!(merged["dropped"][0]["bundle"], "other.jsonl");
    assert_eq!(lines(&deployment.read("all.jsonl")), lines(&deployment.read(BUNDLE)));
}
