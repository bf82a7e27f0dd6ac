//! What people see. Colour only on a terminal; text from evidence never raw.

use std::io::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};

use crate::failure::Failure;
pub(crate) use crate::harmless::plain;
use crate::layout::Page;
use crate::log;
use crate::manners;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const STRONG: Style = Style::new().bold();

/// Says why a command failed: one sentence and its code, then each hint on a line of its own.
pub(crate) fn failure(failure: &Failure) {
    if !failure.told {
        log::failure(failure);
    }
}

/// Says what is most likely wrong and stops nothing.
pub(crate) fn warning(failure: &Failure) {
    log::warning(failure);
}

/// A line of a document as people see it: how far it is indented stays to be seen.
pub(crate) fn line_of_document(text: &str) -> String {
    let words = text.trim_start_matches(' ');
    let indent = (text.len() - words.len()).min(64);
    format!("{}{}", " ".repeat(indent), plain(words))
}

/// A path as people see it: whoever named the file may have put anything into it.
pub(crate) fn path(path: &Path) -> String {
    plain(&path.display().to_string())
}

/// A path as one word of a command line, to be copied.
pub(crate) fn word(path: &Path) -> String {
    let shown = self::path(path);
    let bare = |c: char| c.is_ascii_alphanumeric() || "/._-+:,=@%".contains(c);
    if !shown.is_empty() && shown.chars().all(bare) {
        return shown;
    }
    format!("'{}'", shown.replace('\'', r"'\''"))
}

/// Says something on standard output to people that is no answer; nothing where quiet is wished for.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), Failure> {
    if manners::settled().quiet {
        return Ok(());
    }
    let mut out = Page::new();
    written(writeln!(out, "{text}"))?;
    page(out)
}

/// Writes a page on standard output.
pub(crate) fn page(page: Page) -> Result<(), Failure> {
    written(styled(&page.into_bytes()))
}

/// Writes text with the styles of a terminal on standard output: without them where there is none. It goes out whole: what looks
/// for styles hands on each piece between them, and each line of it would be a call of its own.
pub(crate) fn styled(text: &[u8]) -> std::io::Result<()> {
    let mut out = anstream::stdout();
    if out.current_choice() != anstream::ColorChoice::Never {
        return out.write_all(text);
    }
    let mut plain = anstream::StripStream::new(Vec::with_capacity(text.len()));
    plain.write_all(text)?;
    std::io::stdout().write_all(&plain.into_inner())
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
