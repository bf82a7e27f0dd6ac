//! Programs in the environments of the gate, as a user runs them. Every case runs in each environment that is here; what is
//! not here is skipped, and the reason printed; with the variable `CDI_TEST_ENVIRONMENTS` all must be here.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use cdi_gate::{Driver, EnvironmentKind};

use crate::support::{Ended, Scene, ended, passed_over};

/// The static program of `programs/guest.rs`, compiled once by the compiler that compiled the tests.
fn guest() -> &'static [u8] {
    static GUEST: OnceLock<Vec<u8>> = OnceLock::new();
    GUEST.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/programs/guest.rs");
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("guest");
        let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let made = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
            .args(["--edition=2024", "-Cpanic=abort", "-Copt-level=1", "-Ctarget-feature=+crt-static"])
            .args(["-Crelocation-model=static", "-Cstrip=symbols", "--target", &target, "-o"])
            .arg(&program)
            .arg(source)
            .status()
            .unwrap();
        assert!(made.success(), "the guest cannot be compiled");
        std::fs::read(program).unwrap()
    })
}

/// A host whose only principal accepts everything and lets everything be given.
pub(crate) fn host() -> Scene {
    let scene = Scene::new();
    std::fs::create_dir_all(scene.path("data")).unwrap();
    std::fs::set_permissions(scene.path(""), std::fs::Permissions::from_mode(0o755)).unwrap();
    scene.write("data/file", b"content");
    scene.write(
        "cdi.yaml",
        b"apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {name: host}\nspec:\n  \
          host: p\n  principals: [{name: p, policy: p.yaml, required: always}]\n  \
          directories: [{name: data, path: data, owner: p}]\n  environments: [{name: process, provides: []}]\n",
    );
    scene.write(
        "p.yaml",
        b"apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {name: p}\nspec:\n  principal: p\n  \
          rule: accept-all\n",
    );
    scene.write("guest", guest());
    scene
}

/// The environments that run static programs, and are here.
pub(crate) fn environments(kinds: impl Fn(EnvironmentKind) -> bool) -> Vec<String> {
    let native =
        |driver: &&Driver| driver.runs().contains(&cdi_gate::ArtifactKind::StaticElf) && kinds(driver.kind());
    let drivers = Driver::all();
    let here = drivers.iter().filter(native).filter(|driver| match driver.available() {
        Ok(()) => true,
        Err(reason) => {
            passed_over(&format!("`{}` is not here: {reason}", driver.name()));
            false
        }
    });
    here.map(|driver| driver.name().to_owned()).collect()
}

fn all() -> Vec<String> {
    environments(|_| true)
}

/// Those that show a program nothing of the host but what it was given.
pub(crate) fn walled() -> Vec<String> {
    environments(|kind| kind != EnvironmentKind::Process)
}

pub(crate) fn run(scene: &Scene, environment: &str, options: &str, words: &str) -> Ended {
    let line = format!("run guest --environment {environment} {options} -- {words}");
    ended(&scene.command(&line).env("LEAKED", "secret").output().unwrap())
}

pub(crate) fn said(scene: &Scene, environment: &str, options: &str, words: &str) -> String {
    let ended = run(scene, environment, options, words);
    assert_eq!(ended.status, 0, "{environment}: {words}: {}{}", ended.stdout, ended.stderr);
    ended.stdout.trim_end().to_owned()
}

