//! What was looked at and what was found, for people and as JSON (`docs/schema/doctor.v1.json`).

use std::fmt::Display;
use std::io::{self, Write as _};

use serde::Serialize;

use crate::answer::{Answer, Case, Cell, Outcome, Suite, Table};
use crate::count;
use crate::failure::Failure;
use crate::layout::Page;
use crate::terminal::{BAD, DIM, STRONG, plain};

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
}

impl Severity {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Answer for Report {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        for looked in &self.looked {
            let (what, at) = (looked.what, plain(&looked.at));
            writeln!(page, "{DIM}looked at {what} {at}{DIM:#}")?;
        }
        for Finding { severity, code, about, message, hint } in &self.findings {
            let style = if *severity == Severity::Error { BAD } else { STRONG };
            let (word, about, message) = (severity.as_str(), plain(about), plain(message));
            writeln!(page, "{style}{word}{style:#}: {about}: {message} [{code}]")?;
            if let Some(hint) = hint {
                writeln!(page, "  {STRONG}hint{STRONG:#}: {}", plain(hint))?;
            }
        }
        let errors = count::of(self.count(Severity::Error), "error");
        writeln!(page, "{errors}, {}", count::of(self.count(Severity::Warning), "warning"))
    }

    fn tables(&self) -> Vec<Table> {
        let mut findings = Table::new("findings", &["severity", "about", "code", "what", "hint"]);
        for Finding { severity, code, about, message, hint } in &self.findings {
            let hint = Cell::text(hint.as_deref().unwrap_or_default());
            let severity = Cell::Word(severity.as_str());
            findings.row([severity, Cell::text(about), Cell::Word(code), Cell::text(message), hint]);
        }
        let mut looked = Table::new("looked at", &["what", "at"]);
        self.looked.iter().for_each(|one| looked.row([Cell::Word(one.what), Cell::text(&one.at)]));
        vec![findings, looked]
    }

    /// A finding that is an error is a case that failed; whatever was looked at is one that passed.
    fn suites(&self) -> Vec<Suite> {
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let failed = |finding: &Finding| Case {
            name: finding.about.clone(),
            outcome: Outcome::Failed { code: finding.code.to_owned(), message: finding.message.clone() },
        };
        let passed = |looked: &Looked| Case {
            name: format!("looked at {} {}", looked.what, looked.at),
            outcome: Outcome::Passed,
        };
        let cases = self.looked.iter().map(passed).chain(errors.map(failed)).collect();
        vec![Suite { name: "cdi doctor".to_owned(), cases }]
    }
}
