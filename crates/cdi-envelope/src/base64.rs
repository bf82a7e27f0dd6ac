//! The base64 of envelopes (RFC 4648; rule F-BASE64): the standard or the URL-safe alphabet, one of them a string,
//! with exact padding, without white space, and with zeros in the bits that the last digit leaves over.

use base64_simd::{Base64, STANDARD, URL_SAFE};

/// Appends the bytes that `text` stands for; on `None` the text breaks the rule and `out` is as it was.
///
/// Two decoders, each strict and of one alphabet, accept between them exactly the strings of one alphabet.
pub(crate) fn decode_append(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let before = out.len();
    for alphabet in [STANDARD, URL_SAFE] {
        if alphabet.decode_append(text.as_bytes(), out).is_ok() {
            return Some(());
        }
        out.truncate(before);
    }
    None
}

/// As [`decode_append`], into bytes of their own.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    decode_append(text, &mut out).map(|()| out)
}

/// How many bytes `text` stands for, if it keeps the rule.
pub(crate) fn decoded_len(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|&digit| digit == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

/// The one form that is written: the standard alphabet.
pub(crate) const WRITTEN: Base64 = STANDARD;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_foretold() {
        for length in 0..40 {
            let text = WRITTEN.encode_to_string(vec![7_u8; length]);
            assert_eq!(decoded_len(&text), length);
            assert_eq!(decode(&text).unwrap().len(), length);
        }
    }

    #[test]
    fn what_was_there_stays_there() {
        let mut out = b"before".to_vec();
        assert!(decode_append("YWJjZA==", &mut out).is_some());
        assert_eq!(out, b"beforeabcd");
        for bad in ["YWJjZA=", "YWJjZB==", "YW+_", "\u{e9}AAA"] {
            assert!(decode_append(bad, &mut out).is_none(), "{bad}");
            assert_eq!(out, b"beforeabcd");
        }
    }
}
