//! An answer in rows.

use std::io::Write as _;

use crate::layout::{Page, width};
use crate::terminal::{STRONG, plain};

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

/// Tables for people, in columns that are as wide as what stands in them; a table without rows says so.
pub(super) fn columns(tables: &[Table]) -> Vec<u8> {
    let mut page = Page::new();
    for (number, table) in tables.iter().enumerate() {
        let all: Vec<Vec<String>> =
            table.rows.iter().map(|row| row.iter().map(Cell::plain).collect()).collect();
        // A column without anything in it only takes room away.
        let used =
            |column: &usize| all.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()));
        let used: Vec<usize> = (0..table.columns.len()).filter(used).collect();
        let only = |row: &[String]| -> Vec<String> {
            used.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect()
        };
        let rows: Vec<Vec<String>> = all.iter().map(|row| only(row)).collect();
        let head: Vec<String> = table.columns.iter().map(|word| word.to_uppercase()).collect();
        let head = only(&head);
        let wide: Vec<usize> = (0..head.len())
            .map(|column| {
                let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
                cells.map(|cell| width(cell)).max().unwrap_or(0)
            })
            .collect();
        let between = if number == 0 { "" } else { "\n" };
        let _ = writeln!(page, "{between}{STRONG}{}{STRONG:#}", plain(&table.heading));
        let mut line = |row: &Vec<String>| {
            let cells = row.iter().zip(&wide);
            let padded = cells.map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide - width(cell))));
            let _ = writeln!(page, "{}", padded.collect::<Vec<_>>().join("  ").trim_end());
        };
        if rows.is_empty() {
            line(&vec!["none".to_owned()]);
        } else {
            line(&head);
            rows.iter().for_each(line);
        }
    }
    page.into_bytes()
}
