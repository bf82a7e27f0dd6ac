//! From values to the page, section by section.

mod answer;
mod evidence;
mod formula;
mod heading;
mod picture;
mod principal;
mod prose;
mod statements;
mod what_if;

use std::collections::BTreeSet;

use cdi_types::StatementId;

use crate::content_policy::content_policy;
use crate::drawing::Drawing;
use crate::island::Island;
use crate::markup::Html;
use crate::page::{Page, Verdict};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page: one document, the same bytes for the same values.
#[must_use]
pub fn page(page: &Page) -> String {
    let mut html = Html::default();
    let drawing = page.graph.as_ref().map(Drawing::of);
    let styles: Vec<&str> = std::iter::once(STYLE).chain(drawing.as_ref().map(Drawing::style)).collect();
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    // Before anything that it is about.
    html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"");
    html.policy(&content_policy(&styles, &[SCRIPT])).raw("\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
    html.raw("<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    html.raw(page.verdict.said()).raw(": ").text(&page.artifact).raw("</title>\n<style>");
    html.raw(STYLE).raw("</style>\n</head>\n<body>\n");
    let shown = Shown::of(page);
    heading::render(page, &mut html);
    html.raw("<main>\n");
    principal::render(page, &shown, &mut html);
    if let Some(drawing) = &drawing {
        picture::render(drawing, &mut html);
    }
    what_if::render(page, &shown, &mut html);
    statements::render(page, &mut html);
    evidence::render(page, &mut html);
    html.raw("</main>\n");
    heading::foot(page, &mut html);
    html.raw("<p id=\"told\" class=\"unseen\" role=\"status\"></p>\n");
    html.raw("<script type=\"application/json\" id=\"what-if-data\">");
    html.island(&Island::of(&page.what_if.for_script())).raw("</script>\n<script>");
    html.raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    html.finish()
}

/// The statements that the page shows: only these can be linked to.
pub(crate) struct Shown(BTreeSet<StatementId>);

impl Shown {
    fn of(page: &Page) -> Self {
        Self(page.statements.iter().filter_map(|statement| statement.id).collect())
    }

    /// The start of a statement's id, as a link where the page has it.
    pub(crate) fn link(&self, what: &'static str, id: StatementId, html: &mut Html) {
        html.raw(what);
        if self.0.contains(&id) {
            html.raw(" <a class=\"id\" href=\"#s-").text(&id.to_string()).raw("\">");
            html.text(&id.short()).raw("</a>");
        } else {
            html.raw(" <code>").text(&id.short()).raw("</code>");
        }
    }
}

/// The verdict as a badge: word and sign, never colour alone.
pub(crate) fn badge(verdict: Verdict, html: &mut Html) {
    let (class, sign) = match verdict {
        Verdict::Allow => ("allow", "✓"),
        Verdict::Deny => ("deny", "✕"),
        Verdict::Unknown => ("unknown", "?"),
    };
    html.raw("<span class=\"badge ").raw(class).raw("\"><span aria-hidden=\"true\">").raw(sign);
    html.raw("</span> ").raw(verdict.word()).raw("</span>");
}

/// A stable code.
pub(crate) fn code(code: &str, html: &mut Html) {
    html.raw(" <code class=\"code\">").text(code).raw("</code>");
}

/// Says how many of a list were left out, if any were.
pub(crate) fn left_out(all: usize, most: usize, what: &'static str, html: &mut Html) {
    if let Some(more @ 1..) = all.checked_sub(most) {
        html.raw("<p class=\"left-out\">").number(more).raw(" more ").raw(what);
        html.raw(" left out here: <code>--output json</code> of <code>cdi explain</code> has all.</p>\n");
    }
}
