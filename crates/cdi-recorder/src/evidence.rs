//! The evidence that stands beside files: looked up for an input, carried along to an output.
//!
//! What is looked up here are hints. No signature is verified: a producer that believed its inputs' evidence would vouch
//! for it, and a verifier looks for itself.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;

use cdi_envelope::Envelope;
use cdi_keys::Sealed;
use cdi_store::{Concerns, StoreError, append_lines, default_bundle_path, read_bundle, read_bundle_beside};
use cdi_types::{AnyStatement, ArtifactDigest, Bundle, FileDigest, KeyId, StatementId, parse_statement};

use crate::RecordError;

/// The envelopes in a file's default bundle; none if there is no such bundle. Nobody named it, and what is found goes
/// into other files: a link is not followed, and a line that is no envelope is passed over, so that no text from elsewhere
/// gets out this way.
///
/// # Errors
/// [`RecordError::Store`]: it is there and cannot be read, is a link, or is over a limit.
pub fn evidence_beside(artifact: impl AsRef<Path>) -> Result<Vec<Vec<u8>>, RecordError> {
    Ok(bundle_beside(artifact)?.map(|bundle| envelopes(&bundle)).unwrap_or_default())
}

/// As [`evidence_beside`], only what concerns these bytes: a file that is built again and again has evidence of them all.
pub(crate) fn evidence_about(artifact: &Path, digest: ArtifactDigest) -> Result<Vec<Vec<u8>>, RecordError> {
    let Some(bundle) = bundle_beside(artifact)? else { return Ok(Vec::new()) };
    let concerned = Concerns::of(&bundle).with(&[digest]).bytes;
    let lines = concerned.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    Ok(lines.map(<[u8]>::to_vec).collect())
}

fn bundle_beside(artifact: impl AsRef<Path>) -> Result<Option<Bundle>, RecordError> {
    match read_bundle_beside(artifact) {
        Ok(bundle) => Ok(Some(bundle.into_untrusted())),
        Err(StoreError::Missing { .. }) => Ok(None),
        // The file's own name leaves no room for a bundle's.
        Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::InvalidFilename => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn envelopes(bundle: &Bundle) -> Vec<Vec<u8>> {
    let envelopes = bundle.lines().filter(|line| Envelope::parse(line.bytes).is_ok());
    envelopes.map(|line| line.bytes.trim_ascii().to_vec()).collect()
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
    Ok(reports_about(&evidence_beside(path)?, digest))
}

/// The ids of the reports among these lines that are about these bytes.
pub(crate) fn reports_about(lines: &[Vec<u8>], digest: ArtifactDigest) -> Vec<StatementId> {
    ids(lines, |statement| match statement {
        AnyStatement::Report(report) => report.subject().iter().any(|subject| subject.digest == digest),
        _ => false,
    })
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

/// The certifications among these lines that are about this report key, each with the files that it certifies: the tool's
/// executable, and what else a run may use.
#[must_use]
pub fn certified_files(lines: &[Vec<u8>], report_key: KeyId) -> Vec<(StatementId, BTreeSet<FileDigest>)> {
    let certified = lines.iter().filter_map(|line| {
        let envelope = Envelope::parse(line).ok()?.into_untrusted();
        let (id, AnyStatement::Certification(statement)) = parse_statement(envelope.payload()).ok()? else {
            return None;
        };
        let certification = statement.predicate();
        let entry =
            statement.subject().iter().filter_map(|subject| subject.digest.file().map(FileDigest::new));
        let files = entry.chain(certification.closure.iter().map(|file| file.sha256)).collect();
        (certification.report_key.key_id() == report_key).then_some((id, files))
    });
    certified.collect()
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
