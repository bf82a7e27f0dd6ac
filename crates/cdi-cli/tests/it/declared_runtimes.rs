//! WebAssembly runtimes that a configuration declares, as a user runs them (rules P-RUNTIME, G-EXTERNAL). The runtime is the
//! static program of `programs/guest.rs`: it tells what it was given, whatever the module says.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use cdi_types::FileDigest;

use crate::environments::{environments, host};
use crate::support::{Ended, Scene};

pub(crate) const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// A host with an environment `probe` that has this runtime, and a module to run.
pub(crate) fn declares(runtime: &str) -> Scene {
    let scene = host();
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    let program = scene.path("guest").display().to_string();
    let probe =
        format!("environments: [{{name: probe, provides: [NETWORK_ISOLATION], runtime: {runtime}}}, ");
    let configuration = configuration.replace("environments: [", &probe).replace("GUEST", &program);
    scene.write("cdi.yaml", configuration.as_bytes());
    scene.write("app.wasm", MODULE);
    scene
}

fn template(arguments: &str) -> Scene {
    declares(&format!("{{program: GUEST, arguments: {arguments}}}"))
}

pub(crate) fn run(scene: &Scene, options: &str) -> Ended {
    scene.run(&format!("run app.wasm --environment probe {options}"))
}

fn refused(scene: &Scene, options: &str, code: &str) {
    let ended = run(scene, options);
    assert_eq!(ended.status, 125, "{options}: {}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains(&format!("[{code}]")), "{options}: {}", ended.stderr);
}

/// Whether programs can be confined here; the reason is printed.
fn confines() -> bool {
    !environments(|kind| kind == cdi_gate::EnvironmentKind::Confined).is_empty()
}

pub(crate) fn row(scene: &Scene) -> serde_json::Value {
    let listed = scene.done("environment list --config cdi.yaml --output json");
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    crate::schema::Schema::published("environments.v1.json").hold(&listed);
    let rows = listed["environments"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == "probe").unwrap().clone()
}

#[test]
fn a_declared_runtime_is_listed_by_the_digest_of_the_file_that_runs() {
    let scene = declares("{program: GUEST, arguments: [read, '{module}'], version: [arguments, '9.9']}");
    let row = row(&scene);
    assert_eq!(row["kind"], "wasm-runtime");
    assert_eq!(row["provides"], serde_json::json!(["NETWORK_ISOLATION"]));
    assert_eq!(row["runs"], serde_json::json!(["wasm-module"]));
    if !confines() {
        assert_eq!(row["available"], false);
        return;
    }
    assert_eq!(row["available"], true);
    assert_eq!(row["version"], "\"9.9\"]");
    assert_eq!(row["runtime"]["executable"], FileDigest::of(&scene.read("guest")).to_string());
}

#[test]
fn a_runtime_gets_the_module_that_was_decided_about_and_nothing_else_of_the_host() {
    if !confines() {
        return;
    }
    let scene = template("[read, '{module}']");
    let ended = run(&scene, "");
    assert_eq!(ended.stdout.as_bytes(), [MODULE, b"\n"].concat(), "{}", ended.stderr);
    let file = scene.path("cdi.yaml").display().to_string();
    for path in [file.as_str(), "/etc/passwd", "/proc/self/maps"] {
        let scene = template(&format!("[read, {path}, '{{module}}']"));
        assert_eq!(run(&scene, "").stdout, "error NotFound\n", "{path}");
    }
    let scene = template("[write, '{module}', x]");
    assert!(run(&scene, "").stdout.starts_with("error"));
    let scene = template("[descriptors, '{module}']");
    assert_eq!(run(&scene, "").stdout, "[0, 1, 2]\n");
    let scene = template("[variables, '{module}', '--env={variable}']");
    assert_eq!(run(&scene, "--env A=b").stdout, "[]\n", "the program's variables are not the runtime's");
}

/// Whoever only looks at a configuration has not decided to run what it names.
#[test]
fn a_runtime_is_asked_for_its_version_where_it_reaches_nothing_of_the_host() {
    if !confines() {
        return;
    }
    for asked in ["read, GUEST-secret", "create, GUEST-made, '644'"] {
        let scene = declares(&format!("{{program: GUEST, arguments: ['{{module}}'], version: [{asked}]}}"));
        scene.write("guest-secret", b"secret");
        assert_eq!(row(&scene)["version"], "NotFound", "{asked}");
        assert!(!scene.path("guest-made").exists());
    }
}

#[test]
fn a_template_is_filled_with_what_was_decided_about() {
    if !confines() {
        return;
    }
    let scene = template(
        "[arguments, [--map-dir, '{directory}::{directory}'], '--env={variable}', --, '{module}', '{arguments}']",
    );
    let ended = run(&scene, "--dir data --env A=b=c -- -x --dir=/");
    let expected = r#"["guest", "arguments", "--map-dir", "/data::/data", "--env=A=b=c", "--", "/module.wasm", "-x", "--dir=/"]"#;
    assert_eq!(ended.stdout.trim_end(), expected, "{}", ended.stderr);
    let ended = run(&scene, "");
    assert_eq!(
        ended.stdout.trim_end(),
        r#"["guest", "arguments", "--", "/module.wasm"]"#,
        "{}",
        ended.stderr
    );
}

#[test]
fn nothing_that_is_given_becomes_an_option_of_the_runtime() {
    if !confines() {
        return;
    }
    let scene = template("[arguments, '--dir={directory}', '--env={variable}', '{module}', '{arguments}']");
    for argument in ["-x", "--dir=/", "-", "--"] {
        refused(&scene, &format!("-- {argument}"), "guest-request-refused");
    }
    for variable in ["A-B=c", "-x=c", "A,B=c", "9=c"] {
        refused(&scene, &format!("--env={variable}"), "guest-request-refused");
    }
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    for name in ["a=b", "a::b", "a,b", "module.wasm"] {
        let named = configuration.replace("name: data", &format!("name: '{name}'"));
        scene.write("cdi.yaml", named.as_bytes());
        let ended = run(&scene, &format!("--dir {name}"));
        assert_ne!(ended.status, 0, "{name}: {}", ended.stdout);
        assert!(name.contains(':') || ended.stderr.contains("[guest-request-refused]"), "{}", ended.stderr);
    }
    // A file's name is nobody's argument.
    scene.write("cdi.yaml", configuration.as_bytes());
    scene.write("--help", MODULE);
    let ended = scene.run("run ./--help --environment probe");
    assert_eq!(ended.stdout.trim_end(), r#"["guest", "arguments", "/module.wasm"]"#, "{}", ended.stderr);
}

#[test]
fn what_a_template_has_no_place_for_is_refused() {
    if !confines() {
        return;
    }
    let scene = template("[arguments, '{module}']");
    for options in ["--dir data", "--env A=b", "-- one"] {
        refused(&scene, options, "guest-request-refused");
    }
}

#[test]
fn a_runtime_is_limited_and_leaves_no_file_that_gives_rights() {
    if !confines() {
        return;
    }
    let scene = template("[spin, '{module}']");
    refused(&scene, "--timeout 1s", "time-limit-exceeded");
    let scene = template("[allocate, '64', '{module}']");
    let ended = run(&scene, "--memory 16");
    assert!(
        ended.status != 0 || ended.stdout.contains("error") || ended.stdout.contains("refused"),
        "{}",
        ended.stdout
    );
    let ended = run(&scene, "--memory 256");
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let scene = template("[mode, /data/file, '4755', '{directory}', '{module}']");
    let ended = run(&scene, "--dir data:rw");
    assert!(ended.stdout.starts_with("error"), "{}{}", ended.stdout, ended.stderr);
    let mode = scene.path("data/file").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o6000, 0);
}

#[test]
fn what_is_no_static_program_is_no_runtime_and_nobody_waits_for_it() {
    if !confines() {
        return;
    }
    let scene = declares("{program: GUEST-2, arguments: ['{module}'], version: [x]}");
    let second = scene.path("guest-2");
    std::fs::create_dir(&second).unwrap();
    let told = |expected: &str| {
        let row = row(&scene);
        let reason = row["reason"].as_str().unwrap();
        assert!(row["available"] == false && reason.contains(expected), "{reason}");
        refused(&scene, "", "environment-unavailable");
    };
    told("no plain file");
    std::fs::remove_dir(&second).unwrap();
    told("cannot be read");
    scene.write("guest-2", b"#!/bin/sh\n");
    told("no program for this machine");
    scene.write("guest-2", &std::fs::read("/bin/sh").unwrap());
    told("not static");
    std::fs::remove_file(&second).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &second,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    told("no plain file");
    std::fs::remove_file(&second).unwrap();
    symlink("guest", &second).unwrap();
    assert_eq!(row(&scene)["runtime"]["executable"], FileDigest::of(&scene.read("guest")).to_string());
}

#[test]
fn a_runtime_that_never_says_its_version_has_none() {
    if !confines() {
        return;
    }
    let scene = declares("{program: GUEST, arguments: ['{module}'], version: [spin]}");
    let begun = std::time::Instant::now();
    assert!(row(&scene).get("version").is_none());
    assert!(begun.elapsed() < std::time::Duration::from_secs(30));
}

/// One that does not answer holds up no other: all are asked at once.
#[test]
fn many_runtimes_that_never_say_their_versions_take_the_time_of_one() {
    if !confines() {
        return;
    }
    let scene = declares("{program: GUEST, arguments: ['{module}'], version: [spin]}");
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    let program = scene.path("guest").display().to_string();
    let more: String = (1..16)
        .map(|n| {
            format!("{{name: probe-{n}, provides: [], runtime: {{program: {program}, arguments: ['{{module}}'], version: [spin]}}}}, ")
        })
        .collect();
    scene.write(
        "cdi.yaml",
        configuration.replace("environments: [", &format!("environments: [{more}")).as_bytes(),
    );
    let begun = std::time::Instant::now();
    assert!(row(&scene).get("version").is_none());
    assert!(begun.elapsed() < std::time::Duration::from_secs(40), "{:?}", begun.elapsed());
}

#[test]
fn names_are_taken_once() {
    let scene = template("['{module}']");
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    let fails = |name: &str, code: &str| {
        let named = configuration.replace("name: probe", &format!("name: '{name}'"));
        scene.write("cdi.yaml", named.as_bytes());
        scene.fails("environment list --config cdi.yaml", code);
        let ended = scene.run("run app.wasm --environment embedded");
        assert!(ended.stderr.contains(&format!("[{code}]")), "{name}: {}", ended.stderr);
    };
    for name in ["embedded", "embedded-software-checks", "confined", "runc", "gvisor", "kata", "none"] {
        fails(name, "environment-name-taken");
    }
    fails("process", "configuration-name-twice");
}

#[test]
fn bytecode_runs_under_a_declared_runtime_only() {
    let scene = template("[arguments, '{module}']");
    let ended = scene.run("run app.wasm");
    assert!(
        ended.stderr.contains("[artifact-kind]") && ended.stderr.contains("--environment probe"),
        "{}",
        ended.stderr
    );
    let ended = scene.run("run guest --environment probe");
    assert!(ended.stderr.contains("[artifact-kind]"), "{}", ended.stderr);
    if !confines() {
        return;
    }
    scene.write(
        "workload.yaml",
        b"apiVersion: code-deployment-integrity.io/v1\nkind: Workload\nmetadata: {name: app}\nspec:\n  artifact: {path: app.wasm}\n  \
          resources: {cpuMilli: 100, memoryBytes: 67108864}\n  lifetime: 60s\n",
    );
    let ended = scene.run("deploy workload.yaml");
    assert_eq!(ended.stdout.trim_end(), r#"["guest", "arguments", "/module.wasm"]"#, "{}", ended.stderr);
}

#[test]
fn bytecode_is_placed_on_a_node_that_reports_a_declared_runtime() {
    if !confines() {
        return;
    }
    let node = template("[arguments, '{module}', '{arguments}']");
    node.done("key generate --out node.pem");
    let report = "node report --key node.pem --name attic --valid-for 1d";
    node.done(&format!("{report} --serial 1 --out without.intoto.jsonl"));
    node.done(&format!("{report} --serial 2 --config cdi.yaml --out with.intoto.jsonl"));
    node.done(
        "authority template --runtime probe --supplies NETWORK_ISOLATION --config cdi.yaml --out supplies.json",
    );
    let key: serde_json::Value = serde_json::from_str(&node.done("key show node.pem --output json")).unwrap();
    // The decider has no such runtime of its own.
    let decider = host();
    let nodes =
        format!("spec:\n  nodes: [{{name: edge, key: \"{}\"}}]\n", key["publicKey"].as_str().unwrap());
    let configuration = String::from_utf8(decider.read("cdi.yaml")).unwrap();
    decider.write("cdi.yaml", configuration.replace("spec:\n", &nodes).as_bytes());
    decider.write("app.wasm", MODULE);
    let workload = |rest: &str| {
        format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Workload\nmetadata: {{name: app}}\nspec:\n  artifact: {{path: \
             app.wasm}}\n  resources: {{cpuMilli: 1, memoryBytes: 1048576}}\n  lifetime: 1h\n{rest}"
        )
    };
    decider.write("workload.yaml", workload("  arguments: [a]\n").as_bytes());
    for name in ["without", "with"] {
        decider.write(&format!("{name}.intoto.jsonl"), &node.read(&format!("{name}.intoto.jsonl")));
    }
    let place = |nodes: &str, status: i32| -> serde_json::Value {
        let ended = decider.run(&format!("place workload.yaml --nodes {nodes}.intoto.jsonl --output json"));
        assert_eq!(ended.status, status, "{}{}", ended.stdout, ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    };
    place("without", 1);
    let placed = place("with", 0);
    assert_eq!(
        (&placed["choice"]["node"], &placed["choice"]["environment"]),
        (&"edge".into(), &"probe".into())
    );
    let shown: serde_json::Value =
        serde_json::from_str(&decider.done("node show --nodes with.intoto.jsonl --output json")).unwrap();
    crate::schema::Schema::published("nodes.v1.json").hold(&shown);
    let environments = shown["nodes"][0]["environments"].as_array().unwrap();
    let probe = environments.iter().find(|environment| environment["name"] == "probe").unwrap();
    assert_eq!(probe["executable"], FileDigest::of(&node.read("guest")).to_string());
    assert_eq!(probe["asserts"], serde_json::json!(["NETWORK_ISOLATION"]));
    // What is certified of it here is what the node reports of it there.
    let claims: serde_json::Value = serde_json::from_slice(&node.read("supplies.json")).unwrap();
    let inspected: serde_json::Value =
        serde_json::from_str(&node.done("inspect with.intoto.jsonl --output json")).unwrap();
    let reported = inspected["lines"][0]["statement"]["predicate"]["environments"].as_array().unwrap();
    let runtime = &reported.iter().find(|environment| environment["name"] == "probe").unwrap()["runtime"];
    let settings = runtime["settings"].as_object().unwrap();
    assert!(settings["modules"] == "bytecode" && !settings.is_empty());
    for (name, value) in settings {
        assert_eq!(claims["invocations"]["probe"]["settings"][name], serde_json::json!([value]), "{name}");
    }
    // Its template has no place for directories.
    decider.write("workload.yaml", workload("  directories: [{name: data, access: read}]\n").as_bytes());
    let refused = place("with", 1).to_string();
    assert!(refused.contains("the runtime of `probe` has no place for directories"), "{refused}");
}
