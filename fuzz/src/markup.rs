//! A second reader of the HTML of our pages: stricter than browsers are, so that what it reads all of them read in the same way.

use cdi_types::steers_a_display;

/// Elements that have no end.
const VOID: [&str; 3] = ["meta", "input", "br"];
/// Elements that show something, or group what does.
const ELEMENTS: [&str; 57] = [
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "nav", "section",
    "article", "h1", "h2", "h3", "h4", "p", "a", "b", "em", "strong", "span", "code", "kbd", "pre", "time",
    "br", "ul", "ol", "li", "dl", "dt", "dd", "div", "details", "summary", "table", "thead", "tbody", "tr",
    "th", "td", "form", "fieldset", "legend", "label", "input", "button", "script", "svg", "g", "path",
    "rect", "text", "tspan", "desc", "circle",
];
/// Those in pictures besides.
const OF_PICTURES: [&str; 3] = ["defs", "marker", "line"];
/// What a browser fetches, sends to or runs.
const ACTIVE: [&str; 12] = [
    "src",
    "srcset",
    "style",
    "action",
    "formaction",
    "poster",
    "data",
    "background",
    "srcdoc",
    "ping",
    "manifest",
    "http-equiv",
];

/// A tag: an end has a `/` before its name. Of attributes the names, and the values but for titles, which have texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

/// A page, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Html {
    tags: Vec<Tag>,
    /// Of each element with the text in it, as people read it.
    texts: Vec<(String, String)>,
    /// Of each `script` and `style`, as it stands there.
    raws: Vec<(String, String)>,
}

impl Html {
    /// Reads a page, or panics: each element is closed in its turn, each attribute quoted, no text has a mark of its own.
    pub(crate) fn read(page: &str) -> Self {
        let steering = page.chars().find(|c| *c != '\n' && steers_a_display(*c));
        assert_eq!(steering, None);
        let (mut html, mut open) = (Self::default(), Vec::<(String, String)>::new());
        let mut rest = page.strip_prefix("<!doctype html>\n").expect("a page");
        while let Some(at) = rest.find('<') {
            let text = decoded(&rest[..at]);
            open.iter_mut().for_each(|(_, inside)| inside.push_str(&text));
            let (tag, behind) = rest[at + 1..].split_once('>').expect("a tag that does not end");
            rest = behind;
            if let Some(name) = tag.strip_prefix('/') {
                let (opened, text) = open.pop().expect("an end of nothing");
                assert_eq!(opened, name, "closed out of order");
                html.texts.push((opened, text));
                html.tags.push(Tag { name: format!("/{name}"), attributes: Vec::new() });
                continue;
            }
            let (tag, whole) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let name = tag.split_ascii_whitespace().next().unwrap_or_default().to_owned();
            assert!(ELEMENTS.contains(&&*name) || OF_PICTURES.contains(&&*name), "the element {name:?}");
            html.tags.push(Tag { attributes: attributes(&name, &tag[name.len()..]), name: name.clone() });
            if ["script", "style"].contains(&&*name) && !whole {
                let end = format!("</{name}>");
                let (raw, behind) = rest.split_once(&*end).expect("what does not end");
                html.raws.push((name, raw.to_owned()));
                rest = behind;
            } else if !whole && !VOID.contains(&&*name) {
                open.push((name, String::new()));
            }
        }
        assert_eq!((rest.trim(), open.len()), ("", 0), "left open");
        html.links();
        html
    }

