//! Programs that run, as `cdi run` records them and `cdi affected` tells of them.

mod inside;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cdi_store::{Kept, Running, RunningFolder};
use cdi_testkit::scenario::{NOW, Scenario};
use cdi_types::{ArtifactDigest, Timestamp};
use serde_json::Value;

use crate::deployment::Deployment;
use crate::schema::Schema;

/// A record of this very process, which runs, by the evidence of a world.
fn recorded(deployment: &Deployment, world: &Scenario) -> Kept {
    let folder = RunningFolder::beside(&deployment.folder.path().join(".state")).unwrap();
    let bundle = String::from_utf8(world.bundle()).unwrap();
    let digest = ArtifactDigest::parse(&world.artifact).unwrap();
    let mut running = Running::of(digest, Timestamp::parse(NOW).unwrap());
    running.path = "/srv/app.cwasm".to_owned();
    running.configuration = "/srv/cdi.yaml".to_owned();
    running.environment = "embedded".to_owned();
    running.evidence = bundle.lines().map(str::to_owned).collect();
    folder.keep(&running).unwrap()
}

fn json(deployment: &Deployment, line: &str, status: i32) -> Value {
    let output = deployment.cdi(&format!("{line} --output json"));
    assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&output.stderr));
    let document = serde_json::from_slice(&output.stdout).unwrap();
    Schema::published("affected.v1.json").hold(&document);
    document
}

#[test]
fn a_program_that_runs_is_told_by_the_evidence_that_it_was_let_in_by() {
    let world = Scenario::small();
    let deployment = Deployment::of(&world);
    let kept = recorded(&deployment, &world);
    // What the folder has is another matter: the bundle is gone meanwhile.
    std::fs::remove_file(deployment.folder.path().join("app.cwasm.intoto.jsonl")).unwrap();
    let line = format!("affected --at {NOW} --what-if compiler");
    let output = deployment.cdi(&line);
    let said = String::from_utf8(output.stdout).unwrap();
    let said = said.replace(&format!("process {},", std::process::id()), "process PID,");
    snapbox::assert_data_eq!(said, snapbox::file!["snapshots/affected-running.txt"].raw());
    let document = json(&deployment, &line, 0);
    assert_eq!(document["workloads"][0]["pid"], std::process::id());
    assert_eq!((document["running"].as_u64(), document["affected"].as_array().unwrap().len()), (Some(1), 0));
    let id = world.id("north-certifies-compiler");
    for what in [id.as_str(), &id[..8], "north"] {
        let document = json(&deployment, &format!("affected --at {NOW} --what-if {what}"), 0);
        assert_eq!(document["workloads"].as_array().unwrap().len(), 1, "{what}");
    }
    // It runs, and nothing is lost as things are.
    let document = json(&deployment, &format!("affected --at {NOW} {id}"), 0);
    assert_eq!((document["running"].as_u64(), document["workloads"].as_array().unwrap().len()), (Some(1), 0));
    kept.end().unwrap();
    let output = deployment.cdi(&line);
    assert_eq!(output.status.code(), Some(2), "nothing is called so any more");
}

#[test]
fn records_that_cannot_be_read_leave_the_answer_open() {
    let world = Scenario::small();
    let deployment = Deployment::of(&world);
    let kept = recorded(&deployment, &world);
    let folder = deployment.folder.path().join(".state-running");
    let record = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let line = format!("affected --at {NOW} --what-if compiler");
    std::fs::write(&record, "{").unwrap();
    let document = json(&deployment, &line, 2);
    assert_eq!(document["unread"][0]["code"], "running-damaged");
    assert_eq!(document["affected"].as_array().unwrap().len(), 1, "what can be told is told");
    let output = deployment.cdi(&line);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("[running-damaged]") && said.contains("[affected-not-whole]"), "{said}");
    kept.end().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "").unwrap();
    assert_eq!(json(&deployment, &line, 2)["unread"].as_array().unwrap().len(), 1);
}

/// A program that waits for its input to end, and then ends with status 7.
const WAIT: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\10\00\00\00")
  (func (export "_start")
    (loop $more
      (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (br_if $more (i32.load (i32.const 8)))
    )
    (call $proc_exit (i32.const 7))))
"#;

/// From the program's text to an artifact that is allowed.
const MAKE: &str = r#"
"$TOOL" assemble wait.wat -o wait.wasm
cdi authority create acme --name acme-vetting > said
cdi key generate --out aot.pem > said
compile="compile --profile wasmtime-48-guard-pages --opt-level speed wait.wasm -o app.cwasm"
cdi wrap --summary aot.json --input wait.wasm --output app.cwasm -- "$TOOL" $compile
cdi request certification --key aot.pem --tool-name aot --tool-version 1 --supplier cdi --summary aot.json \
    --linkage static --custody software --out request.intoto.jsonl > said
