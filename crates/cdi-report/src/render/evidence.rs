//! What was read for the decision, and what of it could not be used.

use crate::limits;
use crate::markup::Html;
use crate::page::Page;
use crate::render::prose::sentence;

pub(super) fn render(page: &Page, html: &mut Html) {
    let evidence = &page.evidence;
    html.raw("<section id=\"evidence\" tabindex=\"-1\">\n<h2>Evidence</h2>\n<dl class=\"facts\">\n<div class=\"wide\"><dt>Read</dt><dd>");
    if evidence.files.is_empty() {
        html.raw("no bundle");
    }
    for (at, file) in evidence.files.iter().take(limits::LIST).enumerate() {
        html.raw(if at == 0 { "<code>" } else { ", <code>" }).text(file).raw("</code>");
    }
    html.raw("</dd></div>\n");
    for (what, count) in &evidence.counts {
        html.raw("<div><dt>").text(what).raw("</dt><dd>").number(*count).raw("</dd></div>\n");
    }
    for catalogue in page.catalogues.iter().take(limits::LIST) {
        html.raw("<div class=\"wide\"><dt>Catalogue</dt><dd><span class=\"quiet\">SHA-256</span> <code>");
        html.text(catalogue).raw("</code></dd></div>\n");
    }
    html.raw("</dl>\n");
    if !evidence.unused.is_empty() {
        html.raw("<h3>Not used</h3>\n<ul>\n");
        for unused in evidence.unused.iter().take(limits::LIST) {
            html.raw("<li>");
            sentence(unused, html);
            html.raw("</li>\n");
        }
        html.raw("</ul>\n");
        if let Some(more @ 1..) = evidence.unused.len().checked_sub(limits::LIST) {
            html.raw("<p class=\"left-out\">")
                .number(more)
                .raw(" more are left out here: <code>cdi verify</code> lists all.</p>\n");
        }
    }
    html.raw("</section>\n");
}
