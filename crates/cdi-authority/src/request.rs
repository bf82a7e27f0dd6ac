//! Requests, and the proof that whoever asks holds the key.

use cdi_envelope::{Budget, Envelope, EnvelopeError, KeyError, PublicKey};
use cdi_types::{
    AnyStatement, Bundle, BundleError, CertificationRequest, EndorsementRequest, KeyId, Predicate,
    PublicKeyInfo, Statement, StatementError, StatementId, limits, parse_statement,
};

/// A request that an authority does not look into.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The file is over a limit.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A request is one envelope; a file with two would leave open which one is meant.
    #[error("a request is one envelope, found {found}")]
    NotOneEnvelope {
        /// How many there are.
        found: usize,
    },
    /// The envelope cannot be read.
    #[error(transparent)]
    Envelope(EnvelopeError),
    /// The statement cannot be read.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The statement is something else.
    #[error("the statement is no {expected} request")]
    WrongType {
        /// What was expected.
        expected: &'static str,
    },
    /// The key cannot be used.
    #[error("the key that asks cannot be used: {0}")]
    Key(#[from] KeyError),
    /// The request is not signed with the very key that it asks for.
    #[error("the request is not signed with the key `{key}` that it asks for")]
    PossessionUnproved {
        /// The key.
        key: KeyId,
    },
}

impl RequestError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bundle(error) => error.code(),
            Self::NotOneEnvelope { .. } => "request-not-one-envelope",
            Self::Envelope(error) => error.code(),
            Self::Statement(error) => error.code(),
            Self::WrongType { .. } => "request-wrong-type",
            Self::Key(error) => error.code(),
            Self::PossessionUnproved { .. } => "request-possession-unproved",
        }
    }
}

/// A predicate by which somebody asks something of an authority.
pub trait Request: Predicate {
    /// What is asked for, as a word.
    const WHAT: &'static str;

    /// The key that asks.
    fn key(&self) -> &PublicKeyInfo;

    /// The request in a statement of any type.
    fn of(statement: AnyStatement) -> Option<Statement<Self>>;
}

impl Request for CertificationRequest {
    const WHAT: &'static str = "certification";

    fn key(&self) -> &PublicKeyInfo {
        &self.report_key
    }

    fn of(statement: AnyStatement) -> Option<Statement<Self>> {
        if let AnyStatement::CertificationRequest(request) = statement { Some(*request) } else { None }
    }
}

impl Request for EndorsementRequest {
    const WHAT: &'static str = "endorsement";

    fn key(&self) -> &PublicKeyInfo {
        &self.public_key
    }

    fn of(statement: AnyStatement) -> Option<Statement<Self>> {
        if let AnyStatement::EndorsementRequest(request) = statement { Some(request) } else { None }
    }
}

/// A request that was signed with the very key that it asks for. Nothing else in it was looked into: who holds the key,
/// and whether what they say is true, is for the authority to find out.
#[derive(Debug, Clone)]
#[must_use]
pub struct VerifiedRequest<P> {
    id: StatementId,
    statement: Statement<P>,
    key: PublicKey,
}

impl<P: Request> VerifiedRequest<P> {
    /// Reads a file with one request. On `Ok` whoever made it held the private key at some time; requests have no date,
    /// so an old one proves this as well as a new one.
    ///
    /// # Errors
    /// [`RequestError`] names the rule that the file breaks.
    pub fn verify(file: Vec<u8>) -> Result<Self, RequestError> {
        let bundle = Bundle::parse(file)?.into_untrusted();
        let lines: Vec<_> = bundle.lines().collect();
        let [line] = lines.as_slice() else {
            return Err(RequestError::NotOneEnvelope { found: lines.len() });
        };
        let envelope = Envelope::parse(line.bytes).map_err(RequestError::Envelope)?.into_untrusted();
        let (id, statement) = parse_statement(envelope.payload())?;
        let statement = P::of(statement).ok_or(RequestError::WrongType { expected: P::WHAT })?;
        let key = PublicKey::from_info(statement.predicate().key())?;
        envelope
            .verify_by(&key, &mut Budget::new(limits::ENVELOPE_SIGNATURES))
            .map_err(|_| RequestError::PossessionUnproved { key: key.key_id() })?;
        Ok(Self { id, statement, key })
    }

    /// The request's own id.
    pub const fn id(&self) -> StatementId {
        self.id
    }

    /// What is asked.
    pub const fn statement(&self) -> &Statement<P> {
        &self.statement
    }

    /// The key whose possession was proved.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}

#[cfg(test)]
mod tests;
