//! WebAssembly runtimes that a configuration declares in each environment that one can run in (rules P-RUNTIME, G-EXTERNAL).
//! The runtime is the static program of `programs/guest.rs`, as in `declared_runtimes`.

use cdi_types::FileDigest;

use crate::declared_runtimes::{MODULE, declares, row, run};
use crate::environments::{heeding, until, walled};
use crate::support::{Ended, Scene, ended};

/// What begins as a module that Wasmtime has compiled, and goes on as nothing.
fn precompiled() -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01\xc8".to_vec();
    bytes.resize(64, 0);
    bytes[48] = 1;
    bytes
}

/// The environments that a runtime can be declared in, and that are here.
fn insides() -> Vec<String> {
    walled()
}

fn declared(inside: &str, arguments: &str) -> Scene {
    declares(&format!("{{program: GUEST, inside: {inside}, arguments: {arguments}}}"))
}

fn said(inside: &str, arguments: &str, options: &str) -> String {
    let ended = run(&declared(inside, arguments), options);
    assert_eq!(ended.status, 0, "{inside}: {arguments}: {}{}", ended.stdout, ended.stderr);
    ended.stdout.trim_end().to_owned()
}

#[test]
fn a_runtime_in_a_container_gets_the_module_and_nothing_else_of_the_host() {
    for inside in insides() {
        assert_eq!(said(&inside, "[read, '{module}']", "").as_bytes(), MODULE, "{inside}");
        for path in ["/module.wasm", "/program", "/new"] {
            let written = said(&inside, &format!("[write, {path}, x, '{{module}}']"), "");
            assert!(written.starts_with("error"), "{inside}: {path}: {written}");
        }
        let variables = said(&inside, "[variables, '{module}', '--env={variable}']", "--env A=b");
        // Runtimes of containers set this one where nobody else does.
        assert_eq!(variables.replace(r#"("HOME", "/")"#, ""), "[]", "{inside}");
        assert_eq!(said(&inside, "[descriptors, '{module}']", ""), "[0, 1, 2]", "{inside}");
        assert_eq!(said(&inside, "[read, /etc/passwd, '{module}']", ""), "error NotFound", "{inside}");
        let root = said(&inside, "[files, /, '{module}', '{directory}']", "--dir data");
        let expected =
            |name: &str| ["data", "module.wasm", "program", "proc", "dev", "sys", "tmp"].contains(&name);
        assert!(
            root.split(' ').all(expected) || inside == "confined" && root == "error PermissionDenied",
            "{inside}: {root}"
        );
    }
}

#[test]
fn a_directory_is_given_to_a_runtime_in_a_container_as_it_was_granted() {
    for inside in insides() {
        let scene = declared(&inside, "[write, /data/new, x, '--dir={directory}', '{module}']");
        let ended = run(&scene, "--dir data");
        assert!(ended.stdout.starts_with("error"), "{inside}: {}{}", ended.stdout, ended.stderr);
        assert!(!scene.path("data/new").exists(), "{inside}");
        let ended = run(&scene, "--dir data:rw");
        assert_eq!(ended.stdout, "written\n", "{inside}: {}", ended.stderr);
        assert_eq!(scene.read("data/new"), b"x", "{inside}");
    }
}

#[test]
fn no_directory_takes_the_place_of_the_runtime_or_its_module() {
    for inside in insides() {
        let scene = declared(&inside, "[arguments, '{directory}', '{module}']");
        let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
        for name in ["module.wasm", "program", "proc"] {
            if inside == "confined" && name != "module.wasm" {
                continue;
            }
            scene.write("cdi.yaml", configuration.replace("name: data", &format!("name: {name}")).as_bytes());
            let ended = run(&scene, &format!("--dir {name}"));
            assert!(ended.stderr.contains("[guest-request-refused]"), "{inside}: {name}: {}", ended.stderr);
        }
    }
}

#[test]
fn a_template_is_filled_in_a_container_as_anywhere() {
    for inside in insides() {
        let scene = declared(
            &inside,
            "[arguments, '--dir={directory}:rw', '--env={variable}', --, '{module}', '{arguments}']",
        );
        scene.write("--help", MODULE);
        let line = "run ./--help --environment probe --dir data --env A=b -- -x --dir=/";
        let ended = scene.run(line);
        let own = if inside == "confined" { "guest" } else { "/program" };
        let expected = format!(
            r#"["{own}", "arguments", "--dir=/data:rw", "--env=A=b", "--", "/module.wasm", "-x", "--dir=/"]"#
        );
        assert_eq!(ended.stdout.trim_end(), expected, "{inside}: {}", ended.stderr);
    }
}

#[test]
fn a_runtime_takes_the_modules_that_it_is_declared_for() {
    let scene = declares("{program: GUEST, modules: precompiled, arguments: [arguments, '{module}']}");
    assert_eq!(row(&scene)["runs"], serde_json::json!(["precompiled-module"]));
    let ended = run(&scene, "");
    assert!(ended.stderr.contains("[artifact-kind]"), "{}", ended.stderr);
    scene.write("app.cwasm", &precompiled());
    let ended = scene.run("run app.cwasm --environment confined");
    assert!(
        ended.stderr.contains("[artifact-kind]") && ended.stderr.contains("`--environment probe`"),
        "{}",
        ended.stderr
    );
    let bytecode = declares("{program: GUEST, arguments: [arguments, '{module}']}");
    bytecode.write("app.cwasm", &precompiled());
    let ended = bytecode.run("run app.cwasm --environment probe");
    assert!(ended.stderr.contains("[artifact-kind]"), "{}", ended.stderr);
    if insides().iter().any(|inside| inside == "confined") {
        let ended = scene.run("run app.cwasm --environment probe");
        assert_eq!(ended.stdout, "[\"guest\", \"arguments\", \"/module.wasm\"]\n", "{}", ended.stderr);
    }
}

/// What a certification of the environment has to name: the container's runtime, and the declared one in it.
#[test]
fn the_runtime_that_is_measured_is_the_containers_and_its_settings_name_the_declared_one() {
    for inside in insides().iter().filter(|inside| *inside != "confined") {
        let scene = declared(inside, "[-d, '{module}']");
        let listed: serde_json::Value =
            serde_json::from_str(&scene.done("environment list --output json")).unwrap();
        let rows = listed["environments"].as_array().unwrap();
        let plain = rows.iter().find(|row| row["name"] == inside.as_str()).unwrap();
        let row = row(&scene);
        assert_eq!(row["kind"], "wasm-runtime");
        assert_eq!(row["runtime"]["executable"], plain["runtime"]["executable"], "{inside}");
        scene.done(
            "authority template --runtime probe --config cdi.yaml --supplies NETWORK_ISOLATION --out own.json",
        );
        let claims: serde_json::Value = serde_json::from_slice(&scene.read("own.json")).unwrap();
        let settings = &claims["invocations"]["probe"]["settings"];
        let digest = FileDigest::of(&scene.read("guest")).to_string();
        assert_eq!(settings["runtime"], serde_json::json!([digest]), "{inside}");
        assert_eq!(settings["inside"], serde_json::json!([inside]));
        assert_eq!(settings["environment"], serde_json::json!(["wasm-runtime"]));
        assert_eq!(settings["arguments"], serde_json::json!(["-d\n{module}"]));
        assert_eq!(settings.get("platform").is_some(), inside == "gvisor");
    }
    let scene = Scene::new();
    scene.fails(
        "authority template --runtime probe --supplies NETWORK_ISOLATION --out own.json",
        "environment-not-here",
    );
}

#[test]
fn a_runtime_in_a_container_is_limited() {
    for inside in insides() {
        let scene = declared(&inside, "[spin, '{module}']");
        let ended = run(&scene, "--timeout 1s");
        assert!(ended.stderr.contains("[time-limit-exceeded]"), "{inside}: {}", ended.stderr);
        let scene = declared(&inside, "[allocate, '128', '{module}']");
        assert_eq!(run(&scene, "--memory 64").stdout, "refused\n", "{inside}");
        let ended = run(&scene, "--memory 512");
        assert_eq!(ended.stdout, "128 MiB\n", "{inside}: {}", ended.stderr);
        let scene = declared(&inside, "[status, '7', '{module}']");
        assert_eq!(run(&scene, "").status, 7, "{inside}");
    }
}

/// A module of the largest size that fits into memory beside the runtime's: it is a file, and no memory of the runtime's.
#[test]
fn a_large_module_is_no_memory_of_the_runtime() {
    for inside in insides() {
        let scene = declared(&inside, "[arguments, '{module}']");
        let large = [MODULE, &vec![0; 96 << 20]].concat();
        scene.write("app.wasm", &large);
        let ended = run(&scene, "--memory 64");
        assert_eq!(ended.status, 0, "{inside}: {}{}", ended.stdout, ended.stderr);
    }
}

#[test]
fn two_at_once_do_not_meet() {
    for inside in insides() {
        let scene = declared(&inside, "[arguments, '{module}', '{arguments}']");
        std::thread::scope(|scope| {
            let ran = |word: &'static str| {
                let scene = &scene;
                scope.spawn(move || run(scene, &format!("-- {word}")))
            };
            for (word, running) in ["one", "two"].map(|word| (word, ran(word))) {
                let ended: Ended = running.join().unwrap();
                assert!(ended.stdout.contains(word), "{inside}: {}{}", ended.stdout, ended.stderr);
            }
        });
    }
}

/// How many processes of this machine have this word on their command line.
fn with_the_word(word: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| line.split(|byte| *byte == 0).any(|one| one == word.as_bytes())).count()
}

