//! What is told on standard error: why a command failed, what is likely wrong, and what was done, by its level.
//!
//! For people as lines, for programs as one JSON object a line (`docs/schema/log.v1.json`). What is told are names, counts
//! and codes; the contents of keys, passphrases and variables never come here.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::SystemTime;

use anstyle::Style;
use cdi_types::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::failure::{Failure, Kind};
use crate::harmless;
use crate::layout::Page;
use crate::manners::{self, Level};
use crate::terminal::{BAD, DIM, STRONG, plain};

/// One object on standard error.
#[derive(Serialize)]
struct Line<'l> {
    level: &'static str,
    time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// What happened, in a word: a failure's code or an event's name.
    code: &'l str,
    message: &'l str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    hints: &'l [String],
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: Map<String, Value>,
}

/// Says why a command failed.
pub(crate) fn failure(failure: &Failure) {
    said(Level::Error, Some(failure.kind), failure);
}

/// Says what is most likely wrong, once.
pub(crate) fn warning(failure: &Failure) {
    if manners::settled().tells(Level::Warning) && is_news(failure) {
        said(Level::Warning, None, failure);
    }
}

/// Warnings of this look and of the one before: a command that looks again and again tells what stays wrong once, and anew what
/// comes back.
static WARNED: Mutex<[BTreeSet<(&str, String)>; 2]> = Mutex::new([BTreeSet::new(), BTreeSet::new()]);

/// Another look begins.
pub(crate) fn another_look() {
    if let Ok(mut warned) = WARNED.lock() {
        let [before, now] = &mut *warned;
        *before = std::mem::take(now);
    }
}

fn is_news(failure: &Failure) -> bool {
    let warning = (failure.code, failure.message.clone());
    // To say it twice is better than not at all.
    let Ok(mut warned) = WARNED.lock() else { return true };
    let [before, now] = &mut *warned;
    let is_known = before.contains(&warning);
    now.insert(warning) && !is_known
}

/// Says to people what became of something, if anything but errors is told.
pub(crate) fn notice(code: &'static str, text: impl Display) {
    let (manners, message) = (manners::settled(), text.to_string());
    if !manners.tells(Level::Warning) {
        return;
    }
    if manners.machine {
        let (level, message) = (Level::Info.as_str(), message.as_str());
        return object(&Line {
            level,
            time: now(),
            kind: None,
            code,
            message,
            hints: &[],
            fields: Map::new(),
        });
    }
    let mut page = Page::new();
    let _ = writeln!(page, "cdi: {}", plain(&message));
    told(page);
}

fn said(level: Level, kind: Option<Kind>, failure: &Failure) {
    if manners::settled().machine {
        let (code, message, hints) = (failure.code, failure.message.as_str(), failure.hints.as_slice());
        let kind = kind.map(Kind::as_str);
        return object(&Line {
            level: level.as_str(),
            time: now(),
            kind,
            code,
            message,
            hints,
            fields: Map::new(),
        });
    }
    let (style, word) = match kind {
        None => (STRONG, level.as_str()),
        Some(Kind::Failed) => (BAD, level.as_str()),
        Some(kind) => (BAD, kind.as_str()),
    };
    let mut page = Page::new();
    lines(&mut page, style, word, &format!("{} [{}]", plain(&failure.message), failure.code), &failure.hints);
    // For somebody who looks on; a file of errors has the code, and that is enough to look it up.
    if kind.is_some() && manners::is_watched() && !manners::settled().quiet {
        let _ = writeln!(page, "{DIM}`cdi explain-code {}` says more{DIM:#}", failure.code);
    }
    told(page);
}

/// What a word stands for, for people, then each hint on a line of its own.
fn lines(page: &mut Page, style: Style, word: &str, text: &str, hints: &[String]) {
    let _ = writeln!(page, "cdi: {style}{word}{style:#}: {text}");
    for hint in hints {
        let _ = writeln!(page, "cdi: {STRONG}hint{STRONG:#}: {}", plain(hint));
    }
}

fn told(page: Page) {
    // Nothing can be done about a standard error that is closed; the exit status still tells.
    let _ = anstream::stderr().write_all(&page.into_bytes());
}

fn object(line: &Line<'_>) {
    if let Ok(text) = serde_json::to_string(line) {
        let _ = std::io::stderr().write_all((harmless::json(&text) + "\n").as_bytes());
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since.as_secs())
}

/// Something that was done, or found on the way.
pub(crate) struct Event {
    level: Level,
    code: &'static str,
    message: String,
    fields: Map<String, Value>,
}

/// Something that is most likely wrong, with what is known of it.
pub(crate) fn warn(code: &'static str, message: impl Display) -> Event {
    Event::new(Level::Warning, code, message)
}

/// Something that an operator may want to follow.
pub(crate) fn info(code: &'static str, message: impl Display) -> Event {
    Event::new(Level::Info, code, message)
}

/// Something that helps to find out why.
pub(crate) fn debug(code: &'static str, message: impl Display) -> Event {
    Event::new(Level::Debug, code, message)
}

impl Event {
    fn new(level: Level, code: &'static str, message: impl Display) -> Self {
        let message = if manners::settled().tells(level) { message.to_string() } else { String::new() };
        Self { level, code, message, fields: Map::new() }
    }

    /// Says something more, by a name.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Tells it, if as much as this is to be told.
    pub(crate) fn tell(self) {
        let manners = manners::settled();
        if !manners.tells(self.level) {
            return;
        }
        let (level, code, message) = (self.level.as_str(), self.code, self.message.as_str());
        if manners.machine {
            let fields = self.fields;
            return object(&Line { level, time: now(), kind: None, code, message, hints: &[], fields });
        }
        let field = |(name, value): (&String, &Value)| match value {
            Value::String(text) => format!("{name} `{}`", plain(text)),
            Value::Array(texts) => {
                let texts = texts.iter().filter_map(Value::as_str).map(plain);
                format!("{name} {}", texts.collect::<Vec<_>>().join(", "))
            }
            other => format!("{name} {other}"),
        };
        let fields: Vec<String> = self.fields.iter().map(field).collect();
        let between = if fields.is_empty() { "" } else { "; " };
        let text = format!("{}{between}{} [{code}]", plain(message), fields.join(", "));
        let mut page = Page::new();
        let style = if self.level == Level::Warning { STRONG } else { DIM };
        lines(&mut page, style, level, &text, &[]);
        told(page);
    }
}
