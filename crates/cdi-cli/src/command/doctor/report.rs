//! What was looked at and what was found, for people and as JSON (`docs/schema/doctor.v1.json`).

use std::fmt::Display;

use serde::Serialize;

use crate::arguments::Output;
use crate::count;
use crate::failure::Failure;
use crate::terminal::{self, BAD, DIM, STRONG, plain};

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Severity {
    /// Something does not work, or anybody could change what a decision rests on.
    Error,
    /// Something is likely not meant so.
    Warning,
}

/// Something that is wrong.
#[derive(Debug, Serialize)]
struct Finding {
    severity: Severity,
    code: &'static str,
    about: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Something that was looked at.
#[derive(Debug, Serialize)]
struct Looked {
    what: &'static str,
    at: String,
}

/// All of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    looked: Vec<Looked>,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn looked(&mut self, what: &'static str, at: impl Display) {
        self.looked.push(Looked { what, at: at.to_string() });
    }

    pub(super) fn error(&mut self, about: impl Display, failure: Failure) {
        self.find(Severity::Error, about, failure);
    }

    pub(super) fn warning(&mut self, about: impl Display, failure: Failure) {
        self.find(Severity::Warning, about, failure);
    }

    pub(super) fn find(&mut self, severity: Severity, about: impl Display, failure: Failure) {
        let Failure { code, message, hints, .. } = failure;
        let hint = (!hints.is_empty()).then(|| hints.join("; "));
        self.findings.push(Finding { severity, code, about: about.to_string(), message, hint });
    }

    pub(super) fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    pub(super) fn say(&self, output: Output) -> Result<(), Failure> {
        match output {
            Output::Json => terminal::json(self),
            Output::Text => self.text(),
        }
    }

    fn text(&self) -> Result<(), Failure> {
        for looked in &self.looked {
            let (what, at) = (looked.what, plain(&looked.at));
            terminal::line(format_args!("{DIM}looked at {what} {at}{DIM:#}"))?;
        }
        for Finding { severity, code, about, message, hint } in &self.findings {
            let (style, word) = match severity {
                Severity::Error => (BAD, "error"),
                Severity::Warning => (STRONG, "warning"),
            };
            let (about, message) = (plain(about), plain(message));
            terminal::line(format_args!("{style}{word}{style:#}: {about}: {message} [{code}]"))?;
            if let Some(hint) = hint {
                terminal::line(format_args!("  {STRONG}hint{STRONG:#}: {}", plain(hint)))?;
            }
        }
        let errors = count::of(self.count(Severity::Error), "error");
        terminal::line(format_args!("{errors}, {}", count::of(self.count(Severity::Warning), "warning")))
    }
}
