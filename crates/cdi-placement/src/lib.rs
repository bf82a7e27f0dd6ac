//! Whether an execution environment provides what the code left open.
//!
//! In go a decision and an environment with whoever vouches for it; out comes a [`Placement`], the last rung before running
//! code, or a refusal with every requirement that fails at the code or at the place. Rules: `docs/spec/policy.md`
//! (P-PLACE).

mod conflict;
mod cost;
mod explain;
mod fleet;
mod foresee;
mod inventory;
pub mod kubernetes;
mod residual;

pub use conflict::{Conflict, Side};
pub use cost::{CostError, CostModel, Form, Price, PriceParts, Rates, Tenancy, Workload, WorkloadError};
pub use explain::{Bounds, Conflicting, Explanation, Group, Offered, Reason, Relief, Shortage, explain};
pub use fleet::{Asked, Choice, Fleet, FleetError, Scan, Scanned, Taken};
pub use foresee::{Foreseen, foresee};
pub use inventory::{
    Described, EnvironmentKind, Inventory, InventoryError, Node, Offer, OfferId, Overheads, Resources, meets,
};
pub use residual::{
    ACCEPTED_NODE, ATOMS, JoinError, Joined, Level, Requirement, TERMS, Wanted, requirements,
};

use std::collections::BTreeMap;
use std::sync::Arc;

use cdi_policy::{
    Acceptance, Admitted, Causes, Decision, Excuse, Formula, Heard, Lack, OpenPart, PlaceOf, Places,
    PlatformProperty, PrincipalFindings, ProvidedBy, Provision,
};
use cdi_types::{Name, PolicyDigest, Runtime};

/// An execution environment and what its host says that it provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// What it provides.
    pub provides: Vec<PlatformProperty>,
    /// Whose word that is; of a node that the decider's configuration does not list it is its own, whoever stands here.
    pub asserted_by: Name,
    /// Whose place it is.
    pub of: PlaceOf,
    /// Its runtime as it was measured, if it was: what is certified of it counts beside its host's word.
    pub runtime: Option<Arc<Runtime>>,
}

/// An admitted artifact in an environment that meets what is left of every principal's requirement. Made by [`place`]
/// only, and used up by the gate.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Placement {
    admitted: Admitted,
    environment: Option<Box<Environment>>,
    excused: Vec<(Unmet, Excuse)>,
}

impl Placement {
    /// What was admitted.
    pub const fn admitted(&self) -> &Admitted {
        &self.admitted
    }

    /// Where it is to run; `None` if it may run anywhere and nobody has said where.
    #[must_use]
    pub fn environment(&self) -> Option<&Environment> {
        self.environment.as_deref()
    }

    /// What the environment leaves open, and a principal excuses.
    #[must_use]
    pub fn excused(&self) -> &[(Unmet, Excuse)] {
        &self.excused
    }
}

/// A part of a principal's requirement that the environment leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The principal.
    pub principal: Name,
    /// Which policy of the principal it is.
    pub policy: Option<PolicyDigest>,
    /// The part, and what is left of it.
    pub part: OpenPart,
    /// Whether the environment is said to meet it, by somebody whose word the principal does not take.
    pub said: bool,
    /// Whether evidence that could not be looked up might have made it unnecessary, or met it.
    pub undecided: bool,
    /// Why the place's runtime is not shown to supply what the part asks for, by property; or why its node is not accepted.
    pub unsupplied: Causes,
    /// Why it is unmet.
    pub why: Why,
}

/// Why a place leaves a part of a requirement unmet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It does not provide what is asked for, as far as the principal believes it.
    NotProvided,
    /// The policy wants these attested, and no evidence of hardware can be verified yet: without that it would do.
    Unattested(Vec<PlatformProperty>),
    /// The principal does not accept the node, whatever that provides.
    NodeNotAccepted,
    /// An authority that stands for the principal has revoked the node.
    NodeRevoked,
    /// Whether one has cannot be told: lists are missing, or nobody asked.
    NodeUntold,
}

