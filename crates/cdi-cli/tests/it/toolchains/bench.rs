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
pub(crate) struct Run {
    words: Vec<String>,
    inputs: Vec<String>,
    pub(crate) output: String,
    /// What it writes besides.
    outputs: Vec<String>,
    variables: Vec<String>,
}

impl Run {
    /// A command with words that have no spaces in them, which writes what follows its `-o`.
    pub(crate) fn of(line: &str) -> Self {
        let mut words = line.split_whitespace().skip_while(|word| *word != "-o");
        Self::to(line, words.nth(1).unwrap())
    }

    /// A command that writes a file which its options name, but not whole.
    pub(crate) fn to(line: &str, output: &str) -> Self {
        let words = line.split_whitespace().map(str::to_owned).collect();
        let output = output.to_owned();
        Self { words, inputs: Vec::new(), output, outputs: Vec::new(), variables: Vec::new() }
    }

    /// The command alone, without a recorder.
    pub(crate) fn command(&self, scene: &Scene) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).current_dir(scene.path(""));
        command
    }

    pub(crate) fn reads(mut self, files: &[&str]) -> Self {
        self.inputs.extend(files.iter().map(|&file| file.to_owned()));
        self
    }

    pub(crate) fn writes(mut self, file: &str) -> Self {
        self.outputs.push(file.to_owned());
        self
    }

    pub(crate) fn with(mut self, variable: &str) -> Self {
        self.variables.push(variable.to_owned());
        self
    }
}

/// A certified tool. Each run is looked at by itself: nothing that another run showed about equal bytes counts.
pub(crate) struct Bench {
    pub(crate) scene: Scene,
}

pub(crate) const EVIDENCE: &str = "run.intoto.jsonl";
const SUMMARY: &str = "traced.json";
const SIGNED: [&str; 6] =
    ["--key", "report.pem", "--bundle", "certification.intoto.jsonl", "--report", EVIDENCE];

impl Bench {
    /// Certifies the tool by its template, unchanged. What may run is what ran in the samples.
    pub(crate) fn of(template: &str, scene: Scene, samples: &[Run]) -> Self {
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
        bench.certify();
        let configuration = "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {name: host}\n\
            spec:\n  host: me\n  principals: [{name: me, policy: me.yaml, required: always}]\n";
        scene.write("cdi.yaml", configuration.as_bytes());
        bench.asks("NX_STACK", &[]);
        bench
    }

    /// Certifies the tool by what `template.json` says.
    fn certify(&self) {
        let scene = &self.scene;
        let lint = "authority lint template.json --request request.intoto.jsonl";
        assert_eq!(scene.run(lint).status, 0, "{}", scene.run(lint).stdout);
        scene.done(
            "authority certify acme --request request.intoto.jsonl --claims template.json --for 90d \
             --vetting-method test --out certification.intoto.jsonl",
        );
    }

    /// Certifies the tool by these claims, and by no others.
    pub(crate) fn certify_as(&self, claims: &str) {
        std::fs::remove_file(self.scene.path("certification.intoto.jsonl")).unwrap();
        self.scene.write("template.json", claims.as_bytes());
        self.certify();
    }

    /// The principal requires this, and takes these properties of these files for granted.
    pub(crate) fn asks(&self, formula: &str, assumed: &[(&str, &str)]) {
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
        for output in [&run.output].into_iter().chain(&run.outputs) {
            let _ = std::fs::remove_file(self.scene.path(output));
        }
        let mut command = self.scene.command("wrap");
        command.env("XDG_CACHE_HOME", self.scene.path("cache"));
        command.args(besides).args(["--output", &run.output]);
        command.args(run.outputs.iter().flat_map(|output| ["--output", output]));
        command.args(run.inputs.iter().flat_map(|input| ["--input", input]));
        command.args(run.variables.iter().flat_map(|variable| ["--env", variable]));
        ended(&command.arg("--").args(&run.words).output().unwrap())
    }

