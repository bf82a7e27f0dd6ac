//! YAML in a strict profile that reads to the same model as JSON (rule P-YAML): one document, no anchors, aliases, merges
//! or tags, no member twice, and no plain word or number that YAML readers disagree about.
//!
//! The text becomes JSON, which the typed reader takes from there: there is one reading of a policy.

use std::collections::BTreeSet;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use cdi_types::limits;

/// A breach of the profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// The text is not UTF-8.
    #[error("the document is not UTF-8")]
    NotUtf8,
    /// The document is larger than [`limits::POLICY_BYTES`].
    #[error("the document has {found} bytes, at most {} are read", limits::POLICY_BYTES)]
    TooLarge {
        /// How many bytes were found.
        found: usize,
    },
    /// The text is not YAML.
    #[error("line {line}: not YAML: {detail}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        detail: String,
    },
    /// The stream has no document, or several.
    #[error("expected exactly one document")]
    NotOneDocument,
    /// Something that the profile leaves out.
    #[error("line {line}: {what} is not allowed")]
    NotAllowed {
        /// The line, from 1.
        line: usize,
        /// What was found.
        what: &'static str,
    },
    /// A plain word or number that YAML readers disagree about.
    #[error(
        "line {line}: `{found}` must be quoted if it is meant as text, or written as a decimal integer, `true` or `false`"
    )]
    Ambiguous {
        /// The line, from 1.
        line: usize,
        /// The word.
        found: String,
    },
    /// An integer that no member takes, and that some reader would round.
    #[error("line {line}: the number {found} is not from 0 to 2^53-1")]
    NumberRange {
        /// The line, from 1.
        line: usize,
        /// The number.
        found: String,
    },
    /// A mapping has a member twice.
    #[error("line {line}: the member `{name}` is there twice")]
    DuplicateMember {
        /// The line, from 1.
        line: usize,
        /// The member's name.
        name: String,
    },
    /// Nested deeper than [`limits::JSON_DEPTH`].
    #[error("line {line}: nested deeper than {}", limits::JSON_DEPTH)]
    TooDeep {
        /// The line, from 1.
        line: usize,
    },
}

impl YamlError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "yaml-not-utf8",
            Self::TooLarge { .. } => "limit-policy-bytes",
            Self::Syntax { .. } => "yaml-syntax",
            Self::NotOneDocument => "yaml-not-one-document",
            Self::NotAllowed { .. } => "yaml-not-allowed",
            Self::Ambiguous { .. } => "yaml-ambiguous",
            Self::NumberRange { .. } => "yaml-number-range",
            Self::DuplicateMember { .. } => "yaml-duplicate-member",
            Self::TooDeep { .. } => "yaml-too-deep",
        }
    }
}

/// The one document in `bytes`, as JSON text.
///
/// # Errors
/// [`YamlError`] for the first breach of the profile.
pub fn to_json(bytes: &[u8]) -> Result<String, YamlError> {
    if bytes.len() > limits::POLICY_BYTES {
        return Err(YamlError::TooLarge { found: bytes.len() });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| YamlError::NotUtf8)?;
    let mut writer = Writer::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| YamlError::Syntax {
            line: error.marker().line(),
            detail: error.info().chars().take(200).flat_map(char::escape_debug).collect(),
        })?;
        writer.event(event, span.start)?;
    }
    if writer.documents == 1 { Ok(writer.json) } else { Err(YamlError::NotOneDocument) }
}

/// A collection that is open.
enum Open {
    Sequence { empty: bool },
    Mapping { names: BTreeSet<String>, name_due: bool },
}

#[derive(Default)]
struct Writer {
    json: String,
    open: Vec<Open>,
    documents: usize,
}