#[test]
fn a_program_gets_its_arguments_and_variables_and_no_others() {
    let scene = host();
    for environment in all() {
        let arguments = said(&scene, &environment, "", "arguments one --two=");
        assert!(arguments.ends_with(r#""arguments", "one", "--two="]"#), "{environment}: {arguments}");
        let variables = said(&scene, &environment, "--env A=b=c", "variables");
        // Runtimes of containers set this one where nobody else does.
        let besides = |text: &str| text.replace(r#", ("HOME", "/")"#, "").replace(r#"("HOME", "/")"#, "");
        assert_eq!(besides(&variables), r#"[("A", "b=c")]"#, "{environment}");
        assert_eq!(besides(&said(&scene, &environment, "", "variables")), "[]", "{environment}");
    }
}

#[test]
fn a_program_ends_with_its_own_status() {
    let scene = host();
    for environment in all() {
        for status in [0, 1, 124, 125, 126, 127, 128] {
            let ended = run(&scene, &environment, "", &format!("status {status}"));
            assert_eq!(ended.status, status, "{environment}: {}", ended.stderr);
            assert!(!ended.stderr.contains("cdi: error"), "{environment}: {}", ended.stderr);
            let told = ended.stderr.contains("[status-of-program]");
            assert_eq!(told, (125..=127).contains(&status), "{environment}: {status}: {}", ended.stderr);
        }
    }
}

#[test]
fn a_program_sees_the_directory_that_it_was_given_and_nothing_else() {
    let scene = host();
    for environment in walled() {
        let root = said(&scene, &environment, "--dir data", "files /");
        let expected = |name: &str| ["data", "program", "proc", "dev", "sys", "tmp"].contains(&name);
        // Under Landlock not even the names can be listed.
        let listed = root.split(' ').all(expected) && root.contains("data");
        assert!(
            listed || environment == "confined" && root == "error PermissionDenied",
            "{environment}: {root}"
        );
        assert_eq!(said(&scene, &environment, "--dir data", "read /data/file"), "content", "{environment}");
        let host_file = scene.path("cdi.yaml").display().to_string();
        assert_eq!(said(&scene, &environment, "", &format!("read {host_file}")), "error NotFound");
        assert_eq!(said(&scene, &environment, "", "read /data/file"), "error NotFound", "{environment}");
    }
}

#[test]
fn what_was_given_to_read_is_not_written() {
    let scene = host();
    for environment in walled() {
        let written = said(&scene, &environment, "--dir data", "write /data/new x");
        assert!(written.starts_with("error"), "{environment}: {written}");
        assert!(!scene.path("data/new").exists(), "{environment}");
        assert!(said(&scene, &environment, "--dir data:rw", "write /new x").starts_with("error"));
        assert_eq!(
            said(&scene, &environment, "--dir data:rw", "write /data/new x"),
            "written",
            "{environment}"
        );
        assert_eq!(scene.read("data/new"), b"x", "{environment}");
        std::fs::remove_file(scene.path("data/new")).unwrap();
    }
}

/// The same command, with a descriptor that whoever it starts inherits.
fn with_a_descriptor(command: &Command) -> Command {
    let mut with = Command::new("sh");
    with.args(["-c", "exec 7</etc/passwd; exec \"$@\"", "sh"]).arg(command.get_program());
    with.args(command.get_args()).current_dir(command.get_current_dir().unwrap());
    with.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    with
}

#[test]
fn a_program_inherits_no_descriptor() {
    let scene = host();
    for environment in all() {
        let line = format!("run guest --environment {environment} -- descriptors");
        let ended = ended(&with_a_descriptor(&scene.command(&line)).output().unwrap());
        assert_eq!(ended.stdout, "[0, 1, 2]\n", "{environment}: {}", ended.stderr);
    }
}

#[test]
fn a_program_has_no_network_and_no_neighbours() {
    use std::os::linux::net::SocketAddrExt as _;
    let scene = host();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let name = format!("cdi-test-{}", std::process::id());
    let own = std::os::unix::net::SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
    let _abstract = std::os::unix::net::UnixListener::bind_addr(&own).unwrap();
    for environment in walled() {
        let connected = said(&scene, &environment, "", &format!("connect {address}"));
        assert!(connected.starts_with("error"), "{environment}: {connected}");
        let connected = said(&scene, &environment, "", &format!("abstract {name}"));
        assert!(connected.starts_with("error"), "{environment}: {connected}");
    }
    if environments(|kind| kind == EnvironmentKind::Process).is_empty() {
        return;
    }
    let connected = said(&scene, "process", "", &format!("connect {address}"));
    assert_eq!(connected, "connected", "so that the refusals above mean something");
}

#[test]
fn a_confined_program_has_threads_and_starts_no_process() {
    let scene = host();
    for environment in environments(|kind| kind == EnvironmentKind::Confined) {
        assert_eq!(said(&scene, &environment, "", "thread"), "Some(7)");
        assert!(said(&scene, &environment, "", "child").starts_with("error"));
    }
}

#[test]
fn memory_is_limited() {
    let scene = host();
    for environment in all() {
        let (little, much) = ("--memory 64", "--memory 512");
        assert_eq!(said(&scene, &environment, little, "allocate 128"), "refused", "{environment}");
        assert_eq!(said(&scene, &environment, much, "allocate 128"), "128 MiB", "{environment}");
    }
}

#[test]
fn time_is_limited() {
    let scene = host();
    for environment in all() {
        for words in ["spin", "sleep"] {
            let ended = run(&scene, &environment, "--timeout 1s", words);
            assert_eq!(ended.status, 125, "{environment}: {}", ended.stderr);
            assert!(ended.stderr.contains("[time-limit-exceeded]"), "{environment}: {}", ended.stderr);
        }
    }
}

#[test]
fn a_program_that_breaks_is_no_program_that_ends() {
    let scene = host();
    for environment in
        environments(|kind| [EnvironmentKind::Process, EnvironmentKind::Confined].contains(&kind))
    {
        let ended = run(&scene, &environment, "", "abort");
        assert_eq!(ended.status, 125, "{environment}: {}", ended.stderr);
        assert!(ended.stderr.contains("[program-killed]"), "{environment}: {}", ended.stderr);
    }
}

/// How many processes of this machine have this mark on their command line.
fn alive(mark: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.filter(|line| line.starts_with(mark.as_bytes())).count()
}

pub(crate) fn until(what: &str, so: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !so() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{what}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// The same command, heeding signals: whoever runs tests in the background of a shell ignores some, and so do their children.
pub(crate) fn heeding(command: &Command) -> Command {
    let mut heeding = Command::new("env");
    heeding.arg("--default-signal=HUP,INT,QUIT,TERM").arg(command.get_program()).args(command.get_args());
    heeding.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    heeding.current_dir(command.get_current_dir().unwrap()).stdin(std::process::Stdio::null());
    heeding
}

/// A-GAT-13: whatever becomes of `cdi`, nothing that it started outlives it.
#[test]
fn the_whole_tree_ends_with_cdi() {
    let scene = host();
    if environments(|kind| kind == EnvironmentKind::Process).is_empty() {
        return;
    }
    let mark = format!("cdi-sleeper-{}", std::process::id());
    for (round, signal) in ["KILL", "TERM", "INT"].into_iter().enumerate() {
        let mark = format!("{mark}-{round}");
        let line = format!("run guest --environment process -- sleepers {mark}");
        let mut running = heeding(&scene.command(&line)).spawn().unwrap();
        until("the sleeper sleeps", || alive(&mark) == 1);
        let pid = running.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap().success());
        until("the sleeper is gone", || alive(&mark) == 0);
        assert!(!running.wait().unwrap().success());
    }
    // The time limit does the same.
    let ended = run(&scene, "process", "--timeout 1s", &format!("sleepers {mark}-time"));
    assert!(ended.stderr.contains("[time-limit-exceeded]"), "{}", ended.stderr);
    until("the sleeper is gone", || alive(&format!("{mark}-time")) == 0);
}

/// A program that is asked to end gets the signal itself, and ends as it likes.
#[test]
fn signals_are_handed_on_to_the_program() {
    let scene = host();
    for environment in all() {
        for (name, number) in [("TERM", 15), ("INT", 2), ("HUP", 1), ("QUIT", 3)] {
            let line = format!("run guest --environment {environment} -- heeds {number}");
            let mut running = heeding(&scene.command(&line))
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let mut said = [0; 8];
            std::io::Read::read_exact(running.stdout.as_mut().unwrap(), &mut said).unwrap();
            assert_eq!(&said, b"heeding\n", "{environment}");
            let pid = running.id().to_string();
            assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
            let answer = ended(&running.wait_with_output().unwrap());
            assert_eq!(answer.stdout, format!("came {number}\n"), "{environment}: {name}: {}", answer.stderr);
            assert_eq!(answer.status, 7, "{environment}: {name}: {}", answer.stderr);
            assert!(!answer.stderr.contains("error"), "{environment}: {name}: {}", answer.stderr);
        }
    }
}

/// The pipes of `gvisor` are many times smaller than what goes through them.
#[test]
fn streams_are_carried_whole() {
    let scene = host();
    let much: Vec<u8> =
        (0_u32..1 << 20).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    scene.write("much", &much);
    for environment in all() {
        let mut command = scene.command(&format!("run guest --environment {environment} -- copy"));
        let output = command.stdin(std::fs::File::open(scene.path("much")).unwrap()).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{environment}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(output.stdout.strip_suffix(b"\n") == Some(much.as_slice()), "{environment}: it is another");
    }
}

#[test]
fn a_program_whose_reader_goes_away_is_told() {
    let scene = host();
    for environment in all() {
        let mut command = scene.command(&format!("run guest --environment {environment} -- pour"));
        let mut running = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut reader = running.stdout.take().unwrap();
        std::io::Read::read_exact(&mut reader, &mut vec![0; 5 << 20]).unwrap();
        drop(reader);
        let answer = ended(&running.wait_with_output().unwrap());
        assert_eq!(answer.status, 3, "{environment}: {}", answer.stderr);
        assert!(answer.stderr.ends_with("told BrokenPipe\n"), "{environment}: {}", answer.stderr);
    }
}

/// A policy that lets in one artifact, by its digest.
pub(crate) fn only(scene: &Scene, digest: &str) {
    scene.done("key generate --out k.pem");
    let key: serde_json::Value = serde_json::from_str(&scene.done("key show k.pem --output json")).unwrap();
    let catalogue = scene.done("catalogue --output digest");
    let text = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: p}}\nspec:\n  principal: p\n  \
         rule: default-deny\n  catalogue: {}\n  require: WASM_VALIDATED\n  trust:\n    \
         anchors: [{{name: lab, keys: [{}], scope: [WASM_VALIDATED]}}]\n    quorum: {{default: 1}}\n    \
         custody: software\n    revocation: {{maxAge: 30d}}\n    \
         assume: [{{artifact: {digest}, property: WASM_VALIDATED}}]\n",
        catalogue.trim(),
        key["publicKey"]
    );
    scene.write("p.yaml", text.as_bytes());
}

/// A-GAT-01: the file is exchanged for another all the time; what runs is what was decided about, or nothing.
#[test]
fn what_runs_is_what_was_decided() {
    let scene = host();
    let digest = cdi_types::ArtifactDigest::of(guest()).to_string();
    // Another program, which says something else.
    let mut other = guest().to_vec();
    let marks: Vec<usize> = (0..other.len() - 8).filter(|&at| &other[at..at + 8] == b"mark-one").collect();
    assert!(!marks.is_empty(), "the guest has a mark");
    marks.into_iter().for_each(|at| other[at..at + 8].copy_from_slice(b"mark-two"));
    scene.write("other", &other);
    only(&scene, &digest);
    let ends = AtomicBool::new(false);
    let (mut ran, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (one, two) = (scene.path("guest"), scene.path("other"));
            while !ends.load(Ordering::Relaxed) {
                exchange(&one, &two);
            }
        });
        for environment in
            ["confined", "process"].into_iter().filter(|name| all().iter().any(|one| one == name))
        {
            for _ in 0..25 {
                let ended = run(&scene, environment, "", "mark");
                match ended.status {
                    0 => {
                        assert_eq!(ended.stdout, "mark-one\n", "{environment}");
                        ran += 1;
                    }
                    126 => refused += 1,
                    status => panic!("{environment}: {status}: {}", ended.stderr),
                }
            }
        }
        ends.store(true, Ordering::Relaxed);
    });
    eprintln!("ran {ran}, refused {refused}");
    assert!(all().is_empty() || (ran > 0 && refused > 0), "ran {ran}, refused {refused}");
}

