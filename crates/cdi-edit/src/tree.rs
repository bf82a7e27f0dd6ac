//! A document as a tree whose nodes know where in the text they stand.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use crate::{EditError, Step};

/// Nested deeper, nothing is changed: documents of CDI never are.
const DEEPEST: usize = 64;

/// A value, and the bytes that it takes from `start` to `end`.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Scalar(String, Style),
    Sequence(Layout, Vec<Node>),
    /// Names and values in turn.
    Mapping(Layout, Vec<Node>),
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Quoted,
    /// Over several lines, by indentation.
    Block,
}

/// How a collection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// In brackets.
    Flow,
    /// By indentation.
    Block,
}

/// What a document says, without how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A text, and whether it could be read as something else than text.
    Scalar(String, bool),
    Sequence(Vec<Value>),
    Mapping(Vec<Value>),
}

impl Node {
    /// Reads one document.
    pub(crate) fn parse(text: &str) -> Result<Self, EditError> {
        let mut builder = Builder::new(text);
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| EditError::Syntax {
                line: error.marker().line(),
                detail: error.info().chars().take(200).flat_map(char::escape_debug).collect(),
            })?;
            builder.event(event, span)?;
        }
        let unreadable = || EditError::no_place(&[], "expected exactly one document");
        builder.root.filter(|_| builder.documents == 1).ok_or_else(unreadable)
    }

    /// The node at a place.
    pub(crate) fn at(&self, place: &[Step<'_>]) -> Option<&Self> {
        let mut node = self;
        for step in place {
            node = match (step, &node.kind) {
                (Step::Member(name), Kind::Mapping(..)) => node.member(name)?,
                (Step::Named(name), Kind::Sequence(_, items)) => {
                    let named = |item: &&Self| item.member("name").is_some_and(|own| own.is_text(name));
                    items.iter().find(named)?
                }
                _ => return None,
            };
        }
        Some(node)
    }

    /// The value of a mapping's member.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Kind::Mapping(_, parts) = &self.kind else { return None };
        parts.chunks_exact(2).find_map(|pair| match pair {
            [key, value] if key.is_text(name) => Some(value),
            _ => None,
        })
    }

    fn is_text(&self, text: &str) -> bool {
        matches!(&self.kind, Kind::Scalar(own, _) if own == text)
    }

    /// Whether it ends in a scalar whose end only its indentation shows.
    pub(crate) fn ends_in_a_block_scalar(&self) -> bool {
        match &self.kind {
            Kind::Scalar(_, style) => *style == Style::Block,
            Kind::Sequence(Layout::Block, parts) | Kind::Mapping(Layout::Block, parts) => {
                parts.last().is_some_and(Self::ends_in_a_block_scalar)
            }
            Kind::Sequence(Layout::Flow, _) | Kind::Mapping(Layout::Flow, _) => false,
        }
    }

    pub(crate) fn value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(text, style) => Value::Scalar(text.clone(), *style == Style::Plain),
            Kind::Sequence(_, items) => Value::Sequence(items.iter().map(Self::value).collect()),
            Kind::Mapping(_, parts) => Value::Mapping(parts.iter().map(Self::value).collect()),
        }
    }

    /// What the document says with the value at `start` exchanged for what `change` makes of it.
    pub(crate) fn value_with(&self, start: *const Self, change: &dyn Fn(Value) -> Value) -> Value {
        if std::ptr::eq(self, start) {
            return change(self.value());
        }
        let with = |parts: &[Self]| parts.iter().map(|part| part.value_with(start, change)).collect();
        match &self.kind {
            Kind::Scalar(..) => self.value(),
            Kind::Sequence(_, items) => Value::Sequence(with(items)),
            Kind::Mapping(_, parts) => Value::Mapping(with(parts)),
        }
    }
}

/// Builds the tree from the parser's events.
struct Builder<'t> {
    text: &'t str,
    /// Where each character begins: the parser counts characters.
    offsets: Vec<usize>,
    open: Vec<Node>,
    root: Option<Node>,
    documents: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        let offsets = text.char_indices().map(|(offset, _)| offset).collect();
        Self { text, offsets, open: Vec::new(), root: None, documents: 0 }
    }

    fn offset(&self, at: Marker) -> usize {
        self.offsets.get(at.index()).copied().unwrap_or(self.text.len())
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), EditError> {
        let (start, end) = (self.offset(span.start), self.offset(span.end));
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => self.documents += 1,
            Event::Alias(_) => return Err(EditError::no_place(&[], "it has an alias")),
            Event::Scalar(_, _, anchor, ref tag)
            | Event::SequenceStart(anchor, ref tag)
            | Event::MappingStart(anchor, ref tag)
                if anchor != 0 || tag.is_some() =>
            {
                return Err(EditError::no_place(&[], "it has an anchor or a tag"));
            }
            Event::Scalar(text, style, ..) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                self.close(Node { start, end, kind: Kind::Scalar(text.into_owned(), style) });
            }
            Event::SequenceStart(..) => {
                let layout = self.layout(start, '[');
                self.enter(start, end, Kind::Sequence(layout, Vec::new()))?;
            }
            Event::MappingStart(..) => {
                let layout = self.layout(start, '{');
                self.enter(start, end, Kind::Mapping(layout, Vec::new()))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(mut node) = self.open.pop() {
                    node.end = match &node.kind {
                        Kind::Sequence(Layout::Block, parts) | Kind::Mapping(Layout::Block, parts) => {
                            parts.last().map_or(node.end, |last| last.end)
                        }
                        _ => end,
                    };
                    self.close(node);
                }
            }
        }
        Ok(())
    }

    fn layout(&self, start: usize, bracket: char) -> Layout {
        let rest = self.text.get(start..).unwrap_or_default();
        if rest.starts_with(bracket) { Layout::Flow } else { Layout::Block }
    }

    fn enter(&mut self, start: usize, end: usize, kind: Kind) -> Result<(), EditError> {
        if self.open.len() >= DEEPEST {
            return Err(EditError::no_place(&[], "it is nested too deep"));
        }
        self.open.push(Node { start, end, kind });
        Ok(())
    }

    fn close(&mut self, node: Node) {
        match self.open.last_mut().map(|parent| &mut parent.kind) {
            Some(Kind::Sequence(_, parts) | Kind::Mapping(_, parts)) => parts.push(node),
            Some(Kind::Scalar(..)) => {}
            None => self.root = Some(node),
        }
    }
}
