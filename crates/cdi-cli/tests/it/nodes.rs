//! What a node says of itself, and what of that counts.

use serde_json::Value;

use crate::support::Scene;

const CONFIG: &str = "apiVersion: code-deployment-integrity.io/v1
kind: Configuration
metadata: {name: host}
spec:
  host: me
  principals: [{name: me, policy: me.yaml, required: always}]
  nodes: [{name: edge, key: \"KEY\"}]
";

fn json(folder: &Scene, line: &str) -> Value {
    serde_json::from_str(&folder.done(line)).unwrap()
}

/// A folder with a node's key, and a configuration that lists it.
fn folder() -> Scene {
    let folder = Scene::new();
    folder.done("key generate --out node.pem");
    let key = json(&folder, "key show node.pem --output json");
    folder.write("cdi.yaml", CONFIG.replace("KEY", key["publicKey"].as_str().unwrap()).as_bytes());
    folder
}

#[test]
fn a_node_reports_what_it_has_and_asserts() {
    let folder = folder();
    let report = "node report --key node.pem --name attic --valid-for 1d --assert LOCATION=eu-de --cpu-milli 500 \
                  --memory 1048576";
    let done = json(&folder, &format!("{report} --serial 7 --out one.intoto.jsonl --output json"));
    assert_eq!(done["serial"], "7");
    let shown = json(&folder, "node show --nodes one.intoto.jsonl --output json");
    let node = &shown["nodes"][0];
    assert_eq!((&node["name"], &node["cpuMilli"], &node["serial"]), (&"edge".into(), &500.into(), &7.into()));
    assert_eq!(node["asserts"], serde_json::json!(["LOCATION=eu-de"]));
    assert_eq!(node["environments"][0]["kind"], "embedded");
    let later = format!("{report} --assert OPERATOR=me --out two.intoto.jsonl");
    folder.done(&later);
    let both = json(&folder, "node show --nodes . --output json");
    assert_eq!(both["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(both["nodes"][0]["asserts"], serde_json::json!(["LOCATION=eu-de", "OPERATOR=me"]));
}

#[test]
fn a_later_report_takes_the_place_of_an_earlier_one_and_of_nothing_else() {
    let folder = folder();
    let report =
        |key: &str, out: &str| format!("node report --key {key} --name attic --valid-for 1d --out {out}");
    folder.done(&format!("{} --serial 1", report("node.pem", "one.intoto.jsonl")));
    folder.done(&format!("{} --serial 2", report("node.pem", "one.intoto.jsonl")));
    let shown = json(&folder, "node show --nodes one.intoto.jsonl --output json");
    assert_eq!(shown["nodes"][0]["serial"], 2);
    folder.done("key generate --out other.pem");
    for (key, out) in [("other.pem", "one.intoto.jsonl"), ("node.pem", "cdi.yaml"), ("node.pem", "node.pem")]
    {
        let before = folder.read(out);
        let said = folder.fails(&report(key, out), "file-exists");
        assert!(said.contains("only an earlier report under the same key"), "{said}");
        assert_eq!(folder.read(out), before, "{out}");
    }
    // What lies beside reports and is called otherwise is told.
    std::fs::create_dir(folder.path("nodes")).unwrap();
    std::fs::copy(folder.path("one.intoto.jsonl"), folder.path("nodes/one.json")).unwrap();
    folder.write("nodes/notes.txt", b"what else lies there");
    let shown = json(&folder, "node show --nodes nodes --output json");
    let told = shown["discarded"].as_array().unwrap();
    assert_eq!((told.len(), &told[0]["code"]), (1, &"node-file-name".into()), "{shown:#}");
}

#[test]
fn what_no_node_can_say_is_refused() {
    let folder = folder();
    for (arguments, code) in [
        ("--assert WASM_VALIDATED --valid-for 1d", "usage"),
        ("--assert LOCATIONS=eu --valid-for 1d", "word-unknown"),
        ("--assert LOCATION --valid-for 1d", "word-wrong-value"),
        ("--assert LOCATION=eu --assert LOCATION=us --valid-for 1d", "node-of-two-values"),
        ("--valid-for 8d", "node-window-too-long"),
        ("--cpu-milli 99999999 --valid-for 1d", "node-capacity"),
    ] {
        let line = format!("node report --key node.pem --name attic --out never.intoto.jsonl {arguments}");
        folder.fails(&line, code);
        assert!(!folder.path("never.intoto.jsonl").exists());
    }
}

#[test]
fn a_report_of_a_stranger_does_not_count() {
    let folder = folder();
    folder.done("key generate --out other.pem");
    let report = "node report --key other.pem --name edge --valid-for 1d --out other.intoto.jsonl";
    folder.done(report);
    let shown = json(&folder, "node show --nodes other.intoto.jsonl --output json");
    assert_eq!(shown["nodes"], serde_json::json!([]));
    assert_eq!(shown["discarded"][0]["code"], "issuer-key-unknown");
}

#[test]
fn a_node_does_not_go_back_to_an_older_report() {
    let folder = folder();
    let digest = folder.done("catalogue --output digest");
    let policy = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: me}}\nspec:\n  principal: me\n  rule: \
         default-deny\n  catalogue: \"{}\"\n  acceptAsserted: [me]\n  places: {{nodes: configured}}\n  require: LOCATION=eu\n",
        digest.trim()
    );
    folder.write("me.yaml", policy.as_bytes());
    folder.write("app", b"\0asm\x01\0\0\0");
    folder.write(
        "workload.yaml",
        b"apiVersion: code-deployment-integrity.io/v1\nkind: Workload\nmetadata: {name: app}\nspec:\n  artifact: {path: \
          app}\n  resources: {cpuMilli: 1, memoryBytes: 1048576}\n  lifetime: 1h\n",
    );
    for (serial, location) in [(1, "eu"), (2, "us")] {
        folder.done(&format!(
            "node report --key node.pem --name attic --valid-for 1d --serial {serial} --assert LOCATION={location} --out \
             {serial}.intoto.jsonl"
        ));
    }
    let not_counted = |nodes: &str, rest: &str| {
        let ended = folder.run(&format!("place workload.yaml --nodes {nodes} --output json {rest}"));
        let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
        let all = answer["notCounted"].as_array().unwrap().iter();
        all.map(|why| why["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // What is only supposed is not remembered, nor what is asked of another time.
    assert!(not_counted("2.intoto.jsonl", "--at 2099-01-01T00:00:00Z").contains(&"node-expired".to_owned()));
    let supposed =
        folder.run("place workload.yaml --nodes 1.intoto.jsonl --what-if node=2.intoto.jsonl --output json");
    assert!(supposed.stdout.contains("asItIs"), "{}", supposed.stderr);
    assert!(not_counted("1.intoto.jsonl", "").is_empty());
    assert!(not_counted("2.intoto.jsonl", "").is_empty());
    // The node has moved; whoever holds the newer report back does not move it back.
    assert_eq!(not_counted("1.intoto.jsonl", ""), ["node-rolled-back"]);
    let shown = json(&folder, "node show --nodes 1.intoto.jsonl --output json");
    assert_eq!(
        (&shown["nodes"], &shown["discarded"][0]["code"]),
        (&serde_json::json!([]), &"node-rolled-back".into())
    );
    assert!(folder.done("state show").contains("serial    2"));
    assert!(not_counted(".", "").is_empty());
    // Nothing is decided by a memory that is gone.
    std::fs::remove_file(folder.path(".state/memory.json")).unwrap();
    folder.fails("place workload.yaml --nodes 1.intoto.jsonl", "memory-missing");
    folder.done("state reset");
    assert!(not_counted("1.intoto.jsonl", "").is_empty());
}
