//! What people see. Colour only on a terminal; text from evidence never raw.

use std::io::Write as _;

use anstyle::{AnsiColor, Style};

use crate::failure::{Failure, Kind};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();

/// Text on its way to a person: control characters and what steers a display are written as escapes.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let shown = c == ' ' || (!c.is_control() && !c.is_whitespace() && !steers(c));
            let escape = (!shown).then(|| c.escape_unicode());
            escape.into_iter().flatten().chain(shown.then_some(c))
        })
        .collect()
}

const fn steers(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Says why a command failed: one sentence and its code, then each hint on a line of its own.
pub(crate) fn failure(failure: &Failure) {
    if failure.told {
        return;
    }
    let word = match failure.kind {
        Kind::Failed => "error",
        Kind::Denied => "denied",
        Kind::Undecided => "undecided",
    };
    let mut out = anstream::stderr().lock();
    // Nothing can be done about a standard error that is closed; the exit status still tells.
    let _ = writeln!(out, "cdi: {BAD}{word}{BAD:#}: {} [{}]", plain(&failure.message), failure.code);
    for hint in &failure.hints {
        let _ = writeln!(out, "cdi: {STRONG}hint{STRONG:#}: {}", plain(hint));
    }
}

/// Writes a line on standard output.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    written(writeln!(anstream::stdout(), "{text}"))
}

/// Writes a value as one JSON document on standard output.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::failed("output-unwritable", error))?;
    line(text)
}

/// What became of output. A reader that has gone away (`head`, say) has read what it wanted: the exit status tells the
/// rest, and it must not change because of that.
pub(crate) fn written(outcome: std::io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::failed("output-unwritable", format!("the output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
