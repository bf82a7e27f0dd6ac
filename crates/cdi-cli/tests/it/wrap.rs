//! What `cdi wrap` says and how it ends, to the letter but for digests. `SNAPSHOTS=overwrite` writes the snapshots anew.

use snapbox::{Data, assert_data_eq, file};

use crate::support::{CLAIMS, Scene, T0, certify, field};

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("in", b"one");
    scene.done("key generate --out tool.pem");
    scene
}

fn says(scene: &Scene, line: &str, status: i32, snapshot: Data) {
    let ended = scene.run(line);
    assert_eq!(ended.status, status, "{line}: {}", ended.stderr);
    let said = format!("$ cdi {line}\n{}{}", ended.stdout, ended.stderr);
    assert_data_eq!(without_digests(&said), snapshot);
}

/// Words that are digests, whole or short, are others on each machine.
fn without_digests(text: &str) -> String {
    let digits = |word: &str| word.len() >= 12 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let mut shown = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let (end, last) = word.char_indices().last().map_or((0, ""), |(at, _)| (at, &word[at..]));
        if digits(&word[..end]) { shown += &format!("DIGEST{last}") } else { shown += word }
    }
    shown
}

const COPY: &str = "wrap --key tool.pem --verbose --output out --input in -- cp in out";

#[test]
fn a_run_that_is_recorded_is_told_on_request() {
    let scene = scene();
    says(&scene, COPY, 0, file!["snapshots/wrap-recorded.txt"]);
    assert_eq!(scene.lines("out.intoto.jsonl"), 1);
    let quiet = scene.run(&COPY.replace(" --verbose", ""));
    assert_eq!((quiet.status, quiet.stderr.as_str()), (0, ""));
}

#[test]
fn digests_of_tools_are_kept_at_every_level() {
    let scene = scene();
    let caches = tempfile::tempdir().unwrap();
    let digest = |path: &str| scene.done(&format!("digest {path}")).split(' ').next().unwrap().to_owned();
    let kept = || {
        let files = std::fs::read_dir(caches.path().join("cdi")).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect::<String>()
    };
    for _ in 0..2 {
        let mut command = scene.command("wrap --key tool.pem --output out --input in -- cp in out");
        let ended = crate::support::ended(&command.env("XDG_CACHE_HOME", caches.path()).output().unwrap());
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        std::fs::remove_file(scene.path("out")).unwrap();
    }
    let tool = digest("/bin/cp");
    assert!(kept().contains(&tool), "{tool} is not in {}", kept());
    // An input that was declared is measured anew each time.
    assert!(!kept().contains(&digest("in")));
}

#[test]
fn whoever_confines_a_program_from_itself_is_told_what_it_needs() {
    let scene = scene();
    let ended = scene.run("wrap --capture confined --key tool.pem --output out --input in -- cp in out");
    assert_ne!(ended.status, 0);
    assert!(ended.stderr.contains("[program-unusable]"), "{}", ended.stderr);
    assert!(ended.stderr.contains("`--allow-read /usr`"), "{}", ended.stderr);
}

#[test]
fn the_status_of_a_failed_tool_is_passed_through() {
    let scene = scene();
    let line = "wrap --key tool.pem --output out -- expr 1 / 0";
    says(&scene, line, 2, file!["snapshots/wrap-failed.txt"]);
    assert_eq!(scene.run("wrap -- false").status, 1);
    assert!(!scene.path("out.intoto.jsonl").exists());
}

#[test]
fn files_among_the_arguments_that_nobody_declared_are_warned_about() {
    let scene = scene();
    scene.write("lib.a", b"code");
    scene.write("flags", b"-v");
    let line = "wrap --key tool.pem --output out -- cp ./in out";
    says(&scene, line, 0, file!["snapshots/wrap-undeclared.txt"]);
    // A value of an option is one too; folders, devices and what is declared are not.
    let line = "wrap --key tool.pem --input ./in --output out -- install --backup=flags in /dev/null . out";
    let ended = scene.run(line);
    assert!(!ended.stderr.contains("`in`"), "{}", ended.stderr);
    let line = "wrap --key tool.pem --input in --output o2 -- cp --suffix=flags in o2";
    assert!(scene.run(line).stderr.contains("`flags`"), "{}", scene.run(line).stderr);
}

