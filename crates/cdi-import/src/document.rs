//! The shapes of documents: which one a JSON text has, and the envelopes in it.
//!
//! The shape is told by one member that only it has, before anything in it is read: there is no trying of one shape after
//! another.

use cdi_envelope::Envelope;
use cdi_types::{json, limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Json;
use crate::certificate;
use crate::import::ImportError;
use crate::signer::Signer;

/// What a document has in it.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// An envelope; whether it is a line of a bundle as it stands.
    Envelope { envelope: Envelope, signers: Vec<Signer>, as_it_stands: bool },
    /// Link metadata: what was signed, as text.
    Link { signed: &'a str, signers: Vec<Signer> },
}

/// The members that tell a shape, and those that a shape needs.
#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(rename = "payloadType", borrow)]
    payload_type: Option<&'a RawValue>,
    #[serde(rename = "mediaType", borrow)]
    media_type: Option<&'a RawValue>,
    #[serde(borrow)]
    signed: Option<&'a RawValue>,
    #[serde(borrow)]
    attestations: Option<&'a RawValue>,
    #[serde(borrow)]
    signatures: Option<&'a RawValue>,
    #[serde(rename = "verificationMaterial", borrow)]
    verification_material: Option<&'a RawValue>,
}

/// What is in a JSON text; `Err` for one that has no shape that is known here.
pub(crate) fn found(text: &[u8]) -> Vec<Result<Found<'_>, ImportError>> {
    match shape(text) {
        Ok((text, shape)) => match shape.attestations {
            Some(list) => each(list),
            None => vec![one(text, &shape)],
        },
        Err(error) => vec![Err(error)],
    }
}

/// The bundles of a list, as registries answer: `{"attestations":[{"bundle":{...}}]}`.
fn each<'a>(list: &'a RawValue) -> Vec<Result<Found<'a>, ImportError>> {
    #[derive(Deserialize)]
    struct Entry<'a> {
        #[serde(borrow)]
        bundle: &'a RawValue,
    }
    let entries: Vec<Entry<'a>> = match serde_json::from_str(list.get()) {
        Ok(entries) => entries,
        Err(error) => return vec![Err(ImportError::unknown(&error))],
    };
    let inner = |entry: Entry<'a>| {
        let (text, shape) = shape(entry.bundle.get().as_bytes())?;
        match shape.attestations {
            Some(_) => Err(ImportError::unknown(&"a list in a list")),
            None => one(text, &shape),
        }
    };
    entries.into_iter().map(inner).collect()
}

fn shape(text: &[u8]) -> Result<(&str, Shape<'_>), ImportError> {
    if text.len() > limits::LINE_BYTES {
        return Err(cdi_envelope::EnvelopeError::TooLarge { found: text.len() }.into());
    }
    let text = json::strict(text)?.text().trim();
    if !text.starts_with('{') {
        return Err(ImportError::unknown(&"it is no object"));
    }
    let shape: Shape<'_> = serde_json::from_str(text).map_err(|error| ImportError::unknown(&error))?;
    let marks = [shape.payload_type, shape.media_type, shape.signed, shape.attestations];
    match marks.iter().flatten().count() {
        1 => Ok((text, shape)),
        0 => Err(ImportError::unknown(
            &"it has none of `payloadType`, `mediaType`, `signed` and `attestations`",
        )),
        _ => Err(ImportError::unknown(&"it has members of two forms, and could be read as either")),
    }
}

fn one<'a>(text: &'a str, shape: &Shape<'a>) -> Result<Found<'a>, ImportError> {
    if shape.payload_type.is_some() {
        let envelope = Envelope::parse(text.as_bytes())?.into_untrusted();
        return Ok(Found::Envelope { envelope, signers: signers(shape.signatures), as_it_stands: true });
    }
    if let Some(signed) = shape.signed {
        return Ok(Found::Link { signed: signed.get(), signers: signers(shape.signatures) });
    }
    let unknown = || ImportError::unknown(&"its `mediaType` is none of a Sigstore bundle");
    let envelope = Envelope::of_sigstore(text.as_bytes())?.ok_or_else(unknown)?.into_untrusted();
    Ok(Found::Envelope {
        envelope,
        signers: vec![of_material(shape.verification_material)],
        as_it_stands: false,
    })
}

/// Who signatures name: each a certificate where it has one (in PEM, as SLSA's generators write it, or that in base64, as
/// Witness does), or else a hint.
fn signers(signatures: Option<&RawValue>) -> Vec<Signer> {
    #[derive(Deserialize)]
    struct Signature {
        keyid: Option<Json>,
        cert: Option<Json>,
        certificate: Option<Json>,
    }
    let text = |value: Option<Json>| value.as_ref().and_then(Json::as_str).map(str::to_owned);
    let signatures = signatures.and_then(|list| serde_json::from_str::<Vec<Signature>>(list.get()).ok());
    let signer = |signature: Signature| {
        let wrapped = text(signature.certificate).and_then(|text| decoded(&text));
        let pem = text(signature.cert).or_else(|| wrapped.and_then(|bytes| String::from_utf8(bytes).ok()));
        match pem.and_then(|pem| pem_rfc7468::decode_vec(pem.trim().as_bytes()).ok().map(|(_, der)| der)) {
            Some(der) => certificate::signer(&der),
            None => Signer::Key { hint: text(signature.keyid).unwrap_or_default() },
        }
    };
    signatures.unwrap_or_default().into_iter().map(signer).collect()
}

/// Who the material of a Sigstore bundle names.
fn of_material(material: Option<&RawValue>) -> Signer {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Material {
        certificate: Option<Bytes>,
        #[serde(rename = "x509CertificateChain")]
        chain: Option<Chain>,
        public_key: Option<Hint>,
    }
    #[derive(Deserialize)]
    struct Chain {
        certificates: Vec<Bytes>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Bytes {
        raw_bytes: String,
    }
    #[derive(Deserialize)]
    struct Hint {
        hint: Option<String>,
    }
    let material = material.and_then(|material| serde_json::from_str::<Material>(material.get()).ok());
    let Some(material) = material else { return Signer::Key { hint: String::new() } };
    let first = material.chain.and_then(|chain| chain.certificates.into_iter().next());
    match material.certificate.or(first) {
        Some(bytes) => certificate::signer(&decoded(&bytes.raw_bytes).unwrap_or_default()),
        None => Signer::Key { hint: material.public_key.and_then(|key| key.hint).unwrap_or_default() },
    }
}

fn decoded(base64: &str) -> Option<Vec<u8>> {
    base64_simd::STANDARD.decode_to_vec(base64).ok()
}
