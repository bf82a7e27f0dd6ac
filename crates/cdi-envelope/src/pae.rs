//! The pre-authentication encoding of DSSE: what is signed.

/// `DSSEv1 SP length(type) SP type SP length(payload) SP payload`, lengths in bytes and in decimal.
///
/// The lengths make the encoding injective: no byte can slide from the type into the payload under one signature.
/// This is the only thing that is ever signed or verified, so a signature over bare bytes or over a bare digest is
/// none of CDI's, and one of CDI's means nothing elsewhere. There is no way to make one of bare bytes:
///
/// ```compile_fail,E0423
/// let bare = cdi_envelope::Pae(b"a digest".to_vec());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pae(Vec<u8>);

impl Pae {
    /// Encodes a payload with its type.
    #[must_use]
    pub fn new(payload_type: &str, payload: &[u8]) -> Self {
        let mut bytes = header(payload_type, payload.len());
        bytes.extend_from_slice(payload);
        Self(bytes)
    }

    /// The bytes to be signed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes bytes that somebody else encoded; none if they are not the encoding of exactly one type and payload.
    #[must_use]
    pub fn of_encoding(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"DSSEv1 ")?;
        let (payload_type, rest) = counted(rest)?;
        let (payload, rest) = counted(rest.strip_prefix(b" ")?)?;
        let encoded = Self::new(std::str::from_utf8(payload_type).ok()?, payload);
        (rest.is_empty() && encoded.0 == bytes).then_some(encoded)
    }

    /// Takes bytes that are an encoding already.
    pub(crate) const fn from_encoded(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// Bytes after their number in decimal, and what follows them.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let (number, rest) = bytes.split_at_checked(space)?;
    let number: usize = std::str::from_utf8(number).ok()?.parse().ok()?;
    rest.get(1..)?.split_at_checked(number)
}

/// All of the encoding but the payload, with room for it.
pub(crate) fn header(payload_type: &str, payload_len: usize) -> Vec<u8> {
    let (of_type, of_payload) = (payload_type.len().to_string(), payload_len.to_string());
    let parts = ["DSSEv1 ", &of_type, " ", payload_type, " ", &of_payload, " "];
    let before: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(before + payload_len);
    parts.iter().for_each(|part| bytes.extend_from_slice(part.as_bytes()));
    bytes
}

impl std::fmt::Debug for Pae {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pae({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_encoding_is_taken_for_one() {
        for (payload_type, payload) in [("a/b", "{}"), ("", ""), ("a b", "1 2"), ("x", "DSSEv1 1 x 0 ")] {
            let encoded = Pae::new(payload_type, payload.as_bytes());
            assert_eq!(Pae::of_encoding(encoded.as_bytes()), Some(encoded), "{payload_type:?}");
        }
        let others: [&[u8]; 9] = [
            b"",
            b"DSSEv1 ",
            b"DSSEv1 1 x 1 ",
            b"DSSEv1 1 x 1 ab",
            b"DSSEv1 01 x 1 a",
            b"DSSEv1 +1 x 1 a",
            b"DSSEv1 1 x  1 a",
            b"dssev1 1 x 1 a",
            b"DSSEv1 1 \xff 1 a",
        ];
        for bytes in others {
            assert_eq!(Pae::of_encoding(bytes), None, "{}", bytes.escape_ascii());
        }
    }
}
