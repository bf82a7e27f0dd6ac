//! From a decision to the page of `cdi report`: what `cdi verify` and `cdi explain` tell, and the statements behind it.
//!
//! Nothing is decided here. How the page looks, and how much of it there is, is `cdi_report`'s to say.

mod answers;
mod evidence;

use cdi_decider::Seat;
use cdi_policy::Policy;
use cdi_report::{Note, Page, Place, Principal, Verdict};
use cdi_types::{Clock, Timestamp};

use crate::decision::{DecisionArguments, Outcome, Walk};
use crate::drawing;
use crate::evidence::Evidence;
use crate::explaining::Explaining;
use crate::explanation;
use crate::failure::Failure;

use crate::terminal;
use crate::verdict::{self, Conflict, Document, Edition, Grants, Provided, Word};
use crate::verdict_text;

/// The page of a decision; nothing is supposed in it yet.
pub(crate) fn of(
    (walk, outcome): (&Walk, &Outcome),
    document: Document,
    arguments: &DecisionArguments,
    clock: Clock,
) -> Page {
    let Document { verdict, artifact, decided_at, catalogue, extensions, .. } = document;
    let evidence = document.evidence;
    let principals = document.principals.into_iter();
    let principals: Vec<Principal> =
        principals.map(|judged| principal((walk, outcome), judged, &evidence, clock)).collect();
    let (statements, further) = evidence::statements(walk, outcome, &answers::named(&principals));
    let error = document.error.map(|error| Note {
        code: error.code,
        message: error.message,
        lines: Vec::new(),
        hint: error.hint,
    });
    // Over a limit there is no picture; the verdict says which.
    let graph = drawing::seen_by((walk, outcome), &[], &[], clock).ok();
    Page {
        program: format!("cdi {}", env!("CARGO_PKG_VERSION")),
        artifact: arguments.artifact.display().to_string(),
        digest: artifact,
        verdict: word(verdict),
        at: decided_at.to_string(),
        place: document.environment.map(|place| Place {
            name: place.name,
            provides: place.provides,
            asserted_by: place.asserted_by,
        }),
        grants: document.grants.as_ref().map(granted).unwrap_or_default(),
        catalogues: std::iter::once(catalogue).chain(extensions).map(|digest| digest.to_string()).collect(),
        again: command("verify", arguments, decided_at),
        notes: error.into_iter().chain(document.conflict.map(contradiction)).collect(),
        principals,
        graph,
        evidence: evidence::read(&evidence, verdict),
        what_if: cdi_report::WhatIf::default(),
        statements,
        further,
    }
}

/// A command about the same decision, to be copied. Values of variables are the program's business.
pub(crate) fn command(name: &str, arguments: &DecisionArguments, at: Timestamp) -> String {
    let mut words = vec![format!("cdi {name} {}", terminal::word(&arguments.artifact))];
    words.push(format!("--config {}", terminal::word(&arguments.config)));
    words.extend(arguments.bundle.iter().map(|bundle| format!("--bundle {}", terminal::word(bundle))));
    words.push(format!("--environment {}", terminal::word(arguments.environment.as_ref())));
    words.extend(arguments.grants.directories.iter().map(|directory| {
        let access = if directory.access == cdi_policy::Access::ReadWrite { ":rw" } else { "" };
        format!("--dir {}{access}", terminal::word(directory.name.as_str().as_ref()))
    }));
    words.extend(
        arguments
            .grants
            .variables
            .iter()
            .map(|(name, _)| format!("--env {}=...", terminal::word(name.as_ref()))),
    );
    words.push(format!("--at {at}"));
    words.join(" ")
}

pub(crate) const fn word(word: Word) -> Verdict {
    match word {
        Word::Allow => Verdict::Allow,
        Word::Deny => Verdict::Deny,
        Word::Unknown => Verdict::Unknown,
    }
}

fn granted(grants: &Grants) -> Vec<String> {
    let directories = grants.directories.iter();
    let directories = directories.map(|given| format!("directory {} to {}", given.name, given.access));
    let variables = grants.environment.iter().map(|name| format!("environment variable {name}"));
    directories.chain(variables).collect()
}

fn contradiction(conflict: Conflict) -> Note {
    let sides = conflict.sides.iter();
    Note {
        code: conflict.code,
        message: conflict.message,
        lines: sides.map(|side| format!("{}: {}", side.principal, side.requirement)).collect(),
        hint: Some(conflict.hint.to_owned()),
    }
}

/// One principal, with what `cdi explain` tells of everything that its policy asks for.
fn principal(
    (walk, outcome): (&Walk, &Outcome),
    judged: verdict::Principal,
    evidence: &Evidence,
    clock: Clock,
) -> Principal {
    let of = |policy: &&Policy| Some(policy.digest()) == judged.policy;
    let policy = outcome.seats.iter().filter_map(Seat::policy).find(of);
    let page = Principal {
        name: judged.name.clone(),
        verdict: word(judged.verdict),
        policy: judged.policy.map(|digest| digest.to_string()),
        edition: judged.edition.as_ref().map(edition),
        asks: policy.map_or_else(|| "a policy in force".to_owned(), verdict_text::asked),
        residual: judged.residual.clone(),
        provided: judged.provided.iter().map(by).collect(),
        answers: Vec::new(),
        refused: Vec::new(),
        excused: Vec::new(),
    };
    match policy.map(|policy| explained((walk, outcome), policy, evidence, clock)) {
        Some(Ok(mut explained)) => {
            explained.decided(judged);
            Principal {
                answers: explained.answers.iter().map(answers::answer).collect(),
                refused: explained.refused.iter().map(answers::failed).collect(),
                excused: explained.excused.iter().map(answers::excused).collect(),
                ..page
            }
        }
        // Nothing can be explained without a policy in force, or over a limit: what refuses is told all the same.
        Some(Err(_)) | None => Principal {
            refused: judged.failures.iter().map(answers::failed).collect(),
            excused: judged.excused.iter().map(answers::excused).collect(),
            ..page
        },
    }
}

fn explained(
    (walk, outcome): (&Walk, &Outcome),
    policy: &Policy,
    evidence: &Evidence,
    clock: Clock,
) -> Result<explanation::Principal, Failure> {
    let Some(provenance) = &outcome.provenance else {
        return Err(Failure::failed("internal", "an explanation on no evidence"));
    };
    let everything = std::collections::BTreeSet::new();
    Explaining::of((walk, outcome), policy, provenance, evidence, &everything, clock)?.explained()
}

fn edition(edition: &Edition) -> String {
    let Edition { version, not_after, mode, key, .. } = edition;
    format!("version {version} until {not_after}, mode {mode}, by key {}", key.short())
}

fn by(provided: &Provided) -> (String, String) {
    let by =
        if provided.by == Provided::WORD { "on its host’s word" } else { "as its runtime is certified" };
    (provided.property.clone(), by.to_owned())
}
