//! Pictures of provenance in which others chose the texts: SVG and DOT.

use cdi_graph::svg::{Style, draw};
use cdi_graph::{Evidence, Graph, Limits, dot, fold};
use cdi_types::{AnyStatement, ArtifactDigest, StatementId, parse_statement, steers_a_display};

use crate::{Target, diagnostics};

pub(crate) const TARGET: Target = Target {
    name: "pictures",
    oracle: "SVG is well-formed by a second reader, has no element that runs or fetches something and no link out of it; DOT has one \
             statement a line and ends each string; no text steers a display",
    run,
    seeds,
    words,
    most: 600,
};

fn run(bytes: &[u8]) {
    let Some(world) = diagnostics::hostile(bytes) else { return };
    let statements: Vec<(StatementId, AnyStatement)> =
        world.parts.iter().filter_map(|part| parse_statement(&part.payload).ok()).collect();
    let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
    let whole = Graph::of(artifact, &Evidence::as_said(&statements), &[], None);
    let few = fold(&whole, Limits { nodes: usize::from(bytes[0] % 8) + 1, ..Limits::default() });
    for graph in [&whole, &few] {
        svg(&draw(graph, &Style::default()));
        dot_lines(&dot::write(graph));
    }
}

/// Elements that show something, and nothing else.
const ELEMENTS: [&str; 14] = [
    "svg", "g", "a", "path", "rect", "text", "tspan", "title", "desc", "style", "defs", "marker", "circle",
    "line",
];

/// Reads an SVG element by element: each is closed, each attribute is quoted, and text has no mark of its own.
fn svg(text: &str) {
    harmless(text);
    let (mut open, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('<') {
        plain(&rest[..at]);
        let (tag, behind) = rest[at + 1..].split_once('>').expect("a tag that does not end");
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed out of order");
            continue;
        }
        let (tag, whole) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let name = tag.split_ascii_whitespace().next().unwrap_or_default();
        assert!(ELEMENTS.contains(&name), "the element {name:?}");
        attributes(&tag[name.len()..]);
        if !whole {
            open.push(name);
        }
        if name == "style" && !whole {
            let (_, behind) = rest.split_once("</style>").expect("a style that does not end");
            rest = behind;
            open.pop();
        }
    }
    plain(rest);
    assert!(open.is_empty(), "left open: {open:?}");
}

fn attributes(text: &str) {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, behind) = rest.split_once("=\"").unwrap_or_else(|| panic!("no attribute: {rest:?}"));
        let (value, behind) = behind.split_once('"').expect("a value that does not end");
        let word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-:".contains(&byte));
        assert!(word && !name.starts_with("on") && name != "src", "the attribute {name:?}");
        assert!(!name.ends_with("href") || value.starts_with('#'), "a link to {value:?}");
        plain(value);
        rest = behind.trim_start();
    }
}

/// Text in which every mark is written as an entity.
fn plain(text: &str) {
    assert!(!text.contains(['<', '>']), "{text:?}");
    let mut parts = text.split('&');
    parts.next();
    for part in parts {
        let entity = part.split_once(';').map(|(entity, _)| entity);
        let known = entity.is_some_and(|entity| {
            ["lt", "gt", "amp", "quot", "apos"].contains(&entity) || entity.starts_with('#')
        });
        assert!(known, "{text:?}");
    }
}

/// Reads DOT line by line: each string ends where it should, and each line is one statement.
fn dot_lines(text: &str) {
    harmless(text);
    for line in text.lines().filter(|line| !["digraph provenance {", "}"].contains(line)) {
        let (mut inside, mut escaped, mut outside) = (false, false, String::new());
        for c in line.chars() {
            match (inside, escaped, c) {
                (true, true, _) => escaped = false,
                (true, false, '\\') => escaped = true,
                (_, _, '"') => inside = !inside,
                (false, ..) => outside.push(c),
                (true, ..) => {}
            }
        }
        assert!(!inside && outside.ends_with("];") && outside.matches(';').count() == 1, "{line:?}");
    }
}

fn harmless(text: &str) {
    let steering = text.chars().find(|c| *c != '\n' && steers_a_display(*c));
    assert_eq!(steering, None);
}

fn seeds() -> Vec<Vec<u8>> {
    let markup = "</svg><script>alert(1)</script>\"]; x -> y; &lt;' onload='a";
    let with = |seed: Vec<u8>| [&seed[..3], markup.as_bytes()].concat();
    let plain = diagnostics::seeds();
    plain.clone().into_iter().chain(plain.into_iter().map(with)).step_by(3).collect()
}

fn words() -> Vec<Vec<u8>> {
    let words = [
        "</text>",
        "<script>",
        "<!--",
        "]]>",
        "\"",
        "\\",
        "\\\"",
        "];",
        " -> ",
        "&amp;",
        "&#x3c;",
        "href=\"",
        "onload=\"",
        "\u{202e}",
    ];
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}
