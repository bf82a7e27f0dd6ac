//! What is written on a node, and how large it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Answer, Flow, Graph, Kind, Node, State, Viewer};
use crate::layout::Size;
use crate::text::width;

/// A node as it is drawn.
pub(crate) struct Card<'g> {
    pub(crate) node: &'g Node,
    pub(crate) chips: Vec<Chip>,
    pub(crate) lines: Vec<String>,
    pub(crate) state: Shown,
}

/// What becomes of a property at a node, for these principals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chip {
    pub(crate) flow: Flow,
    pub(crate) text: String,
}

/// What all principals together make of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// There is nobody to look at it.
    Nobody,
    /// All who look make the same of it.
    Each(State),
    /// It counts for some.
    Some,
}

impl Shown {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Each(state) => state.word(),
            Self::Some => "some",
        }
    }

    /// The sign and the word, drawn in the corner of a node.
    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::Nobody | Self::Each(State::Unused) => "",
            Self::Each(State::Counts) => "✓ counts",
            Self::Each(State::NotTold) => "? not told",
            Self::Each(State::Fails) => "× fails",
            Self::Some => "± for some",
        }
    }
}

/// Chips and lines beyond these are told in the tooltip.
const CHIPS: usize = 8;
const LINES: usize = 4;

/// Bold letters are wider.
const BOLDER: f64 = 1.12;

pub(crate) const PADDING: f64 = 10.0;
pub(crate) const KIND_LINE: f64 = 14.0;
pub(crate) const NAME_LINE: f64 = 18.0;
pub(crate) const LINE: f64 = 14.0;
pub(crate) const CHIP_LINE: f64 = 17.0;

impl<'g> Card<'g> {
    pub(crate) fn of(graph: &Graph, node: &'g Node) -> Self {
        let (mut chips, more) = few(chips(graph, node), CHIPS);
        let mut lines: Vec<String> = Vec::new();
        if let Some(about) = node.about {
            let example = if node.stands_for > 1 { "one is " } else { "" };
            lines.push(format!("{example}{}", about.short()));
        }
        let (said, more_lines) = few(node.lines.clone(), LINES);
        lines.extend(said);
        lines.extend((more_lines > 0).then(|| format!("… {more_lines} more")));
        if more > 0 {
            chips.push(Chip { flow: Flow::Has, text: format!("… {more} more") });
        }
        let state = shown(node);
        lines.extend(blame(graph, node));
        Self { node, chips, lines, state }
    }

    /// As wide as what is written on it, within reason.
    fn width(&self) -> f64 {
        let (narrowest, widest) = match self.node.kind {
            Kind::Artifact | Kind::Origin | Kind::Rest => (164.0, 320.0),
            Kind::Run | Kind::Inspection | Kind::Strangers => (184.0, 340.0),
            Kind::Tool | Kind::Certification | Kind::Authority => (184.0, 330.0),
        };
        let wide = |text: &str, size: f64| f64::from(width(text)) / 1_000.0 * size;
        let lines = self.lines.iter().map(|line| wide(line, 11.0));
        let chips = self.chips.iter().map(|chip| wide(&chip.text, 10.5) + 18.0);
        let texts = lines.chain(chips).chain([wide(&self.node.name, 13.0) * BOLDER]);
        let wanted = texts.fold(0.0, f64::max) + 2.0 * PADDING + 5.0;
        wanted.clamp(narrowest, widest).ceil()
    }

    pub(crate) fn size(&self) -> Size {
        let chips =
            crate::layout::rows(self.chips.len(), CHIP_LINE) + if self.chips.is_empty() { 0.0 } else { 4.0 };
        let height =
            2.0 * PADDING - 4.0 + KIND_LINE + NAME_LINE + crate::layout::rows(self.lines.len(), LINE) + chips;
        Size { width: self.width(), height }
    }
}

/// The first few, and how many more there are.
fn few<T>(mut all: Vec<T>, most: usize) -> (Vec<T>, usize) {
    // One more line would say nothing but that there is one more.
    let over = if all.len() > most + 1 { all.len() - most } else { 0 };
    all.truncate(all.len() - over);
    (all, over)
}

/// Flows with the property and, where not all who were asked see it so, with those who do.
fn chips(graph: &Graph, node: &Node) -> Vec<Chip> {
    let mut seen: BTreeMap<(Flow, &str), Vec<&str>> = BTreeMap::new();
    for (seen_by, viewer) in node.seen.iter().zip(&graph.principals) {
        for mark in &seen_by.marks {
            seen.entry((mark.flow, mark.question.as_str())).or_default().push(&viewer.name);
        }
    }
    let asked = |question: &str| {
        let asks = |viewer: &&Viewer| viewer.answers.iter().any(|answered| answered.question == question);
        graph.principals.iter().filter(asks).count()
    };
    let chip = |((flow, question), who): ((Flow, &str), Vec<&str>)| {
        let all = who.len() >= asked(question);
        let text = if all { question.to_owned() } else { format!("{question} · {}", who.join(", ")) };
        Chip { flow, text }
    };
    seen.into_iter().map(chip).collect()
}

fn shown(node: &Node) -> Shown {
    let states: Vec<State> = node.seen.iter().map(|seen| seen.state).collect();
    match states.as_slice() {
        [] => Shown::Nobody,
        [first, others @ ..] if others.iter().all(|other| other == first) => Shown::Each(*first),
        all if all.contains(&State::Counts)
            && all.iter().any(|state| *state >= State::NotTold && *state != State::Unused) =>
        {
            Shown::Some
        }
        all => all.iter().min().map_or(Shown::Nobody, |best| Shown::Each(*best)),
    }
}

/// Why it fails, by the code: each once, with those for whom if these are not all.
fn blame(graph: &Graph, node: &Node) -> Vec<String> {
    let mut codes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (seen, viewer) in node.seen.iter().zip(&graph.principals) {
        let lost = seen.marks.iter().filter(|mark| mark.flow == Flow::Lost).filter_map(|mark| mark.code);
        for code in seen.code.into_iter().chain(lost) {
            codes.entry(code).or_default().insert(&viewer.name);
        }
    }
    let said = |(code, who): (&str, BTreeSet<&str>)| {
        let names: Vec<&str> = who.into_iter().collect();
        let all = names.len() == graph.principals.len();
        if all { format!("[{code}]") } else { format!("[{code}] {}", names.join(", ")) }
    };
    codes.into_iter().map(said).collect()
}

/// The sign of an answer.
pub(crate) const fn sign(answer: Answer) -> Flow {
    match answer {
        Answer::Has => Flow::Has,
        Answer::NotTold => Flow::NotTold,
        Answer::HasNot => Flow::HasNot,
    }
}
