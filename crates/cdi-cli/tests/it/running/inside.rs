//! One compiled program in every place: in process, and under `cdi-wasm-host`, which the configuration declares as a runtime. With
//! `CDI_WASM_AOT` and `CDI_WASM_HOST`, which are built apart: `cargo xtask test` names them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use cdi_types::ArtifactDigest;

use crate::deploying::listed;
use crate::environments::{exchange, host, only, walled};
use crate::support::Scene;

const COMPILE: &str = "compile --profile wasmtime-48-guard-pages --opt-level speed app.wasm -o app.cwasm";

/// The programs that are built apart.
fn programs() -> Option<(PathBuf, PathBuf)> {
    let named = |variable: &str| {
        let path = std::env::var_os(variable).map(PathBuf::from);
        if path.is_none() {
            anstream::eprintln!("not tested: {variable} is not set");
        }
        path
    };
    Some((named("CDI_WASM_AOT")?, named("CDI_WASM_HOST")?))
}

/// A host with the example, compiled, and an environment `host-NAME` for each environment that is here.
fn scene(aot: &Path, wasm_host: &Path) -> Scene {
    let scene = host();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fraud-scoring");
    scene.write("app.wasm", &std::fs::read(example.join("fraud-scoring.wasm")).unwrap());
    scene.write("data/today.csv", &std::fs::read(example.join("transactions.csv")).unwrap());
    let compiled =
        Command::new(aot).args(COMPILE.split(' ')).current_dir(scene.path("")).env_clear().status();
    assert!(compiled.unwrap().success());
    let declared: String = walled()
        .iter()
        .map(|inside| {
            let provides = match inside.as_str() {
                "gvisor" => "NETWORK_ISOLATION, SYSCALL_INTERPOSITION",
                _ => "NETWORK_ISOLATION",
            };
            format!(
                "\n    - name: host-{inside}\n      provides: [{provides}]\n      runtime:\n        program: {}\n        inside: \
                 {inside}\n        modules: precompiled\n        arguments: ['--dir={{directory}}:rw', '--env={{variable}}', --, \
                 '{{module}}', '{{arguments}}']",
                wasm_host.display()
            )
        })
        .collect();
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    let process = "environments: [{name: process, provides: []}]";
    let declared = format!("environments:\n    - {{name: process, provides: []}}{declared}");
    scene.write("cdi.yaml", configuration.replace(process, &declared).as_bytes());
    scene
}

fn expected() -> String {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fraud-scoring");
    std::fs::read_to_string(example.join("expected-output.txt")).unwrap()
}

fn environments() -> impl Iterator<Item = String> {
    walled().into_iter().map(|inside| format!("host-{inside}"))
}

fn line(environment: &str, words: &str) -> String {
    format!("run app.cwasm --environment {environment} --dir data -- {words}")
}

#[test]
fn a_compiled_program_does_the_same_in_process_and_in_every_environment() {
    let Some((aot, wasm_host)) = programs() else { return };
    let scene = scene(&aot, &wasm_host);
    for environment in environments().chain(["embedded".to_owned()]) {
        let ended = scene.run(&line(&environment, "/data/today.csv"));
        assert_eq!(ended.status, 0, "{environment}: {}", ended.stderr);
        assert_eq!(ended.stdout, expected(), "{environment}");
        // What it ends with is its own, and what it was not given is not there.
        let ended = scene.run(&line(&environment, "/data/none.csv"));
        let alone = scene.run("run app.cwasm -- /data/today.csv");
        assert!(ended.status != 0 && ended.status < 125, "{environment}: {}", ended.stderr);
        assert_eq!(ended.status, alone.status, "{environment}: {}", ended.stderr);
    }
    let kinds: Vec<String> = walled();
    assert!(kinds.is_empty() || kinds.iter().any(|kind| kind == "confined"), "{kinds:?}");
}

#[test]
fn a_module_is_not_run_under_another_profile_or_with_too_little_memory() {
    let Some((aot, wasm_host)) = programs() else { return };
    let scene = scene(&aot, &wasm_host);
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    let with = |option: &str| {
        let changed = configuration.replace("arguments: ['--dir", &format!("arguments: ['{option}', '--dir"));
        scene.write("cdi.yaml", changed.as_bytes());
    };
    for environment in environments() {
        for (option, code) in [
            ("--profile=wasmtime-48-software-checks", "artifact-refused-by-engine"),
            ("--memory=65536", "memory-limit-exceeded"),
        ] {
            with(option);
            let ended = scene.run(&line(&environment, "/data/today.csv"));
            assert_eq!((ended.status, ended.stdout.as_str()), (125, ""), "{environment}: {}", ended.stderr);
            assert!(ended.stderr.contains(&format!("[{code}]")), "{environment}: {}", ended.stderr);
        }
    }
}

