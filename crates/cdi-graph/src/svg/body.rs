//! The nodes and edges of a part.

use std::fmt::Write as _;

use super::Part;
use super::card::{CHIP_LINE, Card, KIND_LINE, LINE, NAME_LINE, PADDING};
use super::ink::{Ink, escaped, fit, number};
use crate::fold::thousands;
use crate::graph::{Edge, Graph, Kind, Link, Node, State};
use crate::layout::{Direction, Point, Size};

/// How thick the bar on the left of a box is.
const BAR: f64 = 5.0;

pub(crate) fn part(ink: &mut Ink, graph: &Graph, part: &Part<'_>, (left, top): (f64, f64)) {
    ink.raw(&format!("<g transform=\"translate({} {})\">\n", number(left), number(top)));
    for (at, route) in part.edges.iter().zip(&part.layout.routes) {
        if let Some(edge) = graph.edges.get(*at) {
            drawn_edge(ink, graph, edge, route, part.layout.direction);
        }
    }
    for (card, corner) in part.cards.iter().zip(&part.layout.boxes) {
        drawn_card(ink, graph, card, *corner);
    }
    ink.raw("</g>\n");
}

/// An edge: straight through the columns, and bent between them.
fn drawn_edge(ink: &mut Ink, graph: &Graph, edge: &Edge, route: &[Point], direction: Direction) {
    if edge.from == edge.to {
        return;
    }
    let mut path = String::new();
    let mut last: Option<Point> = None;
    for (at, point) in route.iter().enumerate() {
        let (x, y) = (number(point.x), number(point.y));
        let _ = match last {
            None => write!(path, "M{x} {y}"),
            Some(before) if at % 2 == 0 => match direction {
                Direction::Right => {
                    let middle = number(f64::midpoint(before.x, point.x));
                    write!(path, "C{middle} {} {middle} {y} {x} {y}", number(before.y))
                }
                Direction::Up => {
                    let middle = number(f64::midpoint(before.y, point.y));
                    write!(path, "C{} {middle} {x} {middle} {x} {y}", number(before.x))
                }
            },
            Some(before) if before != *point => write!(path, "L{x} {y}"),
            Some(_) => Ok(()),
        };
        last = Some(*point);
    }
    let counts = |node: Option<&Node>| {
        node.is_some_and(|node| node.seen.iter().any(|seen| seen.state == State::Counts))
    };
    let class = if counts(graph.node(edge.from)) && counts(graph.node(edge.to)) { " on" } else { "" };
    let marker = if edge.link == Link::Behind { "" } else { " marker-end=\"url(#cdi-arrow)\"" };
    ink.raw(&format!(
        "<path class=\"edge {}{class}\" data-from=\"{}\" data-to=\"{}\" d=\"{path}\"{marker}/>\n",
        edge.link.word(),
        edge.from,
        edge.to
    ));
}

