//! The heading and the legend.

use super::MARGIN;
use super::card::sign;
use super::ink::{Ink, fit};
use crate::fold::thousands;
use crate::graph::{Flow, Graph, Standing};
use crate::layout::Direction;
use crate::text::width;

const LINE: f64 = 18.0;

/// What the picture is of, and how far it is to be believed. Gives back where it ends.
pub(crate) fn heading(ink: &mut Ink, graph: &Graph, top: f64, room: f64) -> f64 {
    let mut y = top + 18.0;
    ink.text("title", MARGIN, y, &fit(&super::title(graph), 20.0, room));
    y += 20.0;
    ink.text("line", MARGIN, y, &fit(&format!("sha256 {}", graph.artifact), 11.0, room));
    y += 8.0;
    if graph.evidence == Standing::AsSaid {
        y = banner(
            ink,
            y,
            room,
            "× Not verified: no signature was looked at, and nobody is trusted. This is what the evidence says of itself.",
        );
    } else if graph.principals.iter().all(|viewer| viewer.answers.is_empty()) {
        y = banner(
            ink,
            y,
            room,
            "− Nobody who looks at it trusts any authority, so that nothing counts for anybody.",
        );
    }
    for viewer in &graph.principals {
        y += LINE + 2.0;
        let who = fit(&viewer.name, 13.0, 180.0);
        ink.text("name", MARGIN, y, &who);
        let mut x = MARGIN + f64::from(width(&who)) * 0.013 + 14.0;
        for answered in &viewer.answers {
            let (flow, text) = (sign(answered.answer), fit(&answered.question, 10.5, 320.0));
            let wide = f64::from(width(&text)) * 0.010_5 + 30.0;
            if x + wide > MARGIN + room {
                x = MARGIN + 24.0;
                y += LINE + 2.0;
            }
            chip(ink, flow, &text, (x, y), wide);
            x += wide + 8.0;
        }
    }
    let folded = graph.folded;
    if !folded.is_nothing() {
        let mut said = Vec::new();
        if folded.alike > 0 {
            said.push(format!("{} of equal shape are drawn as one with a number", thousands(folded.alike)));
        }
        if folded.far > 0 {
            said.push(format!("{} farther away are drawn as a rest", thousands(folded.far)));
        }
        y += LINE + 4.0;
        let text = format!("Folded: of {} nodes {}.", thousands(folded.of), said.join(", and "));
        ink.text("note", MARGIN, y, &fit(&text, 12.0, room));
    }
    y + 10.0
}

/// A remark over the whole width, in as many lines as it takes: nothing of it is left out.
pub(super) fn banner(ink: &mut Ink, top: f64, room: f64, text: &str) -> f64 {
    let lines = broken(text, room - 20.0);
    let tall = 10.0 + 16.0 * lines.len() as f64;
    ink.rect("banner", (MARGIN, top + 4.0), (room, tall), 4.0);
    let mut y = top + 21.0;
    for line in &lines {
        ink.text("banner-text", MARGIN + 10.0, y, line);
        y += 16.0;
    }
    top + tall + 6.0
}

/// A text in lines that are no wider than this, broken between words.
pub(super) fn broken(text: &str, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (longer.filter(|line| f64::from(width(line)) * 0.012 <= room), lines.last_mut()) {
            (Some(longer), Some(line)) => *line = longer,
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn chip(ink: &mut Ink, flow: Flow, text: &str, (x, y): (f64, f64), wide: f64) {
    ink.rect(&format!("chip {}", flow.word()), (x, y - 12.0), (wide, 16.0), 3.0);
    ink.text(&format!("sign {}", flow.word()), x + 9.0, y, &flow.sign().to_string());
    ink.text("property", x + 19.0, y, text);
}

/// What the signs mean. Gives back where it ends.
pub(crate) fn legend(ink: &mut Ink, graph: &Graph, direction: Direction, top: f64, room: f64) -> f64 {
    let flows = [
        (Flow::Established, "the step establishes it"),
        (Flow::Carried, "the step carries it on from its inputs"),
        (Flow::Attested, "an inspection attests it"),
        (Flow::Given, "the policy takes it as given"),
        (Flow::Has, "the artifact has it"),
        (Flow::NotTold, "cannot be told: evidence is missing"),
        (Flow::Lost, "lost here"),
        (Flow::HasNot, "not shown; a policy may do without"),
    ];
    let (mut x, mut line) = (MARGIN, top + LINE);
    if !graph.principals.is_empty() {
        ink.text("part", MARGIN, top + 12.0, "Signs");
        line += 20.0;
        for (flow, text) in flows {
            let wide = f64::from(width(text)) * 0.010_5 + 30.0;
            if x + wide > MARGIN + room {
                x = MARGIN;
                line += LINE + 3.0;
            }
            chip(ink, flow, text, (x, line), wide);
            x += wide + 8.0;
        }
        line += LINE + 6.0;
        let states = [
            ("counts", "✓ counts for whoever looks"),
            ("some", "± for some of them"),
            ("not-told", "? cannot be told"),
            ("fails", "× fails, for the reason in brackets"),
            ("unused", "nothing that was asked comes of it"),
        ];
        x = MARGIN;
        for (class, text) in states {
            let wide = f64::from(width(text)) * 0.010_5 + 34.0;
            if x + wide > MARGIN + room {
                x = MARGIN;
                line += LINE + 3.0;
            }
            ink.raw(&format!("<g class=\"node {class}\">"));
            ink.rect("box", (x, line - 11.0), (18.0, 14.0), 3.0);
            ink.rect("bar", (x, line - 11.0), (4.0, 14.0), 1.0);
            ink.raw("</g>\n");
            ink.text("property", x + 24.0, line, text);
            x += wide + 8.0;
        }
        line += LINE + 4.0;
    }
    let runs = match direction {
        Direction::Right => "from left to right",
        Direction::Up => "from below to the top",
    };
    let note = format!("In the chain time runs {runs}. A picture is no permission: `cdi verify` decides.");
    ink.text("note", MARGIN, line, &fit(&note, 12.0, room));
    line + 6.0
}
