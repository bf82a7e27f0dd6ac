//! What the history must be.

use cdi_types::{KeyId, VerifiedLevel};
use cdi_verify::{Depth, Inputs, OriginRule, Question, TrustTerms};

use super::trusted::spelt;
use super::{Topic, listed};
use crate::policy::Policy;

pub(super) fn of(policy: &Policy) -> Vec<(Topic, String)> {
    let Some(terms) = policy.trust().map(|trust| trust.terms()) else { return Vec::new() };
    let mut said: Vec<String> = Vec::new();
    for question in policy.asked_of_history() {
        match question {
            Question::Complete => said.extend(complete(terms)),
            Question::Reproduced => said.extend(reproduced(terms)),
            Question::Property(_) | Question::Evidence(_) | Question::Supplied(..) | Question::Node(_) => {}
        }
    }
    if said.is_empty() {
        said.push("How the artifact came to be is not asked, beyond what shows the properties.".to_owned());
    }
    said.into_iter().map(|sentence| (Topic::History, sentence)).collect()
}

fn complete(terms: &TrustTerms) -> Vec<String> {
    let origins: Vec<String> = terms.origins.iter().map(origin).collect();
    let mut said = vec![format!(
        "Every step that made the artifact must be known, with nothing left out, back to {}.",
        origins.join(", or ")
    )];
    if !terms.exempt.is_empty() {
        said.push(format!("Inputs of the role {} need no history.", listed(&terms.exempt)));
    }
    said.extend(terms.depths.iter().map(|Depth { tool, steps }| {
        format!("Behind a run of `{tool}` no more than {steps} steps of a history are asked.")
    }));
    said.extend(terms.summaries.iter().map(|rule| {
        let levels: Vec<&str> = rule.levels.iter().map(VerifiedLevel::as_str).collect();
        let age = spelt(rule.max_age.seconds());
        format!(
            "What goes into it needs no history if `{}` has verified it as {}, less than {age} ago.",
            rule.verifier,
            levels.join(" and "),
        )
    }));
    said.push(match terms.inputs {
        Inputs::ByDigest => "Any run that made the same bytes can stand for an input's own.".to_owned(),
        Inputs::Linked => "Only the runs that a report names can speak for its inputs.".to_owned(),
    });
    said
}

fn origin(rule: &OriginRule) -> String {
    match rule {
        OriginRule::Artifact(artifact) => format!("the artifact {artifact}"),
        OriginRule::Key(key, kinds) => {
            format!(
                "what the key {} signs as {}",
                key.short(),
                listed(kinds.iter().map(|kind| kind.as_str()))
            )
        }
    }
}

fn reproduced(terms: &TrustTerms) -> Option<String> {
    let asked = terms.reproduced.as_ref()?;
    let custodians = asked.custodians.iter().map(|custodian| {
        let keys: Vec<String> = custodian.report_keys.iter().map(KeyId::short).collect();
        format!("{} (report keys {})", custodian.name, keys.join(", "))
    });
    Some(format!(
        "Runs in the hands of {} of these must have made the same bytes from the same inputs: {}.",
        asked.count,
        listed(custodians)
    ))
}
