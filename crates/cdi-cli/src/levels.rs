//! What a record of a decision says was verified, in words of CDI's own: for exports and for the journal.

use std::collections::BTreeSet;

use cdi_decider::Seat;
use cdi_placement::Placement;
use cdi_policy::{PrincipalFindings, Rule};
use cdi_types::PolicyDigest;
use cdi_verify::{Ground, ProofStep, Question};

use crate::decision::Outcome;
use crate::judged::Judging;

/// What was verified, in words of CDI's own: SLSA keeps `SLSA_` for itself, and none of its levels was verified. Properties of
/// a place are not the artifact's, and are not among it; nor is what rests on an assumption, or on a part of the history.
pub(crate) fn levels(findings: &PrincipalFindings, placement: Option<&Placement>) -> Vec<String> {
    let leaves_something =
        findings.residual.is_some() && placement.is_some_and(|place| place.environment().is_some());
    let met = if leaves_something { "CDI_POLICY_MET_AT_PLACE" } else { "CDI_POLICY_MET" };
    let word = |question: &Question| match question {
        Question::Property(property) => Some(format!("CDI_PROPERTY_{property}")),
        Question::Complete => Some("CDI_HISTORY_COMPLETE".to_owned()),
        Question::Reproduced => Some("CDI_REPRODUCED".to_owned()),
        // What others say under a name of the policy's own is no word of CDI.
        Question::Evidence(_) | Question::Supplied(..) | Question::Node(_) => None,
    };
    let shown = findings.reasons.iter().filter(|reason| is_by_evidence_alone(&reason.proof));
    let shown = shown.filter_map(|reason| word(&reason.question));
    let all: BTreeSet<String> = shown.chain([met.to_owned()]).collect();
    all.into_iter().collect()
}

/// The same of a whole decision that allows: that it does, and what was shown to those who asked for something and excused nothing.
pub(crate) fn of_all(outcome: &Outcome) -> Vec<String> {
    let (_, _, judged) = Judging::of(outcome).judged();
    let counts = judged.iter().zip(outcome.findings()).filter(|(judged, findings)| {
        let excused = !judged.excused.is_empty();
        findings.policy.is_some_and(|policy| left_out(outcome, policy, excused).is_none())
    });
    let shown = counts.flat_map(|(_, findings)| levels(findings, outcome.placement()));
    let all: BTreeSet<String> = shown.chain(["CDI_ALLOWED".to_owned()]).collect();
    all.into_iter().collect()
}

/// Whether a proof rests on evidence throughout: on nothing that the policy takes as given, leaves unasked, or has from another
/// verifier. Whoever reads an export does not know the policy, and would take the rest for shown as well. Nothing rests on no step.
pub(crate) fn is_by_evidence_alone(proof: &[ProofStep]) -> bool {
    let is_evidence = |step: &ProofStep| match step.ground {
        Ground::Report { .. }
        | Ground::Linked { .. }
        | Ground::Supplied { .. }
        | Ground::Evidence { .. }
        | Ground::Origin { .. } => true,
        Ground::NotAsked { .. } | Ground::Summary { .. } | Ground::Assumed { .. } => false,
    };
    !proof.is_empty() && proof.iter().all(is_evidence)
}

/// Why nothing is recorded of a policy that refused nothing.
pub(crate) fn left_out(
    outcome: &Outcome,
    digest: PolicyDigest,
    excused: bool,
) -> Option<(&'static str, &'static str)> {
    let mut policies = outcome.seats.iter().filter_map(Seat::policy);
    let rule = policies.find(|policy| policy.digest() == digest).map(cdi_policy::Policy::rule);
    match rule {
        Some(Rule::DefaultDeny) if excused => {
            Some(("export-excused", "left out, since what failed was excused: the policy"))
        }
        Some(Rule::DefaultDeny) => None,
        Some(Rule::AcceptAll) | None => {
            Some(("export-asks-nothing", "left out, since it asks for nothing: the policy"))
        }
    }
}