fn fails_early(scene: &Scene, line: &str, code: &str) {
    let ended = scene.run(line);
    assert!(ended.stderr.contains(&format!("[{code}]")), "cdi {line}: {}", ended.stderr);
    assert_eq!(ended.status, 125, "cdi {line}");
    assert!(!scene.path("out").exists(), "cdi {line}: the tool ran");
}

#[test]
fn what_wrap_writes_takes_the_place_of_nothing() {
    let scene = scene();
    let key = scene.read("tool.pem");
    let (two, run) = ("file-has-two-uses", "-- cp in out");
    fails_early(
        &scene,
        &format!("wrap --key tool.pem --summary tool.pem --input in --output out {run}"),
        two,
    );
    fails_early(&scene, &format!("wrap --summary ./in --input in --output out {run}"), two);
    fails_early(&scene, &format!("wrap --key tool.pem --summary out --input in --output out {run}"), two);
    fails_early(&scene, &format!("wrap --key tool.pem --report out --input in --output out {run}"), two);
    fails_early(&scene, &format!("wrap --summary claims.json --input in --output out {run}"), "file-exists");
    fails_early(
        &scene,
        &format!("wrap --key tool.pem --report claims.json --input in --output out {run}"),
        "bundle-none",
    );
    fails_early(
        &scene,
        &format!("wrap --key tool.pem --report none/r.jsonl --input in --output out {run}"),
        "folder-missing",
    );
    assert_eq!((scene.read("tool.pem"), scene.read("in").as_slice()), (key, b"one".as_slice()));
    assert_eq!(scene.read("claims.json"), CLAIMS.as_bytes());
    for _ in 0..2 {
        scene.done(&format!("wrap --summary summary.json {run}"));
    }
}

#[test]
fn what_cannot_be_recorded_is_explained() {
    let scene = scene();
    says(&scene, "wrap -- no-such-tool", 125, file!["snapshots/wrap-missing-tool.txt"]);
    let line = "wrap --key tool.pem --output out.txt -- cp in out";
    says(&scene, line, 125, file!["snapshots/wrap-missing-output.txt"]);
    std::fs::create_dir(scene.path("out.intoto.jsonl")).unwrap();
    std::fs::remove_file(scene.path("out")).unwrap();
    says(&scene, COPY, 125, file!["snapshots/wrap-not-writable.txt"]);
    assert!(!scene.path("out").exists(), "the tool has run");
    // A folder that the tool makes is no mistake.
    let line = "wrap --key tool.pem --output new/in --input in -- install -D in new/in";
    assert_eq!(scene.run(line).status, 0);
}

/// `tool` certified, with its certification in `c.jsonl`; its id.
fn certified(scene: &Scene) -> String {
    scene.done(&format!("authority create root --name Root --at {T0}"));
    scene.write("claims.json", CLAIMS.as_bytes());
    scene.done(&crate::support::request("tool.pem", "cc", "request.jsonl"));
    field(&scene.done(&certify("root", "request.jsonl", "c.jsonl")), "id")
}

#[test]
fn a_certification_may_be_named_by_its_first_digits() {
    let scene = scene();
    let id = certified(&scene);
    let named = |id: &str| {
        let _ = std::fs::remove_file(scene.path("out"));
        let line =
            format!("wrap --key tool.pem --bundle c.jsonl --certification {id} --output out -- cp in out");
        scene.run(&line)
    };
    let ended = named(&id[..8]);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let report = scene.done("inspect out.intoto.jsonl --output json");
    assert!(report.contains(&format!("\"certifications\":[\"{id}\"]")), "{report}");
    for (wrong, code) in [("00000000", "certification-not-there"), ("0000000", "first 8")] {
        let ended = named(wrong);
        assert_eq!(ended.status, 125);
        assert!(ended.stderr.contains(code), "{}", ended.stderr);
        assert!(!scene.path("out").exists(), "the tool has run");
    }
}

