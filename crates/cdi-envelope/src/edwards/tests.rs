use super::*;

#[test]
fn points_of_small_order_are_rejected_in_both_signs() {
    for y in SMALL_ORDER_Y {
        let mut negative = y;
        negative[31] |= 0x80;
        assert_eq!(admit_key(&y), Err(Flaw::SmallOrder));
        assert_eq!(admit_key(&negative), Err(Flaw::SmallOrder));
    }
}

#[test]
fn a_y_of_p_or_more_is_rejected() {
    let mut p = [0xff; 32];
    p[31] = 0x7f;
    for lowest in 0xed..=0xff {
        p[0] = lowest;
        assert_eq!(admit_key(&p), Err(Flaw::NotCanonical), "{lowest:x}");
    }
    p[0] = 0xeb;
    assert_ne!(admit_key(&p), Err(Flaw::NotCanonical));
}

/// Every verdict against an independent implementation: about half of all y are on the curve.
#[test]
fn the_verdict_is_that_of_ed25519_dalek() {
    let mut on_curve = 0;
    for seed in 0_u32..2_000 {
        let point = *cdi_types::Sha256::of(&seed.to_le_bytes()).as_bytes();
        let theirs = ed25519_dalek::VerifyingKey::from_bytes(&point);
        assert_eq!(admit_key(&point).is_ok(), theirs.is_ok_and(|key| !key.is_weak()), "{point:02x?}");
        on_curve += usize::from(admit_key(&point).is_ok());
    }
    assert!((900..1_100).contains(&on_curve), "{on_curve}");
}

#[test]
fn small_values_of_y_have_the_verdict_of_ed25519_dalek() {
    for y in 0_u8..=255 {
        let mut point = [0; 32];
        point[0] = y;
        let theirs = ed25519_dalek::VerifyingKey::from_bytes(&point);
        assert_eq!(admit_key(&point).is_ok(), theirs.is_ok_and(|key| !key.is_weak()), "{y}");
        let mut high = [0xff; 32];
        high[0] = y.min(0xec);
        let theirs = ed25519_dalek::VerifyingKey::from_bytes(&high);
        assert_eq!(admit_key(&high).is_ok(), theirs.is_ok_and(|key| !key.is_weak()), "high {y}");
    }
}

#[test]
fn a_y_below_p_is_told_by_any_of_its_bytes() {
    let mut p = [0xff; 32];
    (p[0], p[31]) = (0xed, 0x7f);
    assert!(!is_below_p(&p));
    for at in 0..32 {
        let mut below = p;
        below[at] -= 1;
        assert!(is_below_p(&below), "{at}");
    }
}
