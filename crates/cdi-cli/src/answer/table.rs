//! An answer in rows.

use std::io::Write as _;

use crate::layout::{Page, folded, width};
use crate::manners;
use crate::terminal::{STRONG, plain};

/// Blanks between columns.
const BETWEEN: usize = 2;

/// What stands in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// A word of ours.
    Word(&'static str),
    /// Text that others may have written.
    Text(String),
}

impl Cell {
    pub(crate) fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    fn plain(&self) -> String {
        match self {
            Self::Word(word) => (*word).to_owned(),
            Self::Text(text) => plain(text),
        }
    }
}

/// Rows under a heading.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// In our words.
    pub(crate) heading: String,
    pub(crate) columns: &'static [&'static str],
    pub(crate) rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new(heading: impl Into<String>, columns: &'static [&'static str]) -> Self {
        Self { heading: heading.into(), columns, rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }
}

/// Tables for people: in columns that are as wide as what stands in them; where the terminal is narrower, with cells of several
/// lines; and where not even the longest words fit beside each other, each row in lines of its own. A table without rows says so.
pub(super) fn columns(tables: &[Table]) -> Vec<u8> {
    laid_out(tables, manners::columns())
}

fn laid_out(tables: &[Table], room: usize) -> Vec<u8> {
    let mut page = Page::new();
    for (number, table) in tables.iter().enumerate() {
        let between = if number == 0 { "" } else { "\n" };
        let _ = writeln!(page, "{between}{STRONG}{}{STRONG:#}", plain(&table.heading));
        let (head, rows) = table.used();
        if rows.is_empty() {
            let _ = writeln!(page, "none");
            continue;
        }
        let lines = match widths(&head, &rows, room) {
            Some(wide) => {
                std::iter::once(&head).chain(&rows).flat_map(|row| side_by_side(row, &wide)).collect()
            }
            None => one_below_another(&head, &rows),
        };
        page.verbatim(&lines.join("\n"));
    }
    page.into_bytes()
}

impl Table {
    /// What stands in it. A column without anything in it only takes room away.
    fn used(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let all: Vec<Vec<String>> =
            self.rows.iter().map(|row| row.iter().map(Cell::plain).collect()).collect();
        let used =
            |column: &usize| all.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()));
        let used: Vec<usize> = (0..self.columns.len()).filter(used).collect();
        let only = |row: &[String]| -> Vec<String> {
            used.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect()
        };
        let head: Vec<String> = self.columns.iter().map(|word| word.to_uppercase()).collect();
        (only(&head), all.iter().map(|row| only(row)).collect())
    }
}

/// How wide each column is, so that all have room; `None` if the longest words alone have none. The widest give first.
fn widths(head: &[String], rows: &[Vec<String>], room: usize) -> Option<Vec<usize>> {
    let each = |column: usize, of: fn(&str) -> usize| {
        let cells = rows.iter().map(Vec::as_slice).chain([head]).filter_map(|row| row.get(column));
        cells.map(|cell| of(cell)).max().unwrap_or(0)
    };
    let longest_word = |cell: &str| cell.split(' ').map(width).max().unwrap_or(0);
    let mut wide: Vec<usize> = (0..head.len()).map(|column| each(column, width)).collect();
    let least: Vec<usize> = (0..head.len()).map(|column| each(column, longest_word)).collect();
    let room = room.saturating_sub(BETWEEN * head.len().saturating_sub(1));
    if least.iter().sum::<usize>() > room {
        return None;
    }
    while wide.iter().sum::<usize>() > room {
        let gives = wide.iter_mut().zip(&least).filter(|(wide, least)| **wide > **least);
        *gives.map(|(wide, _)| wide).max()? -= 1;
    }
    Some(wide)
}

/// The lines of one row.
fn side_by_side(row: &[String], wide: &[usize]) -> Vec<String> {
    let cells: Vec<Vec<String>> = row
        .iter()
        .zip(wide)
        .map(|(cell, wide)| folded(cell, 0, *wide).lines().map(|line| line.trim_end().to_owned()).collect())
        .collect();
    let lines = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |number: usize| {
        let padded = cells.iter().zip(wide).map(|(cell, wide)| {
            let cell = cell.get(number).map(String::as_str).unwrap_or_default();
            format!("{cell}{}", " ".repeat(wide.saturating_sub(width(cell))))
        });
        padded.collect::<Vec<_>>().join(&" ".repeat(BETWEEN)).trim_end().to_owned()
    };
    (0..lines).map(line).collect()
}

/// The lines of all rows, with a cell a line behind the name of its column, and nothing of empty ones.
fn one_below_another(head: &[String], rows: &[Vec<String>]) -> Vec<String> {
    let label = head.iter().map(|word| width(word)).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            lines.push(String::new());
        }
        let cells = head.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        lines.extend(cells.map(|(word, cell)| format!("{word}{}  {cell}", " ".repeat(label - width(word)))));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(room: usize) -> String {
        let mut table = Table::new("Places", &["node", "empty", "why"]);
        table.row([Cell::text("edge-1"), Cell::Word(""), Cell::text("it does not run code of this form")]);
        table.row([Cell::text("hub"), Cell::Word(""), Cell::text("full")]);
        String::from_utf8(laid_out(&[table], room)).unwrap().replace("\u{1b}[1m", "").replace("\u{1b}[0m", "")
    }

    #[test]
    fn a_table_is_as_wide_as_it_must_be_and_no_wider_than_there_is_room() {
        assert_eq!(
            said(80),
            "Places\nNODE    WHY\nedge-1  it does not run code of this form\nhub     full\n"
        );
        assert_eq!(
            said(28),
            "Places\nNODE    WHY\nedge-1  it does not run code\n        of this form\nhub     full\n"
        );
        assert_eq!(
            said(8),
            "Places\nNODE  edge-1\nWHY   it does not run code of this form\n\nNODE  hub\nWHY   full\n"
        );
    }
}
