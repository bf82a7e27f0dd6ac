//! A-FMT-01, 04, 05, 09, 16: what an envelope must look like.

use cdi_envelope::Envelope;
use cdi_types::limits;

use crate::support::{PAYLOAD, base64, ed25519, line, parse_code};

const SIGNATURES: &str = r#""signatures":[{"keyid":"k","sig":"AAAA"}]"#;
const TYPE: &str = r#""payloadType":"application/vnd.in-toto+json""#;

fn object(members: &[&str]) -> Vec<u8> {
    format!("{{{}}}", members.join(",")).into_bytes()
}

fn payload() -> String {
    format!(r#""payload":"{}""#, base64(PAYLOAD))
}

#[test]
fn members_that_are_there_twice_are_rejected() {
    let (good, bad) = (payload(), r#""payload":"AAAA""#);
    let (other_type, no_signatures) = (r#""payloadType":"text/plain""#, r#""signatures":[]"#);
    for members in [
        [good.as_str(), bad, TYPE, SIGNATURES],
        [bad, good.as_str(), TYPE, SIGNATURES],
        [good.as_str(), r#""p\u0061yload":"AAAA""#, TYPE, SIGNATURES],
        [good.as_str(), TYPE, other_type, SIGNATURES],
        [good.as_str(), other_type, TYPE, SIGNATURES],
        [good.as_str(), TYPE, SIGNATURES, no_signatures],
        [good.as_str(), TYPE, no_signatures, SIGNATURES],
        [good.as_str(), TYPE, r#""signatures":[{"sig":"AAAA","sig":"AAAA"}]"#, ""],
    ] {
        let members: Vec<&str> = members.into_iter().filter(|member| !member.is_empty()).collect();
        assert_eq!(parse_code(&object(&members)), "json-duplicate-member", "{members:?}");
    }
    let last_wins: serde_json::Value =
        serde_json::from_slice(&object(&[&good, bad, TYPE, SIGNATURES])).unwrap();
    assert_eq!(last_wins["payload"], "AAAA", "a lenient parser would have taken the other payload");
}

#[test]
fn names_in_another_case_fill_no_member() {
    let good = object(&[&payload(), TYPE, SIGNATURES]);
    assert_eq!(parse_code(&good), "ok");
    let good = String::from_utf8(good).unwrap();
    for (name, variants) in [
        ("payload\"", ["Payload\"", "PAYLOAD\"", "pay_load\""]),
        ("payloadType", ["PayloadType", "payloadtype", "payload_type"]),
        ("signatures", ["Signatures", "signature", "SIGNATURES"]),
        ("\"sig\"", ["\"Sig\"", "\"signature\"", "\"SIG\""]),
    ] {
        for variant in variants {
            assert_eq!(parse_code(good.replace(name, variant).as_bytes()), "envelope-malformed", "{variant}");
        }
    }
    for variant in ["keyId", "KeyID", "kid"] {
        let line = good.replace("keyid", variant);
        let envelope = Envelope::parse(line.as_bytes()).unwrap().into_untrusted();
        assert_eq!(envelope.signatures().next().unwrap().0, None, "{variant}");
    }
}

#[test]
fn data_after_the_envelope_is_rejected() {
    let good = line(&ed25519(1), PAYLOAD);
    for tail in ["{}", &good, "\0", "//", " x", ",", "]"] {
        assert_eq!(parse_code(format!("{good}{tail}").as_bytes()), "json-trailing-data", "{tail:?}");
    }
    for blank in ["", " ", "\t \r", "\n"] {
        assert_eq!(parse_code(format!("{blank}{good}{blank}").as_bytes()), "ok");
    }
    assert_eq!(parse_code(format!("\u{feff}{good}").as_bytes()), "json-syntax");
}

#[test]
fn other_json_types_are_not_read_as_missing() {
    let good = payload();
    for wrong in ["null", "1", "true", "{}", "[]", "[\"AAAA\"]"] {
        let member = |name: &str| format!("\"{name}\":{wrong}");
        for members in [
            [member("payload").as_str(), TYPE, SIGNATURES],
            [good.as_str(), &member("payloadType"), SIGNATURES],
            [good.as_str(), TYPE, &format!("\"signatures\":[{{{}}}]", member("sig"))],
            [good.as_str(), TYPE, &format!("\"signatures\":[{{\"sig\":\"AAAA\",{}}}]", member("keyid"))],
            [good.as_str(), TYPE, &format!("\"signatures\":[{wrong}]")],
        ] {
            assert_eq!(parse_code(&object(&members)), "envelope-malformed", "{members:?}");
        }
    }
    for wrong in ["null", "{}", "\"AAAA\""] {
        let members = [good.as_str(), TYPE, &format!("\"signatures\":{wrong}")];
        assert_eq!(parse_code(&object(&members)), "envelope-malformed", "{members:?}");
    }
}

#[test]
fn arrays_are_not_read_as_envelopes() {
    let line = format!(r#"["{}","application/vnd.in-toto+json",[{{"sig":"AAAA"}}]]"#, base64(PAYLOAD));
    assert_eq!(parse_code(line.as_bytes()), "envelope-malformed");
    let line = object(&[&payload(), TYPE, r#""signatures":[["k","AAAA"]]"#]);
    assert_eq!(parse_code(&line), "envelope-malformed");
    for bad in ["null", "1", "\"x\"", "[]", "true", "", " "] {
        assert_ne!(parse_code(bad.as_bytes()), "ok", "{bad:?}");
    }
}

#[test]
fn the_number_of_signatures_has_bounds() {
    let with = |count: usize| {
        let signatures = vec![r#"{"sig":"AAAA"}"#; count].join(",");
        parse_code(&object(&[&payload(), TYPE, &format!("\"signatures\":[{signatures}]")]))
    };
    assert_eq!(with(0), "envelope-without-signature");
    assert_eq!(with(1), "ok");
    assert_eq!(with(limits::ENVELOPE_SIGNATURES), "ok");
    assert_eq!(with(limits::ENVELOPE_SIGNATURES + 1), "limit-envelope-signatures");
}

#[test]
fn the_length_of_a_line_has_a_bound() {
    let mut line = line(&ed25519(1), PAYLOAD).into_bytes();
    line.resize(limits::LINE_BYTES, b' ');
    assert_eq!(parse_code(&line), "ok");
    line.push(b' ');
    assert_eq!(parse_code(&line), "limit-line-bytes");
}

#[test]
fn text_from_outside_is_escaped_in_errors() {
    let line = object(&[&payload(), r#""payloadType":"\u001b[31m\n""#, SIGNATURES]);
    let text = Envelope::parse(&line).unwrap_err().to_string();
    assert!(!text.contains(['\u{1b}', '\n']), "{text:?}");
}
