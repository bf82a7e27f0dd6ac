//! Text that others wrote, on its way to a terminal: for people as a line that stays one line, for programs as JSON
//! that means the same and shows everything.

use std::fmt::Write as _;

use cdi_types::steers_a_display;

/// More blanks than these in a row would push what follows them to the start of the next line of a narrow terminal.
const BLANKS: usize = 3;

/// Text for a person: what is invisible or steers a display is written as an escape, a long run of blanks as its length, and
/// what a log of a pipeline would take for a command ([`is_workflow_command`]) with an escape for its first character.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut before) = (text, ' ');
    while let Some(c) = rest.chars().next() {
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let last = std::mem::replace(&mut before, c);
        if blanks > BLANKS {
            let _ = write!(out, "[{blanks} blanks]");
        } else if is_workflow_command(rest, last) {
            out.extend(c.escape_unicode());
        } else if c == ' ' || !(steers_a_display(c) || c.is_whitespace()) {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
        rest = rest.get(if blanks > BLANKS { blanks } else { c.len_utf8() }..).unwrap_or_default();
    }
    out
}

/// Whether a log of a pipeline takes what begins here for a command: `::` at the beginning of a line, to which folding can bring
/// any word (GitHub's workflow commands), `##` there, and `##[` and `##vso[` anywhere (older ones, and Azure's).
fn is_workflow_command(rest: &str, last: char) -> bool {
    let begins = last.is_whitespace() && (rest.starts_with("::") || rest.starts_with("##"));
    begins || rest.starts_with("##[") || rest.starts_with("##vso[")
}

/// A value as JSON for people, in lines.
pub(crate) fn pretty(value: &serde_json::Value) -> std::io::Result<String> {
    Ok(json(&serde_json::to_string_pretty(value)?))
}

/// The same JSON, with escapes for what is invisible or steers a display. White space between its parts stays, but for
/// what moves a cursor back.
pub(crate) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut after_backslash) = (false, false);
    for c in text.chars() {
        match c {
            c if in_string && steers_a_display(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            '\r' | '\t' => out.push(' '),
            _ => out.push(c),
        }
        in_string ^= c == '"' && !after_backslash;
        after_backslash = in_string && c == '\\' && !after_backslash;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_a_command_of_a_pipeline() {
        for (text, shown) in [
            ("::set-output name=x::y", "\\u{3a}:set-output name=x::y"),
            ("a ::stop-commands::z", "a \\u{3a}:stop-commands::z"),
            ("##vso[task]b", "\\u{23}#vso[task]b"),
            ("a##[group]", "a\\u{23}#[group]"),
            ("### a", "\\u{23}## a"),
            ("std::fmt a:: #1 c##d", "std::fmt a:: #1 c##d"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    const HOSTILE: &str =
        "\u{0}\n\r\t\u{1b}[2J\u{7f}\u{9b}31m\u{ad}\u{200b}\u{202e}\u{2066}\u{2028}\u{feff}\u{fe0f}\u{e0041}";

    #[test]
    fn what_steers_a_display_is_escaped_in_a_line() {
        let shown = plain(HOSTILE);
        assert!(shown.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{shown}");
        assert_eq!(plain("a\u{a0}b é 語"), "a\\u{a0}b é 語");
    }

    #[test]
    fn blanks_never_push_text_to_the_next_line() {
        assert_eq!(plain("a   b"), "a   b");
        assert_eq!(
            plain(&format!("a{}verdict: allow    ", " ".repeat(70))),
            "a[70 blanks]verdict: allow[4 blanks]"
        );
    }

    #[test]
    fn json_means_the_same_and_shows_everything() {
        let value = serde_json::json!({ HOSTILE: [HOSTILE, "\\", "\"\u{7f}\"", "é 語 😀"], "n": 1.5 });
        let text = json(&serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        assert!(!text.chars().any(|c| c != '\n' && steers_a_display(c)), "{text}");
        assert!(
            text.contains("é 語 😀") && text.contains("\\udb40\\udc41") && text.contains("\\u007f"),
            "{text}"
        );
    }

    #[test]
    fn what_moves_a_cursor_between_the_parts_of_json_becomes_a_blank() {
        assert_eq!(json("{\r\n\t\"a\\\\\":\r\"\\\"\u{9b}\"}"), "{ \n \"a\\\\\": \"\\\"\\u009b\"}");
    }
}
