//! What is said of envelopes, and how long what is written may be.

use cdi_envelope::{Algorithm, Envelope, EnvelopeError, PAYLOAD_TYPE};
use cdi_types::limits;

use crate::support::{PAYLOAD, base64, line, p256, sign};

#[test]
fn algorithms_are_named_by_their_words() {
    assert_eq!(Algorithm::EcdsaP256Sha256.to_string(), "ecdsa-p256-sha256");
    assert_eq!(Algorithm::Ed25519.to_string(), "ed25519");
}

#[test]
fn what_an_error_quotes_of_others_gives_a_terminal_nothing_to_obey() {
    let said = |text: &str| Envelope::parse(text.as_bytes()).unwrap_err().to_string();
    let text = line(&p256(1), PAYLOAD);
    let other = said(&text.replace(PAYLOAD_TYPE, "application/\\u001b[31mred"));
    assert!(other.contains(r"application/\u{1b}[31mred"), "{other}");
    let long = said(&text.replace(PAYLOAD_TYPE, &"x".repeat(10_000)));
    assert!(long.contains("xxx") && long.len() < 1_000, "{long}");
}

#[test]
fn a_line_that_is_written_is_one_that_can_be_read() {
    let signature = base64(&sign(&p256(1), PAYLOAD));
    // A hint that is left out is written as an empty one.
    let written = r#","keyid":"""#.len();
    let text = |hint: usize| {
        let (payload, hint) = (base64(PAYLOAD), "x".repeat(hint));
        format!(
            r#"{{"payload":"{payload}","payloadType":"{PAYLOAD_TYPE}","signatures":[{{"sig":"{signature}"}},{{"sig":"{signature}","keyid":"{hint}"}}]}}"#
        )
    };
    let whole = limits::LINE_BYTES - written - text(0).len();
    let envelope = |hint| Envelope::parse(text(hint).as_bytes()).unwrap().into_untrusted();
    let line = envelope(whole).to_line().unwrap();
    assert_eq!(line.len(), limits::LINE_BYTES);
    assert!(Envelope::parse(&line).is_ok());
    let found = limits::LINE_BYTES + 1;
    assert_eq!(envelope(whole + 1).to_line(), Err(EnvelopeError::TooLarge { found }));
}
