//! What loads and is still likely not meant: requirements that nothing can meet or anything meets, choices that give away
//! more than they seem to, and entries that nothing asks for.
//!
//! In go a policy with its document, and the time; out come findings. A finding is advice to whoever writes the policy: no
//! decision looks at one. Rules: `docs/spec/policy.md` (P-LINT).

mod asked;
mod formulas;
mod history;
mod places;
mod together;
mod trust;

use cdi_types::Timestamp;

use crate::catalogues::Catalogues;
use crate::lines::Lines;
use crate::policy::{Policy, Rule};

pub use together::{Conflict, Quoted, Setting, Voice, conflicts};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What is written can do no good: nothing can meet it.
    Error,
    /// Most likely a mistake, or weaker than its author thinks.
    Warning,
    /// A choice that one should know of.
    Note,
}

impl Level {
    /// The level's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something that is likely not meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// Where in the document: `spec.require.allOf[1]`.
    pub place: String,
    /// The line of that place, from 1.
    pub line: Option<usize>,
    /// The stable code of this kind of finding.
    pub code: &'static str,
    /// What is there, in one clause.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

/// A policy with the text that it was read from.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The lines of its document.
    pub lines: &'a Lines,
}

/// Looks for what is likely not meant in a policy, as of a time. The worst comes first.
#[must_use]
pub fn lint(written: Written<'_>, catalogues: &Catalogues, now: Timestamp) -> Vec<Finding> {
    let policy = written.policy;
    let mut all = Findings { lines: written.lines, found: Vec::new() };
    if policy.rule() == Rule::AcceptAll {
        let message = format!("`{}` accepts every artifact, whoever made it", policy.principal());
        all.warning("spec.rule", "accepts-everything", message, "keep it only if nobody is to be asked");
        return all.found;
    }
    formulas::of(policy, now, &mut all);
    places::of(policy, &mut all);
    if let Some(trust) = policy.trust() {
        let asked = asked::Asked::of(policy);
        trust::of(trust, &asked, catalogues, &mut all);
        history::of(trust, &asked, &mut all);
    }
    all.found.sort();
    all.found.dedup();
    all.found
}

/// Findings as they are made.
struct Findings<'a> {
    lines: &'a Lines,
    found: Vec<Finding>,
}

impl Findings<'_> {
    fn add(
        &mut self,
        level: Level,
        place: impl Into<String>,
        code: &'static str,
        message: String,
        hint: &'static str,
    ) {
        let place = place.into();
        let line = self.lines.line(&place);
        self.found.push(Finding { level, place, line, code, message, hint });
    }

    fn error(&mut self, place: impl Into<String>, code: &'static str, message: String, hint: &'static str) {
        self.add(Level::Error, place, code, message, hint);
    }

    fn warning(&mut self, place: impl Into<String>, code: &'static str, message: String, hint: &'static str) {
        self.add(Level::Warning, place, code, message, hint);
    }

    fn note(&mut self, place: impl Into<String>, code: &'static str, message: String, hint: &'static str) {
        self.add(Level::Note, place, code, message, hint);
    }
}

#[cfg(test)]
mod tests;
