//! A private key as PKCS#8 (RFC 5958) in PEM: read and written.

use cdi_envelope::Algorithm;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::pem::LineEnding;
use pkcs8::spki::{AlgorithmIdentifierRef, ObjectIdentifier};
use pkcs8::{EncodePrivateKey, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use crate::software::Secret;
use crate::{Passphrase, PrivateKeyError, encryption};

const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// Reads a key; an encrypted one needs the passphrase, another does not look at it.
pub(crate) fn read(text: &str, passphrase: Option<&Passphrase>) -> Result<Secret, PrivateKeyError> {
    let (label, document) = SecretDocument::from_pem(text.trim_end())
        .map_err(|_| PrivateKeyError::NotPkcs8 { found: "no PEM block with DER in it".to_owned() })?;
    let document = match label {
        PLAIN => document,
        ENCRYPTED => encryption::open(document.as_bytes(), passphrase)?,
        other => {
            let found = format!("a PEM block `{}`", other.escape_debug());
            return Err(PrivateKeyError::NotPkcs8 { found });
        }
    };
    // An encrypted key that opens to something else has, but for one case in 256, a wrong passphrase.
    let malformed = match label {
        ENCRYPTED => PrivateKeyError::PassphraseWrong,
        _ => PrivateKeyError::NotPkcs8 { found: "other bytes in the PEM block".to_owned() },
    };
    let info = PrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| malformed)?;
    read_info(&info)
}

fn read_info(info: &PrivateKeyInfoRef<'_>) -> Result<Secret, PrivateKeyError> {
    let parameters = info.algorithm.parameters_oid().ok();
    match (info.algorithm.oid, parameters) {
        (EC_PUBLIC_KEY, Some(PRIME256V1)) => p256::SecretKey::try_from(info.clone())
            .map(|key| Secret::P256(key.into()))
            .map_err(|_| PrivateKeyError::Malformed),
        (ID_ED25519, None) if info.algorithm.parameters.is_none() => read_ed25519(info),
        _ => Err(PrivateKeyError::AlgorithmUnknown),
    }
}

/// The key is an OCTET STRING of 32 bytes inside PKCS#8's own (RFC 8410, section 7).
fn read_ed25519(info: &PrivateKeyInfoRef<'_>) -> Result<Secret, PrivateKeyError> {
    let [4, 32, seed @ ..] = info.private_key.as_bytes() else { return Err(PrivateKeyError::Malformed) };
    let seed: &[u8; 32] = seed.try_into().map_err(|_| PrivateKeyError::Malformed)?;
    let key = ed25519_dalek::SigningKey::from_bytes(seed);
    match &info.public_key {
        Some(beside) if beside.raw_bytes() != key.verifying_key().as_bytes() => {
            Err(PrivateKeyError::PublicKeyMismatch)
        }
        _ => Ok(Secret::Ed25519(key)),
    }
}

/// Writes a key, encrypted if there is a passphrase.
pub(crate) fn write(
    secret: &Secret,
    passphrase: Option<&Passphrase>,
) -> Result<Zeroizing<String>, PrivateKeyError> {
    let plain = plain(secret)?;
    let (label, document) = match passphrase {
        None => (PLAIN, plain),
        Some(passphrase) => {
            let info =
                PrivateKeyInfoRef::try_from(plain.as_bytes()).map_err(|_| PrivateKeyError::Malformed)?;
            (ENCRYPTED, encryption::close(&info, passphrase)?)
        }
    };
    document.to_pem(label, LineEnding::LF).map_err(|_| PrivateKeyError::Malformed)
}

/// Version 1 of PKCS#8: OpenSSL 3.0 does not read version 2, which has the public key in it.
fn plain(secret: &Secret) -> Result<SecretDocument, PrivateKeyError> {
    match secret {
        Secret::P256(key) => p256::SecretKey::from(key.as_nonzero_scalar())
            .to_pkcs8_der()
            .map_err(|_| PrivateKeyError::Malformed),
        Secret::Ed25519(key) => {
            let seed = Zeroizing::new(key.to_bytes());
            let inner = Zeroizing::new([&[4, 32], seed.as_slice()].concat());
            let algorithm = AlgorithmIdentifierRef { oid: ID_ED25519, parameters: None };
            OctetStringRef::new(&inner)
                .and_then(|inner| SecretDocument::encode_msg(&PrivateKeyInfoRef::new(algorithm, inner)))
                .map_err(|_| PrivateKeyError::Malformed)
        }
    }
}

impl Secret {
    pub(crate) const fn algorithm(&self) -> Algorithm {
        match self {
            Self::P256(_) => Algorithm::EcdsaP256Sha256,
            Self::Ed25519(_) => Algorithm::Ed25519,
        }
    }
}
