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
    let mut out = [0_u8; N];
    for (slot, pair) in out.iter_mut().zip(pairs) {
        let [high, low] = pair else { return None };
        *slot = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(out)
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
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
}
