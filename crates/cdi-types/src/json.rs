//! Strict JSON (I-JSON, RFC 7493): what `serde_json` would let pass is found before it sees a value (rule F-JSON).
//!
//! One pass, no recursion: UTF-8, the grammar, duplicate members at any depth (compared after unescaping), lone
//! surrogates, nesting, trailing data. It builds no value; a typed parser reads the text after it.

mod typed;

use std::borrow::Cow;

use simdutf8::compat::{Utf8Error, from_utf8};

use crate::limits;

pub use typed::{Exact, typed};

/// A breach of the profile, with the byte offset at which it was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The bytes are not UTF-8.
    #[error("invalid UTF-8 at byte {at}")]
    NotUtf8 {
        /// The offset.
        at: usize,
    },
    /// The text breaks the grammar of RFC 8259.
    #[error("not JSON at byte {at}")]
    Syntax {
        /// The offset.
        at: usize,
    },
    /// An object has a member twice.
    #[error("the member `{name}` is there twice, again at byte {at}")]
    DuplicateMember {
        /// The member's name, control characters escaped.
        name: String,
        /// The offset of the object's end.
        at: usize,
    },
    /// Something other than white space follows the value.
    #[error("data after the end of the value at byte {at}")]
    TrailingData {
        /// The offset.
        at: usize,
    },
    /// A `\u` escape names half of a surrogate pair.
    #[error("a lone surrogate at byte {at}")]
    LoneSurrogate {
        /// The offset.
        at: usize,
    },
    /// Arrays and objects are nested deeper than [`limits::JSON_DEPTH`].
    #[error("nested deeper than {} at byte {at}", limits::JSON_DEPTH)]
    TooDeep {
        /// The offset.
        at: usize,
    },
    /// A number is not an integer in [0, 2^53).
    #[error("a number that is not an integer from 0 to 2^53-1 at byte {at}")]
    UnsafeNumber {
        /// The offset.
        at: usize,
    },
}

impl JsonError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "json-not-utf8",
            Self::Syntax { .. } => "json-syntax",
            Self::DuplicateMember { .. } => "json-duplicate-member",
            Self::TrailingData { .. } => "json-trailing-data",
            Self::LoneSurrogate { .. } => "json-lone-surrogate",
            Self::TooDeep { .. } => "json-too-deep",
            Self::UnsafeNumber { .. } => "json-unsafe-number",
        }
    }
}

/// Text that keeps the profile, numbers aside.
#[derive(Debug, Clone)]
pub struct StrictText<'a> {
    text: &'a str,
    unsafe_number: Option<usize>,
    members: Option<Vec<Member<'a>>>,
}

/// A member of the outermost object: its name, and where the text of its value is.
#[derive(Debug, Clone)]
struct Member<'a> {
    name: Cow<'a, str>,
    start: usize,
    end: usize,
    /// Whether it is a string in which nothing is escaped.
    plain: bool,
}

impl<'a> StrictText<'a> {
    /// The text.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// Holds CDI's own documents to integers in [0, 2^53).
    ///
    /// # Errors
    /// [`JsonError::UnsafeNumber`] for the first other number.
    pub const fn safe_numbers(&self) -> Result<(), JsonError> {
        match self.unsafe_number {
            Some(at) => Err(JsonError::UnsafeNumber { at }),
            None => Ok(()),
        }
    }

    /// Whether the value is an object.
    pub const fn is_object(&self) -> bool {
        self.members.is_some()
    }

    /// The text of a member's value, if the value is an object that has such a member.
    pub(crate) fn member(&self, name: &str) -> Option<&'a str> {
        self.found(name).and_then(|member| self.text_of(member))
    }

    fn found(&self, name: &str) -> Option<&Member<'a>> {
        self.members.iter().flatten().find(|member| member.name == name)
    }

    fn text_of(&self, member: &Member<'_>) -> Option<&'a str> {
        self.text.get(member.start..member.end)
    }
}

