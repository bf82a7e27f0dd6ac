//! Several editions of one policy: which is chosen, and which reason is named if none is.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot be set up fails")]

use cdi_testkit::scenario::{NOW, Part, Scenario};
use serde_json::{Value, json};

/// What keeps an edition from being in force, from the farthest to the closest (P-EDITION).
const AMISS: [(&str, &str, &str); 4] = [
    ("principal", "\"developer\"", "policy-of-another-principal"),
    ("audience", "[\"test-host\"]", "policy-audience"),
    ("notAfter", NOW, "policy-expired"),
    ("notBefore", "2026-06-01T12:02:01Z", "policy-not-yet-valid"),
];

/// The signed world with editions of these versions, each with another value of a member.
fn carrying(editions: &[(u64, &str, &str)]) -> Scenario {
    let mut world = Scenario::signed().without("edition-3");
    let document = Scenario::small().policies.first().map(|(_, text)| text.clone()).unwrap();
    for (version, member, value) in editions {
        let mut part = Part::edition("cloud-policy", "cloud-provider", *version, &document);
        let value: Value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        part.change(|statement| statement["predicate"][*member] = value);
        world.parts.push(part);
    }
    world
}

/// Editions come in the order of their ids, so each pair is tried under several versions.
#[test]
fn of_several_editions_the_reason_of_the_one_closest_to_being_in_force_is_named() {
    for (nth, (far, far_value, _)) in AMISS.iter().enumerate() {
        for (close, close_value, code) in AMISS.iter().skip(nth + 1) {
            for version in 3..8 {
                let world = carrying(&[(version, far, far_value), (version + 5, close, close_value)]);
                assert_eq!(world.decide().code.as_deref(), Some(*code), "{far} and {close}, {version}");
            }
        }
    }
}
