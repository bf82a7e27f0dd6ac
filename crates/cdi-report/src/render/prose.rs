//! Sentences: what stands in backticks as code, and digests by their first digits.

use crate::markup::{Html, cut};

/// How many digits a digest or an id has.
const DIGITS: usize = 64;
/// How many of them people see; the whole is in the title.
const SHORT: usize = 12;

/// Writes a clause as a sentence.
pub(super) fn sentence(clause: &str, html: &mut Html) {
    let clause = cut(clause);
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if clause.ends_with(['.', ':', '?']) { "" } else { "." };
    prose(&format!("{first}{}{end}", letters.as_str()), html);
}

/// Writes a text that was cut, of which pieces are in backticks. A piece that is not closed stays as it is.
pub(super) fn prose(text: &str, html: &mut Html) {
    let mut rest = text;
    while let Some((before, quoted)) = rest.split_once('`') {
        digests(before, html);
        let Some((code, after)) = quoted.split_once('`') else {
            html.line("`");
            rest = quoted;
            continue;
        };
        html.raw("<code>");
        digests(code, html);
        html.raw("</code>");
        rest = after;
    }
    digests(rest, html);
}

/// Writes text with every digest by its start.
fn digests(text: &str, html: &mut Html) {
    let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let mut rest = text;
    while !rest.is_empty() {
        let (digits, after) = rest.split_at(rest.find(|c| !hexadecimal(c)).unwrap_or(rest.len()));
        if digits.len() == DIGITS {
            html.raw("<code class=\"digest\" title=\"").text(digits).raw("\">");
            html.text(digits.get(..SHORT).unwrap_or(digits)).raw("</code>");
        } else {
            html.line(digits);
        }
        let (between, next) = after.split_at(after.find(hexadecimal).unwrap_or(after.len()));
        html.line(between);
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let mut html = Html::default();
        sentence(text, &mut html);
        html.finish()
    }

    #[test]
    fn pieces_in_backticks_are_code_and_digests_are_short() {
        let digest = "0123456789abcdef".repeat(4);
        assert_eq!(said("the `a<b` is"), "The <code>a&lt;b</code> is.");
        let expected = format!("Of <code class=\"digest\" title=\"{digest}\">0123456789ab</code>.");
        assert_eq!(said(&format!("of {digest}")), expected);
        assert_eq!(said("`x"), "&#96;x.");
        assert_eq!(said("a\u{202e}b"), "A\\u{202e}b.");
    }
}
