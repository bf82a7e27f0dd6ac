//! Conditions that say nothing, or never hold.

use cdi_condition::Condition;
use cdi_types::Claim;

use super::Finding;
use crate::Claims;

pub(super) fn of_claim(claims: &Claims, claim: &Claim, place: &str) -> Vec<Finding> {
    let Some(text) = &claim.condition else { return Vec::new() };
    let place = format!("{place}.condition");
    let mut findings = Vec::new();
    match Condition::parse(text) {
        Err(error) => findings.push(Finding {
            place: place.clone(),
            code: error.code(),
            message: error.to_string(),
            hint: "docs/spec/semantics.md, M-CONDITION, has what a condition may be",
        }),
        Ok(condition) => findings.extend(condition.constant().map(|holds| Finding {
            place: place.clone(),
            code: if holds { "condition-vacuous" } else { "condition-never-holds" },
            message: format!(
                "the condition reads nothing of the operation and {}",
                if holds { "always holds" } else { "never holds" }
            ),
            hint: "compare a member of `operation`, or leave the condition out",
        })),
    }
    // Unconditionally the same: whatever the condition says, the other claim counts.
    let wider = |other: &&Claim| Claim { condition: None, ..claim.clone() } == **other;
    if claims.claims.iter().any(|other| wider(&other)) {
        findings.push(Finding {
            place,
            code: "condition-vacuous",
            message: "another claim says the same without a condition".to_owned(),
            hint: "take one of the two out",
        });
    }
    findings
}
