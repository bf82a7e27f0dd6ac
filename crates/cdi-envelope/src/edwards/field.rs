//! The integers modulo p = 2^255 - 19, five limbs of 51 bits. Only public values go through here, so nothing is done
//! against timing.

const MASK: u64 = (1 << 51) - 1;

/// (p - 1) / 2 = 2^254 - 10, little-endian.
const HALF: [u8; 32] = {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xf6;
    bytes[31] = 0x3f;
    bytes
};

/// An element; its limbs are at most a little above 51 bits.
#[derive(Clone, Copy)]
pub(super) struct Element([u64; 5]);

impl Element {
    const ZERO: Self = Self([0; 5]);
    pub(super) const ONE: Self = Self([1, 0, 0, 0, 0]);
    /// d = -121665/121666 (RFC 8032, table 1).
    pub(super) const D: Self = Self([
        0x0003_4dca_1359_78a3,
        0x0001_a828_3b15_6ebd,
        0x0005_e7a2_6001_c029,
        0x0007_39c6_63a0_3cbb,
        0x0005_2036_cee2_b6ff,
    ]);

    /// Reads 255 bits, little-endian.
    pub(super) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let limb = |bit: usize| {
            let window = bytes.iter().skip(bit / 8).take(8).rev();
            let word = window.fold(0_u64, |word, &byte| word << 8 | u64::from(byte));
            word >> (bit % 8) & MASK
        };
        // The last limb begins at bit 204, of which only seven bytes are left.
        Self([limb(0), limb(51), limb(102), limb(153), limb(204)])
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut sum = self.0;
        for (limb, term) in sum.iter_mut().zip(other.0) {
            *limb += term;
        }
        Self(sum).carried()
    }

    /// Sixteen times p is added first, so that no limb falls below zero.
    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut difference = self.0;
        difference[0] += 16 * (MASK - 18);
        difference.iter_mut().skip(1).for_each(|limb| *limb += 16 * MASK);
        for (limb, term) in difference.iter_mut().zip(other.0) {
            *limb -= term;
        }
        Self(difference).carried()
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let [a0, a1, a2, a3, a4] = self.0.map(u128::from);
        let [b0, b1, b2, b3, b4] = other.0.map(u128::from);
        // 2^255 is 19 modulo p.
        let products = [
            a0 * b0 + 19 * (a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1),
            a0 * b1 + a1 * b0 + 19 * (a2 * b4 + a3 * b3 + a4 * b2),
            a0 * b2 + a1 * b1 + a2 * b0 + 19 * (a3 * b4 + a4 * b3),
            a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + 19 * (a4 * b4),
            a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0,
        ];
        let mut carry = 0_u128;
        let mut limbs = products.map(|product| {
            let sum = product + carry;
            carry = sum >> 51;
            low(sum)
        });
        let folded = u128::from(limbs[0]) + 19 * carry;
        limbs[0] = low(folded);
        limbs[1] += u64::try_from(folded >> 51).unwrap_or_default();
        Self(limbs)
    }

    pub(super) fn squared(&self) -> Self {
        self.times(self)
    }

    /// Euler's criterion: zero, or one when raised to (p - 1) / 2.
    pub(super) fn is_square(&self) -> bool {
        let mut power = Self::ONE;
        for byte in HALF.iter().rev() {
            for bit in (0..8).rev() {
                power = power.squared();
                if byte >> bit & 1 == 1 {
                    power = power.times(self);
                }
            }
        }
        power.equals(&Self::ONE) || power.equals(&Self::ZERO)
    }

    /// Brings the limbs to 51 bits, the last carry folded in once.
    fn carried(mut self) -> Self {
        let mut carry = 0;
        for limb in &mut self.0 {
            let sum = *limb + carry;
            carry = sum >> 51;
            *limb = sum & MASK;
        }
        self.0[0] += 19 * carry;
        self
    }

    fn equals(&self, other: &Self) -> bool {
        self.minus(other).is_zero()
    }

    /// Below 2^255 after three carries, zero has two representations: 0 and p.
    fn is_zero(self) -> bool {
        let limbs = self.carried().carried().carried().0;
        let [lowest, rest @ ..] = limbs;
        limbs == [0; 5] || (lowest == MASK - 18 && rest == [MASK; 4])
    }
}

#[expect(clippy::cast_possible_truncation, reason = "masked to 51 bits")]
const fn low(word: u128) -> u64 {
    word as u64 & MASK
}
