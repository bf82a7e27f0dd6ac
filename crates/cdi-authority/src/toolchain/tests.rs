use cdi_types::{CaptureLevel, Effect, Manifest, OriginKind, PublicKeyInfo, Role, Unnamed};

use super::Toolchain;
use crate::{Claims, lint};

#[test]
fn every_template_is_sound_and_nothing_is_found_in_it() {
    for toolchain in Toolchain::all() {
        let claims = toolchain.claims(&[], Unnamed::Code).unwrap();
        claims.admit().unwrap_or_else(|error| panic!("{}: {error}", toolchain.name));
        let findings = lint(&claims, None);
        assert!(findings.is_empty(), "{}: {findings:?}", toolchain.name);
        assert_eq!(Toolchain::named(toolchain.name), Some(toolchain));
    }
    assert_eq!(Toolchain::named("msvc"), None);
}

#[test]
fn templates_are_sorted_by_name() {
    assert!(Toolchain::all().windows(2).all(|pair| pair[0].name < pair[1].name));
}

#[test]
fn what_needs_all_inputs_to_be_known_says_so() {
    for toolchain in Toolchain::all() {
        for claim in toolchain.claims(&[], Unnamed::Code).unwrap().claims {
            let step = claim.property.name().is_some_and(cdi_types::PropertyName::is_step);
            if step || claim.effect == Effect::Preserves {
                assert_eq!(claim.lowest_capture, Some(CaptureLevel::Traced), "{}", toolchain.name);
            }
        }
    }
}

#[test]
fn a_supplier_is_named_in_every_way_of_running() {
    let manifest = Manifest {
        key: PublicKeyInfo::from_der(vec![1, 2, 3]).unwrap(),
        kind: OriginKind::Toolchain,
        role: Role::parse("toolchain").unwrap(),
    };
    let claims: Claims =
        Toolchain::named("gcc").unwrap().claims(std::slice::from_ref(&manifest), Unnamed::Listed).unwrap();
    assert!(claims.invocations.values().all(|way| way.manifests == [manifest.clone()]));
    assert!(lint(&claims, None).is_empty());
    assert!(claims.claims.iter().all(|claim| claim.lowest_capture == Some(CaptureLevel::Traced)));
    claims.admit().unwrap();
}

#[test]
fn names_in_conditions_are_written_out() {
    for toolchain in Toolchain::all() {
        for claim in toolchain.claims(&[], Unnamed::Code).unwrap().claims {
            let condition = claim.condition.unwrap_or_default();
            let outside: String = condition.split('\'').step_by(2).collect();
            let name =
                |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            let left = outside.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').find(name);
            assert!(left.is_none_or(|word| word == "RUSTFLAGS"), "{condition}");
        }
    }
}
