//! Answers and their reasons, as `cdi explain` has them.

use std::collections::BTreeSet;

use cdi_report::{Answer, Failed, Kind, Miss, Principal, Standing, Step, Vote, Waypoint};
use cdi_types::StatementId;

use crate::explanation::{self, Explained, Missed};
use crate::explanation_text::{Showing, did, does};
use crate::proof::{self, Countersigned, Speaks};
use crate::verdict::{self, Excused};

pub(super) fn answer(explained: &Explained) -> Answer {
    let showing = Showing::of(explained);
    Answer {
        question: explained.question.clone(),
        kind: match explained.kind {
            explanation::Kind::Property => Kind::Property,
            explanation::Kind::Tag => Kind::Tag,
            explanation::Kind::Formula => Kind::Formula,
            explanation::Kind::Platform => Kind::Platform,
            explanation::Kind::History => Kind::History,
            explanation::Kind::Evidence => Kind::Evidence,
        },
        standing: match explained.answer {
            explanation::Answer::Has => Standing::Has,
            explanation::Answer::HasNot => Standing::HasNot,
            explanation::Answer::NotTold => Standing::NotTold,
        },
        excused: explained.excused.as_ref().map(verdict::Excuse::said),
        meaning: explained.meaning.clone(),
        formula: explained.formula.clone(),
        place: explained.place.clone(),
        custodians: explained.custodians.clone(),
        proof: explained.proof.iter().map(|one| step(one, showing)).collect(),
        misses: explained.misses.iter().map(missed).collect(),
        parts: explained.parts.iter().map(answer).collect(),
    }
}

pub(super) fn failed(failed: &verdict::Failed) -> Failed {
    Failed {
        requirement: failed.requirement.clone(),
        code: failed.shown.code,
        message: failed.shown.message.clone(),
        hint: failed.shown.hint.clone(),
    }
}

pub(super) fn excused(excused: &Excused) -> (Failed, String) {
    (failed(&excused.failed), excused.excuse.said())
}

/// The statements that these principals' answers name.
pub(super) fn named(principals: &[Principal]) -> BTreeSet<StatementId> {
    let mut named = BTreeSet::new();
    let mut rest: Vec<&Answer> = principals.iter().flat_map(|principal| &principal.answers).collect();
    while let Some(answer) = rest.pop() {
        rest.extend(&answer.parts);
        for step in &answer.proof {
            named.extend(step.statement);
            for vote in &step.votes {
                named.insert(vote.certification);
                named.extend(&vote.endorsements);
            }
        }
        for miss in &answer.misses {
            named.extend(miss.report);
            named.extend(miss.trail.iter().filter_map(|point| point.read_by));
        }
    }
    named
}

fn missed(missed: &Missed) -> Miss {
    let trail = missed.trail.iter().map(|point| Waypoint {
        artifact: point.artifact,
        name: point.name.clone(),
        read_by: point.read_by,
    });
    Miss {
        code: missed.code,
        message: missed.message.clone(),
        trail: trail.collect(),
        report: missed.report,
        repair_by: missed.repair.who.to_string(),
        repair: missed.repair.what.clone(),
    }
}

fn step(step: &proof::Step, showing: Showing) -> Step {
    let countersigned = step.countersignatures.iter().map(countersigned);
    let survives = step.survivals.iter().map(|survival| format!("the report survives: {}", survival.said()));
    Step {
        artifact: step.artifact,
        name: step.name.clone(),
        says: says(step, showing),
        statement: step.statement,
        quorum: step.quorum,
        votes: step.votes.iter().map(|one| vote(one, step, showing)).collect(),
        besides: countersigned.chain(survives).collect(),
    }
}

/// What the step says of its artifact. What weakens a proof is said as that.
fn says(step: &proof::Step, showing: Showing) -> String {
    match step.ground {
        "report" => did(step.votes.first(), showing),
        "runtime" => "is the runtime, and supplies it".to_owned(),
        "linked" => "was made by the run that is named for it".to_owned(),
        "origin" => {
            let commit = step.commit.as_ref().map_or_else(String::new, |one| format!(", a file of {one}"));
            format!("is an origin that the policy accepts{commit}")
        }
        "summary" => {
            let verifier = step.verifier.as_deref().unwrap_or_default();
            format!("was verified by another, {verifier}, in the place of its history")
        }
        "evidence" => {
            let predicate_type = step.predicate_type.as_deref().unwrap_or_default();
            let key = step.key.as_ref().map(cdi_types::KeyId::short).unwrap_or_default();
            format!("has it by the word of another: the key {key}, as {predicate_type}")
        }
        "not-asked" => {
            let said = step.depth.as_ref().map_or_else(String::new, proof::Depth::said);
            format!("is where the history is cut: by the policy, {said}")
        }
        _ => "is assumed to have it: the policy takes that as given".to_owned(),
    }
}

fn vote(vote: &Speaks, step: &proof::Step, showing: Showing) -> Vote {
    let differs = step.votes.first().filter(|first| first.tool != vote.tool || first.effect != vote.effect);
    let differs = differs.map(|_| format!("that it {}", does(vote, showing)));
    let renews = vote.renews.iter().map(|id| format!("renews {}", id.short()));
    let manifests = vote.manifests.iter().map(|listing| {
        let (statement, key) = (listing.statement.short(), listing.key.short());
        format!(
            "takes inputs for {} that the {} origin {statement}, by the key {key}, lists",
            listing.role, listing.kind
        )
    });
    Vote {
        authorities: vote.authorities.clone(),
        certification: vote.certification,
        endorsements: vote.endorsements.clone(),
        besides: differs.into_iter().chain(renews).chain(manifests).collect(),
    }
}

fn countersigned(signature: &Countersigned) -> String {
    format!("the report is countersigned by {}", signature.authorities.join(", who endorses "))
}
