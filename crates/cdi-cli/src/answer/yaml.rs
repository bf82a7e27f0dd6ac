//! JSON as YAML that reads to the same value, in block style.
//!
//! Goes in: the text of a JSON document. Comes out: YAML 1.2 with the same members in the same order and the same numbers,
//! digit by digit. Text that could be taken for anything else stands in double quotes; what steers a display is escaped.

use std::fmt::Write as _;

use serde::Deserialize as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

/// Text that is this long or longer is quoted, whatever is in it.
const BARE: usize = 64;

pub(super) fn of_json(text: &str) -> Result<String, serde_json::Error> {
    let mut out = String::new();
    node(serde_json::from_str(text)?, 0, &mut out)?;
    // What begins on a line of its own begins there only inside something else.
    Ok(out.trim_start_matches(['\n', ' ']).to_owned() + "\n")
}

/// Writes a value behind a key or a dash: a scalar on the same line, members and parts on lines of their own.
fn node(raw: &RawValue, depth: usize, out: &mut String) -> Result<(), serde_json::Error> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members = Members::deserialize(raw)?.0;
            if members.is_empty() {
                out.push_str(" {}");
            }
            for (name, value) in members {
                line(depth, out);
                scalar(&name, out);
                out.push(':');
                node(value, depth + 1, out)?;
            }
        }
        Some(b'[') => {
            let parts = Vec::<&RawValue>::deserialize(raw)?;
            if parts.is_empty() {
                out.push_str(" []");
            }
            for part in parts {
                line(depth, out);
                out.push('-');
                node(part, depth + 1, out)?;
            }
        }
        Some(b'"') => {
            out.push(' ');
            scalar(&String::deserialize(raw)?, out);
        }
        _ => {
            out.push(' ');
            out.push_str(text);
        }
    }
    Ok(())
}

fn line(depth: usize, out: &mut String) {
    // The first member of a part stands behind its dash.
    let behind_dash = out.ends_with('-') && depth > 0;
    if behind_dash {
        out.push(' ');
    } else {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
}

fn scalar(text: &str, out: &mut String) {
    if is_bare(text) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if cdi_types::steers_a_display(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Whether text without quotes is this text, in YAML 1.1 as well: it begins with a letter, and is no word for a truth value,
/// for nothing, or for no number.
fn is_bare(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let is_other =
        matches!(word.as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null" | "nan");
    text.len() < BARE
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !text.ends_with('-')
        && !is_other
}

/// The members of an object in their order.
struct Members<'j>(Vec<(String, &'j RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_numbers_their_digits() {
        let json = r#"{"z":1e400,"a":[[1,[]],{"b":"c","d":{}},-0],"e":{"yes":null,"f":["no",true]}}"#;
        let yaml = "z: 1e400\na:\n  - - 1\n    - []\n  - b: c\n    d: {}\n  - -0\ne:\n  \"yes\": null\n  f:\n    \
                    - \"no\"\n    - true\n";
        assert_eq!(of_json(json).unwrap(), yaml);
        assert_eq!(of_json("[]").unwrap(), "[]\n");
        assert_eq!(of_json("\"a b\"").unwrap(), "\"a b\"\n");
    }

    #[test]
    fn text_that_could_be_something_else_is_quoted() {
        for text in
            ["", "1", "1.5", "~", "null", "Yes", "NO", "a: b", "- a", "2026-01-01", "a #b", "é", ".inf", "a-"]
        {
            let mut out = String::new();
            scalar(text, &mut out);
            assert!(out.starts_with('"'), "{out}");
        }
        let mut out = String::new();
        scalar("\u{1b}\u{e0041}\"\\\n\u{85}", &mut out);
        assert_eq!(out, "\"\\U0000001b\\U000e0041\\\"\\\\\\n\\U00000085\"");
    }
}
