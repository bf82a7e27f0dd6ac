//! What `cdi graph` draws, to the letter, and that its JSON is what docs/schema/graph.v1.json says.

use cdi_testkit::scenario::{NOW, Part, Scenario};
use serde_json::{Value, json};
use snapbox::file;

use crate::deployment::Deployment;
use crate::schema::Schema;

/// `cdi graph` at the fixed time.
fn graph(rest: &str) -> String {
    format!("graph app.cwasm --at {NOW} {rest}").trim_end().to_owned()
}

fn document(deployment: &Deployment, line: &str) -> Value {
    let output = deployment.cdi(line);
    assert!(output.status.success(), "{line}: {}", String::from_utf8(output.stderr).unwrap());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn fails(deployment: &Deployment, line: &str, code: &str) {
    let output = deployment.cdi(line);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{line}: {told}");
    assert!(told.contains(&format!("[{code}]")), "{line}: {told}");
    assert!(output.stdout.is_empty(), "{line}");
}

#[test]
fn a_small_chain_is_drawn_in_each_form() {
    let deployment = Deployment::of(&Scenario::history());
    deployment.says(&graph(""), 0, file!["snapshots/graph-svg.txt"]);
    deployment.says(&graph("--output dot"), 0, file!["snapshots/graph-dot.txt"]);
    deployment.says(&graph("--output json"), 0, file!["snapshots/graph-json.txt"]);
}

#[test]
fn the_json_of_a_graph_is_as_published() {
    let schema = Schema::published("graph.v1.json");
    let lacking = Scenario::full().without("inspector-runs").without("north-certifies-compiler");
    let stranger = Scenario::full().and(Part::endorsement("north", "nobody", 0));
    let stranger = stranger.and(Part::linker("nobody", "odd")).and(Part::linking("odd", &["x"], "app.cwasm"));
    for world in [Scenario::full(), Scenario::small(), Scenario::endorsed(), lacking, stranger] {
        let deployment = Deployment::of(&world);
        for rest in ["", "--max-nodes 3", "--depth 1", "--unfold", "--at 2026-06-03T12:00:00Z"] {
            schema.hold(&document(&deployment, &format!("graph app.cwasm --output json {rest}")));
        }
        std::fs::remove_file(deployment.folder.path().join("cdi.yaml")).unwrap();
        schema.hold(&document(&deployment, "graph app.cwasm --output json"));
    }
    assert!(!schema.allows(&json!({ "artifact": "x" })));
}

#[test]
fn a_principals_view_is_its_own() {
    let deployment = Deployment::of(&Scenario::full());
    let of = |rest: &str| document(&deployment, &graph(&format!("--output json {rest}")));
    assert_eq!(of("")["principals"].as_array().unwrap().len(), 3);
    let own = of("--principal developer --property STACK_CANARIES");
    let answers = own["principals"][0]["answers"].as_array().unwrap();
    let answer = |word: &str| {
        answers
            .iter()
            .find(|one| one["question"] == word)
            .map(|one| one["answer"].as_str().unwrap().to_owned())
    };
    assert_eq!(answer("WASM_VALIDATED").as_deref(), Some("has"));
    assert_eq!(answer("STACK_CANARIES").as_deref(), Some("has-not"));
    fails(&deployment, &graph("--principal nobody"), "principal-not-required");
    fails(&deployment, &graph("--property STACK_CANARY"), "word-unknown");
}

#[test]
fn without_a_configuration_nothing_is_verified_and_the_picture_says_so() {
    let deployment = Deployment::of(&Scenario::full());
    std::fs::remove_file(deployment.folder.path().join("cdi.yaml")).unwrap();
    let output = deployment.cdi("graph app.cwasm");
    assert!(String::from_utf8(output.stdout).unwrap().contains("Not verified"));
    fails(&deployment, "graph app.cwasm --principal developer", "configuration-missing");
    fails(&deployment, "graph app.cwasm --config cdi.yaml", "file-missing");
}

#[test]
fn an_artifact_that_no_statement_is_about_is_told() {
    let deployment = Deployment::of(&Scenario::small());
    deployment.write("other", b"something else");
    fails(&deployment, "graph other --bundle app.cwasm.intoto.jsonl", "artifact-not-in-evidence");
    std::fs::remove_file(deployment.folder.path().join("cdi.yaml")).unwrap();
    fails(&deployment, "graph other --bundle app.cwasm.intoto.jsonl", "artifact-not-in-evidence");
    fails(&deployment, "graph other", "file-missing");
}

#[test]
fn a_picture_is_written_whole_and_replaces_nothing() {
    let deployment = Deployment::of(&Scenario::small());
    let line = graph("--out app.svg");
    assert!(deployment.cdi(&line).status.success());
    let written = String::from_utf8(deployment.read("app.svg")).unwrap();
    assert!(written.starts_with("<svg ") && written.ends_with("</svg>\n"));
    fails(&deployment, &line, "file-exists");
    fails(&deployment, &graph("--out app.cwasm"), "file-exists");
}
