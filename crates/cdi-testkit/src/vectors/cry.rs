//! A-CRY: signatures, keys and kinds of statements.

use serde_json::json;

use super::Case;
use crate::scenario::{
    IN_TOTO, Part, Scenario, artifact, dangerously_sign_bare, envelope, key_id, public_key, sha256,
};

const RUN: &str = "compiler-runs";
const CERTIFICATION: &str = "north-certifies-compiler";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::allow("cry/control", "control", "V-ISSUER", "a sound bundle", Scenario::small()),
        Case::allow(
            "cry/control-ed25519",
            "control",
            "V-ISSUER",
            "a sound origin statement",
            Scenario::history(),
        ),
    ];
    cases.extend(signatures());
    cases.extend(ed25519());
    cases.extend(keys_in_the_message());
    cases.extend(contexts());
    cases.extend(nothing());
    cases
}

/// The report with another signature.
fn signed(signature: &[u8]) -> Scenario {
    let world = Scenario::small();
    let line = envelope(&world.part(RUN).payload, IN_TOTO, &[(key_id("compiler"), signature.to_vec())]);
    world.with_line(RUN, |_| line)
}

fn invalid(path: &str, attack: &'static str, title: &str, world: Scenario) -> Case {
    let rule = if matches!(attack, "A-CRY-01" | "A-CRY-04") { "F-SIGNATURE" } else { "V-ISSUER" };
    Case::deny(path, attack, rule, title, world, "no-report").discards(&["signature-invalid"])
}

/// The order of P-256's group, big-endian.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn signatures() -> Vec<Case> {
    let integer = |bytes: &[u8]| [&[0x02, u8::try_from(bytes.len()).unwrap_or_default()], bytes].concat();
    let pair = |r: &[u8], s: &[u8]| {
        let body = [integer(r), integer(s)].concat();
        [&[0x30, u8::try_from(body.len()).unwrap_or_default()], body.as_slice()].concat()
    };
    let order = [&[0], ORDER.as_slice()].concat();
    let sound = dangerously_sign_bare(
        "compiler",
        cdi_envelope::Pae::new(IN_TOTO, &Scenario::small().part(RUN).payload).as_bytes(),
    );
    let (head, body) = sound.split_at(2);
    let psychic = [
        ("zero-zero", pair(&[0], &[0])),
        ("zero-one", pair(&[0], &[1])),
        ("one-zero", pair(&[1], &[0])),
        ("order-order", pair(&order, &order)),
        ("order-one", pair(&order, &[1])),
        ("one-one", pair(&[1], &[1])),
        ("empty-integers", vec![0x30, 4, 2, 0, 2, 0]),
        ("fixed-length-zero", vec![0; 64]),
        ("empty", Vec::new()),
    ];
    let lax = [
        ("trailing-byte", [sound.as_slice(), &[0]].concat()),
        ("long-length", [&[0x30, 0x81, head.last().copied().unwrap_or_default()], body].concat()),
        ("indefinite-length", [&[0x30, 0x80], body, &[0, 0]].concat()),
        ("set-for-sequence", [&[0x31, head.last().copied().unwrap_or_default()], body].concat()),
        ("twice", [sound.as_slice(), &sound].concat()),
    ];
    let psychic = psychic.into_iter().map(|(name, signature)| {
        let title = format!("a signature that needs no key: {name}");
        invalid(&format!("cry/psychic-{name}"), "A-CRY-01", &title, signed(&signature))
    });
    let lax = lax.into_iter().map(|(name, signature)| {
        let title = format!("a sound signature in an encoding that is not DER: {name}");
        invalid(&format!("cry/der-{name}"), "A-CRY-04", &title, signed(&signature))
    });
    let mut cases: Vec<Case> = psychic.chain(lax).collect();
    let title = "the other of the two signatures that ECDSA always has";
    let other = signed(&crate::scenario::other_s(&sound));
    cases.push(Case::allow("cry/high-s", "A-CRY-02", "F-SIGNATURE", title, other));
    cases
}

