//! The placement engine: the cheapest lawful place among many nodes, and what is left of them (rules PL-LAWFUL, PL-CHOICE,
//! PL-TAKE).
//!
//! In go an [`Inventory`](crate::Inventory) and a [`CostModel`](crate::CostModel), once; a [`Joined`](crate::Joined) residual
//! and a [`Workload`](crate::Workload), for each placement. Out comes a [`Choice`]. Requirements become bit masks once a
//! workload; no formula is evaluated for a node.
//!
//! A *row* is an environment on a node. Rows stand in the order of what they cost a workload of middling shape, so that
//! cheap ones are near each other; 64 of them are a *block*, 64 blocks a *stretch*. For each of these the engine knows a
//! price that no row in it is under, and the most that is free on any; what neither can help is not looked at.

mod ask;
mod bits;
mod blocks;
mod choice;
mod layout;
mod scan;
mod search;
mod state;

pub use ask::Asked;
pub use choice::{Choice, FleetError, Taken};
pub use scan::{Scan, Scanned};
pub use state::Fleet;

pub(crate) use state::Place;