#[test]
fn a_summary_of_a_large_run_is_read_and_one_over_the_limit_refused() {
    let scene = scene();
    scene.done("wrap --summary run.json -- cp --version");
    let request = "request certification --key tool.pem --tool-name cp --tool-version 9 --supplier gnu --summary run.json \
         --linkage dynamic --custody software --out r.jsonl";
    let summary = std::fs::read_to_string(scene.path("run.json")).unwrap();
    let padded = |bytes: usize| {
        // Blanks between members are nothing to JSON.
        let text = format!("{}{summary}", " ".repeat(bytes - summary.len()));
        std::fs::write(scene.path("run.json"), text).unwrap();
    };
    padded(cdi_types::limits::SUMMARY_BYTES + 1);
    scene.fails(request, "limit-summary-bytes");
    padded(cdi_types::limits::SUMMARY_BYTES);
    scene.done(request);
    // It is known for a summary, too, where another is to be written over it.
    scene.done("wrap --summary run.json -- cp --version");
}

#[test]
fn a_request_takes_executable_recorder_and_closure_from_summaries() {
    let scene = scene();
    for (tool, summary) in [("cp --version", "cp"), ("cp in out", "copy"), ("ls", "ls")] {
        scene.done(&format!("wrap --summary {summary}.json -- {tool}"));
    }
    let request = |rest: &str| {
        format!(
            "request certification --key tool.pem --tool-name cp --tool-version 9 --supplier gnu {rest} \
             --linkage dynamic --custody software --out r.jsonl"
        )
    };
    scene.fails(&request("--summary cp.json --summary ls.json"), "summary-of-another");
    scene.fails(&request("--summary cp.json --executable tool"), "summary-of-another");
    scene.fails(&request("--summary claims.json"), "summary-malformed");
    let called_static = request("--summary cp.json").replace("dynamic", "static");
    scene.fails(&called_static, "linkage-not-static");
    scene.done(&request("--summary cp.json --summary copy.json"));
    let shown: serde_json::Value =
        serde_json::from_str(&scene.done("inspect r.jsonl --output json")).unwrap();
    let shown = shown.to_string();
    let digest = |path: &str| cdi_types::Sha256::of(&std::fs::read(path).unwrap()).to_string();
    for (what, path) in [("recorder", env!("CARGO_BIN_EXE_cdi")), ("sha256", "/bin/cp")] {
        assert!(shown.contains(&format!("\"{what}\":\"{}\"", digest(path))), "{what}: {shown}");
    }
    assert_eq!(shown.matches("\"libc.so.6\"").count(), 1, "{shown}");
}

#[test]
fn an_executable_that_asks_for_the_loader_is_not_called_static() {
    let scene = Scene::new();
    scene.done("key generate --out tool.pem");
    let dynamic = std::path::Path::new(env!("CARGO_BIN_EXE_cdi"));
    std::os::unix::fs::symlink(dynamic, scene.path("dynamic")).unwrap();
    let request = |linkage: &str| {
        format!(
            "request certification --key tool.pem --tool-name t --tool-version 1 --supplier s --executable dynamic \
             --linkage {linkage} --custody software --out {linkage}.jsonl"
        )
    };
    scene.fails(&request("static"), "linkage-not-static");
    scene.done(&request("dynamic"));
}

