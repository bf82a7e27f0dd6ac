//! Folders as one artifact: digests, origins, runs, and what vectors about trees come to on the command line.

use std::process::Command;

use cdi_testkit::scenario::{Verdict, artifact};
use cdi_testkit::vectors::{Vector, all};
use serde_json::Value;

use crate::support::Scene;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn scene() -> Scene {
    let scene = Scene::new();
    std::fs::create_dir_all(scene.path("src/a")).unwrap();
    for (name, text) in [("src/a/b", "one"), ("src/a-b", "two"), ("src/c", "")] {
        scene.write(name, text.as_bytes());
    }
    scene.done("key generate --out dev.pem");
    scene
}

/// As the specification of digest sets has it found by hand.
fn by_hand(scene: &Scene, folder: &str) -> String {
    let line = "find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum | cut -f1 -d' '";
    let done = Command::new("sh").args(["-c", line]).current_dir(scene.path(folder)).output().unwrap();
    format!("dirHash1:{}", String::from_utf8(done.stdout).unwrap().trim())
}

#[test]
fn a_digest_is_that_of_bytes_or_of_a_list_that_others_check() {
    let scene = scene();
    let told = json(&scene.done("digest src --leaves src.sha256 --output json"));
    assert_eq!(told["digest"], by_hand(&scene, "src").as_str());
    assert_eq!((&told["files"], &told["leaves"]), (&3.into(), &"src.sha256".into()));
    let mut check = Command::new("sha256sum");
    check.args(["--check", "--quiet", "../src.sha256"]).current_dir(scene.path("src"));
    assert!(check.status().unwrap().success());
    let list = cdi_types::Sha256::of(&scene.read("src.sha256"));
    assert_eq!(scene.done("digest src/"), format!("dirHash1:{list}  src/ (3 files)\n"));
    // The list is a file of the same digits, and says so.
    assert_eq!(scene.done("digest src.sha256"), format!("{list}  src.sha256\n"));
    scene.fails("digest src --leaves src.sha256", "file-exists");
    scene.fails("digest tool --leaves other.sha256", "usage");
    scene.fails("digest none", "file-missing");
    std::os::unix::fs::symlink("c", scene.path("src/link")).unwrap();
    scene.fails("digest src", "tree-link");
}

#[test]
fn an_origin_states_a_folder_as_one() {
    let scene = scene();
    let signed = json(&scene.done("origin sign --key dev.pem --kind source --tree src/ --output json"));
    assert_eq!(signed["trees"][0]["digest"], by_hand(&scene, "src").as_str());
    assert_eq!((&signed["files"], &signed["bundle"]), (&0.into(), &"src.intoto.jsonl".into()));
    let shown = json(&scene.done("inspect src.intoto.jsonl --output json"));
    let subject = &shown["lines"][0]["statement"]["subject"];
    assert_eq!((subject.as_array().unwrap().len(), &subject[0]["name"]), (1, &"src".into()));
    let digits = subject[0]["digest"]["dirHash1"].as_str().unwrap();
    assert_eq!(format!("dirHash1:{digits}"), by_hand(&scene, "src"));
    // Without the option a folder stands for its files, with a slash or without.
    for folder in ["src", "src/"] {
        let line =
            format!("origin sign --key dev.pem --kind source {folder} --out files.jsonl --output json");
        assert_eq!(json(&scene.done(&line))["files"], 3);
    }
    let both = "origin sign --key dev.pem --kind source tool --tree src --out both.jsonl";
    assert!(scene.done(both).starts_with("origin of 1 file and 1 tree, added to both.jsonl\n"));
    scene.fails("origin sign --key dev.pem --kind source --tree none", "input-missing");
}

fn git(scene: &Scene, arguments: &[&str]) {
    let done = Command::new("git")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .args(["-c", "user.name=dev", "-c", "user.email=dev@example.com", "-C"])
        .arg(scene.path("src"))
        .args(arguments)
        .output();
    assert!(done.unwrap().status.success());
}

