//! What was found, in all its forms.

use std::io::{self, Write as _};

use cdi_policy::Level;

use super::linted::{Conflict, Finding, Linted, OfPolicy, Text};
use crate::answer::{Answer, Case, Cell, Outcome, Suite, Table};
use crate::layout::Page;
use crate::terminal::{self, BAD, DIM, STRONG, plain};

impl Answer for Linted {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        for file in &self.policies {
            writeln!(page, "{STRONG}{}{STRONG:#}", plain(&file.file))?;
            file.findings.iter().try_for_each(|one| finding(one, page))?;
        }
        self.conflicts.iter().try_for_each(|one| conflict(one, page))?;
        writeln!(page, "{}", self.count())
    }

    fn tables(&self) -> Vec<Table> {
        let mut table = Table::new(self.count(), &["level", "file", "place", "line", "code", "what", "hint"]);
        let line = |line: Option<usize>| Cell::text(line.map(|line| line.to_string()).unwrap_or_default());
        for policy in &self.policies {
            for Finding { level, place, line: at, code, message, hint } in &policy.findings {
                table.row([
                    Cell::Word(level),
                    Cell::text(&policy.file),
                    Cell::text(place),
                    line(*at),
                    Cell::Word(code),
                    Cell::text(message),
                    Cell::text(hint),
                ]);
            }
        }
        for Conflict { level, code, message, hint, texts } in &self.conflicts {
            let files: Vec<&str> = texts.iter().map(|text| text.file.as_str()).collect();
            table.row([
                Cell::Word(level),
                Cell::text(files.join(", ")),
                Cell::Word("all together"),
                line(None),
                Cell::Word(code),
                Cell::text(message),
                Cell::text(hint),
            ]);
        }
        vec![table]
    }

    /// A finding that is an error is a case that failed; a policy without one is a case that passed.
    fn suites(&self) -> Vec<Suite> {
        let failed = |name: String, code: &str, message: &str| Case {
            name,
            outcome: Outcome::Failed { code: code.to_owned(), message: message.to_owned() },
        };
        let is_error = |level: &str| level == Level::Error.as_str();
        let of_policy = |policy: &OfPolicy| {
            let errors = policy.findings.iter().filter(|finding| is_error(finding.level));
            let cases = errors.map(|finding| {
                failed(format!("{}: {}", policy.file, finding.place), finding.code, &finding.message)
            });
            let cases: Vec<Case> = cases.collect();
            let passed = Case { name: policy.file.clone(), outcome: Outcome::Passed };
            if cases.is_empty() { vec![passed] } else { cases }
        };
        let conflicts = self.conflicts.iter().filter(|conflict| is_error(conflict.level));
        let conflicts =
            conflicts.map(|conflict| failed("all together".to_owned(), conflict.code, &conflict.message));
        let cases = self.policies.iter().flat_map(of_policy).chain(conflicts).collect();
        vec![Suite { name: "cdi policy lint".to_owned(), cases }]
    }
}

fn coloured(level: &str) -> String {
    let style = if level == Level::Error.as_str() { BAD } else { STRONG };
    format!("{style}{level}{style:#}")
}

fn finding(finding: &Finding, page: &mut Page) -> io::Result<()> {
    let Finding { level, place, line, code, message, hint } = finding;
    let line = line.map(|line| format!("line {line}, ")).unwrap_or_default();
    writeln!(page, "  {}: {line}{}: {} [{code}]", coloured(level), plain(place), plain(message))?;
    writeln!(page, "    hint: {hint}")
}

fn conflict(conflict: &Conflict, page: &mut Page) -> io::Result<()> {
    let Conflict { level, code, message, hint, texts } = conflict;
    writeln!(page, "{}: {} [{code}]", coloured(level), plain(message))?;
    for Text { principal, file, line, text, .. } in texts {
        let whose = principal.as_deref().map(|name| format!("{}, ", plain(name))).unwrap_or_default();
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        writeln!(page, "  {whose}{}{line}", plain(file))?;
        for line in text.lines() {
            page.verbatim(&format!("    {DIM}|{DIM:#} {}", terminal::line_of_document(line)));
        }
    }
    writeln!(page, "  hint: {hint}")
}
