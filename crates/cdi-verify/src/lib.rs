//! The mint of trust.
//!
//! In go an unverified bundle, and a principal's trust; out come first [`Verified`] provenance (every signature
//! verified, once, for all principals) and then that principal's [`Facts`] about one artifact. This crate says nothing
//! about what a policy requires, reads no clock and no file, and can sign nothing.
//!
//! The rules are in `docs/spec/verification.md` (V-...) and `docs/spec/semantics.md` (M-...).

mod ahead;
mod appraisal;
mod appraise;
mod authority;

mod claim;
mod claimed;
mod condition;
mod coverage;
mod covering;
mod depth;
mod diagnosis;
mod evidence;
mod explain;
mod facts;
mod fixpoint;
mod graph;
mod held;
mod help;
mod index;
mod keyring;
mod memory;
mod miss;
mod need;
mod node;
mod obstacle;
mod of_each;
mod provenance;
mod provenance_chain;
mod quorum;
mod remedy;
mod removal;
mod renewal;
mod reproduction;
mod revocation;
mod search;
mod settled;
mod statements;
mod summary;
mod supply;
mod suppose;
mod trust;
mod vantage;
mod verify;
mod view;
mod walk;
mod way;

pub use appraise::{AppraiseError, appraise, appraise_chain, appraise_within};
pub use condition::ConditionFailure;
pub use coverage::Mismatch;
pub use depth::{Depth, DepthError};
pub use evidence::{EvidenceError, EvidenceFailure, EvidenceRule};
pub use facts::{
    Answer, Answers, Countersignature, Facts, Ground, Listing, Manifested, Proof, ProofStep, Question, Vote,
};
pub use help::{Alone, CheckedBefore, Crew, Help};
pub use memory::lists_to_remember;
pub use miss::{Miss, Obstacles, Waypoint};
pub use node::{NodeFault, SeenNode, nodes_in_force, nodes_to_remember};
pub use obstacle::{Obstacle, RuntimeFault};
pub use provenance::{Credited, Discarded, Provenance, Signed, SignedEvidence, SignedSummary, Verified};
pub use provenance_chain::ProvenanceChain;
pub use remedy::{Mender, Remedy};
pub use reproduction::{Custodian, CustodianError, Reproduced};
pub use revocation::{Spared, Survival};
pub use settled::settled;
pub use summary::{PolicyName, SummaryError, SummaryFailure, SummaryRule};
pub use suppose::{Supposed, Supposition, Thing, suppose, things};
pub use trust::{
    Anchor, Assumption, Certifications, Forbidden, Freshness, Inputs, Member, OriginRule, Quorum, Trust,
    TrustError, TrustTerms, Vocabulary,
};
pub use vantage::{FirstSeen, Vantage};
pub use verify::{KnownKey, Patience, Verification, VerifyError, verify, verify_editions, verify_helped};
pub use view::{Held, Look, Share, View, Voice, view};
