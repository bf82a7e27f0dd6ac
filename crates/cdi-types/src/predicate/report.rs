//! `report/v1`: what a tool's recorder saw of one run (paper 4.2, R). A transformation's subjects are its outputs, an
//! inspection's are what it inspected. The properties that follow are in no report: certifications carry them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::trace::Trace;
use super::{Predicate, PredicateError, no_duplicates, not_empty};
use crate::{
    Annotations, ArtifactDigest, DigestSet, FileDigest, KeyId, PropertyName, RecordedPath, Sha256,
    StatementId, Subject, Timestamp,
};

/// What the operation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportKind {
    /// It made outputs from inputs.
    Transform,
    /// It looked at its inputs and made findings about them.
    Inspection,
}

/// Who vouches that the report leaves no input out, from the weakest to the strongest (rule M-CAPTURE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaptureLevel {
    /// Whoever ran the tool: they named the inputs.
    Declared,
    /// The certified tool, which is its own recorder.
    #[serde(rename = "self")]
    SelfRecorded,
    /// A recorder that watched every access.
    Traced,
    /// A recorder that let the tool see nothing else.
    Confined,
}

impl CaptureLevel {
    /// Whether the invoker cannot leave an input out: what `preserves` and `complete` need.
    #[must_use]
    pub const fn is_complete(self) -> bool {
        match self {
            Self::Declared => false,
            Self::SelfRecorded | Self::Traced | Self::Confined => true,
        }
    }

    /// Whether a recorder watched what the tool used.
    #[must_use]
    pub const fn is_watched(self) -> bool {
        match self {
            Self::Declared | Self::SelfRecorded => false,
            Self::Traced | Self::Confined => true,
        }
    }

    /// The level's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::SelfRecorded => "self",
            Self::Traced => "traced",
            Self::Confined => "confined",
        }
    }
}

/// A file that took part in the run, as the recorder measured it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeasuredFile {
    /// Where it was.
    pub path: RecordedPath,
    /// Its digest.
    pub sha256: FileDigest,
}

/// The libraries of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Libraries {
    /// All that were loaded.
    Measured(Vec<MeasuredFile>),
    /// The recorder did not look.
    Unmeasured,
}

/// The tool as it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeasuredTool {
    /// The executables that ran, the entry first.
    pub executables: Vec<MeasuredFile>,
    /// The libraries that they loaded.
    pub libraries: Libraries,
}

/// The value of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum EnvironmentValue {
    /// In the open.
    Value(String),
    /// A salted commitment: the value is not told, and no condition on values holds of it.
    Commitment(Sha256),
}

/// How the run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Exit {
    /// With this code.
    Code(u8),
    /// By this signal.
    Signal(u8),
}

/// Where the tool ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Platform {
    /// The operating system, as Rust names it (`linux`).
    pub os: String,
    /// The processor's architecture, as Rust names it (`x86_64`).
    pub architecture: String,
}

/// The operation's circumstances (M of the paper).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operation {
    /// Argument zero.
    pub program: String,
    /// The arguments after it.
    pub arguments: Vec<String>,
    /// The directory that relative paths start from.
    pub directory: String,
    /// Every variable that the tool got.
    pub environment: BTreeMap<String, EnvironmentValue>,
    /// The settings that the tool worked with, its defaults included, where the tool itself records them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// How it ended.
    pub exit: Exit,
    /// When it started, by the recorder's clock. No validity follows from it.
    pub started_at: Timestamp,
    /// When it ended, by the recorder's clock.
    pub finished_at: Timestamp,
    /// Where it ran.
    pub platform: Platform,
}

/// Something that the tool read: a file, or a folder with all files below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "InputForm", into = "InputForm")]
pub struct Input {
    /// Where it was.
    pub path: RecordedPath,
    /// Its digest.
    pub digest: ArtifactDigest,
    /// The reports behind it, as far as the recorder knew them (H_Rin of the paper): hints.
    pub reports: Vec<StatementId>,
}

/// An input as it is written: the digest is a member of its own name.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InputForm {
    path: RecordedPath,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dir_hash1: Option<Sha256>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reports: Vec<StatementId>,
}

impl TryFrom<InputForm> for Input {
    type Error = &'static str;

