//! The evidence that stands beside files: looked up for an input, carried along to an output.
//!
//! What is looked up here are hints. No signature is verified: a producer that believed its inputs' evidence would vouch
//! for it, and a verifier looks for itself.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use cdi_envelope::Envelope;
use cdi_keys::Sealed;
use cdi_store::{StoreError, append_lines, default_bundle_path, read_bundle, read_bundle_beside};
use cdi_types::{AnyStatement, ArtifactDigest, KeyId, StatementId, parse_statement};

use crate::RecordError;

/// The envelopes in a file's default bundle; none if there is no such bundle. Nobody named it, and what is found goes
/// into other files: a link is not followed, and a line that is no envelope is passed over, so that no text from elsewhere
/// gets out this way.
///
/// # Errors
/// [`RecordError::Store`]: it is there and cannot be read, is a link, or is over a limit.
pub fn evidence_beside(artifact: impl AsRef<Path>) -> Result<Vec<Vec<u8>>, RecordError> {
    let bundle = match read_bundle_beside(artifact) {
        Ok(bundle) => bundle.into_untrusted(),
        Err(StoreError::Missing { .. }) => return Ok(Vec::new()),
        // The file's own name leaves no room for a bundle's.
        Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::InvalidFilename => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error.into()),
    };
    let envelopes = bundle.lines().filter(|line| Envelope::parse(line.bytes).is_ok());
    Ok(envelopes.map(|line| line.bytes.trim_ascii().to_vec()).collect())
}

/// The lines of a bundle that somebody named as evidence: it has to be there, and each line to be a statement. What goes
/// into an output's bundle is looked at first, so that a mistake is told where it is made.
///
/// # Errors
/// [`RecordError::Store`], [`RecordError::EvidenceUnusable`] for the first line that is no statement.
pub fn named_evidence(bundle: impl AsRef<Path>) -> Result<Vec<Vec<u8>>, RecordError> {
    let path = bundle.as_ref().display().to_string();
    let bundle = read_bundle(bundle)?;
    let mut lines = Vec::new();
    for line in bundle.as_untrusted().lines() {
        let unusable =
            |detail: String| RecordError::EvidenceUnusable { path: path.clone(), line: line.number, detail };
        let envelope =
            Envelope::parse(line.bytes).map_err(|error| unusable(error.to_string()))?.into_untrusted();
        parse_statement(envelope.payload()).map_err(|error| unusable(error.to_string()))?;
        lines.push(line.bytes.trim_ascii().to_vec());
    }
    Ok(lines)
}

/// The ids of the reports in a file's default bundle that are about these bytes.
pub(crate) fn reports_behind(path: &str, digest: ArtifactDigest) -> Result<Vec<StatementId>, RecordError> {
    let lines = evidence_beside(path)?;
    Ok(ids(&lines, |statement| match statement {
        AnyStatement::Report(report) => report.subject().iter().any(|subject| subject.digest == digest),
        _ => false,
    }))
}

/// The ids of the certifications among these lines that are about this report key: what a report names as its
/// certifications unless somebody says otherwise.
#[must_use]
pub fn certifications_of(lines: &[Vec<u8>], report_key: KeyId) -> Vec<StatementId> {
    ids(lines, |statement| match statement {
        AnyStatement::Certification(certification) => {
            certification.predicate().report_key.key_id() == report_key
        }
        _ => false,
    })
}

/// The ids of the certifications among these lines.
#[must_use]
pub fn certifications_in(lines: &[Vec<u8>]) -> Vec<StatementId> {
    ids(lines, |statement| matches!(statement, AnyStatement::Certification(_)))
}

/// The ids of the statements that are wanted, each once. A line that cannot be used proves nothing and is passed over.
fn ids(lines: &[Vec<u8>], wanted: impl Fn(&AnyStatement) -> bool) -> Vec<StatementId> {
    let statements = lines.iter().filter_map(|line| {
        let envelope = Envelope::parse(line).ok()?.into_untrusted();
        parse_statement(envelope.payload()).ok()
    });
    let found: BTreeSet<StatementId> =
        statements.filter(|(_, statement)| wanted(statement)).map(|(id, _)| id).collect();
    found.into_iter().collect()
}

/// Writes a report into the bundle of `artifact`, as [`write_evidence`] does into any bundle. For an inspection `artifact`
/// is the inspected file, and it is no input of its own.
///
/// # Errors
/// As [`write_evidence`].
pub fn write_bundle<'i>(
    artifact: impl AsRef<Path>,
    inputs: impl IntoIterator<Item = &'i str>,
    evidence: &[Vec<u8>],
    report: &Sealed,
) -> Result<(), RecordError> {
    write_evidence(default_bundle_path(artifact), inputs, evidence, report)
}

/// Writes a report into a bundle, together with the evidence that it rests on: the envelopes in the inputs' default
/// bundles, then `evidence`. On `Ok` all of them are in it, each once; lines that were there stay.
///
/// # Errors
/// [`RecordError::Store`]; the bundle is then as it was.
pub fn write_evidence<'i>(
    bundle: impl AsRef<Path>,
    inputs: impl IntoIterator<Item = &'i str>,
    evidence: &[Vec<u8>],
    report: &Sealed,
) -> Result<(), RecordError> {
    let mut lines = Vec::new();
    for input in inputs {
        lines.extend(evidence_beside(input)?);
    }
    lines.extend_from_slice(evidence);
    lines.push(report.line.clone());
    append_lines(bundle, &lines)?;
    Ok(())
}
