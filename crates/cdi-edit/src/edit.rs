//! The changes: an item more, an item less, another scalar.

use crate::tree::{Kind, Layout, Node, Style, Value};
use crate::{EditError, Step};

/// What each item of a sequence says: a scalar its text, a mapping the text of its member `member`, anything else nothing.
/// `None` if there is no sequence.
///
/// # Errors
/// [`EditError`] if the document cannot be read.
pub fn items(text: &str, place: &[Step<'_>], member: &str) -> Result<Option<Vec<String>>, EditError> {
    let root = Node::parse(text)?;
    let Some(Kind::Sequence(_, items)) = root.at(place).map(|node| &node.kind) else { return Ok(None) };
    let said = |item: &Node| match &item.member(member).unwrap_or(item).kind {
        Kind::Scalar(text, _) => text.clone(),
        Kind::Sequence(..) | Kind::Mapping(..) => String::new(),
    };
    Ok(Some(items.iter().map(said).collect()))
}

/// The document with an item more at the end of a sequence. `item` is YAML on one line: a scalar, or a collection in
/// brackets.
///
/// # Errors
/// [`EditError::NoPlace`] if there is no sequence, or none that can be added to.
pub fn append(text: &str, place: &[Step<'_>], item: &str) -> Result<String, EditError> {
    let (root, no) = (Node::parse(text)?, |why| EditError::no_place(place, why));
    let node = root.at(place).ok_or_else(|| no("there is no such place"))?;
    let Kind::Sequence(layout, items) = &node.kind else { return Err(no("it is no list")) };
    if item.contains(['\n', '\r']) {
        return Err(no("what is to be added has several lines"));
    }
    let added = Node::parse(item)?.value();
    let (at, piece) = match (layout, items.last()) {
        (Layout::Flow, None) => (node.start.saturating_add(1), item.to_owned()),
        (Layout::Flow, Some(last)) => (last.end, format!(", {item}")),
        (Layout::Block, Some(last)) => {
            let first = items.first().and_then(|first| dash(text, first)).ok_or_else(|| no(NO_LINE))?;
            below(text, last, &format!("{}- {item}", text.get(first.line..first.dash).unwrap_or_default()))
        }
        (Layout::Block, None) => return Err(no("it is empty")),
    };
    let changed = spliced(text, at..at, &piece);
    let expected = root.value_with(node, &|value| match value {
        Value::Sequence(mut items) => {
            items.push(added.clone());
            Value::Sequence(items)
        }
        other => other,
    });
    proved(changed, &expected, place)
}

/// The document without an item of a sequence, by its position from 0. Comments on its lines go with it, comments above it
/// stay.
///
/// # Errors
/// [`EditError::NoPlace`] if there is no such item, or none that can be taken out.
pub fn remove(text: &str, place: &[Step<'_>], index: usize) -> Result<String, EditError> {
    let (root, no) = (Node::parse(text)?, |why| EditError::no_place(place, why));
    let node = root.at(place).ok_or_else(|| no("there is no such place"))?;
    let Kind::Sequence(layout, parts) = &node.kind else { return Err(no("it is no list")) };
    let part = parts.get(index).ok_or_else(|| no("it has no such item"))?;
    let before = index.checked_sub(1).and_then(|before| parts.get(before));
    let range = match layout {
        Layout::Block if parts.len() == 1 => return Err(no("nothing would be left in it")),
        Layout::Block if part.ends_in_a_block_scalar() => return Err(no("the item's end is not marked")),
        Layout::Block => dash(text, part).ok_or_else(|| no(NO_LINE))?.line..line_end(text, part.end),
        Layout::Flow => match (before, parts.get(index.saturating_add(1))) {
            (_, Some(next)) => part.start..next.start,
            (Some(before), None) => before.end..part.end,
            (None, None) => part.start..part.end,
        },
    };
    let taken = text.get(range.clone()).unwrap_or_default();
    let own = text.get(part.start..part.end).unwrap_or_default();
    if *layout == Layout::Flow && (taken.contains('#') || taken.contains('\n')) && taken != own {
        return Err(no("a comment or a line end stands between its items"));
    }
    let changed = spliced(text, range, "");
    let expected = root.value_with(node, &|value| match value {
        Value::Sequence(mut items) => {
            items.remove(index);
            Value::Sequence(items)
        }
        other => other,
    });
    proved(changed, &expected, place)
}

/// The document with another scalar at a place. `scalar` is YAML on one line.
///
/// # Errors
/// [`EditError::NoPlace`] if there is no scalar, or one over several lines.
pub fn replace(text: &str, place: &[Step<'_>], scalar: &str) -> Result<String, EditError> {
    let (root, no) = (Node::parse(text)?, |why| EditError::no_place(place, why));
    let node = root.at(place).ok_or_else(|| no("there is no such place"))?;
    let own = text.get(node.start..node.end).unwrap_or_default();
    if !matches!(node.kind, Kind::Scalar(_, Style::Plain | Style::Quoted)) || own.contains('\n') {
        return Err(no("it is no text on one line"));
    }
    let new = Node::parse(scalar)?.value();
    let changed = spliced(text, node.start..node.end, scalar);
    proved(changed, &root.value_with(node, &|_| new.clone()), place)
}

const NO_LINE: &str = "its items do not begin lines of their own";

/// Gives the text back if it says what it should.
fn proved(changed: String, expected: &Value, place: &[Step<'_>]) -> Result<String, EditError> {
    let says = Node::parse(&changed).map(|root| root.value());
    if says.is_ok_and(|says| says == *expected) {
        return Ok(changed);
    }
    Err(EditError::no_place(place, "the document would then say something else"))
}

/// Where an item's dash is, and the line that it begins.
struct Dash {
    line: usize,
    dash: usize,
}

/// The dash of an item that begins a line of its own.
fn dash(text: &str, item: &Node) -> Option<Dash> {
    let before = text.get(..item.start)?.trim_end_matches(' ');
    let dash = before.strip_suffix('-')?.len();
    let line = text.get(..dash)?.rfind('\n').map_or(0, |end| end + 1);
    text.get(line..dash)?.bytes().all(|byte| byte == b' ').then_some(Dash { line, dash })
}

/// The end of the line of a position, with its line feed; the position itself if it begins a line.
fn line_end(text: &str, at: usize) -> usize {
    if text.get(..at).is_some_and(|before| before.ends_with('\n')) {
        return at;
    }
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |end| at + end + 1)
}

/// Where a line below an item begins, and the line with the line ends that it takes there.
fn below(text: &str, item: &Node, line: &str) -> (usize, String) {
    let at = line_end(text, item.end);
    let before = text.get(..at).unwrap_or_default();
    let end = if before.contains("\r\n") { "\r\n" } else { "\n" };
    if before.ends_with('\n') { (at, format!("{line}{end}")) } else { (at, format!("{end}{line}")) }
}

fn spliced(text: &str, range: std::ops::Range<usize>, piece: &str) -> String {
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    [before, piece, after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Step::{Member, Named};

    const DOCUMENT: &str = "# who must agree
spec:
  principals:
    # the host
    - {name: a, keys: [\"x\"]}   # first
    # - {name: old}
    - name: b   # over lines
      keys:
        - \"y\"
        - z

  flow: [one, \"two\"]   # kept
  empty: []
";

    const PRINCIPALS: &[Step<'_>] = &[Member("spec"), Member("principals")];

    /// Takes out the item that is, or is called, `item`.
    fn without(text: &str, place: &[Step<'_>], item: &str) -> Result<String, EditError> {
        let items = items(text, place, "name")?.unwrap_or_default();
        remove(text, place, items.iter().position(|said| said == item).unwrap_or(0))
    }

    /// The lines that differ, `-` for one that is gone and `+` for one that came.
    fn difference(old: &str, new: &str) -> Vec<String> {
        let gone = old.lines().filter(|line| !new.lines().any(|other| other == *line));
        let came = new.lines().filter(|line| !old.lines().any(|other| other == *line));
        gone.map(|line| format!("-{line}")).chain(came.map(|line| format!("+{line}"))).collect()
    }

    #[test]
    fn an_item_is_added_below_the_last_and_nothing_else_changes() {
        let new = append(DOCUMENT, PRINCIPALS, "{name: \"c\"}").unwrap();
        assert_eq!(difference(DOCUMENT, &new), ["+    - {name: \"c\"}"]);
        assert!(new.contains("        - z\n    - {name: \"c\"}\n\n  flow"), "{new}");
        let keys = [PRINCIPALS, &[Named("b"), Member("keys")]].concat();
        assert_eq!(difference(DOCUMENT, &append(DOCUMENT, &keys, "w").unwrap()), ["+        - w"]);
        let keys = [PRINCIPALS, &[Named("a"), Member("keys")]].concat();
        let new = append(DOCUMENT, &keys, "\"w\"").unwrap();
        assert!(new.contains("{name: a, keys: [\"x\", \"w\"]}   # first"), "{new}");
        let new = append(DOCUMENT, &[Member("spec"), Member("empty")], "\"w\"").unwrap();
        assert!(new.contains("empty: [\"w\"]"), "{new}");
    }

    #[test]
    fn an_item_is_taken_out_with_its_lines_and_comments_above_it_stay() {
        let new = without(DOCUMENT, PRINCIPALS, "a").unwrap();
        assert_eq!(difference(DOCUMENT, &new), ["-    - {name: a, keys: [\"x\"]}   # first"]);
        let new = without(DOCUMENT, PRINCIPALS, "b").unwrap();
        assert!(new.contains("    # - {name: old}\n\n  flow"), "{new}");
        let flow = [Member("spec"), Member("flow")];
        assert!(without(DOCUMENT, &flow, "one").unwrap().contains("flow: [\"two\"]   # kept"));
        assert!(without(DOCUMENT, &flow, "two").unwrap().contains("flow: [one]   # kept"));
    }

    #[test]
    fn what_was_added_is_taken_out_again_byte_for_byte() {
        let crlf = DOCUMENT.replace('\n', "\r\n");
        let endless = DOCUMENT.trim_end().trim_end_matches("empty: []").trim_end();
        for text in [DOCUMENT, &crlf, endless, &DOCUMENT.replace("# who", "# wé 語")] {
            for place in [PRINCIPALS, &[Member("spec"), Member("flow")]] {
                let new = append(text, place, "{name: \"new\"}").unwrap();
                assert_eq!(without(&new, place, "new").unwrap(), *text);
            }
        }
        let last = "a:\n  - x";
        let new = append(last, &[Member("a")], "y").unwrap();
        assert_eq!(new, "a:\n  - x\n  - y");
        assert_eq!(without(&new, &[Member("a")], "y").unwrap(), "a:\n  - x\n");
    }

    #[test]
    fn a_scalar_is_exchanged_where_it_stands() {
        let place = [PRINCIPALS, &[Named("b"), Member("name")]].concat();
        let new = replace(DOCUMENT, &place, "\"d\"").unwrap();
        assert_eq!(
            difference(DOCUMENT, &new),
            ["-    - name: b   # over lines", "+    - name: \"d\"   # over lines"]
        );
    }

    #[test]
    fn places_that_cannot_be_told_apart_are_rejected() {
        let code = |result: Result<String, EditError>| result.map_err(|error| error.code());
        let a = &[Member("a")][..];
        for text in [
            "b: 1",
            "a: 1",
            "a: {b: 1}",
            "a: &x [1]",
            "a: !t [1]",
            "a: [1]\nb: &x 1\nc: *x",
            "a:\n  -\n    x\n  - y",
            "- - a",
            "a:\n  - - x\n    - y",
            "a: [x, y]\n---\na: [x]",
        ] {
            assert_eq!(code(without(text, a, "x")), Err("edit-no-place"), "{text}");
        }
        for text in ["b: 1", "a: 1", "a: {b: 1}", "a: *x", "a:\n  -\n    x", "a: &x [1]"] {
            assert!(append(text, a, "z").is_err(), "{text}");
        }
        assert_eq!(code(append("a: [x]", a, "y\nb: 1")), Err("edit-no-place"));
        assert_eq!(code(append("a: [x]", a, "y, z")), Err("edit-no-place"));
        assert_eq!(code(append("a: [x]", a, "y]\t#")), Err("edit-no-place"));
        assert_eq!(code(append("a: [x]", a, "[y")), Err("edit-syntax"));
        assert_eq!(code(remove("a: [x]", a, 1)), Err("edit-no-place"));
        assert_eq!(code(without("a: [x,\n  y]", a, "x")), Err("edit-no-place"));
        assert_eq!(code(without("a: [x, # why\n  y]", a, "x")), Err("edit-no-place"));
        assert_eq!(code(without("a:\n  - x", a, "x")), Err("edit-no-place"));
        assert_eq!(code(without("a:\n  - x\n  - |\n    y\n", a, "y\n")), Err("edit-no-place"));
        assert_eq!(code(replace("a: |\n  x\n", a, "y")), Err("edit-no-place"));
        let nested = |depth: usize| format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(append(&nested(60), a, "y").is_ok());
        assert_eq!(code(append(&nested(70), a, "y")), Err("edit-no-place"));
        assert!(append(&nested(100_000), a, "y").is_err());
    }
}
