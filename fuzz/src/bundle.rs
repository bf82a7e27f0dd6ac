//! Bundles, their lines, and the envelopes in them (rules F-BUNDLE, F-ENVELOPE, F-BASE64).

use cdi_envelope::{Envelope, PAYLOAD_TYPE};
use cdi_types::Bundle;

use crate::reference::{self, Members};
use crate::{Target, seeds, shown};

pub(crate) const TARGET: Target = Target {
    name: "bundle",
    oracle: "lines and envelopes are those of a second reader, which is made of serde_json and a base64 of its own: the same are \
             accepted, with the same payloads, signatures and hints; what is written again reads the same",
    run,
    seeds,
    words: seeds::json_words,
    most: 8_192,
};

fn run(bytes: &[u8]) {
    let bundle = match Bundle::parse(bytes.to_vec()) {
        Ok(bundle) => bundle.into_untrusted(),
        Err(error) => return shown::told(error.code(), &error),
    };
    let expected = bytes.split(|byte| *byte == b'\n').enumerate();
    let expected = expected.filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace));
    let expected: Vec<(usize, &[u8])> = expected.map(|(index, line)| (index + 1, line)).collect();
    let found: Vec<(usize, &[u8])> = bundle.lines().map(|line| (line.number, line.bytes)).collect();
    assert_eq!(found, expected);
    found.iter().for_each(|(_, line)| envelope(line));
    let shaped = |line: &[u8]| {
        let members = reference::strict_json(line).and_then(|_| Members::of(std::str::from_utf8(line).ok()?));
        members.is_some_and(|of| of.text("payload").is_some() && of.text("signatures").is_some())
    };
    assert_eq!(bundle.has_an_envelope(), expected.iter().any(|(_, line)| shaped(line)));
    assert_eq!(bundle.into_bytes(), bytes);
}

/// Payload, and hint and bytes of each signature.
type Read = (Vec<u8>, Vec<(Option<String>, Vec<u8>)>);

fn envelope(line: &[u8]) {
    let (read, expected) = (Envelope::parse(line), second(line));
    let (envelope, expected) = match (read, expected) {
        (Ok(envelope), Some(expected)) => (envelope.into_untrusted(), expected),
        (Err(error), None) => return shown::told(error.code(), &error),
        (read, expected) => panic!("ours {read:?}, theirs {expected:?}"),
    };
    assert_eq!(told(&envelope), expected);
    let (payload, signatures) = expected;
    let without_absence = |(hint, bytes): (Option<String>, Vec<u8>)| (Some(hint.unwrap_or_default()), bytes);
    let signatures: Vec<_> = signatures.into_iter().map(without_absence).collect();
    let again = Envelope::parse(&envelope.to_line().unwrap()).unwrap().into_untrusted();
    assert_eq!(told(&again), (payload.clone(), signatures.clone()));
    let each = envelope.to_sigstore().unwrap();
    assert_eq!(each.len(), signatures.len());
    for (bundle, signature) in each.iter().zip(signatures) {
        let again = Envelope::of_sigstore(bundle).unwrap().unwrap().into_untrusted();
        assert_eq!(told(&again), (payload.clone(), vec![signature]));
    }
}

fn told(envelope: &Envelope) -> Read {
    let signatures = envelope.signatures().map(|(hint, bytes)| (hint.map(str::to_owned), bytes.to_vec()));
    (envelope.payload().to_vec(), signatures.collect())
}

fn second(line: &[u8]) -> Option<Read> {
    reference::strict_json(line)?;
    let members = Members::of(std::str::from_utf8(line).ok()?)?;
    let payload = reference::base64(&members.string("payload")?)?;
    let list: Vec<&serde_json::value::RawValue> = serde_json::from_str(members.text("signatures")?).ok()?;
    let signatures = list.iter().map(|one| {
        let members = Members::of(one.get())?;
        let hint = match members.text("keyid") {
            None => None,
            Some(text) => Some(serde_json::from_str::<String>(text).ok()?),
        };
        Some((hint, reference::base64(&members.string("sig")?)?))
    });
    let signatures = signatures.collect::<Option<Vec<_>>>()?;
    let right = members.string("payloadType")? == PAYLOAD_TYPE && (1..=16).contains(&signatures.len());
    right.then_some((payload, signatures))
}

fn seeds() -> Vec<Vec<u8>> {
    let one = r#"{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"a","sig":"AA=="}]}"#;
    let texts = [
        one.to_owned(),
        format!("\n \r\n{one}\r\n{one}"),
        one.replace("e30=", "e31="),
        one.replace("e30=", "-_8="),
        one.replace("e30=", "-/8="),
        one.replace("\"keyid\":\"a\",", "\"keyid\":null,"),
        one.replace("\"keyid\":\"a\",", "\"more\":[1e400],"),
        one.replace("[{\"keyid\":\"a\",\"sig\":\"AA==\"}]", "[[\"a\",\"AA==\"]]"),
        one.replace("/", "\\/"),
    ];
    texts.into_iter().map(String::into_bytes).chain(seeds::lines(16)).collect()
}
