//! What the model names where something is not shown, and which of it stands closest to a proof (rule M-CLOSEST).

use std::cmp::Reverse;

/// An obstacle, as far as the model names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The code of the rule that was not met.
    pub code: &'static str,
    /// How far the run was as described: what was met of it, and the argument at which it was not. Zero for what is
    /// not about an invocation or a condition.
    pub progress: (u8, usize),
}

/// The codes from the farthest from a proof to the closest.
const CLOSENESS: [&[&str]; 13] = [
    &["no-report", "evidence-missing"],
    &["report-key-uncertified"],
    &["report-wrong-kind", "property-not-claimed"],
    &["authority-untrusted"],
    &["authority-out-of-scope", "output-role", "property-not-found"],
    &["property-lost", "input-incomplete"],
    &["input-not-linked", "origin-not-accepted", "step-without-code", "capture-too-low", "custody-too-low"],
    // All that compares something with what is asked of it: also every other `evidence-...`, `summary-...`, `invocation-...` and
    // `condition-...`.
    &[
        "tool-executable",
        "tool-closure",
        "tool-libraries-unmeasured",
        "tool-recorder",
        "certification-not-named",
    ],
    &["not-yet-valid", "expired"],
    &[
        "revoked",
        "report-key-compromised",
        "forbidden-tool",
        "forbidden-report-key",
        "forbidden-authority",
        "forbidden-origin",
        "step-condition-unmet",
        "revocation-lists-contradict",
    ],
    &["revocation-list-stale"],
    &["reproductions-missing"],
    &["quorum-unmet", "countersignatures-missing"],
];

/// The place of what compares something with what is asked of it.
const COMPARED: usize = 7;

impl Reason {
    /// One that is not about an invocation or a condition.
    pub const fn of(code: &'static str) -> Self {
        Self { code, progress: (0, 0) }
    }

    fn closeness(&self) -> usize {
        let compared = ["invocation-", "condition-", "summary-", "evidence-"];
        let compared = compared.iter().any(|all| self.code.starts_with(all));
        let place = CLOSENESS.iter().position(|codes| codes.contains(&self.code));
        place.unwrap_or(if compared { COMPARED } else { 0 })
    }

    /// The closest one, of equally close ones that whose code comes first in the alphabet.
    pub fn closest<'r>(reasons: impl IntoIterator<Item = &'r Self>) -> Option<Self> {
        let order = |reason: &&Self| (Reverse((reason.closeness(), reason.progress)), reason.code);
        reasons.into_iter().min_by_key(order).copied()
    }
}
