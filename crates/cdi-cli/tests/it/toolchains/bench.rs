//! A tool that is certified by the claims that ship about it, and a host whose principal asks what its outputs have.

use std::path::Path;
use std::process::Command;

use cdi_envelope::Envelope;
use cdi_keys::{SoftwareKey, seal};
use cdi_types::{AnyStatement, ArtifactDigest, parse_statement};
use serde_json::Value;

use super::elf::Seen;
use crate::support::{Scene, ended, field, passed_over};

/// One run of a tool, with the files and variables that are declared.
#[derive(Clone)]
pub(super) struct Run {
    words: Vec<String>,
    inputs: Vec<String>,
    pub(super) output: String,
    /// What it writes besides.
    outputs: Vec<String>,
    variables: Vec<String>,
}

impl Run {
    /// A command with words that have no spaces in them, which writes what follows its `-o`.
    pub(super) fn of(line: &str) -> Self {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let at = words.iter().position(|word| word == "-o").unwrap();
        let output = words[at + 1].clone();
        Self { words, inputs: Vec::new(), output, outputs: Vec::new(), variables: Vec::new() }
    }

    /// As [`Self::of`], of a command that names its output in another way.
    pub(super) fn into(output: &str, line: &str) -> Self {
        let words = line.split_whitespace().map(str::to_owned).collect();
        let output = output.to_owned();
        Self { words, inputs: Vec::new(), output, outputs: Vec::new(), variables: Vec::new() }
    }

    pub(super) fn reads(mut self, files: &[&str]) -> Self {
        self.inputs.extend(files.iter().map(|&file| file.to_owned()));
        self
    }

    pub(super) fn writes(mut self, file: &str) -> Self {
        self.outputs.push(file.to_owned());
        self
    }

    pub(super) fn with(mut self, variable: &str) -> Self {
        self.variables.push(variable.to_owned());
        self
    }
}

/// A certified tool. Each run is looked at by itself: nothing that another run showed about equal bytes counts.
pub(super) struct Bench {
    pub(super) scene: Scene,
}

const EVIDENCE: &str = "run.intoto.jsonl";
const SUMMARY: &str = "traced.json";
const SIGNED: [&str; 6] =
    ["--key", "report.pem", "--bundle", "certification.intoto.jsonl", "--report", EVIDENCE];

impl Bench {
    /// Certifies the tool by its template, unchanged. What may run is what ran in the samples.
    pub(super) fn of(template: &str, scene: Scene, samples: &[Run]) -> Self {
        let bench = Self { scene };
        let scene = &bench.scene;
        scene.done("key generate --out report.pem");
        scene.done("authority create acme --name acme");
        let mut request = format!(
            "request certification --key report.pem --tool-name {template} --tool-version 1 --supplier acme \
             --linkage dynamic --custody software --out request.intoto.jsonl"
        );
        for (number, sample) in samples.iter().enumerate() {
            let summary = format!("sample-{number}.json");
            let ended = bench.wrap(sample, &["--summary", &summary]);
            assert_eq!(ended.status, 0, "{:?}: {}", sample.words, ended.stderr);
            request += &format!(" --summary {summary}");
        }
        scene.done(&request);
        let supplied = scene.path("supplier.pub.pem").exists();
        let supplier = if supplied { " --supplier supplier.pub.pem" } else { "" };
        scene.done(&format!("authority template --for {template}{supplier} --out template.json"));
        let lint = "authority lint template.json --request request.intoto.jsonl";
        assert_eq!(scene.run(lint).status, 0, "{}", scene.run(lint).stdout);
        scene.done(
            "authority certify acme --request request.intoto.jsonl --claims template.json --for 90d \
             --vetting-method test --out certification.intoto.jsonl",
        );
        let configuration = "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {name: host}\n\
            spec:\n  host: me\n  principals: [{name: me, policy: me.yaml, required: always}]\n";
        scene.write("cdi.yaml", configuration.as_bytes());
        bench.asks("NX_STACK", &[]);
        bench
    }