/// Each gets the other's name, at one moment.
pub(crate) fn exchange(one: &Path, other: &Path) {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
}

/// An archive of one program.
fn archive(path: &str, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path(path).unwrap();
    header.set_mode(0o755);
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header, content).unwrap();
    builder.into_inner().unwrap()
}

#[test]
fn a_container_is_an_archive_that_was_decided_about() {
    let scene = host();
    scene.write("root.tar", &archive("bin/app", guest()));
    let containers = [EnvironmentKind::Runc, EnvironmentKind::Crun, EnvironmentKind::Gvisor];
    for environment in environments(|kind| containers.contains(&kind)) {
        let ran = |words: &str| {
            scene.run(&format!("run root.tar --environment {environment} --dir data -- {words}"))
        };
        let arguments = ran("/bin/app arguments one");
        assert_eq!(arguments.stdout, "[\"/bin/app\", \"arguments\", \"one\"]\n", "{}", arguments.stderr);
        assert_eq!(ran("/bin/app read /data/file").stdout, "content\n");
        assert!(ran("/bin/app write /bin/app x").stdout.starts_with("error"));
        assert!(ran("bin/app arguments").stderr.contains("[archive-without-program]"));
        let none = ran("/bin/none");
        assert!(none.status == 125 && none.stderr.contains("[archive-without-program]"), "{}", none.stderr);
    }
    let ended = scene.run("run root.tar --environment confined -- /bin/app");
    assert!(ended.stderr.contains("[artifact-kind]"), "{}", ended.stderr);
}

