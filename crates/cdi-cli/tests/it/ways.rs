//! Every vector by the ways on which a host decides: `cdi verify` where nothing is remembered, again where it is, and `cdi run`.
//! The clock of the host is at the time of the vector. (The library decides each in `cdi-testkit`, direct and one endorsement
//! down.)

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use cdi_store::{Memory, MemoryFolder, RememberedEdition};
use cdi_testkit::scenario::{Place, Scenario, Verdict, artifact, configured, sha256};
use cdi_testkit::vectors::{Case, Expected, Vector, all, cases};
use cdi_types::{KeyId, Name, PolicyDigest, StatementId, Timestamp};
use serde_json::Value;

use crate::clock;

/// Every artifact that a world speaks of, by its digest, with its bytes.
fn artifacts(cases: &BTreeMap<String, Case>) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for part in cases.values().flat_map(|case| &case.world().parts) {
        let text = String::from_utf8_lossy(&part.payload).into_owned();
        for marker in ["\"name\":\"", "\"path\":\""] {
            for name in text.split(marker).skip(1).filter_map(|rest| rest.split('"').next()) {
                found.entry(artifact(name)).or_insert_with(|| format!("artifact {name}").into_bytes());
            }
        }
    }
    found
}

/// A host that decides about a vector.
struct Host {
    folder: tempfile::TempDir,
    environment: String,
    time: String,
}

impl Host {
    /// `None` for what a command line cannot be told: that nobody must agree, that the artifact is a tree or nobody has it, and a
    /// place that is measured or is a node's.
    fn of(vector: &Vector, artifacts: &BTreeMap<String, Vec<u8>>) -> Option<Self> {
        let bytes = artifacts.get(&vector.artifact)?;
        let host = &vector.policies.first()?.principal;
        let (environment, described) = environment(vector.environment.as_ref(), host)?;
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("app.cwasm", bytes);
        let lines: Vec<Vec<u8>> = vector.bundle.iter().map(|line| line.bytes().unwrap()).collect();
        write("app.cwasm.intoto.jsonl", &[lines.join(&b'\n'), vec![b'\n']].concat());
        for (number, party) in vector.policies.iter().enumerate() {
            if let Some(document) = &party.document {
                write(&format!("policy-{number}"), document.as_bytes());
            }
        }
        let mut entries = Vec::new();
        for (number, document) in vector.catalogues.iter().enumerate() {
            write(&format!("catalogue-{number}.yaml"), document.as_bytes());
            entries.push(format!("{{path: catalogue-{number}.yaml}}"));
        }
        let mut text = configured(&vector.policies, |number| format!("policy-{number}"))?;
        text.push_str(&described);
        if !entries.is_empty() {
            text.push_str(&format!("  catalogues: [{}]\n", entries.join(", ")));
        }
        write("cdi.yaml", text.as_bytes());
        let host = Self { folder, environment, time: vector.time.clone() };
        host.remember(vector);
        Some(host)
    }

    /// What the vector says that its decider remembers.
    fn remember(&self, vector: &Vector) {
        let editions = vector.policies.iter().filter_map(|party| {
            let (seen, key) = (party.seen.as_ref()?, party.key.as_ref()?);
            let der = base64_simd::STANDARD.decode_to_vec(key).unwrap();
            Some(RememberedEdition {
                principal: Name::parse(&party.principal).unwrap(),
                key: KeyId::parse(&sha256(der)).unwrap(),
                version: seen.version,
                document: PolicyDigest::parse(&seen.document).unwrap(),
            })
        });
        let editions: Vec<RememberedEdition> = editions.collect();
        if editions.is_empty() && vector.seen.is_empty() {
            return;
        }
        let first = vector.seen.values().map(|time| Timestamp::parse(time).unwrap()).min();
        let mut memory = Memory::of(first.unwrap_or(Timestamp::parse(&vector.time).unwrap()), Vec::new());
        memory.editions = editions;
        let folder = MemoryFolder::at(self.state());
        folder.update(|_| Some(memory)).unwrap();
        for (report, time) in &vector.seen {
            let reports = [StatementId::parse(report).unwrap()].into();
            folder.see(&reports, Timestamp::parse(time).unwrap()).unwrap();
        }
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join(".state")
    }