    /// The principal requires this, and takes these properties of these files for granted.
    pub(super) fn asks(&self, formula: &str, assumed: &[(&str, &str)]) {
        let catalogue = self.scene.done("catalogue --output digest");
        let key = field(&self.scene.done("key show acme/public.pem"), "public key");
        let assumed: Vec<String> = assumed
            .iter()
            .map(|(property, file)| {
                let digest = ArtifactDigest::of(&self.scene.read(file));
                format!("{{property: {property}, artifact: \"{digest}\"}}")
            })
            .collect();
        let assume = if assumed.is_empty() {
            String::new()
        } else {
            format!("    assume: [{}]\n", assumed.join(", "))
        };
        let policy = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: me-1}}\nspec:\n  \
             principal: me\n  rule: default-deny\n  catalogue: \"{}\"\n  trust:\n    \
             anchors: [{{name: acme, keys: [\"{key}\"], scope: [\"*\"]}}]\n    quorum: {{default: 1}}\n    \
             custody: software\n    revocation: dangerously-none\n{assume}  require: {formula}\n",
            catalogue.trim_end()
        );
        self.scene.write("me.yaml", policy.as_bytes());
    }

    fn wrap(&self, run: &Run, besides: &[&str]) -> crate::support::Ended {
        let _ = std::fs::remove_file(self.scene.path(&run.output));
        let mut command = self.scene.command("wrap");
        command.env("XDG_CACHE_HOME", self.scene.path("cache"));
        command.args(besides).args(["--output", &run.output]);
        command.args(run.outputs.iter().flat_map(|output| ["--output", output]));
        command.args(run.inputs.iter().flat_map(|input| ["--input", input]));
        command.args(run.variables.iter().flat_map(|variable| ["--env", variable]));
        ended(&command.arg("--").args(&run.words).output().unwrap())
    }

    /// Runs the tool under `cdi wrap`, which signs a report.
    pub(super) fn record(&self, run: &Run) -> Vec<u8> {
        let ended = self.attempt(run);
        assert_eq!(ended.status, 0, "{:?}: {}", run.words, ended.stderr);
        self.scene.read(&run.output)
    }

    /// As [`Self::record`], for a recorder that opens every file for the tool.
    pub(super) fn record_traced(&self, run: &Run) -> Vec<u8> {
        let _ = std::fs::remove_file(self.scene.path(EVIDENCE));
        let ended = self.wrap(
            run,
            &[SIGNED.as_slice(), ["--capture", "traced", "--summary", SUMMARY].as_slice()].concat(),
        );
        assert_eq!(ended.status, 0, "{:?}: {}", run.words, ended.stderr);
        self.scene.read(&run.output)
    }

    /// The paths of what the last run that was traced read.
    pub(super) fn inputs(&self) -> Vec<String> {
        let summary: Value = serde_json::from_slice(&self.scene.read(SUMMARY)).unwrap();
        let inputs = summary["inputs"].as_array().unwrap().iter();
        inputs.map(|input| input["path"].as_str().unwrap().to_owned()).collect()
    }

    /// As [`Self::record`], for a run that may fail: nothing is recorded then.
    pub(super) fn attempt(&self, run: &Run) -> crate::support::Ended {
        let _ = std::fs::remove_file(self.scene.path(EVIDENCE));
        self.wrap(run, &SIGNED)
    }

    /// Signs the report of the last run again, as a recorder that saw all that the tool read.
    pub(super) fn as_traced(&self) {
        let bundle = self.scene.read(EVIDENCE);
        let pem = String::from_utf8(self.scene.read("report.pem")).unwrap();
        let key = SoftwareKey::from_pkcs8_pem(&pem, None).unwrap();
        let mut lines = Vec::new();
        for line in bundle.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let envelope = Envelope::parse(line).unwrap().into_untrusted();
            let text = String::from_utf8(envelope.payload().to_vec()).unwrap();
            let traced = text.replace("\"capture\":\"declared\"", "\"capture\":\"traced\"");
            match parse_statement(traced.as_bytes()).unwrap().1 {
                AnyStatement::Report(report) => lines.extend(seal(&*report, &key).unwrap().line),
                _ => lines.extend_from_slice(line),
            }
            lines.push(b'\n');
        }
        self.scene.write(EVIDENCE, &lines);
    }

    /// Whether it is shown that the output has the property.
    pub(super) fn shows(&self, run: &Run, property: &str) -> bool {
        let line = format!("explain {} --bundle {EVIDENCE} --property {property}", run.output);
        let ended = self.scene.run(&line);
        assert!(ended.status < 2, "cdi {line}: {}", ended.stderr);
        ended.status == 0
    }

    /// What `cdi verify` answers about the output.
    pub(super) fn verify(&self, run: &Run) -> i32 {
        self.scene.run(&format!("verify {} --bundle {EVIDENCE}", run.output)).status
    }

    /// Holds of a run that is covered: the property is shown, and is seen in what was made.
    pub(super) fn has(&self, run: &Run, property: &str, seen: Seen) {
        let made = self.record(run);
        assert!(self.shows(run, property), "{property} is not shown of {:?}", run.words);
        assert!(seen(&made), "{property} is not seen after {:?}", run.words);
    }

    /// Holds of a run that has undone the property, or never asked for it: it is not shown, and is not there.
    pub(super) fn lacks(&self, run: &Run, property: &str, seen: Seen) {
        let made = self.record(run);
        assert!(!self.shows(run, property), "{property} is shown of {:?}", run.words);
        assert!(!seen(&made), "{property} is seen after {:?}", run.words);
    }

    /// Holds of a run that leaves open what the tool does: it is not shown, whatever is there.
    pub(super) fn leaves_open(&self, run: &Run, property: &str) {
        self.record(run);
        assert!(!self.shows(run, property), "{property} is shown of {:?}", run.words);
    }
}

/// Whether a program is here that answers `--version`.
pub(super) fn is_here(program: impl AsRef<Path>) -> bool {
    let program = program.as_ref();
    let here = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !here {
        passed_over(&format!("`{}` is not here", program.display()));
    }
    here
}
