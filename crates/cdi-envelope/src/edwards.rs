//! What an encoded point of edwards25519 must be before it is used (RFC 8032, 5.1.3): in canonical form, on the
//! curve, and not of small order. Verification in the library below refuses some of these only by failing; a key
//! that can never be honest is refused when it is loaded.

mod field;

use field::Element;

/// What is wrong with an encoded point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The y coordinate is p or more, so that another encoding says the same.
    NotCanonical,
    /// No point of the curve has this y coordinate.
    NotOnCurve,
    /// The point's order divides 8: signatures "by" it can be made without a private key.
    SmallOrder,
}

/// The y coordinates of the eight points whose order divides 8, little-endian: order 4, 1, 8, 8 and 2. Both signs of
/// x are meant, also of x = 0, whose negative is no canonical form. Computed as L times arbitrary points (L of
/// RFC 8032, table 1); the same list is in libsodium (`has_small_order`), and `ed25519-dalek` agrees in the tests.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    [0; 32],
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
];

/// Holds an encoded public key to the three rules.
pub(crate) fn admit_key(point: &[u8; 32]) -> Result<(), Flaw> {
    admit_commitment(point)?;
    if is_on_curve(&without_sign(point)) { Ok(()) } else { Err(Flaw::NotOnCurve) }
}

/// Holds the point R of a signature to canonical form and large order. That it is on the curve is implied by the
/// verification equation, which compares encodings.
pub(crate) fn admit_commitment(point: &[u8; 32]) -> Result<(), Flaw> {
    let y = without_sign(point);
    if !is_below_p(&y) {
        Err(Flaw::NotCanonical)
    } else if SMALL_ORDER_Y.contains(&y) {
        Err(Flaw::SmallOrder)
    } else {
        Ok(())
    }
}

fn without_sign(point: &[u8; 32]) -> [u8; 32] {
    let mut y = *point;
    y[31] &= 0x7f;
    y
}

/// p is 2^255 - 19: in little-endian bytes `ed`, thirty times `ff`, `7f`.
fn is_below_p(y: &[u8; 32]) -> bool {
    let [lowest, middle @ .., highest] = y;
    *lowest < 0xed || *highest < 0x7f || middle.iter().any(|&byte| byte != 0xff)
}

/// There is an x with x^2 (d y^2 + 1) = y^2 - 1 exactly if (y^2 - 1)(d y^2 + 1) is a square, since the second factor
/// is never zero (-1/d is no square); Euler's criterion decides that.
fn is_on_curve(y: &[u8; 32]) -> bool {
    let y2 = Element::from_bytes(y).squared();
    let x2 = y2.minus(&Element::ONE).times(&y2.times(&Element::D).plus(&Element::ONE));
    x2.is_square()
}

#[cfg(test)]
mod tests;
