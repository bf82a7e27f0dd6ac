//! A statement on its way into a bundle.

use cdi_envelope::Pae;
use cdi_keys::Signer;
use serde_json::Value;

use super::{compact, key, key_id};

/// The `payloadType` of a sound envelope.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A statement with those who sign it.
#[derive(Debug, Clone)]
pub struct Part {
    /// The name by which the scenario speaks of it.
    pub name: String,
    /// The names of the keys that sign.
    pub signers: Vec<String>,
    /// The `payloadType` that is signed and written.
    pub payload_type: String,
    /// The bytes that are signed.
    pub payload: Vec<u8>,
    /// The line, if it is not simply the sealed payload.
    pub line: Option<Vec<u8>>,
}

impl Part {
    /// A statement with one signer.
    #[must_use]
    pub fn new(name: &str, signer: &str, statement: &Value) -> Self {
        Self {
            name: name.to_owned(),
            signers: vec![signer.to_owned()],
            payload_type: IN_TOTO.to_owned(),
            payload: compact(statement).into_bytes(),
            line: None,
        }
    }

    /// Changes the statement.
    pub fn change(&mut self, change: impl FnOnce(&mut Value)) {
        let mut statement = self.statement();
        change(&mut statement);
        self.payload = compact(&statement).into_bytes();
    }

    /// The statement.
    #[must_use]
    pub fn statement(&self) -> Value {
        serde_json::from_slice(&self.payload).expect("a statement that is still JSON")
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The envelope, on one line.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        if let Some(line) = &self.line {
            return line.clone();
        }
        let message = Pae::new(&self.payload_type, &self.payload);
        let signatures = self.signers.iter().map(|signer| {
            let signature = key(signer).sign(&message).expect("a software key signs");
            (key_id(signer), signature)
        });
        let signatures: Vec<_> = signatures.collect();
        envelope(&self.payload, &self.payload_type, &signatures).into_bytes()
    }
}

/// An envelope of these signatures, whatever they are worth.
#[must_use]
pub fn envelope(payload: &[u8], payload_type: &str, signatures: &[(String, Vec<u8>)]) -> String {
    let base64 = |bytes: &[u8]| base64_simd::STANDARD.encode_to_string(bytes);
    let signatures = signatures
        .iter()
        .map(|(key, signature)| format!(r#"{{"keyid":"{key}","sig":"{}"}}"#, base64(signature)));
    let signatures = signatures.collect::<Vec<_>>().join(",");
    let (payload, payload_type) = (base64(payload), Value::from(payload_type));
    format!(r#"{{"payload":"{payload}","payloadType":{payload_type},"signatures":[{signatures}]}}"#)
}