/// What gVisor keeps for a program counts against the program's limit, whatever it is.
#[test]
fn what_a_program_writes_to_memory_under_gvisor_counts() {
    if !std::path::Path::new("/sys/fs/cgroup/memory/cgroup.procs").exists() {
        return passed_over("no control groups of memory are here");
    }
    let scene = host();
    for environment in environments(|kind| kind == EnvironmentKind::Gvisor) {
        let filled = |mebibytes: &str| {
            run(&scene, &environment, "--memory 64", &format!("fill /tmp/file {mebibytes}"))
        };
        assert_eq!(filled("16").stdout, "filled\n");
        let much = filled("600");
        assert!(much.status != 0 && much.stdout.is_empty(), "{} {}{}", much.status, much.stdout, much.stderr);
    }
}

/// No place is chosen for an archive that has not the program to start.
#[test]
fn an_archive_without_the_program_is_not_placed() {
    let scene = crate::deploying::scene("/bin/none");
    scene.write("guest", &archive("bin/app", guest()));
    scene.fails("place workload.yaml", "archive-without-program");
    let refused = scene.run("deploy workload.yaml");
    assert_eq!((refused.status, refused.stdout.as_str()), (127, ""), "{}", refused.stderr);
    let entries = crate::deploying::listed(&scene, "--verdict unknown");
    assert_eq!(entries[0]["codes"], serde_json::json!(["archive-without-program"]));
}

