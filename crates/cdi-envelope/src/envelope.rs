//! DSSE envelopes: reading one, and asking whether a key signed it.

use std::borrow::Cow;

use cdi_types::json::{self, StrictText};
use cdi_types::{KeyId, Unverified, limits};
use serde::Deserialize;

use crate::{Budget, EnvelopeError, PAYLOAD_TYPE, Pae, PublicKey, base64, pae};

/// An envelope of an in-toto statement, as received.
///
/// The payload is kept inside the message that its signatures are over: what is read is what is verified, byte for
/// byte, and nothing is ever serialised again for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    message: Pae,
    payload_at: usize,
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    hint: Option<Box<str>>,
    bytes: Vec<u8>,
}

impl Envelope {
    /// Reads one line of a bundle. On `Ok` the form is right (rules F-ENVELOPE, F-BASE64) and the payload's type is
    /// [`PAYLOAD_TYPE`]; nothing is known about who signed, nor about what the payload says. Members that are not
    /// described are ignored: neither a key nor an algorithm nor a copy of the statement that an envelope brings along
    /// is read.
    ///
    /// # Errors
    /// [`EnvelopeError`] names the rule that the line breaks.
    pub fn parse(line: &[u8]) -> Result<Unverified<Self>, EnvelopeError> {
        Self::of(EnvelopeIn::of_line(&strict(line)?)?)
    }

    /// Holds what was read to its form.
    pub(crate) fn of(raw: EnvelopeIn<'_>) -> Result<Unverified<Self>, EnvelopeError> {
        if raw.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::PayloadType { found: escaped(&raw.payload_type) });
        }
        match raw.signatures.len() {
            0 => return Err(EnvelopeError::NoSignature),
            1..=limits::ENVELOPE_SIGNATURES => {}
            found => return Err(EnvelopeError::TooManySignatures { found }),
        }
        let signatures = raw.signatures.into_iter().map(Signature::read).collect::<Result<_, _>>()?;
        let (message, payload_at) = message(&raw.payload)?;
        Ok(Unverified::new(Self { message, payload_at, signatures }))
    }

    /// The payload's type: [`PAYLOAD_TYPE`], since no other is read.
    #[must_use]
    pub const fn payload_type(&self) -> &'static str {
        PAYLOAD_TYPE
    }

    /// The payload's bytes as received.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.message.as_bytes().get(self.payload_at..).unwrap_or_default()
    }

    /// The signatures, each with the key id that the envelope suggests for it.
    #[must_use]
    pub fn signatures(&self) -> Signatures<'_> {
        Signatures(self.signatures.iter())
    }

    /// Asks whether `key` signed. On `Ok` at least one signature of the envelope verifies with exactly this key over
    /// exactly [`Self::payload`] and its type; how many do is not told, since nothing counts signatures.
    ///
    /// Key ids of the envelope are hints: signatures that name this key are tried first, then all others.
    ///
    /// # Errors
    /// [`EnvelopeError::NotSignedBy`] if none verifies; [`EnvelopeError::VerificationBudget`] if the budget was spent
    /// before that was known.
    pub fn verify_by(&self, key: &PublicKey, budget: &mut Budget) -> Result<(), EnvelopeError> {
        self.signature_by(key, budget).map(drop)
    }

    /// As [`Self::verify_by`]; the signature that verifies, the first that was found.
    ///
    /// # Errors
    /// As [`Self::verify_by`].
    pub fn signature_by(&self, key: &PublicKey, budget: &mut Budget) -> Result<&[u8], EnvelopeError> {
        for signature in self.in_order(key.key_id()) {
            budget.take()?;
            if key.verify(&self.message, signature).is_ok() {
                return Ok(signature);
            }
        }
        Err(EnvelopeError::NotSignedBy { key: key.key_id() })
    }

    /// The signature that [`Self::signature_by`] tries first.
    #[must_use]
    pub fn first_tried(&self, key: KeyId) -> Option<&[u8]> {
        self.in_order(key).next()
    }

    /// The signatures in the order in which they are tried.
    fn in_order(&self, key: KeyId) -> impl Iterator<Item = &[u8]> {
        // One alone comes first whatever it hints at.
        let id = if self.signatures.len() > 1 { key.to_string() } else { String::new() };
        let hinted = move |signature: &&Signature| signature.hint.as_deref() == Some(id.as_str());
        let others = {
            let hinted = hinted.clone();
            move |signature: &&Signature| !hinted(signature)
        };
        let all = self.signatures.iter();
        all.clone().filter(hinted).chain(all.filter(others)).map(|signature| signature.bytes.as_slice())
    }
}

