//! What somebody writes who wants to be read in two ways, or not at all.

use crate::{envelope, gaps, items, only, statement};

const SLSA: &str = "https://slsa.dev/provenance/v1";
const GOOD: &str = r#"{"buildDefinition":{"buildType":"t","externalParameters":{},"resolvedDependencies":[]},"runDetails":{"builder":{"id":"b"}}}"#;

/// The code of what is no statement of anybody's.
fn code(text: &str) -> &'static str {
    let items = items(text.as_bytes());
    assert_eq!(items.len(), 1, "{items:?}");
    items[0].outcome.as_ref().unwrap_err().code()
}

fn predicate(text: &str) -> Vec<&'static str> {
    let found = only(envelope(&statement(SLSA, text)).as_bytes());
    assert!(found.account.is_none() || !gaps(&found).contains(&"import-predicate-unread"));
    gaps(&found)
}

#[test]
fn the_good_one_is_read() {
    assert_eq!(predicate(GOOD), [""; 0]);
}

#[test]
fn a_member_that_is_there_twice_is_read_in_no_way() {
    let twice = GOOD.replace(r#""id":"b""#, r#""id":"b","id":"c""#);
    let found = only(envelope(&statement(SLSA, &twice)).as_bytes());
    assert_eq!(gaps(&found), ["json-duplicate-member"]);
    assert_eq!((found.line, found.account, found.id), (None, None, None));
    let outside = envelope(&statement(SLSA, GOOD));
    let payload = base64_simd::STANDARD.encode_to_string("{}");
    let outside = outside.replacen('{', &format!(r#"{{"payload":"{payload}","#), 1);
    assert_eq!(code(&outside), "json-duplicate-member");
    let link = r#"{"signed":{"_type":"link","name":"a","name":"b","products":{}},"signatures":[]}"#;
    assert_eq!(code(link), "json-duplicate-member");
}

/// A name that a library takes for a sign: what stands under it would be read as JSON that nobody has held to be strict.
#[test]
fn no_name_of_a_member_means_something_else() {
    let inside = r#"{\"id\":\"a\",\"id\":\"b\"}"#;
    let hidden = format!(r#"{{"$serde_json::private::RawValue":"{inside}"}}"#);
    assert_eq!(predicate(&GOOD.replace(r#"{"id":"b"}"#, &hidden)), ["import-predicate-unread"]);
    let text =
        statement(SLSA, GOOD).replace(r#"{"sha256""#, r#"{"$serde_json::private::RawValue":"{}","sha256""#);
    assert!(gaps(&only(envelope(&text).as_bytes())).is_empty());
}

#[test]
fn a_payload_of_two_encodings_is_no_payload() {
    let good = envelope(&statement(SLSA, &GOOD.replace("\"t\"", "\"???>>>\"")));
    let start = good.find("payload\":\"").unwrap() + 10;
    let end = start + good[start..].find('"').unwrap();
    let payload = &good[start..end];
    let url_safe = payload.replace('+', "-").replace('/', "_");
    assert_ne!(payload, url_safe, "the payload shows which alphabet it is of");
    assert!(only(good.replace(payload, &url_safe).as_bytes()).account.is_some());
    let (first, second) = payload.split_at(payload.rfind(['+', '/']).unwrap());
    for bad in [
        format!("{}{second}", first.replace('+', "-").replace('/', "_") + "-_"),
        format!("{payload}="),
        format!("{} {}", &payload[..4], &payload[4..]),
    ] {
        assert_eq!(code(&good.replace(payload, &bad)), "envelope-base64", "{bad}");
    }
}

#[test]
fn a_document_of_two_forms_has_none() {
    let good = envelope(&statement(SLSA, GOOD));
    for extra in [
        "\"signed\":{}",
        "\"attestations\":[]",
        "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\"",
    ] {
        assert_eq!(code(&good.replacen('{', &format!("{{{extra},"), 1)), "import-form-unknown", "{extra}");
    }
    for none in [
        "{}",
        "[]",
        "7",
        "\"x\"",
        "[{\"payloadType\":\"\"}]",
        "{\"PayloadType\":\"x\"}",
        "{\"payloadType\":null}",
    ] {
        assert_eq!(code(none), "import-form-unknown", "{none}");
    }
    assert_eq!(code(r#"{"attestations":[{"bundle":{"attestations":[]}}]}"#), "import-form-unknown");
    assert_eq!(code(r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#), "import-form-unknown");
}

#[test]
fn a_predicate_that_is_not_as_its_type_says_is_unread_as_a_whole() {
    for (from, to) in [
        ("\"id\":\"b\"", "\"id\":5"),
        ("\"id\":\"b\"", "\"id\":[\"b\"]"),
        ("{\"id\":\"b\"}", "[\"b\"]"),
        ("\"id\":\"b\"", "\"ID\":\"b\""),
        ("\"id\":\"b\"", "\"id\":\"\""),
        ("\"buildType\":\"t\",", ""),
        ("\"buildType\":\"t\"", "\"buildType\":\"\""),
        ("\"externalParameters\":{},", ""),
        ("\"externalParameters\":{}", "\"externalParameters\":\"x\""),
        ("\"resolvedDependencies\":[]", "\"resolvedDependencies\":{}"),
        ("\"resolvedDependencies\":[]", "\"resolvedDependencies\":[{\"uri\":7}]"),
        ("\"resolvedDependencies\":[]", "\"resolvedDependencies\":[{\"digest\":\"sha256:00\"}]"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        assert_eq!(predicate(&GOOD.replace(from, to)), ["import-predicate-unread"], "{to}");
    }
    for other in ["{}", "[]", "null", r#"{"builder":{"id":"b"},"buildType":"t"}"#] {
        assert_eq!(predicate(other), ["import-predicate-unread"], "{other}");
    }
    let kind = "https://in-toto.io/attestation/link/v0.3";
    let found = only(envelope(&statement(kind, GOOD)).as_bytes());
    assert_eq!(gaps(&found), ["import-predicate-unread"], "a link is no provenance");
    let other = only(envelope(&statement("https://slsa.dev/provenance/v1/", GOOD)).as_bytes());
    assert_eq!(gaps(&other), ["import-type-unmapped"], "types are compared byte for byte");
}

#[test]
fn two_accounts_of_one_run_are_none() {
    let run = |exit| {
        format!(
            r#"{{"type":"https://witness.dev/attestations/command-run/v0.1","attestation":{{"cmd":["a"],"exitcode":{exit}}}}}"#
        )
    };
    let collection = format!(r#"{{"name":"n","attestations":[{},{}]}}"#, run(1), run(0));
    let kind = "https://witness.testifysec.com/attestation-collection/v0.1";
    let found = only(envelope(&statement(kind, &collection)).as_bytes());
    assert_eq!(gaps(&found), ["import-predicate-unread"]);
}

#[test]
fn digests_of_another_form_identify_nothing() {
    let good = statement(SLSA, GOOD);
    let digest = "11".repeat(32);
    for bad in [digest.replace("11", "AA"), "11".repeat(20), format!("sha256:{digest}"), String::new()] {
        let found = only(envelope(&good.replace(&digest, &bad)).as_bytes());
        assert_eq!(gaps(&found), ["subject-without-sha256", "import-no-output"], "{bad}");
    }
    let weak = good.replace("\"sha256\"", "\"sha1\"");
    assert_eq!(gaps(&only(envelope(&weak).as_bytes())), ["subject-without-sha256", "import-no-output"]);
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let long = "x".repeat(cdi_types::limits::EVIDENCE_BYTES);
    let found = only(envelope(&statement(SLSA, &GOOD.replace("\"t\"", &format!("\"{long}\"")))).as_bytes());
    assert!(found.account.is_some());
    assert_eq!(gaps(&found), ["evidence-unreadable"]);
    let laid_out = format!("{{\n\"payload\":\n{}\"\"}}", format!("{}\n", "x".repeat(1 << 20)).repeat(5));
    assert_eq!(items(laid_out.as_bytes())[0].outcome.as_ref().unwrap_err().code(), "limit-line-bytes");
    let deep = GOOD.replace("{}", &format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40)));
    assert_eq!(predicate(&deep), ["json-too-deep"]);
}

#[test]
fn a_certificate_that_is_none_names_nobody() {
    for certificate in ["", "AAAA", "MIIB", "!!"] {
        let payload = base64_simd::STANDARD.encode_to_string(statement(SLSA, GOOD));
        let bundle = format!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"certificate":{{"rawBytes":"{certificate}"}}}},"dsseEnvelope":{{"payloadType":"application/vnd.in-toto+json","payload":"{payload}","signatures":[{{"sig":"AAAA"}}]}}}}"#
        );
        let found = only(bundle.as_bytes());
        assert_eq!(found.signers, [cdi_import::Signer::Certificate { identity: None, issuer: None }]);
        assert_eq!(gaps(&found), ["import-signer-by-certificate"]);
    }
}

#[test]
fn nothing_in_a_file_is_nothing() {
    assert!(items(b"").is_empty());
    assert!(items(b"\n\n").is_empty());
}

#[test]
fn a_signature_with_a_strange_certificate_is_by_a_key_that_is_not_named() {
    let good = envelope(&statement(SLSA, GOOD));
    for strange in
        ["\"cert\":5", "\"cert\":\"-----BEGIN CERTIFICATE-----\"", "\"certificate\":[]", "\"cert\":null"]
    {
        let found = only(good.replace("\"keyid\":\"k\"", strange).as_bytes());
        assert_eq!(found.signers, [cdi_import::Signer::Key { hint: String::new() }], "{strange}");
        assert_eq!(gaps(&found), [""; 0]);
    }
}

/// Whatever stands in a file, reading it ends with an answer.
#[test]
fn no_byte_of_a_file_makes_the_reader_fail() {
    let files: [&[u8]; 4] = [
        include_bytes!("../fixtures/gh-custom-issuer.sigstore.json"),
        include_bytes!("../fixtures/in-toto-package.link"),
        include_bytes!("../fixtures/in-toto-package-dsse.link"),
        include_bytes!("../fixtures/slsa-verifier-generic-v1.2.2.intoto.jsonl"),
    ];
    for file in files {
        for at in (0..file.len()).step_by(11) {
            let mut changed = file.to_vec();
            for byte in [b'"', b'{', b'A', 0xff, b'\n'] {
                changed[at] = byte;
                let _ = items(&changed);
            }
            let _ = items(&file[..at]);
        }
    }
}
