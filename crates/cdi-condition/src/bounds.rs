//! What a text must keep to before CEL's parser sees it: that parser descends, and looks ahead without a bound of its own.
//!
//! The scan knows where strings begin and end without knowing CEL, because what would make that a question (escapes, raw
//! and triple-quoted strings, comments) is not let in.

use cdi_types::limits;

use crate::ConditionError;

/// Tokens of a condition: a few clauses. The parser makes at most two levels of calls for each.
const TOKENS: usize = 256;
/// Brackets that are open at one time: the parser takes about 10 KiB of stack for each, and must do with 256 KiB.
const OPEN: usize = 12;
/// Conditional operators: each is parsed inside the one before it.
const CONDITIONALS: usize = 8;

/// Holds a text to the bounds.
pub(crate) fn hold(text: &str) -> Result<(), ConditionError> {
    if text.trim().is_empty() {
        return Err(ConditionError::refused("is empty"));
    }
    if text.len() > limits::CONDITION_BYTES {
        let (found, most) = (text.len(), limits::CONDITION_BYTES);
        return Err(ConditionError::refused(format!("has {found} bytes, at most {most} are read")));
    }
    let mut counts = Counts::default();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        rest = counts.token(next, rest)?;
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    tokens: usize,
    open: usize,
    conditionals: usize,
}

impl Counts {
    /// Counts the token that `rest` begins with, and gives what follows it.
    fn token<'t>(&mut self, next: char, rest: &'t str) -> Result<&'t str, ConditionError> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let after = |length: usize| rest.get(length..).unwrap_or_default();
        if next.is_ascii_whitespace() {
            return Ok(after(1));
        }
        self.tokens += 1;
        if self.tokens > TOKENS {
            return Err(ConditionError::refused(format!("has more than {TOKENS} tokens")));
        }
        if word(next) {
            let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
            let after = after(length);
            if after.starts_with(['"', '\'']) {
                return Err(ConditionError::refused("has a string with a prefix"));
            }
            if rest.get(..length) == Some("map") {
                return Err(ConditionError::refused("makes new lists with `map`"));
            }
            return Ok(after);
        }
        match next {
            '"' | '\'' => return string(next, rest),
            '(' | '[' | '{' => {
                self.open += 1;
                if self.open > OPEN {
                    return Err(ConditionError::refused(format!(
                        "has more than {OPEN} brackets open at once"
                    )));
                }
            }
            ')' | ']' | '}' => self.open = self.open.saturating_sub(1),
            '?' => {
                self.conditionals += 1;
                if self.conditionals > CONDITIONALS {
                    return Err(ConditionError::refused(format!("has more than {CONDITIONALS} of `?`")));
                }
            }
            '.' | ',' | ':' | '!' | '=' | '<' | '>' | '&' | '|' => {}
            // What adds texts or lists makes them grow.
            '+' | '-' | '*' | '/' | '%' => {
                return Err(ConditionError::refused(format!("computes with `{next}`")));
            }
            other => {
                let found = other.escape_debug();
                return Err(ConditionError::refused(format!("has `{found}` outside a string")));
            }
        }
        Ok(after(1))
    }
}

/// What follows the string that `rest` begins with.
fn string(quote: char, rest: &str) -> Result<&str, ConditionError> {
    let text = rest.get(1..).unwrap_or_default();
    let end = text.find(quote).ok_or_else(|| ConditionError::refused("has a string that does not end"))?;
    let (inside, after) = (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default());
    if inside.chars().any(|c| c == '\\' || c.is_control()) {
        return Err(ConditionError::refused("has a string with `\\` or a control character"));
    }
    if after.starts_with(['"', '\'']) {
        return Err(ConditionError::refused("has two strings without anything between"));
    }
    Ok(after)
}
