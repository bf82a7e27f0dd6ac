//! Conditions of templates, written with names for the parts that several of them share.

use std::collections::BTreeMap;

/// Writes names out, until none is left. Each is a word of capital letters that stands outside of quotation marks.
pub(super) fn written_out(condition: &str, named: &BTreeMap<String, String>) -> String {
    let mut text = condition.to_owned();
    // No part is made of parts that are made of parts that are made of parts.
    for _ in 0..3 {
        text = once(&text, named);
    }
    text
}

fn once(condition: &str, named: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(condition.len());
    let pieces = condition.split('\'').enumerate();
    for (place, piece) in pieces {
        if place > 0 {
            out.push('\'');
        }
        // Every second piece is between quotation marks.
        if place % 2 == 1 {
            out.push_str(piece);
            continue;
        }
        for word in piece.split_inclusive(|c: char| !is_of_word(c)) {
            let end = word.trim_end_matches(|c| !is_of_word(c));
            out.push_str(named.get(end).map_or(end, String::as_str));
            out.push_str(word.get(end.len()..).unwrap_or_default());
        }
    }
    out
}

const fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Both conditions; an empty one says nothing.
pub(super) fn both(first: &str, second: &str) -> Option<String> {
    match (first, second) {
        ("", "") => None,
        (only, "") | ("", only) => Some(only.to_owned()),
        (first, second) if second.contains("||") => Some(format!("{first} && ({second})")),
        (first, second) => Some(format!("{first} && {second}")),
    }
}
