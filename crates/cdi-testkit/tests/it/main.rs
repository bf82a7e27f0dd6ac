//! The production core, held to the reference model.

mod agreement;
mod codes;
mod limits;
mod mutants;
mod refusals;
mod sources;
mod vectors;
