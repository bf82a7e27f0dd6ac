//! Provenance as other projects wrote it, and as somebody hostile would.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod fixtures;
mod hostile;
mod outside;

use cdi_import::{Imported, Item, read};
use cdi_types::Bundle;

/// What is in a file.
fn items(text: &[u8]) -> Vec<Item> {
    read(&Bundle::parse(text.to_vec()).unwrap().into_untrusted())
}

/// The one statement in a file.
fn only(text: &[u8]) -> Imported {
    let mut items = items(text);
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0).outcome.unwrap()
}

/// The codes of what cannot be used.
fn gaps(imported: &Imported) -> Vec<&'static str> {
    imported.gaps.iter().map(cdi_import::Gap::code).collect()
}

/// An envelope of this payload, under a signature that nothing looks at.
fn envelope(payload: &str) -> String {
    let payload = base64_simd::STANDARD.encode_to_string(payload);
    format!(
        r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{payload}","signatures":[{{"keyid":"k","sig":"AAAA"}}]}}"#
    )
}

/// A statement about one artifact.
fn statement(kind: &str, predicate: &str) -> String {
    let digest = "11".repeat(32);
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"a","digest":{{"sha256":"{digest}"}}}}],"predicateType":"{kind}","predicate":{predicate}}}"#
    )
}