/// Holds `bytes` to the profile. On `Ok` the text is one JSON value without duplicate members or lone surrogates,
/// nested at most [`limits::JSON_DEPTH`] deep. Numbers are only noted: envelopes and foreign predicates may have any.
///
/// # Errors
/// [`JsonError`] for the first breach found.
pub fn strict(bytes: &[u8]) -> Result<StrictText<'_>, JsonError> {
    let not_utf8 = |error: Utf8Error| JsonError::NotUtf8 { at: error.valid_up_to() };
    let text = from_utf8(bytes).map_err(not_utf8)?;
    let keys = Vec::with_capacity(KEYS);
    let mut scanner = Scanner { text, at: 0, keys, members: None, unsafe_number: None };
    scanner.document()?;
    Ok(StrictText { text, unsafe_number: scanner.unsafe_number, members: scanner.members })
}

/// Members that have room from the start: those that are open at once in most statements.
const KEYS: usize = 32;

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Members of the objects that are open, the innermost last.
    keys: Vec<Cow<'a, str>>,
    /// Members of the outermost object, if the value is one.
    members: Option<Vec<Member<'a>>>,
    unsafe_number: Option<usize>,
}

/// An open array, or an open object and where its members begin in `keys`.
enum Open {
    Array,
    Object { first_key: usize },
}

