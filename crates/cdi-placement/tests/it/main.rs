//! The placement engine, held to plain readings of its rules.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot be set up fails"
)]

#[path = "../../examples/fleet/generate.rs"]
#[allow(dead_code, reason = "the example uses all of it")]
mod generate;

mod attacks;
mod brute;
mod explaining;
mod kubernetes;
mod laws;
mod optimal;
mod taking;
mod world;