cat > claims.json <<'END'
{ "claims": [ { "property": "WASM_VALIDATED", "effect": "establishes", "invocation": "default" } ],
  "invocations": { "default": { "program": ["cdi-wasm-aot"],
    "arguments": [ {"is": "compile"}, {"is": "--profile"}, {"is": "wasmtime-48-guard-pages"}, {"is": "--opt-level"},
      {"is": "speed"}, {"input": "code"}, {"is": "-o"}, {"output": "code"} ],
    "environment": { "PATH": { "oneOf": ["/usr/bin:/bin"] } }, "exitStatus": [0] } } }
END
cdi authority certify acme --request request.intoto.jsonl --claims claims.json --for 90d --vetting-method tested \
    --out certification.intoto.jsonl > said
cdi wrap --key aot.pem --bundle certification.intoto.jsonl --input wait.wasm --output app.cwasm -- "$TOOL" $compile
cdi authority publish acme --out revocations.intoto.jsonl > said
cdi bundle add app.cwasm.intoto.jsonl revocations.intoto.jsonl > said
cat > me.yaml <<END
apiVersion: code-deployment-integrity.io/v1
kind: Policy
metadata: {name: me-v1}
spec:
  principal: me
  rule: default-deny
  catalogue: "$(cdi catalogue --output digest)"
  trust:
    anchors: [{name: acme-vetting, keys: ["$(cdi key show acme/public.pem --only public-key)"], scope: [WASM_VALIDATED]}]
    quorum: {default: 1}
    custody: software
    revocation: {maxAge: 7d}
  require: WASM_VALIDATED
END
cat > cdi.yaml <<'END'
apiVersion: code-deployment-integrity.io/v1
kind: Configuration
metadata: {name: my-host}
spec: {host: me, principals: [{name: me, policy: me.yaml, required: always}]}
END
"#;

/// A host in a folder, with a program that waits.
struct Host(tempfile::TempDir);

impl Host {
    fn new(tool: &Path) -> Self {
        let host = Self(tempfile::tempdir().unwrap());
        std::fs::write(host.0.path().join("wait.wat"), WAIT).unwrap();
        let mut shell = host.within("sh");
        let programs = Path::new(env!("CARGO_BIN_EXE_cdi")).parent().unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let output = shell.args(["-e", "-c", MAKE]).env("PATH", path).env("TOOL", tool).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        host
    }