/// Whatever becomes of `cdi`, neither the runtime nor the container's outlives it, and no record says that it runs.
#[test]
fn a_runtime_that_is_killed_leaves_nothing_behind() {
    for (number, inside) in insides().into_iter().enumerate() {
        let scene = declared(&inside, "[sleep, '{module}', '{arguments}']");
        let word = format!("cdi-inside-{}-{number}", std::process::id());
        let line = format!("run app.wasm --environment probe -- {word}");
        let mut running = heeding(&scene.command(&line)).spawn().unwrap();
        // `cdi` has it on its own command line.
        until("the runtime runs", || with_the_word(&word) >= 2);
        running.kill().unwrap();
        running.wait().unwrap();
        until("nothing runs", || with_the_word(&word) == 0);
        // The next one is as good as the first.
        let ended =
            ended(&scene.command("run app.wasm --environment probe --timeout 1s -- x").output().unwrap());
        assert!(ended.stderr.contains("[time-limit-exceeded]"), "{inside}: {}", ended.stderr);
    }
}

/// A laboratory's certification of what an environment has for a runtime, by a template that `cdi` wrote.
fn certify(scene: &Scene, environment: &str, closure: &str, out: &str) {
    scene.done("key generate --out runtime.pem");
    let inside = environment.strip_prefix("probe-").unwrap_or(environment);
    let drivers = cdi_gate::Driver::all();
    let plain = cdi_gate::Driver::named(&drivers, inside).unwrap().measure().unwrap().unwrap();
    let libraries = match &plain.libraries {
        cdi_types::Libraries::Measured(files) => files.as_slice(),
        cdi_types::Libraries::Unmeasured => &[],
    };
    let libraries = libraries.iter().map(|file| format!("--closure {}", file.path.as_str()));
    let closure = libraries.chain([closure.to_owned()]).collect::<Vec<_>>().join(" ");
    let path = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        .iter()
        .map(|folder| format!("{folder}/{}", plain.program))
        .find(|path| std::path::Path::new(path).is_file())
        .unwrap();
    scene.done(&format!(
        "request certification --key runtime.pem --tool-name {} --tool-version 1 --supplier s --executable {path} {closure} \
         --linkage dynamic --custody software --out request.jsonl",
        plain.program
    ));
    let named = if inside == environment { inside } else { "probe" };
    scene.done(&format!(
        "authority template --runtime {named} --config cdi.yaml --supplies NETWORK_ISOLATION --out own.json"
    ));
    scene.done(&format!(
        "authority certify lab --request request.jsonl --claims own.json --for 30d --vetting-method review --out {out}"
    ));
    for file in ["runtime.pem", "runtime.pub.pem", "request.jsonl", "own.json"] {
        std::fs::remove_file(scene.path(file)).unwrap();
    }
}

