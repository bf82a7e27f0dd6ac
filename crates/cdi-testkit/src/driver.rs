//! The driver: a world becomes real keys, real signed bytes and real policy documents, and the production core decides
//! about them as it would about anybody's.
//!
//! In goes a [`World`](crate::model::world::World) and a way of naming things; out come [`Findings`] of the core, and
//! where they differ from the model's, [`Disagreement`]s. A world is first held to what can be said to production at
//! all: see [`expressible`]. There is no second meaning of anything in here.

mod agreement;
mod arguments;
mod certification;
mod core;
mod expressible;
mod fault;
mod findings;
mod names;
mod policy;
mod proof;
mod report;
mod sealed;
mod signed;
mod sited;
mod statements;
mod words;

pub use agreement::{Agreement, Disagreement, compare};
pub use core::Core;
pub use expressible::{Restriction, expressible};
pub use fault::Fault;
pub use findings::{Findings, PrincipalFindings};
pub use names::Names;
pub use proof::{Named, named_evidence};
pub use sealed::{Line, Sealed};
pub use signed::decide_signed;
pub use sited::decide_sited;
pub use words::Words;
