//! A graph in the language of Graphviz, for those who lay it out themselves.
//!
//! Every text is a quoted string, in which only the quote and the backslash mean something.

use std::fmt::Write as _;

use crate::graph::{Graph, Kind, Node, Standing, State};
use crate::text::cut;

/// The longest line of a label: Graphviz makes a box as wide as its text.
const LINE: usize = 40;

/// Writes a graph.
#[must_use]
pub fn write(graph: &Graph) -> String {
    let mut out = String::from("digraph provenance {\n");
    let standing = match graph.evidence {
        Standing::Verified => "",
        Standing::AsSaid => "NOT VERIFIED: what the evidence says of itself. ",
    };
    let label = format!("{standing}sha256 {}. A picture is no permission.", graph.artifact);
    let _ = writeln!(out, "  graph [rankdir=LR, fontname=\"sans-serif\", label={}];", quoted(&label));
    out.push_str("  node [shape=box, style=\"rounded,filled\", fillcolor=\"white\", fontname=\"sans-serif\", fontsize=11];\n");
    out.push_str("  edge [fontname=\"sans-serif\", fontsize=9];\n");
    for node in &graph.nodes {
        let shape = match node.kind {
            Kind::Artifact => "note",
            Kind::Run | Kind::Inspection | Kind::Strangers => "box",
            Kind::Origin | Kind::Authority => "ellipse",
            Kind::Tool => "component",
            Kind::Certification => "tab",
            Kind::Rest => "plain",
        };
        let (colour, pen) = colour(node);
        let tooltip = node.about.map(|about| about.to_string()).unwrap_or_default();
        let label = label_of(graph, node);
        let _ = writeln!(
            out,
            "  {} [shape={shape}, color=\"{colour}\", penwidth={pen}, label={}, tooltip={}];",
            node.id,
            quoted(&label),
            quoted(&tooltip)
        );
    }
    for edge in &graph.edges {
        let _ = writeln!(out, "  {} -> {} [label=\"{}\"];", edge.from, edge.to, edge.link.word());
    }
    out.push_str("}\n");
    out
}

fn label_of(graph: &Graph, node: &Node) -> String {
    let count = if node.stands_for > 1 { format!(" x {}", node.stands_for) } else { String::new() };
    let mut lines = vec![format!("{}{count}", node.kind.word()), node.name.clone()];
    lines.extend(node.about.map(|about| about.short()));
    for (seen, viewer) in node.seen.iter().zip(&graph.principals) {
        if seen.state != State::Unused {
            let code = seen.code.map(|code| format!(" [{code}]")).unwrap_or_default();
            lines.push(format!("{}: {}{code}", viewer.name, seen.state.word()));
        }
        lines.extend(seen.marks.iter().map(|mark| format!("{} {}", mark.flow.word(), mark.question)));
    }
    let lines: Vec<String> = lines.iter().map(|line| cut(line, LINE)).collect();
    lines.join("\n")
}

fn colour(node: &Node) -> (&'static str, u8) {
    let best = node.seen.iter().map(|seen| seen.state).min();
    match best {
        Some(State::Counts) => ("#00558f", 2),
        Some(State::NotTold) => ("#7a2f6d", 2),
        Some(State::Fails) => ("#a33b00", 2),
        Some(State::Unused) | None => ("#8c959f", 1),
    }
}

/// A quoted string. A backslash is doubled, because Graphviz reads escapes in labels, and an ampersand is written as
/// the entity that it reads there; a line feed becomes its escape.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_never_ends_a_string() {
        assert_eq!(quoted("a\"]; x -> y; \\"), "\"a\\\"]; x -> y; \\\\\"");
        assert_eq!(quoted("a\nb\u{0}"), "\"a\\nb\u{fffd}\"");
    }
}
