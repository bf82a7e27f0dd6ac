//! The encryption of a private key under a passphrase: PBES2 (RFC 8018).
//!
//! Written: scrypt (RFC 7914) with N = 2^14, r = 8, p = 5, a salt of 16 bytes, and AES-256-CBC. These are parameters
//! of the OWASP list for password storage; N stays at 2^14, since OpenSSL 3 gives scrypt 32 MiB and refuses
//! 2^15. Read: also PBKDF2 with HMAC-SHA-256 and better, and AES-128, which is what `openssl genpkey` writes.

use pkcs8::der::{Decode, ErrorKind};
use pkcs8::pkcs5::EncryptionScheme as Pkcs5;
use pkcs8::pkcs5::pbes2::{EncryptionScheme, Kdf, Parameters, Salt, ScryptParams};
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument};

use crate::{Passphrase, PrivateKeyError};

/// N of scrypt: 16 MiB with r = 8.
const SCRYPT_N: u64 = 1 << 14;
const SCRYPT_R: u16 = 8;
const SCRYPT_P: u16 = 5;

/// The most memory that a key may ask for: four times the 128 MiB of OWASP's largest parameters.
const MAX_SCRYPT_BYTES: u64 = 512 << 20;
/// The most work, in blocks mixed: some seconds.
const MAX_SCRYPT_BLOCKS: u64 = 1 << 24;
/// About ten seconds; OWASP asks for 600,000.
const MAX_PBKDF2_ITERATIONS: u32 = 10_000_000;

/// Opens an encrypted key.
pub(crate) fn open(der: &[u8], passphrase: Option<&Passphrase>) -> Result<SecretDocument, PrivateKeyError> {
    let encrypted = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|error| match error.kind() {
        ErrorKind::OidUnknown { .. } => PrivateKeyError::EncryptionUnsupported,
        _ => PrivateKeyError::NotPkcs8 { found: "other bytes in the PEM block".to_owned() },
    })?;
    let Pkcs5::Pbes2(parameters) = &encrypted.encryption_algorithm else {
        return Err(PrivateKeyError::EncryptionUnsupported);
    };
    affordable(&parameters.kdf)?;
    let passphrase = passphrase.ok_or(PrivateKeyError::PassphraseMissing)?;
    encrypted.decrypt(passphrase.as_bytes()).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }) => {
            PrivateKeyError::EncryptionUnsupported
        }
        _ => PrivateKeyError::PassphraseWrong,
    })
}

/// Encrypts a key under fresh randomness.
pub(crate) fn close(
    key: &PrivateKeyInfoRef<'_>,
    passphrase: &Passphrase,
) -> Result<SecretDocument, PrivateKeyError> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random).map_err(|_| PrivateKeyError::NoRandomness)?;
    let (salt, iv) = random.split_at(16);
    let kdf = Kdf::Scrypt(ScryptParams {
        salt: Salt::new(salt).map_err(|_| PrivateKeyError::Malformed)?,
        cost_parameter: SCRYPT_N,
        block_size: SCRYPT_R,
        parallelization: SCRYPT_P,
        key_length: None,
    });
    let iv = iv.try_into().map_err(|_| PrivateKeyError::Malformed)?;
    let parameters = Parameters { kdf, encryption: EncryptionScheme::Aes256Cbc { iv } };
    key.encrypt_with_params(parameters, passphrase.as_bytes()).map_err(|_| PrivateKeyError::Malformed)
}

/// Holds the derivation to bounds before it is begun: a file from elsewhere must not take the machine.
fn affordable(kdf: &Kdf) -> Result<(), PrivateKeyError> {
    let detail = match kdf {
        Kdf::Scrypt(scrypt) => {
            let (n, r, p) =
                (scrypt.cost_parameter, u64::from(scrypt.block_size), u64::from(scrypt.parallelization));
            let blocks = n.saturating_mul(r);
            if blocks.saturating_mul(128) <= MAX_SCRYPT_BYTES && blocks.saturating_mul(p) <= MAX_SCRYPT_BLOCKS
            {
                return Ok(());
            }
            format!("scrypt with N = {n}, r = {r}, p = {p}")
        }
        Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count <= MAX_PBKDF2_ITERATIONS => return Ok(()),
        Kdf::Pbkdf2(pbkdf2) => format!("PBKDF2 with {} iterations", pbkdf2.iteration_count),
        _ => return Err(PrivateKeyError::EncryptionUnsupported),
    };
    Err(PrivateKeyError::DerivationTooCostly { detail })
}

#[cfg(test)]
mod tests {
    use pkcs8::pkcs5::pbes2::Pbkdf2Params;

    use super::*;

    fn scrypt(cost_parameter: u64, block_size: u16, parallelization: u16) -> &'static str {
        let salt = Salt::new([0; 16]).unwrap();
        let kdf = ScryptParams { salt, cost_parameter, block_size, parallelization, key_length: None };
        affordable(&Kdf::Scrypt(kdf)).map_or_else(|error| error.code(), |()| "ok")
    }

    #[test]
    fn a_derivation_without_bounds_is_rejected() {
        assert_eq!(scrypt(SCRYPT_N, SCRYPT_R, SCRYPT_P), "ok");
        assert_eq!(scrypt(1 << 19, 8, 4), "ok");
        assert_eq!(scrypt(1 << 19, 8, 5), "key-derivation-too-costly");
        assert_eq!(scrypt(1 << 20, 8, 1), "key-derivation-too-costly");
        assert_eq!(scrypt(u64::MAX, u16::MAX, u16::MAX), "key-derivation-too-costly");
        let pbkdf2 = |iteration_count| {
            let kdf = Pbkdf2Params { iteration_count, ..Pbkdf2Params::hmac_sha256(1, &[0; 16]).unwrap() };
            affordable(&Kdf::Pbkdf2(kdf)).map_or_else(|error| error.code(), |()| "ok")
        };
        assert_eq!(pbkdf2(MAX_PBKDF2_ITERATIONS), "ok");
        assert_eq!(pbkdf2(MAX_PBKDF2_ITERATIONS + 1), "key-derivation-too-costly");
    }
}
