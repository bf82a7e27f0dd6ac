//! Others' provenance: in-toto's links, SLSA's provenance, Witness's collections, Sigstore's bundles.

use std::collections::BTreeSet;

use cdi_envelope::Envelope;
use cdi_import::{Account, Form, Imported, Json, read};
use cdi_types::{Bundle, StatementId};
use serde_json::Value;

use crate::{Target, reference, seeds, shown};

pub(crate) const TARGET: Target = Target {
    name: "import",
    oracle: "what is taken over is said by the payload itself, as a second reader of JSON reads it: types, digests, commands, builders, \
             exit statuses; a line that is handed on carries the payload that the file has, byte for byte, and reads the same again",
    run,
    seeds,
    words,
    most: 6_144,
};

fn run(bytes: &[u8]) {
    let Ok(file) = Bundle::parse(bytes.to_vec()) else { return };
    for item in read(&file.into_untrusted()) {
        assert!(item.line >= 1 && item.line <= 1 + bytes.iter().filter(|byte| **byte == b'\n').count());
        match item.outcome {
            Ok(imported) => taken_over(&imported, bytes),
            Err(error) => shown::told(error.code(), &error),
        }
    }
}

fn taken_over(imported: &Imported, bytes: &[u8]) {
    imported.gaps.iter().for_each(|gap| shown::told(gap.code(), gap));
    let Some(line) = &imported.line else {
        assert!(imported.id.is_none() && imported.predicate_type.is_none() && !imported.gaps.is_empty());
        return;
    };
    assert!(!line.contains(&b'\n'));
    let envelope = Envelope::parse(line).unwrap().into_untrusted();
    let payload = envelope.payload();
    assert_eq!(imported.id, Some(StatementId::of(payload)));
    assert!(carries(bytes, payload), "the file has no such payload");
    // Numbers that no double comes near: then nothing was mapped either.
    let Ok(value) = serde_json::from_slice::<Value>(payload) else { return };
    if payload.windows(10).any(|window| window == b"serde_json") {
        return;
    }
    assert_eq!(imported.predicate_type.as_deref(), value["predicateType"].as_str());
    imported.account.iter().for_each(|account| said_by(account, &value));
    let again = read(&Bundle::parse(line.clone()).unwrap().into_untrusted());
    let [again] = again.as_slice() else { panic!("{} items in one line", again.len()) };
    let again = again.outcome.as_ref().unwrap();
    assert_eq!((&again.line, again.id, &again.account), (&imported.line, imported.id, &imported.account));
}

/// Whether some text in the file is base64 of the payload.
fn carries(bytes: &[u8], payload: &[u8]) -> bool {
    let mut texts = Vec::new();
    let whole = serde_json::from_slice::<Value>(bytes).ok();
    let lines =
        bytes.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    whole.into_iter().chain(lines).for_each(|value| every_text(&value, &mut texts));
    texts.iter().any(|text| reference::base64(text).as_deref() == Some(payload))
        // What `Value` cannot read has numbers that no double comes near.
        || bytes.windows(2).any(|two| matches!(two, [b'0'..=b'9', b'e' | b'E']))
        || bytes.windows(10).any(|window| window == b"serde_json")
}

fn every_text(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|value| every_text(value, texts)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            texts.push(name.clone());
            every_text(value, texts);
        }),
        _ => {}
    }
}

/// Everything in an account is in what it is of, and the digests of its outputs are where its form has them.
fn said_by(account: &Account, value: &Value) {
    let mut texts = Vec::new();
    every_text(value, &mut texts);
    let texts: BTreeSet<String> = texts.into_iter().collect();
    let says = |text: &str| assert!(text.is_empty() || texts.contains(text), "{text:?} is nowhere");
    let words = [&account.builder, &account.build_type, &account.step];
    words.into_iter().flatten().for_each(|word| says(word));
    account.command.iter().flatten().for_each(|word| says(word));
    account.outputs.iter().for_each(|output| says(&output.sha256.to_string()));
    account.inputs.iter().for_each(|input| {
        says(&input.name);
        input.sha256.iter().for_each(|digest| says(&digest.to_string()));
        input.git_commit.iter().for_each(|commit| says(commit));
    });
    if account.form != Form::Witness {
        let subjects = value["subject"].as_array().into_iter().flatten();
        let digests: Vec<&str> =
            subjects.filter_map(|subject| subject["digest"]["sha256"].as_str()).collect();
        let outputs: Vec<String> = account.outputs.iter().map(|output| output.sha256.to_string()).collect();
        let sound = digests.into_iter().filter(|digest| cdi_types::Sha256::parse(digest).is_ok());
        assert_eq!(outputs, sound.map(str::to_owned).collect::<Vec<_>>());
    }
    let mut numbers = Vec::new();
    every_number(value, &mut numbers);
    assert!(account.exit.is_none_or(|exit| numbers.contains(&exit)), "{:?} is nowhere", account.exit);
    let written = account.parameters.as_ref().map(|parameters| serde_json::to_string(parameters).unwrap());
    let again = written.map(|text| serde_json::from_str::<Json>(&text).unwrap());
    assert_eq!(again, account.parameters);
}

