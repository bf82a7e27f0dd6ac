//! What comes first: the verdict, about what, when and where, and what this page is worth.

use crate::limits;
use crate::markup::{Html, cut};
use crate::page::{Page, Verdict};
use crate::render::code;
use crate::render::prose::sentence;

pub(super) fn render(page: &Page, html: &mut Html) {
    let class = match page.verdict {
        Verdict::Allow => "allow",
        Verdict::Deny => "deny",
        Verdict::Unknown => "unknown",
    };
    html.raw("<a class=\"skip\" href=\"#principals\">To the principals</a>\n<header class=\"").raw(class);
    html.raw("\">\n<p class=\"eyebrow\">Record of a decision</p>\n<h1><span class=\"verdict\">");
    html.raw(page.verdict.said()).raw("</span> <span class=\"of\">").text(&page.artifact);
    html.raw("</span></h1>\n<dl class=\"facts\">\n<div class=\"wide\"><dt>Artifact</dt><dd><span class=\"quiet\">SHA-256</span> <code>");
    html.text(&page.digest.to_string()).raw("</code></dd></div>\n<div><dt>Decided for</dt><dd><time>");
    html.text(&page.at).raw("</time></dd></div>\n<div class=\"wide\"><dt>Place</dt><dd>");
    place(page, html);
    html.raw("</dd></div>\n");
    if !page.grants.is_empty() {
        html.raw("<div class=\"wide\"><dt>The program was to get</dt><dd>");
        html.text(&page.grants.join(", ")).raw("</dd></div>\n");
    }
    html.raw("</dl>\n<p class=\"record\">A page is a record, never a permission. Whoever runs the artifact decides again, with ");
    html.raw("<code>cdi run</code>; and who could write this page could write anything on it. The same again: <code class=\"command\">");
    command(&page.again, html);
    html.raw("</code></p>\n");
    page.notes.iter().for_each(|note| {
        html.raw("<section class=\"note\"><p><strong>");
        sentence(&note.message, html);
        html.raw("</strong>");
        code(note.code, html);
        html.raw("</p>\n");
        note.lines.iter().take(limits::LIST).for_each(|line| {
            html.raw("<p class=\"line\">").text(line).raw("</p>\n");
        });
        if let Some(hint) = &note.hint {
            html.raw("<p><span class=\"quiet\">What would help:</span> ");
            sentence(hint, html);
            html.raw("</p>\n");
        }
        html.raw("</section>\n");
    });
    html.raw("<nav aria-label=\"On this page\"><ul>\n<li><a href=\"#principals\">Principals</a></li>\n");
    if page.graph.is_some() {
        html.raw("<li><a href=\"#picture\">Picture</a></li>\n");
    }
    html.raw("<li><a href=\"#what-if\">What if</a></li>\n<li><a href=\"#statements\">Statements</a></li>\n");
    html.raw("<li><a href=\"#evidence\">Evidence</a></li>\n</ul></nav>\n</header>\n");
}

/// A command to copy: a word of it goes to the next line whole where there is room for it.
fn command(command: &str, html: &mut Html) {
    for (at, word) in cut(command).split(' ').enumerate() {
        html.raw(if at == 0 { "<span class=\"word\">" } else { " <span class=\"word\">" });
        html.line(word).raw("</span>");
    }
}

fn place(page: &Page, html: &mut Html) {
    let Some(place) = &page.place else {
        html.raw("none named");
        return;
    };
    html.text(&place.name).raw(" <span class=\"quiet\">provides ");
    if place.provides.is_empty() {
        html.raw("nothing");
    }
    for (at, property) in place.provides.iter().take(limits::LIST).enumerate() {
        html.raw(if at == 0 { "<code>" } else { ", <code>" }).text(property).raw("</code>");
    }
    html.raw(", on the word of ").text(&place.asserted_by).raw("</span>");
}

pub(super) fn foot(page: &Page, html: &mut Html) {
    html.raw("<footer><p>Made by ").text(&page.program);
    html.raw(" from files that others may have written. CDI does not judge whether code is correct or free of malice: it ");
    html.raw("vouches for how code was made, by the word of those whom each principal trusts. ");
    html.raw("This page loads nothing and sends nothing.</p></footer>\n");
}
