//! What DSSE signs (rule F-PAYLOADTYPE).

use cdi_envelope::Pae;

use crate::{Target, reference};

pub(crate) const TARGET: Target = Target {
    name: "pae",
    oracle: "an encoding is the reference's bytes; exactly the encodings are taken for one; no two payloads or types have the same",
    run,
    seeds,
    words,
    most: 512,
};

/// A type up to the first zero, and a payload; and the bytes themselves as an encoding.
fn run(bytes: &[u8]) {
    let read = Pae::of_encoding(bytes);
    let expected = reference::of_pae(bytes);
    assert_eq!(read.is_some(), expected.is_some(), "{expected:?}");
    if let (Some(read), Some((kind, payload))) = (read, expected) {
        assert_eq!(read, Pae::new(&kind, &payload));
        assert_eq!(read.as_bytes(), bytes);
    }
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let kind = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let payload = parts.next().unwrap_or_default();
    let encoded = Pae::new(&kind, payload);
    assert_eq!(encoded.as_bytes(), reference::pae(&kind, payload));
    assert_eq!(reference::of_pae(encoded.as_bytes()), Some((kind, payload.to_vec())));
}

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "application/vnd.in-toto+json\0{}",
        "\0",
        "a b\x001 2",
        "x\0DSSEv1 1 x 0 ",
        "DSSEv1 28 application/vnd.in-toto+json 2 {}",
        "DSSEv1 0  0 ",
        "DSSEv1 3 a b 3 1 2",
        "DSSEv1 01 x 1 a",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn words() -> Vec<Vec<u8>> {
    ["DSSEv1 ", " 0 ", " 1 ", "application/vnd.in-toto+json", "+1", "01"]
        .map(|word| word.as_bytes().to_vec())
        .into()
}