fn drawn_card(ink: &mut Ink, graph: &Graph, card: &Card<'_>, corner: Point) {
    let node = card.node;
    let Size { width, height } = card.size();
    let told = told(graph, node);
    let data = node.about.map(|about| format!(" data-id=\"{about}\"")).unwrap_or_default();
    ink.raw(&format!(
        "<g class=\"node {} {}\" id=\"{}\"{data} transform=\"translate({} {})\" role=\"img\" aria-label=\"{}\">\n",
        node.kind.word(),
        card.state.class(),
        node.id,
        number(corner.x),
        number(corner.y),
        escaped(&told.replace('\n', "; "))
    ));
    ink.title(&told);
    let radius = match node.kind {
        Kind::Artifact | Kind::Certification => 2.0,
        Kind::Run | Kind::Tool => 9.0,
        Kind::Inspection => 9.0,
        Kind::Origin | Kind::Authority | Kind::Strangers | Kind::Rest => 18.0,
    };
    if node.stands_for > 1 {
        for offset in [6.0, 3.0] {
            ink.rect("box under", (offset, offset), (width, height), radius);
        }
    }
    ink.rect("box", (0.0, 0.0), (width, height), radius);
    ink.raw(&format!("<path class=\"bar\" d=\"{}\"/>\n", bar(height, radius)));
    // What does not fit in spite of all is cut off at the box.
    ink.raw(&format!("<svg width=\"{}\" height=\"{}\">\n", number(width), number(height)));
    let (x, room) = (PADDING + 4.0, width - 2.0 * PADDING - 4.0);
    let mut y = PADDING + 9.0;
    ink.text("kind", x, y, &kind(node));
    let said = card.state.said();
    if !said.is_empty() {
        ink.text("state", width - PADDING, y, said);
    }
    y += KIND_LINE + 2.0;
    ink.fitted("name", (x, y), 13.0, room, &name(node));
    y += NAME_LINE - 2.0;
    for line in &card.lines {
        ink.text(if line.starts_with('[') { "line code" } else { "line" }, x, y, &fit(line, 11.0, room));
        y += LINE;
    }
    y += 2.0;
    for chip in &card.chips {
        let class = format!("chip {}", chip.flow.word());
        ink.rect(&class, (x - 3.0, y - 11.0), (room + 6.0, CHIP_LINE - 2.0), 3.0);
        ink.text(&format!("sign {}", chip.flow.word()), x + 5.0, y + 0.5, &chip.flow.sign().to_string());
        ink.fitted("property", (x + 15.0, y + 0.5), 10.5, room - 17.0, &chip.text);
        y += CHIP_LINE;
    }
    ink.raw("</svg>\n</g>\n");
}

/// The left edge of a rounded box, filled up to a straight line.
fn bar(height: f64, radius: f64) -> String {
    if radius <= BAR {
        return format!("M0 0H{}V{}H0Z", number(BAR), number(height));
    }
    let top = radius - (radius * radius - (radius - BAR) * (radius - BAR)).sqrt();
    let (line, round) = (number(BAR), number(radius));
    let (start, end) = (number(top), number(height - top));
    let straight = number(height - radius);
    format!("M{line} {start}A{round} {round} 0 0 0 0 {round}V{straight}A{round} {round} 0 0 0 {line} {end}Z")
}

/// What a node is, in small letters above its name.
fn kind(node: &Node) -> String {
    let many = if node.stands_for > 1 && node.kind != Kind::Rest {
        format!(" × {}", thousands(node.stands_for))
    } else {
        String::new()
    };
    let word = match node.kind {
        Kind::Artifact if node.id.0 == 0 => "the artifact",
        Kind::Rest => "folded",
        kind => kind.word(),
    };
    format!("{word}{many}")
}

fn name(node: &Node) -> String {
    if node.name.is_empty() { "without a name".to_owned() } else { node.name.clone() }
}

/// All that is known of a node, for a tooltip and for those who do not see it.
fn told(graph: &Graph, node: &Node) -> String {
    let mut told = format!("{}: {}", kind(node), name(node));
    if let Some(about) = node.about {
        let _ = write!(told, "\n{about}");
    }
    for line in &node.lines {
        let _ = write!(told, "\n{line}");
    }
    for (seen, viewer) in node.seen.iter().zip(&graph.principals) {
        let _ = write!(told, "\n{}: {}", viewer.name, seen.state.word());
        if let Some(code) = seen.code {
            let _ = write!(told, ", {} [{code}]", seen.message.as_deref().unwrap_or_default());
        } else if let Some(message) = &seen.message {
            let _ = write!(told, ", {message}");
        }
        for mark in &seen.marks {
            let code = mark.code.map(|code| format!(" [{code}]")).unwrap_or_default();
            let _ = write!(told, "\n  {} {}: {}{code}", mark.flow.sign(), mark.question, mark.flow.word());
        }
    }
    told
}