fn ed25519() -> Vec<Case> {
    let world = Scenario::history();
    let line = String::from_utf8_lossy(&world.part("origin").line()).into_owned();
    let sig = line.split("\"sig\":\"").nth(1).and_then(|tail| tail.split('"').next()).unwrap_or_default();
    let sound = base64_simd::STANDARD.decode_to_vec(sig).unwrap_or_default();
    let (point, scalar) = sound.split_at(32);
    let small = [&[1], [0_u8; 63].as_slice()].concat();
    let bad = [
        ("plus-order", [point, &plus_order(scalar)].concat()),
        ("small-order-point", [small.get(..32).unwrap_or_default(), scalar].concat()),
        ("zero", vec![0; 64]),
        ("63-bytes", sound.get(..63).unwrap_or_default().to_vec()),
        ("65-bytes", [sound.as_slice(), &[0]].concat()),
    ];
    let mut cases: Vec<Case> = bad
        .into_iter()
        .map(|(name, signature)| {
            let text = base64_simd::STANDARD.encode_to_string(&signature);
            let world = Scenario::history().with_line_text("origin", sig, &text);
            let title = format!("an Ed25519 signature that lax readers take: {name}");
            let path = format!("cry/ed25519-{name}");
            Case::deny(&path, "A-CRY-05", "F-SIGNATURE", &title, world, "origin-not-accepted")
                .discards(&["signature-invalid"])
                .beside("cry/control-ed25519")
        })
        .collect();
    let spki =
        [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, 1], [0; 31].as_slice()]
            .concat();
    let text = base64_simd::STANDARD.encode_to_string(&spki);
    let world = Scenario::history().with_policy("cloud-provider", &public_key("developer"), &text);
    let title = "a policy names an Ed25519 key of small order";
    let case = Case::load_error("cry/small-order-key", "A-CRY-05", "F-KEYID", title, world, "policy-key");
    cases.push(case.beside("cry/control-ed25519"));
    let world = Scenario::small()
        .with(CERTIFICATION, |statement| statement["predicate"]["reportKey"] = text.into())
        .with(RUN, |statement| statement["predicate"]["issuer"] = sha256(&spki).into());
    let title = "a certification of an Ed25519 key of small order";
    let case = Case::deny("cry/small-order-report-key", "A-CRY-12", "F-KEYID", title, world, "no-report");
    cases.push(case.discards(&["key-small-order"]));
    cases
}

/// A scalar of Ed25519 and the group's order more.
fn plus_order(scalar: &[u8]) -> Vec<u8> {
    // RFC 8032, section 5.1: 2^252 + 27742317777372353535851937790883648493, little-endian.
    let order = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0_u16;
    let bytes = scalar.iter().zip(order).map(|(&a, b)| {
        carry += u16::from(a) + b;
        let [low, high] = carry.to_le_bytes();
        carry = u16::from(high);
        low
    });
    bytes.collect()
}

fn keys_in_the_message() -> Vec<Case> {
    let forged = Scenario::small()
        .signed_by(CERTIFICATION, &["mallory"])
        .with(CERTIFICATION, |statement| statement["predicate"]["issuer"] = key_id("mallory").into());
    let mut cases = Vec::new();
    for member in ["cert", "jwk", "key", "publicKey", "x5c"] {
        let brought = format!("\"{member}\":\"{}\",\"sig\":", public_key("mallory"));
        let world = forged.clone().with_line_text(CERTIFICATION, "\"sig\":", &brought);
        let title = format!("an envelope brings its own key as `{member}`");
        let path = format!("cry/own-key-{}", member.to_lowercase());
        let case = Case::deny(&path, "A-CRY-09", "V-KEYRING", &title, world, "report-key-uncertified");
        cases.push(case.discards(&["issuer-key-unknown"]));
    }
    for (name, member) in [("none", "\"alg\":\"none\""), ("hmac", "\"alg\":\"HS256\"")] {
        let signature = sha256(public_key("compiler"));
        let world =
            signed(signature.as_bytes()).with_line_text(RUN, "\"sig\":", &format!("{member},\"sig\":"));
        let title = format!("an envelope says by which algorithm it is to be verified: {name}");
        cases.push(invalid(&format!("cry/algorithm-{name}"), "A-CRY-08", &title, world));
    }
    let title = "an envelope says that an algorithm was used, and is signed all the same";
    let world = Scenario::small().with_line_text(RUN, "\"sig\":", "\"alg\":\"none\",\"sig\":");
    cases.push(Case::allow("cry/algorithm-ignored", "A-CRY-08", "F-ENVELOPE", title, world));
    let blobs = [
        (
            "pem",
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", public_key("compiler")),
        ),
        ("key-id", key_id("compiler")),
        ("url-safe", public_key("compiler").replace('+', "-").replace('/', "_") + "_"),
    ];
    for (name, blob) in blobs {
        // A key id is hexadecimal and of a length that is base64: it is a key of other bytes.
        let (code, issuer) = match name {
            "key-id" => ("report-key-uncertified", vec!["issuer-key-unknown"]),
            _ => ("no-report", vec!["issuer-key-unknown", "statement-malformed"]),
        };
        let code = if name == "key-id" { "no-report" } else { code };
        let world = Scenario::small()
            .with(CERTIFICATION, |statement| statement["predicate"]["reportKey"] = blob.into());
        let title = format!("a key is given as something else that might be one: {name}");
        let path = format!("cry/fallback-{name}");
        cases.push(Case::deny(&path, "A-CRY-10", "F-KEYID", &title, world, code).discards(&issuer));
    }
    let short: String = key_id("compiler").chars().take(8).collect();
    let world = Scenario::small().with(RUN, |statement| statement["predicate"]["issuer"] = short.into());
    let title = "an issuer by the first eight digits of its id";
    let case = Case::deny("cry/short-key-id", "A-CRY-19", "F-KEYID", title, world, "no-report");
    cases.push(case.discards(&["statement-malformed"]));
    let weak = [
        ("sha1-input", json!({ "path": "app.wasm", "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709" })),
        ("128-bit-input", json!({ "path": "app.wasm", "sha256": artifact("app.wasm").get(..32) })),
    ];
    for (name, input) in weak {
        let world = Scenario::small().with(RUN, |statement| statement["predicate"]["inputs"][0] = input);
        let title = format!("a link by a weaker digest: {name}");
        let case =
            Case::deny(&format!("cry/weak-{name}"), "A-CRY-11", "F-DIGEST", &title, world, "no-report");
        cases.push(case.discards(&["statement-malformed"]));
    }
    cases
}

