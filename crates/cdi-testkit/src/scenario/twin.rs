//! The same world in another guise, in which it must come out alike.
//!
//! Nothing here knows what a world is about: keys and digests are replaced wherever they stand, and what is signed anew has
//! another id, which is replaced in its turn.

use std::collections::BTreeMap;

use cdi_envelope::PublicKey;
use cdi_types::{PublicKeyInfo, Timestamp};
use serde_json::json;

use super::{Part, Scenario, public_key, sha256};

/// How long what a twin has more than its world is valid, from the time of its decision.
const WHILE: &str = "1h";

impl Scenario {
    /// The same world, in which every anchor's key is one endorsement further down: the policies trust another key with one
    /// level more, and that one endorses the key which they trusted before. Policies that are signed stay as they are.
    #[must_use]
    pub fn one_endorsement_down(mut self) -> Self {
        let mut below = BTreeMap::new();
        for (_, document) in &mut self.policies {
            *document = document.split_inclusive('\n').map(|line| raised(line, &mut below)).collect();
        }
        let now = Timestamp::parse(&self.now).expect("the time of a decision");
        let end = now.after(WHILE.parse().expect("a duration")).to_string();
        for (number, (key, depth)) in below.into_iter().enumerate() {
            let above = above(&key);
            let mut parts = [Part::endorsement(&above, "child", depth), Part::empty_list(&above)];
            for part in &mut parts {
                part.name = format!("above-{number}-{}", part.name);
                part.change(|statement| {
                    statement["predicate"]["notBefore"] = json!(self.now);
                    statement["predicate"]["notAfter"] = json!(end);
                });
            }
            parts[0].change(|statement| {
                statement["subject"][0]["digest"]["sha256"] = json!(id_of(&key));
                statement["predicate"]["publicKey"] = json!(key);
                statement["predicate"]["name"] = json!(format!("below {number}"));
            });
            self.parts.extend(parts);
        }
        self
    }

    /// The same world about these bytes in the place of its artifact; `None` if it has a line that is not simply a signed statement,
    /// or is about a tree.
    #[must_use]
    pub fn about(mut self, bytes: &[u8]) -> Option<Self> {
        if self.artifact.len() != 64 || self.parts.iter().any(|part| part.line.is_some()) {
            return None;
        }
        let mut changes = vec![(self.artifact.clone(), sha256(bytes))];
        self.artifact = sha256(bytes);
        while let Some((from, to)) = changes.pop() {
            let swapped = |text: &String| text.replace(&from, &to);
            for part in &mut self.parts {
                let before = sha256(&part.payload);
                let text = String::from_utf8(std::mem::take(&mut part.payload)).ok()?;
                part.payload = swapped(&text).into_bytes();
                let after = sha256(&part.payload);
                changes.extend((before != after).then_some((before, after)));
            }
            for (_, document) in &mut self.policies {
                *document = swapped(document);
            }
            self.seen = self.seen.iter().map(|(id, time)| (swapped(id), time.clone())).collect();
        }
        Some(self)
    }
}

/// The name of the key above another.
fn above(key: &str) -> String {
    format!("above {key}")
}

/// The id of a key, by its text in a policy.
fn id_of(key: &str) -> String {
    let der = base64_simd::STANDARD.decode_to_vec(key).expect("a key in base64");
    sha256(der)
}

/// A line of a policy; if it is an anchor's, with the keys above its own and one level more. Keys that are none stay.
fn raised(line: &str, below: &mut BTreeMap<String, u8>) -> String {
    let anchor = line.split_once("keys: [").and_then(|(head, rest)| {
        let (keys, rest) = rest.split_once("], scope: ")?;
        let (scope, rest) = rest.split_once(", depth: ")?;
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (depth, rest) = rest.split_at(digits);
        Some((head, keys, scope, depth.parse::<u8>().ok()?, rest))
    });
    let Some((head, keys, scope, depth, rest)) = anchor else { return line.to_owned() };
    let mut raised = keys.to_owned();
    for key in keys.split('"').skip(1).step_by(2) {
        let info =
            base64_simd::STANDARD.decode_to_vec(key).ok().and_then(|der| PublicKeyInfo::from_der(der).ok());
        if info.is_some_and(|info| PublicKey::from_info(&info).is_ok()) {
            raised = raised.replace(key, &public_key(&above(key)));
            let deepest = below.entry(key.to_owned()).or_default();
            *deepest = depth.max(*deepest);
        }
    }
    format!("{head}keys: [{raised}], scope: {scope}, depth: {}{rest}", depth + 1)
}
