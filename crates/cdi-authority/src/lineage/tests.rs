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

/// Keys that endorse each other, each as deep as it goes and for more than the root gave them, as their holders may.
#[test]
fn a_dense_lineage_is_looked_through_once() {
    let (above, authority) = (key(1), key(2));
    let keys: Vec<SoftwareKey> = (10..34).map(key).collect();
    let given = |child: &SoftwareKey| endorsement(child, scope(&["WASM_*"], 5), &root(&above, &[]), &above);
    let mut lines: Vec<Sealed> = keys.iter().map(given).collect();
    for parent in &keys {
        let others = keys.iter().filter(|child| child.public_key() != parent.public_key());
        let give = |child| endorsement(child, scope(&["*"], 5), &root(parent, &[]), parent);
        lines.extend(others.chain([&authority]).map(give));
    }
    let lines: Vec<&Sealed> = lines.iter().collect();
    let lineage = import(&authority, &lines, &[&above], NOW).unwrap();
    let allows = |pattern: &str| {
        let pattern = PropertyPattern::parse(pattern).unwrap();
        lineage.allows(authority.public_key().key_id(), &pattern, 0, NOW)
    };
    let start = std::time::Instant::now();
    assert!(allows("WASM_VALIDATED") && !allows("STACK_CANARIES"));
    // Milliseconds. Each of the 24 to the fourth ways fails at its end only, and to go them all takes many seconds.
    assert!(start.elapsed() < std::time::Duration::from_secs(4), "{:?}", start.elapsed());
}
