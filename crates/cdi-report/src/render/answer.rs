//! One answer: what was asked, how it stands, and why.

use crate::limits;
use crate::markup::Html;
use crate::page::{Answer, Kind, Miss, Standing, Step, Vote};
use crate::render::formula::{Words, standing_of};
use crate::render::prose::sentence;
use crate::render::{Shown, code, left_out};

pub(super) fn render(answer: &Answer, shown: &Shown, html: &mut Html) {
    // What stands in the way is what a reader of a refusal came for.
    let open = answer.standing != Standing::Has;
    html.raw(if open { "<details class=\"answer\" open>" } else { "<details class=\"answer\">" });
    html.raw("<summary>");
    stands(answer, html);
    html.raw("</summary>\n<div class=\"why\">\n");
    why(answer, shown, html);
    html.raw("</div></details>\n");
}

/// The question with how it stands: a sign, a word, and a colour.
fn stands(answer: &Answer, html: &mut Html) {
    let (class, said) = standing_of(answer.standing);
    let said = match (answer.kind, answer.standing) {
        (Kind::Platform, Standing::Has) => "provided",
        (Kind::Platform, Standing::HasNot) => "not provided",
        (Kind::Formula, Standing::Has) => "met",
        (Kind::Formula, Standing::HasNot) => "not met",
        _ => said,
    };
    let sign = match answer.standing {
        Standing::Has => "✓",
        Standing::HasNot => "✕",
        Standing::NotTold => "?",
    };
    html.raw("<span class=\"sign ")
        .raw(class)
        .raw("\" aria-hidden=\"true\">")
        .raw(sign)
        .raw("</span> <code>");
    html.text(&answer.question).raw("</code> <span class=\"standing ").raw(class).raw("\">").raw(said);
    html.raw(if answer.excused.is_some() { ", and excused</span>" } else { "</span>" });
}

fn why(answer: &Answer, shown: &Shown, html: &mut Html) {
    if let Some(excuse) = &answer.excused {
        html.raw("<p class=\"excuse\">Excused: ");
        sentence(excuse, html);
        html.raw("</p>\n");
    }
    if let Some(meaning) = &answer.meaning {
        html.raw("<p class=\"meaning\">").text(meaning).raw("</p>\n");
    }
    if let Some(formula) = &answer.formula {
        html.raw("<p><span class=\"quiet\">It stands for</span> ");
        Words::of(&answer.parts).write(formula, html);
        html.raw("</p>\n");
    }
    if let Some(place) = &answer.place {
        html.raw("<p>");
        sentence(place, html);
        html.raw("</p>\n");
    }
    if !answer.custodians.is_empty() {
        html.raw("<p><span class=\"quiet\">Made independently by</span> ")
            .text(&answer.custodians.join(", "));
        html.raw("</p>\n");
    }
    if !answer.proof.is_empty() {
        html.raw("<ol class=\"proof\">\n");
        answer.proof.iter().take(limits::STEPS).for_each(|step| one_step(step, shown, html));
        html.raw("</ol>\n");
        left_out(answer.proof.len(), limits::STEPS, "steps are", html);
    }
    misses(&answer.misses, shown, html);
    for part in answer.parts.iter().take(limits::LIST) {
        // The parts by which it stands as it stands are open; the others can be opened.
        let matters = (part.standing == Standing::Has) == (answer.standing == Standing::Has);
        html.raw(if matters {
            "<details class=\"part\" open><summary>"
        } else {
            "<details class=\"part\"><summary>"
        });
        stands(part, html);
        if !matters {
            html.raw(if part.standing == Standing::Has {
                " <span class=\"quiet\">but not enough</span>"
            } else {
                " <span class=\"quiet\">and not needed</span>"
            });
        }
        html.raw("</summary>\n<div class=\"why\">\n");
        why(part, shown, html);
        html.raw("</div></details>\n");
    }
}

