//! What a signature must look like before it is verified.

use crate::der::{INTEGER, Reader, SEQUENCE};
use crate::edwards;

/// A signature that does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The bytes are no signature of the key's algorithm: not strict DER of two positive integers for ECDSA, not 64
    /// bytes for Ed25519.
    #[error("the signature is not encoded as {expected}")]
    Encoding {
        /// The expected encoding.
        expected: &'static str,
    },
    /// The point R of an Ed25519 signature has small order or is not in canonical form.
    #[error("the point R of the signature has small order or is not in canonical form")]
    WeakPoint,
    /// The signature is not one by this key over this message.
    #[error("the signature is not one by this key over this message")]
    Invalid,
}

impl SignatureError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Encoding { .. } => "signature-encoding",
            Self::WeakPoint => "signature-weak-point",
            Self::Invalid => "signature-invalid",
        }
    }
}

/// Holds an ECDSA signature to strict DER: a SEQUENCE of two positive INTEGERs in shortest form, of at most 33 bytes
/// each, and nothing after. That r and s are in `[1, n)` is left to the verification.
///
/// Of the two values s and n - s both verify (the *high-S* rule: accept). Nothing depends on it: ids are those of
/// payloads, and credit goes to keys, so a second signature by one key adds nothing.
pub(crate) fn admit_ecdsa(signature: &[u8]) -> Result<(), SignatureError> {
    let mut outer = Reader::new(signature);
    let positive = |inner: &mut Reader<'_>| match inner.expect(INTEGER)? {
        [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] | [0] => None,
        integer if integer.len() > 33 => None,
        _ => Some(()),
    };
    outer
        .expect(SEQUENCE)
        .filter(|_| outer.is_empty())
        .and_then(|content| {
            let mut inner = Reader::new(content);
            positive(&mut inner)?;
            positive(&mut inner)?;
            inner.is_empty().then_some(())
        })
        .ok_or(SignatureError::Encoding { expected: "an ECDSA signature in DER" })
}

/// Holds an Ed25519 signature to 64 bytes whose point R is in canonical form and not of small order. That S is below
/// the group's order, and that R is on the curve, is left to the verification.
pub(crate) fn admit_ed25519(signature: &[u8]) -> Result<(), SignatureError> {
    let bytes: &[u8; 64] = signature
        .try_into()
        .map_err(|_| SignatureError::Encoding { expected: "an Ed25519 signature of 64 bytes" })?;
    let point = bytes.first_chunk().ok_or(SignatureError::WeakPoint)?;
    edwards::admit_commitment(point).map_err(|_| SignatureError::WeakPoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A SEQUENCE of this content.
    fn sequence(content: &[u8]) -> Vec<u8> {
        [&[SEQUENCE, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn integer(bytes: &[u8]) -> Vec<u8> {
        [&[INTEGER, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    #[test]
    fn two_positive_integers_in_shortest_form_are_admitted() {
        for good in [&[1][..], &[0x7f], &[0, 0x80], &[0x7f; 33]] {
            for pair in [[integer(good), integer(&[1])], [integer(&[1]), integer(good)]] {
                assert_eq!(admit_ecdsa(&sequence(&pair.concat())), Ok(()), "{pair:x?}");
            }
        }
    }

    #[test]
    fn an_integer_in_another_form_is_rejected() {
        for bad in [&[][..], &[0], &[0x80], &[0xff, 1], &[0, 1], &[0, 0], &[0, 0x7f], &[0x7f; 34]] {
            for pair in [[integer(bad), integer(&[1])], [integer(&[1]), integer(bad)]] {
                assert!(admit_ecdsa(&sequence(&pair.concat())).is_err(), "{pair:x?}");
            }
        }
    }

    #[test]
    fn anything_beside_two_integers_is_rejected() {
        let one = integer(&[1]);
        let two = sequence(&[&one[..], &one].concat());
        let octets = [&[4, 1, 1], &one[..]].concat();
        for content in [&one[..], &[], &[&one[..], &one, &one].concat(), &octets] {
            assert!(admit_ecdsa(&sequence(content)).is_err(), "{content:x?}");
        }
        assert!(admit_ecdsa(&[&two[..], &[0]].concat()).is_err());
        assert!(admit_ecdsa(&[&[0x31], &two[1..]].concat()).is_err());
    }
}
