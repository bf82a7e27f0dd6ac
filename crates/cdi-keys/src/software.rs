//! A key in the memory of this process.

use cdi_envelope::{Algorithm, Pae, PublicKey};
use p256::ecdsa::signature::Signer as _;
use zeroize::Zeroizing;

use crate::{Passphrase, PrivateKeyError, SignError, Signer, pkcs8_key};

/// A private key in memory: custody `software`, the weakest there is. Whoever can read this process's memory, or the
/// key's file and its passphrase, can sign.
///
/// The public key is always derived from the private one. ECDSA nonces are derived from key and message (RFC 6979),
/// so signing needs no randomness, and signatures have the smaller value of s. Secrets are overwritten when dropped.
/// A private key cannot be given another public key:
///
/// ```compile_fail,E0451
/// # use cdi_keys::{Signer, SoftwareKey};
/// fn pair(mine: SoftwareKey, foreign: &dyn Signer) -> SoftwareKey {
///     SoftwareKey { public: foreign.public_key().clone(), ..mine }
/// }
/// ```
pub struct SoftwareKey {
    secret: Secret,
    public: PublicKey,
}

pub(crate) enum Secret {
    P256(p256::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl SoftwareKey {
    /// Makes a new key from the operating system's randomness.
    ///
    /// # Errors
    /// [`PrivateKeyError::NoRandomness`].
    pub fn generate(algorithm: Algorithm) -> Result<Self, PrivateKeyError> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        loop {
            getrandom::fill(seed.as_mut_slice()).map_err(|_| PrivateKeyError::NoRandomness)?;
            // One seed in 2^32 is no scalar of P-256: it is drawn again, so that all scalars are equally likely.
            if let Some(secret) = Secret::from_seed(algorithm, &seed) {
                return Self::from_secret(secret);
            }
        }
    }

    /// Reads a key from PKCS#8 in PEM. One that is encrypted needs the passphrase; for another it is not looked at.
    ///
    /// # Errors
    /// [`PrivateKeyError`] names what is wrong; a public key in the file must be the private key's own.
    pub fn from_pkcs8_pem(text: &str, passphrase: Option<&Passphrase>) -> Result<Self, PrivateKeyError> {
        Self::from_secret(pkcs8_key::read(text, passphrase)?)
    }

    /// Writes the key as PKCS#8 in PEM: under a passphrase with PBES2, scrypt (N = 2^14, r = 8, p = 5) and
    /// AES-256-CBC; without one, in the clear.
    ///
    /// # Errors
    /// [`PrivateKeyError::NoRandomness`] for salt and initialisation vector.
    pub fn to_pkcs8_pem(
        &self,
        passphrase: Option<&Passphrase>,
    ) -> Result<Zeroizing<String>, PrivateKeyError> {
        pkcs8_key::write(&self.secret, passphrase)
    }

    /// The key that belongs to a seed, the same on each machine. Whoever knows the seed has the key: for tests and
    /// vectors only.
    ///
    /// # Errors
    /// [`PrivateKeyError::Malformed`] for the one seed in 2^32 that is no scalar of P-256.
    #[cfg(feature = "dangerously-seeded-keys")]
    pub fn dangerously_from_seed(algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, PrivateKeyError> {
        Secret::from_seed(algorithm, seed).ok_or(PrivateKeyError::Malformed).and_then(Self::from_secret)
    }

    fn from_secret(secret: Secret) -> Result<Self, PrivateKeyError> {
        let public = match &secret {
            Secret::P256(key) => {
                PublicKey::from_point(secret.algorithm(), key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Secret::Ed25519(key) => PublicKey::from_point(secret.algorithm(), key.verifying_key().as_bytes()),
        };
        // Every private key has a sound public key; a failure here is one of the arithmetic.
        let public = public.map_err(|_| PrivateKeyError::Malformed)?;
        Ok(Self { secret, public })
    }
}

impl Secret {
    fn from_seed(algorithm: Algorithm, seed: &[u8; 32]) -> Option<Self> {
        match algorithm {
            Algorithm::EcdsaP256Sha256 => p256::ecdsa::SigningKey::from_slice(seed).ok().map(Self::P256),
            Algorithm::Ed25519 => Some(Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(seed))),
        }
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &Pae) -> Result<Vec<u8>, SignError> {
        let refused = |_| SignError::Refused { detail: "the key gave no signature".to_owned() };
        match &self.secret {
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.try_sign(message.as_bytes()).map_err(refused)?;
                Ok(signature.normalize_s().to_der().as_bytes().to_vec())
            }
            Secret::Ed25519(key) => key
                .try_sign(message.as_bytes())
                .map(|signature| signature.to_bytes().to_vec())
                .map_err(refused),
        }
    }
}

impl std::fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SoftwareKey({:?})", self.public)
    }
}
