//! As much of DER (X.690) as a public key, an ECDSA signature and the names in a certificate need: definite, shortest
//! lengths below 64 KiB.

/// The tag of an integer.
pub const INTEGER: u8 = 0x02;
/// The tag of a bit string.
pub const BIT_STRING: u8 = 0x03;
/// The tag of an object identifier.
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// The tag of a sequence.
pub const SEQUENCE: u8 = 0x30;

/// What is left to be read.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Begins to read.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element's tag and content; `None` if the bytes end early or the length is not the shortest form.
    pub fn element(&mut self) -> Option<(u8, &'a [u8])> {
        let (length, rest) = match self.0 {
            [_, short @ 0..=0x7f, rest @ ..] => (usize::from(*short), rest),
            [_, 0x81, one @ 0x80..=0xff, rest @ ..] => (usize::from(*one), rest),
            [_, 0x82, high @ 1..=0xff, low, rest @ ..] => (usize::from(*high) << 8 | usize::from(*low), rest),
            _ => return None,
        };
        let tag = *self.0.first()?;
        let (content, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some((tag, content))
    }

    /// The content of the next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.element().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shortest_length_is_read() {
        assert_eq!(Reader::new(&[2, 1, 9]).expect(INTEGER), Some(&[9][..]));
        for bad in [&[2][..], &[2, 1], &[2, 0x81, 1, 9], &[2, 0x82, 0, 1, 9], &[2, 0x80, 9, 0, 0]] {
            assert!(Reader::new(bad).element().is_none(), "{bad:?}");
        }
        let mut long = vec![2, 0x81, 0x80];
        long.resize(3 + 0x80, 7);
        assert_eq!(Reader::new(&long).expect(INTEGER).map(<[u8]>::len), Some(0x80));
        let mut longer = vec![2, 0x82, 1, 2];
        longer.resize(4 + 0x102, 7);
        let mut reader = Reader::new(&longer);
        assert_eq!(reader.expect(INTEGER).map(<[u8]>::len), Some(0x102));
        assert!(reader.is_empty());
        longer.pop();
        assert!(Reader::new(&longer).element().is_none());
    }
}
