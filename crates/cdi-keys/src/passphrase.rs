//! A passphrase that is forgotten when it is dropped.

use zeroize::Zeroizing;

use crate::PrivateKeyError;

/// A passphrase, not empty. Its memory is overwritten when it is dropped, and it is never shown.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes a passphrase as it was typed, without the line's end.
    ///
    /// # Errors
    /// [`PrivateKeyError::PassphraseEmpty`]: an empty one protects nothing.
    pub fn new(text: impl Into<Zeroizing<String>>) -> Result<Self, PrivateKeyError> {
        let text = text.into();
        if text.is_empty() { Err(PrivateKeyError::PassphraseEmpty) } else { Ok(Self(text)) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}
