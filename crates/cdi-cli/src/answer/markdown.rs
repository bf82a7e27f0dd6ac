//! Tables in Markdown (GitHub Flavored Markdown 0.29), fit for a comment that others read.
//!
//! Text that others may have written stands in spans of code: nothing in these is a link, a mention, an image or HTML.

use super::table::{Cell, Table};
use crate::terminal::plain;

/// The most rows of one table: a comment on a forge may have 65,536 characters.
const ROWS: usize = 200;

pub(super) fn of(tables: &[Table]) -> String {
    let parts: Vec<String> = tables.iter().map(one).collect();
    parts.join("\n")
}

fn one(table: &Table) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = format!("### {}\n\n", escaped(&table.heading));
    if table.rows.is_empty() {
        out.push_str("none\n");
        return out;
    }
    out.push_str(&line(table.columns.iter().map(|word| (*word).to_owned()).collect()));
    out.push_str(&line(vec!["---".to_owned(); table.columns.len()]));
    table.rows.iter().take(ROWS).for_each(|row| out.push_str(&line(row.iter().map(cell).collect())));
    if let Some(more @ 1..) = table.rows.len().checked_sub(ROWS) {
        out.push_str(&format!("\nand {more} more\n"));
    }
    out
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Word(word) => escaped(word),
        Cell::Text(text) => code(text),
    }
}

/// A span of code with this text. A bar ends a cell even there, unless it is escaped.
fn code(text: &str) -> String {
    let text = plain(text).replace('|', "\\|");
    let run = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(run + 1);
    match text.as_str() {
        "" => String::new(),
        // One blank on either side is taken away, where the text begins or ends with a backtick.
        text if text.starts_with('`') || text.ends_with('`') => format!("{fence} {text} {fence}"),
        text => format!("{fence}{text}{fence}"),
    }
}

/// Our own words: what would be markup is not.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_stays_in_its_cell_and_in_its_span() {
        let hostile = "a | b\n| x | `` <img src=x> @all #1 [l](https://x) `";
        let mut table = Table::new("what | is", &["what", "said"]);
        table.row([Cell::Word("deny"), Cell::text(hostile)]);
        table.row([Cell::Word("allow"), Cell::text("")]);
        let text = of(&[table]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 6, "{text}");
        assert_eq!(lines[0], "### what \\| is");
        assert_eq!(
            lines[4],
            "| deny | ``` a \\| b\\u{a}\\| x \\| `` <img src=x> @all #1 [l](https://x) ` ``` |"
        );
        assert_eq!(lines[5], "| allow |  |");
    }

    #[test]
    fn a_comment_stays_within_its_limit() {
        let mut table = Table::new("many", &["n"]);
        (0..500).for_each(|n| table.row([Cell::text(n)]));
        let text = of(&[table]);
        assert!(text.lines().count() < 210 && text.ends_with("and 300 more\n"), "{text}");
    }
}
