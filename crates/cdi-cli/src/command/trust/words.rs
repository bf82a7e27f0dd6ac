//! Text as it is put into YAML: always between quotes, so that it is text whatever it says.

use crate::failure::Failure;

/// A text in quotes. What JSON quotes, YAML reads as the same text.
pub(crate) fn quoted(text: impl std::fmt::Display) -> String {
    serde_json::Value::from(text.to_string()).to_string()
}

/// Texts in quotes, between brackets.
pub(crate) fn list<T: std::fmt::Display>(texts: impl IntoIterator<Item = T>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(quoted).collect();
    format!("[{}]", quoted.join(", "))
}

/// A public key as policies have it.
pub(crate) fn key(key: &cdi_envelope::PublicKey) -> Result<String, Failure> {
    serde_json::to_string(key.info()).map_err(|error| Failure::failed("output-unwritable", error))
}
