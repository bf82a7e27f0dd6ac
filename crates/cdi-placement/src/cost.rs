//! What a place costs: explicit, in integers, the same on every machine (rules PL-COST, PL-PRICE, PL-TENANCY).
//!
//! In go the rates of a [`CostModel`], a [`Workload`] and what an environment takes; out comes a [`Price`], exact to
//! a millionth of a micro-unit an hour. Nothing is rounded down, so that what takes more is never cheaper.

mod model;
mod price;
mod workload;

pub use model::{CostError, CostModel, Rates};
pub use price::{Price, PriceParts, Tenancy};
pub use workload::{Form, Workload, WorkloadError};

pub(crate) use price::Costing;
