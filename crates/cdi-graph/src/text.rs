//! Text that others wrote, for a picture: what is invisible or steers a display is shown as an escape.

use cdi_types::steers_a_display;

/// A longer name is cut in the middle when it comes in: nobody reads it, and it is named by its digest besides.
const LONGEST: usize = 512;

/// Text on one line, with an escape in the place of every character that is invisible or steers a display.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in cut(text, LONGEST).chars() {
        if c == ' ' || !(steers_a_display(c) || c.is_whitespace()) {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

/// At most so many characters, with an ellipsis in the middle for those that are left out: of a path the end says most.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    let head = kept / 3;
    let tail = kept - head;
    let (first, last) = (text.chars().take(head), text.chars().skip(count - tail));
    first.chain(['…']).chain(last).collect()
}

/// At most so many units of [`width`], cut like [`cut`].
pub(crate) fn fitted(text: &str, most: u32) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    // The widest text that fits, by halving: whatever is shorter is not wider by more than one character.
    let (mut fits, mut over) = (0, text.chars().count());
    while over - fits > 1 {
        let middle = fits + (over - fits) / 2;
        if width(&cut(text, middle)) <= most { fits = middle } else { over = middle }
    }
    cut(text, fits)
}

/// How wide a text is in thousandths of the font's size: an upper bound for the fonts of the style sheet, measured on the
/// widest of them.
pub(crate) fn width(text: &str) -> u32 {
    text.chars().map(advance).fold(0, u32::saturating_add)
}

fn advance(c: char) -> u32 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 300,
        ' ' | '.' | ',' | ':' | ';' | '!' | 'f' | 't' | 'I' | 'J' | '/' | '\\' | '-' | '(' | ')' | '['
        | ']' => 400,
        'r' | '"' | '{' | '}' | '_' | '*' => 500,
        'a'..='h' | 'k' | 'n'..='q' | 's' | 'u' | 'v' | 'x'..='z' | '0'..='9' => 640,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 1_000,
        'O' | 'Q' | 'G' | 'N' | 'H' | 'D' => 790,
        'A'..='Z' | '$' | '?' | '`' => 720,
        '!'..='~' => 840,
        '…' | '×' | '→' | '✓' => 1_000,
        '\u{a0}'..='\u{2ff}' | '\u{370}'..='\u{52f}' => 800,
        // East Asian characters, symbols, and whatever a font may put in their place.
        _ => 1_300,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_display_is_shown_as_an_escape() {
        assert_eq!(plain("a\nb\u{202e}c"), "a\\u{a}b\\u{202e}c");
        assert_eq!(plain("</svg><script>"), "</svg><script>");
    }

    #[test]
    fn a_cut_text_keeps_its_end() {
        assert_eq!(cut("src/very/long/path.c", 10), "src…path.c");
        assert_eq!(cut("short", 10), "short");
        assert_eq!(plain(&"x".repeat(10_000)).chars().count(), LONGEST);
    }

    #[test]
    fn a_fitted_text_is_no_wider_than_it_may_be() {
        for text in ["", "mmmmmmmm", "語語語語", "iiiiiiiiiiiiiiii", "a"] {
            for most in [0, 1_000, 3_000, 50_000] {
                let fitted = fitted(text, most);
                assert!(width(&fitted) <= most.max(1_000), "{text} {most} {fitted}");
            }
        }
    }
}
