//! The recorder inside a tool of our own.

use std::collections::BTreeMap;

use cdi_keys::{Sealed, Signer};
use cdi_types::{
    ArtifactDigest, CaptureLevel, EnvironmentValue, Exit, Finding, Input, MeasuredFile, MeasuredTool,
    Operation, PropertyName, RecordedPath, ReportKind, StatementId, Subject, Timestamp,
};

use crate::evidence::reports_behind;
use crate::report::{self, Parts, platform};
use crate::{RecordError, own};

/// What a tool of ours does with its environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentPolicy {
    /// The tool reads no variable, nor does any library in it: its report says that it got none. This is a promise of
    /// the tool's code, which is what an authority certifies; a tool that breaks it must not be certified.
    ReadsNone,
    /// The tool may read variables: its report tells all that it got.
    Recorded,
}

/// Records one run of the program that it is part of, with capture level `self`: the tool itself vouches that it read
/// nothing but what is recorded.
///
/// Expected flow: [`Self::start`] first thing in `main`; [`Self::input`] for every file that is read and
/// [`Self::output`] for every file that is written; [`Self::setting`] for all that shapes the result, defaults included;
/// [`Self::finish`] last. If the tool fails it drops the recorder, and there is no report.
///
/// Guarantees: an input's digest is that of the very bytes that the tool got, an output's of the very bytes that were
/// written; executable and recorder are one measured file.
///
/// Assumptions: the tool reads and writes no file in another way, and starts no other program.
#[derive(Debug)]
#[must_use]
pub struct SelfRecorder {
    program: String,
    arguments: Vec<String>,
    directory: String,
    environment: BTreeMap<String, EnvironmentValue>,
    executable: MeasuredFile,
    started_at: Timestamp,
    settings: BTreeMap<String, String>,
    inputs: Vec<Input>,
    outputs: Vec<Subject>,
    findings: Vec<Finding>,
}

impl SelfRecorder {
    /// Begins to record: measures the executable of this process.
    ///
    /// # Errors
    /// [`RecordError::RecorderUnmeasured`], [`RecordError::NotUnicode`].
    pub fn start(
        program: impl Into<String>,
        arguments: Vec<String>,
        policy: EnvironmentPolicy,
    ) -> Result<Self, RecordError> {
        Ok(Self {
            program: program.into(),
            arguments,
            directory: report::directory()?,
            environment: environment(policy)?,
            executable: own::measure_recorder()?,
            started_at: report::now(),
            settings: BTreeMap::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            findings: Vec::new(),
        })
    }

    /// Reads a file once and records the digest of exactly these bytes, and the reports in its default bundle that are
    /// about them.
    ///
    /// # Errors
    /// [`RecordError::Store`] if it cannot be read, [`RecordError::PathRepeated`] if it was recorded before.
    pub fn input(&mut self, path: &str) -> Result<Vec<u8>, RecordError> {
        let recorded = self.fresh(path)?;
        let artifact = cdi_store::read_artifact(path)?;
        let sha256 = artifact.digest();
        self.inputs.push(Input { path: recorded, digest: sha256, reports: reports_behind(path, sha256)? });
        Ok(artifact.bytes().to_vec())
    }

    /// Writes a file whole or not at all, and records the digest of exactly these bytes.
    ///
    /// # Errors
    /// [`RecordError::Store`] if it cannot be written, [`RecordError::PathRepeated`] if it was recorded before.
    pub fn output(&mut self, path: &str, bytes: &[u8]) -> Result<(), RecordError> {
        let recorded = self.fresh(path)?;
        cdi_store::replace(path, bytes, OUTPUT_MODE)?;
        self.outputs.push(Subject { path: Some(recorded), digest: ArtifactDigest::of(bytes) });
        Ok(())
    }

    fn fresh(&self, path: &str) -> Result<RecordedPath, RecordError> {
        let path = RecordedPath::normalise(path)?;
        let known = self.inputs.iter().any(|input| input.path == path)
            || self.outputs.iter().any(|output| output.path.as_ref() == Some(&path));
        if known { Err(RecordError::PathRepeated { path: path.to_string() }) } else { Ok(path) }
    }

    /// Records a setting that the tool worked with; a later one of the same name takes its place.
    pub fn setting(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.settings.insert(name.into(), value.into());
    }

    /// Records what an inspection found about an input.
    pub fn finding(&mut self, digest: ArtifactDigest, property: PropertyName) {
        let finding = Finding { digest, property };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Measures the libraries in this process, and signs the report: about the outputs, or, of an inspection, about the
    /// inputs. The exit status in it is 0, so a tool calls this when nothing can fail any more but the writing of
    /// the report.
    ///
    /// # Errors
    /// [`RecordError::NoOutput`] if there is nothing that it could be about; [`RecordError::Statement`],
    /// [`RecordError::Seal`].
    pub fn finish(
        self,
        kind: ReportKind,
        signer: &dyn Signer,
        certifications: &[StatementId],
    ) -> Result<Sealed, RecordError> {
        let inspected = |input: &Input| Subject { path: Some(input.path.clone()), digest: input.digest };
        let subject = match kind {
            ReportKind::Transform => self.outputs,
            ReportKind::Inspection => self.inputs.iter().map(inspected).collect(),
        };
        if subject.is_empty() {
            return Err(RecordError::NoOutput);
        }
        let libraries = own::measure_libraries(&self.executable);
        let operation = Operation {
            program: self.program,
            arguments: self.arguments,
            directory: self.directory,
            environment: self.environment,
            settings: self.settings,
            exit: Exit::Code(0),
            started_at: self.started_at,
            finished_at: report::now().max(self.started_at),
            platform: platform(),
        };
        let parts = Parts {
            kind,
            tool: MeasuredTool { executables: vec![self.executable.clone()], libraries },
            recorder: self.executable,
            capture: CaptureLevel::SelfRecorded,
            operation,
            inputs: self.inputs,
            trees: Default::default(),
            trace: None,
            findings: self.findings,
            subject,
        };
        parts.seal(signer, certifications)
    }
}

/// The permission bits of an output, less the umask.
const OUTPUT_MODE: u32 = 0o666;

fn environment(policy: EnvironmentPolicy) -> Result<BTreeMap<String, EnvironmentValue>, RecordError> {
    match policy {
        EnvironmentPolicy::ReadsNone => Ok(BTreeMap::new()),
        EnvironmentPolicy::Recorded => std::env::vars_os()
            .map(|(name, value)| match (name.into_string(), value.into_string()) {
                (Ok(name), Ok(value)) => Ok((name, EnvironmentValue::Value(value))),
                (Ok(name), Err(_)) => Err(RecordError::NotUnicode { what: format!("the variable `{name}`") }),
                (Err(_), _) => Err(RecordError::NotUnicode { what: "the name of a variable".to_owned() }),
            })
            .collect(),
    }
}
