//! The envelopes of `vectors/dsse`: lines, keys and the expected codes, for this and for other implementations.

use cdi_envelope::{Budget, Envelope, PAYLOAD_TYPE, Pae, PublicKey};
use cdi_keys::{Signer, SoftwareKey};
use serde::{Deserialize, Serialize};

use crate::support::{PAYLOAD, base64, ed25519, line, p256, vector_path};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct File {
    comment: String,
    /// The trusted key, in PEM.
    key: String,
    cases: Vec<Case>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Case {
    name: String,
    attack: String,
    line: String,
    expected: String,
}

const KIND: &str = "application/vnd.in-toto+json";

fn near_misses() -> Vec<String> {
    let plain = [
        "application/vnd.in-toto+json ",
        " application/vnd.in-toto+json",
        "Application/vnd.in-toto+json",
        "application/vnd.in-toto+JSON",
        "application/vnd.in-toto+json; charset=utf-8",
        "application/vnd.in-toto+json;",
        "application/vnd.in-toto+jsonl",
        "application/vnd.in-toto+jso",
        "application/vnd.in-toto",
        "application/vnd.in_toto+json",
        "application/vnd.in-toto.provenance+json",
        "application/json",
        "https://in-toto.io/Statement/v1",
        "",
        "application/vnd.in-toto+json\u{0}",
        "application/vnd.in-toto+json\n",
        "application/vnd.in\u{2010}toto+json",
        "\u{430}pplication/vnd.in-toto+json",
    ];
    plain.iter().map(|kind| (*kind).to_owned()).collect()
}

fn case(name: &str, attack: &str, line: String, expected: &str) -> Case {
    Case { name: name.to_owned(), attack: attack.to_owned(), line, expected: expected.to_owned() }
}

fn typed(key: &SoftwareKey, kind: &str) -> String {
    let signature = key.sign(&Pae::new(kind, PAYLOAD)).unwrap();
    let kind = serde_json::to_string(kind).unwrap();
    let (payload, sig) = (base64(PAYLOAD), base64(&signature));
    format!(r#"{{"payload":"{payload}","payloadType":{kind},"signatures":[{{"sig":"{sig}"}}]}}"#)
}

fn file(key: &SoftwareKey, other: &SoftwareKey) -> File {
    let good = line(key, PAYLOAD);
    let payload_member = format!(r#""payload":"{}","#, base64(PAYLOAD));
    let sig_swapped = line(other, PAYLOAD)
        .replace(&other.public_key().key_id().to_string(), &key.public_key().key_id().to_string());
    let mut cases = vec![
        case("good", "", good.clone(), "ok"),
        case("good-without-keyid", "", typed(key, KIND), "ok"),
        case("good-with-foreign-keyid", "A-THR-04", good.replace("\"keyid\":\"", "\"keyid\":\"x"), "ok"),
        case("good-with-unknown-members", "A-FMT-19", good.replacen('{', r#"{"statement":{},"#, 1), "ok"),
        case("good-with-spaces", "A-FMT-05", format!(" {} ", good.replace("\":", "\" : ")), "ok"),
        case(
            "payload-twice",
            "A-FMT-01",
            good.replacen('{', &format!("{{{payload_member}"), 1),
            "json-duplicate-member",
        ),
        case(
            "payload-name-in-upper-case",
            "A-FMT-04",
            good.replacen("payload", "Payload", 1),
            "envelope-malformed",
        ),
        case("second-object", "A-FMT-05", format!("{good}{good}"), "json-trailing-data"),
        case(
            "no-signatures",
            "A-CRY-18",
            format!("{}[]}}", &good[..good.find('[').unwrap()]),
            "envelope-without-signature",
        ),
        case(
            "payload-one-space-more",
            "A-FMT-20",
            good.replace(&base64(PAYLOAD), &base64(&[PAYLOAD, b" "].concat())),
            "signature-invalid",
        ),
        case("signed-by-other-under-this-keyid", "A-THR-04", sig_swapped, "signature-invalid"),
    ];
    for (index, kind) in near_misses().iter().enumerate() {
        cases.push(case(
            &format!("payload-type-{index}"),
            "A-FMT-09",
            typed(key, kind),
            "envelope-payload-type",
        ));
    }
    let comment =
        "Envelopes and what becomes of them with the one trusted key. The private keys are public seeds.";
    File { comment: comment.to_owned(), key: key.public_key().to_pem(), cases }
}

fn verdict(key: &PublicKey, line: &str) -> &'static str {
    Envelope::parse(line.as_bytes())
        .and_then(|envelope| envelope.as_untrusted().verify_by(key, &mut Budget::new(16)))
        .map_or_else(|error| error.code(), |()| "ok")
}

fn each_case_has_its_code(name: &str, key: &SoftwareKey, other: &SoftwareKey) {
    let path = vector_path(&format!("{name}.json"));
    let made = file(key, other);
    if std::env::var_os("CDI_WRITE_VECTORS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
        std::fs::write(vector_path(&format!("{name}.pem")), &made.key).unwrap();
        std::fs::write(vector_path(&format!("{name}.intoto.jsonl")), made.cases[0].line.clone() + "\n")
            .unwrap();
    }
    let committed: File = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(committed, made, "signatures are deterministic, so the vectors are what the seeds make");
    let key = PublicKey::from_pem(&committed.key).unwrap();
    assert_eq!(committed.cases.len(), 29);
    for case in &committed.cases {
        assert_eq!(verdict(&key, &case.line), case.expected, "{}", case.name);
    }
}

#[test]
fn each_envelope_of_the_p256_vectors_has_its_code() {
    each_case_has_its_code("p256", &p256(1), &p256(2));
}

#[test]
fn each_envelope_of_the_ed25519_vectors_has_its_code() {
    each_case_has_its_code("ed25519", &ed25519(1), &ed25519(2));
}

#[test]
fn a_near_miss_of_the_type_is_signed_over_that_type() {
    let key = p256(1);
    let near = "application/vnd.in-toto+json ";
    let signature = key.sign(&Pae::new(near, PAYLOAD)).unwrap();
    assert_eq!(key.public_key().verify(&Pae::new(near, PAYLOAD), &signature), Ok(()));
    assert!(key.public_key().verify(&Pae::new(PAYLOAD_TYPE, PAYLOAD), &signature).is_err());
}