impl Writer {
    fn event(&mut self, event: Event<'_>, at: Marker) -> Result<(), YamlError> {
        let line = at.line();
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 { Err(YamlError::NotOneDocument) } else { Ok(()) }
            }
            Event::Alias(_) => Err(YamlError::NotAllowed { line, what: "an alias" }),
            Event::Scalar(_, _, anchor, ref tag)
            | Event::SequenceStart(anchor, ref tag)
            | Event::MappingStart(anchor, ref tag)
                if anchor != 0 || tag.is_some() =>
            {
                let what = if tag.is_some() { "a tag" } else { "an anchor" };
                Err(YamlError::NotAllowed { line, what })
            }
            Event::Scalar(text, style, ..) => self.scalar(&text, style, line),
            Event::SequenceStart(..) => self.enter(Open::Sequence { empty: true }, '[', line),
            Event::MappingStart(..) => {
                self.enter(Open::Mapping { names: BTreeSet::new(), name_due: true }, '{', line)
            }
            Event::SequenceEnd => self.leave(']'),
            Event::MappingEnd => self.leave('}'),
        }
    }

    fn enter(&mut self, open: Open, bracket: char, line: usize) -> Result<(), YamlError> {
        self.before_value(line)?;
        if self.open.len() >= limits::JSON_DEPTH {
            return Err(YamlError::TooDeep { line });
        }
        self.open.push(open);
        self.json.push(bracket);
        Ok(())
    }

    fn leave(&mut self, bracket: char) -> Result<(), YamlError> {
        self.open.pop();
        self.json.push(bracket);
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, line: usize) -> Result<(), YamlError> {
        if let Some(Open::Mapping { names, name_due: name_due @ true }) = self.open.last_mut() {
            if style == ScalarStyle::Plain {
                plain(text, line)?.is_text(text, line)?;
            }
            if !names.insert(text.to_owned()) {
                return Err(YamlError::DuplicateMember {
                    line,
                    name: text.chars().take(80).flat_map(char::escape_debug).collect(),
                });
            }
            *name_due = false;
            if names.len() > 1 {
                self.json.push(',');
            }
            self.json.push_str(&quoted(text));
            self.json.push(':');
            return Ok(());
        }
        self.before_value(line)?;
        match style {
            ScalarStyle::Plain => match plain(text, line)? {
                Plain::Text => self.json.push_str(&quoted(text)),
                Plain::Json => self.json.push_str(text),
            },
            _ => self.json.push_str(&quoted(text)),
        }
        Ok(())
    }

    /// A collection as a member's name is a value in the wrong place.
    fn before_value(&mut self, line: usize) -> Result<(), YamlError> {
        match self.open.last_mut() {
            None => Ok(()),
            Some(Open::Sequence { empty }) => {
                if !std::mem::replace(empty, false) {
                    self.json.push(',');
                }
                Ok(())
            }
            Some(Open::Mapping { name_due: true, .. }) => {
                Err(YamlError::NotAllowed { line, what: "a collection as a member's name" })
            }
            Some(Open::Mapping { name_due, .. }) => {
                *name_due = true;
                Ok(())
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What a plain scalar is.
#[derive(PartialEq, Eq)]
enum Plain {
    Text,
    /// `true`, `false` or a decimal integer, the same in JSON.
    Json,
}

impl Plain {
    fn is_text(&self, found: &str, line: usize) -> Result<(), YamlError> {
        match self {
            Self::Text => Ok(()),
            Self::Json => Err(YamlError::Ambiguous { line, found: found.to_owned() }),
        }
    }
}

/// Reads a plain scalar the one way on which YAML 1.1, YAML 1.2 and JSON readers agree.
fn plain(text: &str, line: usize) -> Result<Plain, YamlError> {
    let found = || text.chars().take(80).flat_map(char::escape_debug).collect();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let integer = |text: &str| digits(text) && (text == "0" || !text.starts_with('0'));
    let in_range = |text: &str| text.parse::<u64>().is_ok_and(|number| number < 1 << 53);
    if matches!(text, "true" | "false") || integer(text) && in_range(text) {
        return Ok(Plain::Json);
    }
    if integer(text.strip_prefix('-').unwrap_or(text)) {
        return Err(YamlError::NumberRange { line, found: found() });
    }
    let lower = text.to_ascii_lowercase();
    let word = matches!(
        lower.as_str(),
        "" | "~"
            | "null"
            | "true"
            | "false"
            | "yes"
            | "no"
            | "on"
            | "off"
            | "y"
            | "n"
            | "<<"
            | "="
            | ".inf"
            | "+.inf"
            | "-.inf"
            | ".nan"
    );
    if word || digits(text) || reads_as_number(&lower) || begins_otherwise(text) {
        return Err(YamlError::Ambiguous { line, found: found() });
    }
    Ok(Plain::Text)
}

/// Whether the word begins as no plain word may (YAML 1.2, 7.3.3): whoever wrote `[>- x]` meant a block of text, which has no
/// place there, and some readers say so while others give its mark to the text.
fn begins_otherwise(text: &str) -> bool {
    let mut characters = text.chars();
    match characters.next() {
        Some(
            ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`',
        ) => true,
        Some('-' | '?' | ':') => characters.next().is_none_or(char::is_whitespace),
        _ => false,
    }
}

/// Whether some YAML reader takes the word for a number or a date: it begins like one and has nothing but the letters,
/// digits and marks of numbers in other bases, floats, sexagesimal numbers and dates.
fn reads_as_number(lower: &str) -> bool {
    let signless = lower.strip_prefix(['+', '-']).unwrap_or(lower);
    let numeric = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b"_.:+-e".contains(&b));
    let based = |prefix: &str, digits: &[u8]| {
        signless
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b == b'_' || digits.contains(&b)))
    };
    let begins = signless.bytes().next().is_some_and(|b| b.is_ascii_digit())
        || signless
            .strip_prefix('.')
            .and_then(|rest| rest.bytes().next())
            .is_some_and(|b| b.is_ascii_digit());
    // A version such as `1.3.3` or a digest of digits only would be taken for a float or a date by somebody.
    begins && numeric(signless)
        || based("0x", b"0123456789abcdef")
        || based("0o", b"01234567")
        || based("0b", b"01")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        to_json(text.as_bytes()).map_or_else(|error| error.code(), |_| "ok")
    }

    #[test]
    fn the_profile_reads_to_json() {
        let yaml = "a: 1\nb: [x, 'no', true]\nc:\n  d: \"1.0\"\n  e: >-\n    two\n    words\nf: {}\ng: []\n";
        let json = to_json(yaml.as_bytes()).unwrap();
        assert_eq!(json, r#"{"a":1,"b":["x","no",true],"c":{"d":"1.0","e":"two words"},"f":{},"g":[]}"#);
        assert_eq!(to_json(br#"{"a": [1, "x"]}"#).unwrap(), r#"{"a":[1,"x"]}"#);
    }

    #[test]
    fn marks_of_blocks_are_no_text() {
        for text in [
            "a: [>- x]",
            "a: [>-\n  x]",
            "a: [|\n x]",
            "a: {b: > x}",
            "a: {|- b: x}",
            "a: [%x]",
            "a: [- x]",
            "a: [? ]",
            "a: [?]",
            "a: {-: x}",
        ] {
            assert_ne!(code(text), "ok", "{text}");
        }
        assert_eq!(code("a: [x>-, -x, ?x, a|b, 'x']\nb: >-\n  x\nc: [\"|x\"]"), "ok");
    }

    #[test]
    fn words_and_numbers_that_readers_disagree_about_are_rejected() {
        for word in [
            "no",
            "No",
            "NO",
            "on",
            "off",
            "yes",
            "y",
            "~",
            "null",
            "Null",
            "True",
            "FALSE",
            "0x10",
            "0x1_0",
            "0o17",
            "0b11",
            "1_0",
            "010",
            "1.0",
            "1e3",
            "+1",
            ".5",
            ".inf",
            ".nan",
            "12:30:45",
            "2026-01-01",
            "1.3.3",
        ] {
            assert_eq!(code(&format!("a: {word}")), "yaml-ambiguous", "{word}");
            assert_eq!(code(&format!("a: \"{word}\"")), "ok", "{word}");
        }
        assert_eq!(code("a:"), "yaml-ambiguous");
        assert_eq!(code("on: 1"), "yaml-ambiguous");
        assert_eq!(code("1: x"), "yaml-ambiguous");
        for fine in ["24h", "acme-vetting", "WASM_*", "0x", "0xyz", "0f3a", "1a", "e5", "wasmtime-48"] {
            assert_eq!(code(&format!("a: {fine}")), "ok", "{fine}");
        }
    }

    #[test]
    fn integers_that_some_reader_would_round_are_rejected() {
        for number in ["-1", "-0", "9007199254740992", "18446744073709551616", "-9007199254740992"] {
            assert_eq!(code(&format!("a: {number}")), "yaml-number-range", "{number}");
            assert_eq!(code(&format!("a: \"{number}\"")), "ok", "{number}");
        }
        assert_eq!(code("a: 9007199254740991"), "ok");
    }

    #[test]
    fn anchors_aliases_merges_and_tags_are_rejected() {
        assert_eq!(code("a: &x 1\nb: 2"), "yaml-not-allowed");
        assert_eq!(code("a: &x [1]\nb: *x"), "yaml-not-allowed");
        assert_eq!(code("<<: {a: 1}"), "yaml-ambiguous");
        assert_eq!(code("a: !!str 1"), "yaml-not-allowed");
        assert_eq!(code("a: !x {b: 1}"), "yaml-not-allowed");
        assert_eq!(code("? [a]\n: 1"), "yaml-not-allowed");
    }

    #[test]
    fn duplicates_and_further_documents_are_rejected() {
        assert_eq!(code("a: 1\na: 2"), "yaml-duplicate-member");
        assert_eq!(code("x: {a: 1, \"a\": 2}"), "yaml-duplicate-member");
        assert_eq!(code("a: 1\n---\na: 2"), "yaml-not-one-document");
        assert_eq!(code("a: 1\n---\na: no"), "yaml-not-one-document");
        assert_eq!(code(""), "yaml-not-one-document");
        assert_eq!(code("# nothing\n"), "yaml-not-one-document");
        assert_eq!(to_json(b"a: \xff").unwrap_err().code(), "yaml-not-utf8");
    }

    #[test]
    fn depth_and_size_are_limited() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert_eq!(code(&nested(limits::JSON_DEPTH)), "ok");
        assert_eq!(code(&nested(limits::JSON_DEPTH + 1)), "yaml-too-deep");
        let comment = |n: usize| format!("a: 1\n#{}", "x".repeat(n - 6));
        assert_eq!(code(&comment(limits::POLICY_BYTES)), "ok");
        assert_eq!(code(&comment(limits::POLICY_BYTES + 1)), "limit-policy-bytes");
    }
}
