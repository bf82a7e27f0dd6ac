//! What is told to people about bytes that somebody else chose.

use std::fmt::Display;

/// The most bytes of one message: some 300 characters of somebody's text, each escaped, and what is said of them.
const LONGEST: usize = 4_096;

/// What a terminal obeys, turns text around, or joins what is apart. Letters that are merely invisible are for who prints: `cdi`
/// escapes them wherever they stand.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Panics unless a message is of a bounded length, and has nothing that a terminal would obey or that steers a display.
pub(crate) fn harmless(message: &dyn Display) {
    let text = message.to_string();
    assert!(text.len() <= LONGEST, "a message of {} bytes: {}", text.len(), text.escape_debug());
    let steering = text.chars().find(|c| steers(*c));
    assert!(steering.is_none(), "a message that steers: {}", text.escape_debug());
}

/// Panics unless an error's code is one that can be looked up, and its message is [`harmless`].
pub(crate) fn told(code: &str, message: &dyn Display) {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    assert!(code.split('-').all(word), "the code `{code}`");
    harmless(message);
}