impl<'a> Scanner<'a> {
    fn document(&mut self) -> Result<(), JsonError> {
        let mut open: Vec<Open> = Vec::with_capacity(8);
        loop {
            // A value is due here.
            match self.token() {
                Some(b'{') => {
                    self.enter(&mut open, true)?;
                    if open.len() == 1 {
                        self.members = Some(Vec::with_capacity(4));
                    }
                    if self.token() != Some(b'}') {
                        self.member_name(&open)?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.enter(&mut open, false)?;
                    if self.token() != Some(b']') {
                        continue;
                    }
                }
                _ => {
                    let plain = self.scalar()?;
                    if let ([Open::Object { .. }], Some(member)) =
                        (&open[..], self.members.iter_mut().flatten().last())
                    {
                        member.plain = plain;
                    }
                }
            }
            if self.close(&mut open)? {
                return self.end();
            }
        }
    }

    fn enter(&mut self, open: &mut Vec<Open>, object: bool) -> Result<(), JsonError> {
        if open.len() >= limits::JSON_DEPTH {
            return Err(JsonError::TooDeep { at: self.at });
        }
        self.at += 1;
        open.push(if object { Open::Object { first_key: self.keys.len() } } else { Open::Array });
        Ok(())
    }

    /// After a value: closes what ends here. True when the document's own value has ended, false when another value
    /// is due.
    fn close(&mut self, open: &mut Vec<Open>) -> Result<bool, JsonError> {
        while let Some(innermost) = open.last() {
            if let ([Open::Object { .. }], Some(member)) =
                (&open[..], self.members.iter_mut().flatten().last())
            {
                member.end = self.at;
            }
            let next = self.token();
            match (innermost, next) {
                (Open::Array, Some(b',')) => {
                    self.at += 1;
                    return Ok(false);
                }
                (Open::Object { .. }, Some(b',')) => {
                    self.at += 1;
                    self.member_name(open)?;
                    return Ok(false);
                }
                (Open::Array, Some(b']')) => {}
                (&Open::Object { first_key }, Some(b'}')) => self.no_duplicates(first_key)?,
                _ => return Err(self.syntax()),
            }
            self.at += 1;
            open.pop();
        }
        Ok(true)
    }

    fn end(&mut self) -> Result<(), JsonError> {
        match self.token() {
            None => Ok(()),
            Some(_) => Err(JsonError::TrailingData { at: self.at }),
        }
    }

    fn member_name(&mut self, open: &[Open]) -> Result<(), JsonError> {
        if self.token() != Some(b'"') {
            return Err(self.syntax());
        }
        let name = self.string()?;
        if self.token() != Some(b':') {
            return Err(self.syntax());
        }
        self.at += 1;
        if let ([_], Some(members)) = (open, &mut self.members) {
            members.push(Member { name: name.clone(), start: self.at, end: self.at, plain: false });
        }
        self.keys.push(name);
        Ok(())
    }

    /// Few members are compared pair by pair, many are sorted: linear enough for an object of any size.
    fn no_duplicates(&mut self, first_key: usize) -> Result<(), JsonError> {
        let names = self.keys.get_mut(first_key..).unwrap_or_default();
        let twice = if names.len() <= 8 {
            (1..names.len()).find_map(|i| {
                let (before, rest) = names.split_at(i);
                rest.first().filter(|name| before.contains(name)).cloned()
            })
        } else {
            names.sort_unstable();
            names.windows(2).find_map(|pair| match pair {
                [a, b] if a == b => Some(a.clone()),
                _ => None,
            })
        };
        self.keys.truncate(first_key);
        match twice {
            None => Ok(()),
            Some(name) => Err(JsonError::DuplicateMember {
                name: name.chars().take(80).flat_map(char::escape_debug).collect(),
                at: self.at,
            }),
        }
    }

    /// Moves past a value without parts, and says whether it is a string in which nothing is escaped.
    fn scalar(&mut self) -> Result<bool, JsonError> {
        match self.peek() {
            Some(b'"') => return self.string_end().map(|escaped| !escaped),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ => Err(self.syntax()),
        }
        .map(|()| false)
    }

    fn literal(&mut self, word: &str) -> Result<(), JsonError> {
        if !self.rest().starts_with(word) {
            return Err(self.syntax());
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let digits = self.digits()?;
        if digits > 1 && self.text.as_bytes().get(self.at - digits) == Some(&b'0') {
            return Err(JsonError::Syntax { at: start });
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let safe =
            self.text.get(start..self.at).and_then(|t| t.parse::<u64>().ok()).is_some_and(|n| n < 1 << 53);
        if !safe && self.unsafe_number.is_none() {
            self.unsafe_number = Some(start);
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<usize, JsonError> {
        let count = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return Err(self.syntax());
        }
        self.at += count;
        Ok(count)
    }

    /// A string's value; borrowed when nothing in it is escaped.
    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let start = self.at;
        let escaped = self.string_end()?;
        let raw = self.text.get(start..self.at).unwrap_or_default();
        if escaped {
            // The scan has held it to the grammar, so the typed parser can only agree.
            serde_json::from_str(raw).map(Cow::Owned).map_err(|_| JsonError::Syntax { at: start })
        } else {
            Ok(Cow::Borrowed(raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default()))
        }
    }

    /// Moves past a string, and says whether anything in it was escaped.
    fn string_end(&mut self) -> Result<bool, JsonError> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at += plain_run(self.rest().as_bytes());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.syntax()),
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        let rest = self.rest().as_bytes();
        match rest.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let first = code_unit(rest).ok_or(JsonError::Syntax { at: start })?;
                self.at += 6;
                match first {
                    0xd800..=0xdbff => {
                        let second = code_unit(self.rest().as_bytes());
                        if !matches!(second, Some(0xdc00..=0xdfff)) {
                            return Err(JsonError::LoneSurrogate { at: start });
                        }
                        self.at += 6;
                    }
                    0xdc00..=0xdfff => return Err(JsonError::LoneSurrogate { at: start }),
                    _ => {}
                }
            }
            _ => return Err(self.syntax()),
        }
        Ok(())
    }

    /// The next byte that is not white space.
    fn token(&mut self) -> Option<u8> {
        let blank = self.rest().bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += blank;
        self.peek()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    const fn syntax(&self) -> JsonError {
        JsonError::Syntax { at: self.at }
    }
}

/// The value of a `\uXXXX` escape at the start of `bytes`.
fn code_unit(bytes: &[u8]) -> Option<u16> {
    let [b'\\', b'u', digits @ ..] = bytes else { return None };
    let digits = digits.get(..4).filter(|four| four.iter().all(u8::is_ascii_hexdigit))?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// How many bytes from the start need no attention inside a string: neither `"` nor `\` nor a control character.
fn plain_run(bytes: &[u8]) -> usize {
    let run = memchr::memchr2(b'"', b'\\', bytes).unwrap_or(bytes.len());
    let plain = bytes.get(..run).unwrap_or_default();
    // Most strings have none, and looking at all of a chunk is fast where stopping at the first is not.
    let mut chunks = plain.chunks(64);
    let before =
        chunks.by_ref().take_while(|chunk| chunk.iter().fold(true, |all, &byte| all & (byte >= 0x20)));
    let clean = before.map(<[u8]>::len).sum::<usize>();
    let rest = plain.get(clean..).unwrap_or_default();
    clean + rest.iter().take_while(|&&byte| byte >= 0x20).count()
}

#[cfg(test)]
mod tests;
