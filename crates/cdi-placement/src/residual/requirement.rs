//! The parts of the principals' requirements that the code leaves to the place.

use cdi_policy::{Atom, Formula, PrincipalFindings, Residual};
use cdi_types::{Name, PlatformProperty};

use super::wanted::{Level, Wanted};

/// One part of one principal's requirement that the place has to meet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Requirement {
    /// The principal.
    pub principal: Name,
    /// The part, as the policy has it.
    pub requirement: String,
    /// What is left of it.
    pub open: Formula<Wanted>,
}

/// That a principal accepts the node, in the words in which a refusal names it.
pub const ACCEPTED_NODE: &str = "a node that the policy accepts";

impl Requirement {
    /// That the principal accepts the node: for one that does not accept every node that there is.
    #[must_use]
    pub fn accepted_node(principal: &Name) -> Self {
        let open = Formula::Atom(Wanted::accepted_node(principal));
        Self { principal: principal.clone(), requirement: ACCEPTED_NODE.to_owned(), open }
    }
}

/// What the principals' findings leave to the place, each property at the level at which its principal asks for it. What a
/// waiver or a mode excuses does not constrain.
#[must_use]
pub fn requirements(
    principals: &[PrincipalFindings],
    level: &dyn Fn(&PrincipalFindings, &PlatformProperty) -> Level,
) -> Vec<Requirement> {
    let of_one = |findings| of_principal(findings, level);
    principals.iter().flat_map(of_one).collect()
}

fn of_principal(
    findings: &PrincipalFindings,
    level: &dyn Fn(&PrincipalFindings, &PlatformProperty) -> Level,
) -> Vec<Requirement> {
    let parts = findings.residual.iter().flat_map(Residual::parts);
    let binding = parts.filter(|part| findings.excuse(&part.requirement).is_none());
    let required = |part: &cdi_policy::OpenPart| {
        let wanted = |property: &PlatformProperty| Wanted {
            principal: findings.principal.clone(),
            level: level(findings, property),
            property: property.clone(),
        };
        let open = of_the_place(&part.open, &wanted)?;
        let (principal, requirement) = (findings.principal.clone(), part.requirement.clone());
        Some(Requirement { principal, requirement, open })
    };
    binding.filter_map(required).collect()
}

/// A residual is over platform properties only (rule P-RESIDUAL), so that nothing is left out here; if an atom of another
/// kind stood in one, its part could never be met, and is kept as an alternative of nothing.
fn of_the_place(
    open: &Formula<Atom>,
    wanted: &impl Fn(&PlatformProperty) -> Wanted,
) -> Option<Formula<Wanted>> {
    let expanded = open.expand(&mut |atom| match atom {
        Atom::Platform(property) => Ok(Formula::Atom(wanted(property))),
        Atom::Code(_) | Atom::Evidence(_) => Err(()),
    });
    Some(expanded.unwrap_or_else(|()| Formula::Any(Vec::new())))
}
