//! `cdi wrap --per-tool`: a build whose tools are recorded one by one.

mod chain;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::{Scene, ended};

const MAKEFILE: &str = "all: program broken\nprogram: main.o; gcc -o $@ $<\nmain.o: main.c; gcc -c -o $@ $<\n\
                        broken:; -gcc -c -o $@ broken.c\n\t-gcc -E main.c | gcc -x c -c -o piped.o -\n";

/// A folder with a makefile, and a document that names the compiler.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.done("key generate --out gcc.pem");
    document(&scene, "  - {program: /usr/bin/gcc, key: gcc.pem}\n");
    scene.write("Makefile", MAKEFILE.as_bytes());
    scene.write("main.c", b"int main(void) { return 0; }\n");
    scene.write("broken.c", b"int main(void) {\n");
    scene
}

fn document(scene: &Scene, tools: &str) {
    let text = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Tools\nmetadata: {{name: tools}}\nspec:\n  tools:\n{tools}"
    );
    scene.write("tools.yaml", text.as_bytes());
}

#[test]
fn each_run_of_a_tool_is_told_with_its_report_or_why_there_is_none() {
    let scene = scene();
    let ended = scene.run("wrap --per-tool tools.yaml --summary build.json -- make -j2");
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    for told in [
        "[tool-failed]",
        "[descriptor-unmeasured]",
        "2 reports about 5 runs of the tools, 2 without one, 1 that made",
    ] {
        assert!(ended.stderr.contains(told), "{told} in {}", ended.stderr);
    }
    let summary: Value = serde_json::from_slice(&scene.read("build.json")).unwrap();
    assert_eq!(summary["reports"], 2);
    let runs = summary["runs"].as_array().unwrap();
    let linked = runs.iter().find(|run| run["command"][2] == "program").unwrap();
    assert!(linked["outputs"][0]["bundle"].as_str().unwrap().ends_with("/program.intoto.jsonl"), "{linked}");
    let codes: Vec<&str> = runs.iter().filter_map(|run| run["unrecorded"]["code"].as_str()).collect();
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert_eq!(scene.lines("program.intoto.jsonl"), 2);
    assert!(!scene.path("piped.o.intoto.jsonl").exists() && scene.path("piped.o").exists());
    // A summary is written over, and nothing is left to be done.
    let again = scene.run("wrap --per-tool tools.yaml --summary build.json -- make main.o");
    assert!(again.status == 0 && again.stderr.contains("[build-unrecorded]"), "{}", again.stderr);
}

#[test]
fn the_status_of_a_build_is_its_own() {
    let scene = scene();
    assert_eq!(scene.run("wrap --per-tool tools.yaml -- make no-such-target").status, 2);
    assert_eq!(scene.run("wrap --per-tool none.yaml -- make").status, 125);
    assert_eq!(scene.run("wrap --per-tool tools.yaml -- no-such-program").status, 125);
}

#[test]
fn a_document_that_names_no_tool_or_one_twice_is_refused() {
    let scene = scene();
    let fails = |tools: &str, code: &str| {
        document(&scene, tools);
        let ended = scene.run("wrap --per-tool tools.yaml -- make");
        assert!(
            ended.status == 125 && ended.stderr.contains(&format!("[{code}]")),
            "{code}: {}",
            ended.stderr
        );
        assert!(!scene.path("main.o").exists());
    };
    fails("    []\n", "tools-malformed");
    fails("  - {program: /usr/bin/gcc}\n", "tools-malformed");
    fails("  - {program: /usr/bin/gcc, key: gcc.pem, bundle: [x]}\n", "tools-malformed");
    fails("  - {program: no-such-file, key: gcc.pem}\n", "executable-missing");
    std::os::unix::fs::symlink("/usr/bin/gcc", scene.path("other")).unwrap();
    fails("  - {program: /usr/bin/gcc, key: gcc.pem}\n  - {program: other, key: gcc.pem}\n", "tool-twice");
}

#[test]
fn a_certification_of_another_program_is_told_before_the_build() {
    let scene = scene().with_request();
    scene.done(&crate::support::certify("root", "request.jsonl", "certification.jsonl"));
    document(&scene, "  - {program: /usr/bin/gcc, key: tool.pem, bundles: [certification.jsonl]}\n");
    let ended = scene.run("wrap --per-tool tools.yaml -- make");
    assert_eq!(ended.status, 125);
    assert!(ended.stderr.contains("[certification-other-program]"), "{}", ended.stderr);
    assert!(!scene.path("main.o").exists());
    document(&scene, "  - {program: tool, key: tool.pem, bundles: [certification.jsonl]}\n");
    assert_eq!(scene.run("wrap --per-tool tools.yaml -- true").status, 0);
}

#[test]
fn a_build_that_is_killed_leaves_whole_bundles() {
    let scene = scene();
    // Compiles again and again, so that whenever it is killed something is under way.
    scene.write("again", b"while :; do gcc -c -o main.o main.c; done\n");
    for _ in 0..4 {
        let mut command = scene.command("wrap --per-tool tools.yaml -- sh again");
        let mut wrap = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        let lines = scene.path("main.o.intoto.jsonl").exists().then(|| scene.lines("main.o.intoto.jsonl"));
        while begun.elapsed() < Duration::from_secs(20)
            && scene.path("main.o.intoto.jsonl").exists().then(|| scene.lines("main.o.intoto.jsonl")) == lines
        {
            std::thread::yield_now();
        }
        wrap.kill().unwrap();
        wrap.wait().unwrap();
        let bundle = String::from_utf8(scene.read("main.o.intoto.jsonl")).unwrap();
        assert!(bundle.ends_with('\n') && bundle.lines().count() > 0);
        for line in bundle.lines() {
            let envelope: Value = serde_json::from_str(line).unwrap();
            assert!(envelope["signatures"].is_array(), "{line}");
        }
    }
}

#[test]
fn the_document_is_of_the_published_form() {
    let schema = Schema::published("tools.v1.json");
    let document = json!({
        "apiVersion": "code-deployment-integrity.io/v1", "kind": "Tools", "metadata": { "name": "tools" },
        "spec": { "tools": [ { "program": "/usr/bin/gcc", "key": "gcc.pem", "bundles": ["gcc.intoto.jsonl"] } ] },
    });
    schema.hold(&document);
    for (pointer, other) in
        [("/spec/tools", json!([])), ("/spec/tools/0/key", json!(1)), ("/kind", json!("Tool"))]
    {
        let mut mutant = document.clone();
        *mutant.pointer_mut(pointer).unwrap() = other;
        assert!(!schema.allows(&mutant), "{pointer}");
    }
}

#[test]
fn what_a_build_is_given_is_told_and_what_it_sets_is_committed_to() {
    let scene = scene();
    scene.write("Makefile", b"export SECRET = x\nmain.o: main.c; gcc -c -o $@ $<\n");
    let mut command: Command = scene.command("wrap --per-tool tools.yaml --env OPEN=y -- make");
    assert_eq!(ended(&command.output().unwrap()).status, 0);
    let report = scene.done("inspect main.o.intoto.jsonl --output json");
    assert!(report.contains("\"OPEN\":{\"value\":\"y\"}") || report.contains("OPEN"), "{report}");
    assert!(!report.contains("\"x\""), "{report}");
}
