//! What the verifier has to know of each type of statement: whom it credits, which key it brings, and what it is to people.

use cdi_types::{AnyStatement, Invocation, KeyId, Predicate, PublicKeyInfo, Statement};

/// What a statement is, if no decision reads it.
pub(crate) fn no_evidence(statement: &AnyStatement) -> Option<String> {
    match statement {
        AnyStatement::CertificationRequest(_) => Some("a certification request".to_owned()),
        AnyStatement::EndorsementRequest(_) => Some("an endorsement request".to_owned()),
        AnyStatement::Endorsement(_)
        | AnyStatement::Certification(_)
        | AnyStatement::Report(_)
        | AnyStatement::Origin(_)
        | AnyStatement::Revocations(_)
        | AnyStatement::Policy(_)
        | AnyStatement::Waiver(_)
        | AnyStatement::Node(_)
        | AnyStatement::Summary(_)
        | AnyStatement::Foreign(_) => None,
    }
}

/// What a statement is, and what would bring the key of its issuer.
pub(crate) const fn kind(statement: &AnyStatement) -> &'static str {
    match statement {
        AnyStatement::Report(_) => "report by a tool whose certification is not in the bundle",
        AnyStatement::Certification(_) => {
            "certification by an authority that is no anchor, and whose endorsement is not in the bundle"
        }
        AnyStatement::Endorsement(_) => {
            "endorsement by an authority that is no anchor, and whose own endorsement is not in the bundle"
        }
        AnyStatement::Revocations(_) => "revocation list of an authority that nobody names",
        AnyStatement::Origin(_) => "origin by somebody whom no policy and no certification here names",
        AnyStatement::Policy(_) => "policy by a key that the configuration does not name",
        AnyStatement::Waiver(_) => "waiver by a key that the configuration does not name",
        AnyStatement::Node(_) => "report by a node that nobody names",
        AnyStatement::Summary(_) => "verification summary by a verifier that no policy names",
        AnyStatement::CertificationRequest(_)
        | AnyStatement::EndorsementRequest(_)
        | AnyStatement::Foreign(_) => "statement that is no evidence",
    }
}

/// The one signer that a statement credits. What is no evidence never comes here, nor does what a policy must credit.
pub(crate) fn issuer(statement: &AnyStatement) -> KeyId {
    fn of<P: Predicate>(statement: &Statement<P>) -> KeyId {
        statement.predicate().issuer()
    }
    match statement {
        AnyStatement::Endorsement(statement) => of(statement),
        AnyStatement::Certification(statement) => of(statement),
        AnyStatement::Report(statement) => of(statement),
        AnyStatement::Origin(statement) => of(statement),
        AnyStatement::Revocations(statement) => of(statement),
        AnyStatement::Policy(statement) => of(statement),
        AnyStatement::Waiver(statement) => of(statement),
        AnyStatement::Node(statement) => of(statement),
        AnyStatement::CertificationRequest(statement) => of(statement),
        AnyStatement::EndorsementRequest(statement) => of(statement),
        AnyStatement::Summary(_) | AnyStatement::Foreign(_) => KeyId::of(b""),
    }
}

/// The keys that a statement brings: an authority's, or a tool's with those of the suppliers whose manifests its invocations
/// name.
pub(crate) fn brought(statement: &AnyStatement) -> impl Iterator<Item = &PublicKeyInfo> {
    let (key, invocations) = match statement {
        AnyStatement::Endorsement(statement) => (Some(&statement.predicate().public_key), None),
        AnyStatement::Certification(statement) => {
            let predicate = statement.predicate();
            (Some(&predicate.report_key), Some(&predicate.invocations))
        }
        _ => (None, None),
    };
    let invocations = invocations.into_iter().flat_map(|invocations| invocations.values());
    let manifests = invocations.flat_map(Invocation::all_manifests);
    key.into_iter().chain(manifests.map(|manifest| &manifest.key))
}
