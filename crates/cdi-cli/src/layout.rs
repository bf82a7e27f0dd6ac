//! Lines for people: every one is folded here, at words, to the width of the terminal, and nowhere else.
//!
//! A word is never cut: an id that is wider than a line stands alone on one, so that it can be copied.

use std::io::{self, Write};

use crate::manners;

/// What a line that goes on is moved in by, if nothing else tells.
const HANG: usize = 2;
/// A word before a gap is a label up to this width; what goes on stands under what the label is of.
const LABEL: usize = 26;

/// Text that is being laid out. Lines are folded as they end.
#[derive(Debug)]
pub(crate) struct Page {
    columns: usize,
    out: Vec<u8>,
    line: Vec<u8>,
}

impl Page {
    /// A page that is as wide as what people look at.
    pub(crate) fn new() -> Self {
        Self::of(manners::columns())
    }

    const fn of(columns: usize) -> Self {
        Self { columns, out: Vec::new(), line: Vec::new() }
    }

    /// Adds lines as they are: a document that means something else when it is folded.
    pub(crate) fn verbatim(&mut self, lines: &str) {
        self.end();
        self.out.extend_from_slice(lines.as_bytes());
        if !lines.ends_with('\n') {
            self.out.push(b'\n');
        }
    }

    /// All of it, with the styles of a terminal.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.end();
        self.out
    }

    /// A line that nobody has ended ends.
    fn end(&mut self) {
        if !self.line.is_empty() {
            self.fold();
        }
    }

    fn fold(&mut self) {
        let line = String::from_utf8_lossy(&self.line).into_owned();
        self.out.extend_from_slice(folded(&line, hang(&line), self.columns).as_bytes());
        self.line.clear();
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(rest) => {
                    self.line.extend_from_slice(rest);
                    self.fold();
                }
                None => self.line.extend_from_slice(part),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a sentence, the first line after `first`, the others after as many blanks.
pub(crate) fn wrapped(first: &str, text: &str, out: &mut impl Write) -> io::Result<()> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let line = format!("{first}{}", words.join(" "));
    out.write_all(folded(&line, width(first), manners::columns()).as_bytes())
}

/// How far a line is moved in where it goes on: under the text of an item or of a label, or a little more than it begins.
fn hang(line: &str) -> usize {
    let seen: String = visible(line).collect();
    let text = seen.trim_start_matches(' ');
    let indent = width(&seen) - width(text);
    if text.starts_with("- ") {
        return indent + 2;
    }
    let Some((label, rest)) = text.split_once("  ") else { return indent + HANG };
    let gap = 2 + width(rest) - width(rest.trim_start_matches(' '));
    let column = indent + width(label) + gap;
    if column <= LABEL { column } else { indent + HANG }
}

/// A line in lines of at most so many columns, unless a single word is wider; each ends with a line break.
pub(crate) fn folded(line: &str, hang: usize, columns: usize) -> String {
    let indent = " ".repeat(if hang * 2 > columns { HANG } else { hang });
    let (mut out, mut wide, mut fresh) = (String::with_capacity(line.len() + 1), 0, true);
    for (blanks, word) in words(line) {
        let more = width(word);
        // Where a new line would begin no further to the left nothing is gained by it.
        if !fresh && wide + blanks + more > columns && wide + blanks > indent.len() {
            out.push('\n');
            out.push_str(&indent);
            wide = indent.len();
        } else {
            out.push_str(&" ".repeat(blanks));
            wide += blanks;
        }
        out.push_str(word);
        wide += more;
        fresh = fresh && more == 0;
    }
    out.push('\n');
    out
}

/// The words of a line, each with the blanks before it.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let word = rest.trim_start_matches(' ');
        let blanks = rest.len() - word.len();
        let end = word.find(' ').unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        rest = after;
        (!word.is_empty()).then_some((blanks, word))
    })
}

/// How many columns text takes; what styles it takes none.
pub(crate) fn width(text: &str) -> usize {
    visible(text).map(columns_of).sum()
}

/// Ideographs, syllables, kana and full forms take two columns (Unicode Standard Annex 11, `W` and `F`, by their blocks).
const fn columns_of(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// The characters that are seen: without the sequences that begin with an escape and end with a letter.
fn visible(text: &str) -> impl Iterator<Item = char> {
    let mut styling = false;
    text.chars().filter(move |c| {
        let seen = !styling && *c != '\u{1b}';
        let ends = styling && c.is_ascii_alphabetic();
        styling = !(seen || ends);
        seen
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(line: &str, columns: usize) -> Vec<String> {
        let mut page = Page::of(columns);
        writeln!(page, "{line}").unwrap();
        String::from_utf8(page.into_bytes()).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn no_line_is_wider_than_it_must_be() {
        assert_eq!(laid_out("- aaaa bbbb", 9), ["- aaaa", "  bbbb"]);
        assert_eq!(laid_out("- aaaa bbb", 10), ["- aaaa bbb"]);
        assert_eq!(laid_out("    aa bb cc dd", 12), ["    aa bb cc", "      dd"]);
    }

    #[test]
    fn a_word_that_is_too_wide_stands_alone() {
        let wide = "é".repeat(30);
        assert_eq!(
            laid_out(&format!("  abc {wide} b"), 20),
            ["  abc".to_owned(), format!("    {wide}"), "    b".to_owned()]
        );
    }

    #[test]
    fn what_goes_on_stands_under_the_text_of_its_label() {
        assert_eq!(laid_out("  file   one two three", 20), ["  file   one two", "         three"]);
        assert_eq!(laid_out("file   one two three", 8), ["file", "  one", "  two", "  three"]);
    }

    #[test]
    fn a_value_that_is_too_wide_stays_beside_its_label() {
        let line = format!("public key  {}", "x".repeat(30));
        assert_eq!(laid_out(&line, 30), [line]);
    }

    #[test]
    fn styles_take_no_columns_and_are_never_cut() {
        assert_eq!(width("\u{1b}[1;32mok\u{1b}[0m"), 2);
        assert_eq!(laid_out("\u{1b}[1maa\u{1b}[0m bb", 5), ["\u{1b}[1maa\u{1b}[0m bb"]);
        assert_eq!(width("語é"), 3);
    }

    #[test]
    fn nothing_is_still_a_line_and_documents_stay_as_they_are() {
        assert_eq!(laid_out("", 80), [""]);
        let mut page = Page::of(10);
        page.verbatim("{ \"a\": \"b c d e f g\" }");
        assert_eq!(page.into_bytes(), b"{ \"a\": \"b c d e f g\" }\n");
    }
}