fn every_number(value: &Value, numbers: &mut Vec<i64>) {
    match value {
        Value::Number(number) => numbers.extend(number.as_i64()),
        Value::Array(list) => list.iter().for_each(|value| every_number(value, numbers)),
        Value::Object(members) => members.values().for_each(|value| every_number(value, numbers)),
        _ => {}
    }
}

fn envelope(statement: &str) -> String {
    let payload = base64_simd::STANDARD.encode_to_string(statement);
    format!(
        r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{payload}","signatures":[{{"keyid":"k","sig":"AAAA"}}]}}"#
    )
}

fn seeds() -> Vec<Vec<u8>> {
    let digest = "ab".repeat(32);
    let subject = format!(
        r#""_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"app","digest":{{"sha256":"{digest}"}}}}]"#
    );
    let statements = [
        format!(
            r#"{{{subject},"predicateType":"https://slsa.dev/provenance/v1","predicate":{{"buildDefinition":{{"buildType":"t","externalParameters":{{"a":[1,null]}},"resolvedDependencies":[{{"uri":"git+x","digest":{{"gitCommit":"c1","sha256":"{digest}"}}}}]}},"runDetails":{{"builder":{{"id":"b"}}}}}}}}"#
        ),
        format!(
            r#"{{{subject},"predicateType":"https://slsa.dev/provenance/v0.2","predicate":{{"builder":{{"id":"b"}},"buildType":"t","invocation":{{"parameters":{{}}}},"materials":[{{"uri":"u","digest":{{"sha256":"{digest}"}}}}]}}}}"#
        ),
        format!(
            r#"{{{subject},"predicateType":"https://in-toto.io/attestation/link/v0.3","predicate":{{"name":"build","command":["cc","-c"],"materials":[{{"name":"m","digest":{{"sha256":"{digest}"}}}}],"byproducts":{{"return-value":0}}}}}}"#
        ),
        format!(
            r#"{{{subject},"predicateType":"https://witness.testifysec.com/attestation-collection/v0.1","predicate":{{"name":"step","attestations":[{{"type":"https://witness.dev/attestations/command-run/v0.1","attestation":{{"cmd":["go","build"],"exitcode":1}}}},{{"type":"https://witness.dev/attestations/product/v0.1","attestation":{{"out":{{"mime_type":"x","digest":{{"sha256":"{digest}"}}}}}}}}]}}}}"#
        ),
    ];
    let envelopes: Vec<String> = statements.iter().map(|statement| envelope(statement)).collect();
    let mut files = envelopes.clone();
    files.push(envelopes.join("\n"));
    files.push(format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"publicKey":{{"hint":"h"}},"tlogEntries":[]}},"dsseEnvelope":{}}}"#,
        envelopes[0]
    ));
    files.push(format!(r#"{{"attestations":[{{"bundle":{}}},{{"bundle":{{}}}}]}}"#, files[5]));
    files.push(format!(
        r#"{{"signed":{{"_type":"link","name":"build","command":["cc"],"materials":{{"a.c":{{"sha256":"{digest}"}}}},"products":{{"a.o":{{"sha256":"{digest}"}}}},"byproducts":{{"return-value":0}},"environment":{{}}}},"signatures":[{{"keyid":"k","sig":"00"}}]}}"#
    ));
    files.push("{\n \"payload\": \"e30=\"\n}\n".to_owned());
    files.into_iter().map(String::into_bytes).collect()
}

fn words() -> Vec<Vec<u8>> {
    let mut words: BTreeSet<Vec<u8>> = seeds::json_words().into_iter().collect();
    for seed in seeds() {
        let text = String::from_utf8(seed).unwrap();
        words.extend(
            text.split('"').filter(|part| (2..80).contains(&part.len())).map(|part| part.as_bytes().to_vec()),
        );
    }
    words.into_iter().collect()
}