    fn cdi(&self, line: &str) -> Option<Output> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdi"));
        command.args(line.split_whitespace()).args(["--environment", &self.environment]);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("CDI_CONFIG").env("CDI_STATE", self.state()).env("COLUMNS", "1000");
        clock::at_text(command, &self.time)?.output().ok()
    }

    fn verified(&self) -> Option<Said> {
        let output = self.cdi("verify app.cwasm --output json")?;
        Some(Said::of(&output))
    }
}

/// The name of the place on the command line, and what the configuration says of it.
fn environment(place: Option<&Place>, host: &str) -> Option<(String, String)> {
    let Some(place) = place else { return Some(("none".to_owned(), String::new())) };
    if place.asserted_by != host || place.runtime.is_some() || place.node.is_some() {
        return None;
    }
    if place.name == "embedded" && place.provides == EMBEDDED {
        return Some(("embedded".to_owned(), String::new()));
    }
    let provides = place.provides.join(", ");
    Some(("hall".to_owned(), format!("  environments: [{{name: hall, provides: [{provides}]}}]\n")))
}

/// What the gate provides in the process.
const EMBEDDED: [&str; 1] = ["GUARD_PAGES=WASMTIME_4GIB_32MIB"];

/// Vectors that a command line refuses before it decides, each with the code: a file that a person named and that has nothing of what
/// it should is a mistake, and no evidence.
const EARLIER: [(&str, &str); 1] = [("pol/filed-empty", "policy-unsigned")];

fn refused_earlier(path: &str) -> Option<&'static str> {
    EARLIER.iter().find(|(known, _)| *known == path).map(|(_, code)| *code)
}

/// What a command line said of a decision.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    verdict: Verdict,
    principal: String,
    code: String,
    discarded: Vec<String>,
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let Ok(answer) = serde_json::from_slice::<Value>(&output.stdout) else {
            let error: Value = serde_json::from_slice(&output.stderr).unwrap_or_default();
            let code =
                text(error.pointer("/error/code").or_else(|| error.get("code")).unwrap_or(&Value::Null));
            let told = String::from_utf8_lossy(&output.stderr);
            let code = if code.is_empty() { last_code(&told) } else { code };
            return Self {
                verdict: Verdict::LoadError,
                principal: String::new(),
                code,
                discarded: Vec::new(),
            };
        };
        let verdict = match (output.status.code(), answer["verdict"].as_str()) {
            (Some(0), Some("allow")) => Verdict::Allow,
            (Some(1), Some("deny")) => Verdict::Deny,
            (Some(2), Some("unknown")) => Verdict::Unknown,
            other => unreachable!("{other:?}: {answer:#}"),
        };
        let failing = answer["principals"].as_array().unwrap().iter().find_map(|principal| {
            let failure = principal["failures"].as_array()?.first()?;
            Some((text(&principal["name"]), text(&failure["code"])))
        });
        let error = answer.get("error").map(|error| (String::new(), text(&error["code"])));
        let (principal, code) = failing.or(error).unwrap_or_default();
        let discarded = answer["evidence"]["discarded"].as_array().unwrap().iter();
        let discarded = discarded.map(|line| text(&line["code"])).collect();
        Self { verdict, principal, code, discarded }
    }
}

/// The code behind the last sentence of an error.
fn last_code(told: &str) -> String {
    let found = told.rsplit('[').find_map(|rest| rest.split_once(']').map(|(code, _)| code));
    found.unwrap_or_default().to_owned()
}

