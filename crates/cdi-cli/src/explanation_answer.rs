//! An explanation in all its forms.

use std::io;

use serde::Serialize;

use crate::answer::{self, Cell, Table};
use crate::explanation::{Answer, Document, Explained};
use crate::explanation_text;
use crate::layout::Page;

/// An explanation, with what the artifact is called here.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Answered<'a> {
    pub(crate) document: &'a Document,
    #[serde(skip)]
    pub(crate) file: &'a str,
}

impl answer::Answer for Answered<'_> {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        explanation_text::write(self.document, self.file, page)
    }

    fn tables(&self) -> Vec<Table> {
        let mut answers = Table::new(
            format!("at {}", self.document.at),
            &["principal", "question", "answer", "code", "why"],
        );
        for principal in &self.document.principals {
            for explained in &principal.answers {
                row(&principal.name, explained, &mut answers);
            }
            for failed in &principal.refused {
                let (question, code) = (Cell::text(&failed.requirement), Cell::Word(failed.shown.code));
                let why = Cell::text(&failed.shown.message);
                answers.row([Cell::text(&principal.name), question, Cell::Word("no"), code, why]);
            }
        }
        vec![answers]
    }
}

/// An answer, with its nearest miss.
fn row(principal: &str, explained: &Explained, table: &mut Table) {
    let answer = match explained.answer {
        Answer::Has => "yes",
        Answer::HasNot => "no",
        Answer::NotTold => "not to be told",
    };
    let missed = explained.misses.first();
    let code = Cell::Word(missed.map_or("", |missed| missed.code));
    let why = match (missed, &explained.place) {
        (Some(missed), _) => missed.message.clone(),
        (None, Some(place)) => place.clone(),
        (None, None) => String::new(),
    };
    let question = Cell::text(&explained.question);
    table.row([Cell::text(principal), question, Cell::Word(answer), code, Cell::text(why)]);
}
