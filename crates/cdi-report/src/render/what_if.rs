//! What would come of it without some of the evidence: a table that needs no script, and switches where there is one.

use std::collections::BTreeSet;

use crate::limits;
use crate::markup::Html;
use crate::page::Page;
use crate::render::{Shown, badge, code};
use crate::what_if::{Extent, Supposed, Switch, SwitchKind, WhatIf};

pub(super) fn render(page: &Page, shown: &Shown, html: &mut Html) {
    let what_if = &page.what_if;
    html.raw("<section id=\"what-if\" tabindex=\"-1\">\n<h2>What if</h2>\n");
    html.raw(
        "<p class=\"lead\">What would have been decided without a certification, or without an authority. ",
    );
    html.raw("<em>Off</em> means absent, not revoked: the lines are taken out of the evidence, and the same program decides about ");
    html.raw("what remains, at the same time and under the same policies. A certification that is off was never made; of an authority ");
    html.raw("that is off there is nothing: no certification, endorsement, list or countersignature of its, and nobody endorses it. ");
    html.raw("The decision above stays what it is.</p>\n");
    extent(what_if, html);
    if what_if.extent != Extent::Nothing && !what_if.switches.is_empty() {
        panel(what_if, html);
        singles(what_if, shown, html);
    }
    html.raw("</section>\n");
}

/// Which combinations were computed, and within which bound.
fn extent(what_if: &WhatIf, html: &mut Html) {
    html.raw("<p class=\"quiet\">");
    match (what_if.extent, what_if.switches.len()) {
        (_, 0) => {
            html.raw("There is nothing to switch off: no certification here is by an authority that a principal trusts.");
        }
        (Extent::All, _) => {
            html.raw("All ")
                .number(what_if.combinations.len())
                .raw(" combinations were computed when the page was made.");
        }
        (Extent::Pairs, _) => {
            html.raw("Each switch alone and every two were computed when the page was made, ");
            html.number(what_if.combinations.len()).raw(" combinations; no others.");
        }
        (Extent::Singles, _) => {
            html.raw("Each switch alone was computed when the page was made; no combinations.");
        }
        (Extent::Stopped, _) => {
            html.raw("Time ran out when the page was made: ").number(what_if.combinations.len());
            html.raw(" combinations were computed, those with the fewest switches off first.");
        }
        (Extent::Nothing, _) => {
            html.raw("Nothing was computed: the evidence is too large for it.");
        }
    }
    html.raw(" All of them together may take ").number(what_if.budget).raw(" signature verifications and ");
    html.number(usize::try_from(what_if.seconds).unwrap_or(usize::MAX)).raw(" seconds at most.");
    if what_if.further > 0 {
        html.raw(" ")
            .number(what_if.further)
            .raw(" more things have no switch; choose which do with <code class=\"command\">");
        html.text(&what_if.command).raw(" --what-if ID</code>.");
    }
    html.raw("</p>\n");
}

/// The switches, for a reader with scripts; the page's own script shows it.
fn panel(what_if: &WhatIf, html: &mut Html) {
    html.raw(
        "<form id=\"switches\" hidden>\n<fieldset><legend>Switch off</legend>\n<ul class=\"switches\">\n",
    );
    for (at, switch) in what_if.switches.iter().enumerate() {
        html.raw("<li><label><input type=\"checkbox\" role=\"switch\" class=\"switch\" data-at=\"")
            .number(at);
        html.raw("\"><span class=\"track\" aria-hidden=\"true\"></span><span class=\"what\">");
        named(switch, html);
        html.raw("</span></label></li>\n");
    }
    html.raw("</ul></fieldset>\n<div class=\"supposed\">\n");
    html.raw("<p class=\"eyebrow\" id=\"not-decided\" hidden>Supposed, not decided</p>\n<div id=\"supposed\" aria-live=\"polite\" aria-atomic=\"true\"></div>\n");
    html.raw("<p><button type=\"reset\" id=\"all-on\">Switch everything on</button></p>\n</div></form>\n");
}

fn named(switch: &Switch, html: &mut Html) {
    what(switch, html);
    html.raw(" <code>").text(switch.id.get(..12).unwrap_or(&switch.id)).raw("</code>");
}

fn what(switch: &Switch, html: &mut Html) {
    html.raw(match switch.kind {
        SwitchKind::Certification => "<span class=\"quiet\">certification</span> ",
        SwitchKind::Authority => "<span class=\"quiet\">authority</span> ",
    });
    html.text(&switch.label);
}

/// What would come of each switch alone.
fn singles(what_if: &WhatIf, shown: &Shown, html: &mut Html) {
    html.raw("<details class=\"singles\" open><summary>Each alone</summary>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What would come of each switch alone\"><table role=\"table\">\n<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">Without</th>");
    ["Lines", "Verdict", "What would be refused"].into_iter().for_each(|title| {
        html.raw("<th role=\"columnheader\" scope=\"col\">").raw(title).raw("</th>");
    });
    html.raw("</tr></thead>\n<tbody role=\"rowgroup\">\n");
    for (at, switch) in what_if.switches.iter().enumerate() {
        let Some(supposed) = what_if.outcome(&BTreeSet::from([at])) else { continue };
        html.raw("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
        match switch.statement {
            Some(statement) => {
                what(switch, html);
                shown.link("", statement, html);
            }
            None => named(switch, html),
        }
        html.raw("</th><td role=\"cell\" class=\"number\">")
            .number(switch.lines)
            .raw("</td><td role=\"cell\">");
        badge(supposed.verdict, html);
        html.raw("</td><td role=\"cell\">");
        refused(supposed, html);
        html.raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div></details>\n");
}

fn refused(supposed: &Supposed, html: &mut Html) {
    let failures = supposed.principals.iter().flat_map(|principal| {
        principal.failures.iter().map(move |(requirement, code)| (&principal.name, requirement, *code))
    });
    let failures: Vec<_> = failures.collect();
    if failures.is_empty() {
        html.raw("<span class=\"quiet\">nothing</span>");
    }
    for (at, (name, requirement, failed)) in failures.iter().take(limits::LIST).enumerate() {
        html.raw(if at == 0 { "" } else { "<br>" }).text(name).raw(", ").text(requirement);
        code(failed, html);
    }
}