#[test]
fn an_origin_states_the_files_that_a_commit_has_in_a_folder() {
    let scene = scene();
    let tree = |rest: &str| {
        let line = format!("origin sign --key dev.pem --git src {rest} --out o.jsonl --output json");
        json(&scene.done(&line))["trees"].clone()
    };
    let (all, inner) = (by_hand(&scene, "src"), by_hand(&scene, "src/a"));
    git(&scene, &["init", "-q"]);
    git(&scene, &["add", "."]);
    git(&scene, &["commit", "-q", "-m", "one"]);
    let found = tree("--tree . --tree a/");
    assert_eq!((&found[0]["digest"], found[0].get("path")), (&all.as_str().into(), None));
    assert_eq!((&found[1]["digest"], &found[1]["path"]), (&inner.as_str().into(), &"a".into()));
    // What is in no commit is in no tree of it, and in that of the folder.
    scene.write("src/a/new", b"x");
    assert_eq!(tree("--tree a")[0]["digest"], inner.as_str());
    assert_ne!(by_hand(&scene, "src/a"), inner);
    let line = |folder: &str| format!("origin sign --key dev.pem --git src --tree {folder} --out o.jsonl");
    scene.fails(&line("none"), "origin-empty");
    scene.fails(&format!("{} --allow-dirty", line("a")), "usage");
    std::os::unix::fs::symlink("b", scene.path("src/a/link")).unwrap();
    git(&scene, &["add", "a/link"]);
    git(&scene, &["commit", "-q", "-m", "two"]);
    scene.fails(&line("a"), "tree-link");
    scene.fails(&line("."), "tree-link");
    scene.write("src/a/b", b"changed");
    scene.fails(&line("a"), "git-dirty");
}

