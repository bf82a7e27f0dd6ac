//! Whatever can sign.

use cdi_envelope::{Pae, PublicKey};

/// A signer that did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The key cannot be reached: the token is out, the service does not answer, the session is closed.
    #[error("the signer cannot be reached: {detail}")]
    Unavailable {
        /// What the signer says.
        detail: String,
    },
    /// The key was reached and did not sign: a policy of the device, a PIN, a worn-out key.
    #[error("the signer refused to sign: {detail}")]
    Refused {
        /// What the signer says.
        detail: String,
    },
}

impl SignError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "signer-unavailable",
            Self::Refused { .. } => "signer-refused",
        }
    }
}

/// One private key, wherever it is: in this process, a PKCS#11 token, a TPM, a key management service, an enclave.
///
/// Expected flow: the implementation opens its device, reads the public key once, and keeps both; each [`Self::sign`]
/// is one signature.
///
/// Guarantees that an implementation owes: [`Self::public_key`] never changes and belongs to the key that signs. The
/// two are in one value, so no caller can pair a private key with a foreign public key (RUSTSEC-2022-0093). The
/// private key is not reachable through this trait.
///
/// Not assumed: that the signature is right. [`crate::seal`] verifies it before it gives it out.
///
/// Caveats: a device that only signs digests gets the SHA-256 of [`Pae::as_bytes`] for ECDSA, and cannot do Ed25519;
/// signatures in fixed-length form (PKCS#11, TPM) are to be put into DER.
pub trait Signer: Send + Sync {
    /// The public key that belongs to the key that signs.
    fn public_key(&self) -> &PublicKey;

    /// Signs a message: in DER for ECDSA, 64 bytes for Ed25519.
    ///
    /// # Errors
    /// [`SignError`] if there is no signature.
    fn sign(&self, message: &Pae) -> Result<Vec<u8>, SignError>;
}
