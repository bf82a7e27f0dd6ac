//! What each code means: the pages of docs/codes, one a code, which are the only place where this is said.
//!
//! A page is Markdown of one form, which a test holds every page to; here it is taken apart for the terminal and for
//! programs.

use serde::Serialize;

/// The pages, by code, in the alphabet's order.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/code_pages.rs"));

/// A page, taken apart.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CodePage {
    pub(crate) code: &'static str,
    /// One sentence for what happened.
    pub(crate) title: String,
    /// What it is: a reason of a refusal, an error, a finding.
    pub(crate) given_as: String,
    /// The commands that give it.
    pub(crate) given_by: String,
    /// The tags of the rules behind it.
    pub(crate) rules: Vec<Rule>,
    pub(crate) causes: Vec<String>,
    pub(crate) remedy: Vec<Piece>,
    /// A message of the program with this code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) example: Option<String>,
    /// Codes that are near to it.
    pub(crate) see_also: Vec<String>,
}

/// A rule, or a page where no rule has one.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Rule {
    pub(crate) tag: String,
    pub(crate) page: String,
}

/// What to do, in the order in which it is said.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Piece {
    Text(String),
    Commands(Vec<String>),
}

/// All codes that have a page.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(code, _)| *code)
}

impl CodePage {
    /// The page of this code.
    pub(crate) fn of(code: &str) -> Option<Self> {
        let found = PAGES.binary_search_by_key(&code, |(known, _)| known).ok()?;
        PAGES.get(found).map(|(code, page)| Self::parse(code, page))
    }

    /// Every page.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        PAGES.iter().map(|(code, page)| Self::parse(code, page))
    }

    fn parse(code: &'static str, page: &str) -> Self {
        let mut parts = page.split("\n## ");
        let mut parsed = Self { code, ..Self::default() };
        parsed.head(parts.next().unwrap_or_default());
        for part in parts {
            let (name, text) = part.split_once('\n').unwrap_or_default();
            match name {
                "Causes" => parsed.causes = items(text),
                "What to do" => parsed.remedy = pieces(text),
                "Example" => parsed.example = Some(joined(unfenced(text))),
                "See also" => {
                    parsed.see_also = links(&joined(text.lines())).map(|(name, _)| name.to_owned()).collect();
                }
                _ => {}
            }
        }
        parsed
    }

    /// What stands above the first section: the sentence, and by whom and as what the code is given.
    fn head(&mut self, text: &str) {
        let (sentence, facts) = text.split_once("\n- ").unwrap_or((text, ""));
        self.title = joined(sentence.lines().skip(1));
        for fact in items(&format!("- {facts}")) {
            let Some((name, value)) = fact.split_once(": ") else { continue };
            let value = value.trim_end_matches('.');
            match name {
                "Given as" => value.clone_into(&mut self.given_as),
                "Given by" => self.given_by = value.replace('`', ""),
                _ => self.rules = links(value).map(|(tag, to)| Rule::at(tag, to)).collect(),
            }
        }
    }
}

impl Rule {
    /// Where the link of a page of docs/codes leads, from the top.
    fn at(tag: &str, to: &str) -> Self {
        Self { tag: tag.to_owned(), page: format!("docs/{}", to.trim_start_matches("../")) }
    }
}

/// Lines of a paragraph in one.
fn joined<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The entries of a list, each in one line.
fn items(text: &str) -> Vec<String> {
    let text = format!("\n{}", text.trim());
    text.split("\n- ").skip(1).map(|item| joined(item.lines())).collect()
}

/// What stands between fences.
fn unfenced(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("```"))
}

/// Paragraphs, and the commands between them.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for block in text.trim().split("\n\n") {
        pieces.push(if block.starts_with("```") {
            Piece::Commands(unfenced(block).map(str::to_owned).collect())
        } else {
            Piece::Text(joined(block.lines()))
        });
    }
    pieces
}

/// The links of a text: what is shown, and where it leads.
fn links(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('[').skip(1).filter_map(|link| {
        let (shown, rest) = link.split_once("](")?;
        Some((shown, rest.split_once(')')?.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# x-y\n\nIt did not\nwork.\n\n- Given as: error, finding.\n- Given by: `cdi a`,\n  `cdi b`.\n- Rules: \
                        [M-X](../spec/semantics.md), [trust](../trust.md).\n\n## Causes\n\n- One,\n  or so.\n- Another.\n\n\
                        ## What to do\n\nLook:\n\n```sh\ncdi a\ncdi b\n```\n\nThen go\non.\n\n## Example\n\n```text\nit\n\
                        failed [x-y]\n```\n\n## See also\n\n[p-q](p-q.md),\n[r-s](r-s.md).\n";

    #[test]
    fn a_page_is_taken_apart() {
        let page = CodePage::parse("x-y", PAGE);
        assert_eq!(page.title, "It did not work.");
        assert_eq!((page.given_as.as_str(), page.given_by.as_str()), ("error, finding", "cdi a, cdi b"));
        let rules: Vec<_> = page.rules.iter().map(|rule| (rule.tag.as_str(), rule.page.as_str())).collect();
        assert_eq!(rules, [("M-X", "docs/spec/semantics.md"), ("trust", "docs/trust.md")]);
        assert_eq!(page.causes, ["One, or so.", "Another."]);
        let commands = Piece::Commands(vec!["cdi a".to_owned(), "cdi b".to_owned()]);
        assert_eq!(
            page.remedy,
            [Piece::Text("Look:".to_owned()), commands, Piece::Text("Then go on.".to_owned())]
        );
        assert_eq!(page.example.as_deref(), Some("it failed [x-y]"));
        assert_eq!(page.see_also, ["p-q", "r-s"]);
    }

    #[test]
    fn every_code_is_found_and_nothing_else() {
        assert!(codes().count() > 400);
        for code in codes() {
            assert_eq!(CodePage::of(code).unwrap().code, code);
        }
        assert_eq!(CodePage::of("no-such-code"), None);
        assert_eq!(CodePage::of(""), None);
    }
}
