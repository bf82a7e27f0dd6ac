//! Generators of random worlds, and the driver that holds the core to the reference model.
//!
//! [`model`] is `cdi_model`. Beside it, [`driver`] puts a world to the core as real bytes, [`scenario`] builds bundles of real bytes
//! and [`vectors`] keeps them in files; these three do use the core. [`speed`] measures.

pub use cdi_model as model;

pub mod driver;
pub mod generate;
pub mod scenario;
pub mod speed;
pub mod vectors;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod laws;