/// One byte of the module is another, in a file that takes the first one's place all the time. The host would run either.
#[test]
fn a_module_that_is_exchanged_behind_the_decision_does_not_run() {
    let Some((aot, wasm_host)) = programs() else { return };
    let scene = scene(&aot, &wasm_host);
    let good = scene.read("app.cwasm");
    let mark = b"highest first";
    let at = good.windows(mark.len()).position(|bytes| bytes == mark).unwrap();
    let mut other = good.clone();
    other[at] = b'H';
    scene.write("other.cwasm", &other);
    let ended = scene.run("run other.cwasm --environment host-confined --dir data -- /data/today.csv");
    let changed = expected().replace("highest first", "Highest first");
    assert!(
        walled().is_empty() || ended.stdout == changed,
        "so that refusals mean something: {}",
        ended.stderr
    );
    only(&scene, &ArtifactDigest::of(&good).to_string());
    let text = String::from_utf8(scene.read("p.yaml")).unwrap();
    let grants = "  grants:\n    directories: [{name: data, access: read}]\n";
    scene.write("p.yaml", format!("{text}{grants}").as_bytes());
    let ends = AtomicBool::new(false);
    let (mut ran, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (one, two) = (scene.path("app.cwasm"), scene.path("other.cwasm"));
            while !ends.load(Ordering::Relaxed) {
                exchange(&one, &two);
            }
        });
        for environment in environments() {
            for _ in 0..8 {
                let ended = scene.run(&line(&environment, "/data/today.csv"));
                match ended.status {
                    0 => {
                        assert_eq!(ended.stdout, expected(), "{environment}");
                        ran += 1;
                    }
                    126 => refused += 1,
                    status => panic!("{environment}: {status}: {}", ended.stderr),
                }
            }
        }
        ends.store(true, Ordering::Relaxed);
    });
    println!("ran {ran}, refused {refused}");
    assert!(walled().is_empty() || ran > 0 && refused > 0, "ran {ran}, refused {refused}");
}

/// The same program: in process where its sandboxing is shown, in gVisor where it is not.
#[test]
fn what_is_shown_of_the_code_decides_where_it_runs() {
    let Some((aot, wasm_host)) = programs() else { return };
    let scene = scene(&aot, &wasm_host);
    if !walled().iter().any(|inside| inside == "gvisor") {
        return;
    }
    scene.write(
        "workload.yaml",
        b"apiVersion: code-deployment-integrity.io/v1\nkind: Workload\nmetadata: {name: app}\nspec:\n  artifact: {path: \
          app.cwasm}\n  resources: {cpuMilli: 100, memoryBytes: 268435456}\n  lifetime: 1m\n  arguments: [/data/today.csv]\n  \
          directories: [{name: data, access: read}]\n",
    );
    let deployed = |shown: &str| {
        only(&scene, shown);
        let text = String::from_utf8(scene.read("p.yaml")).unwrap();
        let asked = "require: {anyOf: [WASM_VALIDATED, SYSCALL_INTERPOSITION]}\n  grants: {directories: [{name: data, access: read}]}";
        // Whoever has such a host is taken at its word about it.
        let text = text.replace("require: WASM_VALIDATED", asked);
        std::fs::remove_file(scene.path("k.pem")).unwrap();
        std::fs::remove_file(scene.path("k.pub.pem")).unwrap();
        scene.write("p.yaml", text.as_bytes());
        let ended = scene.run("deploy workload.yaml");
        assert_eq!(ended.stdout, expected(), "{}", ended.stderr);
        listed(&scene, "").last().unwrap()["environment"].as_str().unwrap().to_owned()
    };
    let own = ArtifactDigest::of(&scene.read("app.cwasm")).to_string();
    assert_eq!(deployed(&own), "embedded");
    assert_eq!(deployed(&ArtifactDigest::of(b"another").to_string()), "host-gvisor");
}
