//! A graph, or a placement, as an SVG document.
//!
//! Hand-written text: no script, nothing that is fetched, no font. Every text is made harmless, fits its box and is cut off
//! where it would not; what a colour says is said by a sign or a word as well. Each node is a group with its id and what
//! stands behind it, so that a page around the picture can find it:
//! `<g class="node run counts" id="n3" data-id="...">`.

mod body;
mod card;
mod ink;
mod legend;
mod placement;
mod style;

pub use self::placement::draw_placement;

use crate::graph::{Graph, Standing};
use crate::layout::{Layout, layout};

use self::card::Card;
use self::ink::Ink;

/// How a picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Light or dark.
    pub theme: Theme,
    /// Whether it explains its signs.
    pub legend: Legend,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As whoever looks at it prefers.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Whether the picture has a heading and a legend, or stands in a page that has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Legend {
    /// It has.
    #[default]
    Shown,
    /// It is the graph alone.
    Hidden,
}

/// Around everything.
const MARGIN: f64 = 24.0;
/// Between the parts.
const PART_GAP: f64 = 34.0;
/// A part's heading.
const HEADING: f64 = 26.0;
/// No picture is narrower.
const NARROWEST: f64 = 720.0;

/// Draws a graph.
#[must_use]
pub fn draw(graph: &Graph, style: &Style) -> String {
    let chain = Part::of(graph, "The chain", |card| !card.node.kind.vouches());
    let vouching = Part::of(graph, "The tools, and who vouches for them", |card| card.node.kind.vouches());
    let parts: Vec<Part<'_>> = [chain, vouching].into_iter().filter(|part| !part.cards.is_empty()).collect();
    let shown = style.legend == Legend::Shown;
    let widest = parts.iter().map(|part| part.layout.width).fold(0.0, f64::max);
    let width = (widest + 2.0 * MARGIN).max(NARROWEST).ceil();
    let mut ink = Ink::new();
    let mut y = MARGIN;
    if shown {
        y = legend::heading(&mut ink, graph, y, width - 2.0 * MARGIN) + PART_GAP / 2.0;
    }
    for part in &parts {
        if shown {
            ink.text("part", MARGIN, y + 14.0, part.title);
            y += HEADING;
        }
        let left = MARGIN + ((width - 2.0 * MARGIN - part.layout.width) / 2.0).max(0.0);
        body::part(&mut ink, graph, part, (left, y));
        y += part.layout.height + PART_GAP;
    }
    if shown {
        let direction = parts.first().map(|part| part.layout.direction).unwrap_or_default();
        y = legend::legend(&mut ink, graph, direction, y, width - 2.0 * MARGIN);
    }
    let height = (y + MARGIN).ceil();
    let standing = match graph.evidence {
        Standing::Verified => "Signatures were verified.",
        Standing::AsSaid => "Nothing was verified.",
    };
    let description = format!("The provenance chain of the artifact {}. {standing}", graph.artifact);
    style::document(("cdi-graph", &title(graph), &description), style.theme, (width, height), &ink.done())
}

/// What a graph's picture is called.
fn title(graph: &Graph) -> String {
    let name = graph.nodes.first().map_or("", |node| node.name.as_str());
    if name.is_empty() { "Provenance".to_owned() } else { format!("Provenance of {name}") }
}

/// A part of the picture: the chain, or who vouches.
struct Part<'g> {
    title: &'static str,
    cards: Vec<Card<'g>>,
    /// The places in the graph of the edges that are drawn.
    edges: Vec<usize>,
    layout: Layout,
}

impl<'g> Part<'g> {
    fn of(graph: &'g Graph, title: &'static str, is_part: impl Fn(&Card<'g>) -> bool) -> Self {
        let cards: Vec<Card<'g>> =
            graph.nodes.iter().map(|node| Card::of(graph, node)).filter(is_part).collect();
        let mut places = vec![None; graph.nodes.len()];
        for (place, card) in cards.iter().enumerate() {
            places.get_mut(card.node.id.0).into_iter().for_each(|own| *own = Some(place));
        }
        let place = |id: crate::graph::NodeId| places.get(id.0).copied().flatten();
        let (mut edges, mut pairs) = (Vec::new(), Vec::new());
        for (at, edge) in graph.edges.iter().enumerate() {
            if let Some(pair) = place(edge.from).zip(place(edge.to)) {
                edges.push(at);
                pairs.push(pair);
            }
        }
        let sizes: Vec<_> = cards.iter().map(Card::size).collect();
        Self { title, edges, layout: layout(&sizes, &pairs), cards }
    }
}