fn contexts() -> Vec<Case> {
    let world = Scenario::small();
    let payload = world.part(RUN).payload.clone();
    let digest = *cdi_types::Sha256::of(&payload).as_bytes();
    let mut cases: Vec<Case> = [("digest", digest.to_vec()), ("payload", payload.clone())]
        .into_iter()
        .map(|(name, bytes)| {
            let title = format!("a signature over the bare {name}");
            let world = signed(&dangerously_sign_bare("compiler", &bytes));
            invalid(&format!("cry/bare-{name}"), "A-CRY-13", &title, world)
        })
        .collect();
    let world = Scenario::endorsed();
    let signature_of = |name: &str| {
        let line = String::from_utf8_lossy(&world.part(name).line()).into_owned();
        line.split("\"sig\":\"").nth(1).and_then(|tail| tail.split('"').next()).unwrap_or_default().to_owned()
    };
    let (list, endorsement) = (signature_of("north-revokes"), signature_of("north-endorses-child"));
    let moved = world.clone().with_line_text("north-endorses-child", &endorsement, &list);
    let title = "the signature of a revocation list under an endorsement";
    let case = Case::deny("cry/moved-signature", "A-CRY-14", "V-ISSUER", title, moved, "authority-untrusted");
    cases.push(case.discards(&["signature-invalid"]));
    for (name, kind) in
        [("certification", "tool-certification"), ("list", "revocations"), ("origin", "origin")]
    {
        let uri = format!("https://code-deployment-integrity.io/{kind}/v1");
        let relabelled =
            world.clone().with("north-endorses-child", |statement| statement["predicateType"] = uri.into());
        let title = format!("an endorsement that calls itself a {name}");
        let path = format!("cry/endorsement-as-{name}");
        let case = Case::deny(&path, "A-CRY-14", "F-TYPE", &title, relabelled, "report-key-uncertified");
        cases.push(case.discards(&["statement-malformed", "issuer-key-unknown", "issuer-key-unknown"]));
    }
    let small = Scenario::small();
    let report = small.part(RUN).statement();
    for (name, uri) in
        [("slsa", "https://slsa.dev/provenance/v1"), ("link", "https://in-toto.io/attestation/link/v0.3")]
    {
        let foreign = Part::foreign("foreign", "compiler", uri, "app.cwasm", &report["predicate"]);
        let title = format!("a statement of another kind with a whole report inside: {name}");
        let path = format!("cry/foreign-{name}");
        let case = Case::deny(
            &path,
            "A-CRY-15",
            "F-TYPE",
            &title,
            small.clone().without(RUN).and(foreign),
            "no-report",
        );
        cases.push(case.discards(&["statement-no-evidence"]));
    }
    cases
}

fn nothing() -> Vec<Case> {
    let mut empty = Scenario::small();
    empty.parts.clear();
    let blank = empty.clone().and_line("blank", "  \t ").and_line("blank-too", "");
    let unknown = empty.clone().and(Part::foreign(
        "foreign",
        "compiler",
        "https://slsa.dev/provenance/v1",
        "app.cwasm",
        &json!({}),
    ));
    let evidence = [
        ("empty-bundle", empty.clone(), vec![]),
        ("blank-bundle", blank, vec![]),
        ("braces", empty.and_line("braces", "{}"), vec!["envelope-malformed"]),
        ("unknown-lines", unknown, vec!["statement-no-evidence"]),
    ];
    let cases = evidence.into_iter().map(|(name, world, discards)| {
        let title = format!("no evidence: {name}");
        Case::deny(&format!("cry/nothing-{name}"), "A-CRY-18", "M-CONNECTED", &title, world, "no-report")
            .discards(&discards)
    });
    cases.collect()
}
