//! Policies that no place can satisfy together (rule P-CONFLICT). It explains a refusal, and decides nothing.

use std::collections::BTreeSet;

use cdi_policy::{Formula, OpenPart, PrincipalFindings, contradiction};
use cdi_types::{Name, PolicyDigest};

use crate::{Refusal, Unmet};

/// What several principals ask of a place that no place is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The fewest parts that contradict each other, of two principals or more.
    pub sides: Vec<Side>,
}

/// A principal's part in a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The principal.
    pub principal: Name,
    /// Which policy of the principal it is.
    pub policy: Option<PolicyDigest>,
    /// The part, and what is left of it.
    pub part: OpenPart,
}

impl Conflict {
    /// The stable code of a conflict.
    pub const CODE: &'static str = "policies-conflict";
}

impl Refusal {
    /// The conflict that leaves a requirement unmet at the place, if one does: what principals ask of the place contradicts
    /// what others ask, so that no other place would do.
    #[must_use]
    pub fn conflict(&self) -> Option<Conflict> {
        let all: Vec<Side> = self.principals.iter().flat_map(sides).collect();
        let sides = contradiction(all.iter().map(|side| (side, &side.part.open)).collect())?;
        let principals: BTreeSet<&Name> = sides.iter().map(|side| &side.principal).collect();
        let is_side = |unmet: &Unmet| {
            sides.iter().any(|side| {
                side.principal == unmet.principal && side.policy == unmet.policy && side.part == unmet.part
            })
        };
        let is_cause = principals.len() > 1 && self.unmet.iter().any(is_side);
        is_cause.then(|| Conflict { sides: sides.into_iter().cloned().collect() })
    }
}

/// What a principal asks of the place, and does not excuse.
fn sides(findings: &PrincipalFindings) -> Vec<Side> {
    let parts = findings.residual.iter().flat_map(cdi_policy::Residual::parts);
    let asked = parts.filter(|part| findings.excuse(&part.requirement).is_none());
    let side = |part: &OpenPart| Side {
        principal: findings.principal.clone(),
        policy: findings.policy,
        part: part.clone(),
    };
    asked.map(side).collect()
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (n, Side { principal, part, .. }) in self.sides.iter().enumerate() {
            let joint = if n == 0 { "" } else { ", and " };
            write!(f, "{joint}`{principal}` asks for `{}`", shown(&part.open))?;
        }
        write!(f, ": no place can meet {}", if self.sides.len() == 2 { "both" } else { "all" })
    }
}

fn shown(open: &Formula<cdi_policy::Atom>) -> String {
    open.to_string().trim_start_matches("platform ").to_owned()
}
