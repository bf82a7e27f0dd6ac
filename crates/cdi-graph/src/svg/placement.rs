//! The picture of a placement: a row for nodes that are alike, a column for each environment, and at each crossing the price
//! or who rules it out.

use super::ink::{Ink, escaped, fit, number};
use super::legend::{banner, broken};
use super::{MARGIN, NARROWEST, Theme, style};
use crate::placement::{Blame, Crossing, Placement, Row};

/// The column of names, and a column of an environment.
const NAMES: f64 = 200.0;
const COLUMN: f64 = 216.0;
const GAP: f64 = 8.0;
const PADDING: f64 = 10.0;
const STATE: f64 = 16.0;
const LINE: f64 = 14.0;
/// Lines of one crossing beyond these are told in the tooltip.
const LINES: usize = 6;

/// Draws a placement.
#[must_use]
pub fn draw_placement(placement: &Placement, theme: Theme) -> String {
    let columns = placement.environments.len() as f64;
    let wide = (2.0 * MARGIN + NAMES + columns * (COLUMN + GAP)).max(NARROWEST);
    let room = wide - 2.0 * MARGIN;
    let title = format!("Where {} runs", placement.workload);
    let mut ink = Ink::new();
    let mut y = MARGIN + 18.0;
    ink.text("title", MARGIN, y, &fit(&title, 20.0, room));
    y += 20.0;
    ink.text("line", MARGIN, y, &fit(&format!("sha256 {}", placement.artifact), 11.0, room));
    y += 8.0;
    if placement.is_placed {
        y += 18.0;
        ink.text("name", MARGIN, y, &fit(&format!("✓ {}", placement.outcome), 13.0, room));
        y += 8.0;
    } else {
        y = banner(&mut ink, y, room, &format!("× {}", placement.outcome));
    }
    y += 22.0;
    if !placement.rows.is_empty() {
        for (at, environment) in placement.environments.iter().enumerate() {
            ink.text("part", left(at), y, &fit(environment, 12.0 * 1.12, COLUMN - GAP));
        }
        y += 10.0;
    }
    for row in &placement.rows {
        y = drawn_row(&mut ink, placement, row, y) + GAP;
    }
    y += 14.0;
    for note in &placement.notes {
        for line in broken(note, room) {
            ink.text("note", MARGIN, y, &line);
            y += 17.0;
        }
    }
    let priced = placement.rows.iter().flat_map(|row| row.crossings.iter().flatten());
    let priced = priced.into_iter().any(|one| !matches!(one, Crossing::RuledOut(_)));
    let hour = if priced { "Prices are for an hour. " } else { "" };
    ink.text("note", MARGIN, y, &format!("{hour}A picture is no permission: `cdi deploy` decides."));
    let description = format!("{title}: {}.", placement.outcome);
    let names = ("cdi-graph cdi-placement", title.as_str(), description.as_str());
    style::document(names, theme, (wide, (y + MARGIN).ceil()), &ink.done())
}

fn left(column: usize) -> f64 {
    MARGIN + NAMES + column as f64 * (COLUMN + GAP)
}

/// Draws a row, and gives back where it ends.
fn drawn_row(ink: &mut Ink, placement: &Placement, row: &Row, top: f64) -> f64 {
    let cells: Vec<Option<Cell>> = row.crossings.iter().map(|one| one.as_ref().map(Cell::of)).collect();
    let lines = cells.iter().flatten().map(|cell| cell.lines.len()).max().unwrap_or(0);
    let more = row.count.saturating_sub(row.nodes.len());
    let names = row.nodes.len() + usize::from(more > 0);
    let tall = (2.0 * PADDING + STATE + lines as f64 * LINE).max(2.0 * PADDING + names as f64 * LINE);
    let mut y = top + PADDING + 11.0;
    for node in &row.nodes {
        ink.text("name", MARGIN, y, &fit(node, 13.0 * 1.12, NAMES - PADDING));
        y += LINE + 2.0;
    }
    if more > 0 {
        ink.text("line", MARGIN, y, &format!("and {more} more"));
    }
    for (at, (cell, environment)) in cells.iter().zip(&placement.environments).enumerate() {
        let corner = (left(at), top);
        match cell {
            Some(cell) => drawn_cell(ink, cell, (row, environment), corner, tall),
            None => ink.text("line", corner.0 + PADDING, top + PADDING + 11.0, "− not on offer"),
        }
    }
    top + tall
}

/// What is written at a crossing.
struct Cell {
    class: &'static str,
    state: &'static str,
    lines: Vec<String>,
    told: Vec<String>,
}

