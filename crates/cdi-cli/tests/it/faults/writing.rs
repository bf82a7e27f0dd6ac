//! Every command that writes, in a folder in which it has something to do; and what must be so whatever interrupts it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cdi_testkit::scenario::Scenario;
use serde_json::Value;

use crate::deploying;
use crate::memory::as_of_today;
use crate::support::Scene;

/// A command that writes.
pub(super) struct Writing {
    /// Its words in the tree of commands.
    pub(super) command: &'static str,
    /// A command line that does something in [`world`]. `REPORT` is the id of a report there.
    pub(super) line: &'static str,
    /// What may refuse it the second time, if it was interrupted behind its work.
    pub(super) again: &'static [&'static str],
}

const fn writing(command: &'static str, line: &'static str, again: &'static [&'static str]) -> Writing {
    Writing { command, line, again }
}

const EXISTS: &[&str] = &["file-exists"];
const NONE: &[&str] = &[];

/// All of them, but for those that [`ELSEWHERE`] names.
pub(super) static WRITING: &[Writing] = &[
    writing(
        "init",
        "init fresh --host me --anchor root=root/public.pem --require STACK_CANARIES --custody software",
        EXISTS,
    ),
    writing(
        "trust add principal",
        "trust add principal q --policy q.yaml --required always --config me/cdi.yaml",
        &["configuration-name-twice"],
    ),
    writing(
        "trust add anchor",
        "trust add anchor child --key child/public.pem --scope STACK_CANARIES --config me/cdi.yaml",
        &["anchor-name-twice", "anchor-key-twice", "anchor-there"],
    ),
    writing(
        "trust add key",
        "trust add key --anchor root --key child/public.pem --config me/cdi.yaml",
        &["anchor-key-twice", "key-there"],
    ),
    writing(
        "trust add origin",
        "trust add origin --key dev.pub.pem --kind source --config me/cdi.yaml",
        &["origin-there"],
    ),
    writing(
        "trust remove principal",
        "trust remove principal q --config they/cdi.yaml",
        &["configuration-unknown-principal"],
    ),
    writing(
        "trust remove anchor",
        "trust remove anchor child --principal me --config they/cdi.yaml",
        &["anchor-not-there"],
    ),
    writing(
        "trust remove key",
        "trust remove key --anchor root --key KEY --principal me --config they/cdi.yaml",
        &["key-not-there"],
    ),
    writing(
        "trust remove origin",
        "trust remove origin --key dev.pub.pem --principal me --config they/cdi.yaml",
        &["key-not-there"],
    ),
    writing("key generate", "key generate --out fresh.pem", EXISTS),
    writing("authority create", "authority create fresh --name Fresh", EXISTS),
    writing(
        "authority endorse",
        "authority endorse root --request e-request.jsonl --scope * --depth 0 --for 30d --out out.jsonl",
        EXISTS,
    ),
    writing("authority import", "authority import child child.jsonl --root root/public.pem", NONE),
    writing(
        "authority certify",
        "authority certify root --request request.jsonl --claims claims.json --for 90d --vetting-method review --out out.jsonl",
        EXISTS,
    ),
    writing(
        "authority countersign",
        "authority countersign root run.jsonl --report REPORT",
        &["seal-signed-already"],
    ),
    writing(
        "authority revoke",
        "authority revoke root --certification CERTIFICATION --reason vetting-withdrawn --out out.jsonl",
        &["revoked-already"],
    ),
    writing("authority publish", "authority publish root --out out.jsonl", EXISTS),
    writing("authority succeed", "authority succeed next --from root --out out.jsonl", EXISTS),
    writing("authority template", "authority template --for gcc --out out.json", EXISTS),
    writing(
        "revoke",
        "revoke tool --authority root --reason vetting-withdrawn --bundles . --config me/cdi.yaml --out out.jsonl",
        &["revoked-already"],
    ),
    writing("request endorsement", "request endorsement child --scope * --out out.jsonl", EXISTS),
    writing(
        "request certification",
        "request certification --key tool.pem --tool-name t --tool-version 1.0 --supplier acme --executable tool --linkage \
         static --custody software --out out.jsonl",
        EXISTS,
    ),
    writing(
        "wrap",
        "wrap --key tool.pem --report out.jsonl --input claims.json --output copy.json -- cp claims.json copy.json",
        NONE,
    ),
    writing("digest", "digest data --leaves leaves.txt", EXISTS),
    writing("origin sign", "origin sign --key dev.pem --kind source claims.json", NONE),
    writing(
        "policy sign",
        "policy sign p.yaml --key dev.pem --version 3 --audience host --for 90d --out out.jsonl",
        EXISTS,
    ),
    writing(
        "policy waive",
        "policy waive dep/cloud-provider.yaml --key dev.pem --artifact dep/app.cwasm --requirement WASM_SPECTRE_MITIGATED \
         --reason repaired --audience host --for 7d --out out.jsonl",
        EXISTS,
    ),
    writing(
        "policy suggest",
        "policy suggest dep/app.cwasm --principal x --anchor north=dep/north.pem -o out.yaml",
        EXISTS,
    ),
    writing(
        "node report",
        "node report --key node.pem --name edge-1 --valid-for 24h --out out.jsonl",
        &["node-serial"],
    ),
    writing("bundle add", "bundle add all.jsonl c.jsonl list.jsonl", NONE),
    writing("bundle merge", "bundle merge run.jsonl c.jsonl --out out.jsonl", EXISTS),
    writing("bundle split", "bundle split dep/app.cwasm.intoto.jsonl --into out", EXISTS),
    writing(
        "bundle prune",
        "bundle prune dep/app.cwasm.intoto.jsonl --artifact dep/app.cwasm --out out.jsonl",
        EXISTS,
    ),
    writing("import", "import app.sigstore.json --out out.jsonl", NONE),
    writing("verify", "verify dep/app.cwasm --config dep/cdi.yaml --state other", NONE),
    writing("run", "run guest --environment process --state other -- status 0", NONE),
    writing("place", "place workload.yaml --output json=out.json", EXISTS),
    writing("deploy", "deploy workload.yaml", NONE),
    writing("journal export", "journal export --out out.jsonl", EXISTS),
    writing(
        "export scai",
        "export scai dep/app.cwasm --config dep/cdi.yaml --principal cloud-provider --key dev.pem --out out.jsonl",
        EXISTS,
    ),
    writing(
        "export slsa-provenance",
        "export slsa-provenance dep/app.cwasm --config dep/cdi.yaml --principal cloud-provider --key dev.pem --out out.jsonl",
        EXISTS,
    ),
    writing(
        "export vsa",
        "export vsa dep/app.cwasm --config dep/cdi.yaml --verifier https://v.example --resource https://r.example --key dev.pem --out \
         out.jsonl",
        EXISTS,
    ),
    writing("report", "report dep/app.cwasm --config dep/cdi.yaml --out out.html", EXISTS),
    writing("graph", "graph dep/app.cwasm --config dep/cdi.yaml --out out.svg", EXISTS),
    writing("environment bench", "environment bench --rounds 1", NONE),
    writing("affected", "affected --what-if compiler --bundles dep --config dep/cdi.yaml", NONE),
    writing("state reset", "state reset", NONE),
    writing("man", "man --out out", EXISTS),
];