impl Envelope {
    /// Asks whether `key` signed too, by a signature that names it: a countersignature. One that names nobody, or somebody
    /// else, is not tried, so that each costs one verification at most.
    ///
    /// # Errors
    /// [`EnvelopeError::VerificationBudget`] if the budget was spent before that was known.
    pub fn is_countersigned_by(&self, key: &PublicKey, budget: &mut Budget) -> Result<bool, EnvelopeError> {
        let id = key.key_id().to_string();
        for signature in self.signatures.iter().filter(|one| one.hint.as_deref() == Some(id.as_str())) {
            budget.take()?;
            if key.verify(&self.message, &signature.bytes).is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What every signature of the envelope is over.
    #[must_use]
    pub const fn message(&self) -> &Pae {
        &self.message
    }
}

/// The signatures of an envelope: key id hint and bytes.
#[derive(Debug, Clone)]
pub struct Signatures<'a>(std::slice::Iter<'a, Signature>);

impl<'a> Iterator for Signatures<'a> {
    type Item = (Option<&'a str>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|signature| (signature.hint.as_deref(), signature.bytes.as_slice()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Signatures<'_> {}

/// What was signed, and where in it the payload begins. The payload is decoded into its place.
fn message(payload: &str) -> Result<(Pae, usize), EnvelopeError> {
    let expected = base64::decoded_len(payload);
    let mut bytes = pae::header(PAYLOAD_TYPE, expected);
    let payload_at = bytes.len();
    base64::decode_append(payload, &mut bytes)
        .filter(|()| bytes.len() - payload_at == expected)
        .ok_or(EnvelopeError::Base64 { member: "payload" })?;
    Ok((Pae::from_encoded(bytes), payload_at))
}

/// Reads JSON that is strict, and no longer than a line of a bundle.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, EnvelopeError> {
    json::typed(strict(text)?).map_err(|error| malformed(&error))
}

fn strict(text: &[u8]) -> Result<StrictText<'_>, EnvelopeError> {
    if text.len() > limits::LINE_BYTES {
        return Err(EnvelopeError::TooLarge { found: text.len() });
    }
    Ok(json::strict(text)?)
}

fn malformed(error: &serde_json::Error) -> EnvelopeError {
    EnvelopeError::Malformed { detail: escaped(&error.to_string()) }
}

fn escaped(text: &str) -> String {
    text.chars().take(300).flat_map(char::escape_debug).collect()
}

impl Signature {
    fn read(raw: SignatureIn<'_>) -> Result<Self, EnvelopeError> {
        let bytes = base64::decode(&raw.sig).ok_or(EnvelopeError::Base64 { member: "sig" })?;
        Ok(Self { hint: raw.keyid.map(|hint| hint.into_owned().into_boxed_str()), bytes })
    }
}

#[derive(Deserialize)]
pub(crate) struct EnvelopeIn<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(rename = "payloadType", borrow)]
    payload_type: Cow<'a, str>,
    #[serde(borrow)]
    signatures: Vec<SignatureIn<'a>>,
}

impl<'a> EnvelopeIn<'a> {
    /// What a line says, if it is an envelope. Nearly all of a line is its payload, which is not looked through twice.
    fn of_line(line: &StrictText<'a>) -> Result<Self, EnvelopeError> {
        if !line.is_object() {
            return Err(EnvelopeError::Malformed { detail: "an envelope is an object".to_owned() });
        }
        let text = |name| found(line.read_text(name), name);
        let (payload, payload_type) = (text("payload")?, text("payloadType")?);
        Ok(Self { payload, payload_type, signatures: found(line.read("signatures"), "signatures")? })
    }
}

fn found<T>(read: Option<Result<T, serde_json::Error>>, name: &str) -> Result<T, EnvelopeError> {
    let missing = || EnvelopeError::Malformed { detail: format!("missing field `{name}`") };
    read.ok_or_else(missing)?.map_err(|error| malformed(&error))
}

#[derive(Deserialize)]
pub(crate) struct SignatureIn<'a> {
    #[serde(default, borrow)]
    keyid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sig: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line is read from where its members stand, an envelope within a bundle of Sigstore's by its type.
    #[test]
    fn an_envelope_is_the_same_however_it_is_read() {
        let payload = r#""payload":"e30=""#;
        let of_type = r#""payloadType":"application/vnd.in-toto+json""#;
        let signed = r#""signatures":[{"keyid":"a","sig":"AAAA"}]"#;
        let whole = format!("{{{payload},{of_type},{signed}}}");
        let with = |from: &str, to: &str| whole.replace(from, to);
        let good = [
            whole.clone(),
            format!(" {{ {signed} , {of_type} ,\t{payload} , \"more\": [null] }} "),
            with("e30=", "\\u0065\\u00330="),
            with("application/", "application\\/"),
            with(r#""keyid":"a","#, ""),
        ];
        let bad = [
            with("e30=", "e30"),
            with(r#""e30=""#, "null"),
            with(r#""e30=""#, r#"["e30="]"#),
            with(payload, r#""other":"e30=""#),
            with(of_type, r#""payloadType":7"#),
            with("payloadType", "payloadtype"),
            with(signed, r#""signatures":{}"#),
            with(signed, r#""signatures":[]"#),
            with(signed, r#""signatures":[["a","AAAA"]]"#),
            with(r#""a""#, "null"),
            with(r#""AAAA""#, "1"),
            "[]".to_owned(),
            r#""payload""#.to_owned(),
        ];
        for (texts, is_good) in [(good.as_slice(), true), (bad.as_slice(), false)] {
            for text in texts {
                let code = |error: EnvelopeError| error.code();
                let by_place = Envelope::parse(text.as_bytes()).map(Unverified::into_untrusted);
                let by_type = read(text.as_bytes()).and_then(Envelope::of).map(Unverified::into_untrusted);
                assert_eq!(by_place.is_ok(), is_good, "{text}");
                assert_eq!(by_place.map_err(code), by_type.map_err(code), "{text}");
            }
        }
    }
}