    fn within(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).env("CDI_STATE", self.0.path().join(".state"));
        command.env_remove("CDI_CONFIG").stdin(Stdio::null());
        command
    }

    fn started(&self) -> Child {
        let mut command = self.within(env!("CARGO_BIN_EXE_cdi"));
        let command = command.args(["run", "app.cwasm"]).stdin(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    fn affected(&self) -> Value {
        let mut command = self.within(env!("CARGO_BIN_EXE_cdi"));
        let output =
            command.args(["affected", "acme-vetting", "--what-if", "--output", "json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What is said once so many programs run.
    fn running(&self, wanted: u64) -> Value {
        let begun = Instant::now();
        loop {
            let said = self.affected();
            if said["running"] == wanted {
                return said;
            }
            assert!(begun.elapsed() < Duration::from_secs(40), "{said:#}");
        }
    }

    fn records(&self) -> usize {
        std::fs::read_dir(self.0.path().join(".state-running")).unwrap().count()
    }
}

/// With `CDI_WASM_AOT`, the compiler that is built apart: `cargo xtask test` names it.
#[test]
fn a_program_that_waits_is_told_until_it_ends() {
    let Some(tool) = std::env::var_os("CDI_WASM_AOT").map(PathBuf::from) else {
        return anstream::eprintln!("not tested: CDI_WASM_AOT is not set");
    };
    let host = Host::new(&tool);
    let (mut one, mut two) = (host.started(), host.started());
    let said = host.running(2);
    Schema::published("affected.v1.json").hold(&said);
    let pids: Vec<u64> =
        said["workloads"].as_array().unwrap().iter().map(|one| one["pid"].as_u64().unwrap()).collect();
    assert!(pids.contains(&one.id().into()) && pids.contains(&two.id().into()), "{said:#}");
    assert_eq!(said["workloads"][0]["principals"][0]["after"], "deny");
    one.stdin.take().unwrap().write_all(b"something").unwrap();
    assert_eq!(one.wait().unwrap().code(), Some(7));
    assert_eq!(host.running(1)["workloads"][0]["pid"], two.id());
    two.kill().unwrap();
    two.wait().unwrap();
    assert_eq!(host.records(), 1, "who is killed leaves its record");
    host.running(0);
    assert_eq!(host.records(), 0, "and who looks next sweeps it away");
    // Without a place for the record the program runs all the same.
    std::fs::remove_dir(host.0.path().join(".state-running")).unwrap();
    std::fs::write(host.0.path().join(".state-running"), "").unwrap();
    let mut three = host.started();
    drop(three.stdin.take());
    let ended = three.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(7), "{said}");
    assert!(said.contains("this run is not recorded"), "{said}");
}

/// What is revoked while it runs is told, and ended where that is asked for.
#[test]
fn a_program_whose_compiler_is_revoked_is_ended() {
    let Some(tool) = std::env::var_os("CDI_WASM_AOT").map(PathBuf::from) else {
        return anstream::eprintln!("not tested: CDI_WASM_AOT is not set");
    };
    let host = Host::new(&tool);
    let mut one = host.started();
    host.running(1);
    let watched = |line: &str, status: i32| -> Value {
        let mut command = host.within(env!("CARGO_BIN_EXE_cdi"));
        let output = command.args(line.split(' ')).args(["--output", "json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", String::from_utf8_lossy(&output.stderr));
        let said = serde_json::from_slice(&output.stdout).unwrap();
        Schema::published("watch.v1.json").hold(&said);
        said
    };
    assert_eq!(watched("watch --once --enforce", 0)["programs"][0]["verdict"], "allow");
    let revoke = "revoke aot --authority acme --reason vetting-withdrawn --bundles . --out list.jsonl";
    assert!(host.within(env!("CARGO_BIN_EXE_cdi")).args(revoke.split(' ')).status().unwrap().success());
    let said = watched("watch --once --enforce --bundle list.jsonl", 1);
    let program = &said["programs"][0];
    assert_eq!((&program["verdict"], &program["stopped"]), (&"deny".into(), &"asked".into()), "{said:#}");
    assert!(program.to_string().contains("\"code\":\"revoked\""), "{said:#}");
    assert_eq!(one.wait().unwrap().code(), None, "a signal has ended it");
    // The list is remembered: nobody has to give it again.
    let ended = host.within(env!("CARGO_BIN_EXE_cdi")).args(["run", "app.cwasm"]).status().unwrap();
    assert_eq!(ended.code(), Some(126));
}

/// A program that ends with a status that nobody allowed.
const OTHER: &str = r#"(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $proc_exit (i32.const 9))))
"#;

/// What the gate loads is what was decided about, while somebody writes to the file, and puts others in its place.
#[test]
fn what_is_loaded_was_decided_about_whoever_writes_to_it() {
    let Some(tool) = std::env::var_os("CDI_WASM_AOT").map(PathBuf::from) else {
        return anstream::eprintln!("not tested: CDI_WASM_AOT is not set");
    };
    let host = Host::new(&tool);
    std::fs::write(host.0.path().join("other.wat"), OTHER).unwrap();
    for line in [
        "assemble other.wat -o other.wasm",
        "compile --profile wasmtime-48-guard-pages --opt-level speed other.wasm -o other.cwasm",
    ] {
        assert!(host.within(tool.to_str().unwrap()).args(line.split(' ')).status().unwrap().success());
    }
    let at = |name: &str| host.0.path().join(name);
    let (good, other) = (std::fs::read(at("app.cwasm")).unwrap(), std::fs::read(at("other.cwasm")).unwrap());
    let stop = AtomicBool::new(false);
    let mut ended: BTreeMap<Option<i32>, u32> = BTreeMap::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut pause = (0_u64..).map(|n| Duration::from_micros(n * 7_919 % 20_000));
            while !stop.load(Ordering::Relaxed) {
                for bytes in [&other, &good] {
                    // Into the file itself; and another file in its place.
                    std::fs::write(at("app.cwasm"), bytes).unwrap();
                    std::thread::sleep(pause.next().unwrap());
                    std::fs::write(at("next"), bytes).unwrap();
                    std::fs::rename(at("next"), at("app.cwasm")).unwrap();
                    std::thread::sleep(pause.next().unwrap());
                }
            }
        });
        for _ in 0..120 {
            let mut run = host.within(env!("CARGO_BIN_EXE_cdi"));
            let output = run.args(["run", "app.cwasm"]).output().unwrap();
            *ended.entry(output.status.code()).or_default() += 1;
        }
        stop.store(true, Ordering::Relaxed);
    });
    println!("{ended:?}");
    assert_eq!(ended.get(&Some(9)), None, "{ended:?}");
    let of = |status| ended.get(&Some(status)).copied().unwrap_or_default();
    assert!(of(7) > 5 && of(126) > 5, "let in and refused, each more than a few times: {ended:?}");
}