/// Commands that write, and are interrupted elsewhere: where, and why not here.
pub(super) static ELSEWHERE: &[(&str, &str)] = &[
    (
        "key agent",
        "a server that writes its socket only: `a_socket_is_its_owners_and_is_taken_over_from_the_dead_only`",
    ),
    ("watch", "it writes to the journal of `deploy`, in the same way, and to nothing else"),
    ("export svr", "it writes as `export vsa` does, by the same function"),
    ("export sigstore-bundle", "it writes as `export vsa` does, by the same function"),
    ("export cyclonedx", "it writes as `export vsa` does, by the same function"),
];

/// Commands that write nothing but what `--output FORMAT=FILE` names, as all do, for which `place` stands.
pub(super) static READING: &[&str] = &[
    "authority lint",
    "authority list",
    "authority show",
    "catalogue",
    "completions",
    "doctor",
    "environment list",
    "explain",
    "explain-code",
    "inspect",
    "journal list",
    "journal show",
    "journal verify",
    "key show",
    "node show",
    "policy explain",
    "policy lint",
    "policy test",
    "state show",
    "trust list",
];

/// What must do what it says at any time, whatever was interrupted. What begins with `?NAME:` is for a `NAME` that is there.
static PROBES: &[&str] = &[
    "authority list root",
    "authority list child",
    "authority list next",
    "trust list --config me/cdi.yaml",
    "trust list --config they/cdi.yaml",
    "journal verify",
    "state show",
    "inspect run.jsonl",
    "inspect all.jsonl",
    "key show tool.pem",
    "?other:state show --state other",
    "?fresh/cdi.yaml:trust list --config fresh/cdi.yaml",
    "?fresh/public.pem:authority list fresh",
    "?fresh.pem:key show fresh.pem",
    "?claims.json.intoto.jsonl:inspect claims.json.intoto.jsonl",
];

