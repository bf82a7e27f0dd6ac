//! What there is to choose from: nodes, the environments that each offers, and what each meets of what principals want
//! (rules PL-OFFER, PL-INVENTORY).
//!
//! What a place meets is told once for each *description*, never for each node: nodes and environments name theirs. An
//! inventory is built by whoever has looked at the evidence; it proves nothing by itself.

mod error;
mod meets;
mod node;
mod offer;
mod stock;

pub use cdi_types::{EnvironmentKind, Overheads, Resources};
pub use error::InventoryError;
pub use meets::meets;
pub use node::Node;
pub use offer::Offer;
pub use stock::{Described, Inventory, OfferId};