    fn try_from(form: InputForm) -> Result<Self, Self::Error> {
        let InputForm { path, sha256, dir_hash1, reports } = form;
        Ok(Self { path, digest: only(DigestSet { sha256, dir_hash1 })?, reports })
    }
}

impl From<Input> for InputForm {
    fn from(input: Input) -> Self {
        let DigestSet { sha256, dir_hash1 } = input.digest.into();
        Self { path: input.path, sha256, dir_hash1, reports: input.reports }
    }
}

fn only(digests: DigestSet) -> Result<ArtifactDigest, &'static str> {
    digests.artifact()?.ok_or("missing field `sha256`")
}

/// What is told of a tree besides its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tree {
    /// How many files it has; for people.
    pub files: u64,
}

/// What an inspection found about one of its subjects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "FindingForm", into = "FindingForm")]
pub struct Finding {
    /// The subject, by its digest.
    pub digest: ArtifactDigest,
    /// The property that it was found to have.
    pub property: PropertyName,
}

/// A finding as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FindingForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dir_hash1: Option<Sha256>,
    property: PropertyName,
}

impl TryFrom<FindingForm> for Finding {
    type Error = &'static str;

    fn try_from(form: FindingForm) -> Result<Self, Self::Error> {
        let FindingForm { sha256, dir_hash1, property } = form;
        Ok(Self { digest: only(DigestSet { sha256, dir_hash1 })?, property })
    }
}

impl From<Finding> for FindingForm {
    fn from(finding: Finding) -> Self {
        let DigestSet { sha256, dir_hash1 } = finding.digest.into();
        Self { sha256, dir_hash1, property: finding.property }
    }
}

/// The algorithms in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Algorithms {
    /// Of digests: `sha256`.
    pub digest: String,
    /// Of the signature, such as `ecdsa-p256-sha256`. For people: the verifier goes by the key.
    pub signature: String,
}

/// The predicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// The tool's report key.
    pub issuer: KeyId,
    /// What the operation did.
    pub kind: ReportKind,
    /// The certifications that the tool's owner says apply: hints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certifications: Vec<StatementId>,
    /// The tool as it ran.
    pub tool: MeasuredTool,
    /// The program that recorded the run.
    pub recorder: MeasuredFile,
    /// Who vouches that no input is left out.
    pub capture: CaptureLevel,
    /// The operation's circumstances.
    pub operation: Operation,
    /// What the tool read.
    pub inputs: Vec<Input>,
    /// Of each input and subject that is a tree, by its path: what is told of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub trees: BTreeMap<RecordedPath, Tree>,
    /// What else a recorder that watched saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
    /// What an inspection found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The algorithms in use.
    pub algorithms: Algorithms,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Report {
    fn admit_inspection(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        let inspected: BTreeSet<_> = self.inputs.iter().map(|input| (&input.path, input.digest)).collect();
        for found in subject {
            let path = found.path.as_ref();
            if !path.is_some_and(|path| inspected.contains(&(path, found.digest))) {
                return Err(PredicateError::InspectedIsNoInput {
                    path: path.map_or_else(String::new, ToString::to_string),
                });
            }
        }
        Ok(())
    }

    /// Each tree is told of, and nothing that is none.
    fn admit_trees(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        let made = subject.iter().filter_map(|found| Some((found.path.as_ref()?, found.digest)));
        let all = self.inputs.iter().map(|input| (&input.path, input.digest)).chain(made);
        let trees: BTreeSet<_> = all.filter(|(_, digest)| digest.is_tree()).map(|(path, _)| path).collect();
        let told: BTreeSet<_> = self.trees.keys().collect();
        match trees.symmetric_difference(&told).next() {
            None => Ok(()),
            Some(path) => Err(PredicateError::TreesInconsistent { path: path.to_string() }),
        }
    }
}

