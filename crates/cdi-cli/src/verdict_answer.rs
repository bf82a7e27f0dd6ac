//! A verdict in all its forms.

use std::io::{self, Write as _};

use serde::Serialize;

use crate::answer::{Answer, Case, Cell, Outcome, Suite, Table};
use crate::decision::Walk;
use crate::layout::Page;
use crate::verdict::{Document, Excused, Failed, Principal, Word};
use crate::verdict_text;

/// A verdict, with what people are told beside it.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Answered<'a> {
    pub(crate) document: &'a Document,
    #[serde(skip)]
    pub(crate) walk: &'a Walk,
    /// The artifact's file.
    #[serde(skip)]
    pub(crate) path: &'a str,
    /// What stands below an allow.
    #[serde(skip)]
    pub(crate) remark: Option<String>,
}

impl Answer for Answered<'_> {
    /// First what is enforced, then how it came out.
    fn text(&self, page: &mut Page) -> io::Result<()> {
        verdict_text::criteria(self.walk, self.path, page)?;
        verdict_text::verdict(self.document, page)?;
        self.remark.iter().try_for_each(|remark| writeln!(page, "{remark}"))
    }

    fn tables(&self) -> Vec<Table> {
        let document = self.document;
        let mut about = Table::new(format!("verdict: {}", document.verdict.as_str()), &["what", "is"]);
        about.row([Cell::Word("artifact"), Cell::text(self.path)]);
        about.row([Cell::Word("sha256"), Cell::text(document.artifact)]);
        about.row([Cell::Word("decided at"), Cell::text(document.decided_at)]);
        if let Some(place) = &document.environment {
            about.row([Cell::Word("environment"), Cell::text(&place.name)]);
        }
        if let Some(error) = &document.error {
            about.row([Cell::Word(error.code), Cell::text(&error.message)]);
        }
        if let Some(conflict) = &document.conflict {
            about.row([Cell::Word(conflict.code), Cell::text(&conflict.message)]);
        }
        let mut each =
            Table::new("principals", &["principal", "verdict", "requirement", "is", "code", "why"]);
        document.principals.iter().for_each(|principal| rows(principal, &mut each));
        let mut tables = vec![about, each];
        if !document.evidence.discarded.is_empty() {
            let mut discarded = Table::new("discarded", &["bundle", "line", "code", "why"]);
            for line in &document.evidence.discarded {
                let (bundle, number) = (Cell::text(&line.bundle), Cell::text(line.line));
                discarded.row([bundle, number, Cell::Word(line.code), Cell::text(&line.reason)]);
            }
            tables.push(discarded);
        }
        tables
    }

    /// A case for each principal; one for all if it is the evidence as a whole that cannot be used.
    fn suites(&self) -> Vec<Suite> {
        let mut cases: Vec<Case> = self.document.principals.iter().map(case).collect();
        if let Some(error) = &self.document.error {
            let (code, message) = (error.code.to_owned(), error.message.clone());
            cases.push(Case { name: "evidence".to_owned(), outcome: Outcome::Undecided { code, message } });
        }
        vec![Suite { name: format!("cdi verify {}", self.path), cases }]
    }
}

/// What a principal asks for, each with how it came out.
fn rows(principal: &Principal, table: &mut Table) {
    let mut row = |requirement: Cell, is: &'static str, code: Cell, why: Cell| {
        let verdict = Cell::Word(principal.verdict.as_str());
        table.row([Cell::text(&principal.name), verdict, requirement, Cell::Word(is), code, why]);
    };
    let failed = |failed: &Failed| {
        let shown = &failed.shown;
        (Cell::text(&failed.requirement), Cell::Word(shown.code), Cell::text(&shown.message))
    };
    for failure in &principal.failures {
        let (requirement, code, why) = failed(failure);
        row(requirement, "not met", code, why);
    }
    for Excused { failed: failure, excuse } in &principal.excused {
        let (requirement, code, _) = failed(failure);
        row(requirement, "excused", code, Cell::text(excuse.said()));
    }
    for reason in &principal.reasons {
        row(Cell::text(&reason.question), "shown", Cell::Word(""), Cell::Word(""));
    }
    for provided in &principal.provided {
        row(Cell::text(&provided.property), "provided by the place", Cell::Word(""), Cell::Word(""));
    }
    if principal.failures.len() + principal.excused.len() + principal.reasons.len() + principal.provided.len()
        == 0
    {
        row(Cell::Word("nothing"), "", Cell::Word(""), Cell::Word(""));
    }
}

fn case(principal: &Principal) -> Case {
    let of = |failure: Option<&Failed>| {
        let said = |failed: &Failed| format!("{}: {}", failed.requirement, failed.shown.message);
        let code = failure.map_or("not-allowed", |failed| failed.shown.code).to_owned();
        (code, failure.map_or_else(|| "not allowed".to_owned(), said))
    };
    let outcome = match principal.verdict {
        Word::Allow => Outcome::Passed,
        Word::Deny => {
            let (code, message) = of(principal.failures.first());
            Outcome::Failed { code, message }
        }
        Word::Unknown => {
            let (code, message) = of(principal.failures.first());
            Outcome::Undecided { code, message }
        }
    };
    Case { name: principal.name.clone(), outcome }
}
