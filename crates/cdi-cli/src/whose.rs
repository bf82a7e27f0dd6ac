//! Whose word a statement is, and what it is about, as it says of itself.

use cdi_types::{AnyStatement, KeyId, Predicate, Sha256, Statement};

/// The one signer whom a statement credits. A summary credits whom a policy names for it, and others' statements nobody.
pub(crate) fn issuer(statement: &AnyStatement) -> Option<KeyId> {
    Some(match statement {
        AnyStatement::Endorsement(statement) => statement.predicate().issuer(),
        AnyStatement::Certification(statement) => statement.predicate().issuer(),
        AnyStatement::Report(statement) => statement.predicate().issuer(),
        AnyStatement::Origin(statement) => statement.predicate().issuer(),
        AnyStatement::Revocations(statement) => statement.predicate().issuer(),
        AnyStatement::Policy(statement) => statement.predicate().issuer(),
        AnyStatement::Waiver(statement) => statement.predicate().issuer(),
        AnyStatement::Node(statement) => statement.predicate().issuer(),
        AnyStatement::CertificationRequest(_)
        | AnyStatement::EndorsementRequest(_)
        | AnyStatement::Summary(_)
        | AnyStatement::Foreign { .. } => return None,
    })
}

/// The key that a statement brings: an authority's, or a tool's.
pub(crate) fn brought(statement: &AnyStatement) -> Option<KeyId> {
    match statement {
        AnyStatement::Endorsement(statement) => Some(statement.predicate().public_key.key_id()),
        AnyStatement::Certification(statement) => Some(statement.predicate().report_key.key_id()),
        _ => None,
    }
}

/// The digests by which somebody would look for a statement: of its subjects, of its issuer's key, of the key that it brings.
pub(crate) fn about(statement: &AnyStatement) -> Vec<Sha256> {
    fn subjects<P: Predicate>(statement: &Statement<P>) -> Vec<Sha256> {
        statement.subject().iter().map(|subject| subject.digest.digits()).collect()
    }
    let keys = issuer(statement).into_iter().chain(brought(statement)).map(|key| key.sha256());
    let subjects = match statement {
        AnyStatement::Report(statement) => subjects(statement),
        AnyStatement::Origin(statement) => subjects(statement),
        AnyStatement::Certification(statement) => subjects(statement),
        AnyStatement::Summary(summary) => summary.subjects.iter().map(|subject| subject.digits()).collect(),
        _ => Vec::new(),
    };
    let all: std::collections::BTreeSet<Sha256> = keys.chain(subjects).collect();
    all.into_iter().collect()
}
