//! The one way into a page: markup that this crate itself has written, and text that anybody may have.
//!
//! Guarantee: [`Html::raw`] takes only what is in this program's own source. Everything else goes through [`Html::text`] or
//! [`Html::code`], which write no character that HTML reads as markup, in elements and in quoted attributes alike.

use std::borrow::Cow;
use std::fmt::Write as _;

use cdi_types::steers_a_display;

use crate::limits;

/// A page as it grows.
#[derive(Debug, Default)]
pub(crate) struct Html(String);

impl Html {
    /// Markup, in the source of this program.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text of anybody, in an element or in a quoted attribute: one line, no longer than [`limits::TEXT`].
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.line(&cut(text))
    }

    /// As [`Self::text`], of a text that is part of one that was cut.
    pub(crate) fn line(&mut self, text: &str) -> &mut Self {
        if self.0.len() > limits::PAGE {
            return self.raw("[left out: the page is full]");
        }
        for c in text.chars() {
            if is_seen(c) {
                self.character(c);
            } else {
                let _ = write!(self.0, "{}", c.escape_unicode());
            }
        }
        self
    }

    /// How many bytes the page has so far.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Text of anybody in a `pre`: lines stay lines, and what steers a display is escaped as in JSON.
    pub(crate) fn code(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '\n' => self.0.push('\n'),
                c if steers_a_display(c) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let _ = write!(self.0, "\\u{unit:04x}");
                    }
                }
                // Quotes mean nothing in an element, and JSON is full of them.
                c @ ('"' | '\'' | '`') => self.0.push(c),
                c => self.character(c),
            }
        }
        self
    }

    /// A number, in groups of three digits.
    pub(crate) fn number(&mut self, number: usize) -> &mut Self {
        let digits = number.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                self.0.push(',');
            }
            self.0.push(digit);
        }
        self
    }

    /// JSON that has no markup in it, as [`crate::island`] makes it.
    pub(crate) fn island(&mut self, island: &crate::island::Island) -> &mut Self {
        self.0.push_str(island.as_str());
        self
    }

    /// A picture, whose texts were escaped where it was drawn.
    pub(crate) fn drawing(&mut self, drawing: &crate::drawing::Drawing) -> &mut Self {
        self.0.push_str(drawing.as_str());
        self
    }

    /// A policy of [`crate::content_policy`]: base64 and fixed words.
    pub(crate) fn policy(&mut self, policy: &str) -> &mut Self {
        // Neither has a character that ends a quoted attribute in double quotes.
        self.0.extend(policy.chars().filter(|c| *c != '"'));
        self
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }

    fn character(&mut self, c: char) {
        match c {
            '&' => self.0.push_str("&amp;"),
            '<' => self.0.push_str("&lt;"),
            '>' => self.0.push_str("&gt;"),
            '"' => self.0.push_str("&quot;"),
            '\'' => self.0.push_str("&#39;"),
            '`' => self.0.push_str("&#96;"),
            c => self.0.push(c),
        }
    }
}

/// Text of anybody as one line, no longer than [`limits::TEXT`], in which nothing steers a display. It is no markup.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::new();
    for c in cut(text).chars() {
        if is_seen(c) { shown.push(c) } else { shown.extend(c.escape_unicode()) }
    }
    shown
}

/// As much of a text as a page takes; how much is left out is said.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(limits::TEXT) {
        None => Cow::Borrowed(text),
        Some((at, _)) => {
            let (start, rest) = text.split_at(at);
            Cow::Owned(format!("{start} [{} more characters are left out]", rest.chars().count()))
        }
    }
}

/// Whether a character is seen as itself, where it stands.
fn is_seen(c: char) -> bool {
    c == ' ' || !(steers_a_display(c) || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut html = Html::default();
        html.text(text);
        html.finish()
    }

    #[test]
    fn no_character_of_markup_gets_through() {
        let shown = text("</script><b x='1' y=\"2\" z=`3`>&amp;<!-- ]]>");
        assert!(!shown.contains(['<', '>', '"', '\'', '`']), "{shown}");
        assert!(shown.starts_with("&lt;/script&gt;") && shown.contains("&amp;amp;"), "{shown}");
    }

    #[test]
    fn numbers_are_easy_to_read() {
        let mut html = Html::default();
        html.number(0).raw(" ").number(999).raw(" ").number(65_536).raw(" ").number(1_234_567);
        assert_eq!(html.finish(), "0 999 65,536 1,234,567");
    }

    #[test]
    fn what_steers_a_display_is_seen() {
        assert_eq!(text("a\u{202e}b\nc\u{2066}\u{0}\td"), "a\\u{202e}b\\u{a}c\\u{2066}\\u{0}\\u{9}d");
        let mut html = Html::default();
        html.code("a\u{202e}\n\u{e0041}<\r");
        assert_eq!(html.finish(), "a\\u202e\n\\udb40\\udc41&lt;\\u000d");
    }

    #[test]
    fn long_texts_are_cut_and_that_is_said() {
        let shown = text(&"é".repeat(limits::TEXT + 7));
        assert!(shown.ends_with("é [7 more characters are left out]"), "{shown}");
        assert_eq!(text(&"é".repeat(limits::TEXT)).chars().count(), limits::TEXT);
        assert_eq!(visible("a\u{202e}"), "a\\u{202e}");
    }
}