/// Does something with each of many things, on as many threads as there are cores, and gathers what went wrong.
pub(crate) fn each<T: Sync>(things: &[T], look: impl Fn(&T) -> Result<bool, String> + Sync) -> usize {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let (wrong, looked) = (Mutex::new(Vec::new()), std::sync::atomic::AtomicUsize::new(0));
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(thing) = things.get(index) else { return };
                    match look(thing) {
                        Ok(true) => drop(looked.fetch_add(1, std::sync::atomic::Ordering::Relaxed)),
                        Ok(false) => {}
                        Err(what) => wrong.lock().unwrap().push(what),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    looked.into_inner()
}

#[test]
fn every_vector_is_decided_alike_on_the_command_line_cold_and_warm() {
    let artifacts = artifacts(&cases());
    let vectors: Vec<(String, Vector)> = all().into_iter().collect();
    let decided = each(&vectors, |(path, vector)| {
        let Some(host) = Host::of(vector, &artifacts) else { return Ok(false) };
        let Some(cold) = host.verified() else { return Ok(false) };
        let wanted = &vector.expected;
        let mut expected = Said {
            verdict: wanted.verdict,
            principal: wanted.principal.clone(),
            code: wanted.code.clone(),
            discarded: wanted.discarded.clone(),
        };
        if let Some(code) = refused_earlier(path) {
            let (principal, code) = (String::new(), code.to_owned());
            expected = Said { verdict: Verdict::LoadError, principal, code, discarded: Vec::new() };
        }
        if cold != expected {
            return Err(format!("{path}: expected {expected:?}, the command line says {cold:?}"));
        }
        let warm = host.verified().unwrap();
        if warm != cold {
            return Err(format!("{path}: first {cold:?}, and again {warm:?}"));
        }
        Ok(true)
    });
    // Those that are left out have a place that is measured or of a node, are about trees, or nobody must agree.
    assert!(decided == 0 || decided + 110 > vectors.len(), "{decided} of {}", vectors.len());
}

/// Bytes that a gate takes for a module that was compiled ahead of time, and that its engine refuses.
fn module() -> Vec<u8> {
    let mut header = vec![0; 64];
    header[..8].copy_from_slice(b"\x7fELF\x02\x01\x01\xc8");
    header[48] = 1;
    header
}

/// A.11: `cdi run` refuses what the library refuses, and loads nothing; what is allowed comes as far as the engine, for which
/// these bytes are no module.
#[test]
fn every_vector_that_is_refused_is_refused_by_the_gate() {
    let place = Place {
        name: "embedded".to_owned(),
        provides: EMBEDDED.map(str::to_owned).to_vec(),
        asserted_by: String::new(),
        runtime: None,
        node: None,
    };
    let worlds: Vec<(String, Scenario)> = cases()
        .into_iter()
        .filter_map(|(path, case)| {
            let mut world = case.world().clone().about(&module())?;
            let host = world.parties().first()?.principal.clone();
            world.place = Some(Place { asserted_by: host, ..place.clone() });
            Some((path, world))
        })
        .collect();
    let artifacts: BTreeMap<String, Vec<u8>> = [(sha256(module()), module())].into();
    let run = each(&worlds, |(path, world)| {
        let expected = world.decide();
        let Some(host) = Host::of(&Vector::of(world, Expected::from(expected.clone())), &artifacts) else {
            return Ok(false);
        };
        let Some(output) = host.cdi("run app.cwasm") else { return Ok(false) };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let (status, code) = match expected.verdict {
            _ if refused_earlier(path).is_some() => (125, ""),
            Verdict::Allow => (125, "artifact-refused-by-engine"),
            Verdict::Deny => (126, "not-allowed"),
            Verdict::Unknown => (127, "not-allowed"),
            Verdict::LoadError | Verdict::ParseError => (125, ""),
        };
        let told = said.contains(&format!("[{code}]")) || code.is_empty() || status != 125;
        if output.status.code() != Some(status) || !told || !output.stdout.is_empty() {
            return Err(format!(
                "{path}: expected {:?}, {:?}: {said}",
                expected.verdict,
                output.status.code()
            ));
        }
        Ok(true)
    });
    assert!(run == 0 || run > 700, "{run} of {}", worlds.len());
}
