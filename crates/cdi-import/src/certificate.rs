//! The names in a certificate of Sigstore, as it says: nothing of it is verified.

use cdi_envelope::der::{OBJECT_IDENTIFIER, Reader, SEQUENCE};

use crate::Signer;

const BOOLEAN: u8 = 0x01;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0c;
/// `[0]` and `[3]` of a certificate to be signed: its version, its extensions.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
/// An electronic mail address and a URI among alternative names.
const MAIL: u8 = 0x81;
const URI: u8 = 0x86;

const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// 1.3.6.1.4.1.57264.1.1, the issuer as bare text, and 1.3.6.1.4.1.57264.1.8, the same as a UTF8String.
const ISSUER_BARE: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01, 0x01];
const ISSUER: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01, 0x08];

/// The signer that a certificate in DER names; one without names if it cannot be read.
pub(crate) fn signer(der: &[u8]) -> Signer {
    let (mut identity, mut issuer) = (None, None);
    for (kind, value) in extensions(der).unwrap_or_default() {
        match kind {
            SUBJECT_ALTERNATIVE_NAME => identity = name(value),
            ISSUER => issuer = Reader::new(value).expect(UTF8_STRING).and_then(text),
            ISSUER_BARE if issuer.is_none() => issuer = text(value),
            _ => {}
        }
    }
    Signer::Certificate { identity, issuer }
}

type Extension<'a> = (&'a [u8], &'a [u8]);

fn extensions(der: &[u8]) -> Option<Vec<Extension<'_>>> {
    let mut certificate = Reader::new(Reader::new(der).expect(SEQUENCE)?);
    let mut signed = Reader::new(certificate.expect(SEQUENCE)?);
    signed.expect(VERSION)?;
    // Serial number, algorithm, issuer, validity, subject, key.
    for _ in 0..6 {
        signed.element()?;
    }
    let mut list = Reader::new(Reader::new(signed.expect(EXTENSIONS)?).expect(SEQUENCE)?);
    let mut found = Vec::new();
    while !list.is_empty() {
        let mut extension = Reader::new(list.expect(SEQUENCE)?);
        let kind = extension.expect(OBJECT_IDENTIFIER)?;
        let (tag, first) = extension.element()?;
        let value = if tag == BOOLEAN { extension.expect(OCTET_STRING)? } else { first };
        found.push((kind, value));
    }
    Some(found)
}

/// The one name among alternative names; a certificate of Sigstore has exactly one.
fn name(value: &[u8]) -> Option<String> {
    let mut names = Reader::new(Reader::new(value).expect(SEQUENCE)?);
    let (tag, name) = names.element()?;
    if !names.is_empty() || !matches!(tag, MAIL | URI) {
        return None;
    }
    text(name)
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}