    /// Runs the tool under `cdi wrap`, which signs a report.
    pub(crate) fn record(&self, run: &Run) -> Vec<u8> {
        let ended = self.attempt(run);
        assert_eq!(ended.status, 0, "{:?}: {}", run.words, ended.stderr);
        self.scene.read(&run.output)
    }

    /// As [`Self::record`], for a recorder that opens every file for the tool.
    pub(crate) fn record_traced(&self, run: &Run) -> Vec<u8> {
        let _ = std::fs::remove_file(self.scene.path(EVIDENCE));
        let ended = self.wrap(
            run,
            &[SIGNED.as_slice(), ["--capture", "traced", "--summary", SUMMARY].as_slice()].concat(),
        );
        assert_eq!(ended.status, 0, "{:?}: {}", run.words, ended.stderr);
        self.scene.read(&run.output)
    }

    /// The paths of what the last run that was traced read.
    pub(crate) fn inputs(&self) -> Vec<String> {
        let summary: Value = serde_json::from_slice(&self.scene.read(SUMMARY)).unwrap();
        let inputs = summary["inputs"].as_array().unwrap().iter();
        inputs.map(|input| input["path"].as_str().unwrap().to_owned()).collect()
    }

    /// Signs a manifest of all that the last run that was traced has read and is not `own`, as the supplier.
    pub(crate) fn supply(&self, own: impl Fn(&str) -> bool) {
        let _ = std::fs::remove_file(self.scene.path("manifest.intoto.jsonl"));
        let files: Vec<String> = self.inputs().into_iter().filter(|path| !own(path)).collect();
        self.scene.done(&format!(
            "origin sign --key supplier.pem --kind toolchain --out manifest.intoto.jsonl {}",
            files.join(" ")
        ));
        self.scene.done(&format!("bundle add {EVIDENCE} manifest.intoto.jsonl"));
    }

    /// As [`Self::record`], for a run that may fail: nothing is recorded then.
    pub(crate) fn attempt(&self, run: &Run) -> crate::support::Ended {
        let _ = std::fs::remove_file(self.scene.path(EVIDENCE));
        self.wrap(run, &SIGNED)
    }

    /// Signs the report of the last run again, as a recorder that saw all that the tool read.
    pub(crate) fn as_traced(&self) {
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
    pub(crate) fn shows(&self, run: &Run, property: &str) -> bool {
        let line = format!("explain {} --bundle {EVIDENCE} --property {property}", run.output);
        let ended = self.scene.run(&line);
        assert!(ended.status < 2, "cdi {line}: {}", ended.stderr);
        ended.status == 0
    }

    /// What `cdi verify` answers about the output.
    pub(crate) fn verify(&self, run: &Run) -> i32 {
        self.scene.run(&format!("verify {} --bundle {EVIDENCE}", run.output)).status
    }

    /// Holds of a run that is covered: the property is shown, and is seen in what was made.
    pub(crate) fn has(&self, run: &Run, property: &str, seen: Seen) {
        let made = self.record(run);
        assert!(self.shows(run, property), "{property} is not shown of {:?}", run.words);
        assert!(seen(&made), "{property} is not seen after {:?}", run.words);
    }

    /// Holds of a run that has undone the property, or never asked for it: it is not shown, and is not there.
    pub(crate) fn lacks(&self, run: &Run, property: &str, seen: Seen) {
        let made = self.record(run);
        assert!(!self.shows(run, property), "{property} is shown of {:?}", run.words);
        assert!(!seen(&made), "{property} is seen after {:?}", run.words);
    }

    /// Holds of a run that leaves open what the tool does: it is not shown, whatever is there.
    pub(crate) fn leaves_open(&self, run: &Run, property: &str) {
        self.record(run);
        assert!(!self.shows(run, property), "{property} is shown of {:?}", run.words);
    }
}

/// Whether a program is here that answers `--version`.
pub(crate) fn is_here(program: impl AsRef<Path>) -> bool {
    let program = program.as_ref();
    let here = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !here {
        passed_over(&format!("`{}` is not here", program.display()));
    }
    here
}
