//! Lower-case hexadecimal of a known number of bytes, the one text form of a digest.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Writes `bytes` as lower-case hexadecimal digits, two a byte.
pub(crate) fn encode<const N: usize>(bytes: &[u8; N]) -> String {
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().map_or('?', char::from);
    let mut text = String::with_capacity(2 * N);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

/// Reads exactly two lower-case hexadecimal digits a byte; `None` for any other text.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let pairs = text.as_bytes().chunks_exact(2);
    if text.len() != 2 * N {
        return None;
    }
    // Whether all are digits is asked once, at the end: a report has a digest for each thing that it names.
    let (mut out, mut any) = ([0_u8; N], 0_u8);
    for (slot, pair) in out.iter_mut().zip(pairs) {
        let [high, low] = pair else { return None };
        let (high, low) = (value(*high), value(*low));
        any |= high | low;
        *slot = high << 4 | low & 0xf;
    }
    (any != NO_DIGIT).then_some(out)
}

/// The value of each byte as a digit.
#[allow(clippy::indexing_slicing, reason = "the compiler works it out, and would say so")]
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// What is no digit. No digit's value has a bit of its upper half.
const NO_DIGIT: u8 = 0xff;

fn value(digit: u8) -> u8 {
    VALUES.get(usize::from(digit)).copied().unwrap_or(NO_DIGIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_round_trip() {
        let bytes: [u8; 32] = std::array::from_fn(|i| (i * 9 + 250) as u8);
        assert_eq!(decode(&encode(&bytes)), Some(bytes));
    }

    #[test]
    fn other_lengths_and_letters_are_rejected() {
        let good = "0f".repeat(32);
        assert!(decode::<32>(&good).is_some());
        for bad in ["", "0", &good[1..], &good[2..], &(good.clone() + "0"), &(good.clone() + "00")] {
            assert_eq!(decode::<32>(bad), None, "{bad}");
        }
        assert_eq!(decode::<32>(&good.to_uppercase()), None);
        assert_eq!(decode::<32>(&good.replace("0f", "0g")), None);
        assert_eq!(decode::<32>(&format!("sha256:{}", &good[7..])), None);
    }

    #[test]
    fn one_byte_that_is_no_digit_is_enough_wherever_it_stands() {
        let good = "0f".repeat(32);
        for at in 0..good.len() {
            for byte in (0..128_u8).filter(|byte| !DIGITS.contains(byte)) {
                let mut bad = good.clone().into_bytes();
                bad[at] = byte;
                assert_eq!(decode::<32>(std::str::from_utf8(&bad).unwrap()), None, "{byte} at {at}");
            }
        }
    }
}
