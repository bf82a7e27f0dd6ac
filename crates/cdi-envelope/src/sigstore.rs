//! Sigstore bundles of version 0.3: how the tools of Sigstore keep an envelope together with what verifies it.
//!
//! Written is one bundle for each signature, since a Sigstore bundle has exactly one. Read is the envelope alone:
//! certificates, log entries and time stamps that a bundle has beside it are not looked at, and prove nothing here.

use std::borrow::Cow;

use cdi_types::{Unverified, limits};
use serde::{Deserialize, Serialize};

use crate::envelope::{EnvelopeIn, read};
use crate::{Envelope, EnvelopeError, PAYLOAD_TYPE, base64};

/// The `mediaType` of what is written.
const WRITTEN: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// How the `mediaType` of every version begins.
const EVERY: &str = "application/vnd.dev.sigstore.bundle";

/// A Sigstore bundle as it is written. A key that is known by its id is looked up by whoever verifies; the specification
/// wants the same hint here and in the envelope.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BundleOut<'a> {
    media_type: &'static str,
    verification_material: MaterialOut<'a>,
    dsse_envelope: EnvelopeOut<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MaterialOut<'a> {
    public_key: HintOut<'a>,
    tlog_entries: [(); 0],
}

#[derive(Serialize)]
struct HintOut<'a> {
    hint: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EnvelopeOut<'a> {
    payload: &'a str,
    payload_type: &'static str,
    signatures: Vec<SignatureOut<'a>>,
}

#[derive(Serialize)]
struct SignatureOut<'a> {
    sig: String,
    keyid: &'a str,
}

impl Envelope {
    /// The envelope as Sigstore bundles, one for each signature, each one JSON document on one line. The payload is the same
    /// byte for byte. Nothing was verified.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`] if a bundle cannot be written, which no envelope causes.
    pub fn to_sigstore(&self) -> Result<Vec<Vec<u8>>, EnvelopeError> {
        let payload = base64::WRITTEN.encode_to_string(self.payload());
        let written = self.signatures().map(|(hint, bytes)| {
            let hint = hint.unwrap_or_default();
            let signature = SignatureOut { sig: base64::WRITTEN.encode_to_string(bytes), keyid: hint };
            let bundle = BundleOut {
                media_type: WRITTEN,
                verification_material: MaterialOut { public_key: HintOut { hint }, tlog_entries: [] },
                dsse_envelope: EnvelopeOut {
                    payload: &payload,
                    payload_type: PAYLOAD_TYPE,
                    signatures: vec![signature],
                },
            };
            serde_json::to_vec(&bundle).map_err(malformed)
        });
        written.collect()
    }

    /// The envelope as one line of a bundle, without a line feed: the same payload byte for byte, under the same signatures.
    ///
    /// # Errors
    /// [`EnvelopeError::TooLarge`] if the line would be longer than what is read.
    pub fn to_line(&self) -> Result<Vec<u8>, EnvelopeError> {
        let payload = base64::WRITTEN.encode_to_string(self.payload());
        let signatures = self.signatures().map(|(hint, bytes)| SignatureOut {
            sig: base64::WRITTEN.encode_to_string(bytes),
            keyid: hint.unwrap_or_default(),
        });
        let envelope =
            EnvelopeOut { payload: &payload, payload_type: PAYLOAD_TYPE, signatures: signatures.collect() };
        let line = serde_json::to_vec(&envelope).map_err(malformed)?;
        match line.len() {
            found if found > limits::LINE_BYTES => Err(EnvelopeError::TooLarge { found }),
            _ => Ok(line),
        }
    }

    /// Reads the envelope of a Sigstore bundle of any version; `None` if the text is no Sigstore bundle. What is true of the
    /// envelope says [`Self::parse`].
    ///
    /// # Errors
    /// [`EnvelopeError`] names what is wrong with the envelope, or with the JSON around it. A bundle with a signature over a
    /// bare file has no envelope: [`EnvelopeError::Malformed`].
    pub fn of_sigstore(text: &[u8]) -> Result<Option<Unverified<Self>>, EnvelopeError> {
        let bundle: BundleIn<'_> = read(text)?;
        if !bundle.media_type.is_some_and(|found| found.starts_with(EVERY)) {
            return Ok(None);
        }
        let detail = || "the Sigstore bundle has no `dsseEnvelope`".to_owned();
        let raw = bundle.dsse_envelope.ok_or_else(|| EnvelopeError::Malformed { detail: detail() })?;
        Self::of(raw).map(Some)
    }
}

/// A Sigstore bundle, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BundleIn<'a> {
    #[serde(default, borrow)]
    media_type: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    dsse_envelope: Option<EnvelopeIn<'a>>,
}

fn malformed(error: serde_json::Error) -> EnvelopeError {
    EnvelopeError::Malformed { detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] = include_bytes!("../../../vectors/dsse/p256.intoto.jsonl");

    fn envelope() -> Envelope {
        Envelope::parse(LINE).unwrap().into_untrusted()
    }

    /// The envelope with its signature twice, the second under a hint that JSON must escape.
    fn twice() -> Envelope {
        let mut value: serde_json::Value = serde_json::from_slice(LINE).unwrap();
        let mut second = value["signatures"][0].clone();
        second["keyid"] = serde_json::json!("a \"key\"");
        value["signatures"].as_array_mut().unwrap().push(second);
        Envelope::parse(&serde_json::to_vec(&value).unwrap()).unwrap().into_untrusted()
    }

    #[test]
    fn each_signature_gives_a_bundle_of_its_own_with_one_hint() {
        let bundles = twice().to_sigstore().unwrap();
        let hints: Vec<String> = twice().signatures().map(|(hint, _)| hint.unwrap().to_owned()).collect();
        assert_eq!(bundles.len(), 2);
        for (bundle, hint) in bundles.iter().zip(hints) {
            let value: serde_json::Value = serde_json::from_slice(bundle).unwrap();
            assert_eq!(value["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
            assert_eq!(value["verificationMaterial"]["publicKey"]["hint"], hint);
            assert_eq!(value["dsseEnvelope"]["signatures"].as_array().unwrap().len(), 1);
            assert_eq!(value["dsseEnvelope"]["signatures"][0]["keyid"], hint);
            let read = Envelope::of_sigstore(bundle).unwrap().unwrap().into_untrusted();
            assert_eq!(read.payload(), envelope().payload());
        }
    }

    #[test]
    fn an_envelope_survives_its_line() {
        let line = twice().to_line().unwrap();
        assert!(!line.contains(&b'\n'));
        assert_eq!(Envelope::parse(&line).unwrap().into_untrusted(), twice());
    }

    #[test]
    fn what_is_no_bundle_of_an_envelope_is_not_taken_for_one() {
        assert!(Envelope::of_sigstore(LINE).unwrap().is_none());
        let of = |text: &str| Envelope::of_sigstore(text.as_bytes()).map(|found| found.is_some());
        assert_eq!(of(r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#), Ok(false));
        for (bad, code) in [
            (
                r#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","messageSignature":{}}"#,
                "envelope-malformed",
            ),
            (
                r#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","mediaType":"x"}"#,
                "json-duplicate-member",
            ),
            (
                r#"{"mediaType":"application/vnd.dev.sigstore.bundle+json;version=0.1","dsseEnvelope":{"payload":"","payloadType":"text/plain","signatures":[]}}"#,
                "envelope-payload-type",
            ),
        ] {
            assert_eq!(of(bad).unwrap_err().code(), code, "{bad}");
        }
    }
}
