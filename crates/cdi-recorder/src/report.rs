//! From what was observed to a sealed report: the one place for both kinds of recorder.

use std::collections::BTreeMap;
use std::time::SystemTime;

use cdi_keys::{Sealed, Signer, seal};
use cdi_types::{
    Algorithms, Annotations, CaptureLevel, Finding, Input, MeasuredFile, MeasuredTool, Operation, Platform,
    RecordedPath, Report, ReportKind, Statement, StatementId, Subject, Timestamp, Trace, Tree,
};

use crate::{RecordError, surroundings};

/// All of a report but who signs it.
pub(crate) struct Parts {
    pub(crate) kind: ReportKind,
    pub(crate) tool: MeasuredTool,
    pub(crate) recorder: MeasuredFile,
    pub(crate) capture: CaptureLevel,
    pub(crate) operation: Operation,
    pub(crate) inputs: Vec<Input>,
    pub(crate) trees: BTreeMap<RecordedPath, Tree>,
    pub(crate) trace: Option<Trace>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) subject: Vec<Subject>,
}

impl Parts {
    pub(crate) fn seal(
        self,
        signer: &dyn Signer,
        certifications: &[StatementId],
    ) -> Result<Sealed, RecordError> {
        surroundings::are_plain()?;
        let key = signer.public_key();
        let algorithms =
            Algorithms { digest: "sha256".to_owned(), signature: key.algorithm().as_str().to_owned() };
        let report = Report {
            issuer: key.key_id(),
            kind: self.kind,
            certifications: certifications.to_vec(),
            tool: self.tool,
            recorder: self.recorder,
            capture: self.capture,
            operation: self.operation,
            inputs: self.inputs,
            trees: self.trees,
            trace: self.trace,
            findings: self.findings,
            algorithms,
            annotations: Annotations::default(),
        };
        Ok(seal(&Statement::new(self.subject, report)?, signer)?)
    }
}

/// The recorder's clock. No validity follows from what it says.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since.as_secs())
}

pub(crate) fn directory() -> Result<String, RecordError> {
    let directory = std::env::current_dir().map_err(RecordError::TraceLost)?;
    let not_unicode = |_| RecordError::NotUnicode { what: "the working directory".to_owned() };
    directory.into_os_string().into_string().map_err(not_unicode)
}

pub(crate) fn platform() -> Platform {
    Platform { os: std::env::consts::OS.to_owned(), architecture: std::env::consts::ARCH.to_owned() }
}
