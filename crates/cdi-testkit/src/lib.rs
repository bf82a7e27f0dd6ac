//! A plain reference model of what CDI means, and a generator of random worlds.
//!
//! In goes a [`World`](model::world::World): principals, evidence that is already known to be authentic,
//! an artifact and a time. Out comes what each principal may conclude. The model is written from
//! `DESIGN.md` sections 3 to 5 alone and shares no code with the verifier, which is diffed against it.
//! It contains no cryptography, no bytes and no limits, and it takes no care to be fast.
//!
//! Beside it, [`driver`] puts a world to the core as real bytes, [`scenario`] builds bundles of real bytes and [`vectors`]
//! keeps them in files; these three do use the core.

pub mod driver;
pub mod generate;
pub mod model;
pub mod scenario;
pub mod vectors;