#[test]
fn a_variable_without_a_value_is_explained() {
    let scene = scene();
    let ended = scene.run("wrap --env LANG --output out -- cp in out");
    assert_eq!(ended.status, 125);
    assert!(
        ended.stderr.contains("`LANG` is no variable with its value [variable-malformed]"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_commitment_that_nobody_could_open_is_refused() {
    let scene = scene();
    let ended = scene.run("wrap --key tool.pem --commit-env PATH --input in --output out -- cp in out");
    assert_eq!(ended.status, 125, "{}", ended.stderr);
    assert!(ended.stderr.contains("--salts"), "{}", ended.stderr);
    assert!(!scene.path("out").exists(), "the tool ran");
}

#[test]
fn a_traced_run_finds_its_files() {
    let scene = scene();
    scene.done("wrap --capture traced --key tool.pem -- cp in out");
    let shown: serde_json::Value =
        serde_json::from_str(&scene.done("inspect out.intoto.jsonl --output json")).unwrap();
    let shown = shown.to_string();
    for told in ["\"capture\":\"traced\"", "\"path\":\"in\"", "\"name\":\"out\"", "\"programs\":["] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    // Digests of the toolchain are kept for the next run. A run that is not traced has to declare.
    scene.done("wrap --capture traced --key tool.pem -- cp in second");
    let untraced = scene.run("wrap --key tool.pem -- cp in third");
    assert_eq!(untraced.status, 125);
    assert!(untraced.stderr.contains("[output-undeclared]"), "{}", untraced.stderr);
}

#[test]
fn what_a_run_would_declare_is_suggested() {
    let scene = scene();
    let ended = scene.run("wrap --suggest -- cp in out");
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("declared by --input in --output out"), "{}", ended.stderr);
    assert!(ended.stderr.contains("--capture confined --allow-read /usr/bin"), "{}", ended.stderr);
    assert!(!scene.path("out.intoto.jsonl").exists());
    assert_eq!(scene.run("wrap --suggest --key tool.pem -- cp in out").status, 125);
}

#[test]
fn a_confined_tool_is_told_what_it_missed() {
    let scene = scene();
    let confined = "wrap --capture confined --allow-read /usr --key tool.pem";
    scene.done(&format!("{confined} --input in --output out -- cp in out"));
    let shown = scene.done("inspect out.intoto.jsonl --output json");
    assert!(shown.contains("\"confined\""), "{shown}");
    let ended = scene.run(&format!("{confined} --output other -- cp in other"));
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let missed = format!("wanted to read `{}`", scene.path("in").canonicalize().unwrap().display());
    assert!(ended.stderr.contains(&missed) && ended.stderr.contains("[out-of-reach]"), "{}", ended.stderr);
    let ended = scene.run(&format!("{confined} --input in -- cp in other"));
    assert!(ended.stderr.contains("wanted to write"), "{}", ended.stderr);
    assert!(!scene.path("other").exists());
    for (command, code) in [
        ("wrap --allow-read /usr -- cp in out", "[reach-without-confinement]"),
        ("wrap --capture confined --allow-read no-such -- cp in out", "[reach-unusable]"),
    ] {
        let ended = scene.run(command);
        assert!(ended.status == 125 && ended.stderr.contains(code), "{}", ended.stderr);
    }
}

#[test]
fn what_a_traced_tool_is_refused_is_told() {
    let scene = scene();
    std::fs::write(scene.path("ask.pl"), "use Socket; socket(my $s, PF_INET, SOCK_STREAM, 0); exit 0")
        .unwrap();
    let ended = scene.run("wrap --suggest -- perl ask.pl");
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("sockets (inet) [access-refused]"), "{}", ended.stderr);
}

#[test]
fn an_inspection_is_about_what_was_inspected() {
    let scene = scene();
    let line = "wrap --key tool.pem --verbose --inspect in --finds PIE --finds NX_STACK -- grep -q one in";
    says(&scene, line, 0, file!["snapshots/wrap-inspected.txt"]);
    let shown = scene.done("inspect in.intoto.jsonl");
    assert!(shown.contains("was inspected"), "{shown}");
    // A scanner that finds fault has found nothing that a report could be about.
    let line = "wrap --key tool.pem --inspect in --finds PIE --report r.jsonl -- grep -q two in";
    assert_eq!(scene.run(line).status, 1);
    assert!(!scene.path("r.jsonl").exists() || scene.lines("r.jsonl") == 0);
    for line in
        ["--inspect in -- true", "--finds PIE -- true", "--inspect in --finds PIE --output out -- cp in out"]
    {
        assert_eq!(scene.run(&format!("wrap --key tool.pem {line}")).status, 125, "{line}");
    }
    let line = "wrap --capture traced --key tool.pem --inspect in --finds PIE -- cp in out";
    assert!(scene.run(line).stderr.contains("[inspection-wrote]"));
}

#[test]
fn a_template_of_an_inspection_leaves_open_only_what_was_inspected() {
    let scene = scene();
    scene.write("rules", b"one");
    scene.done("wrap --key tool.pem --inspect in --finds PIE --input rules -- grep -q -f rules in");
    scene.done("authority template in.intoto.jsonl --attests PIE --out grep.json");
    let claims: serde_json::Value = serde_json::from_slice(&scene.read("grep.json")).unwrap();
    let rules = cdi_types::Sha256::of(b"one").to_string();
    let arguments = &claims["invocations"]["recorded"]["arguments"];
    let known = serde_json::json!({ "knownInput": { "role": "known", "sha256": [rules] } });
    assert_eq!([&arguments[2], &arguments[3]], [&known, &serde_json::json!({ "input": "code" })]);
    assert_eq!(scene.run("authority lint grep.json").status, 0);
}
