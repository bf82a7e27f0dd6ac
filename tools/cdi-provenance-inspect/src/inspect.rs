//! From provenance and an artifact to what the one says of the other.

use cdi_envelope::{Budget, Envelope, EnvelopeError, PublicKey};
use cdi_import::{Account, Gap};
use cdi_types::json::JsonError;
use cdi_types::{ArtifactDigest, limits};

use crate::{Certificate, Expected, sigstore};

/// Provenance, and who must have signed it.
#[derive(Debug, Clone, Copy)]
pub enum Provenance<'a> {
    /// An envelope, one line or laid out, with a signature by this key.
    ByKey(&'a [u8], &'a PublicKey),
    /// A Sigstore bundle, signed under a certificate.
    ByCertificate(&'a [u8], Certificate<'a>),
}

/// What provenance says of an artifact, signed by whom it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Inspection {
    /// What it says.
    pub account: Account,
    /// What of it cannot be used.
    pub gaps: Vec<Gap>,
}

/// Why provenance does not vouch for an artifact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// A file is larger than what is read.
    #[error("the provenance has {found} bytes, at most {} are read", limits::LINE_BYTES)]
    TooLarge {
        /// Its bytes.
        found: usize,
    },
    /// A file is no strict JSON.
    #[error("not strict JSON: {0}")]
    Json(#[from] JsonError),
    /// The trusted root cannot be used.
    #[error("the trusted root cannot be used: {detail}")]
    RootUnusable {
        /// The library's own words.
        detail: String,
    },
    /// Nobody who has to has signed it, as far as can be verified.
    #[error("the provenance does not verify: {detail}")]
    NotVerified {
        /// What does not, in the library's own words.
        detail: String,
    },
    /// The envelope, or who signed it.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The statement cannot be used.
    #[error(transparent)]
    Gap(#[from] Gap),
    /// It is about something else.
    #[error("the provenance does not say that it made {artifact}")]
    OtherArtifact {
        /// The artifact that it should be about.
        artifact: ArtifactDigest,
    },
    /// It says something else than expected.
    #[error("the `{what}` is {found}, expected `{expected}`")]
    Unexpected {
        /// What it is about.
        what: &'static str,
        /// What was asked for.
        expected: String,
        /// What it says.
        found: String,
    },
}

impl InspectError {
    pub(crate) fn not_verified(detail: &dyn std::fmt::Display) -> Self {
        Self::NotVerified { detail: detail.to_string() }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "limit-line-bytes",
            Self::Json(error) => error.code(),
            Self::RootUnusable { .. } => "trusted-root-unusable",
            Self::NotVerified { .. } => "provenance-not-verified",
            Self::Envelope(error) => error.code(),
            Self::Gap(error) => error.code(),
            Self::OtherArtifact { .. } => "provenance-other-artifact",
            Self::Unexpected { .. } => "provenance-unexpected",
        }
    }
}

/// What `provenance` says of `artifact`. On `Ok` whoever has to has signed it, it is of a form that is read, it says that it made
/// exactly these bytes by a run that did not fail, and it says all that is expected.
///
/// # Errors
/// [`InspectError`]: the first of these that is not so.
pub fn inspect(
    provenance: Provenance<'_>,
    artifact: &[u8],
    expected: &Expected,
) -> Result<Inspection, InspectError> {
    let payload = match provenance {
        Provenance::ByKey(text, _) | Provenance::ByCertificate(text, _)
            if text.len() > limits::LINE_BYTES =>
        {
            return Err(InspectError::TooLarge { found: text.len() });
        }
        Provenance::ByKey(text, key) => {
            let envelope = Envelope::parse(text)?.into_untrusted();
            envelope.verify_by(key, &mut Budget::new(limits::ENVELOPE_SIGNATURES))?;
            envelope.payload().to_vec()
        }
        Provenance::ByCertificate(text, certificate) => sigstore::payload(text, artifact, certificate)?,
    };
    let (account, gaps) = cdi_import::account_of(&payload)?;
    let artifact = ArtifactDigest::of(artifact);
    if !account.made(artifact) {
        return Err(InspectError::OtherArtifact { artifact });
    }
    expected.holds_of(&account)?;
    Ok(Inspection { account, gaps })
}
