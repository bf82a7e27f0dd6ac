//! Where in a document's text a part of it stands: for people who are shown both.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser};

/// The text of a document, with the lines of each of its parts. A part is named as errors name it: `spec.require.allOf[1]`.
#[derive(Debug, Clone)]
pub struct Lines {
    text: Vec<String>,
    spans: BTreeMap<String, (usize, usize)>,
}

/// Lines of a part that are quoted at most.
const QUOTED: usize = 5;

impl Lines {
    /// Reads a document. What cannot be read has no parts; whoever loads it says why.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut walk = Walk::default();
        for event in Parser::new_from_str(&text) {
            let Ok((event, span)) = event else { break };
            walk.event(&event, span.start.line());
        }
        Self { text: text.lines().map(str::to_owned).collect(), spans: walk.spans }
    }

    /// The first line of a part, from 1; of a part that is not there, that of what would hold it.
    #[must_use]
    pub fn line(&self, place: &str) -> Option<usize> {
        self.span(place).map(|(first, _)| first)
    }

    /// The lines of a part as they are, at most five.
    #[must_use]
    pub fn quote(&self, place: &str) -> String {
        let Some((first, last)) = self.span(place) else { return String::new() };
        let lines = self.text.iter().skip(first.saturating_sub(1)).take((last + 1 - first).min(QUOTED));
        let mut quoted: Vec<&str> = lines.map(String::as_str).collect();
        if last + 1 - first > QUOTED {
            quoted.push("...");
        }
        quoted.join("\n")
    }

    fn span(&self, place: &str) -> Option<(usize, usize)> {
        let mut place = place;
        loop {
            if let Some(span) = self.spans.get(place) {
                return Some(*span);
            }
            let end = place.rfind(['.', '['])?;
            place = place.get(..end)?;
        }
    }
}

/// A collection that is open: its place, its first line, and its last so far.
struct Open {
    place: String,
    first: usize,
    last: usize,
    inside: Inside,
}

enum Inside {
    Mapping { member: Option<(String, usize)> },
    Sequence { next: usize },
}

#[derive(Default)]
struct Walk {
    open: Vec<Open>,
    spans: BTreeMap<String, (usize, usize)>,
}

impl Walk {
    fn event(&mut self, event: &Event<'_>, line: usize) {
        match event {
            Event::Scalar(text, ..) => self.scalar(text, line),
            Event::MappingStart(..) => self.enter(Inside::Mapping { member: None }, line),
            Event::SequenceStart(..) => self.enter(Inside::Sequence { next: 0 }, line),
            Event::MappingEnd | Event::SequenceEnd => self.leave(),
            _ => {}
        }
    }

    fn scalar(&mut self, text: &str, line: usize) {
        if let Some(Open { inside: Inside::Mapping { member: member @ None }, last, .. }) =
            self.open.last_mut()
        {
            *member = Some((text.to_owned(), line));
            *last = line;
            return;
        }
        let (place, first) = self.due(line);
        self.close(place, first, line);
    }

    fn enter(&mut self, inside: Inside, line: usize) {
        let (place, first) = self.due(line);
        self.open.push(Open { place, first, last: line, inside });
    }

    fn leave(&mut self) {
        if let Some(Open { place, first, last, .. }) = self.open.pop() {
            self.close(place, first, last);
        }
    }

    fn close(&mut self, place: String, first: usize, last: usize) {
        self.spans.insert(place, (first, last));
        if let Some(around) = self.open.last_mut() {
            around.last = around.last.max(last);
        }
    }

    /// The place of the value that begins, and the line on which it, or its member's name, stands.
    fn due(&mut self, line: usize) -> (String, usize) {
        let Some(Open { place, inside, .. }) = self.open.last_mut() else { return (String::new(), line) };
        match inside {
            Inside::Mapping { member } => {
                let (name, first) = member.take().unwrap_or_default();
                let dot = if place.is_empty() { "" } else { "." };
                (format!("{place}{dot}{name}"), first.max(1))
            }
            Inside::Sequence { next } => {
                let here = format!("{place}[{next}]");
                *next += 1;
                (here, line)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_document_have_their_lines() {
        let text = "spec:\n  require:\n    allOf:\n      - A\n      - anyOf: [B,\n          C]\n  host: h\n";
        let lines = Lines::of(text.as_bytes());
        assert_eq!(lines.line("spec.require.allOf[0]"), Some(4));
        assert_eq!(lines.quote("spec.require.allOf[1]"), "      - anyOf: [B,\n          C]");
        assert_eq!(lines.line("spec.require.allOf[1].anyOf[1]"), Some(6));
        assert_eq!(lines.quote("spec.host"), "  host: h");
        assert_eq!(lines.line("spec.host.missing"), Some(7));
        assert_eq!(lines.line("elsewhere"), None);
        assert_eq!(lines.quote("spec").lines().count(), 6);
        assert_eq!(lines.quote("spec.require").lines().last(), Some("          C]"));
        let six = Lines::of(b"a:\n  - 1\n  - 2\n  - 3\n  - 4\n  - 5\n");
        assert_eq!(six.quote("a").lines().last(), Some("..."));
        assert_eq!(Lines::of(b"\xff{").quote("spec"), "");
    }
}