#[test]
fn environments_are_listed_with_the_runtimes_that_would_run() {
    let scene = Scene::new();
    let listed: serde_json::Value =
        serde_json::from_str(&scene.done("environment list --output json")).unwrap();
    crate::schema::Schema::published("environments.v1.json").hold(&listed);
    let rows = listed["environments"].as_array().unwrap();
    assert_eq!(rows.len(), Driver::all().len());
    for (row, driver) in rows.iter().zip(Driver::all()) {
        assert_eq!(
            (row["name"].as_str(), row["available"].as_bool()),
            (Some(driver.name()), Some(driver.available().is_ok()))
        );
        let measured = driver.measure().ok().flatten().map(|runtime| runtime.executable.to_string());
        if let (Some(measured), Ok(())) = (measured, driver.available()) {
            assert_eq!(row["runtime"]["executable"], measured);
        }
    }
    for form in ["table", "markdown", "yaml"] {
        assert!(scene.done(&format!("environment list --output {form}")).contains("confined"), "{form}");
    }
}

#[test]
fn what_a_configuration_says_of_environments_is_listed_and_a_misspelt_name_is_told() {
    let scene = host();
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    let said = configuration.replace(
        "{name: process, provides: []}",
        "{name: process, provides: [LOCATION=moon]}, {name: confind, provides: []}, {name: kata, provides: []}",
    );
    scene.write("cdi.yaml", said.as_bytes());
    let listed = scene.run("environment list --output json");
    let rows: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    crate::schema::Schema::published("environments.v1.json").hold(&rows);
    let row = |name: &str| {
        let mut rows = rows["environments"].as_array().unwrap().iter();
        rows.find(|row| row["name"] == name).unwrap().clone()
    };
    assert_eq!(row("process")["provides"], serde_json::json!(["LOCATION=moon"]));
    assert_eq!(
        (&row("process")["saidBy"], &row("embedded")["saidBy"]),
        (&"configuration".into(), &"gate".into())
    );
    let text = scene.run("environment list");
    assert!(text.stdout.contains("provides LOCATION=moon, as the configuration says"), "{}", text.stdout);
    assert_eq!(text.stderr.matches("[environment-not-offered]").count(), 1, "{}", text.stderr);
    assert!(
        text.stderr.contains("`confind`") && text.stderr.contains("did you mean `confined`?"),
        "{}",
        text.stderr
    );
    // Whoever asks about such a place means it.
    assert!(!scene.run("verify guest --environment confind").stderr.contains("environment-not-offered"));
}