#[test]
fn a_run_reads_and_writes_folders_and_its_bundle_stands_beside() {
    let scene = scene();
    scene.done("key generate --out cp.pem");
    let line = "wrap --key cp.pem --input src/ --output out/ --summary run.json -- cp -r src out";
    assert_eq!(scene.done(line), "");
    let tree = by_hand(&scene, "src");
    let digits = tree.trim_start_matches("dirHash1:");
    let run = json(&String::from_utf8(scene.read("run.json")).unwrap());
    for used in [&run["inputs"][0], &run["outputs"][0]] {
        assert_eq!((&used["dirHash1"], used.get("sha256")), (&digits.into(), None));
    }
    let shown = json(&scene.done("inspect out.intoto.jsonl --output json"));
    let report = &shown["lines"][0]["statement"]["predicate"];
    assert_eq!(report["trees"], json(r#"{"out":{"files":3},"src":{"files":3}}"#));
    // The next run goes on from the folder: the report behind it is found beside it, and carried along.
    scene.done("wrap --key cp.pem --input out/ --output copy/ -- cp -r out copy");
    assert_eq!(scene.lines("copy.intoto.jsonl"), 2);
    let chain = scene.done("inspect copy.intoto.jsonl --output json");
    assert!(chain.contains(run["report"].as_str().unwrap()), "{chain}");
    let split = scene.done("bundle split copy.intoto.jsonl --artifact out --out one.jsonl --output json");
    assert!(split.contains(&tree), "{split}");
    for (line, code) in [
        ("wrap --key cp.pem --input src --output x -- true", "input-is-folder"),
        ("wrap --key cp.pem --input tool/ --output x -- true", "input-no-folder"),
        ("wrap --key cp.pem --input src/ --input src/c --output x -- true", "path-overlaps"),
        ("wrap --key cp.pem --input src/ --output src/x -- true", "path-overlaps"),
    ] {
        let ended = scene.run(line);
        assert_eq!(ended.status, 125, "{line}: {}", ended.stderr);
        assert!(ended.stderr.contains(&format!("[{code}]")), "{line}: {}", ended.stderr);
    }
    // A file of a declared folder is declared.
    let said = scene.run("wrap --key cp.pem --input src/ --output y -- cp src/c y");
    assert!((said.status, said.stderr.contains("file-undeclared")) == (0, false), "{}", said.stderr);
}

/// What is read in a declared folder is told of as the folder, so that a report does not grow with a source tree.
#[test]
fn a_hundred_thousand_files_have_a_report_under_a_megabyte() {
    let scene = Scene::new();
    for folder in 0..1_000 {
        let folder = scene.path(&format!("src/{folder}"));
        std::fs::create_dir_all(&folder).unwrap();
        (0..100).for_each(|file| std::fs::write(folder.join(file.to_string()), [0; 4]).unwrap());
    }
    scene.done("key generate --out cat.pem");
    scene.write("read.sh", b"find src -type f -name 7 -exec cat {} + > out");
    for level in ["declared", "traced"] {
        scene.done(&format!(
            "wrap --key cat.pem --capture {level} --input read.sh --input src/ --output out -- sh read.sh"
        ));
        assert!(scene.read("out.intoto.jsonl").len() < 1_000_000, "{level}");
        let shown = json(&scene.done("inspect out.intoto.jsonl --output json"));
        let report = &shown["lines"][0]["statement"]["predicate"];
        assert_eq!(report["trees"]["src"]["files"], 100_000, "{level}");
        std::fs::remove_file(scene.path("out.intoto.jsonl")).unwrap();
    }
    assert_eq!(scene.read("out").len(), 4_000);
}

/// What `cdi verify` says of a vector: the verdict, and whether its code is told.
fn decided(scene: &Scene, vector: &Vector, file: &str) -> (Verdict, bool) {
    scene.write("app", format!("artifact {file}").as_bytes());
    let lines = vector.bundle.iter().flat_map(|line| [line.bytes().unwrap(), b"\n".to_vec()].concat());
    scene.write("app.intoto.jsonl", &lines.collect::<Vec<u8>>());
    let mut principals = String::new();
    for party in &vector.policies {
        scene.write(&format!("{}.yaml", party.principal), party.document.as_ref().unwrap().as_bytes());
        let name = &party.principal;
        principals.push_str(&format!("    - {{name: {name}, policy: {name}.yaml, required: always}}\n"));
    }
    let configuration = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata:\n  name: host\nspec:\n  \
         host: cloud-provider\n  principals:\n{principals}"
    );
    scene.write("cdi.yaml", configuration.as_bytes());
    let ended = scene.run(&format!("verify app --at {}", vector.time));
    let verdict = match ended.status {
        0 => Verdict::Allow,
        1 => Verdict::Deny,
        _ => Verdict::Unknown,
    };
    (verdict, ended.stdout.contains(&format!("[{}]", vector.expected.code)))
}

#[test]
fn vectors_about_trees_are_decided_alike_on_the_command_line() {
    let scene = Scene::new();
    let mut decided_about = 0;
    for (path, vector) in
        all().into_iter().filter(|(path, _)| path.starts_with("dag/") && path.contains("tree"))
    {
        let Some(file) =
            ["app", "app.cwasm", "src"].into_iter().find(|file| artifact(file) == vector.artifact)
        else {
            assert!(vector.artifact.starts_with("dirHash1:"), "{path}");
            continue;
        };
        let (verdict, told) = decided(&scene, &vector, file);
        assert_eq!(verdict, vector.expected.verdict, "{path}");
        assert!(told || verdict == Verdict::Allow, "{path}: [{}]", vector.expected.code);
        decided_about += 1;
    }
    assert!(decided_about > 20, "{decided_about}");
}

#[test]
fn a_tree_is_exported_and_drawn_as_one() {
    let scene = Scene::new();
    let vector = &all()["dag/tree-between"];
    assert_eq!(decided(&scene, vector, "app").0, Verdict::Allow);
    let tree = artifact("src");
    let at = format!("--at {} --principal cloud-provider --unsigned", vector.time);
    let run = |line: &str| json(scene.done(line).lines().next().unwrap());
    let slsa = run(&format!("export slsa-provenance app {at}"));
    let read = &slsa["predicate"]["buildDefinition"]["resolvedDependencies"][0];
    assert_eq!((&read["name"], &read["digest"]), (&"src".into(), &serde_json::json!({ "dirHash1": tree })));
    let bom =
        json(&scene.done(&format!("export cyclonedx app --at {} --principal cloud-provider", vector.time)));
    let mut components = bom["components"].as_array().unwrap().iter();
    let part = components.find(|part| part["name"] == "src").unwrap();
    assert_eq!((&part["type"], part.get("hashes")), (&"data".into(), None), "{part}");
    assert!(part["properties"].to_string().contains(&tree), "{part}");
    let graph = scene.done(&format!("graph app --at {} --output json", vector.time));
    assert!(graph.contains("\"src/\"") && graph.contains(&format!("dirHash1:{tree}")), "{graph}");
    let explained =
        scene.done(&format!("explain app --at {} --property WASM_SPECTRE_MITIGATED", vector.time));
    assert!(explained.contains("dirHash1:") || explained.contains("src"), "{explained}");
}
