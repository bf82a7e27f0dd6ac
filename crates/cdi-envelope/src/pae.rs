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

    /// Takes bytes that are an encoding already.
    pub(crate) const fn from_encoded(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// All of the encoding but the payload, with room for it.
pub(crate) fn header(payload_type: &str, payload_len: usize) -> Vec<u8> {
    let text = format!("DSSEv1 {} {payload_type} {payload_len} ", payload_type.len());
    let mut bytes = Vec::with_capacity(text.len() + payload_len);
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

impl std::fmt::Debug for Pae {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pae({} bytes)", self.0.len())
    }
}
