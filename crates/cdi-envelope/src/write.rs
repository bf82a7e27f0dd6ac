//! Writing an envelope.

use cdi_types::KeyId;

use crate::{PAYLOAD_TYPE, base64};

/// One envelope as compact JSON on one line, without a line feed, in the standard base64 alphabet.
///
/// The payload is written as it is given; whether the signatures are over it is the caller's to know. An envelope
/// without signatures can be written, to be countersigned elsewhere, but [`crate::Envelope::parse`] refuses it.
#[must_use]
pub fn write_line(payload: &[u8], signatures: &[(KeyId, Vec<u8>)]) -> Vec<u8> {
    // Neither base64 nor hexadecimal nor the payload type has a character that JSON escapes.
    let signatures: Vec<String> = signatures
        .iter()
        .map(|(key, bytes)| {
            let sig = base64::WRITTEN.encode_to_string(bytes);
            format!(r#"{{"keyid":"{key}","sig":"{sig}"}}"#)
        })
        .collect();
    let payload = base64::WRITTEN.encode_to_string(payload);
    let signatures = signatures.join(",");
    format!(r#"{{"payload":"{payload}","payloadType":"{PAYLOAD_TYPE}","signatures":[{signatures}]}}"#)
        .into_bytes()
}