/// A folder in which everything has begun that a command may go on with.
pub(super) fn world() -> Scene {
    let scene = deploying::scene("status 0");
    let dep = as_of_today(Scenario::small());
    std::fs::create_dir(scene.path("dep")).unwrap();
    scene.write("dep/app.cwasm", b"artifact app.cwasm");
    scene.write("dep/app.cwasm.intoto.jsonl", &dep.bundle());
    let (name, policy) = &dep.policies[0];
    scene.write(&format!("dep/{name}.yaml"), policy.as_bytes());
    scene.write(
        "dep/cdi.yaml",
        format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {{name: host}}\nspec:\n  host: {name}\n  \
             principals:\n    - {{name: {name}, policy: {name}.yaml, required: always}}\n"
        )
        .as_bytes(),
    );
    let north = cdi_testkit::scenario::public_key("north");
    scene.write(
        "dep/north.pem",
        format!("-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n", &north[..64], &north[64..])
            .as_bytes(),
    );
    scene.write(
        "app.sigstore.json",
        include_bytes!("../../../../cdi-import/tests/fixtures/gh-custom-issuer.sigstore.json"),
    );
    scene.write(
        "q.yaml",
        String::from_utf8(scene.read("p.yaml"))
            .unwrap()
            .replace("p\n", "q\n")
            .replace("name: p", "name: q")
            .as_bytes(),
    );
    for line in [
        "authority create root --name Root",
        "authority create child --name Child",
        "authority create next --name Root",
        "request endorsement child --scope * --out e-request.jsonl",
        "authority endorse root --request e-request.jsonl --scope * --depth 0 --for 30d --out child.jsonl",
        "key generate --out tool.pem",
        "key generate --out dev.pem",
        "key generate --out node.pem",
        "request certification --key tool.pem --tool-name tool --tool-version 1.0 --supplier acme --executable tool --linkage \
         static --custody software --out request.jsonl",
        "authority certify root --request request.jsonl --claims claims.json --for 90d --vetting-method review --out c.jsonl",
        "authority publish root --out list.jsonl",
        "bundle add all.jsonl list.jsonl",
        "wrap --key tool.pem --report run.jsonl --input claims.json --output made.json -- cp claims.json made.json",
        "init me --host me --anchor root=root/public.pem --require STACK_CANARIES --custody software",
        "init they --host me --anchor root=root/public.pem --require STACK_CANARIES --custody software",
        "trust add anchor child --key child/public.pem --scope STACK_CANARIES --config they/cdi.yaml",
        "trust add key --anchor root --key next/public.pem --config they/cdi.yaml",
        "trust add origin --key dev.pub.pem --kind source --config they/cdi.yaml",
        "trust add principal q --policy q.yaml --required always --config they/cdi.yaml",
        "bundle add run.jsonl c.jsonl",
        "deploy workload.yaml",
    ] {
        scene.done(line);
        // A policy is named as from the configuration.
        if let Some(folder) = line.strip_prefix("init ").and_then(|rest| rest.split(' ').next()) {
            std::fs::copy(scene.path("q.yaml"), scene.path(&format!("{folder}/q.yaml"))).unwrap();
            let policy = format!("{folder}/policies/me.yaml");
            let key = cdi_testkit::scenario::public_key("developer");
            let history =
                format!("  history: {{complete: {{origins: [{{key: \"{key}\", kinds: [source]}}]}}}}\n");
            let text = String::from_utf8(scene.read(&policy))
                .unwrap()
                .replace("[\"STACK_CANARIES\"]", "[STACK_CANARIES, STEP]");
            scene.write(&policy, (text + &history).as_bytes());
        }
    }
    scene
}

