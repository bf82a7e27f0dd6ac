//! What the lines of a bundle say of themselves: which statement each has, what it is about, and what it names.
//!
//! Nothing is verified. Whoever wrote a line chose what it says; it may say too much, and then more is taken for needed
//! than is.

use std::collections::BTreeSet;

use cdi_envelope::Envelope;
use cdi_types::{
    AnyStatement, ArtifactDigest, Bundle, KeyId, Line, Statement, StatementId, Subject, parse_statement,
};

/// A line of a bundle, and what it says or why it says nothing.
pub(crate) struct Entry<'a> {
    pub(crate) line: Line<'a>,
    pub(crate) said: Result<Said, Unusable>,
}

/// Why a line says nothing.
pub(crate) struct Unusable {
    pub(crate) code: &'static str,
    pub(crate) reason: String,
}

/// The part that a statement has in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Speaks about artifacts: a report, an origin, a foreign statement.
    Artifacts,
    /// Brings a key: a certification, an endorsement.
    Key,
    /// Says what a runtime supplies to whatever it runs: it concerns every artifact.
    Runtime,
    /// Says what its issuer has revoked.
    List,
    /// Is a principal's word about what it asks for or excuses: it concerns every artifact.
    Policy,
    /// Is for an authority, and no evidence.
    Request,
}

/// The signatures of an envelope, each with the key that it names, if it names one.
pub(crate) type Signatures = BTreeSet<(Option<KeyId>, Vec<u8>)>;

/// What a statement says that other statements hang on.
pub(crate) struct Said {
    pub(crate) id: StatementId,
    pub(crate) part: Part,
    pub(crate) signatures: Signatures,
    /// Whose word it is.
    pub(crate) issuer: Option<KeyId>,
    /// The artifacts that it speaks about.
    pub(crate) subjects: Vec<ArtifactDigest>,
    /// The artifacts that went into these.
    pub(crate) inputs: Vec<ArtifactDigest>,
    /// The statements that it names, and that a policy may ask for by name.
    pub(crate) named: Vec<StatementId>,
    /// The key that it brings.
    pub(crate) brings: Option<KeyId>,
}

/// What each line says, in the order of the lines.
pub(crate) fn entries(bundle: &Bundle) -> Vec<Entry<'_>> {
    bundle.lines().map(|line| Entry { line, said: said(line.bytes) }).collect()
}

fn said(line: &[u8]) -> Result<Said, Unusable> {
    let envelope = Envelope::parse(line)
        .map_err(|error| Unusable { code: error.code(), reason: error.to_string() })?
        .into_untrusted();
    let (id, statement) = parse_statement(envelope.payload())
        .map_err(|error| Unusable { code: error.code(), reason: error.to_string() })?;
    let named = |hint: Option<&str>| hint.and_then(|hint| KeyId::parse(hint).ok());
    let signatures = envelope.signatures().map(|(hint, bytes)| (named(hint), bytes.to_vec())).collect();
    Ok(of_statement(&statement, Said::new(id, signatures)))
}

impl Said {
    /// The keys whose word it may be: its issuer's, and those that its signatures name.
    pub(crate) fn signers(&self) -> impl Iterator<Item = KeyId> {
        self.issuer.into_iter().chain(self.signatures.iter().filter_map(|(named, _)| *named))
    }

    fn new(id: StatementId, signatures: Signatures) -> Self {
        Self {
            id,
            part: Part::Artifacts,
            signatures,
            issuer: None,
            subjects: Vec::new(),
            inputs: Vec::new(),
            named: Vec::new(),
            brings: None,
        }
    }
}

/// Every kind of statement is named here: one that is left out by mistake would be dropped from bundles.
fn of_statement(statement: &AnyStatement, bare: Said) -> Said {
    match statement {
        AnyStatement::Report(report) => {
            let said = report.predicate();
            let inputs = said.inputs.iter().map(|input| input.digest);
            let named = said.inputs.iter().flat_map(|input| &input.reports).chain(&said.certifications);
            Said {
                issuer: Some(said.issuer),
                subjects: digests(report),
                inputs: inputs.collect(),
                named: named.copied().collect(),
                ..bare
            }
        }
        AnyStatement::Origin(origin) => {
            Said { issuer: Some(origin.predicate().issuer), subjects: digests(origin), ..bare }
        }
        AnyStatement::Certification(certification) => {
            let said = certification.predicate();
            let (issuer, brings) = (Some(said.issuer), Some(said.report_key.key_id()));
            let part = if said.is_of_a_runtime() { Part::Runtime } else { Part::Key };
            Said { part, issuer, brings, named: said.renews.into_iter().collect(), ..bare }
        }
        AnyStatement::Endorsement(endorsement) => {
            let said = endorsement.predicate();
            let (issuer, brings) = (Some(said.issuer), Some(said.public_key.key_id()));
            Said { part: Part::Key, issuer, brings, ..bare }
        }
        AnyStatement::Revocations(list) => {
            Said { part: Part::List, issuer: Some(list.predicate().issuer), ..bare }
        }
        AnyStatement::Policy(edition) => {
            Said { part: Part::Policy, issuer: Some(edition.predicate().issuer), ..bare }
        }
        AnyStatement::Waiver(waiver) => {
            Said { part: Part::Policy, issuer: Some(waiver.predicate().issuer), ..bare }
        }
        AnyStatement::Node(node) => {
            Said { part: Part::Policy, issuer: Some(node.predicate().issuer), ..bare }
        }
        AnyStatement::CertificationRequest(_) | AnyStatement::EndorsementRequest(_) => {
            Said { part: Part::Request, ..bare }
        }
        AnyStatement::Summary(summary) => {
            Said { subjects: summary.subjects.iter().copied().collect(), ..bare }
        }
        AnyStatement::Foreign(foreign) => {
            Said { subjects: foreign.subjects.iter().copied().collect(), ..bare }
        }
    }
}

fn digests<P>(statement: &Statement<P>) -> Vec<ArtifactDigest>
where
    P: cdi_types::Predicate,
{
    statement.subject().iter().map(|Subject { digest, .. }| *digest).collect()
}
