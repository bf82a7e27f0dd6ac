//! What is told of a run. Standard output is the tool's; this goes to standard error, or into a file.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use cdi_recorder::{Ran, Recorded};
use cdi_types::{
    ArtifactDigest, DigestSet, Exit, Input, Libraries, MeasuredFile, PropertyName, RecordedPath, StatementId,
    Subject,
};
use serde::Serialize;

use crate::failure::Failure;
use crate::log;

/// A run in a few words, as `--summary` writes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    exit: Exit,
    /// The report, if there is one.
    report: Option<StatementId>,
    /// Where it was written.
    bundles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorder: Option<MeasuredFile>,
    /// The entry first.
    executables: Vec<MeasuredFile>,
    libraries: Libraries,
    inputs: Vec<Used>,
    /// What the report is about: of an inspection what was inspected.
    outputs: Vec<Used>,
    /// What an inspection has found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<PropertyName>,
    warnings: Vec<String>,
}

/// A file or folder that was read or written.
#[derive(Serialize)]
struct Used {
    path: RecordedPath,
    #[serde(flatten)]
    digest: DigestSet,
}

impl Summary {
    /// Of a run that is not recorded (yet).
    pub(crate) fn of_run(ran: &Ran) -> Self {
        Self {
            exit: ran.exit(),
            report: None,
            bundles: Vec::new(),
            recorder: None,
            executables: ran.tool().executables.clone(),
            libraries: ran.tool().libraries.clone(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            findings: Vec::new(),
            warnings: ran.notes().to_vec(),
        }
    }

    /// Adds what is known once there is a report.
    pub(crate) fn add(&mut self, recorded: &Recorded, bundles: &[PathBuf]) {
        self.report = Some(recorded.sealed.id);
        self.bundles = bundles.iter().map(|bundle| bundle.display().to_string()).collect();
        self.found(&recorded.inputs, &recorded.outputs);
    }

    /// Adds what an inspection has found.
    pub(crate) fn inspected(&mut self, findings: &[PropertyName]) {
        self.findings = findings.to_vec();
    }

    /// Adds the files of a run.
    pub(crate) fn found(&mut self, inputs: &[Input], outputs: &[Subject]) {
        let used =
            |path: &RecordedPath, digest: ArtifactDigest| Used { path: path.clone(), digest: digest.into() };
        self.inputs = inputs.iter().map(|input| used(&input.path, input.digest)).collect();
        self.outputs =
            outputs.iter().filter_map(|output| Some(used(output.path.as_ref()?, output.digest))).collect();
    }

    /// Says, and keeps, what the user should know.
    pub(crate) fn warn(&mut self, code: &'static str, warning: String) {
        log::warning(&Failure::failed(code, &warning));
        self.warnings.push(warning);
    }

    /// The executables that are scripts, by the names under which they ran. A file that cannot be looked at any more is told
    /// of by whoever measures it.
    pub(crate) fn scripts(&self) -> Vec<String> {
        let is_script = |file: &&MeasuredFile| {
            let mut head = [0; 2];
            let read = File::open(file.path.as_str()).and_then(|mut file| file.read_exact(&mut head));
            read.is_ok() && head == *b"#!"
        };
        self.executables.iter().filter(is_script).map(|file| file.path.to_string()).collect()
    }

    /// Tells it in one line, to a person: programs that read standard error want only what the tool says, unless
    /// somebody asks for more.
    pub(crate) fn tell(&self, asked: bool) {
        let (Some(report), Some(entry)) = (self.report, self.executables.first()) else { return };
        if !asked && !std::io::stderr().is_terminal() {
            return;
        }
        let count = |files: &[Used], word: &str| match files.len() {
            1 => format!("1 {word}"),
            many => format!("{many} {word}s"),
        };
        let findings = self.findings.iter().map(PropertyName::as_str).collect::<Vec<_>>().join(" and ");
        let about = match findings.as_str() {
            "" => count(&self.outputs, "output"),
            found => format!("{found} found of {}", count(&self.outputs, "file")),
        };
        let recorded = format!(
            "recorded {}: {} ({}), {}, {about}, in {}",
            report.short(),
            entry.path,
            entry.sha256.short(),
            count(&self.inputs, "input"),
            named(&self.bundles)
        );
        log::notice("run-recorded", recorded);
    }

    /// Writes it into a file.
    pub(crate) fn write(mut self, file: &Path) -> Result<(), Failure> {
        // A large file to hash: only for whoever asks.
        self.recorder = Some(cdi_recorder::measure_recorder()?);
        let mut text =
            serde_json::to_vec_pretty(&self).map_err(|error| Failure::failed("output-unwritable", error))?;
        text.push(b'\n');
        Ok(cdi_store::replace(file, &text, 0o644)?)
    }
}

/// So many bundles are named.
const NAMED: usize = 8;

fn named(bundles: &[String]) -> String {
    let (some, more) = bundles.split_at(bundles.len().min(NAMED));
    match more.len() {
        0 => some.join(", "),
        more => format!("{} and {more} more; --report FILE has one for all", some.join(", ")),
    }
}