/// Ids that command lines name.
pub(super) struct Ids {
    report: String,
    certification: String,
    key: String,
}

impl Ids {
    pub(super) fn of(scene: &Scene) -> Self {
        let shown: Value = serde_json::from_str(&scene.done("inspect run.jsonl --output json")).unwrap();
        let report = shown["lines"][0]["id"].as_str().unwrap().to_owned();
        let shown: Value = serde_json::from_str(&scene.done("inspect c.jsonl --output json")).unwrap();
        let certification = shown["lines"][0]["id"].as_str().unwrap().to_owned();
        let key: Value = serde_json::from_str(&scene.done("key show next/public.pem --output json")).unwrap();
        let key = key["keyId"].as_str().unwrap().to_owned();
        Self { report, certification, key }
    }

    pub(super) fn line(&self, line: &str) -> String {
        line.replace("REPORT", &self.report)
            .replace("CERTIFICATION", &self.certification)
            .replace("KEY", &self.key)
    }
}

/// A copy of the world.
pub(super) struct Copied(tempfile::TempDir);

impl Copied {
    pub(super) fn of(world: &Scene) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("cp");
        command.args(["-a", "--"]).arg(world.path(".")).arg(folder.path());
        assert!(command.status().unwrap().success());
        Self(folder)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `cdi`, to be started behind the words of `before`.
    pub(super) fn command(&self, before: &[String], line: &str) -> Command {
        let program = env!("CARGO_BIN_EXE_cdi");
        let mut words = before.iter().map(String::as_str).chain([program]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(line.split_whitespace()).current_dir(self.0.path()).stdin(Stdio::null());
        command.env("CDI_STATE", self.path(".state")).env("COLUMNS", "1000");
        command.env_remove("CDI_AGENT").env_remove("SSH_AUTH_SOCK").env_remove("CDI_CONFIG");
        command
    }

    /// The status of a command, and all that it said.
    pub(super) fn cdi(&self, line: &str) -> (Option<i32>, String) {
        let output = self.command(&[], line).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Every file with its bytes.
    pub(super) fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        gather(self.0.path(), self.0.path(), &mut found);
        found
    }
}

fn gather(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            gather(root, &path, found);
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            found.insert(path.strip_prefix(root).unwrap().to_owned(), bytes);
        }
    }
}

/// What must be so after a command was interrupted: nothing lost that was there, nothing half written, everything usable.
///
/// # Errors
/// What is not so.
pub(super) fn sound(copy: &Copied, before: &BTreeMap<PathBuf, Vec<u8>>, line: &str) -> Result<(), String> {
    let after = copy.tree();
    for (path, bytes) in &after {
        if is_draft(path) {
            continue;
        }
        let old = before.get(path);
        // An index of what a revocation would cost begins with its digest, and one that is not whole is made anew.
        if old != Some(bytes) && !path.starts_with(".state-index") {
            whole(path, old.map(Vec::as_slice), bytes)?;
        }
    }
    let gone = before.keys().find(|path| !after.contains_key(*path) && !may_go(path, line));
    if let Some(path) = gone {
        return Err(format!("{} is gone", path.display()));
    }
    if line.contains("authority ") {
        handed_out(&after)?;
    }
    for probe in PROBES {
        let probe = match probe.strip_prefix('?').and_then(|rest| rest.split_once(':')) {
            Some((name, _)) if !copy.path(name).exists() => continue,
            Some((_, probe)) => probe,
            None => probe,
        };
        let (status, said) = copy.cdi(probe);
        let reset = line.starts_with("state reset") && probe == "state show";
        if status != Some(0) && !reset {
            return Err(format!("`cdi {probe}` then ends with {status:?}: {said}"));
        }
    }
    Ok(())
}

