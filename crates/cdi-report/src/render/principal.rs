//! Each principal: what it asks for, what holds, what is for the place, what fails, and what would repair it.

use crate::limits;
use crate::markup::Html;
use crate::page::{Failed, Page, Principal, Verdict};
use crate::render::formula::Words;
use crate::render::prose::sentence;
use crate::render::{Shown, answer, badge, code};

pub(super) fn render(page: &Page, shown: &Shown, html: &mut Html) {
    html.raw("<section id=\"principals\" tabindex=\"-1\">\n<h2>Principals</h2>\n");
    html.raw("<p class=\"lead\">Every principal must agree. Each asks by its own policy, and trusts whom it has chosen.</p>\n");
    if page.principals.is_empty() {
        html.raw("<p>No principal was asked.</p>\n");
    }
    for principal in &page.principals {
        one(principal, shown, html);
    }
    html.raw("</section>\n");
}

fn one(principal: &Principal, shown: &Shown, html: &mut Html) {
    html.raw("<article class=\"principal\">\n<h3>").text(&principal.name).raw(" ");
    badge(principal.verdict, html);
    html.raw("</h3>\n<dl class=\"asks\">\n<div><dt>Asks for</dt><dd>");
    let words = Words::of(&principal.answers);
    words.write(&principal.asks, html);
    html.raw("</dd></div>\n");
    for_the_place(principal, html);
    if let Some(edition) = &principal.edition {
        html.raw("<div><dt>Signed policy</dt><dd>").text(edition).raw("</dd></div>\n");
    }
    if let Some(policy) = &principal.policy {
        html.raw("<div><dt>Policy</dt><dd><span class=\"quiet\">SHA-256</span> <code>").text(policy);
        html.raw("</code></dd></div>\n");
    }
    html.raw("</dl>\n");
    for failed in principal.refused.iter().take(limits::LIST) {
        besides(failed, None, html);
    }
    for (failed, excuse) in principal.excused.iter().take(limits::LIST) {
        besides(failed, Some(excuse), html);
    }
    for answer in &principal.answers {
        answer::render(answer, shown, html);
    }
    if principal.answers.is_empty() && principal.refused.is_empty() && principal.verdict == Verdict::Allow {
        html.raw("<p class=\"quiet\">It asks for nothing, so that there is nothing to explain.</p>\n");
    }
    html.raw("</article>\n");
}

/// What the code leaves to the place, and what the place provides of that.
fn for_the_place(principal: &Principal, html: &mut Html) {
    let Some(residual) = &principal.residual else { return };
    html.raw("<div><dt>Left to the place</dt><dd><code class=\"formula\">").text(residual).raw("</code>");
    if principal.provided.is_empty() {
        html.raw(" <span class=\"quiet\">and no place is shown to provide it</span>");
    }
    for (at, (property, by)) in principal.provided.iter().take(limits::LIST).enumerate() {
        html.raw(if at == 0 { "<br><span class=\"quiet\">Provided:</span> <code>" } else { ", <code>" });
        html.text(property).raw("</code> <span class=\"quiet\">").text(by).raw("</span>");
    }
    html.raw("</dd></div>\n");
}

/// What is refused, or would be, besides what is asked of the artifact.
fn besides(failed: &Failed, excuse: Option<&str>, html: &mut Html) {
    html.raw("<div class=\"failed\"><p><strong>").text(&failed.requirement).raw("</strong>: ");
    sentence(&failed.message, html);
    code(failed.code, html);
    html.raw("</p>\n");
    if let Some(hint) = &failed.hint {
        html.raw("<p class=\"repair\"><span class=\"quiet\">Repair:</span> ");
        sentence(hint, html);
        html.raw("</p>\n");
    }
    if let Some(excuse) = excuse {
        html.raw("<p class=\"excuse\">Excused: ");
        sentence(excuse, html);
        html.raw("</p>\n");
    }
    html.raw("</div>\n");
}
