//! What a browser would take for markup in a page: its tags and their attributes, in order.

/// A tag, with the names of its attributes and the values of those that a browser acts on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

/// All tags. The content of `script` and `style` is none, as HTML has it: it ends at the first end tag of that name.
pub(crate) fn tags(page: &str) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if rest.starts_with("<!--") {
            tags.push(Tag { name: "comment".to_owned(), attributes: Vec::new() });
        }
        let (tag, after) = tag(rest);
        let raw = ["script", "style"].into_iter().find(|raw| tag.name == *raw);
        rest = after;
        tags.push(tag);
        if let Some(raw) = raw {
            rest = &rest[rest.to_lowercase().find(&format!("</{raw}")).unwrap()..];
        }
    }
    tags
}

fn tag(text: &str) -> (Tag, &str) {
    let end = |text: &str| text.find(|c: char| c.is_whitespace() || c == '>').unwrap();
    let name_end = end(text);
    let name = text[1..name_end].to_lowercase();
    let mut attributes = Vec::new();
    let mut rest = text[name_end..].trim_start();
    while !rest.starts_with('>') {
        let name_end = rest.find(|c: char| c.is_whitespace() || "=>".contains(c)).unwrap();
        let name = rest[..name_end].to_owned();
        rest = rest[name_end..].trim_start();
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let close = quoted.find('"').unwrap();
            value = quoted[..close].to_owned();
            rest = quoted[close + 1..].trim_start();
        } else {
            assert!(!rest.starts_with('='), "an attribute without double quotes: {}", &rest[..40]);
        }
        attributes.push((name, value));
    }
    (Tag { name, attributes }, &rest[1..])
}
