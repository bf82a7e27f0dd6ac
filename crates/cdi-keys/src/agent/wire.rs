//! Messages of the agent's protocol, and the keys and signatures in them (RFC 4251, RFC 5656, RFC 8709).
//!
//! A message is its length in four bytes, big endian, then its bytes, of which the first is its kind. Strings in it are
//! written the same way.

use std::io::{self, Read, Write};

use cdi_envelope::{Algorithm, PublicKey};

pub(super) const FAILURE: u8 = 5;
pub(super) const LIST: u8 = 11;
pub(super) const LISTED: u8 = 12;
pub(super) const SIGN: u8 = 13;
pub(super) const SIGNED: u8 = 14;

const P256: &[u8] = b"ecdsa-sha2-nistp256";
const P256_CURVE: &[u8] = b"nistp256";
const ED25519: &[u8] = b"ssh-ed25519";

/// Reads one message; none at the end of the stream.
pub(super) fn receive(stream: &mut impl Read, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    let mut had = 0;
    while let Some(rest) = length.get_mut(had..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) if had == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => had += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_be_bytes(length) as usize;
    if length == 0 || length > most {
        let message = format!("a message of {length} bytes, of which 1 to {most} are taken");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    // Room is made as bytes come, not as a length promises.
    let mut message = Vec::new();
    stream.take(length as u64).read_to_end(&mut message)?;
    if message.len() == length { Ok(Some(message)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Sends one message.
pub(super) fn send(stream: &mut impl Write, kind: u8, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len() + 1).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut message = Vec::with_capacity(body.len() + 5);
    message.extend_from_slice(&length.to_be_bytes());
    message.push(kind);
    message.extend_from_slice(body);
    stream.write_all(&message)
}

/// What is left of a message to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }

    /// The last string.
    pub(super) fn last(mut self) -> Option<&'a [u8]> {
        self.string().filter(|_| self.0.is_empty())
    }
}

/// Strings, one after the other.
pub(super) fn strings(strings: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for string in strings {
        // None is longer than a message may be.
        bytes.extend_from_slice(&u32::try_from(string.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(string);
    }
    bytes
}

/// A key as agents name it, if it is one that statements are signed with. Others, such as RSA's, are none.
pub(super) fn public_key(blob: &[u8]) -> Option<PublicKey> {
    let mut fields = Fields(blob);
    match fields.string()? {
        P256 => {
            let curve = fields.string()?;
            PublicKey::from_point(Algorithm::EcdsaP256Sha256, fields.last()?)
                .ok()
                .filter(|_| curve == P256_CURVE)
        }
        ED25519 => PublicKey::from_point(Algorithm::Ed25519, fields.last()?).ok(),
        _ => None,
    }
}

/// The reverse of [`public_key`].
pub(super) fn blob(key: &PublicKey) -> Vec<u8> {
    let der = key.info().der();
    match key.algorithm() {
        // The point is the end of the SubjectPublicKeyInfo.
        Algorithm::EcdsaP256Sha256 => {
            strings(&[P256, P256_CURVE, der.last_chunk::<65>().map_or(der, |point| point.as_slice())])
        }
        Algorithm::Ed25519 => {
            strings(&[ED25519, der.last_chunk::<32>().map_or(der, |point| point.as_slice())])
        }
    }
}

/// A signature as statements have it, of one as agents give it.
pub(super) fn signature(algorithm: Algorithm, blob: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Fields(blob);
    match (fields.string()?, algorithm) {
        (P256, Algorithm::EcdsaP256Sha256) => {
            let mut numbers = Fields(fields.last()?);
            let r = scalar(numbers.string()?)?;
            let s = scalar(numbers.last()?)?;
            let signature = p256::ecdsa::Signature::from_scalars(r, s).ok()?;
            Some(signature.normalize_s().to_der().as_bytes().to_vec())
        }
        (ED25519, Algorithm::Ed25519) => fields.last().map(<[u8]>::to_vec),
        _ => None,
    }
}

/// The reverse of [`signature`].
pub(super) fn signature_blob(algorithm: Algorithm, signature: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::EcdsaP256Sha256 => {
            let (r, s) = p256::ecdsa::Signature::from_der(signature).ok()?.split_bytes();
            Some(strings(&[P256, &strings(&[&number(&r), &number(&s)])]))
        }
        Algorithm::Ed25519 => Some(strings(&[ED25519, signature])),
    }
}

/// A positive number of at most 256 bits, of one without needless zeros in front.
fn scalar(bytes: &[u8]) -> Option<[u8; 32]> {
    let digits = bytes.strip_prefix(&[0]).unwrap_or(bytes);
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let padded = digits.len() < bytes.len() && digits.first().is_none_or(|first| first & 0x80 == 0);
    let mut scalar = [0; 32];
    let start = 32_usize.checked_sub(digits.len()).filter(|_| !negative && !padded)?;
    scalar.get_mut(start..)?.copy_from_slice(digits);
    Some(scalar)
}

/// The reverse of [`scalar`].
fn number(scalar: &[u8]) -> Vec<u8> {
    let zeros = scalar.iter().take_while(|byte| **byte == 0).count();
    let digits = scalar.get(zeros..).unwrap_or_default();
    let sign = digits.first().filter(|first| **first & 0x80 != 0).map(|_| 0);
    sign.into_iter().chain(digits.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_positive_and_have_one_form() {
        for (bytes, last) in [(vec![], Some(0)), (vec![1], Some(1)), (vec![0, 0x80], Some(0x80))] {
            assert_eq!(scalar(&bytes).map(|scalar| scalar[31]), last, "{bytes:?}");
        }
        for bytes in [vec![0x80], vec![0, 1], vec![0], [&[0], [0xff; 33].as_slice()].concat(), vec![1; 33]] {
            assert_eq!(scalar(&bytes), None, "{bytes:?}");
        }
        for digits in [vec![1, 2], vec![0xff], vec![0x7f; 32], vec![0xff; 32]] {
            assert_eq!(number(&scalar(&number(&digits)).unwrap()), number(&digits));
        }
    }

    #[test]
    fn messages_are_whole_and_of_their_length() {
        let mut sent = Vec::new();
        send(&mut sent, SIGN, b"abc").unwrap();
        assert_eq!(sent, b"\0\0\0\x04\x0dabc");
        assert_eq!(receive(&mut sent.as_slice(), 4).unwrap().unwrap(), b"\x0dabc");
        assert!(receive(&mut sent.as_slice(), 3).is_err());
        assert!(receive(&mut [].as_slice(), 3).unwrap().is_none());
        assert!(receive(&mut &sent[..6], 9).is_err());
        assert!(receive(&mut &sent[..2], 9).is_err());
        assert!(receive(&mut b"\0\0\0\0".as_slice(), 9).is_err());
    }
}
