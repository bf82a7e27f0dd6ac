//! Sealing: from a statement to a line of a bundle.

use cdi_envelope::{Envelope, EnvelopeError, PAYLOAD_TYPE, Pae, write_line};
use cdi_types::{
    AnyStatement, KeyId, Predicate, Statement, StatementError, StatementId, limits, parse_statement,
};

use crate::{SignError, Signer};

/// A statement that was not sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The statement names another key as its issuer: the signature would credit nobody.
    #[error("the statement's issuer is the key `{issuer}`, the signer has the key `{signer}`")]
    WrongSigner {
        /// The issuer in the statement.
        issuer: KeyId,
        /// The signer's key.
        signer: KeyId,
    },
    /// The statement is of a type that its issuer seals.
    #[error("the statement is one of CDI's own, which only its issuer signs")]
    OwnType,
    /// A verifier would refuse the statement's form.
    #[error("the statement would be refused: {0}")]
    Statement(#[from] StatementError),
    /// The envelope is longer than a verifier reads.
    #[error("the envelope has {found} bytes, at most {} are read", limits::LINE_BYTES)]
    TooLarge {
        /// How many bytes it has.
        found: usize,
    },
    /// The envelope to be countersigned is none, or has as many signatures as a verifier reads.
    #[error("the envelope cannot be countersigned: {0}")]
    Envelope(#[from] EnvelopeError),
    /// A signature of the envelope names no key, or something that is none.
    #[error("the envelope has a signature that names no key")]
    NoKeyId,
    /// The signer has signed the envelope before.
    #[error("the key `{signer}` has signed this envelope already")]
    SignedAlready {
        /// The signer's key.
        signer: KeyId,
    },
    /// There is no signature.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The signature that the signer gave does not verify. It is not given out: the signature of a computation that
    /// went wrong can betray the private key.
    #[error("the fresh signature does not verify with the signer's public key")]
    Fault,
}

impl SealError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongSigner { .. } => "seal-wrong-signer",
            Self::OwnType => "seal-own-type",
            Self::Statement(error) => error.code(),
            Self::TooLarge { .. } => "limit-line-bytes",
            Self::Envelope(error) => error.code(),
            Self::NoKeyId => "envelope-malformed",
            Self::SignedAlready { .. } => "seal-signed-already",
            Self::Sign(error) => error.code(),
            Self::Fault => "seal-fault",
        }
    }
}

/// A signed statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The statement's id: the SHA-256 of its payload.
    pub id: StatementId,
    /// The envelope as one line of a bundle, without a line feed.
    pub line: Vec<u8>,
}

/// Signs a statement. On `Ok` the line is an envelope that every verifier reads, signed by the statement's issuer, and
/// the signature has been verified. That anybody trusts the issuer does not follow.
///
/// The fresh signature is verified before it is given out, because one that was computed under a fault (a bit flip in
/// memory, a glitched device) can reveal the private key of deterministic schemes (Poddebniak and others, "Attacking
/// Deterministic Signature Schemes using Fault Attacks", 2018).
///
/// # Errors
/// [`SealError`] names what is wrong; nothing has been signed unless it is [`SealError::Fault`] or
/// [`SealError::TooLarge`].
pub fn seal<P: Predicate>(statement: &Statement<P>, signer: &dyn Signer) -> Result<Sealed, SealError> {
    let (issuer, key) = (statement.predicate().issuer(), signer.public_key());
    if issuer != key.key_id() {
        return Err(SealError::WrongSigner { issuer, signer: key.key_id() });
    }
    let payload = statement.to_payload()?;
    let (id, _) = parse_statement(&payload)?;
    sign(id, &payload, signer)
}

/// Signs a statement of somebody else's type, as they write it: on `Ok` as for [`seal`], but nothing in the statement names
/// the signer. A statement of CDI's own types does not get past this: those are sealed by their issuers.
///
/// # Errors
/// [`SealError`], as for [`seal`].
pub fn seal_foreign(payload: &[u8], signer: &dyn Signer) -> Result<Sealed, SealError> {
    match parse_statement(payload)? {
        (id, AnyStatement::Foreign(_) | AnyStatement::Summary(_)) => sign(id, payload, signer),
        _ => Err(SealError::OwnType),
    }
}

fn sign(id: StatementId, payload: &[u8], signer: &dyn Signer) -> Result<Sealed, SealError> {
    let (key, message) = (signer.public_key(), Pae::new(PAYLOAD_TYPE, payload));
    let signature = signer.sign(&message)?;
    key.verify(&message, &signature).map_err(|_| SealError::Fault)?;
    let line = write_line(payload, &[(key.key_id(), signature)]);
    if line.len() > limits::LINE_BYTES {
        return Err(SealError::TooLarge { found: line.len() });
    }
    Ok(Sealed { id, line })
}

/// Adds a signature to an envelope. On `Ok` the line is the same envelope, payload byte for byte, with one signature more, which
/// has been verified. The other signatures are not looked at.
///
/// # Errors
/// [`SealError`], as for [`seal`]; the envelope is one that a verifier reads, and the signer has not signed it before.
pub fn countersign(line: &[u8], signer: &dyn Signer) -> Result<Vec<u8>, SealError> {
    let envelope = Envelope::parse(line)?.into_untrusted();
    let (key, message) = (signer.public_key(), envelope.message());
    let mut signatures = Vec::new();
    for (hint, bytes) in envelope.signatures() {
        let signed_by = hint.and_then(|hint| KeyId::parse(hint).ok()).ok_or(SealError::NoKeyId)?;
        if signed_by == key.key_id() {
            return Err(SealError::SignedAlready { signer: signed_by });
        }
        signatures.push((signed_by, bytes.to_vec()));
    }
    let signature = signer.sign(message)?;
    key.verify(message, &signature).map_err(|_| SealError::Fault)?;
    signatures.push((key.key_id(), signature));
    if signatures.len() > limits::ENVELOPE_SIGNATURES {
        return Err(EnvelopeError::TooManySignatures { found: signatures.len() }.into());
    }
    let line = write_line(envelope.payload(), &signatures);
    if line.len() > limits::LINE_BYTES { Err(SealError::TooLarge { found: line.len() }) } else { Ok(line) }
}