impl Cell {
    fn of(crossing: &Crossing) -> Self {
        let priced = |class, state, price: &String| Self {
            class,
            state,
            lines: vec![price.clone()],
            told: vec![format!("{price} an hour")],
        };
        match crossing {
            Crossing::Chosen(price) => priced("counts", "✓ chosen", price),
            Crossing::WouldDo(price) => priced("unused", "would do", price),
            Crossing::RuledOut(blames) => {
                let mut lines: Vec<String> = blames.iter().flat_map(short).collect();
                if lines.len() > LINES {
                    let over = lines.split_off(LINES - 1).len();
                    lines.push(format!("… {over} lines more"));
                }
                let told = blames.iter().map(|blame| format!("{} [{}]", blame.message, blame.code));
                let told = told.collect();
                // Where nobody has to refuse, nobody did.
                if blames.iter().all(|blame| blame.principal.is_none()) {
                    return Self { class: "unused", state: "− not possible", lines, told };
                }
                Self { class: "fails", state: "× ruled out", lines, told }
            }
        }
    }
}

/// A reason in as many lines as it takes: who, and for what.
fn short(blame: &Blame) -> Vec<String> {
    let text = match (&blame.principal, &blame.requirement) {
        (Some(principal), Some(requirement)) => format!("{principal}: {requirement}"),
        _ => blame.message.clone(),
    };
    // Measured for letters of twelve, and written in eleven.
    broken(&text, (COLUMN - 2.0 * PADDING - 4.0) * 12.0 / 11.0)
}

fn drawn_cell(ink: &mut Ink, cell: &Cell, (row, environment): (&Row, &str), (x, y): (f64, f64), tall: f64) {
    let told = format!("{} in {environment}: {}\n{}", row.nodes.join(", "), cell.state, cell.told.join("\n"));
    ink.raw(&format!(
        "<g class=\"node {}\" transform=\"translate({} {})\" role=\"img\" aria-label=\"{}\">\n",
        cell.class,
        number(x),
        number(y),
        escaped(&told.replace('\n', "; "))
    ));
    ink.title(&told);
    ink.rect("box", (0.0, 0.0), (COLUMN, tall), 3.0);
    ink.rect("bar", (0.0, 0.0), (5.0, tall), 1.0);
    ink.raw(&format!("<svg width=\"{}\" height=\"{}\">\n", number(COLUMN), number(tall)));
    ink.text("said", PADDING + 4.0, PADDING + 9.0, cell.state);
    let mut down = PADDING + 9.0 + STATE;
    for line in &cell.lines {
        ink.text("line", PADDING + 4.0, down, &fit(line, 11.0, COLUMN - 2.0 * PADDING));
        down += LINE;
    }
    ink.raw("</svg>\n</g>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;

    fn drawn(outcome: &str, crossing: Crossing) -> String {
        let placement = Placement::of("<w>", "00", outcome, false).with([("no</svg>de", "gvisor", crossing)]);
        draw_placement(&placement, Theme::Light)
    }

    #[test]
    fn a_crossing_says_who_rules_it_out_and_for_what() {
        let blame = Blame {
            principal: Some("bank".to_owned()),
            requirement: Some("MEMORY_ENCRYPTION".to_owned()),
            message: "`bank` requires `MEMORY_ENCRYPTION`".to_owned(),
            code: "place-lacks",
        };
        let picture = drawn("nowhere", Crossing::RuledOut(vec![blame]));
        assert!(picture.contains(">bank: MEMORY_ENCRYPTION<"), "{picture}");
        assert!(picture.contains("<g class=\"node fails\""), "{picture}");
        assert!(picture.contains("`bank` requires `MEMORY_ENCRYPTION` [place-lacks]"), "{picture}");
        assert!(
            picture.contains("Where &lt;w&gt; runs") && picture.contains("no&lt;/svg&gt;de"),
            "{picture}"
        );
    }

    #[test]
    fn no_line_is_wider_than_its_box_and_what_is_left_out_is_said() {
        let long = "a requirement of many words ".repeat(12);
        let blame = Blame { principal: None, requirement: None, message: long, code: "place-unfit" };
        let cell = Cell::of(&Crossing::RuledOut(vec![blame]));
        assert_eq!((cell.class, cell.lines.len()), ("unused", LINES));
        assert!(cell.lines.iter().all(|line| f64::from(width(line)) * 0.011 <= COLUMN - 2.0 * PADDING));
        assert!(cell.lines.last().is_some_and(|line| line.ends_with("lines more")), "{:?}", cell.lines);
    }
}
