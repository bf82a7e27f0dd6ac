//! The raw statements: what each says, the payload as it was signed, and the envelope as it was received.

use crate::indent::indented;
use crate::limits;
use crate::markup::Html;
use crate::page::Page;
use crate::render::prose::sentence;
use crate::statement::{Excerpt, Mark, Statement};

pub(super) fn render(page: &Page, html: &mut Html) {
    html.raw("<section id=\"statements\" tabindex=\"-1\">\n<h2>Statements</h2>\n");
    html.raw("<p class=\"lead\">The evidence as it was received, the statements first that the decision names. A statement’s id is the ");
    html.raw(
        "SHA-256 of its payload’s bytes. Payloads are shown with line feeds and blanks between their parts; ",
    );
    html.raw("the envelope has the bytes that were signed.</p>\n");
    if page.statements.is_empty() {
        html.raw("<p>There is no evidence.</p>\n");
    } else {
        html.raw("<p class=\"tools\" hidden><button type=\"button\" id=\"open-all\">Open all</button> ");
        html.raw("<button type=\"button\" id=\"close-all\">Close all</button></p>\n");
    }
    let mut room = Room(limits::EXCERPTS);
    for statement in &page.statements {
        one(statement, &mut room, html);
    }
    if page.further > 0 {
        html.raw("<p class=\"left-out\">").number(page.further);
        html.raw(" more lines are left out here: <code>cdi inspect</code> shows what a bundle has.</p>\n");
    }
    html.raw("</section>\n");
}

/// How many bytes excerpts may still take.
struct Room(usize);

fn one(statement: &Statement, room: &mut Room, html: &mut Html) {
    html.raw("<details class=\"statement\"");
    if let Some(id) = statement.id {
        html.raw(" id=\"s-").text(&id.to_string()).raw("\"");
    }
    for (at, about) in statement.about.iter().take(limits::LIST).enumerate() {
        html.raw(if at == 0 { " data-about=\"" } else { " " }).text(&about.to_string());
    }
    html.raw(if statement.about.is_empty() { "" } else { "\"" });
    html.raw("><summary><span class=\"kind\">").text(&statement.kind).raw("</span> <span class=\"says\">");
    html.text(&statement.summary).raw("</span>");
    if let Some(id) = statement.id {
        html.raw(" <code class=\"id\">").text(&id.short()).raw("</code>");
    }
    html.raw("</summary>\n<div class=\"raw\">\n<dl class=\"facts\">\n");
    if let Some(id) = statement.id {
        html.raw("<div class=\"wide\"><dt>Id</dt><dd><code>")
            .text(&id.to_string())
            .raw("</code></dd></div>\n");
    }
    html.raw("<div><dt>From</dt><dd>")
        .text(&statement.source)
        .raw("</dd></div>\n<div class=\"wide\"><dt>Signature</dt><dd>");
    match &statement.mark {
        Mark::Verified => {
            html.raw(
                "verified: the key that it names as its issuer has signed it; that alone gives no trust",
            );
        }
        Mark::NoEvidence => {
            html.raw("not asked: no decision reads it");
        }
        Mark::Discarded { code, reason } => {
            html.raw("discarded, it proves nothing: ");
            sentence(reason, html);
            super::code(code, html);
        }
    }
    html.raw("</dd></div>\n</dl>\n");
    if let Some(payload) = &statement.payload {
        // An excerpt that was cut is no JSON any more.
        let text = if payload.left_out == 0 { indented(&payload.text) } else { payload.text.clone() };
        let text =
            if text.len() > payload.text.len().saturating_mul(4) { payload.text.clone() } else { text };
        excerpt("Payload", &text, payload.left_out, room, html);
    }
    let Excerpt { text, left_out } = &statement.envelope;
    excerpt("Envelope", text, *left_out, room, html);
    html.raw("</div></details>\n");
}

fn excerpt(what: &'static str, text: &str, left_out: usize, room: &mut Room, html: &mut Html) {
    html.raw("<div class=\"excerpt\"><h3>").raw(what).raw("</h3>");
    if text.len() > room.0 {
        html.raw("<p class=\"left-out\">It is left out here: the excerpts before it have taken all the room of this page. ");
        html.raw("<code>cdi inspect --id</code> shows it.</p></div>\n");
        return;
    }
    let before = html.len();
    html.raw("<button type=\"button\" class=\"copy\" hidden>Copy<span class=\"unseen\"> ").raw(what);
    html.raw("</span></button>\n<pre tabindex=\"0\" aria-label=\"")
        .raw(what)
        .raw("\"><code>")
        .code(text)
        .raw("</code></pre>\n");
    room.0 = room.0.saturating_sub(html.len() - before);
    if left_out > 0 {
        html.raw("<p class=\"left-out\">").number(left_out).raw(" more bytes are left out here: ");
        html.raw("<code>cdi inspect --id</code> shows it whole.</p>\n");
    }
    html.raw("</div>\n");
}
