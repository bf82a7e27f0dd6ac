//! Second readings of the formats, by other means than the readers that they are held against.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// How deep JSON may be nested.
const DEEPEST: usize = 32;

/// Whether bytes are strict JSON (rule F-JSON), and then whether each number is a whole one from 0 to 2^53-1. Everything is
/// read by `serde_json`, level by level.
pub(crate) fn strict_json(bytes: &[u8]) -> Option<bool> {
    let text = std::str::from_utf8(bytes).ok()?;
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    value(serde_json::from_str::<&RawValue>(text).ok()?.get(), 0)
}

fn value(text: &str, depth: usize) -> Option<bool> {
    let within = |depth: usize| (depth < DEEPEST).then_some(depth + 1);
    match text.as_bytes().first()? {
        b'{' => {
            let (depth, Members(members)) = (within(depth)?, serde_json::from_str(text).ok()?);
            let names: BTreeSet<&String> = members.iter().map(|(name, _)| name).collect();
            let all = members.iter().map(|(_, one)| value(one.get(), depth));
            (names.len() == members.len()).then(|| together(all)).flatten()
        }
        b'[' => {
            let (depth, list) = (within(depth)?, serde_json::from_str::<Vec<&RawValue>>(text).ok()?);
            together(list.iter().map(|one| value(one.get(), depth)))
        }
        b'"' => serde_json::from_str::<String>(text).ok().map(|_| true),
        b't' | b'f' | b'n' => Some(true),
        _ => Some(serde_json::from_str::<u64>(text).is_ok_and(|number| number < 1 << 53)),
    }
}

fn together(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all.collect::<Option<Vec<_>>>().map(|safe| !safe.contains(&false))
}

/// The members of an object in their order, those that are there twice as well.
pub(crate) struct Members<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = access.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

impl<'a> Members<'a> {
    /// The members of a text that is an object.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
    }

    /// The text of a member.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, value)| value.get())
    }

    /// A member that is a text.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.text(name)?).ok()
    }
}

/// The bytes of base64 as rule F-BASE64 has it, bit by bit.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let url = digits.contains(['-', '_']);
    if (url && digits.contains(['+', '/'])) || padding > 2 || !text.len().is_multiple_of(4) {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let bits: Option<Vec<u8>> = digits.bytes().map(digit).collect();
    let bits: Vec<u8> = bits?.iter().flat_map(|six| (0..6).rev().map(move |bit| six >> bit & 1)).collect();
    let (bytes, left) = bits.split_at(bits.len() / 8 * 8);
    let whole = |bits: &[u8]| bits.iter().fold(0_u8, |byte, bit| byte << 1 | bit);
    (left.len() < 6 && left.iter().all(|bit| *bit == 0)).then(|| bytes.chunks(8).map(whole).collect())
}

/// What DSSE signs.
pub(crate) fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = b"DSSEv1 ".to_vec();
    bytes.extend(payload_type.len().to_string().bytes());
    bytes.push(b' ');
    bytes.extend(payload_type.bytes());
    bytes.push(b' ');
    bytes.extend(payload.len().to_string().bytes());
    bytes.push(b' ');
    bytes.extend(payload);
    bytes
}

/// The type and the payload that an encoding of DSSE is of, if it is one.
pub(crate) fn of_pae(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let rest = bytes.strip_prefix(b"DSSEv1 ")?;
    // A type has as many bytes as the first number says: try each that there can be.
    (0..=rest.len()).find_map(|length| {
        let start = format!("{length} ");
        let rest = rest.strip_prefix(start.as_bytes())?;
        let (kind, rest) = rest.split_at_checked(length)?;
        let mut parts = rest.strip_prefix(b" ")?.splitn(2, |byte| *byte == b' ');
        let (number, payload) = (parts.next()?, parts.next()?);
        let kind = String::from_utf8(kind.to_vec()).ok()?;
        (number == payload.len().to_string().as_bytes()).then(|| (kind, payload.to_vec()))
    })
}