fn one_step(step: &Step, shown: &Shown, html: &mut Html) {
    html.raw("<li><p>");
    if let Some(name) = &step.name {
        html.raw("<code>").text(name).raw("</code> ");
    }
    html.raw("<span class=\"digest\" title=\"").text(&step.artifact.to_string()).raw("\">");
    html.text(&step.artifact.short()).raw("</span> ").text(&step.says);
    if let Some(statement) = step.statement {
        shown.link(",", statement, html);
    }
    html.raw("</p>\n");
    match (step.quorum, step.votes.len()) {
        (_, 0) => {}
        (None | Some(1), 1) => {
            html.raw("<p class=\"quiet\">By the word of</p>\n");
        }
        (None | Some(1), _) => {
            html.raw("<p class=\"quiet\">By the word of any of</p>\n");
        }
        (Some(quorum), _) => {
            html.raw("<p class=\"quiet\">By the word of ").number(usize::from(quorum));
            html.raw(" independent authorities:</p>\n");
        }
    }
    if !step.votes.is_empty() {
        html.raw("<ul class=\"votes\">\n");
        step.votes.iter().take(limits::LIST).for_each(|vote| one_vote(vote, shown, html));
        html.raw("</ul>\n");
    }
    for said in step.besides.iter().take(limits::LIST) {
        html.raw("<p class=\"besides\">");
        sentence(said, html);
        html.raw("</p>\n");
    }
    html.raw("</li>\n");
}

fn one_vote(vote: &Vote, shown: &Shown, html: &mut Html) {
    html.raw("<li>").text(&vote.authorities.join(", who endorses "));
    shown.link(": certification", vote.certification, html);
    for endorsement in vote.endorsements.iter().take(limits::LIST) {
        shown.link(", endorsement", *endorsement, html);
    }
    for said in vote.besides.iter().take(limits::LIST) {
        html.raw("<br><span class=\"quiet\">").text(said).raw("</span>");
    }
    html.raw("</li>\n");
}

fn misses(misses: &[Miss], shown: &Shown, html: &mut Html) {
    if misses.is_empty() {
        return;
    }
    html.raw("<ul class=\"misses\">\n");
    for (at, miss) in misses.iter().take(limits::MISSES).enumerate() {
        html.raw("<li><p>");
        html.raw(if at == 0 && misses.len() > 1 {
            "<span class=\"quiet\">The nearest miss:</span> "
        } else {
            ""
        });
        sentence(&miss.message, html);
        code(miss.code, html);
        html.raw("</p>\n");
        trail(miss, shown, html);
        html.raw("<p class=\"repair\"><span class=\"quiet\">Repair, by ").text(&miss.repair_by);
        html.raw(":</span> ");
        sentence(&miss.repair, html);
        html.raw("</p></li>\n");
    }
    html.raw("</ul>\n");
    left_out(misses.len(), limits::MISSES, "obstacles are", html);
}

/// From the artifact back to where an obstacle stands; of a long way both ends.
fn trail(miss: &Miss, shown: &Shown, html: &mut Html) {
    if miss.trail.len() > 1 {
        html.raw("<p class=\"trail\"><span class=\"quiet\">Where:</span> ");
        let half = limits::TRAIL / 2;
        let skipped = half..miss.trail.len().saturating_sub(half);
        for (at, point) in miss.trail.iter().enumerate() {
            if skipped.contains(&at) {
                if at == skipped.start {
                    html.raw(" … ").number(skipped.len()).raw(" steps …");
                }
                continue;
            }
            html.raw(if at == 0 { "" } else { " made from " });
            match &point.name {
                Some(name) => html.raw("<code>").text(name).raw("</code>"),
                None => html.raw("<code>").text(&point.artifact.short()).raw("</code>"),
            };
            if let Some(report) = point.read_by {
                shown.link(" <span class=\"quiet\">by</span>", report, html);
            }
        }
        html.raw("</p>\n");
    } else if let Some(report) = miss.report {
        html.raw("<p class=\"trail\">");
        shown.link("<span class=\"quiet\">Where: report</span>", report, html);
        html.raw("</p>\n");
    }
}
