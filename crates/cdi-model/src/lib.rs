//! The reference model of what CDI means: chains, quorums, votes, facts and decisions, each straight from its definition.
//!
//! In goes a [`World`]: principals, evidence that is already known to be authentic, an artifact and a time. Out comes what each
//! principal may conclude. It is written from the design alone, and depends on no other crate: it shares no code with the
//! verifier, which is compared with it. It contains no cryptography, no bytes and no limits, and it takes no care to be fast.
//!
//! Every fact is computed twice. The *lower* bound leaves out the endorsements and certifications whose
//! issuer has no fresh revocation list, the *upper* bound keeps them. A fact of the lower bound is true, a
//! fact of the upper bound only is unknown.
//!
//! Of what is not shown the model names the codes of all obstacles (rule M-OBSTACLES) and which is the closest (M-CLOSEST),
//! and the code of each requirement that fails. It has no texts, ways or repairs. What of this is held against production,
//! and where production's lists end, stands in `docs/laws.md`.

mod arguments;
pub mod chain;
pub mod decide;
pub mod evidence;
pub mod failures;
pub mod holds;
mod made;
mod mismatch;
pub mod obstacle;
pub mod policy;
pub mod quorum;
pub mod reasons;
pub mod revocation;
pub mod signed;
pub mod sited;
pub mod supply;
mod unvoted;
pub mod vote;
pub mod world;

use world::{Principal, World};

/// One of the two sets of endorsements and certifications between which the truth lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Only edges whose issuer has a fresh revocation list.
    Lower,
    /// Also the edges whose issuer may have revoked them in a list that was not seen.
    Upper,
}

/// What one principal sees of a world through one bound.
#[derive(Clone, Copy, Debug)]
pub struct View<'w> {
    /// The world.
    pub world: &'w World,
    /// Who looks at it.
    pub principal: &'w Principal,
    /// Through which bound.
    pub bound: Bound,
}

/// Kleene's three truth values, in the order of truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tri {
    /// It does not hold, whatever the missing lists say.
    False,
    /// It holds only if the missing lists revoke nothing that it needs.
    Unknown,
    /// It holds.
    True,
}

impl Tri {
    /// The value of a fact of which it is known whether each bound has it.
    pub fn between(lower: bool, upper: bool) -> Self {
        match (lower, upper) {
            (true, _) => Self::True,
            (false, true) => Self::Unknown,
            (false, false) => Self::False,
        }
    }
}
