//! A-FMT-08: one text for a payload, but for the alphabet.

use cdi_envelope::Envelope;
use serde::Deserialize;

use crate::support::{unhex, vectors};

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    payload: String,
    text: String,
    verdict: String,
}

fn envelope(payload: &str, sig: &str) -> Vec<u8> {
    let value = serde_json::json!({
        "payload": payload, "payloadType": cdi_envelope::PAYLOAD_TYPE, "signatures": [{ "sig": sig }],
    });
    serde_json::to_vec(&value).unwrap()
}

#[test]
fn each_encoding_has_the_verdict_of_the_vectors() {
    let Cases { cases } = vectors("base64.json");
    assert_eq!(cases.len(), 50);
    for case in cases {
        let as_payload = Envelope::parse(&envelope(&case.text, ""));
        let as_sig = Envelope::parse(&envelope("", &case.text));
        if case.verdict == "refused" {
            assert_eq!(as_payload.unwrap_err().to_string(), "`payload` is not padded base64 of one alphabet");
            assert_eq!(as_sig.unwrap_err().code(), "envelope-base64", "{}", case.name);
            continue;
        }
        let (payload, sig) = (as_payload.unwrap().into_untrusted(), as_sig.unwrap().into_untrusted());
        let same = case.verdict == "accepted";
        assert_eq!(payload.payload() == unhex(&case.payload), same, "{}", case.name);
        assert_eq!(sig.signatures().next().unwrap().1 == unhex(&case.payload), same, "{}", case.name);
    }
}

#[test]
fn digits_may_be_escaped_as_json_allows() {
    let line = br#"{"payload":"Pj\u00382\/","payloadType":"application\/vnd.in-toto+json","signatures":[{"sig":""}]}"#;
    assert_eq!(Envelope::parse(line).unwrap_err().code(), "envelope-base64");
    let line = br#"{"payload":"Pj\u0038\/","payloadType":"application\/vnd.in-toto+json","signatures":[{"sig":""}]}"#;
    assert_eq!(Envelope::parse(line).unwrap().as_untrusted().payload(), b">??");
}
