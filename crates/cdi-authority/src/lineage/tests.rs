use cdi_keys::{Sealed, Signer as _, SoftwareKey};

use super::*;
use crate::testing::{NOW, below, days, endorsement, file, first, key, root, scope};

fn import(
    owner: &SoftwareKey,
    lines: &[&Sealed],
    roots: &[&SoftwareKey],
    at: Timestamp,
) -> Result<Lineage, &'static str> {
    let roots: Vec<_> = roots.iter().map(|root| root.public_key().clone()).collect();
    let own = owner.public_key().key_id();
    Lineage::default().import(own, file(lines), &roots, at).map_err(|error| error.code())
}

#[test]
fn endorsements_must_lead_from_a_root_to_this_authority() {
    let (above, middle, authority) = (key(1), key(2), key(3));
    let upper = endorsement(&middle, scope(&["*"], 1), &root(&above, &[]), &above);
    let lower = endorsement(&authority, scope(&["*"], 0), &below(&middle, &[&upper], &[&above]), &middle);
    for order in [[&lower, &upper], [&upper, &lower]] {
        assert_eq!(import(&authority, &order, &[&above], NOW).unwrap().endorsements().count(), 2);
    }
    assert_eq!(import(&authority, &[&lower], &[&above], NOW).unwrap_err(), "endorsement-unrooted");
    assert_eq!(import(&authority, &[&upper, &lower], &[], NOW).unwrap_err(), "endorsement-unrooted");
    assert_eq!(import(&authority, &[&upper], &[&above], NOW).unwrap_err(), "endorsement-of-another");
    assert_eq!(import(&authority, &[], &[&above], NOW).unwrap_err(), "endorsement-of-another");
}

#[test]
fn an_endorsement_that_is_over_or_forged_or_none_is_rejected() {
    let (above, authority) = (key(1), key(2));
    let good = endorsement(&authority, scope(&["*"], 0), &root(&above, &[]), &above);
    assert!(import(&authority, &[&good, &good], &[&above], NOW).is_ok());
    assert_eq!(
        import(&authority, &[&good], &[&above], days(300).not_after()).unwrap_err(),
        "endorsement-expired"
    );
    assert_eq!(import(&authority, &[&first(&above)], &[&above], NOW).unwrap_err(), "record-stray-statement");
    let other = endorsement(&authority, scope(&["A"], 0), &root(&above, &[]), &above);
    let forged = Sealed { id: other.id, line: splice(&good.line, &other.line) };
    assert_eq!(import(&authority, &[&forged], &[&above], NOW).unwrap_err(), "record-line-unusable");
}

/// The payload of one envelope under the signature of another.
fn splice(payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (payload, signature) = (text(payload), text(signature));
    let at = |line: &str| line.find(r#""signatures""#).unwrap();
    [&payload[..at(&payload)], &signature[at(&signature)..]].concat().into_bytes()
}

#[test]
fn a_pattern_is_inside_another_if_all_that_it_names_is() {
    let pattern = |text| PropertyPattern::parse(text).unwrap();
    for (wide, narrow) in
        [("*", "*"), ("*", "A*"), ("*", "A"), ("A*", "AB*"), ("A*", "A*"), ("A*", "A"), ("A", "A")]
    {
        assert!(contains(&pattern(wide), &pattern(narrow)), "{narrow} in {wide}");
    }
    for (wide, narrow) in [("A*", "*"), ("A", "*"), ("AB*", "A*"), ("A", "A*"), ("A", "AB"), ("B*", "A")] {
        assert!(!contains(&pattern(wide), &pattern(narrow)), "{narrow} in {wide}");
    }
}
