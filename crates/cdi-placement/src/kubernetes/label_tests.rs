use cdi_types::PlatformProperty;

use super::*;
use crate::residual::Level;

fn wanted(principal: &str, property: &str) -> Wanted {
    let property = PlatformProperty::parse(property).unwrap();
    Wanted { principal: Name::parse(principal).unwrap(), level: Level::Certified, property }
}

/// What Kubernetes takes as the name of a key, and as a value.
fn is_legal(text: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 63
        && ends(text.bytes().next())
        && ends(text.bytes().last())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[test]
fn every_label_is_one_that_kubernetes_takes() {
    let principals = ["cloud", "Zoë's daten / 数据", &"x".repeat(256)];
    let long = format!("A{}", "_".repeat(63));
    let values = ["eu-de", "-", "_a", "a.", &"y".repeat(64), &"-".repeat(64)];
    let properties =
        values.iter().map(|value| format!("LOCATION={value}")).chain([long, "A".to_owned(), "A_".to_owned()]);
    for (property, principal) in properties.flat_map(|property| principals.map(|of| (property.clone(), of))) {
        let Label { key, value } = Label::of(&wanted(principal, &property));
        assert!(is_legal(key.strip_prefix(PREFIX).unwrap()), "{key}");
        assert!(is_legal(&value), "{value}");
    }
    let Label { key, value } = Label::of_runtime(&Name::parse("gVisor (ptrace)").unwrap(), &"0".repeat(64));
    assert!(is_legal(key.strip_prefix(PREFIX).unwrap()) && is_legal(&value), "{key} {value}");
}

#[test]
fn different_things_have_different_labels() {
    let mut all = BTreeSet::new();
    let long = "y".repeat(64);
    let hashed = Label::of(&wanted("p", &format!("LOCATION={long}"))).value;
    for value in ["a", "b", "-", "--", "_", &long, &"z".repeat(64), &hashed] {
        for principal in ["p", "q"] {
            for level in [Level::Asserted, Level::Certified, Level::Attested] {
                all.insert(Label::of(&Wanted { level, ..wanted(principal, &format!("LOCATION={value}")) }));
            }
        }
    }
    assert_eq!(all.len(), 8 * 2 * 3);
    let flags: BTreeSet<Label> = ["A", "A=true"].map(|of| Label::of(&wanted("p", of))).into();
    assert_eq!(flags.len(), 2, "to have a property is not to have it with a value");
    let keys: BTreeSet<&String> = all.iter().map(|label| &label.key).collect();
    assert_eq!(keys.len(), 2 * 3, "two values of one property have one key");
}

#[test]
fn texts_cannot_slide_from_one_part_into_another() {
    assert_ne!(digest(&["a", "bc"]), digest(&["ab", "c"]));
    assert_ne!(digest(&["abc"]), digest(&["ab", "c"]));
}
