//! A host's whole decision: who must agree, by which policies, what the evidence shows each of them, and what comes of it
//! at a place.
//!
//! In go documents and evidence as bytes, and a clock; out comes one [`Settled`]. `cdi verify` and `cdi run` decide by this
//! crate, and a program that embeds the decision does so too:
//!
//! ```
//! use cdi_decider::{Bundle, Catalogues, Clock, Configuration, Decider, Error, Party, Request, Settled};
//!
//! /// Decides about what is to run, by its bundle. `read` gives the host's own documents: the configuration, and what it names.
//! fn decide(
//!     request: Request,
//!     bundle: Vec<u8>,
//!     read: impl Fn(&str) -> Vec<u8>,
//!     clock: Clock,
//! ) -> Result<Settled, Error> {
//!     let catalogues = Catalogues::builtin()?;
//!     let configuration = Configuration::load(&read("cdi.yaml"), &catalogues)?;
//!     let mut parties = Vec::new();
//!     for principal in configuration.required(&request)? {
//!         let policy = principal.policy.as_deref().map(&read);
//!         parties.push(Party::new(principal, policy, &configuration, &catalogues)?);
//!     }
//!     let decider = Decider::new(&configuration, &catalogues, &parties, request)?;
//!     let provenance = decider.verify(&Bundle::parse(bundle)?)?;
//!     Ok(decider.decide(&provenance, None, clock.into(), |_| None).settled)
//! }
//! # use cdi_testkit::scenario::{NOW, Scenario};
//! # let world = Scenario::small();
//! # let mut configuration = "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {name: host}\nspec:\n  \
//! #     host: provider\n  principals:\n".to_owned();
//! # for (name, _) in &world.policies {
//! #     configuration += &format!("    - {{name: {name}, policy: {name}, required: always}}\n");
//! # }
//! # configuration = configuration.replace("host: provider", &format!("host: {}", world.policies[0].0));
//! # let read = |path: &str| match world.policies.iter().find(|(name, _)| name == path) {
//! #     Some((_, policy)) => policy.clone().into_bytes(),
//! #     None => configuration.clone().into_bytes(),
//! # };
//! # let request = || Request::bare(cdi_types::ArtifactDigest::parse(&world.artifact).unwrap());
//! # let clock = Clock::at(cdi_decider::Timestamp::parse(NOW).unwrap());
//! # assert!(matches!(decide(request(), world.bundle(), read, clock), Ok(Settled::Allow(_))));
//! # assert!(matches!(decide(request(), b"\n".to_vec(), read, clock), Ok(Settled::Deny(_))));
//! ```
//!
//! An allow is a value that only a decision can make ([`Settled::Allow`]); match on it without a wildcard. Assumptions: the
//! bytes of the configuration and of what it names are the host's own; the bytes that are loaded afterwards are the
//! artifact's, and not read a second time. What a host remembers of earlier decisions is the caller's: `docs/spec/semantics.md`
//! (M-MEMORY) says what to keep.
//!
//! This crate reads no file and no clock, and can sign nothing.

mod decider;
mod error;
mod party;
mod seat;

pub use cdi_placement::{Environment, Placement, Refusal, Settled};
pub use cdi_policy::{Catalogues, Configuration, Request, Seen};
pub use cdi_types::{Artifact, Bundle, Clock, Timestamp};
pub use cdi_verify::{Alone, CheckedBefore, Crew, Help, Patience, Vantage, Verification};
pub use decider::{Considered, Decided, Decider, verified, verified_helped};
pub use error::{Error, PartyError};
pub use party::Party;
pub use seat::{Offered, Seat, asked};
