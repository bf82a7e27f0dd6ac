//! Sentences in lines of at most eighty columns.

use std::io::{self, Write};

/// How wide a line is at most, unless a single word is wider.
const COLUMNS: usize = 80;

/// Writes text, the first line after `first`, the others after as many blanks. The text has no line breaks of its own.
pub(crate) fn wrapped(first: &str, text: &str, out: &mut impl Write) -> io::Result<()> {
    let indent = " ".repeat(first.chars().count());
    let mut line = first.to_owned();
    let (mut wide, mut empty) = (first.chars().count(), true);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let more = word.chars().count();
        if !empty && wide + 1 + more > COLUMNS {
            writeln!(out, "{line}")?;
            line.clone_from(&indent);
            (wide, empty) = (indent.len(), true);
        }
        if !empty {
            line.push(' ');
            wide += 1;
        }
        line.push_str(word);
        wide += more;
        empty = false;
    }
    writeln!(out, "{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(first: &str, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        wrapped(first, text, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn no_line_is_wider_than_it_must_be() {
        let text = "a".repeat(39);
        assert_eq!(lines("- ", &format!("{text} {text}")), [format!("- {text}"), format!("  {text}")]);
        let short = "a".repeat(38);
        assert_eq!(lines("- ", &format!("{text} {short}")), [format!("- {text} {short}")]);
    }

    #[test]
    fn a_word_that_is_too_wide_stands_alone() {
        let wide = "é".repeat(100);
        assert_eq!(
            lines("  ", &format!("a {wide} b")),
            ["  a".to_owned(), format!("  {wide}"), "  b".to_owned()]
        );
    }

    #[test]
    fn nothing_is_still_a_line() {
        assert_eq!(lines("- ", ""), ["- "]);
    }
}
