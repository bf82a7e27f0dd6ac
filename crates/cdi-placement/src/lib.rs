//! Whether an execution environment provides what the code left open.
//!
//! In go an admitted artifact and an environment with whoever vouches for it; out comes a [`Placement`], the last rung
//! before running code, or the requirements that the environment leaves open. Rules: `docs/spec/policy.md` (P-PLACE).

use cdi_policy::{Admitted, Denial, Met, PlatformProperty, Residual};
use cdi_types::{Name, PolicyDigest};

/// An execution environment and what its host says that it provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// What it provides.
    pub provides: Vec<PlatformProperty>,
    /// Whose word that is.
    pub asserted_by: Name,
}

/// An admitted artifact in an environment that meets what is left of every principal's requirement. Made by [`place`]
/// only, and used up by the gate.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Placement {
    admitted: Admitted,
    environment: Option<Environment>,
}

impl Placement {
    /// What was admitted.
    pub const fn admitted(&self) -> &Admitted {
        &self.admitted
    }

    /// Where it is to run; `None` if it may run anywhere and nobody has said where.
    #[must_use]
    pub const fn environment(&self) -> Option<&Environment> {
        self.environment.as_ref()
    }
}

/// A requirement that the environment leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The principal.
    pub principal: Name,
    /// Its policy.
    pub policy: PolicyDigest,
    /// What is left of its requirement.
    pub residual: Residual,
    /// Whether evidence that could not be looked up might have made it unnecessary.
    pub undecided: bool,
}

impl Unmet {
    /// The stable code of a requirement that the environment leaves open.
    pub const CODE: &'static str = "residual-unmet";
}

/// An environment that does not do.
#[derive(Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// What was admitted, as far as the code goes.
    pub admitted: Admitted,
    /// The environment, if there was one.
    pub environment: Option<Environment>,
    /// What is left open.
    pub unmet: Vec<Unmet>,
}

impl Misplaced {
    /// Whether the refusal is only that it cannot be told.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.unmet.iter().all(|unmet| unmet.undecided)
    }
}

/// Puts an admitted artifact into an environment; without one, only an artifact that leaves nothing open is placed.
///
/// # Errors
/// [`Misplaced`] with every requirement that is not met.
pub fn place(admitted: Admitted, environment: Option<Environment>) -> Result<Placement, Box<Misplaced>> {
    let open = admitted
        .principals()
        .iter()
        .map(|outcome| (&outcome.principal, outcome.policy, outcome.residual.as_ref()));
    let unmet = unmet(open, environment.as_ref());
    if unmet.is_empty() {
        Ok(Placement { admitted, environment })
    } else {
        Err(Box::new(Misplaced { admitted, environment, unmet }))
    }
}

/// What an environment leaves open of the requirements of principals who are satisfied as far as the code goes, when
/// others are not: a refusal names every failed requirement of every principal.
#[must_use]
pub fn left_open(denial: &Denial, environment: Option<&Environment>) -> Vec<Unmet> {
    let open = denial
        .principals
        .iter()
        .map(|outcome| (&outcome.principal, outcome.policy, outcome.residual.as_ref()));
    unmet(open, environment)
}

fn unmet<'r>(
    open: impl Iterator<Item = (&'r Name, PolicyDigest, Option<&'r Residual>)>,
    environment: Option<&Environment>,
) -> Vec<Unmet> {
    let judged = open.filter_map(|(principal, policy, residual)| {
        let residual = residual?;
        let met = match environment {
            Some(place) => residual.met_by(&place.provides, &place.asserted_by),
            // Nobody provides nothing; missing evidence about the code stays missing.
            None => residual.met_by(&[], principal),
        };
        let undecided = match met {
            Met::Yes => return None,
            Met::No => false,
            Met::CouldNotTell => true,
        };
        Some(Unmet { principal: principal.clone(), policy, residual: residual.clone(), undecided })
    });
    judged.collect()
}