/// A policy that takes nobody's word about a place but the laboratory's.
fn certified_only(scene: &Scene, forbidden: &str) {
    let key: serde_json::Value =
        serde_json::from_str(&scene.done("key show lab/public.pem --output json")).unwrap();
    let catalogue = scene.done("catalogue --output digest");
    let text = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: p}}\nspec:\n  principal: p\n  \
         rule: default-deny\n  catalogue: {}\n  require: NETWORK_ISOLATION\n  places: {{level: certified}}\n  trust:\n    \
         anchors: [{{name: lab, keys: [{}], scope: [NETWORK_ISOLATION]}}]\n    quorum: {{default: 1}}\n    \
         custody: software\n    revocation: {{maxAge: 30d}}\n{forbidden}",
        catalogue.trim(),
        key["publicKey"]
    );
    scene.write("p.yaml", text.as_bytes());
}

/// What is certified of a container's runtime with a declared one in it counts for these two as they are set up, and for nothing
/// else; what is certified of the container's runtime alone does not count for them.
#[test]
fn a_combination_is_certified_as_a_combination() {
    for inside in insides().iter().filter(|inside| *inside != "confined") {
        let scene = declared(inside, "[arguments, '{module}']");
        scene.done("authority create lab --name Laboratory");
        certify(&scene, inside, "--closure guest", "plain.jsonl");
        certify(&scene, &format!("probe-{inside}"), "--closure guest", "both.jsonl");
        certified_only(&scene, "");
        let ran =
            |bundle: &str| run(&scene, &format!("--bundle {bundle} --bundle lab/revocations.intoto.jsonl"));
        let denied = |bundle: &str, why: &str| {
            let ended = ran(bundle);
            assert_eq!((ended.status, ended.stdout.as_str()), (126, ""), "{inside}: {why}: {}", ended.stderr);
        };
        let ended = ran("both.jsonl");
        assert_eq!(
            ended.stdout, "[\"/program\", \"arguments\", \"/module.wasm\"]\n",
            "{inside}: {}",
            ended.stderr
        );
        denied("plain.jsonl", "of the container's runtime alone");
        let digest = FileDigest::of(&scene.read("guest"));
        certified_only(&scene, &format!("    forbid: {{tools: [{digest}]}}\n"));
        denied("both.jsonl", "a runtime that is forbidden");
        certified_only(&scene, "");
        assert_eq!(ran("both.jsonl").status, 0, "{inside}");
        let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
        let other = configuration.replace("[arguments, '{module}']", "[arguments, -x, '{module}']");
        scene.write("cdi.yaml", other.as_bytes());
        denied("both.jsonl", "another template");
        scene.write("cdi.yaml", configuration.as_bytes());
        scene.write("guest", &[scene.read("guest"), vec![0]].concat());
        denied("both.jsonl", "another runtime");
    }
}