#[test]
fn what_was_measured_is_shown_and_a_damaged_file_is_told() {
    let scene = Scene::new();
    let benched = scene.done("environment bench --rounds 1 --output json");
    let benched: serde_json::Value = serde_json::from_str(&benched).unwrap();
    crate::schema::Schema::published("environment-bench.v1.json").hold(&benched);
    let listed = scene.done("environment list --output json");
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    crate::schema::Schema::published("environments.v1.json").hold(&listed);
    let process = listed["environments"].as_array().unwrap().iter().find(|row| row["name"] == "process");
    assert_eq!(process.unwrap()["measured"], benched["environments"]["process"]);
    let file = benched["file"].as_str().unwrap();
    assert!(scene.path(file.rsplit('/').next().unwrap()).is_file(), "{file}");
    std::fs::write(file, "{").unwrap();
    scene.fails("environment list", "measurements-damaged");
}

#[test]
fn what_no_environment_runs_is_told_by_its_content() {
    let scene = host();
    scene.write("script", b"#!/bin/sh\n");
    let dynamic = std::fs::read("/bin/sh").unwrap();
    scene.write("dynamic", &dynamic);
    // A-GAT-11: with something before it, it is something else.
    let mut polyglot = b"#!/bin/sh\n".to_vec();
    polyglot.extend(guest());
    scene.write("polyglot", &polyglot);
    let refused = |line: &str, kind: &str| {
        let ended = scene.run(line);
        assert_eq!(ended.status, 125, "{line}: {}", ended.stderr);
        assert!(ended.stderr.contains("[artifact-kind]") && ended.stderr.contains(kind), "{}", ended.stderr);
    };
    for environment in ["confined", "process"] {
        refused(&format!("run script --environment {environment}"), "`script`");
        refused(&format!("run dynamic --environment {environment}"), "`dynamic-elf`");
        refused(&format!("run polyglot --environment {environment}"), "`script`");
    }
    refused("run guest", "`static-elf`");
}

#[test]
fn a_plain_process_must_be_in_the_configuration_and_is_given_no_directory() {
    let scene = host();
    let ended = run(&scene, "process", "--dir data", "files /");
    assert!(ended.stderr.contains("[environment-without-directories]"), "{}", ended.stderr);
    let configuration = String::from_utf8(scene.read("cdi.yaml")).unwrap();
    let without = configuration.replace("  environments: [{name: process, provides: []}]\n", "");
    scene.write("cdi.yaml", without.as_bytes());
    let ended = run(&scene, "process", "", "files /");
    assert_eq!(ended.status, 125, "{}", ended.stderr);
    assert!(ended.stderr.contains("[environment-unknown]"), "{}", ended.stderr);
    assert!(ended.stderr.contains("only where the configuration describes it"), "{}", ended.stderr);
}