impl Unmet {
    /// The stable code of a requirement that the environment leaves open.
    pub const CODE: &'static str = "residual-unmet";

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.why {
            Why::NotProvided => Self::CODE,
            Why::Unattested(_) => "attestation-unavailable",
            Why::NodeNotAccepted => "node-not-accepted",
            Why::NodeRevoked => "node-revoked",
            Why::NodeUntold => "node-revocation-unknown",
        }
    }
}

/// An environment that does not do.
#[derive(Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// What was admitted, as far as the code goes.
    pub admitted: Admitted,
    /// What is left open; never empty.
    pub unmet: Vec<Unmet>,
    /// What is left open besides, and a principal excuses.
    pub excused: Vec<(Unmet, Excuse)>,
}

/// A decision that is settled with the place that it is for.
#[derive(Debug)]
#[must_use]
pub enum Settled {
    /// Every requirement of every principal is met.
    Allow(Placement),
    /// Some requirement is not, at the code or at the place.
    Deny(Refusal),
    /// It cannot be told. It refuses as a denial does.
    Unknown(Refusal),
}

/// A refusal, with every failed requirement of every principal.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What fails at the code; principals that are satisfied as far as the code goes have no failures.
    pub principals: Vec<PrincipalFindings>,
    /// What fails at the place.
    pub unmet: Vec<Unmet>,
    /// What fails at the place besides, and a principal excuses.
    pub excused: Vec<(Unmet, Excuse)>,
}

/// Puts an admitted artifact into an environment; without one, only an artifact that leaves nothing open is placed.
///
/// # Errors
/// [`Misplaced`] with every requirement that is not met.
pub fn place(admitted: Admitted, environment: Option<Environment>) -> Result<Placement, Box<Misplaced>> {
    let Open { unmet, excused } = open(admitted.principals(), environment.as_ref());
    if unmet.is_empty() {
        Ok(Placement { admitted, environment: environment.map(Box::new), excused })
    } else {
        Err(Box::new(Misplaced { admitted, unmet, excused }))
    }
}

/// Settles a decision with the place that it is for. Over principals deny outweighs unknown, and unknown allow; what a
/// requirement asks of the place is a part of it. A refusal names what fails at the place also where the code fails.
pub fn settle(decision: Decision, environment: Option<Environment>) -> Settled {
    let (mut principals, Open { unmet, excused }, nobody) = match decision {
        Decision::Allow(admitted) => match place(admitted, environment.clone()) {
            Ok(placement) => return Settled::Allow(placement),
            Err(misplaced) => {
                let Misplaced { admitted, unmet, excused } = *misplaced;
                (admitted.principals().to_vec(), Open { unmet, excused }, false)
            }
        },
        Decision::Deny(denial) | Decision::Unknown(denial) => {
            let open = open(&denial.principals, environment.as_ref());
            let nobody = denial.principals.is_empty();
            (denial.principals, open, nobody)
        }
    };
    principals.iter_mut().for_each(|findings| tell_by_the_place(findings, environment.as_ref()));
    let mut failures = principals.iter().flat_map(|findings| &findings.failures);
    let denied =
        nobody || failures.any(|failure| !failure.undecided) || unmet.iter().any(|unmet| !unmet.undecided);
    let refusal = Refusal { principals, unmet, excused };
    if denied { Settled::Deny(refusal) } else { Settled::Unknown(refusal) }
}

/// What could not be told of the code is told all the same where the place would not do either way.
fn tell_by_the_place(findings: &mut PrincipalFindings, environment: Option<&Environment>) {
    let mut failures = std::mem::take(&mut findings.failures);
    let place = as_heard(findings, environment);
    for failure in &mut failures {
        failure.undecided &= failure.generous.as_ref().is_none_or(|formula| place.could_meet(formula));
    }
    findings.failures = failures;
}

/// The place as one principal hears of it. Nobody provides nothing.
fn as_heard<'e>(findings: &'e PrincipalFindings, environment: Option<&'e Environment>) -> Provision<'e> {
    let (supplies, places) = (&findings.supplies, &findings.places);
    let nowhere = Provision { provides: &[], heard: Heard::NotTaken, places, runtime: None, supplies };
    let accepted = |place: &&Environment| match findings.acceptance(place.of) {
        // What it would provide is asked all the same: what it lacks is no matter of any list.
        Acceptance::Accepted | Acceptance::CouldNotTell(_) => true,
        Acceptance::NotNamed | Acceptance::Revoked(_) => false,
    };
    environment.filter(accepted).map_or(nowhere, |place| Provision {
        provides: &place.provides,
        heard: findings.hears(&place.asserted_by, place.of),
        places,
        runtime: place.runtime.as_ref(),
        supplies,
    })
}