/// A file that a writer had not finished: hidden, and known by its name.
fn is_draft(path: &Path) -> bool {
    path.iter().any(|part| {
        let name = part.to_string_lossy();
        name.starts_with('.') && (name.ends_with(".tmp") || name.starts_with(".memory"))
    })
}

/// Records of what runs go with it, and a memory that is given up is moved.
fn may_go(path: &Path, line: &str) -> bool {
    path.starts_with(".state-running") || (line.starts_with("state reset") && path.starts_with(".state"))
}

/// Whether a file that is new or changed is whole, by its kind.
fn whole(path: &Path, old: Option<&[u8]>, bytes: &[u8]) -> Result<(), String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let wrong = |what: &str| Err(format!("{} {what} ({} bytes)", path.display(), bytes.len()));
    if name.ends_with(".jsonl") {
        if bytes.last().is_some_and(|last| *last != b'\n') {
            return wrong("ends in the middle of a line");
        }
        let lines: BTreeSet<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        if lines.iter().any(|line| !line.is_empty() && serde_json::from_slice::<Value>(line).is_err()) {
            return wrong("has a line that is none");
        }
        // A countersigned report has another line, an authority's list is replaced by the next.
        let replaced = name == "revocations.intoto.jsonl" || name == "run.jsonl" || name == "out.jsonl";
        let lost = old
            .into_iter()
            .flat_map(|old| old.split(|byte| *byte == b'\n'))
            .any(|line| !lines.contains(line));
        return if lost && !replaced { wrong("has lost a line") } else { Ok(()) };
    }
    let end: Option<&[u8]> = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("pem") => Some(b"-----\n"),
        Some("svg") => Some(b"</svg>\n"),
        Some("html") => Some(b"</html>\n"),
        Some("json") => {
            return if serde_json::from_slice::<Value>(bytes).is_ok() || path.starts_with(".state-running") {
                Ok(())
            } else {
                wrong("is no JSON")
            };
        }
        Some("yaml" | "1" | "txt") => Some(b"\n"),
        _ => None,
    };
    match end {
        Some(end) if !bytes.ends_with(end) => wrong("does not end"),
        _ => Ok(()),
    }
}

/// What an authority has handed out stands in its record: a certification that nobody knows of could not be revoked.
fn handed_out(after: &BTreeMap<PathBuf, Vec<u8>>) -> Result<(), String> {
    let Some(out) = after.get(Path::new("out.jsonl")) else { return Ok(()) };
    let payloads = |bytes: &[u8]| -> BTreeSet<String> {
        let lines =
            bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        lines.filter_map(|line| line["payload"].as_str().map(str::to_owned)).collect()
    };
    let record: BTreeSet<String> =
        ["root/signed.intoto.jsonl", "next/signed.intoto.jsonl", "root/revocations.intoto.jsonl"]
            .iter()
            .filter_map(|name| after.get(Path::new(name)))
            .flat_map(|bytes| payloads(bytes))
            .collect();
    let by_authority = |payload: &String| {
        let bytes = base64_simd::STANDARD.decode_to_vec(payload).unwrap_or_default();
        let statement: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let kind = statement["predicateType"].as_str().unwrap_or_default().to_owned();
        ["/tool-certification/v1", "/endorsement/v1", "/revocations/v1"].iter().any(|end| kind.ends_with(end))
    };
    match payloads(out).into_iter().find(|payload| by_authority(payload) && !record.contains(payload)) {
        Some(_) => Err("an authority has handed out what it has no record of".to_owned()),
        None => Ok(()),
    }
}
