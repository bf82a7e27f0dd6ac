//! Writing SVG: every text is escaped here, and nowhere else.

use std::fmt::Write as _;

use crate::text::fitted;

/// What has been drawn.
pub(crate) struct Ink(String);

/// Text between tags and in attributes. A character that XML does not know is replaced.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// A number with one digit behind the point at most.
pub(crate) fn number(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    // No negative zero.
    format!("{}", tenths + 0.0)
}

impl Ink {
    pub(crate) const fn new() -> Self {
        Self(String::new())
    }

    pub(crate) fn done(self) -> String {
        self.0
    }

    /// Markup that has no text of others in it.
    pub(crate) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// A line of text.
    pub(crate) fn text(&mut self, class: &str, x: f64, y: f64, text: &str) {
        let (x, y, text) = (number(x), number(y), escaped(text));
        let _ = writeln!(self.0, r#"<text class="{class}" x="{x}" y="{y}">{text}</text>"#);
    }

    /// A line of text in a font of this size that is no wider than there is room.
    pub(crate) fn fitted(&mut self, class: &str, (x, y): (f64, f64), size: f64, room: f64, text: &str) {
        self.text(class, x, y, &fit(text, size, room));
    }

    pub(crate) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), radius: f64) {
        let (x, y, width, height) = (number(x), number(y), number(width), number(height));
        let radius = number(radius);
        let _ = writeln!(
            self.0,
            r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}"/>"#
        );
    }

    /// The tooltip of what encloses it.
    pub(crate) fn title(&mut self, text: &str) {
        let _ = writeln!(self.0, "<title>{}</title>", escaped(text));
    }
}

/// A text in a font of this size that is no wider than there is room.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    let most = (room.max(0.0) / size * 1_000.0).min(f64::from(u32::MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2^32")]
    fitted(text, most as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_is_text() {
        assert_eq!(escaped("</svg><script a='b\">&"), "&lt;/svg&gt;&lt;script a=&#39;b&quot;&gt;&amp;");
        assert_eq!(escaped("a\u{0}b\u{ffff}"), "a\u{fffd}b\u{fffd}");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([number(1.0), number(1.26), number(-0.01)], ["1", "1.3", "0"]);
    }
}