/// What a place provides of what a principal's requirement leaves to it, and by what: of the parts that are met.
#[must_use]
pub fn provided(
    findings: &PrincipalFindings,
    environment: Option<&Environment>,
) -> BTreeMap<PlatformProperty, ProvidedBy> {
    let place = as_heard(findings, environment);
    findings.residual.as_ref().map(|residual| residual.provided_by(place)).unwrap_or_default()
}

/// What a place leaves open.
#[derive(Default)]
struct Open {
    unmet: Vec<Unmet>,
    excused: Vec<(Unmet, Excuse)>,
}

/// What a place leaves open of what the principals leave to it, at the code or not.
#[must_use]
pub fn left_open_by(principals: &[PrincipalFindings], environment: &Environment) -> Vec<Unmet> {
    open(principals, Some(environment)).unmet
}

fn open(principals: &[PrincipalFindings], environment: Option<&Environment>) -> Open {
    let mut all = Open::default();
    for findings in principals {
        let place = as_heard(findings, environment);
        let mut unmet: Vec<Unmet> = unaccepted(findings, environment).into_iter().collect();
        let parts = findings.residual.iter().flat_map(|residual| residual.unmet_by(place));
        unmet.extend(parts.map(|(part, lack)| left_open(findings, place, part, lack)));
        for unmet in unmet {
            let excuse = match unmet.why {
                // No waiver excuses it, also if it is named in the words that stand here (rule P-NODES).
                Why::NodeNotAccepted | Why::NodeRevoked | Why::NodeUntold => findings.mode(),
                Why::NotProvided | Why::Unattested(_) => findings.excuse(&unmet.part.requirement),
            };
            match excuse {
                None => all.unmet.push(unmet),
                Some(excuse) => all.excused.push((unmet, excuse)),
            }
        }
    }
    all
}

/// What is unmet at a node that the principal does not accept: a requirement of its own, also where nothing else is left open.
fn unaccepted(findings: &PrincipalFindings, environment: Option<&Environment>) -> Option<Unmet> {
    let (why, causes) = match findings.acceptance(environment?.of) {
        Acceptance::Accepted => return None,
        Acceptance::NotNamed => (Why::NodeNotAccepted, Causes::new()),
        Acceptance::Revoked(causes) => (Why::NodeRevoked, causes),
        Acceptance::CouldNotTell(causes) => (Why::NodeUntold, causes),
    };
    let nowhere = Formula::Any(Vec::new());
    let requirement = ACCEPTED_NODE.to_owned();
    let part =
        OpenPart { requirement, open: nowhere.clone(), generous: Some(nowhere), unshown: Causes::new() };
    Some(Unmet {
        principal: findings.principal.clone(),
        policy: findings.policy,
        part,
        said: false,
        undecided: why == Why::NodeUntold,
        unsupplied: causes,
        why,
    })
}

fn left_open(findings: &PrincipalFindings, place: Provision<'_>, part: &OpenPart, lack: Lack) -> Unmet {
    let undecided = match lack {
        Lack::NotProvided => false,
        Lack::CouldNotTell => true,
    };
    let unattested = place.unattested(&part.open);
    // It is unmet, so that its word is not taken if its word would do: also that of a stranger.
    let said = Provision { heard: Heard::Taken, places: &Places::default(), ..place }.meets(&part.open);
    let but_for_evidence = part.open.holds(&mut |atom| match atom {
        cdi_policy::Atom::Platform(property) => unattested.contains(property) || place.by(property).is_some(),
        cdi_policy::Atom::Code(_) | cdi_policy::Atom::Evidence(_) => false,
    });
    Unmet {
        principal: findings.principal.clone(),
        policy: findings.policy,
        part: part.clone(),
        said,
        undecided,
        unsupplied: place.unsupplied(&part.open),
        why: if but_for_evidence { Why::Unattested(unattested) } else { Why::NotProvided },
    }
}
