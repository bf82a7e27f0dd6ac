//! The production core, held to the reference model.

mod agreement;
mod limits;
mod mutants;
mod vectors;