impl Predicate for Report {
    const TYPE: &'static str = "https://code-deployment-integrity.io/report/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        if subject.iter().any(|found| found.path.is_none()) {
            return Err(PredicateError::WrongSubject {
                expected: "files, each with the path it was recorded under",
            });
        }
        not_empty(&self.tool.executables, "tool.executables")?;
        no_duplicates(subject.iter().filter_map(|found| found.path.as_ref()), "subject")?;
        no_duplicates(self.inputs.iter().map(|input| &input.path), "inputs")?;
        let (started, finished) = (self.operation.started_at, self.operation.finished_at);
        if finished < started {
            return Err(PredicateError::FinishedBeforeStart { started, finished });
        }
        self.admit_trees(subject)?;
        if let Some(trace) = &self.trace {
            trace.admit(self, subject)?;
        }
        if self.kind == ReportKind::Inspection {
            self.admit_inspection(subject)?;
        }
        let about: BTreeSet<_> = match self.kind {
            ReportKind::Inspection => subject.iter().map(|found| found.digest).collect(),
            ReportKind::Transform => BTreeSet::new(),
        };
        match self.findings.iter().find(|finding| !about.contains(&finding.digest)) {
            None => Ok(()),
            Some(stray) => Err(PredicateError::StrayFinding { digest: stray.digest.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{AnyStatement, Sha256, parse_statement};

    /// An inspection of one tree, which found something.
    const GOOD: &str = r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"src","digest":{"dirHash1":"KEY"}}],
        "predicateType":"https://code-deployment-integrity.io/report/v1","predicate":{"issuer":"KEY","kind":"inspection",
        "tool":{"executables":[{"path":"a","sha256":"KEY"}],"libraries":"unmeasured"},
        "recorder":{"path":"a","sha256":"KEY"},"capture":"declared","operation":{"program":"a","arguments":[],
        "directory":"/","environment":{},"exit":{"code":0},"startedAt":"2026-05-01T10:00:00Z",
        "finishedAt":"2026-05-01T10:00:00Z","platform":{"os":"linux","architecture":"x86_64"}},
        "inputs":[{"path":"src","dirHash1":"KEY"}],"trees":{"src":{"files":3}},
        "findings":[{"dirHash1":"KEY","property":"TESTED"}],"algorithms":{"digest":"sha256","signature":"by-key"}}}"#;

    fn read(from: &str, to: &str) -> Result<AnyStatement, &'static str> {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1).replace("KEY", &Sha256::of(b"").to_string());
        parse_statement(text.as_bytes()).map(|(_, found)| found).map_err(|error| error.code())
    }

    #[test]
    fn a_report_about_trees_is_read_and_written_alike() {
        let Ok(AnyStatement::Report(report)) = read("", "") else { panic!("no report") };
        let tree = report.subject()[0].digest;
        assert!(tree.is_tree());
        assert_eq!(
            (report.predicate().inputs[0].digest, report.predicate().findings[0].digest),
            (tree, tree)
        );
        let again = report.to_payload().unwrap();
        let Ok((_, AnyStatement::Report(again))) = parse_statement(&again) else { panic!("not written") };
        assert_eq!(again, report);
    }

    #[test]
    fn a_tree_and_a_file_of_its_digits_are_two() {
        for (from, to, code) in [
            (r#""findings":[{"dirHash1""#, r#""findings":[{"sha256""#, "finding-stray"),
            (r#""digest":{"dirHash1""#, r#""digest":{"sha256""#, "inspected-no-input"),
            (r#"{"path":"src","dirHash1""#, r#"{"path":"src","sha256""#, "inspected-no-input"),
            (r#""trees":{"src":{"files":3}},"#, "", "tree-inconsistent"),
            (r#""trees":{"src""#, r#""trees":{"other""#, "tree-inconsistent"),
            (r#"{"files":3}"#, r#"{"files":3,"bytes":4}"#, "statement-malformed"),
            (r#"{"files":3}"#, "3", "statement-malformed"),
            (r#"{"files":3}"#, r#"{"files":-3}"#, "json-unsafe-number"),
            (r#""path":"src","dirHash1":"KEY""#, r#""path":"src""#, "statement-malformed"),
            (
                r#""path":"src","dirHash1""#,
                r#""path":"src","sha256":"KEY","dirHash1""#,
                "statement-malformed",
            ),
            (r#"[{"dirHash1":"KEY","prop"#, r#"[{"sha256":"dirHash1:KEY","prop"#, "statement-malformed"),
        ] {
            assert_eq!(read(from, to).map(drop), Err(code), "{to}");
        }
    }
}