    /// Each id is there once, and each link leads to one.
    fn links(&self) {
        let of = |wanted: &'static str| {
            let all = self.tags.iter().flat_map(|tag| &tag.attributes);
            all.filter(move |(name, _)| name == wanted).map(|(_, value)| value.as_str())
        };
        let mut ids: Vec<&str> = of("id").collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id is there twice");
        for link in of("href").chain(of("xlink:href")) {
            let id = link.strip_prefix('#').unwrap_or_else(|| panic!("a link to {link:?}"));
            assert!(ids.contains(&id), "a link to nothing: {link:?}");
        }
    }

    /// All tags, but for those that text can have: what stands in backticks is code, words that are known are in colour.
    pub(crate) fn shape(&self) -> Vec<Tag> {
        let inline = ["span", "/span", "code", "/code"];
        self.tags.iter().filter(|tag| !inline.contains(&&*tag.name)).cloned().collect()
    }

    /// The texts in elements of this name, as they end.
    pub(crate) fn of(&self, name: &str) -> Vec<&str> {
        self.texts.iter().filter(|(found, _)| found == name).map(|(_, text)| text.as_str()).collect()
    }

    /// What stands in elements of this name that is no markup.
    pub(crate) fn raw(&self, name: &str) -> Vec<&str> {
        self.raws.iter().filter(|(found, _)| found == name).map(|(_, text)| text.as_str()).collect()
    }
}

fn attributes(element: &str, text: &str) -> Vec<(String, String)> {
    let (mut found, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        let (value, behind) = match behind.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').expect("a value that does not end"),
            None => ("", behind),
        };
        assert!(!behind.starts_with('='), "an attribute without quotes: {rest:?}");
        let word = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-:".contains(&byte));
        let active =
            name.starts_with("on") || ACTIVE.contains(&name) && (element, name) != ("meta", "http-equiv");
        assert!(word && !active, "the attribute {name:?} of {element}");
        let value = decoded(value);
        found.push((name.to_owned(), if name == "title" { String::new() } else { value }));
        rest = behind.trim_start();
    }
    found
}

/// Text without marks, its entities decoded.
fn decoded(text: &str) -> String {
    assert!(!text.contains(['<', '>']), "{text:?}");
    let mut parts = text.split('&');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';').expect("an entity that does not end");
        decoded.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" | "#39" => '\'',
            "#96" => '`',
            other => panic!("the entity {other:?}"),
        });
        decoded.push_str(rest);
    }
    decoded
}

/// A text of others as one line: what is not seen as itself is written as an escape.
pub(crate) fn line(text: &str) -> String {
    let seen = |c: char| c == ' ' || !(steers_a_display(c) || c.is_whitespace());
    text.chars().map(|c| if seen(c) { c.to_string() } else { format!("\\u{{{:x}}}", u32::from(c)) }).collect()
}

/// A text of others as lines, what steers a display as JSON escapes it.
pub(crate) fn lines(text: &str) -> String {
    let units =
        |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
    text.chars().map(|c| if c != '\n' && steers_a_display(c) { units(c) } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What would have to be in a page for a text to have got out of its place.
    #[test]
    fn a_page_that_a_text_has_broken_is_noticed() {
        let page = |body: &str| format!("<!doctype html>\n<html><body id=\"b\">{body}</body></html>\n");
        assert_eq!(Html::read(&page("<p>a &lt;b&gt;</p><a href=\"#b\">c</a>")).of("p"), ["a <b>"]);
        for broken in [
            "<p>a > b</p>",
            "<p>a & b</p>",
            "<p>&nbsp;</p>",
            "<p>a",
            "</p>",
            "<p><b></p></b>",
            "<img>",
            "<!-- a -->",
            "<p onclick=\"a\">b</p>",
            "<p style=\"a\">b</p>",
            "<p id=a>b</p>",
            "<p id=\"b\">c</p>",
            "<a href=\"https://a.example\">b</a>",
            "<a href=\"#none\">b</a>",
            "<script>a",
            "<p>\u{202e}</p>",
        ] {
            let read = std::panic::catch_unwind(|| Html::read(&page(broken)));
            assert!(read.is_err(), "{broken}");
        }
        assert_ne!(
            Html::read(&page("<p>a</p>")).shape(),
            Html::read(&page("<p>a</p><script>b</script>")).shape()
        );
    }
}
